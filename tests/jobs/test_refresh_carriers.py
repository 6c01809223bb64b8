"""Every connector's whole fleet, refreshed from its stub while the stub misbehaves: all cards, all figures, no trouble left."""

import json
import threading
from datetime import timedelta

import pyarrow as pa
import pytest

from data.carriers import refreshing as store
from data.database import Query
from data.files import staging
from data.plans import notices
from data.sims import merging
from data.sims.rolling import roll_up
from jobs import refresh_plans, refresh_sims, refresh_usage
from jobs.carriers import accounts, pacing
from tests.jobs.carriers.contract import CONNECTORS, connected, having
from tests.jobs.carriers.stubs.base import Stub

CARDS = 45
# "test" is for orders only.
READ = [name for name in having("read_card") if name != "test"]
FIGURES = sorted({*having("usage_day"), *having("usage_cycle"), *having("quota")})


@pytest.fixture
def stub(home, connector, monkeypatch):
    """The connector's stub, its account loaded into the home; where it lists no cards, a file has named them."""
    monkeypatch.setattr(pacing, "_paces", {})
    with CONNECTORS[connector](CARDS) as started:
        connected(home, started, monkeypatch)
        accounts.load(home)
        if connector not in having("list_cards"):
            _named(home, started)
        yield started


def _named(home, stub):
    cards = [{"iccid": card.iccid, "msisdn": card.msisdn, "account": "stub-a"} for card in stub.cards.values()]
    with home.db.write() as tx:
        with staging.staged(tx, pa.Table.from_pylist(cards), source="import 1"):
            merging.find_sims(tx)
            merging.merge_sims(tx, last=merging.add_sims(tx), source="import 1")
        roll_up(tx)
    home.clock.move(timedelta(hours=1))


def swept(home, job, what) -> store.Sync:
    """The job as often as the schedule would run it, until its sweep is over."""
    for _ in range(12):
        job.run(home, threading.Event())
        sync = store.sync_of(home.db.read(), "stub-a", what, now=home.clock.now(), today=home.clock.today())
        if sync.good_at is not None and sync.place is None and sync.error is None:
            return sync
        home.clock.move(max(sync.next_at - home.clock.now(), timedelta(0)) + timedelta(seconds=1))
    raise AssertionError(f"{what} never came to an end: {sync}")


@pytest.mark.parametrize("connector", READ)
def test_a_fleet_is_read_whole_although_the_carrier_misbehaves(home, connector: str, stub: Stub) -> None:
    stub.say(b"<html>502</html>", 502, on="read")
    sync = swept(home, refresh_sims, "sims")
    cards = home.db.read().rows(Query("cards", "By a test.", "SELECT stem, status, expires_on, account FROM sim_now"))
    booked = {iccid[:19]: card for iccid, card in stub.cards.items()}
    assert {card["stem"] for card in cards} == set(booked)
    # A card of which no answer came is not passed over in silence.
    unnamed = "SELECT count(DISTINCT sim_id) FROM finding WHERE kind = 'not_listed' AND closed_at IS NULL"
    left = home.db.read().value(Query("unnamed", "By a test.", unnamed))
    assert sync.cards + left >= CARDS and left <= 1 and sync.calls > 0
    for card in cards:
        assert card["account"] == "stub-a" and (card["status"] != "unknown" or left)
        assert card["expires_on"] in {booked[card["stem"]].expires_on, None}


@pytest.mark.parametrize("connector", FIGURES)
def test_the_usage_of_a_fleet_is_read_whole(home, connector: str, stub: Stub) -> None:
    swept(home, refresh_sims, "sims")
    stub.expire_token()
    sync = swept(home, refresh_usage, "usage")
    # Nobody asks about a card that is gone for good.
    live = home.db.read().value(Query("live", "By a test.", "SELECT count(*) FROM sim_now WHERE live"))
    told = "SELECT count(*) FROM sim_now WHERE live AND used_bytes > 0"
    assert sync.cards == live > CARDS // 2
    assert home.db.read().value(Query("told", "By a test.", told)) == live


@pytest.mark.parametrize("connector", sorted(having("plans")))
def test_a_price_on_the_carriers_list_other_than_ours_becomes_a_notice(home, connector: str, stub: Stub) -> None:
    swept(home, refresh_plans, "plans")
    told = home.db.read().rows(Query("told", "By a test.", "SELECT * FROM offer_told ORDER BY plan"))
    assert told and all(offer["account"] == "stub-a" for offer in told)
    priced = [offer for offer in told if offer["price_fen"] and offer["term_months"]]
    with home.db.write() as tx:
        for plan_id, offer in enumerate(priced, start=1):
            ours = {"plan_id": plan_id, "plan": offer["plan"], "months": offer["term_months"]}
            for text in (
                "INSERT INTO plan (plan_id, plan, carrier, term_months) VALUES ($plan_id, $plan, '', $months)",
                "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES ($plan_id, '', $months, 7, DATE '2026-01-01')",
            ):
                tx.run(Query("ours", "By a test.", text), **ours)
        tx.run(Query("forget", "By a test.", "DELETE FROM offer_told"))
    home.clock.move(timedelta(days=1))
    assert notices.notices(home.db.read()) == []
    swept(home, refresh_plans, "plans")
    wanted = {(offer["plan"], offer["price_fen"]) for offer in priced}
    found = [json.loads(notice.detail) for notice in notices.notices(home.db.read())]
    assert {(one["plan"], one["after_fen"]) for one in found} == wanted
