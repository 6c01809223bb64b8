"""`flowcard demo`: a made-up fleet to look at, in a home of its own."""

from typing import Annotated

import typer
from rich.table import Table

from data.people.rules import ROLE_WORDS
from data.words import _
from jobs.commands import SOMETHING_REFUSED, HomeOption, fail, opened, out
from jobs.demo import DemoError, SignIn, has_demo, make_demo


def demo(
    sims: Annotated[int, typer.Option(min=20, max=5_000_000, help="How many SIMs, and as many terminals")] = 2000,
    days: Annotated[int, typer.Option(min=1, max=730, help="How many days of usage")] = 90,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same fleet on the same day")] = 1,
    if_empty: Annotated[bool, typer.Option("--if-empty", help="Do nothing where the home already holds data")] = False,
    home: HomeOption = None,
) -> None:
    """Fill an empty home with a demo fleet and print who can sign in."""
    with opened(home, create="demo", note="flowcard demo") as place:
        try:
            if if_empty and (place.kind == "real" or has_demo(place)):
                return
            signs = make_demo(place, sims=sims, days=days, seed=seed)
        except DemoError as error:
            fail(str(error), SOMETHING_REFUSED)
        print_sign_ins(signs, _("The demo is ready: {address}", address=place.settings.public_url))


def print_sign_ins(signs: list[SignIn], title: str) -> None:
    """Who can sign in, with the passwords that are told once."""
    table = Table(title=title, title_justify="left")
    for heading in (_("Sign-in name"), _("Role"), _("Password")):
        table.add_column(heading, no_wrap=True)
    for sign in signs:
        table.add_row(sign.name, _(ROLE_WORDS[sign.role]), sign.password)
    out.print(table)
    out.print(_("These passwords are shown once; only their hashes are kept."), highlight=False)


def register(parent: typer.Typer) -> None:
    """Put this command under `flowcard`."""
    parent.command()(demo)
