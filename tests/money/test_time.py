"""T1 to T7: a clock that is set, a machine in another zone, months over a century, summer time, three days of sleep."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from data.clock import HOME_ZONE, MovedClock
from data.people import store as people_store
from data.people.rules import Refused
from data.renewals import holding
from data.renewals import store as renewals
from data.sims.rules import add_months, new_expiry
from jobs import roll_up, run_renewals, settle_unknowns
from tests.money.building import EXPIRY, NOW, sql
from tests.money.conftest import alarms, states
from tests.money.mortal import ROOT

DAY = timedelta(days=1)


def who(home, name):
    with home.db.write(quiet=True) as tx:
        return people_store.by_name(tx, name).actor("command line")


def passes(home, count=6):
    """What the schedule would do in the next minutes."""
    for _ in range(count):
        roll_up.run(home, threading.Event())
        run_renewals.run(home, threading.Event())
        settle_unknowns.run(home, threading.Event())
        settle_unknowns._asked_in_hold.clear()
        home.clock.move(timedelta(minutes=10))


def release(home):
    with home.db.write() as tx:
        assert renewals.release(tx, who_now(tx, "approver"))


def who_now(tx, name):
    return people_store.by_name(tx, name).actor("command line")


@pytest.fixture
def half_way(money_home, carrier, approved, work):
    """Three orders in doubt that had no effect, three that wait."""
    approved(3)
    carrier.fault("f1_timeout_before", call=1)
    work()
    carrier.calm()
    approved(3, first=4)
    assert states(money_home) == {"pending": 3, "unknown": 3}
    return money_home


@pytest.mark.parametrize(
    ("jump", "key"),
    [(DAY, False), (-DAY, False), (timedelta(days=365), False), (-DAY, True), (timedelta(days=365), True)],
    ids=["+1 day", "-1 day", "+1 year", "-1 day, key", "+1 year, key"],
)
def test_t1_to_t3_a_clock_that_is_set_resends_nothing_and_uses_nothing_up(half_way, carrier, settle, rest, jump, key):
    home = half_way
    run_renewals.run(home, threading.Event(), only=99)  # the last look at the right time
    before = carrier.requests()
    asked = home.db.read().rows(sql("SELECT obligation, st, n, asked, not_found, trips FROM state ORDER BY 1"))
    fleet = home.db.read().rows(sql("SELECT sim_id, status, expires_on FROM sim ORDER BY 1"))
    home.clock.jump(jump)
    passes(home)
    assert carrier.requests() == before
    assert home.db.read().rows(sql("SELECT obligation, st, n, asked, not_found, trips FROM state ORDER BY 1")) == asked
    assert home.db.read().rows(sql("SELECT sim_id, status, expires_on FROM sim ORDER BY 1")) == fleet
    assert alarms(home) == ["money_clock"]
    held = home.db.read().rows(sql("SELECT jumped_s, released_at FROM clock_hold"))
    assert held == [{"jumped_s": jump // timedelta(seconds=1), "released_at": None}]
    assert [(stop.account, stop.reason) for stop in renewals.stops(home.db.read())] == [("", "clock")]

    release(home)
    carrier.settings(now=home.clock.now().isoformat())
    assert alarms(home) == []
    # Two not-founds within the horizon that begins with the release; after them nothing may have gone out again.
    for seconds in (20, 45):
        settle(seconds=seconds)
        run_renewals.run(home, threading.Event())
    # A not-found counts from the release on, and the horizon is not over yet; only a key may go out again.
    known = {line["order_no"] for line in before}
    assert key or not [line for line in carrier.requests()[len(before) :] if line["order_no"] in known]
    assert rest() == {"succeeded": 6}
    assert Counter(carrier.charges().values()) == {1: 6}
    assert carrier.fen() == 6 * 1200


def test_only_another_than_who_stopped_lets_a_held_clock_go_on(half_way):
    half_way.clock.jump(DAY)
    run_renewals.run(half_way, threading.Event())
    run_renewals.run(half_way, threading.Event())
    half_way.clock.jump(DAY)
    run_renewals.run(half_way, threading.Event())
    assert len(half_way.db.read().rows(sql("SELECT 1 FROM clock_hold"))) == 2
    with pytest.raises(Refused), half_way.db.write() as tx:
        renewals.release(tx, who_now(tx, "operator"))
    release(half_way)
    assert not holding.clock_held(half_way.db.read())


def test_time_that_passes_is_no_jump(half_way):
    half_way.clock.move(timedelta(days=30))
    half_way.clock.jump(timedelta(seconds=59))
    run_renewals.run(half_way, threading.Event())
    assert not holding.clock_held(half_way.db.read())


@pytest.mark.parametrize(("jump", "held"), [(-DAY, True), (timedelta(seconds=-59), False), (DAY, False)])
def test_a_start_with_a_clock_behind_its_own_events_is_held(mortal, jump, held):
    mortal.approved(3)
    mortal.clock.jump(jump)
    with mortal.open() as home:
        run_renewals.run(home, threading.Event())
        assert holding.clock_held(home.db.read()) is held
        assert (len(mortal.carrier.requests()) == 0) is held


@pytest.mark.parametrize(
    ("live", "fallen", "stopped"), [(100, 50, True), (100, 49, False), (251, 50, False), (240, 50, True)]
)
def test_too_many_cards_that_run_out_at_once_stop_everything_until_a_person_has_looked(
    money_home, live, fallen, stopped
):
    home = money_home
    cards = (
        "INSERT INTO sim (stem, iccid, carrier, status, expires_on, observed_at) "
        "SELECT 'F' || i, 'F' || i, 'mobile', 'active', CASE WHEN i <= $fallen THEN DATE '2026-11-22' ELSE DATE '2028-01-01' END, $now "
        "FROM generate_series(1, $live) t(i)"
    )
    with home.db.write() as tx:
        tx.run(sql("DELETE FROM sim"))
        tx.run(sql(cards), live=live, fallen=fallen, now=tx.now)
    roll_up.run(home, threading.Event())
    assert renewals.stops(home.db.read()) == []
    home.clock.move(DAY)
    roll_up.run(home, threading.Event())
    assert [stop.reason for stop in renewals.stops(home.db.read())] == ["mass_due"] * stopped
    assert alarms(home) == ["money_mass_due"] * stopped
    if stopped:
        release(home)
        assert alarms(home) == []
    roll_up.run(home, threading.Event())
    assert renewals.stops(home.db.read()) == []


_IN_A_ZONE = """
import json, sys, time
from datetime import datetime
time.tzset()
from pathlib import Path
from data.clock import MovedClock
from data.home import open_home
from data.people import store as people
from data.renewals import recovery, store as renewals
from data.words import day, moment
from tests.carrier import running
from tests.money.building import NOW, sql
import threading
from jobs import run_renewals
running.install()
home = open_home(Path(sys.argv[1]))
home.db.clock = MovedClock(datetime.fromisoformat(sys.argv[2]))
recovery.recover(home.db, home.journal)
with home.db.write() as tx:
    maker, checker = (people.by_name(tx, name).actor("command line") for name in ("operator", "approver"))
    made = renewals.propose(tx, maker, sim_ids=[int(sys.argv[3])], form_key=sys.argv[3])
status = renewals.status(home.db.read(), made.batch)
with home.db.write() as tx:
    renewals.approve(tx, checker, batch=made.batch, content_hash=status.content_hash, settings=home.settings)
run_renewals.run(home, threading.Event())
rows = home.db.read().rows(sql(
    "SELECT s.st, s.new_expiry, m.expires_on, r.day, t.expires_before, t.sent_at FROM state s JOIN obligation o ON o.id = s.obligation "
    "JOIN sim m ON m.sim_id = o.sim_id JOIN reservation r ON r.obligation = o.id JOIN attempt t ON t.obligation = o.id WHERE m.sim_id = $sim"
), sim=int(sys.argv[3]))
told = [str(value) for row in rows for value in row.values() if not isinstance(value, datetime)]
sent = [row["sent_at"].timestamp() for row in rows]
print(json.dumps([told, sent, str(home.clock.today()), day(home.clock.today()), moment(home.clock.now())]))
home.close()
"""
# The naive one is what a machine without zone data has.
ZONES = ["Asia/Shanghai", "UTC", "America/New_York", "Pacific/Kiritimati", "XYZ+11:30"]


def test_t4_the_zone_of_the_machine_changes_no_date(mortal):
    instant = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # the 23rd in Shanghai, the 22nd in New York
    mortal.clock = MovedClock(instant)
    said = []
    for number, zone in enumerate(ZONES, start=1):
        done = subprocess.run(
            [sys.executable, "-c", _IN_A_ZONE, str(mortal.path), instant.isoformat(), str(number)],
            env={**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said.append(json.loads(done.stdout.splitlines()[-1]))
    assert said == [said[0]] * len(ZONES)
    told, sent, today, *_words = said[0]
    assert told == ["succeeded", "2027-11-30", "2027-11-30", "2026-11-23", EXPIRY.isoformat()]
    assert (sent, today) == ([instant.timestamp()], "2026-11-23")


def oracle(anchor: date, months: int) -> date:
    """So many months later, found by walking through the days: the anchor's day, or the last day before it."""
    first, day = anchor.replace(day=1), anchor.replace(day=1)
    left = months
    while left:
        day += DAY
        left -= day.day == 1
    first, last = day, day
    while last.month == first.month and (last - first).days < anchor.day:
        day, last = last, last + DAY
    return day


ANCHORS = [date(2027, 1, 31), date(2028, 2, 29), date(2026, 12, 31), date(2027, 1, 30), date(2027, 3, 28)]


@pytest.mark.parametrize("anchor", ANCHORS, ids=str)
@pytest.mark.parametrize("step", [1, 12])
def test_t5_a_hundred_years_of_months_from_the_anchor(anchor, step):
    """However often a card is renewed, its months count from the day they always counted from."""
    day = anchor
    for months in range(step, 1201, step):
        expected = oracle(anchor, months) if step == 12 or months % 7 == 1 or months <= 60 else None
        day = new_expiry(day, months=step, anchor_day=anchor.day, rule="from_old_expiry", today=anchor)
        if expected:
            assert day == add_months(anchor, months) == expected
    assert (day.year, day.month) == (anchor.year + 100, anchor.month)


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        # Shanghai kept summer time from 1986 to 1991: half past midnight there was half past three the day before in UTC.
        ("Asia/Shanghai", "1986-07-01T15:30+00:00", "1986-07-02"),
        ("Asia/Shanghai", "1985-07-01T15:30+00:00", "1985-07-01"),
        ("Asia/Shanghai", "1991-09-14T15:30+00:00", "1991-09-15"),
        ("Asia/Shanghai", "1991-09-15T15:30+00:00", "1991-09-15"),
        ("America/New_York", "2026-11-01T04:30+00:00", "2026-11-01"),
        ("America/New_York", "2026-11-01T05:30+00:00", "2026-11-01"),
        ("America/New_York", "2026-11-02T04:30+00:00", "2026-11-01"),
        ("America/New_York", "2026-03-08T04:59+00:00", "2026-03-07"),
    ],
)
def test_t6_the_local_day_knows_summer_time(home, zone, instant, day):
    clock = MovedClock(datetime.fromisoformat(instant))
    assert clock.today(ZoneInfo(zone)).isoformat() == day
    in_sql = "SELECT ($instant::TIMESTAMPTZ AT TIME ZONE $zone)::DATE::VARCHAR"
    assert home.db.read().value(sql(in_sql), instant=clock.now(), zone=zone) == day


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_t6_database_and_clock_agree_on_every_day_of_years_with_summer_time(home, zone):
    start = datetime(1986, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=6.5 * step) for step in range(int(6 * 366 * 24 / 6.5))]
    in_sql = "SELECT list_transform($instants::TIMESTAMPTZ[], lambda x: (x AT TIME ZONE $zone)::DATE) AS days"
    found = home.db.read().value(sql(in_sql), instants=hours, zone=zone)
    assert found == [MovedClock(hour).today(ZoneInfo(zone)) for hour in hours]


def test_t6_a_doubled_hour_runs_a_daily_job_once_and_a_missing_one_loses_none(money_home):
    """What is due is found by a query: a tick too many or too few changes nothing."""
    home = money_home
    home.clock.move(datetime(2027, 3, 13, 16, tzinfo=UTC) - NOW)
    did = []
    for _hour in range(48):
        home.clock.move(timedelta(hours=1))
        did += [1 for _tick in range(2) if roll_up.run(home, threading.Event())]
    days = home.db.read().rows(sql("SELECT day FROM fleet_day WHERE day >= DATE '2027-03-14' ORDER BY 1"))
    assert len(did) == len(days) == 3
    assert home.clock.today() == home.clock.now().astimezone(HOME_ZONE).date() == days[-1]["day"]


@pytest.mark.parametrize("key", [False])
def test_t7_three_days_of_sleep_are_caught_up_with_once(half_way, carrier, settle, rest):
    home = half_way
    settle(seconds=20)
    roll_up.run(home, threading.Event())
    moved = "SELECT obligation, count(*) AS times FROM event WHERE arrow > 2 AND seq > $seq GROUP BY 1 ORDER BY 1"
    seq = home.db.read().value(sql("SELECT max(seq) FROM event"))
    home.clock.move(timedelta(days=3))
    carrier.settings(now=home.clock.now().isoformat())
    assert [bool(roll_up.run(home, threading.Event())) for _ in range(3)] == [True, False, False]
    for _ in range(4):
        settle_unknowns.run(home, threading.Event())
    # Many slots of the schedule have passed; each order was asked about once.
    assert [row["times"] for row in home.db.read().rows(sql(moved), seq=seq)] == [1, 1, 1]
    assert not holding.clock_held(home.db.read())
    assert alarms(home) == []
    assert rest() == {"succeeded": 6}
    assert Counter(carrier.charges().values()) == {1: 6}
