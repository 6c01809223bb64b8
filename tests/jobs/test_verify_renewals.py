"""Paid cards are read again at 15 minutes, an hour and a day; who does not run on stands on a queue with an owner."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from data.database import Query
from data.people.rules import Refused
from data.renewals import store as renewals
from jobs import run_renewals, verify_renewals
from jobs.carriers import accounts

GO = threading.Event()


def sql(text):
    return Query("test", "", text)


ROWS = sql("SELECT outcome, looked, next_at FROM verification ORDER BY obligation")
ALARMS = sql("SELECT count(*) FROM finding WHERE kind = 'money_not_extended' AND closed_at IS NULL")


@pytest.fixture
def paid(demo_home, people, practice_fleet):
    """`paid(2)`: so many cards bought just now."""

    def build(count, **practice):
        sims = practice_fleet(count, **practice)
        with demo_home.db.write() as tx:
            made = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f")
            status = renewals.status(tx, made.batch)
            renewals.approve(
                tx,
                people["approver"],
                batch=made.batch,
                content_hash=status.content_hash,
                settings=demo_home.settings,
            )
        run_renewals.run(demo_home, GO)

    return build


@pytest.fixture
def told(demo_home, monkeypatch):
    """`told(status=…)`: the carrier tells its cards so; `told(days=-365)`: with an expiry so much off; None: not at all."""
    calls = []

    def tell(days=0, **said):
        carrier = accounts.connected(demo_home, "practice-a")
        cards = type(carrier).cards

        def read(iccids):
            calls.append(len(iccids))
            found = cards(carrier, iccids)
            return {
                iccid: replace(one, expires_on=one.expires_on + timedelta(days=days), **said)
                for iccid, one in found.items()
                if days is not None
            }

        monkeypatch.setattr(carrier, "cards", read)
        return calls

    return tell


def after(home, **delta):
    home.clock.move(timedelta(**delta))
    verify_renewals.run(home, GO)
    return [(row["outcome"], row["looked"]) for row in home.db.read().rows(ROWS)]


def test_a_card_that_runs_on_is_verified_by_one_reading_of_the_whole_account(demo_home, paid, told):
    paid(5)
    calls = told()
    assert after(demo_home, minutes=14) == []
    assert after(demo_home, minutes=1) == [("verified", 1)] * 5
    assert calls == [5]
    assert after(demo_home, days=3) == [("verified", 1)] * 5
    assert calls == [5]


def test_an_expiry_that_did_not_move_is_read_thrice_and_is_an_alarm_after_a_day(demo_home, paid, told):
    paid(1)
    told(days=-365)
    assert after(demo_home, minutes=15) == [("not_extended", 1)]
    assert after(demo_home, minutes=44) == [("not_extended", 1)]
    assert after(demo_home, minutes=1) == [("not_extended", 2)]
    assert demo_home.db.read().value(ALARMS) == 0
    assert after(demo_home, hours=23) == [("not_extended", 3)]
    assert demo_home.db.read().value(ALARMS) == 1
    assert after(demo_home, days=1) == [("not_extended", 4)]
    assert demo_home.db.read().value(ALARMS) == 1


def test_a_card_that_runs_on_at_last_leaves_the_queue_and_its_alarm_closes(demo_home, paid, told, monkeypatch):
    paid(1)
    told(days=-1)
    assert after(demo_home, days=2) == [("not_extended", 3)]
    assert demo_home.db.read().value(ALARMS) == 1
    monkeypatch.undo()
    assert after(demo_home, days=1) == [("verified", 4)]
    assert demo_home.db.read().value(ALARMS) == 0


def test_a_card_that_is_paid_and_still_stopped_is_not_extended(demo_home, paid, told):
    paid(1)
    told(status="stopped_expired")
    assert after(demo_home, minutes=15) == [("not_extended", 1)]


def test_a_card_the_carrier_says_nothing_of_waits(demo_home, paid, told):
    paid(1)
    told(days=None)
    assert after(demo_home, days=2) == [("waiting", 3)]
    assert demo_home.db.read().value(ALARMS) == 0


def test_a_reading_never_moves_the_money_or_the_card(demo_home, paid, told):
    paid(1)
    before = demo_home.db.read().rows(sql("SELECT * FROM state, sim, reservation"))
    told(days=-365)
    after(demo_home, days=2)
    assert demo_home.db.read().rows(sql("SELECT * FROM state, sim, reservation")) == before


def test_what_moves_no_expiry_is_not_verified(demo_home, paid):
    paid(1)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE state SET new_expiry = NULL"))
        tx.run(sql("UPDATE batch_line SET new_expiry = NULL"))
    assert after(demo_home, days=1) == []


def test_whoever_takes_it_on_writes_the_ticket_and_closes_it_with_a_word(demo_home, people, paid, told):
    paid(1)
    told(days=-365)
    after(demo_home, days=2)
    (obligation,) = [row["obligation"] for row in demo_home.db.read().rows(sql("SELECT obligation FROM verification"))]
    with demo_home.db.write() as tx:
        renewals.take_on_verifications(tx, people["operator"], obligations=[obligation])
        renewals.write_on_verifications(tx, people["operator2"], obligations=[obligation], ticket_no="GD-7", note=None)
    row = renewals.verification_queue(
        demo_home.db.read(), outcome="not_extended", today=demo_home.clock.today(), limit=5, offset=0
    ).to_pylist()[0]
    assert (row["owner"], row["ticket_no"], row["days_waiting"]) == ("operator", "GD-7", 2)
    with demo_home.db.write() as tx:
        with pytest.raises(Refused):
            renewals.close_verifications(tx, people["operator"], obligations=[obligation], note="")
        renewals.close_verifications(tx, people["operator"], obligations=[obligation], note="card swapped")
        with pytest.raises(Refused):
            renewals.take_on_verifications(tx, people["operator"], obligations=[obligation])
    assert demo_home.db.read().value(ALARMS) == 0
    assert after(demo_home, days=9) == [("closed", 3)]
    events = demo_home.db.read().rows(sql("SELECT event FROM audit WHERE event LIKE 'verification%' ORDER BY seq"))
    assert [row["event"] for row in events] == ["verification:taken", "verification:noted", "verification:closed"]


def test_a_viewer_takes_nothing_on(demo_home, people, paid, told):
    paid(1)
    told(days=-365)
    after(demo_home, days=2)
    with demo_home.db.write() as tx, pytest.raises(Refused):
        renewals.take_on_verifications(tx, people["viewer"], obligations=[1])
