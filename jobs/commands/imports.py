"""`flowcard import …`: files into the house, one transaction each; all or nothing unless told otherwise."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.table import Table

from data.home import Home
from data.keeping import name_of
from data.people.rules import Action, Actor, Role
from data.sims import store as sims
from data.sims.rules import JOIN_REPORT
from data.words import _, number, yuan
from jobs.commands import OK, SOMETHING_REFUSED, AsOption, HomeOption, JsonOption, actor, opened, out
from jobs.importing.taking import Taken, take
from jobs.importing.telling import as_json, lines, refusal_fields

Kind = Literal["cards", "merchants", "terminals", "sims", "plans", "usage", "auto"]
# Who can open the home's files owns them, so an import needs no name; its audit entry says "command line".
_NOBODY = Actor(0, "command line", Role.SYSTEM, "command line")
# Refused rows a person reads on a screen; --json has every one.
_SHOWN = 50


def register(parent: typer.Typer) -> None:
    """Put this command under `flowcard`."""
    parent.command("import")(import_files)


def import_files(
    kind: Annotated[Kind, typer.Argument(help="What the files hold; auto: their columns tell")],
    files: Annotated[list[Path], typer.Argument(help=".xlsx, .xls, .csv, .txt, .html", exists=True, dir_okay=False)],
    *,
    layout: Annotated[str | None, typer.Option(help="A saved layout to read them with")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; change nothing")] = False,
    accept_good: Annotated[
        bool, typer.Option("--accept-good", help="Take the good rows of a file with bad ones")
    ] = False,
    pad_terminal_ids: Annotated[
        bool, typer.Option("--pad-terminal-ids", help="Short terminal numbers lost leading zeros: pad them to 8 digits")
    ] = False,
    home_flag: HomeOption = None,
    who: AsOption = None,
    as_json_: JsonOption = False,
) -> None:
    """Import files. Exit code 0: everything went in; 2: something was refused."""
    with opened(home_flag, create="real", note="flowcard import") as home:
        by = actor(home, who, Action.IMPORT) if who else _NOBODY
        taken = [
            take(
                home,
                by,
                path=path,
                filename=name_of(path),
                source="command",
                kind=None if kind == "auto" else kind,
                layout=layout,
                accept_good=accept_good,
                dry_run=dry_run,
                pad_terminal_ids=pad_terminal_ids,
            )
            for path in files
        ]
        report = _join_report(home)
    if as_json_:
        typer.echo(json.dumps(_summary(taken, report), ensure_ascii=False))
    else:
        _show(taken, report)
    raise typer.Exit(SOMETHING_REFUSED if any(each.refusals or each.error for each in taken) else OK)


def _join_report(home: Home) -> list[dict[str, Any]]:
    with home.db.snapshot() as reader:
        report = sims.join_report(reader, today=home.clock.today())
    return [
        {"kind": line.kind, "line": _(JOIN_REPORT[line.kind]), "count": line.count, "amount_fen": line.amount_fen}
        for line in report
    ]


def _summary(taken: list[Taken], report: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "new": sum(each.counts.new for each in taken),
        "changed": sum(each.counts.changed for each in taken),
        "same": sum(each.counts.same for each in taken),
        "refused": sum(each.rows_refused for each in taken),
        "files": [as_json(each) for each in taken],
        "join_report": report,
    }


def _show(taken: list[Taken], report: list[dict[str, Any]]) -> None:
    for each in taken:
        out.print(each.filename, style="bold", markup=False, highlight=False)
        for line in lines(each):
            out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
        if each.refusals:
            out.print(_refused_table(each))
        if len(each.refusals) > _SHOWN:
            rest = number(len(each.refusals) - _SHOWN)
            out.print(_("… and {rest} more; --json lists every one", rest=rest), markup=False)
    table = Table(title=_("What does not join"), show_header=False)
    for entry in report:
        table.add_row(entry["line"], number(entry["count"]), yuan(entry["amount_fen"]))
    out.print(table)


def _refused_table(taken: Taken) -> Table:
    table = Table(_("Sheet"), _("Line"), _("Column"), _("Value"), _("Reason"), title=_("Refused rows"))
    for row in taken.refusals[:_SHOWN]:
        # Text, not markup: a value may hold brackets.
        table.add_row(*(str(value).replace("[", r"\[") for value in refusal_fields(row).values()))
    return table
