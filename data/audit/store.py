"""Recording and verifying acts. `record` is the last call of every writing function of every store."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from data.audit.rules import GENESIS, NOTHING_YET, Head, Verified, canonical, entry_hash, follow, not_cut, one_line
from data.clock import HOME_ZONE
from data.database import Queries, Reader, Row, Transaction
from data.people.rules import Actor, Event

Q = Queries.beside(__file__)
_VERIFY_AT_ONCE = 10_000
# Below the first entry nothing may stand, whatever its number.
_LOWEST = -(2**63)
# So many are followed in a blink; all of them are followed at night.
NEWEST = 2_000
VERIFY_JOB = "verify_audit"
# Whoever changes more than so many entries in a row has made another log.
_TRIED = 50


def record(tx: Transaction, by: Actor, event: Event, object: str, **detail: Any) -> None:
    """Append the act to the chain, in the transaction of the act itself. `detail` holds no secrets."""
    head = tx.row(Q.last_entry)
    entry: dict[str, Any] = {
        "seq": head["seq"] + 1 if head else 1,
        "ts": tx.now,
        "person_id": by.person_id,
        "person": one_line(by.name),
        "source": by.source,
        "event": event.value,
        "object": one_line(object),
        "detail": one_line(canonical(detail)),
    }
    prev_hash = head["hash"] if head else GENESIS
    tx.run(Q.add_entry, **entry, prev_hash=prev_hash, hash=entry_hash(tx.audit_key, prev_hash, entry))


def verify(reader: Reader, audit_key: bytes, *, anchors: Iterable[Head] = ()) -> Verified:
    """Follow the whole chain, about 60,000 entries a second; `anchors`: heads that were written down outside."""
    known: dict[int, set[str]] = {}
    for one in anchors:
        known.setdefault(one.seq, set()).add(one.hash)
    head, start = NOTHING_YET, _LOWEST
    while True:
        entries = reader.rows(Q.entries_from, seq=start, limit=_VERIFY_AT_ONCE)
        found = follow(audit_key, entries, after=head, anchors=known)
        if not found.whole or len(entries) < _VERIFY_AT_ONCE:
            return not_cut(found, known)
        head, start = found.head, found.head.seq + 1


def verify_newest(reader: Reader, audit_key: bytes) -> Verified:
    """Follow the newest entries only, from the one before them on."""
    last = head(reader)
    before = reader.row(Q.entry, seq=last.seq - NEWEST)
    after = Head(before["seq"], before["hash"]) if before else NOTHING_YET
    entries = reader.rows(Q.entries_from, seq=after.seq + 1, limit=NEWEST)
    return follow(audit_key, entries, after=after, anchors={last.seq: {last.hash}})


def first_broken(reader: Reader, audit_key: bytes) -> int | None:
    """The sequence number of the first entry that does not fit the chain; None: all of it verifies."""
    return verify(reader, audit_key).broken


def written_with(reader: Reader, audit_key: bytes) -> bool:
    """Whether this is the key of the log: any of the newest entries fits it by itself. Of an empty log every key is."""
    entries = reader.rows(Q.entries_from, seq=head(reader).seq - _TRIED, limit=_TRIED + 1)
    return not entries or any(entry_hash(audit_key, entry["prev_hash"], entry) == entry["hash"] for entry in entries)


def head(reader: Reader) -> Head:
    """The newest entry, to be written down outside; NOTHING_YET of an empty chain."""
    found = reader.row(Q.last_entry)
    return Head(found["seq"], found["hash"]) if found else NOTHING_YET


def last_verified(reader: Reader) -> Row | None:
    """The last time all of it was followed: outcome, ended_at and error as the runs of jobs keep them."""
    return reader.row(Q.last_verified, job=VERIFY_JOB)


def count(
    reader: Reader, *, person: str | None, event: str | None, text: str | None, first: date | None, last: date | None
) -> int:
    """How many entries pass."""
    return int(reader.value(Q.count_entries, **_asked(person, event, text, first, last)))


def entries(
    reader: Reader,
    *,
    person: str | None,
    event: str | None,
    text: str | None,
    first: date | None,
    last: date | None,
    limit: int,
    offset: int = 0,
) -> pa.Table:
    """Entries newest first: of one person, of one event, with `text` in object or detail, from day to day in Shanghai."""
    return reader.arrow(Q.entries, **_asked(person, event, text, first, last), limit=limit, offset=offset)


def persons(reader: Reader) -> list[str]:
    """Everybody who ever did something."""
    return [row["person"] for row in reader.rows(Q.persons)]


def _asked(
    person: str | None, event: str | None, text: str | None, first: date | None, last: date | None
) -> dict[str, Any]:
    asked = {"person": person, "event": event, "text": text.lower() if text else None}
    return asked | {"since": _midnight(first), "before": _midnight(last and last + timedelta(days=1))}


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time.min, HOME_ZONE) if day else None
