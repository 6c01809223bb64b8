"""A thousand random tamperings of a chain: every one is found, at the entry where it was done."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.audit import store as audit
from data.audit.rules import NOTHING_YET, Head, Verified, entry_hash, follow, not_cut
from data.database import Query
from data.home import Home
from data.people.rules import Actor, Event

KEY = b"k" * 32
LENGTH = 40
FIELDS = ("ts", "person_id", "person", "source", "event", "object", "detail", "prev_hash", "hash")
Chain = list[dict[str, Any]]


def chain(key: bytes = KEY) -> Chain:
    made: Chain = []
    for seq in range(1, LENGTH + 1):
        entry: dict[str, Any] = {
            "seq": seq,
            "ts": datetime(2026, 11, 22, tzinfo=UTC) + timedelta(minutes=seq),
            "person_id": seq % 5,
            "person": f"person {seq % 5}",
            "source": "page",
            "event": "renewal:approved",
            "object": f"batch {seq}",
            "detail": f'{{"amount_fen":{seq * 1200}}}',
            "prev_hash": made[-1]["hash"] if made else NOTHING_YET.hash,
        }
        made.append({**entry, "hash": entry_hash(key, entry["prev_hash"], entry)})
    return made


def flip(entries: Chain, rng: random.Random) -> int:
    """One sign or bit of one field of one entry."""
    place, field = rng.randrange(LENGTH), rng.choice(FIELDS)
    value = entries[place][field]
    if isinstance(value, datetime):
        changed: Any = value + timedelta(microseconds=rng.choice((-1, 1)))
    elif isinstance(value, int):
        changed = value ^ (1 << rng.randrange(8))
    else:
        at = rng.randrange(len(value))
        changed = value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
    entries[place] = {**entries[place], field: changed}
    return place + 1


def delete(entries: Chain, rng: random.Random) -> int:
    """One entry, or several in a row, from before the end."""
    place = rng.randrange(LENGTH - 1)
    del entries[place : rng.randrange(place + 1, LENGTH)]
    return place + 1


def insert(entries: Chain, rng: random.Random) -> int:
    """A forged entry of whoever has the database but not the key; the ones after it move on, or it stands at the end or before the start."""
    place = rng.randrange(LENGTH + 1)
    forged = {**entries[rng.randrange(LENGTH)], "object": "batch 666"}
    forged["prev_hash"] = entries[place - 1]["hash"] if place else NOTHING_YET.hash
    forged["hash"] = entry_hash(b"x" * 32, forged["prev_hash"], {**forged, "seq": place + 1})
    if place == 0 and rng.random() < 0.5:
        entries.insert(0, {**forged, "seq": 0})
        return 0
    entries.insert(place, forged)
    for number, entry in enumerate(entries):
        entries[number] = {**entry, "seq": number + 1}
    return place + 1


def reorder(entries: Chain, rng: random.Random) -> int:
    """Two entries change places, with their numbers or without."""
    first, second = sorted(rng.sample(range(LENGTH), 2))
    one, other = entries[first], entries[second]
    entries[first], entries[second] = {**other, "seq": one["seq"]}, {**one, "seq": other["seq"]}
    return first + 1


def truncate(entries: Chain, rng: random.Random) -> int:
    """The end is cut off, up to everything."""
    place = rng.randrange(LENGTH)
    del entries[place:]
    return place + 1


def found_in(entries: Chain, written_down: Head) -> Verified:
    anchors = {written_down.seq: {written_down.hash}}
    return not_cut(follow(KEY, entries, after=NOTHING_YET, anchors=anchors), anchors)


def test_a_thousand_random_tamperings_are_found_where_they_were_done() -> None:
    rng, whole = random.Random(20261122), chain()
    written_down = Head(LENGTH, whole[-1]["hash"])
    assert found_in(whole, written_down) == Verified(written_down)
    ways = (flip, delete, insert, reorder, truncate)
    missed = []
    for number in range(1_000):
        way, entries = ways[number % len(ways)], list(whole)
        wanted = way(entries, rng)
        found = found_in(entries, written_down)
        if (found.broken, found.cut) != (wanted, way is truncate):
            missed.append((way.__name__, wanted, found))
    assert missed == []


def test_who_holds_the_key_and_writes_the_chain_anew_is_found_by_the_anchor() -> None:
    whole, anew = chain(), chain()
    anew[4]["object"] = "batch 667"
    for number in range(4, LENGTH):
        before = anew[number - 1]["hash"]
        anew[number]["prev_hash"] = before
        anew[number]["hash"] = entry_hash(KEY, before, anew[number])
    assert found_in(anew, Head(LENGTH, anew[-1]["hash"])).whole
    assert found_in(anew, Head(20, whole[19]["hash"])).broken == 20


def test_two_anchors_of_one_entry_that_differ_cannot_both_hold() -> None:
    entries = chain()
    anchors = {7: {entries[6]["hash"], "0" * 64}}
    assert follow(KEY, entries, after=NOTHING_YET, anchors=anchors).broken == 7


ON_DISK = {
    "flip": ("UPDATE audit SET object = 'batch 9' WHERE seq = 9", 9),
    "delete": ("DELETE FROM audit WHERE seq BETWEEN 5 AND 7", 5),
    "insert before": ("INSERT INTO audit SELECT -3, COLUMNS(* EXCLUDE seq) FROM audit WHERE seq = 4", -3),
    "insert after": ("INSERT INTO audit SELECT max(seq) OVER () + 1, COLUMNS(* EXCLUDE seq) FROM audit LIMIT 1", None),
    "truncate": ("DELETE FROM audit WHERE seq > 15", 16),
    "empty": ("DELETE FROM audit", 1),
}


@pytest.mark.parametrize("how", ON_DISK)
def test_tamperings_of_the_file_are_found_against_the_head_written_down(
    home: Home, people: dict[str, Actor], how: str
) -> None:
    with home.db.write() as tx:
        for number in range(20):
            audit.record(tx, people["operator"], Event.JOB_ASKED, f"job {number}")
    written_down = audit.head(home.db.read())
    assert audit.verify(home.db.read(), home.db.audit_key, anchors=[written_down]).whole
    statement, position = ON_DISK[how]
    with home.db.write() as tx:
        tx.run(Query("t", "", statement))
    found = audit.verify(home.db.read(), home.db.audit_key, anchors=[written_down])
    assert found.broken == (position or written_down.seq + 1)
    assert found.cut is (how in {"truncate", "empty"})
    newest = audit.verify_newest(home.db.read(), home.db.audit_key)
    assert newest.whole is (
        how in {"insert before", "truncate", "empty"}
    )  # what only the whole chain and the anchor tell
