"""The brakes people hold: caps that no crowd overspends, the kill switch of two people, the urgent lane."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from data.database import Query
from data.people.rules import Event, Refused
from data.renewals import store as renewals
from tests.conftest import proof

PASSWORD = "three quiet terminals"
STOPPED = "UPDATE sim SET status = 'stopped_expired'"


def sql(home, text, **params):
    with home.db.write() as tx:
        tx.run(Query("test", "", text), **params)


def value(home, text, **params):
    return home.db.read().value(Query("test", "", text), **params)


def with_settings(home, **changes):
    return home.settings.model_copy(update=changes)


def propose(home, by, sims, form_key="form"):
    with home.db.write() as tx:
        return renewals.propose(tx, by, sim_ids=sims, form_key=form_key).batch


def approve(home, by, batch, settings):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=settings)


# Ten cards at ¥12.00 each, four of them approved before: what the other six meet.
CAPS = {
    "item_max_yuan": (11, "6 cards cost more than the ¥11.00 one card may cost, the dearest ¥12.00"),
    "batch_max_yuan": (71, "This batch costs ¥72.00; one batch may cost at most ¥71.00"),
    "person_day_max_yuan": (119, "the batches of operator would cost ¥120.00 today; one person's may .* ¥119.00"),
    "account_day_max_yuan": (119, "today's orders at practice-a would cost ¥120.00; one account .* ¥119.00"),
    "day_max_yuan": (119, "today's renewals would cost ¥120.00; one day may cost at most ¥119.00"),
}


@pytest.mark.parametrize("cap", CAPS)
def test_a_refusal_names_the_sum_the_cap_and_the_way_out(demo_home, people, practice_fleet, cap):
    sims = practice_fleet(10)
    approve(demo_home, people["approver"], propose(demo_home, people["operator"], sims[:4]), demo_home.settings)
    batch = propose(demo_home, people["operator"], sims[4:], "second")
    most, words = CAPS[cap]
    with pytest.raises(Refused, match=f"{words}.*FLOWCARD_{cap.upper()}"):
        approve(demo_home, people["approver"], batch, with_settings(demo_home, **{cap: most}))
    assert renewals.status(demo_home.db.read(), batch).state == "proposed"
    assert value(demo_home, "SELECT sum(amount_fen)::BIGINT FROM reservation") == 4800
    approve(demo_home, people["approver"], batch, with_settings(demo_home, **{cap: most + 1}))


def test_another_person_and_another_day_have_caps_of_their_own(demo_home, people, practice_fleet):
    sims = practice_fleet(6)
    settings = with_settings(demo_home, person_day_max_yuan=36, day_max_yuan=72)
    approve(demo_home, people["approver"], propose(demo_home, people["operator"], sims[:3]), settings)
    approve(demo_home, people["approver"], propose(demo_home, people["operator2"], sims[3:5], "f2"), settings)
    batch = propose(demo_home, people["operator"], sims[5:], "f3")
    with pytest.raises(Refused, match="the batches of operator"):
        approve(demo_home, people["approver"], batch, settings)
    demo_home.clock.move(timedelta(days=1))
    approve(demo_home, people["approver"], batch, settings)


def test_a_price_off_the_cards_last_one_is_refused_at_the_approval(demo_home, people, practice_fleet):
    sims = practice_fleet(1)
    approve(demo_home, people["approver"], propose(demo_home, people["operator"], sims), demo_home.settings)
    sql(
        demo_home,
        "INSERT INTO attempt SELECT id, 1, 1, 'M30', 12, 1200, 'CNY', 'R1', '', NULL, now(), now() FROM obligation",
    )
    sql(demo_home, "UPDATE state SET st = 'succeeded', ended_at = now()")
    sql(demo_home, "UPDATE sim SET expires_on = expires_on + INTERVAL 1 YEAR")
    from data.sims.rolling import roll_up

    with demo_home.db.write() as tx:
        roll_up(tx)
    batch = propose(demo_home, people["operator"], sims, "next year")
    sql(demo_home, "UPDATE price SET price_fen = 1801")
    sql(demo_home, "UPDATE batch_line SET amount_fen = 1801 WHERE batch = 2")
    lines = Query("t", "", "SELECT l.*, b.kind FROM batch_line l JOIN batch b ON b.id = l.batch WHERE batch = 2")
    from data.renewals import rules

    hashed = rules.content_hash(rules.content(line)[1:] for line in demo_home.db.read().rows(lines))
    sql(demo_home, "UPDATE batch SET content_hash = $hashed, amount_fen = 1801 WHERE id = 2", hashed=hashed)
    with pytest.raises(Refused, match=r"over 50% .* costs ¥18.01 for 12 months, last ¥12.00 for 12"):
        approve(demo_home, people["approver"], batch, demo_home.settings)
    approve(demo_home, people["approver"], batch, with_settings(demo_home, price_jump_percent=0))


def test_h8_eight_threads_that_try_again_and_again_overspend_nothing(demo_home, people, practice_fleet):
    """One card a batch at ¥12.00, a day's cap of ¥100.00: eight fit, whoever tries how often."""
    tries_each = 1000 if os.environ.get("TESTS_MODEL") == "campaign" else 125
    sims = practice_fleet(16)
    batches = [propose(demo_home, people["operator"], [sim], f"form {sim}") for sim in sims]
    hashes = {batch: renewals.status(demo_home.db.read(), batch).content_hash for batch in batches}
    settings = with_settings(demo_home, day_max_yuan=100)
    start, refused = threading.Barrier(8), []

    def tries(number):
        start.wait()
        for turn in range(tries_each):
            batch = batches[(number * 7 + turn) % len(batches)]
            try:
                with demo_home.db.write() as tx:
                    renewals.approve(tx, people["approver"], batch=batch, content_hash=hashes[batch], settings=settings)
            except Refused:
                refused.append(batch)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(tries, range(8)))
    assert value(demo_home, "SELECT sum(amount_fen)::BIGINT FROM reservation") == 9600
    assert value(demo_home, "SELECT count(*) FROM batch WHERE state = 'approved'") == 8
    assert len(refused) == 8 * tries_each - 8


@pytest.fixture
def thrown(demo_home, people):
    with demo_home.db.write() as tx:
        renewals.stop(tx, people["approver"], account="practice-a", reason="wrong prices since noon")
    return demo_home


def test_the_switch_says_who_when_and_why(thrown):
    (stop,) = renewals.stops(thrown.db.read())
    assert (stop.account, stop.name, stop.reason) == ("practice-a", "approver", "wrong prices since noon")
    assert stop.ts == thrown.clock.now()


def test_whoever_threw_the_switch_cannot_release_it(thrown, people):
    with pytest.raises(Refused, match="You stopped this yourself"), thrown.db.write() as tx:
        renewals.release(tx, people["approver"], account="practice-a")
    with thrown.db.write() as tx:
        assert renewals.release(tx, people["approver2"], account="practice-a")
    assert renewals.stops(thrown.db.read()) == []


def test_throwing_it_again_does_not_take_over_whose_switch_it_is(thrown, people):
    with thrown.db.write() as tx:
        renewals.stop(tx, people["approver2"], account="practice-a")
    with pytest.raises(Refused), thrown.db.write() as tx:
        renewals.release(tx, people["approver"], account="practice-a")


def test_a_release_from_a_page_wants_the_password(thrown, people):
    by = replace(people["approver2"], source="page")
    with pytest.raises(Refused, match="Type your password"), thrown.db.write() as tx:
        renewals.release(tx, by, account="practice-a")
    password = proof(thrown, by, PASSWORD, Event.RENEWALS_RELEASED, "practice-a")
    with thrown.db.write() as tx:
        assert renewals.release(tx, by, account="practice-a", password=password)


@pytest.fixture
def stopped_cards(demo_home, practice_fleet):
    """`stopped_cards(3)`: so many cards at ¥12.00 that have stopped."""

    def build(count):
        from data.sims.rolling import roll_up

        sims = practice_fleet(count)
        sql(demo_home, STOPPED)
        with demo_home.db.write() as tx:
            roll_up(tx)
        return sims

    return build


def order(home, by, sims, *, form_key="urgent", settings=None, **said):
    with home.db.write() as tx:
        return renewals.order_urgently(
            tx, by, sim_ids=sims, form_key=form_key, settings=settings or home.settings, **said
        )


def test_one_operator_alone_renews_a_stopped_card_at_once(demo_home, people, stopped_cards):
    made = order(demo_home, people["operator"], stopped_cards(2))
    found = renewals.status(demo_home.db.read(), made.batch)
    assert (found.state, found.urgent, found.checker, found.pending) == ("approved", True, None, 2)


def test_a_second_click_orders_nothing_more(demo_home, people, stopped_cards):
    sims = stopped_cards(2)
    assert order(demo_home, people["operator"], sims) == order(demo_home, people["operator"], sims)
    assert renewals.count_batches(demo_home.db.read()) == 1


LIMITS = {
    "urgent_cards": (2, "3 cards are more than the 2"),
    "urgent_yuan": (35, "cost ¥36.00; one urgent renewal may cost at most ¥35.00"),
    "urgent_day_yuan": (35, "today's urgent renewals would cost ¥36.00; one day takes at most ¥35.00"),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_beyond_a_limit_the_lane_sends_to_review(demo_home, people, stopped_cards, limit):
    sims, (most, words) = stopped_cards(3), LIMITS[limit]
    with pytest.raises(Refused, match=f"{words}.*submit"):
        order(demo_home, people["operator"], sims, settings=with_settings(demo_home, **{limit: most}))
    with pytest.raises(Refused, match="closed"):
        order(demo_home, people["operator"], sims, settings=with_settings(demo_home, **{limit: 0}))
    assert renewals.count_batches(demo_home.db.read()) == 0
    order(demo_home, people["operator"], sims, settings=with_settings(demo_home, **{limit: most + 1}))


def test_the_days_limit_is_one_for_all_people(demo_home, people, stopped_cards):
    sims, settings = stopped_cards(4), with_settings(demo_home, urgent_day_yuan=36)
    order(demo_home, people["operator"], sims[:2], settings=settings)
    with pytest.raises(Refused, match=r"would cost ¥48.00; one day takes at most ¥36.00"):
        order(demo_home, people["operator2"], sims[2:], settings=settings, form_key="b")
    assert renewals.lane(demo_home.db.read(), settings=settings, today=demo_home.clock.today()).amount_fen == 1200


def test_a_card_that_runs_is_no_urgent_one(demo_home, people, practice_fleet):
    with pytest.raises(Refused, match="stopped cards only"):
        order(demo_home, people["operator"], practice_fleet(1))


def test_the_other_caps_hold_in_the_lane_too(demo_home, people, stopped_cards):
    with pytest.raises(Refused, match="FLOWCARD_DAY_MAX_YUAN"):
        order(demo_home, people["operator"], stopped_cards(2), settings=with_settings(demo_home, day_max_yuan=23))


@pytest.mark.parametrize("name", ["viewer", "approver", "administrator"])
def test_only_operators_use_the_lane(demo_home, people, stopped_cards, name):
    with pytest.raises(Refused):
        order(demo_home, people[name], stopped_cards(1))


def test_the_lane_asks_a_page_for_the_password(demo_home, people, stopped_cards):
    sims, by = stopped_cards(1), replace(people["operator"], source="page")
    with pytest.raises(Refused, match="Type your password"):
        order(demo_home, by, sims)
    order(demo_home, by, sims, password=proof(demo_home, by, PASSWORD, Event.URGENT_ORDERED, "urgent"))


def test_the_worker_pauses_an_urgent_batch_whose_maker_may_no_more(demo_home, people, stopped_cards):
    from jobs import run_renewals

    made = order(demo_home, people["operator"], stopped_cards(1))
    sql(demo_home, "UPDATE person SET active = false WHERE name = 'operator'")
    run_renewals.run(demo_home, threading.Event())
    found = renewals.status(demo_home.db.read(), made.batch)
    assert (found.state, found.pause_reason) == ("paused", "approver")
    with demo_home.db.write() as tx:
        renewals.resume(tx, people["approver"], batch=made.batch)
    assert renewals.status(demo_home.db.read(), made.batch).checker is None


def test_another_person_looks_at_an_urgent_batch_the_next_morning(demo_home, people, stopped_cards):
    made = order(demo_home, people["operator"], stopped_cards(1))
    assert renewals.unseen(demo_home.db.read(), limit=9)["id"].to_pylist() == [made.batch]
    sql(demo_home, "UPDATE person SET role = 'approver' WHERE name = 'operator'")
    with pytest.raises(Refused, match="You made this batch"), demo_home.db.write() as tx:
        renewals.see_urgent(tx, people["operator"], batch=made.batch)
    with demo_home.db.write() as tx:
        renewals.see_urgent(tx, people["approver"], batch=made.batch)
    assert renewals.unseen(demo_home.db.read(), limit=9).num_rows == 0
    assert renewals.status(demo_home.db.read(), made.batch).seen_by == "approver"
    with pytest.raises(Refused, match="no urgent one"), demo_home.db.write() as tx:
        renewals.see_urgent(tx, people["approver2"], batch=made.batch)
