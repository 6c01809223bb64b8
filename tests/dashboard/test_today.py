"""The Today page: what must be placed per payee, what went dark, what is lost, what does not join, what runs dry."""

import threading
from datetime import date, timedelta

import pytest

from data.database import Query
from data.renewals import store as renewals
from data.sims.today import TO_PLACE
from jobs import roll_up

TODAY = date(2026, 11, 22)


def tables(test):
    return [table.value for table in test.dataframe]


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "administrator"])
@pytest.mark.parametrize(("language", "said"), [("en", "No SIMs yet"), ("zh_CN", "还没有流量卡")])
def test_an_empty_home_says_what_would_be_here(page, who, language, said):
    test = page("today", who, language=language)
    assert not test.exception
    assert said in [head.value for head in test.subheader]


def test_only_who_may_import_is_led_to_the_import_page(page):
    assert "Import files" in [link.value for link in page("today", "operator").page_link]
    assert "Import files" not in [link.value for link in page("today", "viewer").page_link]


def test_four_figures_open_the_page(page, fleet):
    fleet(2, act_by=TODAY)
    fleet(3, used_share=1.2)
    test = page("today")
    assert not test.exception
    figures = {metric.label: metric.value for metric in test.metric}
    assert figures["To be placed by today"] == "2"
    assert figures["Over quota"] == "3"
    assert len(figures) == 6  # four cards, and two of what is lost


def test_orders_of_today_are_summed_per_payee(page, fleet):
    fleet(2, act_by=TODAY)
    fleet(1, act_by=TODAY - timedelta(days=3), account="unicom-east", payee="unicom-east payee", price_fen=2500)
    fleet(4, act_by=TODAY + timedelta(days=1))
    test = page("today")
    payees = tables(test)[0]
    assert list(payees["payee"]) == ["unicom-east payee", "mobile-main payee"]
    assert list(payees["sims"]) == [1, 2]
    assert list(payees["amount"]) == [25.0, 36.0]
    assert payees["open"][1] == "/expiry?report=to_place&payee=mobile-main+payee"
    assert "Renew 3 SIMs · ¥61.00" in [button.label for button in test.button]


def test_renewing_today_hands_the_list_to_the_renew_page(page, fleet):
    fleet(2, act_by=TODAY)
    test = page("today")
    next(button for button in test.button if button.label.startswith("Renew 2")).click().run()
    assert test.session_state["renew:selection"] == TO_PLACE


@pytest.mark.parametrize("who", ["viewer", "approver", "administrator"])
def test_who_may_not_propose_sees_the_sums_but_no_button(page, fleet, who):
    fleet(2, act_by=TODAY)
    test = page("today", who)
    assert not test.exception
    assert not any(button.label.startswith("Renew") for button in test.button)


def test_loss_is_in_takings_where_known_and_in_days_where_not(page, fleet):
    fleet(1, expires_on=TODAY + timedelta(days=9), terminal_status="in_use", monthly_takings_fen=3_000_000)
    fleet(1, expires_on=TODAY + timedelta(days=9), terminal_status="in_use")
    figures = {metric.label: metric.value for metric in page("today").metric}
    assert figures["Takings lost in 30 days"] == "¥20,000.00"
    assert figures["Days dark where takings are not known"] == "20"


def test_sections_with_nothing_to_tell_say_so(page, fleet):
    fleet(1, act_by=TODAY + timedelta(days=9), merchant_id=1, contact_phone="13800000000")
    captions = [caption.value for caption in page("today").caption]
    assert "Nothing has to be placed today." in captions
    assert "No terminal lost its card's service." in captions
    assert "No SIM is low on data." in captions


def test_what_does_not_join_leads_to_its_cards(page, fleet):
    fleet(2, terminal_key=None)
    lines = next(table for table in tables(page("today")) if "said" in table.columns)
    line = lines[lines["said"].str.startswith("Cards without a terminal")].iloc[0]
    assert line["count"] == 2
    assert line["open"] == "/expiry?report=cards_without_terminal"


def test_a_page_in_chinese_speaks_chinese_only(page, fleet):
    fleet(2, act_by=TODAY, price_fen=None)
    test = page("today", language="zh_CN")
    assert not test.exception
    said = [head.value for head in test.subheader] + [metric.label for metric in test.metric]
    assert all(any("一" <= letter <= "龥" for letter in words) for words in said), said


@pytest.mark.parametrize("name", ["today", "expiry"])
def test_a_year_without_published_working_days_is_named_until_the_home_adds_them(home, page, fleet, name):
    fleet(2, act_by=TODAY)
    said = "Working days of 2027 are not published yet; weekdays are counted. Add holidays.toml to the home."
    assert said in [caption.value for caption in page(name).caption]
    (home.path / "holidays.toml").write_text("holidays = [2027-01-01]", encoding="utf-8")
    roll_up.run(home, threading.Event())
    assert said not in [caption.value for caption in page(name).caption]


def late(test, column):
    return next((table for table in tables(test) if column in table and "days" in table), None)


@pytest.mark.parametrize("who", ["viewer", "operator", "finance"])
def test_a_payee_that_has_not_answered_in_time_is_named_until_he_has(home, page, fleet, who):
    fleet(3)
    add = [
        (
            "INSERT INTO worklist (id, batch, account, payee, items, amount_fen, answer_by, made_by, made_at) VALUES "
            "(1, 1, 'mobile-main', 'Agent Wang', 2, 3600, DATE '2026-11-19', 1, $now), (2, 1, 'mobile-main', 'Agent Wang', 1, 1800, DATE '2026-11-22', 1, $now)"
        ),
        (
            "INSERT INTO obligation (id, digest, key, sim_id, account, stem, kind, seq) "
            "SELECT sim_id, uuid(), sim_id, sim_id, account, stem, 'renew', 1 FROM sim_now"
        ),
        "INSERT INTO state (obligation, st, n, changed_at) SELECT id, 'unknown', 1, $now FROM obligation",
        (
            "INSERT INTO attempt (obligation, n, batch, plan, months, amount_fen, currency, order_no, request_sha256, sent_at, deadline_at) "
            "SELECT id, 1, 1, 'p', 12, 1800, 'CNY', id, 'x', $now, $now FROM obligation"
        ),
        "INSERT INTO worklist_item (obligation, n, worklist) VALUES (1, 1, 1), (2, 1, 1), (3, 1, 2)",
    ]
    with home.db.write() as tx:
        for text in add:
            tx.run(Query("add", "By a test.", text), now=tx.now)
    told = late(page("today", who), "payee").iloc[0]
    assert (told["payee"], told["lists"], told["orders"], told["amount_fen"], told["days"]) == (
        "Agent Wang",
        "1",
        "2",
        36.0,
        "3",
    )
    assert told["open"] == "/worklists#Offline worklists"
    with home.db.write() as tx:
        tx.run(Query("answer", "By a test.", "UPDATE state SET st = 'succeeded'"))
    assert late(page("today", who), "payee") is None


def test_a_batch_whose_cards_should_have_been_ordered_is_late_until_they_are(home, page, fleet, people):
    ids = [*fleet(2, act_by=TODAY - timedelta(days=2)), *fleet(1, act_by=TODAY)]
    with home.db.write() as tx:
        made = renewals.propose(tx, people["operator"], sim_ids=ids, form_key="one", note="end of year").batch
    told = late(page("today"), "batch").iloc[0]
    assert (told["batch"], told["orders"], told["amount_fen"], told["days"], told["maker"]) == (
        f"/batches?batch={made}#{made}",
        "2",
        36.0,
        "2",
        "operator",
    )
    with home.db.write() as tx:
        renewals.cancel(tx, people["operator"], batch=made)
    assert late(page("today"), "batch") is None
