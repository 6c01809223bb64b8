"""How fast calls may leave: one pace per credential, shared by all jobs of this process, renewals before refreshes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Calls leave this much further apart than the limit allows, since a network delivers them closer together than they left.
_MARGIN = 1.1
# A carrier that keeps saying "too many" is still asked this often in relation to its limit.
_SLOWEST_SHARE = 1 / 64
# So many answers in a row without a complaint bring a halved pace back to the full one.
_RECOVERS_IN = 100
# Nobody is waited for longer than this, whatever a Retry-After says.
LONGEST_HOLD_S = 900.0
# A carrier that says "too many" without saying for how long gets a moment of quiet.
_SHORTEST_HOLD_S = 1.0
# A carrier that cannot be reached is tried again after this long, then after twice as long, and so on.
_FIRST_HOLD_S = 1.0
# A carrier without a stated limit that says "too many" is asked this often from then on.
_RATE_WHEN_UNSTATED = 10.0


class Counted:
    """Calls that left while somebody counted."""

    calls = 0


_counting = threading.local()


@contextmanager
def counted() -> Iterator[Counted]:
    """Count the calls this thread sends, of whatever credential."""
    _counting.by = count = Counted()
    try:
        yield count
    finally:
        del _counting.by


class Pace:
    """When the next call may leave. Thread-safe; all instants are `clock`'s seconds."""

    def __init__(self, rate_per_s: float | None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full = rate_per_s
        self._rate = rate_per_s  # None: unlimited
        self._changed = threading.Condition()
        self._urgent_waiting = 0
        self._held_until = 0.0
        self._in_vain = 0  # connections in a row that did not come about
        # A process that has just started does not know when the one before it sent its last call.
        self._next_at = clock() + self._gap()

    @property
    def rate_per_s(self) -> float | None:
        """Calls a second at this moment; None: as fast as they come."""
        return self._rate

    def held_s(self) -> float:
        """Seconds for which the carrier wants no call at all; 0 when it takes calls."""
        with self._changed:
            return max(0.0, self._held_until - self._clock())

    def take(self, *, until: float, urgent: bool) -> bool:
        """Wait for the next turn; False, at once, when none comes before `until`.

        `urgent`: a renewal. While one waits no other call gets a turn.
        """
        with self._changed:
            self._urgent_waiting += urgent
            try:
                return self._wait(until, urgent)
            finally:
                self._urgent_waiting -= urgent
                self._changed.notify_all()

    def _wait(self, until: float, urgent: bool) -> bool:
        while True:
            now = self._clock()
            free_at = max(self._next_at, self._held_until)
            if now > until or free_at > until:
                return False
            if not urgent and self._urgent_waiting:
                self._changed.wait(until - now)
            elif now >= free_at:
                self._next_at = now + self._gap()
                if count := getattr(_counting, "by", None):
                    count.calls += 1
                return True
            else:
                self._changed.wait(free_at - now)

    def complained(self, hold_s: float | None = None) -> float:
        """The carrier says "too many": half the pace, and none at all for `hold_s`. How long that is, in seconds, capped."""
        with self._changed:
            full = self._full or _RATE_WHEN_UNSTATED
            now = self._clock()
            # Calls that were out together complain together; that is one complaint.
            if now >= self._held_until:
                self._rate = max((self._rate or full) / 2, full * _SLOWEST_SHARE)
            held = min(max(hold_s or _SHORTEST_HOLD_S, self._gap()), LONGEST_HOLD_S)
            self._held_until = max(self._held_until, now + held)
            self._changed.notify_all()
            return self._held_until - now

    def unreachable(self) -> float:
        """No connection came about: no call for a while, longer each time. How long that is, in seconds."""
        with self._changed:
            now = self._clock()
            if now >= self._held_until:
                self._held_until = now + min(_FIRST_HOLD_S * 2**self._in_vain, LONGEST_HOLD_S)
                self._in_vain = min(self._in_vain + 1, 16)
            return self._held_until - now

    def answered(self) -> None:
        """An answer without a complaint: a slowed pace rises a little."""
        self._in_vain = 0
        if self._rate == self._full:
            return
        with self._changed:
            full = self._full or _RATE_WHEN_UNSTATED
            risen = (self._rate or full) + full / _RECOVERS_IN
            self._rate = self._full if risen >= full else risen

    def _gap(self) -> float:
        return _MARGIN / self._rate if self._rate else 0.0


_paces: dict[str, Pace] = {}
_making = threading.Lock()


def of(credential: str, rate_per_s: float | None) -> Pace:
    """The pace of a credential, named by anything that is not secret; the first to ask says the limit."""
    with _making:
        if credential not in _paces:
            _paces[credential] = Pace(rate_per_s)
        return _paces[credential]
