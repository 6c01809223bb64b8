"""The Clock: the only way anything learns what time it is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

# Expiries, act-by dates and reminders are days of this zone, wherever the machine stands.
HOME_ZONE = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Says what time it is; tests and rehearsals hand in one that they move themselves."""

    def now(self) -> datetime:
        """The instant, aware, in UTC."""

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        """The local day in `zone`."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        return self.now().astimezone(zone).date()


@dataclass(frozen=True)
class FixedDayClock:
    """The machine's time of day on another date: `FLOWCARD_TODAY` in demo homes and tests."""

    day: date  # what today() says

    def now(self) -> datetime:
        local = datetime.now(HOME_ZONE)
        return local.replace(year=self.day.year, month=self.day.month, day=self.day.day).astimezone(UTC)

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        return self.now().astimezone(zone).date()


class MovedClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, instant: datetime) -> None:
        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        return self._instant

    def today(self, zone: ZoneInfo = HOME_ZONE) -> date:
        return self._instant.astimezone(zone).date()

    def move(self, by: timedelta) -> None:
        """Let `by` pass; negative turns the clock back."""
        self._instant += by
