"""Makes the joined view of every SIM anew, for a new day or after what it is measured with has changed.

1. Read the home's own holidays; a file that cannot be read is a failed run that says what to write.
2. If the day, the settings, the holidays and the accounts' demands are those of the last time: nothing to do.
3. Keep what is measured with, and make every row anew, in one transaction.
"""

import threading
from pathlib import Path

from data.home import Home
from data.renewals import store as renewals
from data.sims import store as sims
from data.sims.holidays import read_holidays
from data.words import day, later, number

HOLIDAYS_FILE = "holidays.toml"


def run(home: Home, stop: threading.Event) -> str | None:
    """What was made anew, or None when nothing had changed. Raises HolidaysError for a file that cannot be read."""
    yardstick = sims.Yardstick(
        due_days=home.settings.due_days,
        idle_months=home.settings.idle_months,
        silent_days=home.settings.silent_days,
        holidays=read_holidays(_text(home.path / HOLIDAYS_FILE)),
    )
    if stop.is_set() or not sims.outdated(home.db.read(), yardstick, today=home.clock.today()):
        return None
    with home.db.write() as tx:
        # Before today's line of the fleet is written: it tells the next look what has been looked at.
        renewals.hold_if_mass_due(tx)
        sims.measure_with(tx, yardstick)
        sims.roll_up(tx)
    return later(
        "{count} SIMs joined anew for {day}",
        count=number(sims.counted_sims(home.db.read())),
        day=day(home.clock.today()),
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
