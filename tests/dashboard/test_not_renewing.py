"""The page Not renewing: proposals with their evidence, what is decided and saves, what is asked once more; and its lines elsewhere."""

from datetime import date, timedelta

import pytest

from data.database import Query

TODAY = date(2026, 11, 22)
ROLES = ("viewer", "operator", "approver", "administrator")


@pytest.fixture
def cards(home, fleet):
    """Three proposals and three decisions, as rows of the joined view with the cards under them."""
    ids = fleet(2, evidence="terminal_withdrawn silent", last_sign_on=date(2026, 8, 1), auto_renew=True)
    ids += fleet(1, evidence="idle", idle_months=3, term_months=6, act_by=TODAY)
    declined = {"decision": "decline", "due": False, "decider": "operator", "decided_on": date(2026, 11, 20)}
    far, near = TODAY + timedelta(days=90), TODAY + timedelta(days=7)
    ids += fleet(1, **declined, decision_reason="Merchant closed", cancel_by=far)
    ids += fleet(1, **declined, decision_evidence='{"terminal_stock":{}}', cancel_by=near)
    ids += fleet(1, **declined, decision_confirmed_on=TODAY, cancel_by=near)
    fleet(4)
    statement = """INSERT INTO sim (sim_id, stem, iccid, plan_id, expires_on, status, decision, decided_on, observed_at)
        SELECT sim_id, stem, iccid, plan_id, expires_on, status, decision, decided_on, observed_at FROM sim_now"""
    with home.db.write() as tx:
        tx.run(Query("cards", "The cards under the joined rows.", statement))
    return ids


def kept(home, *sim_ids):
    sql = "SELECT decision, decision_reason, decision_evidence, decision_confirmed_on FROM sim WHERE sim_id IN ({})"
    return [
        tuple(row.values())
        for row in home.db.read().rows(Query("k", "k", sql.format(", ".join(map(str, sim_ids)) + ") ORDER BY (sim_id")))
    ]


def ticked(test, key, ids):
    """What ticking rows leaves behind: the selection, and a table drawn anew."""
    test.session_state[f"{key}:selected"] = frozenset(ids)
    test.session_state[f"{key}:turn"] = 1
    return test.run()


def labels(test):
    return [button.label for button in test.button]


def table_with(test, column):
    return next(table.value for table in test.dataframe if column in table.value.columns)


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize(("language", "said"), [("en", "Nothing to leave out"), ("zh_CN", "没有要放弃的卡")])
def test_a_home_without_proposals_says_what_would_be_here(page, fleet, who, language, said):
    fleet(2)
    test = page("not_renewing", who, language=language)
    assert not test.exception
    assert said in [head.value for head in test.subheader]


@pytest.mark.parametrize("who", ROLES)
def test_everyone_sees_the_proposals_with_their_evidence_nearest_first(page, cards, who):
    test = page("not_renewing", who)
    assert not test.exception
    table = table_with(test, "said")
    assert list(table["said"]) == [
        "3 months without usage",
        "The terminal is withdrawn · No sign-in or trade since 2026-08-01",
        "The terminal is withdrawn · No sign-in or trade since 2026-08-01",
    ]
    assert list(table["year_fen"]) == [36.0, 18.0, 18.0]
    captions = [caption.value for caption in test.caption]
    assert "2 of them renew by themselves at the carrier; switch that off there too." in captions


def test_four_figures_say_what_is_proposed_saved_and_asked_once_more(page, cards):
    figures = {metric.label: (metric.value, metric.delta) for metric in page("not_renewing").metric}
    assert figures == {
        "Proposals": ("3", "would save ¥72.00 a year"),
        "Not renewed": ("3", "¥54.00 with the next term"),
        "Saved a year": ("¥54.00", "by all decisions not to renew"),
        "To be asked once more": ("1", "gone within 7 days"),
    }


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator"])
def test_who_may_not_decide_finds_nothing_to_tick_and_no_button(page, cards, who):
    test = ticked(page("not_renewing", who), "not_renewing:proposals", cards[:2])
    assert not test.exception
    assert not any(label.startswith(("Do not renew", "Renew", "Keep", "Tick")) for label in labels(test))
    assert not any(frame.proto.selection_mode for frame in test.dataframe)
    assert any(frame.proto.selection_mode for frame in page("not_renewing", "operator").dataframe)


def test_proposals_are_accepted_in_bulk_with_the_sum_on_the_button(home, page, cards):
    test = ticked(page("not_renewing"), "not_renewing:proposals", cards[:3])
    assert "Do not renew 3 SIMs · saves ¥54.00" in labels(test)
    test.button(key="not_renewing:proposals:accept").click().run()
    assert not test.exception
    evidence = '{"silent":{"last_sign_on":"2026-08-01"},"terminal_withdrawn":{}}'
    assert kept(home, *cards[:3]) == [
        ("decline", None, evidence, None),
        ("decline", None, evidence, None),
        ("decline", None, '{"idle":{"idle_months":3}}', None),
    ]
    assert [toast.value for toast in test.toast] == ["Decided for 3 SIMs"]


def test_a_single_proposal_is_turned_down_with_a_reason(home, page, cards):
    test = ticked(page("not_renewing"), "not_renewing:proposals", cards[:1])
    test.text_input(key="not_renewing:proposals:reason").set_value("Moves to a branch")
    test.button(key="not_renewing:proposals:renew").click().run()
    assert kept(home, cards[0])[0][:2] == ("renew", "Moves to a branch")
    assert kept(home, cards[1])[0][0] is None
    assert len(table_with(test, "said")) == 2


def test_tick_all_takes_every_proposal_of_the_filter(page, cards):
    test = page("not_renewing")
    next(one for one in test.button_group if one.key == "not_renewing:evidence").set_value("silent").run()
    assert len(table_with(test, "said")) == 2
    test.button(key="not_renewing:proposals:all").click().run()
    assert test.session_state["not_renewing:proposals:selected"] == frozenset(cards[:2])


def test_decisions_show_reason_person_day_and_until_when_they_can_be_undone(page, cards):
    test = page("not_renewing", "viewer", view="decided")
    table = next(frame.value for frame in test.dataframe if len(frame.value) == 3)
    assert [str(day)[:10] for day in table["cancel_by"]] == ["2026-11-29", "2026-11-29", "2027-02-20"]
    assert list(table["days"]) == ["7", "7", "90"]
    assert set(table["why"]) == {"The terminal lies in stock", "", "Merchant closed"}
    assert set(table["who"]) == {"operator"}


def test_a_decision_is_taken_back_from_the_list(home, page, cards):
    test = ticked(page("not_renewing", view="decided"), "not_renewing:decided", cards[3:4])
    next(button for button in test.button if button.key == "not_renewing:decided:renew:verb").click().run()
    assert not test.exception
    assert kept(home, cards[3])[0][0] == "renew"


def test_what_is_soon_gone_is_asked_about_once_more_and_kept(home, page, cards):
    test = page("not_renewing")
    assert "Keep 1 SIM not renewed" in labels(test)
    test.button(key="not_renewing:again:verb").click().run()
    assert not test.exception
    assert kept(home, cards[4])[0] == ("decline", None, None, TODAY)
    assert not any(label.startswith("Keep") for label in labels(test))


def test_what_is_soon_gone_is_renewed_after_all(home, page, cards):
    page("not_renewing").button(key="not_renewing:again:renew:verb").click().run()
    assert kept(home, cards[4])[0][0] == "renew"


@pytest.mark.parametrize("who", ROLES)
def test_today_says_what_is_soon_gone_and_only_then(page, cards, who):
    said = "1 SIM that is not to be renewed is soon gone for good: look once more."
    assert said in [warning.value for warning in page("today", who).warning]


def test_today_is_silent_where_nothing_is_soon_gone(page, fleet):
    fleet(1, decision="decline", due=False, cancel_by=TODAY + timedelta(days=8))
    assert not page("today").warning


def test_the_page_speaks_chinese(page, cards):
    test = page("not_renewing", language="zh_CN")
    assert not test.exception
    said = [head.value for head in test.subheader] + [metric.label for metric in test.metric] + labels(test)[:4]
    assert all(any("一" <= letter <= "龥" for letter in words) for words in said if words), said


def test_the_sims_page_shows_decision_reason_person_and_what_speaks_against_it(page, cards):
    test = page("sim", iccid="8986000000000000004")
    shown = " ".join(str(text.value) for text in [*test.markdown, *test.caption, *test.text])
    assert "Merchant closed · operator · 2026-11-20" in shown
    test = page("sim", iccid="8986000000000000001")
    shown = " ".join(str(text.value) for text in [*test.markdown, *test.caption, *test.text])
    assert "Not decided yet" in shown
    assert "The terminal is withdrawn · No sign-in or trade since 2026-08-01" in shown
