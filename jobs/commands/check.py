"""`flowcard check`: whether what the home says of itself is true."""

import typer

from data.renewals import checking
from data.words import _
from jobs.commands import ERROR, OK, HomeOption, opened, out


def check(home: HomeOption = None) -> None:
    """Verify the audit, the journal and the money tables. 0: all in order; 1: something is wrong, and where."""
    with opened(home, note="flowcard check") as house, house.db.write(quiet=True) as tx:
        code = OK
        for checked in checking.check(tx, journal_folder=house.journal, settings=house.settings):
            if checked.wrong:
                code = ERROR
            out.print(
                f"{checked.what}: {checked.wrong or _('in order')}", markup=False, highlight=False, soft_wrap=True
            )
    raise typer.Exit(code)


def register(parent: typer.Typer) -> None:
    """Put this command under `flowcard`."""
    parent.command()(check)
