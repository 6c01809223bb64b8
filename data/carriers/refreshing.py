"""How far the refresh of each account is: where its sweep goes on after a stop, when it last ended well, what it cost."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Literal

from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor
from data.people.store import require

Q = Queries.beside(__file__, "refreshing.sql")

What = Literal["sims", "usage", "plans"]
# Before every card and behind every card.
FIRST, FOREVER = (date.min, 0), date(9999, 12, 31)


@dataclass(frozen=True)
class Sync:
    """How one refresh of one account goes."""

    account: str
    what: str  # sims, usage, plans
    next_at: datetime  # not before
    calls_on: date  # the day of `calls` and `failed`
    place: str | None = None  # where the sweep under way goes on
    started_at: datetime | None = None
    good_at: datetime | None = None  # when a sweep last came to its end
    cards: int = 0  # told in this sweep
    as_of: datetime | None = None  # how old the oldest of what it told is
    calls: int = 0  # requests that left
    failed: int = 0  # pages that could not be had
    rate_per_s: float | None = None  # what the carrier allows
    failures: int = 0  # pages in a row that could not be had
    error: str | None = None  # of the last of them
    missing: int = 0  # cards of this sweep of which nothing could be told


@dataclass(frozen=True)
class NextCard:
    """A card to be asked about, and its place in the order."""

    sim_id: int
    iccid: str
    act_by: date


def syncs(reader: Reader) -> list[Sync]:
    """All of them, by account."""
    return reader.records(Sync, Q.syncs)


def sync_of(reader: Reader, account: str, what: What, *, now: datetime, today: date) -> Sync:
    """How this refresh of this account goes; due at once where it never ran."""
    return reader.record(Sync, Q.sync_of, account=account, what=what) or Sync(account, what, now, today)


def keep_sync(tx: Transaction, by: Actor, sync: Sync) -> None:
    """How it goes now."""
    require(tx, by, Action.WORK, "accounts")
    tx.run(Q.keep_sync, **asdict(sync))


def keep_balance(tx: Transaction, by: Actor, *, account: str, amount_fen: int, read_at: datetime) -> None:
    """What was told of our prepaid money there."""
    require(tx, by, Action.WORK, "accounts")
    tx.run(Q.keep_balance, account=account, amount_fen=amount_fen, read_at=read_at)


def oldest_word(reader: Reader, stems: Sequence[str]) -> datetime | None:
    """When the card of these that was heard of least lately was last heard of; None: none of them is ours."""
    found: datetime | None = reader.value(Q.oldest_word, stems=list(stems))
    return found


def next_cards(
    reader: Reader, account: str, *, after: tuple[date, int], limit: int, until: date = FOREVER
) -> list[NextCard]:
    """The next `limit` cards whose act-by is not after `until`, nearest first; last those whose expiry nobody knows."""
    act_by, sim_id = after
    return reader.records(
        NextCard, Q.next_cards, account=account, act_by=act_by, sim_id=sim_id, until=until, limit=limit
    )
