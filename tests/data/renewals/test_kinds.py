"""Six kinds, one proposal: each card that cannot have a kind says why, what an item may cost, and second purchases."""

from datetime import timedelta

import pytest

from data.database import Query
from data.people.rules import SYSTEM, Refused
from data.renewals import rules
from data.renewals import store as renewals
from data.renewals.moves import Arrow, State
from data.renewals.rules import ItemCaps
from data.settings import Settings
from data.sims.rolling import roll_up

GIGABYTE, BIGGER, UNICOM, SLOW, UNPRICED = 101, 102, 103, 104, 105
PLANS = f"""
INSERT INTO plan (plan_id, plan, carrier, network, quota_bytes, term_months, kind) VALUES
    ({GIGABYTE}, '加油包1G', 'mobile', '4G', 1073741824, 1, 'add-on'), ({BIGGER}, 'M100', 'mobile', '4G', 104857600, 12, 'main'),
    ({UNICOM}, 'U30', 'unicom', '4G', 31457280, 12, 'main'), ({SLOW}, 'G30', 'mobile', '2G', 31457280, 12, 'main'),
    ({UNPRICED}, '加油包2G', '', '4G', 2147483648, 1, 'add-on')
"""
PRICES = f"""
INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from)
VALUES ({GIGABYTE}, '', 1, 500, DATE '2025-01-01'), ({GIGABYTE}, 'practice-a', 1, 450, DATE '2025-01-01'),
    ({BIGGER}, '', 12, 2800, DATE '2025-01-01')
"""


def change(home, *texts, **params):
    with home.db.write() as tx:
        for text in texts:
            tx.run(Query("test", "", text), **params)
        roll_up(tx)


@pytest.fixture
def fleet(demo_home, practice_fleet):
    """`fleet(3)`: so many running cards, with an add-on and other plans to have."""

    def build(count, **said):
        sims = practice_fleet(count, **said)
        change(demo_home, PLANS, PRICES)
        return sims

    return build


def propose(home, by, sims, kind, form_key="f1", **wish):
    with home.db.write() as tx:
        return renewals.propose(tx, by, kind=kind, sim_ids=sims, form_key=form_key, **wish)


def approve(home, by, batch, **said):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings, **said)


def bought(home, batch):
    """What a worker would write once the carrier has confirmed every item of a batch."""
    from data.renewals.claiming import Ready, Work

    with home.db.write() as tx:
        items = [
            item
            for work in renewals.open_work(tx, now=tx.now)
            if work.batch == batch
            for item in renewals.next_items(tx, Work(batch, work.account, None), now=tx.now, limit=100)
        ]
        ready = [Ready(item, "0" * 64) for item in items]
        renewals.claim(tx, SYSTEM, batch=batch, ready=ready, deadline_at=tx.now)
        move = (State.SUBMITTED, Arrow.CONFIRMED, State.SUCCEEDED)
        renewals.record(tx, SYSTEM, [renewals.result(item, batch=batch, move=move, carrier_ref="P") for item in items])


def refused(home, sims, kind, **wish):
    preview = renewals.preview(home.db.read(), kind=kind, sim_ids=sims, today=home.clock.today(), **wish)
    assert sum(preview.refused.values()) + preview.items == len(sims)
    return preview.refused


ADD_ON, CHANGE = {"plan_id": GIGABYTE}, {"plan_id": BIGGER}
# kind, what is wished, what is done to the card first, and the refusal; None: it can be ordered.
CASES = [
    ("add-on", ADD_ON, None, None),
    ("add-on", ADD_ON, "UPDATE sim SET status = 'stopped_quota'", None),
    ("add-on", ADD_ON, "UPDATE sim SET decision = 'decline'", None),
    ("add-on", ADD_ON, "UPDATE sim SET status = 'stopped_manual'", "not_running"),
    ("add-on", ADD_ON, "UPDATE sim SET status = 'unknown'", "not_running"),
    ("add-on", ADD_ON, "UPDATE sim SET expires_on = DATE '2026-11-21'", "plan_over"),
    ("add-on", ADD_ON, "UPDATE sim SET status = 'cancelled'", "not_live"),
    ("add-on", ADD_ON, "UPDATE sim SET account = 'by-hand'", "not_able"),
    ("add-on", ADD_ON, "DELETE FROM capability", "not_able"),
    ("add-on", ADD_ON, "UPDATE capability SET answer = 'no'", "not_able"),
    ("add-on", {}, None, "no_plan"),
    ("add-on", CHANGE, None, "not_add_on"),
    ("add-on", {"plan_id": UNPRICED}, None, "no_price"),
    ("add-on", ADD_ON, "UPDATE plan SET carrier = 'telecom' WHERE kind = 'add-on'", "other_carrier"),
    ("plan-change", CHANGE, None, None),
    ("plan-change", ADD_ON, None, "not_main"),
    ("plan-change", {"plan_id": UNICOM}, None, "other_carrier"),
    ("plan-change", CHANGE, f"UPDATE sim SET plan_id = {BIGGER}", "same_plan"),
    ("plan-change", {"plan_id": SLOW}, "UPDATE sim SET terminal_key = 1", "plan_unfit"),
    ("plan-change", {"plan_id": SLOW}, None, None),
    ("plan-change", CHANGE, "UPDATE sim SET status = 'stopped_expired'", "not_running"),
    ("suspend", {}, None, None),
    ("suspend", {}, "UPDATE sim SET status = 'stopped_arrears'", "not_running"),
    ("suspend", {}, "UPDATE sim SET expires_on = NULL", None),
    ("resume", {}, "UPDATE sim SET status = 'stopped_manual'", None),
    ("resume", {}, "UPDATE sim SET status = 'number_kept'", None),
    ("resume", {}, None, "not_stopped"),
    ("resume", {}, "UPDATE sim SET status = 'stopped_risk'", "stop_forbids"),
    ("resume", {}, "UPDATE sim SET status = 'stopped_separation'", "stop_forbids"),
    ("resume", {}, "UPDATE sim SET status = 'pre_cancel'", "stop_forbids"),
    ("resume", {}, "UPDATE sim SET status = 'stopped_expired'", "plan_over"),
    ("recharge", {"amount_fen": 5000}, None, None),
    ("recharge", {}, None, "no_amount"),
    ("recharge", {"amount_fen": 5000}, "UPDATE sim SET decision = 'decline'", "declined"),
    ("recharge", {"amount_fen": 5000}, "UPDATE capability SET answer = 'partly'", "no_recharge"),
    ("recharge", {"amount_fen": 5000}, "UPDATE capability SET answer = 'no'", "not_able"),
    ("recharge", {"amount_fen": 200_001}, None, "item_cap"),
]


class _UndoneError(Exception):
    """The next case begins where this one began."""


def test_each_kind_says_which_card_can_have_it_and_why_another_cannot(demo_home, fleet):
    sims = fleet(1)
    change(demo_home, "INSERT INTO terminal (terminal_key, terminal_id, networks) VALUES (1, '00000001', '3G/4G')")
    found = []
    for kind, wish, before, _code in CASES:
        with pytest.raises(_UndoneError), demo_home.db.write() as tx:
            if before:
                tx.run(Query("test", "", before))
                roll_up(tx)
            preview = renewals.preview(tx, kind=kind, sim_ids=sims, today=tx.today, **wish)
            found.append(next(iter(preview.refused), None))
            raise _UndoneError
    assert found == [code for *_case, code in CASES]


def test_an_account_paid_by_recharge_card_takes_one_where_the_connection_can_only_partly(demo_home, fleet):
    sims = fleet(1)
    change(demo_home, "UPDATE capability SET answer = 'partly'", "UPDATE account SET way_to_pay = 'recharge_card'")
    assert refused(demo_home, sims, "recharge", amount_fen=5000) == {}


def test_a_connection_that_cannot_says_why_in_its_own_words(demo_home, fleet):
    sims = fleet(1)
    change(
        demo_home,
        "UPDATE capability SET answer = 'no', reason = 'the contract has no stops' WHERE ability = 'suspend_resume'",
    )
    wish = {"sim_ids": sims, "kind": "suspend", "today": demo_home.clock.today()}
    [line] = renewals.preview_lines(demo_home.db.read(), **wish, which="all", limit=9, offset=0).to_pylist()
    assert (line["refusal"], line["why"]) == ("not_able", "the contract has no stops")


def test_an_add_on_costs_what_the_channel_that_knows_the_card_asks_and_moves_no_expiry(demo_home, people, fleet):
    sims = fleet(2)
    made = propose(demo_home, people["operator"], sims, "add-on", plan_id=GIGABYTE)
    assert (made.items, made.amount_fen) == (2, 900)
    [line, _other] = renewals.lines(demo_home.db.read(), batch=made.batch, limit=9, offset=0).to_pylist()
    assert (line["plan"], line["months"], line["amount_fen"], line["new_expiry"]) == ("加油包1G", 1, 450, None)


FREE = [("plan-change", CHANGE, "2026-11"), ("suspend", {}, "2026-11-22"), ("add-on", ADD_ON, "2026-11")]


@pytest.mark.parametrize(("kind", "wish", "cycle"), FREE)
def test_a_second_order_in_one_cycle_is_refused_unless_more_are_wanted(demo_home, people, fleet, kind, wish, cycle):
    sims = fleet(2)
    first = propose(demo_home, people["operator"], sims[:1], kind, **wish)
    approve(demo_home, people["approver"], first.batch)
    bought(demo_home, first.batch)
    change(demo_home, "UPDATE sim SET status = 'active', plan_id = (SELECT min(plan_id) FROM plan)")
    assert refused(demo_home, sims, kind, **wish) == {"already_bought": 1}
    again = propose(demo_home, people["operator"], sims, kind, "f2", seq=2, **wish)
    keys = demo_home.db.read().rows(
        Query("t", "", "SELECT cycle, seq FROM batch_line WHERE batch = $batch ORDER BY sim_id"), batch=again.batch
    )
    # Two are wanted in all: a card that has none yet gets its first.
    assert [(key["cycle"], key["seq"]) for key in keys] == [(cycle, 2), (cycle, 1)]
    approve(demo_home, people["approver"], again.batch, reason="a trade fair")
    bought(demo_home, again.batch)
    assert renewals.status(demo_home.db.read(), again.batch).succeeded == 2


def test_a_purchase_of_another_kind_in_flight_refuses_the_card(demo_home, people, fleet):
    sims = fleet(2)
    add_on = propose(demo_home, people["operator"], sims[:1], "add-on", plan_id=GIGABYTE)
    assert refused(demo_home, sims, "renew") == {"other_batch": 1}
    approve(demo_home, people["approver"], add_on.batch)
    assert refused(demo_home, sims, "renew") == {"other_batch": 1}
    bought(demo_home, add_on.batch)
    assert refused(demo_home, sims, "renew") == {}


def test_what_was_bought_since_the_proposal_is_not_approved_a_second_time(demo_home, people, fleet):
    sims = fleet(2)
    first = propose(demo_home, people["operator"], sims, "add-on", plan_id=GIGABYTE)
    change(demo_home, "UPDATE batch SET state = 'cancelled'")
    second = propose(demo_home, people["operator"], sims[:1], "add-on", "f2", plan_id=GIGABYTE)
    change(demo_home, f"UPDATE batch SET state = 'proposed' WHERE id = {first.batch}")
    approve(demo_home, people["approver"], first.batch)
    bought(demo_home, first.batch)
    with pytest.raises(Refused, match="in another batch by now"):
        approve(demo_home, people["approver"], second.batch)
    assert renewals.status(demo_home.db.read(), first.batch).succeeded == 2


def test_the_approval_binds_the_plan_that_is_changed_to(demo_home, people, fleet):
    made = propose(demo_home, people["operator"], fleet(1), "plan-change", plan_id=BIGGER)
    approve(demo_home, people["approver"], made.batch)
    assert renewals.content_is_approved(demo_home.db.read(), made.batch)
    change(demo_home, "UPDATE batch_line SET plan = 'M9999'")
    assert not renewals.content_is_approved(demo_home.db.read(), made.batch)


def test_a_price_out_of_the_plans_list_or_far_from_the_last_one_is_refused(demo_home, people, fleet):
    sims = fleet(1)
    first = propose(demo_home, people["operator"], sims, "renew")
    approve(demo_home, people["approver"], first.batch)
    bought(demo_home, first.batch)
    change(
        demo_home,
        "UPDATE sim SET expires_on = DATE '2027-11-30'",
        "UPDATE price SET price_fen = 1800 WHERE price_fen = 1200",
    )
    assert refused(demo_home, sims, "renew") == {}
    change(demo_home, "UPDATE price SET price_fen = 1801 WHERE price_fen = 1800")
    assert refused(demo_home, sims, "renew") == {"price_jump": 1}
    assert refused(demo_home, sims, "renew", caps=ItemCaps(price_jump_percent=0)) == {}
    assert refused(demo_home, sims, "renew", caps=ItemCaps(item_max_yuan=18)) == {"item_cap": 1}
    with demo_home.db.write() as tx:  # a list that was changed since the nightly roll-up
        tx.run(Query("test", "", "UPDATE price SET valid_to = DATE '2026-11-21'"))
    assert refused(demo_home, sims, "renew") == {"off_list": 1}


def test_a_price_that_is_not_the_last_one_is_something_to_think_of(demo_home, people, fleet):
    sims = fleet(1)
    first = propose(demo_home, people["operator"], sims, "add-on", plan_id=GIGABYTE)
    approve(demo_home, people["approver"], first.batch)
    bought(demo_home, first.batch)
    change(demo_home, "UPDATE price SET price_fen = 460 WHERE price_fen = 450")
    wish = {"sim_ids": sims, "kind": "add-on", "plan_id": GIGABYTE, "today": demo_home.clock.today()}
    for seq, refusal, warning in ((1, "already_bought", None), (2, None, rules.WARNINGS["second"])):
        lines = renewals.preview_lines(demo_home.db.read(), **wish, seq=seq, which="all", limit=9, offset=0)
        assert (lines["refusal"].to_pylist(), lines["warning"].to_pylist()) == ([refusal], [warning])
    demo_home.clock.move(timedelta(days=20))
    change(demo_home, "UPDATE sim SET expires_on = DATE '2027-11-30'")
    lines = renewals.preview_lines(
        demo_home.db.read(), **wish | {"today": demo_home.clock.today()}, which="all", limit=9, offset=0
    )
    assert lines["warning"].to_pylist() == [rules.WARNINGS["price_off"]]


@pytest.mark.parametrize(("fen", "warning"), [(1199, rules.WARNINGS["below_plan"]), (1200, None)])
def test_a_recharge_card_that_pays_no_term_of_the_plan_is_something_to_think_of(demo_home, fleet, fen, warning):
    wish = {"sim_ids": fleet(1), "kind": "recharge", "amount_fen": fen, "today": demo_home.clock.today()}
    [line] = renewals.preview_lines(demo_home.db.read(), **wish, which="all", limit=9, offset=0).to_pylist()
    assert (line["refusal"], line["warning"], line["amount_fen"]) == (None, warning, fen)


def test_the_caps_of_an_item_are_the_settings_own_defaults():
    settings = Settings()
    assert ItemCaps() == ItemCaps(settings.item_max_yuan, settings.price_jump_percent)


def test_every_kind_has_its_ability():
    assert set(rules.ABILITY) == set(rules.KINDS)
