"""One directed test for each classic way to pay twice; test_mutants.py shows that each of them can fail.

`desk(key=True)` opens a home whose carrier, inside the test, honours keys. Where a card cannot be read (`reads=False`), no
reading taken before the call stands between a second order and a second charge.
"""

import base64
import contextlib
import hashlib
import threading

import pytest

from data.people.rules import SYSTEM, Refused
from data.renewals import store as renewals
from data.settings import Settings
from data.sims.rolling import roll_up
from tests.money import invariants
from tests.money.building import PRICE_FEN, sql
from tests.money.evidence import jsonl


def sound(desk, **asked):
    """All invariants hold, and nothing was bought twice."""
    found = invariants.check(desk.home, desk.folder, asked=invariants.Asked(**asked))
    assert not found, "; ".join(f"{one.invariant} {one.what}" for one in found)


def test_f2_an_answer_lost_after_the_effect_is_asked_for_and_never_bought_again(desk):
    desk = desk(reads=False)
    desk.approved()
    desk.books.faults = ["lost_after"] * 3
    desk.work()
    desk.wait(minutes=2)
    desk.work()
    desk.rest()
    sound(desk)
    assert desk.states() == {"succeeded": 3}


def test_f2_with_a_key_every_call_for_an_order_carries_the_one_computed_number(desk):
    desk = desk(key=True)
    desk.approved()
    desk.books.faults = ["lost_before", "lost_after", "lost_before"]
    desk.rest()
    computed = {"R" + _base32(row["key"]) + "01" for row in desk.rows("SELECT key FROM obligation")}
    assert set(desk.books.seen) <= computed, "an order went out under a number that is not computed"
    sound(desk)


def _base32(key):
    return base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:20]


def test_f15_an_effect_just_inside_the_horizon_is_waited_for(desk):
    desk = desk(horizon_s=600)
    desk.approved()
    desk.books.faults = ["late"] * 3
    for _ in range(4):
        desk.work()
        desk.settle(minutes=2)
    assert desk.states() == {"unknown": 3}
    desk.rest()
    sound(desk)
    assert desk.states() == {"succeeded": 3}


def test_f18_another_amount_than_ours_goes_to_a_person_and_the_sums_agree(desk):
    desk = desk()
    desk.approved()
    desk.books.faults = ["differs", "ok", "other_order"]
    desk.rest()
    sound(desk)
    assert desk.states() == {"needs_review": 2, "succeeded": 1}


def test_f11_a_code_in_no_table_is_no_refusal_and_retrying_the_failed_buys_nothing_twice(desk):
    desk = desk(reads=False)
    desk.approved()
    desk.books.faults = ["new_code"] * 3
    desk.work()
    failed = [row["obligation"] for row in desk.rows("SELECT obligation FROM state WHERE st = 'failed'")]
    if failed:
        # Orders are taken again on the next day.
        desk.wait(days=1)
        who = desk.who("operator")
        with desk.home.db.write() as tx:
            for obligation in failed:
                renewals.note(tx, who, obligation=obligation, note="mended", repaired=True)
            again = renewals.retry_repaired(tx, who, obligations=failed, form_key="again")
        desk.approve(again.batch)
    desk.rest()
    sound(desk)
    assert desk.states() == {"succeeded": 3}


@pytest.mark.parametrize(
    "step", ["before it is sent", "before the answer is read", "before a transaction", "before its commit"]
)
def test_k2_to_k5_what_was_out_at_a_kill_is_in_doubt_and_asked_about(desk, step):
    desk = desk(reads=False)
    desk.approved()
    desk.dies_at(step, after="before it is sent" if step.startswith("before it") else "before the answer is read")
    desk.work()
    assert desk.reopened is not None
    assert desk.reopened.in_doubt >= 1
    desk.work()
    desk.rest()
    sound(desk)
    assert desk.states() == {"succeeded": 3}


def test_k4_the_journal_had_the_intent_before_the_carrier_had_the_order(desk):
    desk = desk()
    desk.approved()
    desk.dies_at("before the answer is read")
    desk.work()
    charged = {line["order_no"] for line in jsonl(desk.folder / "ledger.jsonl")}
    intents = {
        entry["order_no"]
        for path in desk.home.journal.glob("*.jsonl")
        for entry in jsonl(path)
        if entry["kind"] == "intent"
    }
    assert charged
    assert charged <= intents, "charged without an intent on disk"
    desk.rest()
    sound(desk)


def test_of_eight_threads_each_item_is_claimed_by_one(desk):
    desk = desk(cards=80)
    batch = desk.approved()
    (work,) = renewals.open_work(desk.home.db.read(), now=desk.clock.now())
    items = renewals.next_items(desk.home.db.read(), work, now=desk.clock.now(), limit=80)
    ready = [renewals.Ready(item, "x") for item in items]
    won: list[int] = []

    def claim():
        for start in range(0, 80, 20):
            with desk.home.db.write(quiet=True) as tx:
                claimed, _parked = renewals.claim(
                    tx, SYSTEM, batch=batch, ready=ready[start : start + 20], deadline_at=tx.now
                )
            won.extend(one.item.obligation for one in claimed)

    together(claim)
    assert sorted(won) == sorted(item.obligation for item in items)


def test_h8_eight_threads_at_once_never_set_aside_more_than_the_day_allows(desk):
    desk = desk(cards=8)
    batches = [desk.propose([card]) for card in range(1, 9)]
    settings = Settings(day_max_yuan=PRICE_FEN * 3 // 100)
    who = desk.who("approver")
    hashes = {batch: renewals.status(desk.home.db.read(), batch).content_hash for batch in batches}
    start = threading.Barrier(8)
    refused: list[int] = []

    def approve(batch):
        start.wait()
        try:
            with desk.home.db.write() as tx:
                renewals.approve(tx, who, batch=batch, content_hash=hashes[batch], settings=settings)
        except Refused:
            refused.append(batch)

    together(*(lambda batch=batch: approve(batch) for batch in batches))
    (held,) = desk.rows("SELECT sum(amount_fen)::BIGINT AS fen FROM reservation")
    assert held["fen"] == 3 * PRICE_FEN, "more was set aside than the day allows"
    assert len(refused) == 5


def test_k1_a_claim_whose_commit_failed_sends_nothing(desk):
    desk = desk()
    desk.approved()
    desk.fails_at = "before its commit"
    with contextlib.suppress(OSError):
        desk.work()
    assert not desk.books.seen, "sent although the claim was not committed"
    desk.rest()
    sound(desk)
    assert desk.states() == {"succeeded": 3}


def test_money_is_whole_fen_and_the_lines_sum_to_the_batch(desk):
    desk = desk(cards=6)
    prices = [29, 57, 113, 1_999, 2_001, 11_357]
    with desk.home.db.write() as tx:
        for card, price_fen in enumerate(prices, start=1):
            run = sql("INSERT INTO plan (plan_id, plan, carrier, term_months) VALUES ($id, $name, 'mobile', 12)")
            tx.run(run, id=10 + card, name=f"P{card}")
            run = sql(
                "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) "
                "VALUES ($id, '', 12, $price_fen, DATE '2025-01-01')"
            )
            tx.run(run, id=10 + card, price_fen=price_fen)
            tx.run(sql("UPDATE sim SET plan_id = $id WHERE sim_id = $card"), id=10 + card, card=card)
        roll_up(tx)
    for terms in (1, 3):
        batch = desk.propose(months=12 * terms)
        lines = desk.rows("SELECT amount_fen FROM batch_line WHERE batch = $batch ORDER BY sim_id", batch=batch)
        assert [line["amount_fen"] for line in lines] == [price * terms for price in prices], "a fen is off"
        assert renewals.status(desk.home.db.read(), batch).amount_fen == sum(prices) * terms
        who = desk.who("operator")
        with desk.home.db.write() as tx:
            renewals.cancel(tx, who, batch=batch)


def test_f4_a_server_error_after_the_effect_is_no_refusal_and_no_leave_to_send_again(desk):
    desk = desk()
    desk.approved()
    desk.books.faults = ["server_error"] * 3
    desk.work()
    assert desk.states() == {"unknown": 3}, "a server error was taken for an answer"
    desk.rest()
    sound(desk)
    assert desk.states() == {"succeeded": 3}


def together(*acts):
    """Each act in a thread of its own; one act: in eight."""
    threads = [threading.Thread(target=act) for act in (acts if len(acts) > 1 else acts * 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_what_comes_back_to_a_voided_batch_is_taken_back_and_may_be_bought_by_another(desk):
    """Found by the model: it stayed pending for ever, its money set aside, and no other batch could have the card."""
    desk = desk()
    batch = desk.approved()
    desk.books.faults = ["lost_before", "later", "ok"]
    desk.work()
    who = desk.who("operator")
    with desk.home.db.write() as tx:
        renewals.cancel(tx, who, batch=batch)
    desk.rest()
    assert desk.states() == {"cancelled": 2, "succeeded": 1}
    desk.approved(
        [
            row["sim_id"]
            for row in desk.rows("SELECT sim_id FROM obligation JOIN state ON obligation = id WHERE st = 'cancelled'")
        ]
    )
    desk.rest()
    sound(desk)
    assert desk.states() == {"succeeded": 3}
