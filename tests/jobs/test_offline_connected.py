"""Accounts whose connection reads and takes no renewals: their orders go out on lists, and the refresh brings the receipt."""

import threading
from datetime import timedelta

import pytest

from data.carriers.connections import connections
from data.renewals import offline
from data.renewals import store as renewals
from jobs import refresh_sims, verify_renewals
from jobs.carriers import accounts, pacing
from tests.jobs.carriers.contract import connected
from tests.jobs.carriers.stubs.base import iccid, months_on
from tests.jobs.carriers.stubs.huawei_gsl import Gsl
from tests.jobs.test_offline import bring, labels, on, send, settle, sound
from tests.renewing import GO, approve, sql, standing, work

CARDS = 12


@pytest.fixture
def stub(home, monkeypatch):
    """Huawei's cards, read into the home; its account says who is paid, how, and how many days that takes."""
    monkeypatch.setattr(pacing, "_paces", {})
    with Gsl(CARDS) as started:
        started.account_keys = lambda keys=started.account_keys: keys() | {"way_to_pay": "monthly", "working_days": 3}
        for card in started.cards.values():
            card.status, card.more["auto_renew"] = "20", 0
        connected(home, started, monkeypatch)
        accounts.load(home)
        refresh(home)
        with home.db.write() as tx:
            tx.run(sql("UPDATE plan SET term_months = 12"))
            tx.run(
                sql(
                    "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) SELECT plan_id, '', 12, 1200,"
                    " DATE '2025-01-01' FROM plan"
                )
            )
        roll_up_all(home)
        yield started


def roll_up_all(home):
    from data.sims.rolling import roll_up

    with home.db.write() as tx:
        roll_up(tx)


def refresh(home, **time):
    home.clock.move(timedelta(**time))
    return refresh_sims.run(home, threading.Event())


@pytest.fixture
def batch(home, people, stub):
    """Four of its cards, proposed and approved."""
    sims = [row["sim_id"] for row in home.db.read().rows(sql("SELECT sim_id FROM sim ORDER BY stem LIMIT 4"))]
    with home.db.write() as tx:
        made = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="by hand")
    assert (made.items, made.refused) == (4, 0)
    approve(home, people["approver"], made.batch)
    return made.batch


def test_its_renewals_wait_for_people_and_the_next_refresh_proves_what_they_placed(home, people, stub, batch):
    by = people["operator"]
    assert work(home) is None, "the worker asks no connection that takes no orders"
    assert renewals.left(home.db.read(), batch).to_send == 0
    assert connections(home.db.read(), today=home.clock.today())[0].orders == "by_hand"
    assert labels(home) == {"Stub Payee": {"to_pay": 4}}
    sent = send(home, by, batch, "stub-a")
    assert (sent.items, sent.amount_fen) == (4, 4800)
    assert offline.worklist(home.db.read(), sent.worklist).answer_by.isoformat() == "2026-11-25"
    with home.db.write() as tx:
        offline.hand_over(tx, by, worklist=sent.worklist)
    refresh(home, hours=7)
    assert settle(home) is None, "no card has moved yet"
    # Two are ordered in the console as they stand on the list, one a day off, one for another term.
    for number, (months, days) in enumerate([(12, 0), (12, 0), (12, 1), (6, 0)], start=1):
        card = stub.cards[iccid(number)]
        card.expires_on = months_on(card.expires_on, months) + timedelta(days=days)
    # And one that nobody here has ordered.
    stub.cards[iccid(9)].expires_on = months_on(stub.cards[iccid(9)].expires_on, 12)
    refresh(home, hours=7)
    assert settle(home) == {"succeeded": "3", "needs_review": "1"}
    assert labels(home) == {"Stub Payee": {"receipted": 3, "wrong": 1}}
    found = home.db.read().rows(sql("SELECT object FROM finding WHERE kind = 'money_unordered' AND closed_at IS NULL"))
    assert [row["object"] for row in found] == [iccid(9)]
    sound(home)
    # The refresh after that is the second look; the job that reads what was bought by API asks for none of them.
    home.clock.move(timedelta(days=1))
    assert verify_renewals.run(home, GO) is None
    refresh(home)
    settle(home)
    assert labels(home) == {"Stub Payee": {"verified": 3, "wrong": 1}}
    assert standing(home, batch) == {"succeeded": 3, "needs_review": 1, "state": "done"}


def test_a_card_list_of_its_portal_proves_them_as_well(home, people, stub, batch):
    sent = send(home, people["operator"], batch, "stub-a")
    home.clock.move(timedelta(hours=1))
    rows = on(home, sent.worklist)
    bring(home, people["operator"], [f"{row['iccid']},{row['new_expiry']}" for row in rows], "portal.csv")
    assert settle(home) == {"succeeded": "4"}
    sound(home)


def test_who_can_renew_by_its_connection_is_not_served_by_hand(home, people, stub, batch):
    with home.db.write() as tx:
        tx.run(sql("UPDATE capability SET answer = 'yes' WHERE connector = 'huawei_gsl' AND ability = 'renew'"))
    assert offline.desk(home.db.read()) == []
    with pytest.raises(Exception, match="not served by hand"):
        send(home, people["operator"], batch, "stub-a")
