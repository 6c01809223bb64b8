"""Stop, resume, plan change, add-on: what each SIM would get and why not, one batch per form; and recharge on the SIM's page."""

import pytest

from dashboard.widgets import CHANGE_SELECTION
from data import words
from data.database import Query
from data.renewals import store as renewals
from data.sims.filter import SimFilter

BATCHES = Query("all_batches", "Every batch.", "SELECT id, kind, items, amount_fen, state, note FROM batch ORDER BY id")
CAN = """
INSERT INTO capability (connector, ability, answer, reason) VALUES ('practice', 'suspend_resume', 'yes', 'it does'),
    ('practice', 'plan_change', 'yes', 'it does'), ('practice', 'add_on', 'yes', 'it does'), ('practice', 'recharge', 'yes', 'it does')
"""
PLANS = """
INSERT INTO plan (plan_id, plan, carrier, network, quota_bytes, term_months, kind) VALUES
    (2, 'CM-100M-12', 'mobile', '4G', 104857600, 12, 'main'), (3, 'CM-1G', 'mobile', '4G', 1073741824, 1, 'add-on'),
    (4, 'CU-1G', 'unicom', '4G', 1073741824, 1, 'add-on')
"""
PRICE = (
    "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES (3, '', 1, 500, DATE '2026-01-01')"
)


def batches(home):
    return home.db.read().rows(BATCHES)


def figures(test):
    return {metric.label: metric.value for metric in test.metric}


def group(test, start):
    return next(control for control in test.button_group if str(control.key).startswith(start))


@pytest.fixture
def able(home, fleet):
    """The fleet, at connections that can do everything, with plans to have."""
    with home.db.write() as tx:
        for text in (CAN, PLANS, PRICE):
            tx.run(Query("test", "", text))
    return fleet


@pytest.fixture
def opened(page):
    """`opened(ids)`: the page with these SIMs sent to it."""

    def run(ids, what="suspend", who="operator", **said):
        test = page("service_changes", who, **said)
        test.session_state[CHANGE_SELECTION] = SimFilter(sim_ids=tuple(ids))
        test.run()
        return group(test, "changes:what").set_value(what).run() if what != "suspend" else test

    return run


def test_only_who_may_propose_sees_the_page(home, fleet, page):
    for who in ("viewer", "approver", "administrator"):
        test = page("service_changes", who)
        assert not test.exception
        assert "Not for your role" in [title.value for title in test.title]


def test_with_no_sims_the_page_says_how_to_choose_some(home, fleet, page):
    test = page("service_changes")
    assert not test.exception
    assert "No SIMs chosen" in [head.value for head in test.subheader]


def test_a_stop_costs_nothing_and_waits_for_another_person(home, able, opened):
    test = opened([*able(2), *able(1, status="stopped_risk")])
    assert not test.exception
    assert (figures(test)["SIMs to order for"], figures(test)["Sum"], figures(test)["Not possible"]) == (
        "2",
        "¥0.00",
        "1",
    )
    button = test.button(key="changes:confirm")
    assert button.label == "Submit 2 SIMs for review · ¥0.00"
    button.click().run()
    assert not test.exception
    assert [(batch["kind"], batch["items"], batch["state"]) for batch in batches(home)] == [("suspend", 2, "proposed")]
    assert any("approver, approver2" in text.value for text in test.text)


def test_refused_sims_say_why_in_words(home, able, opened):
    test = opened([*able(1, status="stopped_manual"), *able(1), *able(1, status="stopped_risk")], "resume")
    assert figures(test)["SIMs to order for"] == "1"
    group(test, "changes:resume:view").set_value("refused").run()
    assert set(test.dataframe[0].value["refusal"]) == {
        "The card is not stopped",
        "The carrier stopped this card for a reason that we cannot lift; ask its support",
    }


def test_a_connection_that_cannot_is_named_with_its_reason(home, able, opened):
    ids = able(1)
    with home.db.write() as tx:
        tx.run(Query("test", "", "UPDATE capability SET answer = 'no', reason = 'no stops by contract'"))
    test = opened(ids)
    assert list(test.dataframe[1].value["why"]) == ["no stops by contract"]
    assert not [button for button in test.button if button.key == "changes:confirm"]


@pytest.mark.parametrize(
    ("what", "label", "plan", "total"),
    [("plan-change", "New plan", "CM-100M-12", "¥0.00"), ("add-on", "Add-on", "CM-1G", "¥15.00")],
)
def test_a_plan_is_chosen_among_those_of_the_sims_carriers(home, able, opened, what, label, plan, total):
    test = opened(able(3), what)
    assert not test.exception
    assert "No plan chosen" in [head.value for head in test.subheader]
    choice = next(box for box in test.selectbox if box.label == label)
    assert not [option for option in choice.options if "CU-1G" in option]
    choice.select_index(next(n for n, option in enumerate(choice.options) if option.startswith(plan))).run()
    assert not test.exception
    assert (figures(test)["SIMs to order for"], figures(test)["Sum"]) == ("3", total)
    assert set(test.dataframe[0].value["plan"]) == {plan}
    test.button(key="changes:confirm").click().run()
    assert [(batch["kind"], batch["items"]) for batch in batches(home)] == [(what, 3)]


def test_a_second_click_on_the_same_form_makes_no_second_batch(home, able, people, opened):
    ids = able(2)
    test = opened(ids)
    test.button(key="changes:confirm").click().run()
    with home.db.write() as tx:
        again = renewals.propose(
            tx, people["operator"], kind="suspend", sim_ids=ids, form_key=test.session_state["form:changes"]
        )
    assert [batch["id"] for batch in batches(home)] == [again.batch]
    test.button(key="changes:more").click().run()
    assert not test.exception
    assert "No SIMs chosen" in [head.value for head in test.subheader]


def test_the_page_speaks_chinese(home, able, opened):
    with words.speaking("zh_CN"):  # as AppTest reads what was chosen
        test = opened(able(2), "add-on", language="zh_CN")
    assert not test.exception
    assert "停复机与套餐变更" in [title.value for title in test.title]
    assert "加油包" in [box.label for box in test.selectbox]


NUMBER, PIN = "13579135791357913", "246802468024680246"


def enter(test, *, card=NUMBER, amount=50):
    test.text_input(key="recharge:number").set_value(card)
    test.text_input(key="recharge:pin").set_value(PIN)
    test.number_input(key="recharge:amount").set_value(amount)
    return next(button for button in test.button if button.label == "Submit for review").click().run()


def shown(test):
    kept = dict(test.session_state._state.filtered_state.items())
    return f"{kept} {[block.value for block in (*test.markdown, *test.warning, *test.text)]}"


def test_a_recharge_card_goes_in_and_is_shown_to_nobody_again(home, able, page):
    able(1)
    test = enter(page("sim", iccid="8986000000000000001"))
    assert not test.exception
    assert [(batch["kind"], batch["items"], batch["amount_fen"]) for batch in batches(home)] == [("recharge", 1, 5000)]
    assert any("sealed and shown to nobody" in block.value for block in test.markdown)
    assert "recharge:made" in shown(test)
    assert NUMBER not in shown(test)
    assert PIN not in shown(test)
    assert not any("usually have" in warning.value for warning in test.warning)
    batch = page("batches", "approver", batch="1")
    assert "Recharge card ending 7913, ¥50.00" in [text.value for text in batch.text]
    # Its batch waits: until then the card takes no other.
    assert any("already in another open batch" in caption.value for caption in test.caption)


def test_an_unusual_length_is_taken_with_a_warning_and_a_used_card_is_not(home, able, page):
    able(2)
    test = enter(page("sim", iccid="8986000000000000001"), card="1234567890")
    assert any("usually have 17" in warning.value for warning in test.warning)
    again = enter(page("sim", iccid="8986000000000000002"), card="1234567890")
    assert any("entered before, by operator" in error.value for error in again.error)
    assert len(batches(home)) == 1


def test_an_incomplete_form_asks_for_the_rest(home, able, page):
    able(1)
    test = enter(page("sim", iccid="8986000000000000001"), card="")
    assert any("Type number, PIN and amount" in warning.value for warning in test.warning)
    assert batches(home) == []


def test_who_may_not_propose_is_offered_neither_recharge_nor_other_services(home, able, page):
    able(1)
    for who in ("viewer", "approver", "administrator"):
        test = page("sim", who, iccid="8986000000000000001")
        assert not test.exception
        assert not [field for field in test.text_input if str(field.key).startswith("recharge")]
        assert "Other services" not in [button.label for button in test.button]
