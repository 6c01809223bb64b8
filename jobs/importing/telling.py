"""What became of a file: in words for a person, as JSON for a program, its refused rows as a file."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.files.rules import KNOWN, RefusedRow
from data.sims.rules import FINDING_KINDS
from data.words import N_, _, moment, number
from jobs.importing.taking import Taken

_IMPORTED = N_("Imported as {kind}: {new} new, {changed} changed, {same} the same, {refused} refused")
_REHEARSED = N_("Would be imported as {kind}: {new} new, {changed} changed, {same} the same, {refused} refused")
# A cell that opens with one of these is a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def sentence(taken: Taken) -> str:
    """What happened, in one sentence."""
    if taken.state == "known":
        return _(KNOWN, since=moment(taken.since))
    if taken.error:
        msgid, values = taken.error
        return _(msgid, **values)
    return _(
        _REHEARSED if taken.state == "rehearsed" else _IMPORTED,
        kind=taken.kind,
        new=number(taken.counts.new),
        changed=number(taken.counts.changed),
        same=number(taken.counts.same),
        refused=number(taken.rows_refused),
    )


def lines(taken: Taken) -> Iterator[str]:
    """The sentence, then what was noticed, then what was changed on the way in."""
    yield sentence(taken)
    for kind, msgid in FINDING_KINDS.items():
        if kind in taken.findings:
            yield f"{_(msgid)}: {number(taken.findings[kind])}"
    for remark in taken.remarks:
        where = f"{remark.column}: " if remark.column else ""
        yield f"{where}{remark.sentence()} ({number(remark.count)})"


def as_json(taken: Taken) -> dict[str, Any]:
    """Everything about one file."""
    return {
        "file": taken.filename,
        "state": taken.state,
        "kind": taken.kind,
        "layout": taken.layout,
        "sentence": sentence(taken),
        "new": taken.counts.new,
        "changed": taken.counts.changed,
        "same": taken.counts.same,
        "refused": taken.rows_refused,
        "known_since": taken.since.isoformat() if taken.since else None,
        "findings": dict(taken.findings),
        "remarks": [
            {"column": remark.column, "count": remark.count, "line": remark.line, "remark": remark.sentence()}
            for remark in taken.remarks
        ],
        "refusals": [{"file": taken.filename, **refusal_fields(row)} for row in taken.refusals],
    }


def refusal_fields(row: RefusedRow) -> dict[str, Any]:
    """One refused row in the language of the moment."""
    return {
        "sheet": row.sheet,
        "line": row.line,
        "column": row.column,
        "value": row.value,
        "reason": _(row.msgid, **row.values),
    }


def write_refusals(taken: Taken, path: Path) -> None:
    """The refused rows as a CSV that a spreadsheet opens as text."""
    heads = [_("File"), _("Sheet"), _("Line"), _("Column"), _("Value"), _("Reason")]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        for row in taken.refusals:
            writer.writerow(_inert(value) for value in (taken.filename, *refusal_fields(row).values()))


def _inert(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
