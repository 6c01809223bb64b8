"""Each invariant finds the violation that is planted for it, and a sound run has none."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.money import invariants
from tests.money.building import PRICE_FEN, sql
from tests.money.desk import Desk, desk_at_border
from tests.money.evidence import gather, jsonl
from tests.money.invariants import INVARIANTS, Asked


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A batch of three bought, a batch of one that failed: the closed home."""
    desk = desk_at_border(tmp_path_factory.mktemp("finished") / "home", cards=4, canary_items=4)
    desk.approved([1, 2, 3])
    desk.rest()
    desk.books.faults = ["refused"]
    desk.approved([4])
    desk.rest()
    assert desk.states() == {"failed": 1, "succeeded": 3}
    desk.close()
    return desk.path


@pytest.fixture
def desk(finished, tmp_path):
    desk = Desk(shutil.copytree(finished, tmp_path / "home"))
    yield desk
    desk.close()


def broken(desk, asked=None, **how):
    """Which invariants a check finds broken."""
    found = invariants.check(desk.home, desk.folder, asked=asked or Asked(), **how)
    return sorted({one.invariant for one in found})


def run(desk, text, **params):
    with desk.home.db.write() as tx:
        tx.run(sql(text), **params)


def plant(desk, name, **changes):
    """One more line in a file of the carrier: its first one, changed."""
    line = jsonl(desk.folder / name)[0] | changes
    with (desk.folder / name).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def test_a_sound_run_breaks_none(desk):
    asked = Asked(secrets=("s3cret-token",), rate_per_s=50.0)
    assert broken(desk, asked) == []
    assert len(gather(desk.home, desk.folder).charges) == 3


def test_i1_a_second_charge(desk):
    plant(desk, "ledger.jsonl", ref="B9")
    assert "I1" in broken(desk)


def test_i1_an_alarmed_second_charge_of_a_carrier_without_keys_is_counted_not_hidden(desk):
    plant(desk, "ledger.jsonl", ref="B9")
    order_no = jsonl(desk.folder / "ledger.jsonl")[0]["order_no"]
    run(
        desk,
        "INSERT INTO finding (kind, object, detail, source, found_at) VALUES ('money_duplicate', $order_no, '{}', 'x', now())",
        order_no=order_no,
    )
    assert broken(desk, Asked(keyless=frozenset({"border-a"}))) == []
    assert broken(desk) == ["I1", "I3"]


def test_i1_a_charge_that_nobody_of_ours_ordered(desk):
    plant(desk, "ledger.jsonl", ref="B9", order_no="R" + "Z" * 20 + "01")
    assert "I1" in broken(desk)


def test_i2_an_item_left_submitted_and_an_approved_line_without_a_renewal(desk):
    run(desk, "UPDATE state SET st = 'submitted' WHERE obligation = 1")
    assert "I2" in broken(desk)
    run(desk, "UPDATE state SET st = 'succeeded' WHERE obligation = 1")
    run(desk, "UPDATE batch_line SET digest = uuid() WHERE batch = 2")
    assert "I2" in broken(desk)


def test_i3_a_fen_too_many_at_the_carrier(desk):
    lines = jsonl(desk.folder / "ledger.jsonl")
    lines[0]["amount_fen"] += 1
    (desk.folder / "ledger.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "I3" in broken(desk)


def test_i4_a_success_that_was_never_charged_and_a_failure_that_was(desk):
    whole = (desk.folder / "ledger.jsonl").read_text()
    (desk.folder / "ledger.jsonl").write_text("".join(whole.splitlines(keepends=True)[1:]))
    assert "I4" in broken(desk)
    (desk.folder / "ledger.jsonl").write_text(whole)
    failed = jsonl(desk.folder / "requests.jsonl")[3]["order_no"]
    plant(desk, "ledger.jsonl", order_no=failed)
    assert "I4" in broken(desk)


@pytest.mark.parametrize("field", ["order_no", "amount_fen", "request_sha256"])
def test_i5_a_charge_whose_intent_says_something_else(desk, field):
    told = gather(desk.home, desk.folder)
    entry = next(entry for entry in told.journal if entry["kind"] == "intent")
    entry[field] = 1 if field == "amount_fen" else "another"
    assert list(INVARIANTS["I5"](told, Asked()))


def test_i5_a_charge_before_its_intent(desk):
    assert broken(desk, at=lambda ts: ts + timedelta(seconds=1)) == ["I5"]


def test_i6_calls_after_the_kill_switch(desk):
    for event, second in (("stopped", 10), ("released", 20)):
        run(
            desk,
            "INSERT INTO audit SELECT max(seq) + 1, $ts, 1, 'x', 'page', $event, 'account border-a', '{}', '', '' FROM audit",
            ts=desk.clock.now() + timedelta(seconds=second),
            event=f"renewal:{event}",
        )
    for second in (5, 11, 12, 21):
        plant(desk, "requests.jsonl", ts=(desk.clock.now() + timedelta(seconds=second)).isoformat())
    assert broken(desk, Asked(threads=2)) == []
    assert broken(desk, Asked(threads=1)) == ["I6"]


def test_i7_a_batch_and_a_day_beyond_their_caps(desk):
    all_fen = 4 * PRICE_FEN
    assert broken(desk, Asked(caps=(36, all_fen // 100))) == []
    assert broken(desk, Asked(caps=(35, all_fen // 100))) == ["I7"]
    assert broken(desk, Asked(caps=(36, all_fen // 100 - 1))) == ["I7"]


def test_i8_a_changed_journal_line(desk):
    path = next(desk.home.journal.glob("*.jsonl"))
    path.write_text(path.read_text().replace('"amount_fen":1200', '"amount_fen":1100', 1))
    assert "I8" in broken(desk)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE state SET st = 'needs_review' WHERE obligation = 4",
        "DELETE FROM event WHERE obligation = 1 AND to_state = 'succeeded'",
        "UPDATE event SET to_state = 'unknown', arrow = 6 WHERE obligation = 1 AND to_state = 'succeeded'",
    ],
)
def test_i8_states_that_events_and_journal_do_not_lead_to(desk, text):
    run(desk, text)
    assert "I8" in broken(desk)


def test_i8_a_success_that_the_journal_never_heard_of(desk):
    told = gather(desk.home, desk.folder)
    entries = [entry for entry in told.journal if entry.get("to") != "succeeded"]
    assert list(INVARIANTS["I8"](replace(told, journal=entries), Asked()))


def test_i9_a_paid_batch_approved_by_its_maker_and_an_urgent_lane_too_wide(desk):
    told = gather(desk.home, desk.folder)
    assert list(INVARIANTS["I9"](told, Asked())) == []
    by_maker = [line | {"checker": line["maker"]} for line in told.lines]
    assert list(INVARIANTS["I9"](replace(told, lines=by_maker), Asked()))
    urgent = replace(told, lines=[line | {"urgent": True, "checker": None} for line in told.lines])
    assert list(INVARIANTS["I9"](urgent, Asked())) == []
    for limits in ((2, 200, 500), (5, 11, 500), (5, 200, 35)):
        assert list(INVARIANTS["I9"](urgent, Asked(urgent=limits)))


def test_i10_a_storm_of_calls(desk):
    requests = jsonl(desk.folder / "requests.jsonl")
    spread = [requests[0] | {"monotonic": number * 0.5} for number in range(10)]
    told = gather(desk.home, desk.folder)
    assert list(INVARIANTS["I10"](replace(told, requests=spread), Asked(rate_per_s=2))) == []
    assert list(INVARIANTS["I10"](replace(told, requests=[*spread, spread[4]]), Asked(rate_per_s=2)))


def test_i11_a_secret_in_a_log_an_export_or_the_journal(desk, tmp_path):
    asked = Asked(secrets=("s3cret-token",), logs=(tmp_path / "worker.log",))
    (tmp_path / "worker.log").write_text("fine")
    assert broken(desk, asked) == []
    (tmp_path / "worker.log").write_text("Authorization: Bearer s3cret-token")
    assert broken(desk, asked) == ["I11"]
    (tmp_path / "worker.log").write_text("fine")
    (desk.home.exports / "1.csv").write_text("s3cret-token")
    assert broken(desk, asked) == ["I11"]
