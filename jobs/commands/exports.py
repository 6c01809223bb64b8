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

What = Annotated[
    Literal["renewals", "sims", "not_renewing", "sms", "terminals", "usage", "failures", "findings"],
    typer.Argument(help="What to export"),
]
Target = Annotated[Path, typer.Option("--out", help="FILE.csv, FILE.xlsx or FILE.parquet; FILE.zip with --split")]
Lang = Annotated[
    Literal["en", "zh_CN"] | None, typer.Option(help="en: canonical column names; else the home's language")
]
Split = Annotated[Literal["agent", "branch", "region"] | None, typer.Option(help="A zip with one file for each")]
Carrier = Annotated[str | None, typer.Option(help="mobile, unicom, telecom, broadnet, or as written")]
Account = Annotated[str | None, typer.Option(help="Our account at a carrier")]
Payee = Annotated[str | None, typer.Option(help="Who is paid")]
Agent = Annotated[str | None, typer.Option(help="An agent's number or name")]
Place = Annotated[str | None, typer.Option(help="Where the terminal or merchant belongs")]
Status = Annotated[list[str] | None, typer.Option(help="A state by its code; may be given again")]
Quick = Annotated[str | None, typer.Option(help="A quick filter of the page Expiry: this_week, due_30 …")]
Decision = Annotated[str | None, typer.Option(help="SIMs with this decision: renew, decline, swap, undecided")]
Text = Annotated[str | None, typer.Option(help="Part of a number, name or phone")]
Batch = Annotated[int | None, typer.Option(help="Renewals of this batch")]
Reason = Annotated[str | None, typer.Option(help="Failures for this reason, by its code")]
Kind = Annotated[str | None, typer.Option(help="Findings of this kind, by its code")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Expiry, or day of the renewal")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="This day included")]

# What is in a zip that names no other format is CSV.
ENDINGS = {".csv": "csv", ".xlsx": "xlsx", ".parquet": "parquet", ".zip": "csv"}
# Who can open the home's files owns them, so an export needs no name; its audit entry says so.
COMMAND_LINE = Actor(0, "command line", Role.SYSTEM, "command line")


def register(parent: typer.Typer) -> None:
    """Put this command under `flowcard`."""
    parent.command("export")(export)


def export(
    what: What,
    *,
    target: Target,
    lang: Lang = None,
    split: Split = None,
    carrier: Carrier = None,
    account: Account = None,
    payee: Payee = None,
    agent: Agent = None,
    city: Place = None,
    region: Place = None,
    branch: Place = None,
    status: Status = None,
    quick: Quick = None,
    decision: Decision = None,
    text: Text = None,
    batch: Batch = None,
    reason: Reason = None,
    kind: Kind = None,
    day_from: From = None,
    day_to: To = None,
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
        decision=decision,
        text=text,
        batch=batch,
        reason=reason,
        kind=kind,
        day_from=_day(day_from),
        day_to=_day(day_to),
    )
    format, path = _format(target, split=split)
    with opened(home_flag, note="flowcard export") as home:
        by = actor(home, who, Action.EXPORT) if who else COMMAND_LINE
        written = _write(home, by, asked, what=what, format=format, split_by=split, language=lang)
        _hand_over(written, path)
    _tell(written, path, what=what, as_json=as_json)


def _format(target: Path, *, split: str | None) -> tuple[str, Path]:
    ending = target.suffix.lower()
    if ending not in ENDINGS:
        fail(f"'{target.name}' has no ending we write; choose one of {', '.join(ENDINGS)}", USAGE)
    if split is None and ending == ".zip":
        fail("a zip needs --split agent, branch or region", USAGE)
    if not target.parent.is_dir():
        fail(f"there is no folder {target.parent}", USAGE)
    # What is split is a zip, whatever ending says which files are in it.
    return ENDINGS[ending], target.with_suffix(".zip") if split else target


def _write(home: Home, by: Actor, asked: Asked, *, what: str, language: str | None, **wish: Any) -> Written:
    try:
        filters = filters_of(home.db.read(), what, asked)
    except FilterError as error:
        fail(str(error), USAGE)
    with words.speaking(language or home.settings.language):
        with home.db.write() as tx:
            export_id = exports.ask_export(tx, by, what=what, filters=filters, language=words.language(), **wish)
        written = write_one(home, exports.get(home.db.read(), export_id))
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


def _tell(written: Written, path: Path, *, what: str, as_json: bool) -> None:
    if as_json:
        out.print_json(data={"what": what, "rows": written.rows, "file": str(path), "sha256": written.sha256})
    else:
        said = words.plural("{count} row written to {path}", "{count} rows written to {path}", written.rows, path=path)
        out.print(said, markup=False, highlight=False, soft_wrap=True)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
