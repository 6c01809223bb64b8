"""The long run in short: three weeks of a small fleet with outages, a storm, kills and a server that fails one time in ten."""

from dataclasses import replace

from tests.mail.running import Sink
from tests.reminders.judge import judge
from tests.reminders.life import Plan, born
from tests.reminders.mortal import POINTS
from tests.reminders.simulation import FIRST, Ended, plan, report


def test_three_weeks_of_a_small_fleet_keeps_every_rule(tmp_path):
    """From the last week of January over the Spring Festival: its days off take their stages along."""
    kills = dict(zip((2, 4, 11, 13), POINTS, strict=True))
    told = Plan(21, kills, asleep=frozenset({7, 8}), down=frozenset({16}), storms=frozenset({10}))
    sink = Sink(tmp_path / "sink").start()
    try:
        life = born(
            tmp_path,
            seed=3,
            plan=told,
            cards=120,
            recipients=8,
            first=FIRST,
            haste=2.0,
            share=0.15,
            sink=sink,
            real_share=0.1,
        )
        life.run()
    finally:
        sink.kill()
    found = judge(life)
    assert found.broken == []
    assert found.keeps_the_bar
    assert found.kills == len(kills)
    assert found.due == found.delivered + found.moot
    assert found.delivered > 40
    assert found.heartbeats >= len(life.ran) - 3
    said = dict.fromkeys(("command", "days", "first", "seed", "houses"), "1")
    text = report([Ended("1", found)], **said, cards=1, recipients=1, minutes=1, real=0.1)
    assert f"| 1 | {found.due} | {found.delivered} | {found.moot} | 0 | 0 |" in text


def test_what_is_to_happen_in_the_long_run_is_spread_over_its_days():
    told = plan(400, kills=50, seed=1)
    assert (len(told.kills), len(told.asleep), len(told.down), len(told.storms)) == (50, 6, 3, 2)
    assert not told.asleep & told.down
    assert not told.storms & (told.asleep | told.down)
    assert replace(told) == plan(400, kills=50, seed=1) != plan(400, kills=50, seed=2)
