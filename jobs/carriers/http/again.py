"""Questions that are asked again where nobody answered: a few times, within their one deadline. Never an order."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import stamina

from jobs.carriers.http.errors import CallError, Doubt, Held, NeverLeft, Unreadable
from jobs.carriers.http.reading import Reply

# A question is asked so often at most.
MOST_TRIES = 3
# A try that is not the last leaves a rest of the time: an answer that was lost on its way never comes.
_SHARE = 2 / 3
# Between two tries, in seconds; what the carrier asks for comes on top.
_FIRST_WAIT_S, _LONGEST_WAIT_S, _JITTER_S = 0.1, 1.0, 0.1
_TOO_MANY, _SERVER_ERRORS = 429, range(500, 600)

_work = threading.local()


class _Nobody(Exception):
    """Nobody answered this time."""


def asked(ask: Callable[[float], Reply], *, deadline_s: float) -> Reply:
    """The answer to a question that changes nothing, within `deadline_s` in total; `ask` makes one call, signed anew.

    Asked again: what never left, what was lost or late, a server's error, and "too many" where the wait it names fits.
    `ask` is given the seconds it may take. Raises CallError: that of the last try.
    """
    ends_at = time.monotonic() + deadline_s
    so_far: Reply | CallError = Held(1.0)
    try:
        for attempt in stamina.retry_context(
            on=_Nobody,
            attempts=MOST_TRIES,
            timeout=deadline_s,
            wait_initial=_FIRST_WAIT_S,
            wait_max=_LONGEST_WAIT_S,
            wait_jitter=_JITTER_S,
        ):
            with attempt:
                left_s = ends_at - time.monotonic()
                if attempt.num > 1 and left_s <= 0:
                    break
                told = _tried(ask, left_s if attempt.num == MOST_TRIES else left_s * _SHARE)
                if not (isinstance(told, Held) and attempt.num > 1):
                    # That there is no time left says less than what came before.
                    so_far = told
                if _worth_another(told, ends_at - time.monotonic()):
                    raise _Nobody
    except _Nobody:
        pass
    if isinstance(so_far, CallError):
        raise so_far
    return so_far


def in_a_question() -> bool:
    """Whether what this thread sends may be sent again."""
    return getattr(_work, "asking", False)


def _tried(ask: Callable[[float], Reply], within_s: float) -> Reply | CallError:
    try:
        with _asking():
            return ask(within_s)
    except CallError as error:
        return error


def _worth_another(told: Reply | CallError, left_s: float) -> bool:
    match told:
        case Held(wait_s=wait_s):
            return wait_s < left_s
        case Unreadable():
            return False
        case NeverLeft() | Doubt():
            return True
        case Reply(status=status, headers=headers, wait_s=wait_s) if wait_s or status == _TOO_MANY:
            return "retry-after" in headers and wait_s < left_s
        case Reply(status=status):
            return status in _SERVER_ERRORS
    return False


@contextmanager
def _asking() -> Iterator[None]:
    _work.asking = True
    try:
        yield
    finally:
        _work.asking = False
