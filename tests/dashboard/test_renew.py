"""The Renew page: what would be ordered and what not, one batch per form, handed to another person."""

from datetime import timedelta

from dashboard.widgets import RENEW_SELECTION
from data.database import Query
from data.renewals import store as renewals
from data.sims.filter import SimFilter
from tests.conftest import PASSWORD

BATCHES = Query(
    "all_batches", "Every batch.", "SELECT id, items, amount_fen, note, state, form_key FROM batch ORDER BY id"
)


def _batches(home):
    return home.db.read().rows(BATCHES)


def _figures(test):
    return {metric.label: metric.value for metric in test.metric}


def test_with_no_sims_due_the_page_says_how_to_choose_some(home, fleet, page):
    test = page("renew", "operator")
    assert not test.exception
    assert "No SIMs chosen" in [head.value for head in test.subheader]


def test_only_who_may_propose_sees_the_page(home, fleet, page):
    fleet(2)
    for who in ("viewer", "approver", "administrator"):
        test = page("renew", who)
        assert not test.exception
        assert "Not for your role" in [title.value for title in test.title]


def test_the_due_list_shows_price_and_dates_before_anything_is_ordered(home, fleet, page):
    fleet(3)
    test = page("renew", "operator")
    assert not test.exception
    assert _figures(test)["SIMs to renew"] == "3"
    assert _figures(test)["Sum"] == "¥54.00"
    table = test.dataframe[0].value
    assert list(table["new_expiry"].astype(str)) == ["2027-12-12"] * 3
    assert list(table["amount_fen"]) == [18.0] * 3
    assert _batches(home) == []


def test_refused_sims_are_counted_by_reason(home, fleet, page):
    fleet(1)
    fleet(2, auto_renew=True)
    test = page("renew", "operator")
    assert _figures(test)["Refused"] == "2"
    view = next(control for control in test.button_group if control.key == "renew:view")
    view.set_value("refused").run()
    reasons = test.dataframe[0].value
    assert list(reasons["refusal"]) == ["The carrier renews this card by itself (auto-renew is on)"]
    assert list(reasons["sims"]) == ["2"]


def test_a_long_preview_is_read_a_page_at_a_time(home, fleet, page):
    fleet(120)
    fleet(60, auto_renew=True)
    test = page("renew", "operator")
    assert (_figures(test)["SIMs to renew"], _figures(test)["Refused"]) == ("120", "60")
    assert len(test.dataframe[0].value) == 50
    view = next(control for control in test.button_group if control.key == "renew:view")
    view.set_value("refused").run()
    assert not test.exception
    assert [len(frame.value) for frame in test.dataframe] == [1, 50]


def test_a_card_type_narrows_the_choice(home, fleet, page):
    fleet(1)
    fleet(2, network="2G")
    test = page("renew", "operator")
    control = next(control for control in test.button_group if control.key == "renew:network")
    control.set_value("2G").run()
    assert _figures(test)["SIMs to renew"] == "2"


def test_two_years_cost_two_terms(home, fleet, page):
    fleet(1)
    test = page("renew", "operator")
    test.selectbox(key="renew:months").select(24).run()
    assert _figures(test)["Sum"] == "¥36.00"
    assert list(test.dataframe[0].value["new_expiry"].astype(str)) == ["2028-12-12"]


def test_a_sim_that_expires_far_ahead_is_counted_apart(home, fleet, page):
    near, far = fleet(1), fleet(1, expires_on=home.clock.today() + timedelta(days=90))
    test = page("renew", "operator")
    test.session_state[RENEW_SELECTION] = SimFilter(sim_ids=(*near, *far))
    test.run()
    assert _figures(test)["Need the approver's word"] == "1"


def test_the_ticked_sims_arrive_from_the_list(home, fleet, page):
    ids = fleet(4)
    test = page("renew", "operator")
    test.session_state[RENEW_SELECTION] = SimFilter(sim_ids=tuple(ids[:2]))
    test.run()
    assert _figures(test)["SIMs to renew"] == "2"


def test_a_pasted_list_is_a_choice_and_unknown_lines_are_named(home, fleet, page):
    fleet(3)
    test = page("renew", "operator")
    source = next(control for control in test.button_group if str(control.key).startswith("renew:source"))
    test = source.set_value("pasted").run()
    test.text_area[0].set_value("8986000000000000001\nno such card")
    next(button for button in test.button if button.label == "Find these").click().run()
    assert not test.exception
    assert _figures(test)["SIMs to renew"] == "1"
    assert any("1 line not found" in caption.value for caption in test.caption)


def test_the_button_names_number_and_sum_and_makes_one_batch(home, fleet, page):
    fleet(3)
    test = page("renew", "operator")
    test.text_input(key="renew:remark").set_value("December mountain")
    button = test.button(key="renew:confirm")
    assert button.label == "Submit 3 SIMs for review · ¥54.00"
    button.click().run()
    assert not test.exception
    (batch,) = _batches(home)
    assert (batch["items"], batch["amount_fen"], batch["state"], batch["note"]) == (
        3,
        5400,
        "proposed",
        "December mountain",
    )
    assert any("approver, approver2" in text.value for text in test.text)


def test_refused_lines_are_spoken_of_only_when_there_are_some(home, fleet, page):
    fleet(2)
    test = page("renew", "operator")
    test.button(key="renew:confirm").click().run()
    assert not [caption for caption in test.caption if "refused" in caption.value]
    fleet(1)
    fleet(1, auto_renew=True)
    test.button(key="renew:more").click().run()
    test.button(key="renew:confirm").click().run()
    assert any("3 lines were refused" in caption.value for caption in test.caption)


def test_a_second_click_on_the_same_form_makes_no_second_batch(home, fleet, people, page):
    ids = fleet(3)
    test = page("renew", "operator")
    test.button(key="renew:confirm").click().run()
    # The second click of a double click carries the form key of the first.
    with home.db.write() as tx:
        again = renewals.propose(tx, people["operator"], sim_ids=ids, form_key=test.session_state["form:renew"])
    assert [batch["id"] for batch in _batches(home)] == [again.batch]
    assert not [button for button in test.button if button.key == "renew:confirm"]


def test_whoever_clicks_a_moment_after_another_is_told_that_nothing_is_left(home, fleet, people, page):
    ids = fleet(3)
    test = page("renew")
    assert not test.warning
    with home.db.write() as tx:
        renewals.propose(tx, people["operator"], sim_ids=ids, form_key="another window")
    test.button(key="renew:confirm").click().run()
    assert not test.exception
    assert "None of these can be ordered now" in test.warning[0].value
    assert renewals.batches(home.db.read(), limit=9, offset=0).num_rows == 1


def test_renewing_more_begins_another_form(home, fleet, page):
    fleet(3)
    test = page("renew", "operator")
    test.button(key="renew:confirm").click().run()
    before = test.session_state["form:renew"]
    test.button(key="renew:more").click().run()
    assert not test.exception
    assert "form:renew" not in test.session_state or test.session_state["form:renew"] != before
    assert _figures(test)["Refused"] == "3"  # they wait in the batch just made


def test_the_page_speaks_chinese(home, fleet, page):
    fleet(3)
    test = page("renew", "operator", language="zh_CN")
    assert test.button(key="renew:confirm").label == "提交复核 3 张 · ¥54.00"


def _stopped(home, fleet, count):
    fleet(count, status="stopped_expired")
    with home.db.write() as tx:
        tx.run(
            Query(
                "sims",
                "The cards themselves.",
                "INSERT INTO sim (sim_id, stem, iccid, carrier, status, observed_at) "
                "SELECT sim_id, stem, iccid, carrier, status, observed_at FROM sim_now",
            )
        )


def test_stopped_sims_within_the_lane_are_renewed_by_one_person_at_once(home, fleet, page):
    _stopped(home, fleet, 2)
    test = page("renew", "operator")
    assert not test.exception
    assert "Renew 2 SIMs at once · ¥36.00" in [button.label for button in test.button]
    test.button(key="urgent:order").click().run()
    assert "Type your password" in test.error[-1].value
    test.text_input(key="urgent:password").set_value(PASSWORD)
    test.button(key="urgent:order").click().run()
    assert not test.exception
    assert "Batch 1 · 2 SIMs ordered at once · ¥36.00" in [head.value for head in test.subheader]
    assert [(row["state"], row["items"]) for row in _batches(home)] == [("approved", 2)]


def test_beyond_the_lane_or_while_one_runs_nothing_urgent_is_offered(home, fleet, page):
    _stopped(home, fleet, 6)
    assert "urgent:order" not in {button.key for button in page("renew", "operator").button}


def test_a_sim_that_runs_is_no_urgent_one(home, fleet, page):
    _stopped(home, fleet, 1)
    fleet(1)
    assert "urgent:order" not in {button.key for button in page("renew", "operator").button}
