"""`flowcard users …`: who can sign in."""

import getpass
import sys
from typing import Annotated

import typer

from data.home import Home
from data.people import keeping, passwords
from data.people import store as people
from data.people.rules import ROLE_WORDS, Actor, Role
from data.words import _, moment
from jobs.commands import SOMETHING_REFUSED, USAGE, HomeOption, fail, opened, out

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


@app.command("list")
def list_(home: HomeOption = None) -> None:
    """Who can sign in, as what, and whether they have a password, a link or neither."""
    with opened(home) as opened_home:
        now = opened_home.clock.now()
        for row in keeping.people(opened_home.db.read(), now=now).to_pylist():
            said = [
                _(ROLE_WORDS[Role(row["role"])]),
                _("can sign in") if row["has_password"] else _("no password"),
                *([] if row["active"] else [_("disabled")]),
                *([_("last click {when}", when=moment(row["seen_at"]))] if row["seen_at"] else []),
            ]
            out.print(f"{row['name']}: {', '.join(said)}", markup=False, highlight=False)


@app.command()
def disable(
    name: Annotated[str, typer.Argument(help="The sign-in name")],
    home: HomeOption = None,
) -> None:
    """Let a person in no more; every session of theirs ends."""
    with opened(home) as opened_home:
        person_id = _known(opened_home, name)
        with opened_home.db.write() as tx:
            keeping.disable(tx, COMMAND_LINE, person_id=person_id)
        out.print(_("{name} cannot sign in any more", name=name), markup=False, highlight=False)


@app.command()
def enable(name: Annotated[str, typer.Argument(help="The sign-in name")], home: HomeOption = None) -> None:
    """Let a disabled person in again."""
    with opened(home) as opened_home:
        person_id = _known(opened_home, name)
        with opened_home.db.write() as tx:
            keeping.enable(tx, COMMAND_LINE, person_id=person_id)
        out.print(_("{name} can sign in again", name=name), markup=False, highlight=False)


@app.command()
def reset(name: Annotated[str, typer.Argument(help="The sign-in name")], home: HomeOption = None) -> None:
    """Void a person's password and sessions, and print the one-time link through which they choose another."""
    with opened(home) as opened_home:
        person_id = _known(opened_home, name)
        with opened_home.db.write() as tx:
            token = keeping.reset(tx, COMMAND_LINE, person_id=person_id)
        link = f"{opened_home.settings.public_url}/reset?token={token}"
        out.print(
            _("For {name}: hand this link over in person or by telephone. It works once, for 24 hours.", name=name),
            markup=False,
            highlight=False,
        )
        out.print(link, markup=False, highlight=False, soft_wrap=True)


def _known(home: Home, name: str) -> int:
    found = [person for person in people.everyone(home.db.read()) if person.name == name]
    if not found:
        fail(_("There is no one named {name}; see 'flowcard users list'", name=name), SOMETHING_REFUSED)
    return found[0].person_id


def register(parent: typer.Typer) -> None:
    """Put these commands under `flowcard`."""
    parent.add_typer(app, name="users")
