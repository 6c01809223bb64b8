"""What may become of what: the states, one table of moves, the schedule of an unknown, and what an answer means."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, IntEnum


class State(Enum):
    """Where an obligation stands."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NEEDS_REVIEW = "needs_review"


MOVING = (State.PENDING, State.SUBMITTED, State.UNKNOWN)
RESTING = (State.SUCCEEDED, State.FAILED, State.CANCELLED, State.NEEDS_REVIEW)


class Arrow(IntEnum):
    """The numbered arrows of the state machine; each stands in events and in the journal."""

    APPROVED = 1
    CLAIMED = 2
    NEVER_LEFT = 3
    CONFIRMED = 4
    REFUSED = 5
    IN_DOUBT = 6
    REPLY_DIFFERS = 7
    PROVED = 8
    DISPROVED = 9
    NO_EFFECT_PROVEN = 10
    SENT_AGAIN = 11
    NO_BETTER = 12
    GIVEN_UP = 13
    DECIDED = 14
    RETRIED = 15
    TAKEN_BACK = 16
    ADOPTED = 17
    CONTRADICTED = 18
    RESTORED = 19
    PARKED = 20


_NOTHING_YET: tuple[State | None, ...] = (None,)
# (from any of these, to any of these). There are no other moves.
MOVES: dict[Arrow, tuple[tuple[State | None, ...], tuple[State, ...]]] = {
    Arrow.APPROVED: (_NOTHING_YET, (State.PENDING,)),
    Arrow.CLAIMED: ((State.PENDING,), (State.SUBMITTED,)),
    Arrow.NEVER_LEFT: ((State.SUBMITTED,), (State.PENDING,)),
    Arrow.CONFIRMED: ((State.SUBMITTED,), (State.SUCCEEDED,)),
    Arrow.REFUSED: ((State.SUBMITTED,), (State.FAILED,)),
    Arrow.IN_DOUBT: ((State.SUBMITTED,), (State.UNKNOWN,)),
    Arrow.REPLY_DIFFERS: ((State.SUBMITTED,), (State.NEEDS_REVIEW,)),
    Arrow.PROVED: ((State.UNKNOWN,), (State.SUCCEEDED,)),
    Arrow.DISPROVED: ((State.UNKNOWN,), (State.FAILED,)),
    Arrow.NO_EFFECT_PROVEN: ((State.UNKNOWN,), (State.PENDING,)),
    Arrow.SENT_AGAIN: ((State.UNKNOWN,), (State.SUBMITTED,)),
    Arrow.NO_BETTER: ((State.UNKNOWN,), (State.UNKNOWN,)),
    Arrow.GIVEN_UP: ((State.UNKNOWN,), (State.NEEDS_REVIEW,)),
    Arrow.DECIDED: ((State.NEEDS_REVIEW,), (State.SUCCEEDED, State.FAILED)),
    Arrow.RETRIED: ((State.FAILED,), (State.PENDING,)),
    Arrow.TAKEN_BACK: ((State.PENDING,), (State.CANCELLED,)),
    Arrow.ADOPTED: ((State.CANCELLED,), (State.PENDING,)),
    Arrow.CONTRADICTED: ((State.SUCCEEDED,), (State.NEEDS_REVIEW,)),
    Arrow.RESTORED: (tuple(state for state in State if state is not State.SUCCEEDED), (State.UNKNOWN,)),
    Arrow.PARKED: ((State.PENDING,), (State.NEEDS_REVIEW,)),
}


class BatchState(Enum):
    """Where a batch stands."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


BATCH_MOVES: dict[BatchState, tuple[BatchState, ...]] = {
    BatchState.DRAFT: (BatchState.PROPOSED, BatchState.CANCELLED),
    BatchState.PROPOSED: (BatchState.DRAFT, BatchState.APPROVED, BatchState.CANCELLED),
    BatchState.APPROVED: (
        BatchState.DRAFT,
        BatchState.RUNNING,
        BatchState.PAUSED,
        BatchState.DONE,
        BatchState.CANCELLED,
    ),
    BatchState.RUNNING: (BatchState.PAUSED, BatchState.DONE, BatchState.CANCELLED),
    BatchState.PAUSED: (BatchState.RUNNING, BatchState.CANCELLED),
    BatchState.DONE: (),
    BatchState.CANCELLED: (),
}


class NoSuchMove(Exception):
    """This state may not become that one."""


def check(arrow: Arrow, before: State | None, after: State) -> None:
    """Raise NoSuchMove unless the table has this arrow between these two states."""
    befores, afters = MOVES[arrow]
    if before not in befores or after not in afters:
        raise NoSuchMove(f"arrow {arrow.value} does not lead from {before and before.value} to {after.value}")


def may_become(before: BatchState, after: BatchState) -> bool:
    """Whether a batch may go from one state to the other."""
    return after in BATCH_MOVES[before]


def check_batch(before: BatchState, after: BatchState) -> None:
    """Raise NoSuchMove unless a batch may go from one to the other."""
    if not may_become(before, after):
        raise NoSuchMove(f"a batch does not go from {before.value} to {after.value}")


class Verdict(Enum):
    """What a carrier's answer to an order amounts to."""

    CONFIRMED = "confirmed"  # bought, and everything the reply names is ours
    ACCEPTED = "accepted"  # taken, with the carrier's own reference; not yet proof
    REFUSED = "refused"  # definitely not bought
    LATER = "later"  # surely before any effect
    DIFFERS = "differs"  # the reply names another order, card or amount
    UNKNOWN = "unknown"  # money may have moved


_AFTER_SENDING = {
    Verdict.CONFIRMED: (Arrow.CONFIRMED, State.SUCCEEDED),
    Verdict.REFUSED: (Arrow.REFUSED, State.FAILED),
    Verdict.LATER: (Arrow.NEVER_LEFT, State.PENDING),
    Verdict.DIFFERS: (Arrow.REPLY_DIFFERS, State.NEEDS_REVIEW),
}


def after_sending(verdict: Verdict) -> tuple[Arrow, State]:
    """The move a verdict makes of a submitted item. Whatever is not listed leaves it unknown."""
    return _AFTER_SENDING.get(verdict, (Arrow.IN_DOUBT, State.UNKNOWN))


@dataclass(frozen=True)
class Trail:
    """What has been learnt about one unknown item so far."""

    deadline_at: datetime  # no byte of the order left after this
    doubted_at: datetime  # when it became unknown
    asked: int  # slots of the schedule used or slept through
    not_found: int  # agreeing not-founds past the horizon


# 10 s, 1 min, 5 min, 30 min, 2 h, hourly to 24 h, daily to 7 d: counted from the moment of doubt.
SCHEDULE: tuple[timedelta, ...] = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hour) for hour in range(2, 25)),
    *(timedelta(days=day) for day in range(2, 8)),
)
# Two answers that agree; one may be a stale replica.
NOT_FOUNDS_NEEDED = 2
# An item that comes back to pending this often is parked for a person.
MOST_TRIPS = 5


def first_slot(doubted_at: datetime) -> datetime:
    """When an order that has just become unknown is asked about."""
    return doubted_at + SCHEDULE[0]


def next_slot(doubted_at: datetime, asked: int, now: datetime) -> tuple[int, datetime] | None:
    """After the slot number `asked`: how many slots are gone by now, and when the next one comes. None: schedule used up.

    Slots that passed while the machine slept count as gone, so it asks once and goes on with the first one ahead.
    """
    slots = enumerate(SCHEDULE[asked + 1 :], start=asked + 1)
    return next(((gone, doubted_at + slot) for gone, slot in slots if doubted_at + slot > now), None)


def counts_as_not_found(trail: Trail, *, read_at: datetime, horizon: timedelta) -> bool:
    """Whether a not-found is late enough to say anything at all."""
    return read_at > trail.deadline_at + horizon
