"""What may become of a mail, when it is tried again, what names it, and what an attempt to send it ended with."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from data.words import N_

# Days and hours of slots are of this zone, as everywhere in the house.
_ZONE = ZoneInfo("Asia/Shanghai")


class State(Enum):
    """Where a mail stands."""

    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    MOOT = "moot"


STATE_WORDS = {
    State.QUEUED: N_("to be sent"),
    State.HELD: N_("held back"),
    State.SENDING: N_("being sent"),
    State.SENT: N_("sent"),
    State.UNKNOWN: N_("sent or not: unclear"),
    State.FAILED: N_("could not be sent"),
    State.MOOT: N_("no longer needed"),
}

# There are no other moves.
MOVES: dict[State | None, tuple[State, ...]] = {
    None: (State.QUEUED,),
    State.QUEUED: (State.HELD, State.SENDING, State.MOOT),
    State.HELD: (State.QUEUED, State.MOOT),
    State.SENDING: (State.SENT, State.QUEUED, State.FAILED, State.UNKNOWN),
    State.UNKNOWN: (State.QUEUED, State.FAILED),
    # It never left: what comes up later that day may still go out under its slot.
    State.MOOT: (State.QUEUED,),
    # Taken by the server, and sent back days later.
    State.SENT: (State.FAILED,),
    State.FAILED: (),
}

HELD_WORDS = {
    "stopped": N_("Sending is stopped"),
    "no_account": N_("No mail account is set up"),
    "address": N_("The address takes no mail, or nobody has proved that it is theirs"),
    "muted": N_("Whoever reads it has asked for no more digests"),
    "storm": N_("Far more reminders than ever came up at once; somebody has to look"),
    "quiet": N_("Quiet hours of whoever it is for"),
}

KIND_WORDS = {
    "digest": N_("Digest of the day"),
    "urgent": N_("Urgent"),
    "alarm": N_("Alarm"),
    "heartbeat": N_("Sign of life"),
    "test": N_("Test mail"),
    "verify": N_("Code for an address"),
}
# What waits for nothing: neither for the morning nor for somebody's word.
URGENT_KINDS = frozenset({"urgent", "alarm", "test", "verify"})

STOPPED_WORDS = {
    "person": N_("Somebody stopped sending"),
    "credential": N_("The mail server does not take our name or password"),
}

# After the first tries come fast the rest follow by the hour, until a day is over.
_BACK_OFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
_GIVE_UP = timedelta(hours=24)
# An unclear mail goes out again once, after so long.
_DOUBT = timedelta(minutes=10)
_MOST_DOUBTS = 2
# So many days without one letter taken: the address is losing its mail.
SOFT_BOUNCING_DAYS = 5


@dataclass(frozen=True)
class Outcome:
    """How an attempt to send ended."""

    kind: str  # sent, retry, refused, unknown, credential
    code: int | None = None  # of the server's answer
    reply: str = ""  # a kept sentence (data.words.later) of what happened

    @property
    def of_the_address(self) -> bool:
        """Whether it says something of the address, and not of the way there."""
        return self.code is not None


@dataclass(frozen=True)
class After:
    """What becomes of a mail that was tried."""

    state: State
    wait: timedelta = timedelta()  # until it is looked at again


class NoSuchMove(Exception):
    """This state may not become that one."""


def check(before: State | None, after: State) -> None:
    """Raise NoSuchMove unless the table leads from one to the other."""
    if after not in MOVES[before]:
        raise NoSuchMove(f"no mail goes from {before and before.value} to {after.value}")


def after(outcome: Outcome, *, tries: int, doubts: int) -> After:
    """Where a mail goes after this outcome of its `tries`-th try; `doubts`: how often it was unclear before."""
    match outcome.kind:
        case "sent":
            return After(State.SENT)
        case "refused":
            return After(State.FAILED)
        case "unknown":
            return doubted(doubts=doubts)
        case "credential":
            # It did nothing wrong: it waits for whoever mends the account.
            return After(State.QUEUED)
        case "retry":
            wait = wait_after(tries)
            return After(State.FAILED) if wait is None else After(State.QUEUED, wait)
    raise ValueError(outcome.kind)


def doubted(*, doubts: int) -> After:
    """Where a mail goes of which nobody knows whether it arrived; `doubts`: how often that was so before."""
    return After(State.FAILED) if doubts + 1 >= _MOST_DOUBTS else After(State.UNKNOWN, _DOUBT)


def wait_after(tries: int) -> timedelta | None:
    """How long to wait after so many failed tries; None: a day has passed, give up."""
    waits = [*_BACK_OFF[:tries], *[_BACK_OFF[-1]] * (tries - len(_BACK_OFF))]
    return waits[-1] if sum(waits, timedelta()) <= _GIVE_UP else None


def digest(recipient_id: int, kind: str, slot: str) -> str:
    """What tells a mail from every other: the first 128 bits of the SHA-256 of its key, as hexadecimal."""
    return hashlib.sha256(f"{recipient_id}|{kind}|{slot}".encode()).hexdigest()[:32]


def message_id(digest: str, domain: str) -> str:
    """The Message-ID of a mail: the same for every copy of it, another for every other mail."""
    return f"<{digest.replace('-', '')}@{domain}>"


def slot(kind: str, now: datetime, *, cause: str = "") -> str:
    """Of which there is one mail for a recipient: a day, an hour of urgent ones, an alarm's cause and day, else the moment."""
    local = now.astimezone(_ZONE)
    match kind:
        case "digest" | "heartbeat":
            return f"{local:%Y-%m-%d}"
        case "urgent":
            return f"{local:%Y-%m-%d %H}"
        case "alarm":
            return f"{cause} {local:%Y-%m-%d}"
    return now.isoformat()
