"""`flowcard secrets …`: another key for everything the home keeps sealed."""

from typing import Annotated

import typer

from data.home import Home
from data.payees import store as payees
from data.renewals import store as renewals
from data.secrets import SecretError
from data.words import _, number
from jobs.carriers.account import reseal_kept
from jobs.commands import HomeOption, fail, opened, out
from jobs.commands.users import COMMAND_LINE

app = typer.Typer(help="The keys of what the home keeps sealed.", no_args_is_help=True)


@app.command()
def rotate(
    forget: Annotated[
        bool,
        typer.Option(
            "--forget", help="Delete the old key: older backups open no secret any more. Else it is put aside"
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Seal every secret under a new key. Killed on the way, it goes on where it was when it is called again."""
    with opened(home, note="flowcard secrets rotate") as house:
        try:
            moved, key = rotated(house, forget=forget)
        except SecretError as error:
            fail(str(error))
        said = _("{count} secrets sealed anew under key {key}", count=number(moved), key=key)
        out.print(said, markup=False, highlight=False, soft_wrap=True)


def rotated(home: Home, *, forget: bool = False) -> tuple[int, int]:
    """How many secrets are under the new key now that were not, and the key.

    1. Make another key, unless an earlier rotation was cut off after it had made one. 2. Seal account numbers, recharge
    cards and carriers' secrets anew: each envelope names its key, so at every moment all of them open. 3. Only then put
    the old keys aside. Raises SecretError, which leaves the old keys where they are.
    """
    keyring = home.keyring
    if len(keyring.ids()) < 2:
        keyring.renew()
    with home.db.write() as tx:
        moved = payees.reseal(tx, COMMAND_LINE, keyring)
    with home.db.write() as tx:
        moved += renewals.reseal_cards(tx, COMMAND_LINE, keyring)
    moved += reseal_kept(home)
    home.db.checkpoint()
    keyring.retire(forget=forget)
    return moved, keyring.current()


def register(parent: typer.Typer) -> None:
    """Put these commands under `flowcard`."""
    parent.add_typer(app, name="secrets")
