"""The short form of `make money`: faults and kills at both kinds of carrier, and the naive engine beside ours."""

import pytest

from tests.money import campaign
from tests.money.campaign_judge import KINDS, Told
from tests.money.campaign_run import run

ITEMS, KILLS, SEED = 150, 3, 20261122


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", KINDS[:2], ids=lambda kind: kind.name)
def test_killed_and_lied_to_it_buys_everything_once_and_the_naive_engine_does_not(tmp_path, kind):
    told = run(tmp_path, kind, seed=SEED, items=ITEMS, kills=KILLS, share=0.35)
    assert told.found == []
    assert (told.twice, told.lost, told.fen_off) == (0, 0, 0)
    # The later ones may come when everything is bought already.
    assert told.kills >= 1
    assert told.faults.total() >= 30
    assert told.charges >= ITEMS * 0.9
    assert max(told.starts_s) < 10
    assert told.naive.twice > 0
    assert told.naive.fen_off > 0


def test_the_report_has_a_row_per_run_and_one_for_all_beside_the_naive_engine():
    rows = [Told(kind.name, 7, 100, kills=3, charges=100, resolved_s=[1.0, 2.0], starts_s=[0.2]) for kind in KINDS]
    for row in rows:
        row.naive = Told(row.kind, 7, 100, charges=140, twice=40, fen_off=48_000)
        row.faults["f2_timeout_after"] = 5
    text = campaign.report(rows, command="make money", minutes=1.0)
    assert text.count("| 7 | 100 |") == 8
    assert "| **all** |  | 400 | 0 | 20 | 12 | 400 | 0 | 0 | 0 | 1.5 s, 2.0 s |" in text
    assert "| **all** |  | 400 | 0 | 0 | 0 | 560 | 160 | 0 | 192,000 |" in text
    assert "| f2_timeout_after | 20 | 0 |" in text
    assert text.count("None.") == 1
    rows[0].found.append("I1: renewal 3 was charged 2 times")
    assert "- I1: renewal 3 was charged 2 times" in campaign.report(rows, command="x", minutes=1.0)
