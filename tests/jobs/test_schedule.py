"""The schedule: what it does is recorded, trouble stays with its job, people's wishes are taken, a stop ends it."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import time as clock_time
from datetime import timedelta

import pytest

from data.database import Row
from data.home import Home
from data.people.rules import Actor, Refused
from data.runs import store as runs
from data.sims.holidays import HolidaysError
from data.words import language, later, speaking, spoken
from jobs.schedule import Job, Scheduler


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "did not happen within 20 s"
        time.sleep(0.02)


def latest(home: Home, job: str) -> list[Row]:
    return runs.runs(home.db.read(), job=job, limit=5).to_pylist()


def often(name: str, run: Callable[[Home, threading.Event], str | None]) -> Job:
    return Job(name, run, "Works off approved batches", every=timedelta(milliseconds=50))


def nightly(run: Callable[[Home, threading.Event], str | None]) -> Job:
    """At four in the morning; the home's clock stands at ten."""
    return Job("nightly", run, "Works off approved batches", at=clock_time(4, 0))


def outcomes(home: Home, job: str = "nightly") -> list[str]:
    """Oldest first."""
    return [run["outcome"] for run in reversed(runs.runs(home.db.read(), job=job, limit=50).to_pylist())]


def test_a_run_that_did_something_is_recorded_and_an_idle_one_is_not(home: Home) -> None:
    answers = iter([later("{count} vouchers read", count=3)])
    scheduler = Scheduler(home, (often("busy", lambda _home, _stop: next(answers, None)),))
    scheduler.start()
    until(lambda: bool(latest(home, "busy")))
    time.sleep(0.3)
    scheduler.stop()
    assert [(run["outcome"], run["did"]) for run in latest(home, "busy")] == [
        ("ok", later("{count} vouchers read", count=3))
    ]


def test_one_jobs_trouble_is_recorded_and_stops_no_other(home: Home) -> None:
    def broken(home: Home, _stop: threading.Event) -> str | None:
        home.clock.move(timedelta(minutes=2))  # type: ignore[attr-defined]
        raise OSError("disk full")

    ticks: list[int] = []
    scheduler = Scheduler(home, (often("broken", broken), often("well", lambda _h, _s: ticks.append(1))))
    scheduler.start()
    until(lambda: len(latest(home, "broken")) >= 2 and len(ticks) >= 2)
    scheduler.stop()
    assert "OSError: disk full" in spoken(latest(home, "broken")[0]["error"])


def test_an_error_for_people_is_kept_in_its_own_words(home: Home) -> None:
    def broken(_home: Home, _stop: threading.Event) -> str | None:
        raise HolidaysError("holidays.toml is not TOML: {error}; mend that line", error="line 3")

    scheduler = Scheduler(home, (often("broken", broken),))
    scheduler.start()
    until(lambda: bool(latest(home, "broken")))
    scheduler.stop()
    with speaking("zh_CN"):
        assert spoken(latest(home, "broken")[0]["error"]) == "holidays.toml 不是有效的 TOML：line 3；请修正该行"


@pytest.mark.parametrize("spoken_here", ["en", "zh_CN"])
def test_a_job_speaks_the_language_of_the_house(home: Home, spoken_here: str) -> None:
    heard: list[str] = []
    house = replace(home, settings=home.settings.model_copy(update={"language": spoken_here}))
    scheduler = Scheduler(house, (often("busy", lambda _h, _s: heard.append(language())),))
    scheduler.start()
    until(lambda: bool(heard))
    scheduler.stop()
    assert heard[0] == spoken_here


def test_a_paused_job_rests_until_it_is_resumed(home: Home, people: dict[str, Actor]) -> None:
    ticks: list[int] = []
    scheduler = Scheduler(home, (often("busy", lambda _h, _s: ticks.append(1)),))
    scheduler.start()
    with home.db.write() as tx:
        runs.ask(tx, people["operator"], job="busy", wish="pause")
    until(lambda: runs.paused(home.db.read()) == {"busy"} and not runs.waiting(home.db.read()))
    time.sleep(0.2)
    seen = len(ticks)
    time.sleep(0.4)
    assert len(ticks) == seen
    with home.db.write() as tx:
        runs.ask(tx, people["operator"], job="busy", wish="resume")
    until(lambda: len(ticks) > seen)
    scheduler.stop()


def test_run_now_runs_a_nightly_job_at_once(home: Home, people: dict[str, Actor]) -> None:
    scheduler = Scheduler(home, (nightly(lambda _h, _s: later("{count} vouchers read", count=1)),))
    scheduler.start()
    with home.db.write() as tx:
        runs.ask(tx, people["administrator"], job="nightly", wish="run_now")
    until(lambda: outcomes(home) == ["ok"])
    scheduler.stop()
    assert spoken(latest(home, "nightly")[0]["did"]) == "1 vouchers read"


def test_run_now_of_a_job_that_runs_says_that_it_was_left_out(home: Home, people: dict[str, Actor]) -> None:
    scheduler = Scheduler(home, (often("long", lambda _h, stop: stop.wait(20) and None),))
    scheduler.start()
    until(scheduler._running["long"].at_work)
    with home.db.write() as tx:
        runs.ask(tx, people["operator"], job="long", wish="run_now")
    until(lambda: outcomes(home, "long") == ["overlapped"])
    scheduler.stop()


def test_a_viewer_may_not_run_jobs(home: Home, people: dict[str, Actor]) -> None:
    with pytest.raises(Refused), home.db.write() as tx:
        runs.ask(tx, people["viewer"], job="busy", wish="run_now")


def test_a_job_never_overlaps_itself(home: Home) -> None:
    inside, most = [0], [0]

    def slow(_home: Home, _stop: threading.Event) -> str | None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.2)
        inside[0] -= 1
        return None

    scheduler = Scheduler(home, (often("slow", slow),))
    scheduler.start()
    time.sleep(0.7)
    scheduler.stop()
    assert most == [1]


def test_a_stop_tells_running_jobs_and_waits_for_them(home: Home) -> None:
    ended = threading.Event()

    def long(_home: Home, stop: threading.Event) -> str | None:
        stop.wait(20)
        ended.set()
        return None

    scheduler = Scheduler(home, (often("long", long),))
    scheduler.start()
    time.sleep(0.2)
    scheduler.stop()
    assert ended.is_set()


def test_a_job_that_no_longer_comes_round_is_late(home: Home) -> None:
    scheduler = Scheduler(home, (often("busy", lambda _h, _s: None),))
    scheduler.start()
    until(lambda: not scheduler.late())
    scheduler.stop()
    home.clock.move(timedelta(minutes=3))  # type: ignore[attr-defined]
    assert scheduler.late() == ["busy"]


def test_a_long_run_is_not_late(home: Home) -> None:
    def long(_home: Home, stop: threading.Event) -> None:
        stop.wait(20)

    scheduler = Scheduler(home, (often("long", long),))
    scheduler.start()
    until(scheduler._running["long"].at_work)
    home.clock.move(timedelta(hours=3))  # type: ignore[attr-defined]
    assert scheduler.late() == []
    scheduler.stop()
