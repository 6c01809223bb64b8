"""Daily jobs and rough nights: sleep, restarts, kills, trouble, a clock that jumps; runs that take long or stay away."""

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from functools import partial
from pathlib import Path

import pytest

from data.clock import MovedClock
from data.database import Query
from data.home import Home, open_home
from data.runs import slots
from data.runs import store as runs
from data.runs.rules import ALARM_WORDS, Planned, overdue
from data.words import later, spoken
from jobs.schedule import Job, Scheduler
from tests.conftest import NOW
from tests.jobs.test_schedule import latest, nightly, often, outcomes, until

DID = later("{count} vouchers read", count=1)
SOON = timedelta(milliseconds=20)


def scheduler(home: Home, *jobs: Job) -> Scheduler:
    made = Scheduler(home, jobs, look_every=SOON)
    made.start()
    return made


def alarms(home: Home) -> list[tuple[str, str]]:
    return [(alarm.job, alarm.kind) for alarm in runs.alarms(home.db.read(), now=home.clock.now())]


def looked(home: Home, one: Scheduler) -> None:
    """Let it look three times whether something is due."""

    def has_looked(since: datetime) -> bool:
        return all(job.came_round_at >= since and not job.at_work() for job in one._running.values())

    for _look in range(3):
        home.clock.move(timedelta(milliseconds=1))  # type: ignore[attr-defined]
        until(partial(has_looked, home.clock.now()))


def test_what_was_due_before_the_home_knew_the_job_is_not_made_up_for(home: Home) -> None:
    one = scheduler(home, nightly(lambda _h, _s: DID))
    looked(home, one)
    one.stop()
    assert outcomes(home) == []


def test_three_days_of_sleep_are_made_up_for_by_one_run(home: Home) -> None:
    one = scheduler(home, nightly(lambda _h, _s: DID))
    home.clock.move(timedelta(days=3))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["ok"])
    looked(home, one)
    one.stop()
    assert outcomes(home) == ["ok"]


def test_three_days_of_standing_still_are_made_up_for_by_one_run_whatever_starts_follow(home: Home) -> None:
    scheduler(home, nightly(lambda _h, _s: DID)).stop()
    home.clock.move(timedelta(days=3))  # type: ignore[attr-defined]
    for _start in range(3):
        one = scheduler(home, nightly(lambda _h, _s: None))
        looked(home, one)
        one.stop()
    assert outcomes(home) == ["ok"]  # a run that had nothing to do is a run


def test_each_night_has_its_run(home: Home) -> None:
    one = scheduler(home, nightly(lambda _h, _s: DID))
    for night in range(1, 4):
        home.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
        until(lambda: len(outcomes(home)) == night and not one._running["nightly"].at_work())  # noqa: B023
    one.stop()
    assert outcomes(home) == ["ok"] * 3


def test_ten_restarts_within_a_minute_do_everything_once_and_lose_nothing(home: Home) -> None:
    scheduler(home, nightly(lambda _h, _s: DID)).stop()
    home.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    work, done = list(range(30)), list[int]()

    def a_piece(_home: Home, stop: threading.Event) -> str | None:
        while work and not stop.is_set():
            done.append(work.pop(0))
            stop.wait(0.01)
        return None

    for _restart in range(10):
        one = scheduler(home, nightly(lambda _h, _s: DID), often("pieces", a_piece))
        home.clock.move(timedelta(seconds=6))  # type: ignore[attr-defined]
        one.stop()
    one = scheduler(home, nightly(lambda _h, _s: DID), often("pieces", a_piece))
    until(lambda: not work and outcomes(home).count("ok") == 1)
    looked(home, one)
    one.stop()
    assert done == list(range(30))
    assert outcomes(home).count("ok") == 1


def test_a_nightly_run_that_a_stop_cuts_short_is_not_done(home: Home) -> None:
    home.clock.move(timedelta(hours=-10))  # type: ignore[attr-defined]
    inside = threading.Event()

    def halves(_home: Home, stop: threading.Event) -> str | None:
        inside.set()
        stop.wait(20)
        return DID

    one = scheduler(home, nightly(halves))
    home.clock.move(timedelta(hours=10))  # type: ignore[attr-defined]
    assert inside.wait(20)
    one.stop()
    one = scheduler(home, nightly(lambda _h, _s: DID))
    until(lambda: outcomes(home) == ["stopped", "ok"])
    one.stop()


_MORTAL = """
import sys, threading
from datetime import datetime, time, timedelta
from pathlib import Path
from data.clock import MovedClock
from data.database import Query
from data.home import open_home
from jobs.schedule import Job, Scheduler

def run(_home, _stop):
    print("inside", flush=True)
    threading.Event().wait(60)

home = open_home(Path(sys.argv[1]))
home.db.clock = MovedClock(datetime.fromisoformat(sys.argv[2]))
Scheduler(home, (Job("nightly", run, "Works off approved batches", at=time(4)),)).start()
threading.Event().wait(60)
"""


def test_a_kill_in_the_middle_shows_and_the_run_is_made_up_for_at_the_next_start(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", create="real")
    home.db.clock = MovedClock(NOW)
    scheduler(home, nightly(lambda _h, _s: DID)).stop()
    home.close()
    tomorrow = NOW + timedelta(days=1)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", _MORTAL, str(tmp_path / "home"), tomorrow.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root, text=True) as child:
        assert child.stdout and child.stdout.readline() == "inside\n"
        child.send_signal(signal.SIGKILL)
    home = open_home(tmp_path / "home")
    home.db.clock = MovedClock(tomorrow + timedelta(minutes=1))
    one = scheduler(home, nightly(lambda _h, _s: DID))
    until(lambda: outcomes(home) == ["stopped", "ok"])
    looked(home, one)
    one.stop()
    assert outcomes(home) == ["stopped", "ok"]
    home.close()


def test_what_the_process_dies_of_waits_an_hour_after_the_third_time(home: Home) -> None:
    scheduler(home, nightly(lambda _h, _s: DID)).stop()
    home.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    for _death in range(slots.MOST_STOPS):
        with home.db.write() as tx:
            runs.begin_run(tx, job="nightly", started_at=tx.now)
            runs.keep_schedule(tx, [Planned("nightly", 0, "04:00", "Works off approved batches")])
    assert outcomes(home) == ["stopped"] * 3
    one = scheduler(home, nightly(lambda _h, _s: DID))
    looked(home, one)
    assert outcomes(home) == ["stopped"] * 3
    home.clock.move(timedelta(hours=1, seconds=1))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["stopped"] * 3 + ["ok"])
    one.stop()


def test_a_night_that_failed_is_tried_again_an_hour_later(home: Home) -> None:
    answers: list[Callable[[], str]] = [lambda: 1 // 0 and "", lambda: DID]
    one = scheduler(home, nightly(lambda _h, _s: answers.pop(0)()))
    home.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["failed"])
    looked(home, one)
    assert outcomes(home) == ["failed"]
    home.clock.move(timedelta(hours=1, seconds=1))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["failed", "ok"])
    one.stop()


def test_a_clock_that_jumps_a_year_and_back_hides_no_night(home: Home) -> None:
    one = scheduler(home, nightly(lambda _h, _s: DID))
    home.clock.jump(timedelta(days=365))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["ok"])
    home.clock.jump(timedelta(days=-364))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["ok", "ok"])
    looked(home, one)
    one.stop()
    assert outcomes(home) == ["ok", "ok"]


def test_a_slot_is_a_time_in_shanghai() -> None:
    before, at = datetime(2026, 11, 21, 19, 59, tzinfo=UTC), clock_time(4, 0)
    assert slots.last_slot(at, now=before) == datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
    assert slots.last_slot(at, now=before + timedelta(minutes=1)) == datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
    assert slots.next_slot(at, now=before) == datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


def test_a_run_over_its_budget_is_told_and_goes_on(home: Home) -> None:
    let_go = threading.Event()

    def slow(_home: Home, _stop: threading.Event) -> str | None:
        let_go.wait(20)
        return DID

    one = scheduler(home, Job("slow", slow, "Works off approved batches", every=SOON, budget=timedelta(minutes=5)))
    until(one._running["slow"].at_work)
    home.clock.move(timedelta(minutes=4))  # type: ignore[attr-defined]
    until(lambda: outcomes(home, "slow") == ["running"])
    assert one.long() == []
    home.clock.move(timedelta(minutes=2))  # type: ignore[attr-defined]
    assert one.long() == ["slow"]
    assert alarms(home) == [("slow", "long")]
    let_go.set()
    until(lambda: outcomes(home, "slow")[:1] == ["ok"])
    one.stop()
    assert one.long() == []
    assert alarms(home) == []


def test_a_job_that_stays_away_is_an_alarm_once_and_over_when_it_comes_round(home: Home) -> None:
    one = scheduler(home, often("away", lambda _h, _s: None))
    until(lambda: not one.late())
    away = one._scheduler.get_job("away")
    away.pause()
    looked_at = home.clock.now()
    home.clock.move(timedelta(minutes=3))  # type: ignore[attr-defined]
    until(lambda: outcomes(home, "away") == ["missed"])
    assert one.late() == ["away"]
    for _look in range(2):
        one._running["away"].watch(look_every=SOON)
    assert outcomes(home, "away") == ["missed"]
    until(lambda: alarms(home) == [("away", "late")])
    assert looked_at.strftime("%M") in spoken(latest(home, "away")[0]["error"])
    away.resume()
    until(lambda: outcomes(home, "away") == ["missed", "ok"])
    home.clock.move(timedelta(seconds=31))  # type: ignore[attr-defined]
    until(lambda: alarms(home) == [])
    one.stop()


def test_a_schedule_that_nobody_serves_any_more_is_late_as_a_whole(home: Home) -> None:
    scheduler(home, often("one", lambda _h, _s: None), often("two", lambda _h, _s: None)).stop()
    home.clock.move(timedelta(minutes=3))  # type: ignore[attr-defined]
    found = alarms(home)
    assert found == [("one", "late"), ("two", "late")]
    assert {kind for _job, kind in found} <= set(ALARM_WORDS)


def test_the_same_trouble_every_tick_is_one_row_a_minute_and_the_first_good_run_ends_it(home: Home) -> None:
    well = threading.Event()

    def broken(_home: Home, _stop: threading.Event) -> str | None:
        if not well.is_set():
            raise OSError("disk full")
        return None

    one = scheduler(home, often("broken", broken))
    looked(home, one)
    assert outcomes(home, "broken") == ["failed"]
    assert alarms(home) == [("broken", "failed")]
    home.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    until(lambda: outcomes(home, "broken") == ["failed", "failed"])
    well.set()
    until(lambda: outcomes(home, "broken") == ["failed", "failed", "ok"])
    looked(home, one)
    one.stop()
    assert alarms(home) == []


def test_a_good_run_after_a_restart_ends_the_trouble_from_before_it(home: Home) -> None:
    with home.db.write() as tx:
        runs.keep_run(
            tx, job="broken", started_at=tx.now, outcome="failed", error=later("{count} vouchers read", count=0)
        )
    one = scheduler(home, often("broken", lambda _h, _s: None))
    until(lambda: outcomes(home, "broken") == ["failed", "ok"])
    looked(home, one)
    one.stop()
    assert outcomes(home, "broken") == ["failed", "ok"]
    assert alarms(home) == []


def test_administrators_are_mailed_once_a_day_that_a_night_failed(home: Home, people) -> None:
    add = "INSERT INTO recipient (kind, person_id, name, made_at) VALUES ('person', $person_id, 'admin', now())"
    with home.db.write() as tx:
        tx.run(Query("t", "", add), person_id=people["administrator"].person_id)
    one = scheduler(home, nightly(lambda _h, _s: 1 // 0 and ""))
    home.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["failed"])
    home.clock.move(timedelta(hours=1, seconds=1))  # type: ignore[attr-defined]
    until(lambda: outcomes(home) == ["failed", "failed"])
    looked(home, one)
    one.stop()
    found = home.db.read().rows(Query("t", "", "SELECT kind, slot, said FROM mail"))
    assert [(mail["kind"], spoken(mail["said"])) for mail in found] == [
        ("alarm", "The job nightly failed; the page Jobs says why")
    ]


def test_the_log_of_a_run_is_kept_beside_it_without_secrets(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="flowcard")

    def talks(_home: Home, _stop: threading.Event) -> str | None:
        logging.getLogger("flowcard.renewals").info("account mobile-main told nothing; token=abcdef123456")
        raise ValueError("odd answer")

    one = scheduler(home, often("talks", talks))
    until(lambda: bool(latest(home, "talks")))
    one.stop()
    run = latest(home, "talks")[-1]
    log = str(runs.log_of(home.db.read(), run["run_id"]))
    assert "INFO account mobile-main told nothing" in log
    assert "abcdef123456" not in log
    assert "ValueError: odd answer" in log and "test_schedule_slots.py" in log


def test_a_tick_is_overdue_after_three_intervals_and_two_minutes() -> None:
    now, day = datetime(2026, 11, 22, tzinfo=UTC), timedelta(days=1)
    assert not overdue(last_end=now - timedelta(hours=30), every=day, now=now)
    assert overdue(last_end=now - timedelta(hours=80), every=day, now=now)
