"""The circuit breaker of an account: doubts in a row stop the sending, one order tries again, and it survives a restart.

It only ever holds orders back: no item fails because of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from data.audit.rules import canonical
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor
from data.people.store import require
from data.renewals.moves import Arrow, State
from data.renewals.moving import Result

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

NO_ANSWER, CREDENTIAL = "no_answer", "credential"
_REFUSED_SIGN_IN = "credential_refused"
_HEALTHY, _NOT = ".", "x"


@dataclass(frozen=True)
class Limits:
    """When an account's breaker opens and for how long, as its account says."""

    breaker_in_row: int = 5
    breaker_share: float = 0.2
    breaker_window: int = 50
    breaker_cooldown_s: int = 60


@dataclass(frozen=True)
class Breaker:
    """One account's standing in one class of trouble."""

    account: str
    error_class: str
    state: str = "closed"  # closed, open, half_open
    in_row: int = 0  # troubles since the last healthy answer
    recent: str = ""  # the last outcomes, newest last: '.' healthy, 'x' not
    opened_at: datetime | None = None


_COUNTED = ("error_class", "state", "in_row", "recent", "opened_at")


def signals(result: Result) -> dict[str, bool]:
    """What an answer to an order says of its account, per class of trouble: healthy or not. Nothing: it says nothing.

    A doubt that bears the carrier's own reference, or the carrier's own reason, is an answer. Who was not reached has not
    answered, and of an order that never left for no reason of the carrier's nobody was asked.
    """
    if result.arrow not in {Arrow.CONFIRMED, Arrow.REFUSED, Arrow.IN_DOUBT, Arrow.NEVER_LEFT}:
        return {}
    if result.reason == _REFUSED_SIGN_IN:
        return {CREDENTIAL: False}
    if result.arrow is Arrow.NEVER_LEFT:
        return {} if result.reason in {None, "not_reached"} else {NO_ANSWER: True}
    if result.after is State.UNKNOWN and result.carrier_ref is None and result.reason == "no_answer":
        return {NO_ANSWER: False}
    return {NO_ANSWER: True, CREDENTIAL: True}


def counted(breaker: Breaker, healthy: bool, limits: Limits, *, now: datetime) -> Breaker:
    """The breaker after one more answer."""
    if healthy and breaker.state == "closed" and breaker.recent == _HEALTHY * limits.breaker_window:
        return breaker
    recent = (breaker.recent + (_HEALTHY if healthy else _NOT))[-limits.breaker_window :]
    in_row = 0 if healthy else breaker.in_row + 1
    seen = Breaker(breaker.account, breaker.error_class, breaker.state, in_row, recent, breaker.opened_at)
    if breaker.state == "half_open" and healthy:
        return replace(seen, state="closed", recent="", opened_at=None)
    if breaker.state == "half_open" or (breaker.state == "closed" and _too_many(seen, limits)):
        return replace(seen, state="open", opened_at=now)
    return seen


def _too_many(breaker: Breaker, limits: Limits) -> bool:
    if breaker.error_class == CREDENTIAL:
        return breaker.in_row > 0
    full = len(breaker.recent) == limits.breaker_window
    share = breaker.recent.count(_NOT) / limits.breaker_window
    return breaker.in_row >= limits.breaker_in_row or (full and share > limits.breaker_share)


def at_most(breakers: Iterable[Breaker], limits: Limits, *, now: datetime) -> int | None:
    """How many orders may go out now: none, one that tries, or (None) any number."""
    allowed = [_allowed(breaker, limits, now) for breaker in breakers]
    return min((count for count in allowed if count is not None), default=None)


def _allowed(breaker: Breaker, limits: Limits, now: datetime) -> int | None:
    if breaker.state == "closed":
        return None
    cooled = breaker.opened_at is None or now >= breaker.opened_at + timedelta(seconds=limits.breaker_cooldown_s)
    return 1 if breaker.state == "half_open" or cooled else 0


@dataclass(frozen=True)
class Standing:
    """How an account stands in each class of trouble, and its limits."""

    limits: Limits
    breakers: Mapping[str, Breaker]  # by class of trouble

    def at_most(self, now: datetime) -> int | None:
        """How many orders may go out now: none, one that tries, or (None) any number."""
        return at_most(self.breakers.values(), self.limits, now=now)


def standing(reader: Reader, account: str) -> Standing:
    """How an account stands."""
    rows = reader.rows(Q.standing, account=account)
    said = {name: rows[0][name] for name in Limits.__dataclass_fields__ if rows[0][name] is not None}
    known = {
        row["error_class"]: Breaker(account, **{name: row[name] for name in _COUNTED}) for row in rows if row["state"]
    }
    return Standing(
        Limits(**said), {name: known.get(name) or Breaker(account, name) for name in (NO_ANSWER, CREDENTIAL)}
    )


def try_one(tx: Transaction, by: Actor, *, account: str) -> int | None:
    """How many orders of the account may be claimed now, under the writer lock. An open breaker that has cooled down
    becomes half-open and lets one through; while that one is out, no other.
    """
    require(tx, by, Action.WORK, account)
    found = standing(tx, account)
    allowed = found.at_most(tx.now)
    if not allowed:
        return allowed
    if tx.value(Q.out_now, account=account):
        return 0
    _keep(tx, [replace(one, state="half_open") for one in found.breakers.values() if one.state == "open"])
    return allowed


def count(tx: Transaction, by: Actor, *, account: str, results: Sequence[Result]) -> None:
    """Count what became of an account's orders, in the transaction that writes it down; a breaker that opens is a finding."""
    require(tx, by, Action.WORK, account)
    found = standing(tx, account)
    before, after = found.breakers, dict(found.breakers)
    for result in results:
        for name, healthy in signals(result).items():
            after[name] = counted(after[name], healthy, found.limits, now=tx.now)
    _keep(tx, [one for name, one in after.items() if one != before[name]])
    for name, one in after.items():
        if one.state == "open" and before[name].state != "open":
            detail = canonical({"troubles": one.recent.count(_NOT)})
            tx.run(Q.open_finding, account=account, detail=detail, now=tx.now)


def _keep(tx: Transaction, breakers: Sequence[Breaker]) -> None:
    if breakers:
        with tx.frame("counted", pa.Table.from_pylist([vars(breaker) for breaker in breakers], schema=_BREAKER)):
            tx.run(Q.keep_breakers, now=tx.now)


_BREAKER = pa.schema(
    [
        ("account", pa.string()),
        ("error_class", pa.string()),
        ("state", pa.string()),
        ("in_row", pa.int32()),
        ("recent", pa.string()),
        ("opened_at", pa.timestamp("us", tz="UTC")),
    ]
)
