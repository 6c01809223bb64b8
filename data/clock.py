"""The Clock: the only way anything learns what time it is."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

# Expiries, act-by dates and reminders are days of this zone, wherever the machine stands.
HOME_ZONE = ZoneInfo("Asia/Shanghai")
# Clocks are corrected by seconds all the time; a minute is a hand on the clock.
_DRIFT_S = 60.0


class Clock(Protocol):
    """Says what time it is; tests and rehearsals hand in one that they move themselves."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        """The local day in `zone`."""

    def elapsed(self) -> float:
        """Seconds that have really passed since some start, sleep included; nobody can set it."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        return self.now().astimezone(zone).date()

    def elapsed(self) -> float:
        return time.clock_gettime(time.CLOCK_BOOTTIME)


@dataclass(frozen=True)
class FixedDayClock:
    """The machine's time of day on another date: `FLOWCARD_TODAY` in demo homes and tests."""

    day: date  # what today() says

    def now(self) -> datetime:
        local = datetime.now(HOME_ZONE)
        return local.replace(year=self.day.year, month=self.day.month, day=self.day.day).astimezone(UTC)

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        return self.now().astimezone(zone).date()

    def elapsed(self) -> float:
        """Its own time: this clock jumps back every midnight, which is no trouble of the machine's."""
        return self.now().timestamp()


class MovedClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant.astimezone(UTC)
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._instant

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        return self._instant.astimezone(zone).date()

    def elapsed(self) -> float:
        return self._elapsed

    def move(self, by: timedelta) -> None:
        """Let `by` pass."""
        self._instant += by
        self._elapsed += by.total_seconds()

    def jump(self, by: timedelta) -> None:
        """Set the clock forward or back without any time passing."""
        self._instant += by


class Watch:
    """Notices when a clock is set: when it moves by another time than has passed."""

    def __init__(self) -> None:
        self._clock: Clock | None = None
        self._offset = 0.0

    def jumped(self, clock: Clock) -> timedelta:
        """How far the clock was set since the last look; zero for what any clock drifts, and at the first look.

        A jump stays noticed until it is `seen`.
        """
        offset = _offset(clock)
        if clock is self._clock and abs(offset - self._offset) > _DRIFT_S:
            return timedelta(seconds=round(offset - self._offset))
        self._clock, self._offset = clock, offset
        return timedelta()

    def seen(self, clock: Clock) -> None:
        """The jump is written down: compare with the clock as it is now."""
        self._clock, self._offset = clock, _offset(clock)


def _offset(clock: Clock) -> float:
    return clock.now().timestamp() - clock.elapsed()
