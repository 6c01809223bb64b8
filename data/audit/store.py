"""Recording and verifying acts. `record` is the last call of every writing function of every store."""

from typing import Any

from data.audit.rules import GENESIS, canonical, entry_hash
from data.database import Queries, Reader, Transaction
from data.people.rules import Actor, Event

Q = Queries.beside(__file__)
_VERIFY_AT_ONCE = 10_000


def record(tx: Transaction, by: Actor, event: Event, object: str, **detail: Any) -> None:
    """Append the act to the chain, in the transaction of the act itself. `detail` holds no secrets."""
    head = tx.row(Q.last_entry)
    entry: dict[str, Any] = {
        "seq": head["seq"] + 1 if head else 1,
        "ts": tx.now,
        "person_id": by.person_id,
        "person": by.name,
        "source": by.source,
        "event": event.value,
        "object": object,
        "detail": canonical(detail),
    }
    prev_hash = head["hash"] if head else GENESIS
    tx.run(Q.add_entry, **entry, prev_hash=prev_hash, hash=entry_hash(tx.audit_key, prev_hash, entry))


def first_broken(reader: Reader, audit_key: bytes) -> int | None:
    """The sequence number of the first entry that does not fit the chain; None: all of it verifies."""
    prev_hash, expected = GENESIS, 1
    while True:
        entries = reader.rows(Q.entries_from, seq=expected, limit=_VERIFY_AT_ONCE)
        for entry in entries:
            fits = entry["seq"] == expected and entry["prev_hash"] == prev_hash
            if not fits or entry["hash"] != entry_hash(audit_key, prev_hash, entry):
                return expected
            prev_hash, expected = entry["hash"], expected + 1
        if len(entries) < _VERIFY_AT_ONCE:
            return None
