"""`flowcard audit …`: whether the log of who did what is what was written."""

from typing import Annotated

import typer

from data.audit import store as audit
from data.audit.rules import anchor as read_anchor
from data.words import ToldError, _, number
from jobs.commands import ERROR, USAGE, HomeOption, err, fail, opened, out
from jobs.verify_audit import written_down, wrong

app = typer.Typer(help="The log of who did what.", no_args_is_help=True)


@app.command()
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="A head that was written down: SEQ:HASH, from an export or a mail; may be given again"),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Follow the whole chain. 0: it holds, and its head; 1: it does not, and where."""
    try:
        given = tuple(read_anchor(one) for one in anchor or ())
    except ValueError as error:
        fail(f"'{error}' is no head of an audit log; give SEQ:HASH as an export or a mail prints it", USAGE)
    with opened(home, note="flowcard audit verify") as house:
        try:
            found = audit.verify(house.db.read(), house.db.audit_key, anchors=(*written_down(house), *given))
            trouble = wrong(found)
            if trouble:
                raise trouble
        except ToldError as error:
            err.print(_(error.msgid, **error.values), markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(ERROR) from None
        said = _(
            "{count} entries follow one another without a gap; the head is {head}",
            count=number(found.head.seq),
            head=found.head,
        )
        out.print(said, markup=False, highlight=False, soft_wrap=True)


def register(parent: typer.Typer) -> None:
    """Put these commands under `flowcard`."""
    parent.add_typer(app, name="audit")
