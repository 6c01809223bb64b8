"""Sends claimed orders call by call: the kill switch is read before each, and answers come as the carrier gives them."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import TypeVar

from data.home import Home
from data.renewals import breaking
from data.renewals import store as renewals
from data.renewals.store import Result
from data.words import _
from jobs.carriers import Carrier, Order, Outcome, Terms, Unknown

log = logging.getLogger("flowcard.renewals")
# Calls that each thread makes of one chunk, and the seconds of a limited rate that one chunk may hold.
_ROUNDS = 4
_RATE_SECONDS = 5
# Answers of calls that are out at the same time are handed on this often.
_HAND_ON_EVERY_S = 1.0
Answered = TypeVar("Answered")


def tried(act: Callable[[], Answered], otherwise: Callable[[str], Answered]) -> Answered:
    """What a connector says; where it breaks off instead, what stands for that. `otherwise` gets the error's name."""
    try:
        return act()
    except Exception as error:  # whatever breaks in a connector, it is logged, and the other orders go on
        log.exception("the connector broke off")
        return otherwise(type(error).__name__)


class Watch:
    """What is asked before every call of one account: stop, kill switch, and the breaker with the answers so far."""

    def __init__(self, home: Home, account: str, stop: threading.Event) -> None:
        self._home, self._account, self._stop = home, account, stop
        self._standing = breaking.standing(home.db.read(), account)
        # Whether an open one has cooled down is judged by the claim, under the lock; here it is one that tries.
        self._breakers = {
            name: replace(breaker, state="half_open") if breaker.state == "open" else breaker
            for name, breaker in self._standing.breakers.items()
        }
        self._lock = threading.Lock()

    def calm(self) -> bool:
        """Whether nothing that this process knows of speaks against sending on: no stop, no open breaker."""
        return not self._stop.is_set() and all(breaker.state != "open" for breaker in self._breakers.values())

    def may_go(self) -> bool:
        """Whether one more call may leave; reads the kill switch."""
        return self.calm() and not renewals.stopped(self._home.db.read()) & {"", self._account}

    def saw(self, result: Result) -> Result:
        """Count an answer; what was counted is written down with the answers, by whoever records them."""
        with self._lock:
            for name, healthy in breaking.signals(result).items():
                seen = breaking.counted(
                    self._breakers[name], healthy, self._standing.limits, now=self._home.clock.now()
                )
                self._breakers[name] = seen
        return result


@dataclass
class Sending:
    """One chunk of claimed orders of one account, no two of one card; `judge` makes a result of an order's answer.

    After `last_send` (monotonic seconds) nothing leaves. What is in `waiting` at the end was never sent.
    """

    carrier: Carrier
    watch: Watch
    judge: Callable[[Order, Outcome], Result]
    last_send: float
    waiting: deque[list[Order]] = field(default_factory=deque)

    def answers(self, orders: Sequence[Order]) -> Iterator[list[Result]]:
        """Send, with as many calls at once as the carrier's terms allow; the answers as they come."""
        at_once = self.carrier.terms.orders_per_call
        self.waiting.extend(list(orders[start : start + at_once]) for start in range(0, len(orders), at_once))
        threads = min(self.carrier.terms.calls_at_once, len(self.waiting))
        yield from self._calls() if threads <= 1 else self._together(threads)

    def unsent(self) -> list[Order]:
        """What never left."""
        return [order for call in self.waiting for order in call]

    def _calls(self) -> Iterator[list[Result]]:
        """Call after call, while it may go on."""
        while self.waiting and time.monotonic() <= self.last_send and not self.carrier.held_s() and self.watch.may_go():
            try:
                call = self.waiting.popleft()
            except IndexError:
                return
            yield [self.watch.saw(self.judge(*answer)) for answer in _answered(self.carrier, call)]

    def _together(self, threads: int) -> Iterator[list[Result]]:
        """The same on several threads; each takes the next call when its own has come home."""
        home: SimpleQueue[list[Result] | None] = SimpleQueue()

        def work() -> None:
            try:
                for results in self._calls():
                    home.put(results)
            finally:
                home.put(None)

        workers = [threading.Thread(target=work, name=f"send-{number}") for number in range(threads)]
        for worker in workers:
            worker.start()
        try:
            while threads:
                found = _come_home(home, threads)
                threads -= found.count(None)
                yield [result for results in found if results for result in results]
        finally:
            # Whoever stops listening lets nothing more leave, and waits for what is out.
            self.last_send = float("-inf")
            for worker in workers:
                worker.join()


def _come_home(home: SimpleQueue[list[Result] | None], threads: int) -> list[list[Result] | None]:
    """What came within about a second; a None for each thread that has ended."""
    found = [home.get()]
    until = time.monotonic() + _HAND_ON_EVERY_S
    while found.count(None) < threads:
        try:
            found.append(home.get(timeout=max(0.0, until - time.monotonic())))
        except Empty:
            break
    return found


def _answered(carrier: Carrier, call: Sequence[Order]) -> Iterator[tuple[Order, Outcome]]:
    """One call: an answer per order. Who answers fewer orders has said nothing of the others."""

    def broke_off(error: str) -> Sequence[Outcome]:
        # Money may have moved.
        return [Unknown(_("the connector broke off: {error}", error=error))] * len(call)

    outcomes = tried(lambda: carrier.place(call), broke_off)
    silent = [Unknown(_("no answer for this order"))] * (len(call) - len(outcomes))
    return zip(call, [*outcomes, *silent], strict=False)


def allowed_s(terms: Terms, orders: int) -> float:
    """Seconds after a claim until no byte of so many orders is left to send: a deadline for each call of a thread, and
    one for the commit and the lock before the first.
    """
    calls = -(-orders // terms.orders_per_call)
    return terms.call_deadline_s * (1 - -calls // max(1, terms.calls_at_once))


def chunk_size(terms: Terms, *, at_most: int) -> int:
    """How many orders share a claim: few, so that a kill leaves few in doubt, and no more than the rate lets out soon.

    Where nothing can be asked and nothing is bought only once, a doubt is a person's work: one call at a time.
    """
    careful = terms.key_life is None and not terms.query_trusted
    size = terms.orders_per_call * max(1, terms.calls_at_once) * (1 if careful else _ROUNDS)
    if terms.rate_per_s is not None:
        size = min(size, round(terms.rate_per_s * _RATE_SECONDS) * terms.orders_per_call)
    return max(1, min(at_most, size))
