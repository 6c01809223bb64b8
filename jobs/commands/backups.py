"""`flowcard backup` and `flowcard restore`: a sealed copy of all of the home but its keys, and the way back."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from data.home import HomeError, home_path
from data.settings import SettingsError, load_settings
from data.words import _, moment, number, use
from jobs.backups import Backup, BackupError, known, read
from jobs.backups.making import make
from jobs.backups.restoring import restore as put_back
from jobs.commands import USAGE, HomeOption, fail, opened, out
from jobs.commands.users import COMMAND_LINE

_MB = 1024 * 1024


def backup(home: HomeOption = None) -> None:
    """Make a sealed backup in backups/ and read it back. Beside a running server: the page Jobs does it at once."""
    with opened(home, note="flowcard backup") as house:
        try:
            made = make(house, COMMAND_LINE, threading.Event())
        except BackupError as error:
            fail(_(error.msgid, **error.values))
        if made:
            out.print(_said(made), markup=False, highlight=False, soft_wrap=True)


def restore(
    backup: Annotated[
        str | None, typer.Argument(help="Its name in backups/ or its folder; without: all there are")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Put a backup back while nobody serves the home; the old files are kept. Says what to do next."""
    path = home_path(home)
    try:
        use(load_settings(path).language)
        if backup is None:
            _list(path / "backups")
            return
        folder = Path(backup).expanduser()
        inside = path / "backups" / backup
        restored = put_back(path, inside if inside.is_dir() else folder.resolve(), COMMAND_LINE, now=datetime.now(UTC))
    except HomeError as error:
        fail(str(error), error.exit_code)
    except SettingsError as error:
        fail(str(error), USAGE)
    except BackupError as error:
        fail(_(error.msgid, **error.values))
    told = [
        _("{backup} is put back; the old files are in {folder}.", backup=backup, folder=restored.old_files),
        _("The home's own money journal stays: it knows what was ordered after the backup.")
        if restored.own_journal
        else _("The money journal is the backup's: nobody here knows what was ordered after it."),
        _("Papers that were missing and are back: {count}", count=number(restored.papers)),
        *(_("This paper does not open: {path}", path=path) for path in restored.damaged),
        _("Nothing is sent yet. Now:"),
        "  1. flowcard renew restored --as NAME",
        "  2. flowcard check",
        "  3. flowcard serve",
        _("Then an approver looks at what is unconfirmed, and lets renewals go on."),
    ]
    out.print("\n".join(told), markup=False, highlight=False, soft_wrap=True)


def _list(folder: Path) -> None:
    found = [read(path) for path in known(folder)] if folder.is_dir() else []
    if not found:
        out.print(_("There is no backup yet; 'flowcard backup' makes one"), highlight=False)
        return
    table = Table(_("Backup"), _("Made at"), _("Rows"), _("Size"))
    for one in found:
        table.add_row(
            one.path.name, moment(one.made_at), number(one.contents.rows), f"{number(round(one.bytes / _MB, 1))} MB"
        )
    out.print(table)


def _said(made: Backup) -> str:
    return _(
        "{rows} rows sealed in {name} and read back, {size} MB",
        rows=number(made.contents.rows),
        name=made.path,
        size=number(round(made.bytes / _MB, 1)),
    )


def register(parent: typer.Typer) -> None:
    """Put these commands under `flowcard`."""
    parent.command()(backup)
    parent.command()(restore)
