"""A short life with everything in it keeps every rule; with one mutant at work it breaks the rule that mutant is about."""

import os
from datetime import date

import pytest

from tests.reminders.judge import judge
from tests.reminders.life import Plan, born
from tests.reminders.mortal import POINTS
from tests.reminders.mutants import MUTANTS

LONG = os.environ.get("TESTS_MAIL") == "campaign"
# One for each part: the scan, the claim, the re-check, what is unclear, the storm guard, the sign of life.
QUICK = [
    "scan only exact days", "claim after send", "no re-check", "unknown treated as sent", "storm guard off",
    "heartbeat only when something is due",
]  # fmt: skip


def short_life(folder):
    """Six days from a Wednesday on: two kills, a day asleep, a storm, a quiet Sunday, and a fault at every third send."""
    plan = Plan(6, kills={0: POINTS[1], 1: POINTS[2]}, asleep=frozenset({2}), storms=frozenset({3}))
    how = {"share": 0.3, "mix": {"ack drop": 3, "letter drop": 3, "rcpt 452": 2, "banner drop": 1, "rcpt 550": 1}}
    life = born(folder, seed=5, plan=plan, cards=110, recipients=6, first=date(2024, 1, 24), haste=4.0, **how)
    life.run()
    return life


def test_the_short_life_keeps_every_rule(tmp_path):
    life = short_life(tmp_path)
    told = judge(life)
    assert told.broken == []
    assert told.keeps_the_bar
    assert (told.kills, life.stops) == (2, 1)
    assert {"ack drop", "letter drop"} <= set(life.post.faults)


@pytest.mark.parametrize("name", MUTANTS if LONG else QUICK)
def test_the_mutant_breaks_its_rule(name, tmp_path):
    on, rules = MUTANTS[name]
    with on():
        told = judge(short_life(tmp_path))
    broken = {line.partition(":")[0] for line in told.broken}
    assert broken & rules, f"it lives: {told}"
