"""What takes too long is stopped: the one sentence for it, and a stopwatch that never stops what came after."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from data.words import N_, ToldError

_TOO_SLOW = N_("Reading this took longer than {seconds} seconds and was stopped. Choose fewer cards, or a shorter time")


class TooSlow(ToldError):
    """A read was stopped because it took too long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(_TOO_SLOW, seconds=f"{seconds:g}")


@contextmanager
def stopped_after(seconds: float, stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` from another thread if the with-block has not ended after `seconds`; never once it has."""
    fence = threading.Lock()
    over = False

    def ring() -> None:
        with fence:
            if not over:
                stop()

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with fence:
            over = True
