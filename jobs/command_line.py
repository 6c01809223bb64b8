"""`flowcard …`: every command, each area's in a file of jobs/commands/."""

import sys

import typer
from typer.exceptions import TyperException

from data import redacting
from jobs.commands import (
    USAGE,
    audit,
    backups,
    carriers,
    check,
    demo,
    exports,
    imports,
    rehearse,
    renew,
    secrets,
    serve,
    users,
)

app = typer.Typer(
    name="flowcard",
    help="The data cards of payment terminals: expiry, usage, bulk renewals, proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
for area in (serve, demo, rehearse, imports, renew, exports, users, carriers, check, audit, secrets, backups):
    area.register(app)


def main() -> None:
    """Run a command. A mistake in how it was called ends with 64, as house.md settles."""
    redacting.install()
    try:
        code = app(standalone_mode=False)
    except typer.Abort:
        code = 130
    except TyperException as error:
        typer.echo(error.format_message(), err=True)
        code = USAGE
    sys.exit(code or 0)
