"""What an answer to an order means, by one table per carrier; whatever stands in no table may have moved money."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jobs.carriers import Later, Outcome, Refused, Unknown
from jobs.carriers.http import CallError, Doubt, Held, NeverLeft, NoToken, Reply

_OK = range(200, 300)
_REFUSALS = range(400, 500)
_TOO_MANY = 429
# When an order that could not be sent is looked at again, unless the carrier says something else.
_NOT_REACHED = timedelta(seconds=10)
_NO_SIGN_IN = timedelta(seconds=30)
_BUSY = timedelta(seconds=5)


@dataclass(frozen=True)
class Codes:
    """A carrier's own codes, as its contract explains them. Everything not named is a doubt."""

    ok: frozenset[str]  # taken; what else the answer names is read
    refused: Mapping[str, str] = field(default_factory=dict)  # definitely not bought → a key of REASONS
    before_effect: Mapping[str, str] = field(default_factory=dict)  # surely not executed → a key of REASONS
    session_over: frozenset[str] = frozenset()  # the token has expired; surely not executed
    sign_in: frozenset[str] = frozenset()  # our credential is refused; surely not executed
    too_many_is_early: bool = False  # whether HTTP 429 always comes before any effect


def outcome(reply: Reply, code: str | None, codes: Codes, *, now: datetime) -> Outcome | None:
    """What an answer means by its status and its code; None: taken, read on. Where the two disagree, doubt wins.

    The order of the lines is money.md's table: a server error says nothing whatever its body says, a redirect was not
    followed and says nothing either, a business code counts under HTTP 200 as under 4xx, an unknown code never is a no.
    """
    if reply.status == _TOO_MANY and codes.too_many_is_early:
        return Later(now + (timedelta(seconds=reply.wait_s) if reply.wait_s else _BUSY), f"HTTP {reply.status}")
    says_code = reply.status in _OK or (reply.status in _REFUSALS and reply.status != _TOO_MANY)
    if code is None or not says_code:
        return Unknown(f"HTTP {reply.status}")
    if code in codes.ok and reply.status in _OK:
        return None
    return _by_code(code, codes, now) or Unknown(f"HTTP {reply.status}, {code[:60]}")


def _by_code(code: str, codes: Codes, now: datetime) -> Outcome | None:
    if code in codes.refused:
        return Refused(codes.refused[code], code)
    if code in codes.before_effect:
        return Later(now + _BUSY, code, reason=codes.before_effect[code])
    if code in codes.session_over | codes.sign_in:
        return Later(now + _NO_SIGN_IN, code, reason="credential_refused")
    return None


def no_answer(error: CallError, *, now: datetime) -> Outcome:
    """What a call without an answer means for the order it carried."""
    match error:
        case Held(wait_s=wait_s):
            return Later(now + timedelta(seconds=wait_s), str(error))
        case NeverLeft():
            return Later(now + _NOT_REACHED, str(error), reason="not_reached")
        case NoToken():
            return Later(now + _NO_SIGN_IN, str(error), reason="credential_refused")
        case Doubt():
            return Unknown(str(error))
    return Unknown(str(error))
