"""`flowcard users …`: who can sign in."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from data.people import store as people
from data.people.rules import Actor, Role
from jobs.commands import HomeOption, fail, opened, out

app = typer.Typer(help="Who can sign in.", no_args_is_help=True)
# Who can open the home's files owns it; the audit row says "command line".
COMMAND_LINE = Actor(0, "command line", Role.SYSTEM, "command line")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The sign-in name; it never changes")],
    role: Annotated[str, typer.Option(help="viewer, operator, approver or administrator")],
    password_file: Annotated[
        Path | None, typer.Option(help="A file whose first line is the password; else it is asked")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Make a person who can sign in."""
    roles = {role.value: role for role in Role if role is not Role.SYSTEM}
    if role not in roles:
        fail(f"'{role}' is not a role; choose one of {', '.join(roles)}", 64)
    if password_file:
        password = password_file.read_text(encoding="utf-8").split("\n", 1)[0]
    elif sys.stdin.isatty():
        password = getpass.getpass(f"Password for {name}: ")
    else:
        password = sys.stdin.readline().rstrip("\n")
    with opened(home, create="real") as opened_home, opened_home.db.write() as tx:
        people.add(tx, COMMAND_LINE, name=name, role=roles[role], password=password)
    out.print(f"{name} can sign in as {role}")


def register(parent: typer.Typer) -> None:
    """Put these commands under `flowcard`."""
    parent.add_typer(app, name="users")
