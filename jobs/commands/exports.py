"""`flowcard export …`: what the screen shows, as a file."""

import os
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from data import words
from data.files import exports_store as exports
from data.home import Home
from data.people.rules import Action, Actor, Role
from jobs.commands import SOMETHING_REFUSED, USAGE, AsOption, HomeOption, JsonOption, actor, fail, opened, out
from jobs.exporting.filters import Asked, FilterError, filters_of
from jobs.exporting.writing import Written
from jobs.write_exports import write_one

What = Literal["renewals", "sims", "terminals", "usage", "failures", "findings"]
# A zip holds what --format says, else CSV.
ENDINGS = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".zip": "csv"}
# Who can open the home's files owns them, so an export needs no name; its audit entry says so.
COMMAND_LINE = Actor(0, "command line", Role.SYSTEM, "command line")


def register(parent: typer.Typer) -> None:
    """Put this command under `flowcard`."""
    parent.command("export")(export)


def export(
    what: Annotated[What, typer.Argument(help="What to export")],
    *,
    target: Annotated[Path, typer.Option("--out", help="FILE.csv, FILE.xlsx or FILE.parquet; with --split FILE.zip")],
    lang: Annotated[
        Literal["en", "zh_CN"] | None, typer.Option(help="en: the canonical column names; else the home's")
    ] = None,
    split: Annotated[
        Literal["agent", "branch", "region"] | None, typer.Option(help="A zip with one file for each")
    ] = None,
    format: Annotated[Literal["csv", "xlsx", "parquet"] | None, typer.Option(help="Of the files in a zip")] = None,
    carrier: Annotated[str | None, typer.Option(help="mobile, unicom, telecom, broadnet, or as written")] = None,
    account: Annotated[str | None, typer.Option(help="Our account at a carrier")] = None,
    payee: Annotated[str | None, typer.Option(help="Who is paid")] = None,
    agent: Annotated[str | None, typer.Option(help="An agent's number or name")] = None,
    city: Annotated[str | None, typer.Option()] = None,
    region: Annotated[str | None, typer.Option()] = None,
    branch: Annotated[str | None, typer.Option()] = None,
    status: Annotated[list[str] | None, typer.Option(help="A state by its code; may be given again")] = None,
    quick: Annotated[str | None, typer.Option(help="A quick filter of the Expiry page: this_week, due_30, …")] = None,
    text: Annotated[str | None, typer.Option(help="Part of a number, name or phone")] = None,
    batch: Annotated[int | None, typer.Option(help="Renewals of this batch")] = None,
    reason: Annotated[str | None, typer.Option(help="Failures for this reason, by its code")] = None,
    kind: Annotated[str | None, typer.Option(help="Findings of this kind, by its code")] = None,
    day_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Expiry, or day of the renewal")
    ] = None,
    day_to: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="This day included")] = None,
    home_flag: HomeOption = None,
    who: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write what the screen shows, in its order, to a file."""
    asked = Asked(
        carrier=carrier,
        account=account,
        payee=payee,
        agent=agent,
        city=city,
        region=region,
        branch=branch,
        status=tuple(status or ()),
        quick=quick,
        text=text,
        batch=batch,
        reason=reason,
        kind=kind,
        day_from=_day(day_from),
        day_to=_day(day_to),
    )
    chosen, path = _format(target, split=split, format=format)
    with opened(home_flag, note="flowcard export") as home:
        by = actor(home, who, Action.EXPORT) if who else COMMAND_LINE
        try:
            filters = filters_of(home.db.read(), what, asked)
        except FilterError as error:
            fail(str(error), USAGE)
        written = _write(home, by, what=what, format=chosen, filters=filters, split_by=split, language=lang)
        _hand_over(written, path)
    if as_json:
        out.print_json(data={"what": what, "rows": written.rows, "file": str(path), "sha256": written.sha256})
    else:
        out.print(f"{written.rows} rows written to {path}", markup=False, highlight=False, soft_wrap=True)


def _format(target: Path, *, split: str | None, format: str | None) -> tuple[str, Path]:
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        fail(f"'{target.name}' has no ending we write; choose one of {', '.join(ENDINGS)}", USAGE)
    if split is None and (ending == ".zip" or format not in {None, ENDINGS[ending]}):
        fail("a zip, and a format other than the file's ending, need --split agent, branch or region", USAGE)
    if not target.parent.is_dir():
        fail(f"there is no folder {target.parent}", USAGE)
    # What is split is a zip, whatever ending says which files are in it.
    return format or ENDINGS[ending], target.with_suffix(".zip") if split else target


def _write(home: Home, by: Actor, *, language: str | None, **wish: Any) -> Written:
    with words.speaking(language or home.settings.language):
        with home.db.write() as tx:
            export_id = exports.ask_export(tx, by, language=words.language(), **wish)
        asked = exports.get(home.db.read(), export_id)
        written = write_one(home, asked)
        if written is None:
            fail(exports.get(home.db.read(), export_id).why_failed(), SOMETHING_REFUSED)
        return written


def _hand_over(written: Written, target: Path) -> None:
    """Copy beside the target, then put it in place: whoever looks sees the old file or the whole new one."""
    beside = target.with_name(f".{target.name}.new")
    try:
        shutil.copyfile(written.path, beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        fail(f"{target} cannot be written: {error.strerror}")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
