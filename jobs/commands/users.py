"""`flowcard users …`: who can sign in."""

import getpass
import sys
from typing import Annotated

import typer

from data.people import passwords
from data.people import store as people
from data.people.rules import ROLE_WORDS, Actor, Role
from data.words import _
from jobs.commands import USAGE, HomeOption, fail, opened, out

app = typer.Typer(help="Who can sign in.", no_args_is_help=True)
_ROLES = {role.value: role for role in ROLE_WORDS if role is not Role.SYSTEM}
# Who can open the home's files owns it; the audit row says "command line".
COMMAND_LINE = Actor(0, "command line", Role.SYSTEM, "command line")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The sign-in name; it never changes")],
    role: Annotated[str, typer.Option(help="What the person may do", metavar=f"[{'|'.join(_ROLES)}]")],
    password_file: Annotated[
        typer.FileText | None,
        typer.Option(encoding="utf-8", help="A file whose first line is the password; else it is asked"),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Make a person who can sign in."""
    if role not in _ROLES:
        fail(f"'{role}' is not a role; choose one of {', '.join(_ROLES)}", USAGE)
    if password_file:
        password = password_file.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass(f"Password for {name}: ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    with opened(home, create="real") as opened_home:
        hashed = passwords.chosen(name, password)
        with opened_home.db.write() as tx:
            people.add(tx, COMMAND_LINE, name=name, role=_ROLES[role], password=hashed)
        out.print(_("{name} can sign in as {role}", name=name, role=_(ROLE_WORDS[_ROLES[role]])), highlight=False)


def register(parent: typer.Typer) -> None:
    """Put these commands under `flowcard`."""
    parent.add_typer(app, name="users")
