"""The two truths about money side by side: what the journal says of every order, and what the database says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data.database import Queries, Reader
from data.renewals import journal, rules
from data.renewals.moves import Arrow, State
from data.words import _, number

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# Moves that people make among orders that are not out; the journal is about orders.
_NOT_IN_JOURNAL = frozenset({Arrow.APPROVED, Arrow.RETRIED, Arrow.TAKEN_BACK, Arrow.ADOPTED})


@dataclass
class Told:
    """What the journal says, up to the line this database last wrote."""

    states: dict[str, str] = field(default_factory=dict)  # by order number: where its last line left it
    intents: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    cut_at: datetime | None = None  # the journal once ended before its mark: of earlier moves it may know nothing


def told(reader: Reader, folder: Path) -> Told:
    """Read the whole journal. Raises JournalBroken where it ends before the mark of this database."""
    mark = journal.mark_of(reader)
    found = Told()
    for entry in journal.standing(_up_to(mark, folder)):
        if entry["kind"] == "cut":
            found.cut_at = datetime.fromisoformat(entry["ts"])
        elif entry["kind"] == "intent":
            # What people place by hand has no answer to a call: its intent says that it is unknown from the start.
            found.states[entry["order_no"]] = entry.get("to", State.SUBMITTED.value)
            found.intents[entry["order_no"]] = entry
        elif entry["arrow"] not in _NOT_IN_JOURNAL:
            found.states[entry["order_no"]] = entry["to"]
    return found


def _up_to(mark: journal.Mark | None, folder: Path) -> Iterable[dict[str, Any]]:
    if mark is None:
        return
    for segment, line, entry in journal.entries(folder):
        if (segment, line) > (mark.segment, mark.line):
            return
        if entry["kind"] != "segment":
            yield entry
        if (segment, line) == (mark.segment, mark.line) and entry["hash"] == mark.hash:
            return
    raise journal.JournalBroken(
        _(
            "it ends before line {line} of {segment}, which this database relies on",
            line=mark.line,
            segment=mark.segment,
        )
    )


def states_fault(reader: Reader, told: Told) -> str | None:
    """Orders that stand elsewhere than their last line in the journal says. None: both truths are one."""
    rows = reader.rows(Q.last_moves, not_in_journal=sorted(arrow.value for arrow in _NOT_IN_JOURNAL))
    known = {rules.order_no(row["key"], row["n"]): row for row in rows}
    off = [
        order
        for order in known.keys() | told.states.keys()
        if told.states.get(order) != (known[order]["st"] if order in known else None)
        and not (told.cut_at and order in known and known[order]["ts"] <= told.cut_at)
    ]
    if not off:
        return None
    first = min(off)
    return _(
        "{off} wrong; first order {order_no}: the journal says {told}, the database {state}",
        off=number(len(off)),
        order_no=first,
        told=_word(told.states.get(first)),
        state=_word(known[first]["st"] if first in known else None),
    )


def _word(code: str | None) -> str:
    return _(rules.STATE_WORDS[code]) if code else _("missing")


def requests_fault(reader: Reader, told: Told) -> str | None:
    """Attempts of which the journal has no intent, or one with other contents. None: every one agrees."""
    off = []
    for row in reader.rows(Q.attempts):
        intent = told.intents.get(row["order_no"])
        if intent is None and told.cut_at and row["sent_at"] <= told.cut_at:
            continue
        said = intent and (intent["request_sha256"], intent["amount_fen"], intent["n"], intent["key"])
        if said != (row["request_sha256"], row["amount_fen"], row["n"], row["key"]):
            off.append(row["order_no"])
    if not off:
        return None
    return _("{off} wrong; first order {order_no}", off=number(len(off)), order_no=min(off))


def numbers_fault(reader: Reader) -> str | None:
    """Keys, digests and order numbers that are not what they are computed from. None: every one is."""
    keys = [row for row in reader.rows(Q.keys) if not _key_holds(row)]
    if keys:
        return _("{off} wrong; first renewal {obligation}", off=number(len(keys)), obligation=keys[0]["id"])
    orders = [row for row in reader.rows(Q.attempts) if row["order_no"] != rules.order_no(row["key"], row["n"])]
    if orders:
        return _("{off} wrong; first order {order_no}", off=number(len(orders)), order_no=orders[0]["order_no"])
    return None


def _key_holds(row: Mapping[str, Any]) -> bool:
    account, stem, kind, _cycle, seq = row["key"].rsplit("|", 4)
    told = (account, stem, kind, int(seq), rules.digest(row["key"]))
    return told == (row["account"], row["stem"], row["kind"], row["seq"], row["digest"])
