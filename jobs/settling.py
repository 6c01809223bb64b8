"""What a carrier's answers make of an unknown order: proof, disproof, no effect proven, no better, or a person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from data.renewals import moves
from data.renewals import store as renewals
from data.renewals.moves import Arrow, State, Trail, Verdict
from data.renewals.store import Result, Unknown
from data.words import _
from jobs.carriers import CardReading, Later, NotFound, Outcome, Terms, verdict_of
from jobs.carriers import Unknown as NobodyKnows

# A card whose state the carrier tells proves these orders.
_MAKES = {"suspend": "stopped_manual", "resume": "active"}
# Refusals that may come ahead of the look at the key: on a second try they say nothing of the first.
_AT_THE_DOOR = frozenset(
    {
        "credential_refused",
        "token_expired",
        "rate_limited",
        "not_reached",
        "window_closed",
        "card_locked",
        "batch_refused",
    }
)


@dataclass(frozen=True)
class Told:
    """Everything the carrier said of one unknown order."""

    order: Outcome  # by its number
    newer: Outcome | None = None  # by the next number: asked where a restore has lost sight of it
    card: CardReading | None = None


def decided(
    item: Unknown, told: Told, terms: Terms, *, now: datetime, released_at: datetime, alone: Callable[[], bool]
) -> Result:
    """What these answers make of the order.

    `released_at`: the end of the last hold of the clock; a horizon counts from there. `alone`: whether no other order of
    ours for the card may have moved its expiry.
    """
    if told.newer is not None and not isinstance(told.newer, NotFound | NobodyKnows | Later):
        detail = _("the carrier knows the order's next number")
        return moved(item, Arrow.GIVEN_UP, State.NEEDS_REVIEW, {"reason": "restored_newer", "detail": detail})
    verdict, said = verdict_of(item, told.order, terms, at=now)
    if verdict is Verdict.CONFIRMED:
        return moved(item, Arrow.PROVED, State.SUCCEEDED, said | {"proof": "query"})
    if verdict is Verdict.REFUSED and (not item.restored or _late(item, told.newer, terms, released_at)):
        return moved(item, Arrow.DISPROVED, State.FAILED, said | {"proof": "query"})
    if verdict is Verdict.DIFFERS:
        return moved(item, Arrow.GIVEN_UP, State.NEEDS_REVIEW, said)
    if verdict is Verdict.ACCEPTED:
        return no_better(item, now, {} if item.restored else said)
    proved = _read(item, told.card, terms, alone) if told.card else None
    return proved or _not_bought_yet(item, told, terms, now, released_at)


def _read(item: Unknown, card: CardReading, terms: Terms, alone: Callable[[], bool]) -> Result | None:
    """What the card itself proves; None: nothing."""
    if item.kind in _MAKES and card.status == _MAKES[item.kind] and alone():
        return moved(item, Arrow.PROVED, State.SUCCEEDED, {"proof": "reading"})
    # A kind that moves no expiry is proved by no reading of one.
    if item.new_expiry is None or card.expires_on in {None, item.expires_before}:
        return None
    if _days_off(card.expires_on, item.new_expiry) <= terms.expiry_tolerance_days and alone():
        return moved(item, Arrow.PROVED, State.SUCCEEDED, {"proof": "reading", "new_expiry": card.expires_on})
    detail = _("the card now expires on {day}", day=card.expires_on)
    return moved(item, Arrow.GIVEN_UP, State.NEEDS_REVIEW, {"reason": "unclear_reading", "detail": detail})


def _days_off(read: date | None, expected: date) -> int:
    return abs((read - expected).days) if read else 0


def _not_bought_yet(item: Unknown, told: Told, terms: Terms, now: datetime, released_at: datetime) -> Result:
    """No sign of an effect: two late not-founds of a trusted query prove that there was none; else ask again."""
    numbers = [told.order, told.newer] if item.restored else [told.order]
    if item.carrier_ref or not all(_late(item, number, terms, released_at) for number in numbers):
        return no_better(item, now, {})
    if item.not_found + 1 >= moves.NOT_FOUNDS_NEEDED:
        reason = item.reason if item.restored else "no_answer"
        return moved(item, Arrow.NO_EFFECT_PROVEN, State.PENDING, {"reason": reason, "proof": "query"}, asked=0)
    return no_better(item, now, {}, not_found=item.not_found + 1)


def _late(item: Unknown, answer: Outcome | None, terms: Terms, released_at: datetime) -> bool:
    """Whether this is a not-found that counts: of a trusted query, and later than the horizon."""
    trail = Trail(max(item.deadline_at, released_at), item.doubted_at, item.asked, item.not_found)
    return (
        terms.query_trusted
        and isinstance(answer, NotFound)
        and moves.counts_as_not_found(trail, read_at=answer.read_at, horizon=terms.horizon)
    )


def may_send_again(item: Unknown, result: Result, terms: Terms, *, within_s: float, now: datetime) -> bool:
    """Whether an order of which nothing better is known may go out once more under its key.

    The key has to be alive until the last byte has left, and the schedule must have a slot to ask about it afterwards.
    """
    if terms.key_life is None or item.sent_at is None or item.restored:
        return False
    return (
        result.arrow is Arrow.NO_BETTER
        and not (item.carrier_ref or result.carrier_ref)
        and moves.next_slot(item.doubted_at, item.asked, now) is not None
        and now + timedelta(seconds=within_s) < item.sent_at + terms.key_life
    )


def judged_again(item: Unknown, outcome: Outcome, terms: Terms, *, now: datetime) -> Result:
    """The move that the answer to a second try makes: what would put off or refuse a first one says nothing here."""
    verdict, said = verdict_of(item, outcome, terms, at=now)
    arrow, after = moves.after_sending(verdict)
    kept = {"asked_before": item.asked, "asked": item.asked + 1}
    weak = verdict is Verdict.REFUSED and said["reason"] in _AT_THE_DOOR
    maybe_ours = verdict is Verdict.REFUSED and said["reason"] == "pin_refused"
    if after in moves.RESTING and not weak and not maybe_ours:
        return renewals.result(item, batch=item.batch, move=(State.SUBMITTED, arrow, after), **said, **kept)
    said = {name: said[name] for name in ("reason", "detail", "carrier_ref") if name in said}
    if maybe_ours:
        said["reason"] = "pin_maybe_ours"
    return still_unknown(item, now, said)


def still_unknown(item: Unknown, now: datetime, said: Mapping[str, Any]) -> Result:
    """A second try that told nothing, or never left: unknown as before, its schedule goes on."""
    asked, next_at = moves.next_slot(item.doubted_at, item.asked, now) or (item.asked + 1, now)
    told = {"reason": item.reason, **said, "next_at": next_at}
    move = (State.SUBMITTED, Arrow.IN_DOUBT, State.UNKNOWN)
    return renewals.result(item, batch=item.batch, move=move, asked_before=item.asked, asked=asked, **told)


def no_better(item: Unknown, now: datetime, said: Mapping[str, Any], *, not_found: int | None = None) -> Result:
    """Nothing learnt: the next slot of the schedule, or, when it is used up, a person."""
    slot = moves.next_slot(item.doubted_at, item.asked, now)
    known = {name: said[name] for name in ("reason", "detail", "carrier_ref") if name in said}
    if slot is None:
        return moved(item, Arrow.GIVEN_UP, State.NEEDS_REVIEW, {**known, "reason": "schedule_used"})
    asked, next_at = slot
    kept = {"reason": item.reason, **known, "next_at": next_at}
    kept["not_found"] = item.not_found if not_found is None else not_found
    return moved(item, Arrow.NO_BETTER, State.UNKNOWN, kept, asked=asked)


def moved(item: Unknown, arrow: Arrow, after: State, said: Mapping[str, Any], *, asked: int | None = None) -> Result:
    """A move of an unknown order."""
    return renewals.result(
        item,
        batch=item.batch,
        move=(State.UNKNOWN, arrow, after),
        asked_before=item.asked,
        asked=item.asked + 1 if asked is None else asked,
        **{name: value for name, value in said.items() if not (name == "next_at" and after is not State.UNKNOWN)},
    )
