"""`flowcard rehearse`: a copy of the home's cards in a sandbox of its own, where every order goes to the practice carrier."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from data.home import HomeError, home_path
from data.settings import SettingsError, load_settings
from data.words import _, use
from jobs.commands import ERROR, USAGE, HomeOption, fail, out
from jobs.commands.demo import print_sign_ins
from jobs.commands.serve import free, serve
from jobs.rehearsal import make_rehearsal


def rehearse(
    faults: Annotated[float, typer.Option(min=0, max=1, help="The share of orders that go wrong")] = 0.0,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day to believe in, else the real one")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port on this machine")] = 8502,
    folder: Annotated[Path | None, typer.Option(help="Where the sandbox is made; else beside the home")] = None,
    only_make: Annotated[bool, typer.Option("--only-make", help="Make the sandbox and do not serve it")] = False,
    home: HomeOption = None,
) -> None:
    """Rehearse renewals on a copy of the home's cards; the home itself is not touched, and must be at rest meanwhile."""
    source = home_path(home)
    sandbox = folder.expanduser().resolve() if folder else source.with_name(f"{source.name}-rehearsal")
    if not only_make and not free(port):
        fail(f"port {port} is taken by another program; stop it or choose another with --port", ERROR)
    # Another name than the real home's address: a browser keeps the two sign-ins apart by it.
    address = f"http://localhost:{port}"
    try:
        use(load_settings(source).language)
        signs = make_rehearsal(source, sandbox, faults=faults, today=today.date() if today else None)
    except HomeError as error:
        fail(str(error), error.exit_code)
    except SettingsError as error:
        fail(str(error), USAGE)
    print_sign_ins(signs, _("The rehearsal is ready: {address}", address=address))
    out.print(_("It is kept in {folder}; delete that folder when you are done.", folder=sandbox), highlight=False)
    if not only_make:
        os.environ["FLOWCARD_PUBLIC_URL"] = address
        serve(home=sandbox, port=port)


def register(parent: typer.Typer) -> None:
    """Put this command under `flowcard`."""
    parent.command()(rehearse)
