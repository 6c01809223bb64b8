"""Asks carriers about orders without a clear answer, by the schedule, until proof or a person settles them."""

import logging
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from data.home import Home
from data.people.rules import SYSTEM
from data.renewals import journal, moves
from data.renewals import store as renewals
from data.renewals.moves import Arrow, State, Trail, Verdict
from data.renewals.store import Result, Unknown
from data.words import _, later
from jobs.carriers import Carrier, NotFound, Outcome, Terms, verdict_of
from jobs.carriers.accounts import NoConnection, connected
from jobs.recording import close_batches, moved_to, tell

log = logging.getLogger("flowcard.renewals")
# Asked about in one go; the rest follows at the next tick.
_AT_ONCE = 200


def run(home: Home, stop: threading.Event) -> str | None:
    """One pass over the orders whose next slot has come.

    1. ask the carrier for the order, by our number; where that does not settle it, read the card
    2. decide (`decided`): proof, disproof, no effect proven, no better, or a person
    3. under the lock: journal and write it down; an item that has moved on meanwhile is left alone
    4. close batches in which nothing is left, and bring the joined rows up to date
    """
    book = journal.opened(home.journal)
    counts: Counter[str] = Counter()
    carriers: dict[str, Carrier | None] = {}
    for item in renewals.due_unknowns(home.db.read(), now=home.clock.now(), limit=_AT_ONCE):
        if stop.is_set():
            break
        result = _asked(home, item, carriers)
        with home.db.write(quiet=True) as tx:
            if renewals.record(tx, SYSTEM, [result]):
                book.append_in(tx, renewals.outcomes([result], kind="settled"))
                counts[result.after.value] += 1
    if not counts:
        return None
    close_batches(home)
    tell(home)
    return later(
        "Orders asked about: {succeeded} succeeded, {failed} failed, {unknown} still unconfirmed,"
        " {needs_review} need a person, {pending} to be sent again",
        **moved_to(counts),
    )


def _asked(home: Home, item: Unknown, carriers: dict[str, Carrier | None]) -> Result:
    if item.account not in carriers:
        try:
            carriers[item.account] = connected(home, item.account)
        except NoConnection as error:
            log.warning("%s", error)
            carriers[item.account] = None
    carrier = carriers[item.account]
    if carrier is None:
        return _no_better(
            item, home.clock.now(), {"detail": _("account {account} has no connection", account=item.account)}
        )
    answer = carrier.find_order(item.order_no)
    reading = carrier.cards([item.iccid]).get(item.iccid)
    return decided(
        item,
        answer,
        reading.expires_on if reading else None,
        carrier.terms,
        now=home.clock.now(),
        alone=renewals.ours_alone(home.db.read(), item),
    )


def decided(
    item: Unknown, answer: Outcome, expires_on: date | None, terms: Terms, *, now: datetime, alone: bool
) -> Result:
    """What an answer to a query and a reading of the card make of an unknown order.

    `alone`: no other order of ours for the card may have moved its expiry.
    """
    verdict, said = verdict_of(item, answer, terms, at=now)
    if verdict is Verdict.CONFIRMED:
        return _moved(item, Arrow.PROVED, State.SUCCEEDED, said | {"proof": "query"})
    if verdict is Verdict.REFUSED:
        return _moved(item, Arrow.DISPROVED, State.FAILED, said | {"proof": "query"})
    if verdict is Verdict.DIFFERS:
        return _moved(item, Arrow.GIVEN_UP, State.NEEDS_REVIEW, said)
    kept: Mapping[str, Any] = {
        name: said[name] for name in ("reason", "detail", "carrier_ref") if name in said and verdict is Verdict.ACCEPTED
    }
    # A kind that moves no expiry is proved by no reading of one.
    unmoved = expires_on is None or expires_on == item.expires_before or item.new_expiry is None
    if verdict is Verdict.ACCEPTED or unmoved:
        return _not_bought_yet(item, answer, terms, now, kept)
    off = abs((expires_on - item.new_expiry).days)
    if off <= terms.expiry_tolerance_days and alone:
        return _moved(item, Arrow.PROVED, State.SUCCEEDED, {"proof": "reading", "new_expiry": expires_on})
    return _moved(
        item,
        Arrow.GIVEN_UP,
        State.NEEDS_REVIEW,
        {"reason": "unclear_reading", "detail": _("the card now expires on {day}", day=expires_on)},
    )


def _not_bought_yet(item: Unknown, answer: Outcome, terms: Terms, now: datetime, kept: Mapping[str, Any]) -> Result:
    """No sign of an effect: two late not-founds of a trusted query prove that there was none; else ask again."""
    trail = Trail(item.deadline_at, item.doubted_at, item.asked, item.not_found)
    late = isinstance(answer, NotFound) and moves.counts_as_not_found(
        trail, read_at=answer.read_at, horizon=terms.horizon
    )
    if not late or not terms.query_trusted or item.carrier_ref:
        return _no_better(item, now, kept)
    if item.not_found + 1 >= moves.NOT_FOUNDS_NEEDED:
        return _moved(item, Arrow.NO_EFFECT_PROVEN, State.PENDING, {"reason": "no_answer", "proof": "query"}, asked=0)
    return _no_better(item, now, kept, not_found=item.not_found + 1)


def _no_better(item: Unknown, now: datetime, said: Mapping[str, Any], *, not_found: int | None = None) -> Result:
    slot = moves.next_slot(item.doubted_at, item.asked, now)
    if slot is None:
        return _moved(item, Arrow.GIVEN_UP, State.NEEDS_REVIEW, {**said, "reason": "schedule_used"})
    asked, next_at = slot
    kept = {"reason": item.reason, **said, "next_at": next_at}
    kept["not_found"] = item.not_found if not_found is None else not_found
    return _moved(item, Arrow.NO_BETTER, State.UNKNOWN, kept, asked=asked)


def _moved(item: Unknown, arrow: Arrow, after: State, said: Mapping[str, Any], *, asked: int | None = None) -> Result:
    return renewals.result(
        item,
        batch=item.batch,
        move=(State.UNKNOWN, arrow, after),
        asked_before=item.asked,
        asked=item.asked + 1 if asked is None else asked,
        **{name: value for name, value in said.items() if not (name == "next_at" and after is not State.UNKNOWN)},
    )
