"""What did not match, as people look at it and settle it: days, differences by class, a carrier's lines of one renewal."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals import reconciling
from data.renewals.desk_rules import WHYS
from data.words import _

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
_MOST_NOTE = 500


@dataclass(frozen=True)
class StatementOf:
    """An account and its statement."""

    account: str
    payee: str
    connector: str
    last_day: date | None  # None: none has been read
    read_at: datetime | None
    answer: str | None  # yes, partly, no: whether its connection tells statements; None: not said


def statements(reader: Reader) -> list[StatementOf]:
    """Every listed account, with the last day whose statement was read."""
    return reader.records(StatementOf, Q.statements)


def classes(reader: Reader, *, account: str | None = None) -> dict[str, tuple[int, int]]:
    """Open differences per class: how many, and theirs − ours in fen."""
    return {row["class"]: (row["differences"], row["fen"]) for row in reader.rows(Q.classes, account=account)}


def count_compared_days(reader: Reader, *, account: str | None = None) -> int:
    """How many days and accounts have been compared and had anything to compare."""
    return int(reader.value(Q.count_days, account=account))


def compared_days(reader: Reader, *, account: str | None = None, limit: int, offset: int) -> pa.Table:
    """A page of compared days, newest first: ours, theirs, matched, waiting in counts and fen, open differences by class."""
    return reader.arrow(Q.days, account=account, limit=limit, offset=offset)


def count_differences(
    reader: Reader, *, open: bool = True, cls: str | None = None, account: str | None = None, id: int | None = None
) -> int:
    """How many differences `differences` would show."""
    return int(reader.value(Q.count_differences, **{"class": cls}, open=open, account=account, id=id))


def differences(
    reader: Reader,
    *,
    open: bool = True,
    cls: str | None = None,
    account: str | None = None,
    id: int | None = None,
    limit: int,
    offset: int,
) -> pa.Table:
    """A page of differences, what nobody ordered first; `id` is of a compared day, `why` a msgid."""
    asked = {"class": cls, "open": open, "account": account, "id": id, "limit": limit, "offset": offset}
    found = reader.arrow(Q.differences, **asked)
    whys = [WHYS[json.loads(detail)["why"]] for detail in found["detail"].to_pylist()]
    return found.append_column("why", pa.array(whys, pa.string()))


def bookings_of(reader: Reader, obligation: int) -> pa.Table:
    """What the account's statements say of one renewal and of its card, oldest first; `ours`: it is this renewal's."""
    return reader.arrow(Q.bookings_of, obligation=obligation)


def close_differences(tx: Transaction, by: Actor, *, differences: Sequence[int], note: str) -> int:
    """A person has settled these; how many were still open. The same figures raise no alarm again. Raises Refused without a note."""
    require(tx, by, Action.NOTE, "differences")
    if not note.strip():
        raise Refused(_("Say in a few words how it was settled"))
    closed = reconciling.close(tx, differences, closed_by=by.person_id, note=note.strip()[:_MOST_NOTE])
    for row in closed:
        about = row["order_no"] or row["carrier_ref"]
        audit.record(tx, by, Event.DIFFERENCE_CLOSED, f"difference {row['difference_id']}", about=about, note=note)
    return len(closed)
