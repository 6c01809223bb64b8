"""The Expiry page: what ends when, ticked across pages, decided on, handed to Renew."""

from datetime import date, timedelta

import pytest

from data.database import Query
from data.sims.filter import SimFilter

TODAY = date(2026, 11, 22)


def tick(test, ids):
    """What ticking rows on other pages leaves behind: the selection, and a table drawn anew."""
    test.session_state["expiry:selected"] = frozenset(ids)
    test.session_state["expiry:turn"] = 1
    return test.run()


def decide(test, decision, *, reason):
    next(one for one in test.button_group if one.key == "expiry:bulk:decision").set_value(decision)
    test.text_input(key="expiry:bulk:reason").set_value(reason)
    return next(one for one in test.form_submit_button if one.label.startswith("Decide for")).click().run()


def decisions(home):
    rows = home.db.read().rows(Query("decisions", "What was decided.", "SELECT DISTINCT decision FROM sim_now"))
    return {row["decision"] for row in rows}


def buttons(test):
    return [button.label for button in test.button]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "administrator"])
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_everyone_sees_an_empty_page_that_says_so(page, fleet, who, language):
    test = page("expiry", who, language=language)
    assert not test.exception
    assert {"en": "No SIM here", "zh_CN": "这里没有流量卡"}[language] in [head.value for head in test.subheader]


def test_rows_stand_by_the_day_to_act_with_expiry_days_left_and_cancel_by_beside_it(page, fleet):
    fleet(
        1,
        act_by=TODAY + timedelta(days=9),
        expires_on=TODAY + timedelta(days=12),
        cancel_by=TODAY + timedelta(days=102),
    )
    fleet(1, act_by=TODAY, expires_on=TODAY + timedelta(days=3), merchant="Tea house")
    table = page("expiry").dataframe[0].value
    assert [cell[0] for cell in table["act_by"]] == ["2026-11-22", "2026-12-01"]
    assert list(table["days_left"]) == [3, 12]
    assert list(table["merchant"]) == ["Tea house", "Noodle bar 1"]
    assert str(table["cancel_by"][1])[:10] == "2027-03-04"
    assert list(table.columns)[:5] == ["card", "act_by", "days_left", "expires_on", "cancel_by"]


def test_every_row_leads_to_its_card_and_its_terminal(page, fleet):
    fleet(1)
    row = page("expiry").dataframe[0].value.iloc[0]
    assert row["card"] == "/sim?iccid=8986000000000000001"
    assert row["terminal"] == "/terminal?id=1&tid=T0000001"


def test_a_list_of_more_than_a_page_is_cut_in_sql(page, fleet):
    fleet(70)
    test = page("expiry")
    assert len(test.dataframe[0].value) == 50
    assert "1–50 of 70" in [caption.value for caption in test.caption]
    test.pagination[0].set_value(2).run()
    assert len(test.dataframe[0].value) == 20
    assert "51–70 of 70" in [caption.value for caption in test.caption]


def test_a_link_opens_the_page_with_its_filter_set(page, fleet):
    fleet(2, status="stopped_expired")
    fleet(3)
    assert len(page("expiry", quick="stopped").dataframe[0].value) == 2


def test_a_line_of_the_join_report_narrows_the_list_and_says_so(page, fleet):
    fleet(2, price_fen=None)
    fleet(3)
    test = page("expiry", report="plans_without_price")
    assert len(test.dataframe[0].value) == 2
    assert any("Plans without a price" in str(mark.value) for mark in test.markdown)


def test_without_a_tick_there_is_no_bar(page, fleet):
    fleet(2)
    assert not any(label.startswith("Renew") for label in buttons(page("expiry")))


def test_the_bar_says_how_many_for_how_much(page, fleet):
    ids = fleet(3)
    test = tick(page("expiry"), ids)
    assert "**3 SIMs selected**" in [text.value for text in test.markdown]
    assert "Renew 3 SIMs · ¥54.00" in buttons(test)


def test_ticks_on_other_pages_stay(page, fleet):
    ids = fleet(70)
    test = tick(page("expiry"), ids[60:])
    test.pagination[0].set_value(2).run()
    test.pagination[0].set_value(1).run()
    assert test.session_state["expiry:selected"] == frozenset(ids[60:])


def test_tick_all_takes_every_card_of_the_filter_not_of_the_page(page, fleet):
    ids = fleet(70)
    test = tick(page("expiry"), ids[:1])
    test.button(key="expiry:all").click().run()
    assert not test.exception
    assert test.session_state["expiry:selected"] == frozenset(ids)
    assert "Renew 70 SIMs · ¥1,260.00" in buttons(test)


def test_a_viewer_may_tick_but_neither_decide_nor_renew(page, fleet):
    ids = fleet(3)
    test = tick(page("expiry", "viewer"), ids)
    assert "**3 SIMs selected**" in [text.value for text in test.markdown]
    assert not any(label.startswith(("Renew", "Decide")) for label in buttons(test))


def test_renew_hands_the_ticked_cards_to_the_renew_page(page, fleet):
    ids = fleet(3)
    test = tick(page("expiry"), ids[:2])
    test.button(key="expiry:renew").click().run()
    assert test.session_state["renew:selection"] == SimFilter(sim_ids=tuple(ids[:2]))


def test_a_decision_not_to_renew_needs_a_reason(home, page, fleet):
    ids = fleet(2)
    test = tick(page("expiry"), ids)
    decide(test, "decline", reason="")
    assert [toast.value for toast in test.toast] == ["Choose a decision; not renewing and swapping need a reason."]
    assert decisions(home) == {None}


def test_a_decision_is_kept_for_every_ticked_card(home, page, fleet):
    ids = fleet(3)
    cards = "INSERT INTO sim (sim_id, stem, iccid, observed_at) SELECT sim_id, stem, iccid, observed_at FROM sim_now"
    with home.db.write() as tx:
        tx.run(Query("cards", "The cards under the joined rows.", cards))
    test = tick(page("expiry"), ids[:2])
    decide(test, "decline", reason="Merchant closed")
    assert not test.exception
    kept = home.db.read().rows(
        Query("kept", "What was decided.", "SELECT sim_id, decision, decision_reason FROM sim ORDER BY sim_id")
    )
    assert [(row["decision"], row["decision_reason"]) for row in kept] == [("decline", "Merchant closed")] * 2 + [
        (None, None)
    ]


def test_one_cell_says_what_the_card_is_and_what_is_under_way(home, page, fleet):
    (sim_id,) = fleet(1, decision="undecided")
    with home.db.write() as tx:
        tx.run(
            Query(
                "b",
                "b",
                "INSERT INTO batch (id, form_key, maker, content_hash, items, refused, amount_fen, state, proposed_at)"
                " VALUES (1, 'f', 1, 'h', 1, 0, 1800, 'proposed', $now)",
            ),
            now=tx.now,
        )
        tx.run(
            Query(
                "l",
                "l",
                "INSERT INTO batch_line (batch, line, digest, sim_id, iccid) VALUES (1, 1, uuid(), $sim_id, 'x')",
            ),
            sim_id=sim_id,
        )
    cell = page("expiry").dataframe[0].value["status"][0]
    assert list(cell) == ["active", "renewal:proposed"]


def test_every_due_card_shows_its_decision_with_reason_person_and_day(page, fleet):
    fleet(1, decision="swap", decision_reason="2G goes dark", decider="operator", decided_on=TODAY, act_by=TODAY)
    fleet(
        1,
        decision="undecided",
        decision_evidence='{"works_again":{"day":"2026-11-20"}}',
        decider="system",
        decided_on=TODAY,
    )
    fleet(2, due=False, expires_on=TODAY + timedelta(days=40))
    table = page("expiry").dataframe[0].value
    assert [cell and list(cell) for cell in table["decision"]] == [["swap"], ["undecided"], None, None]
    said = "The terminal worked again on 2026-11-20, after it was decided not to renew · Flowcard · 2026-11-22"
    assert list(table["decided"])[:2] == ["2G goes dark · operator · 2026-11-22", said]


def test_a_due_card_nobody_has_decided_on_is_not_decided_yet_by_nobody(page, fleet):
    fleet(1)
    table = page("expiry").dataframe[0].value
    assert list(table["decision"][0]) == ["undecided"]
    assert "decided" not in table.columns


def test_what_is_not_renewed_leaves_the_list_its_sums_and_the_way_there_stays(page, fleet):
    fleet(2)
    fleet(1, decision="decline", due=False)
    test = page("expiry")
    assert len(test.dataframe[0].value) == 2
    assert "1 SIM is not to be renewed" in [link.proto.label for link in test.get("link_button")]
    assert len(page("expiry", decision="decline").dataframe[0].value) == 1
    assert len(page("expiry", decision="undecided").dataframe[0].value) == 2
