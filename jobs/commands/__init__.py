"""What every command shares: opening the home, knowing who asks, ending with the right exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from data.disk import DiskError
from data.home import Home, HomeError, Kind, home_path, open_home
from data.people import store as people
from data.people.rules import Action, Actor, Refused
from data.renewals.journal import JournalBroken
from data.renewals.recovery import RecoveryError
from data.settings import SettingsError
from data.words import use

OK, ERROR, SOMETHING_REFUSED, HELD, UNKNOWN_LEFT, USAGE = 0, 1, 2, 3, 4, 64

HomeOption = Annotated[Path | None, typer.Option("--home", help="The home's folder; else FLOWCARD_HOME, else ./var")]
AsOption = Annotated[str | None, typer.Option("--as", help="Who acts: an active person's sign-in name")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output")]

out = Console()
err = Console(stderr=True)


def fail(sentence: str, code: int = ERROR) -> NoReturn:
    """Say what is wrong on standard error and end with `code`."""
    err.print(sentence, markup=False, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


@contextmanager
def opened(flag: Path | None, *, create: Kind | None = None, note: str = "a command") -> Iterator[Home]:
    """The home, opened for the with-block. Whatever prevents it ends the command in one sentence."""
    try:
        home = open_home(home_path(flag), create=create, note=note)
    except HomeError as error:
        fail(str(error), error.exit_code)
    except SettingsError as error:
        fail(str(error), USAGE)
    use(home.settings.language)
    try:
        yield home
    except Refused as error:
        fail(str(error), SOMETHING_REFUSED)
    except (DiskError, JournalBroken, RecoveryError) as error:
        fail(str(error), ERROR)
    except HomeError as error:
        # carriers.toml is read by the commands that need it.
        fail(str(error), error.exit_code)
    finally:
        home.close()


def actor(home: Home, name: str | None, action: Action) -> Actor:
    """The active person called `name`, who must have the right; no password: who can open the home owns its files."""
    if not name:
        fail("say who acts: --as NAME; 'flowcard users add' makes a person", USAGE)
    person = people.by_name(home.db.read(), name)
    if person is None:
        fail(f"there is no active person named '{name}'; 'flowcard users add' makes one", SOMETHING_REFUSED)
    by = person.actor("command line")
    people.require(home.db.read(), by, action, "")
    return by
