"""The page Notices: empty, full, one of them, typed in with evidence, handed over; its lines on Today and on a card's page."""

from datetime import date, timedelta

import pytest

from data.database import Query
from data.people.rules import SYSTEM
from data.plans import notices
from data.plans.notice_rules import Change, PlanPrice
from data.plans.notices import Draft
from data.sims.filter import SimFilter

TODAY = date(2026, 11, 22)
ICCID = "8986000000000000001"
ROLES = ("viewer", "operator", "approver", "finance", "administrator")
CARDS = """INSERT INTO sim (sim_id, stem, iccid, plan_id, status, expires_on, observed_at)
    SELECT sim_id, stem, iccid, plan_id, status, expires_on, observed_at FROM sim_now"""


@pytest.fixture
def notice(home, people, fleet):
    """Three SIMs whose plan costs ¥20.00 instead of ¥18.00 from next year on, as a comparison found it."""
    fleet(3, expires_on=date(2027, 3, 31))
    with home.db.write() as tx:
        tx.run(Query("cards", "By a test.", CARDS))
        said = {"plan": "CM-30M-12", "months": 12, "before_fen": 1800, "after_fen": 2000}
        price = PlanPrice(1, 12, 1800, 2000)
        notices.find(
            tx,
            SYSTEM,
            changes=[
                Change("price", said, "k", carrier="mobile", channel="", effective_on=date(2027, 1, 1), plan=price)
            ],
            source="import 7",
        )
    return notices.notices(home.db.read())[0].notice_id


def type_in(home, people, **more):
    told = {"kind": "other", "subject": "Typed **here**", "reach": "account", "account": "mobile-main"} | more
    with home.db.write() as tx:
        return notices.type_in(tx, people["operator"], draft=Draft(**told), form_key=str(more))


def tables(test):
    return [table.value for table in test.dataframe]


def labels(test):
    return [button.label for button in test.button]


def metrics(test):
    return {metric.label: metric.value for metric in test.metric}


def press(test, start):
    next(button for button in test.button if button.label.startswith(start)).click()
    return test.run()


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize(("language", "title"), [("en", "No notices yet"), ("zh_CN", "还没有变更通知")])
def test_an_empty_home_says_what_would_be_here(page, who, language, title):
    test = page("notices", who, language=language)
    assert not test.exception
    assert title in [head.value for head in test.subheader]


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_everyone_reads_what_waits_and_what_it_costs(page, notice, who, language):
    test = page("notices", who, language=language)
    assert not test.exception
    row = tables(test)[0].iloc[0]
    assert "¥20.00" in row["said"] and "¥18.00" in row["said"]
    assert (row["cards"], row["more_fen"]) == ("3", 6.0)
    assert str(row["effective_on"])[:10] == "2027-01-01"


@pytest.mark.parametrize("who", ROLES)
def test_one_notice_tells_prices_cards_and_their_coming_year(page, notice, who):
    test = page("notices", who, notice=str(notice))
    assert not test.exception
    told = metrics(test)
    assert (told["At the old price"], told["At the new price"], told["More within a year"]) == (
        "¥54.00",
        "¥60.00",
        "¥6.00",
    )
    assert "CM-30M-12: 12 months cost ¥20.00 instead of ¥18.00" in [text.value for text in test.text]
    assert len(tables(test)[1]) == 3
    may = who in {"operator", "approver"}
    assert ("I have looked at it" in labels(test)) == may
    assert any(label.startswith("Renew 3 SIMs") for label in labels(test)) == (who == "operator")


@pytest.mark.parametrize("asked", ["99", "x", "9" * 30])
def test_an_address_that_names_no_notice_says_so(page, notice, asked):
    test = page("notices", notice=asked)
    assert not test.exception
    assert any("There is no notice" in head.value for head in test.subheader)


def test_an_acknowledgement_keeps_who_and_why_and_leaves_the_list(home, page, notice):
    test = page("notices", "approver", notice=str(notice))
    test.text_area(key=f"notices:note:{notice}").set_value("negotiated: ¥19").run()
    press(test, "I have looked at it")
    found = notices.one(home.db.read(), notice)
    assert (found.acknowledger, found.note) == ("approver", "negotiated: ¥19")
    test = page("notices", "approver")
    assert "No notice waits" in [head.value for head in test.subheader]
    test.segmented_control(key="notices:view").set_value("all").run()
    assert len(tables(test)[0]) == 1


@pytest.mark.parametrize(
    ("label", "key", "kind"),
    [
        ("Renew 3", "renew:selection", None),
        ("Change the plan", "changes:selection", "plan-change"),
        ("Stop SIMs", "changes:selection", "suspend"),
    ],
)
def test_its_cards_are_handed_over(page, notice, label, key, kind):
    test = press(page("notices", notice=str(notice)), label)
    assert test.session_state[key] == SimFilter(notice_id=notice)
    assert kind is None or test.session_state["changes:kind"] == kind


def test_renew_opens_with_its_cards(page, notice):
    test = press(page("notices", notice=str(notice)), "Renew 3")
    test.switch_page("app_pages/renew.py").run()
    assert not test.exception
    assert any(label.startswith("Propose") or "3" in label for label in labels(test))


def form(test, part):
    return next(
        one.key
        for kind in (test.text_input, test.text_area)
        for one in kind
        if one.key and one.key.endswith(f":{part}")
    )


def test_a_pasted_sms_is_kept_with_its_plans_prices(home, page, people, fleet):
    fleet(2)
    test = page("notices", "operator")
    test.segmented_control(key="notices:view").set_value("new").run()
    test.text_input(key=form(test, "subject")).set_value("From January on ¥20")
    test.text_area(key=form(test, "text")).set_value("Dear customer …")
    test.multiselect[0].set_value([1]).run()
    assert "It concerns 2 SIMs in service." in [caption.value for caption in test.caption]
    test.text_input(key=form(test, "price:1")).set_value("20.00")
    test = press(test, "Keep the notice")
    assert not test.exception and not test.error
    found = notices.notices(home.db.read())[0]
    assert (found.said(), found.text, found.cards, found.source) == (
        "From January on ¥20",
        "Dear customer …",
        2,
        "operator",
    )
    assert notices.prices_of(home.db.read(), found.notice_id)[0]["new_fen"] == 2000
    assert test.query_params["notice"] == str(found.notice_id)


def test_what_is_missing_is_said_and_nothing_is_kept(home, page, people, fleet):
    test = page("notices", "operator")
    test.segmented_control(key="notices:view").set_value("new").run()
    test = press(test, "Keep the notice")
    assert "Say in a few words" in test.error[0].value
    assert notices.notices(home.db.read()) == []


@pytest.mark.parametrize("who", ["viewer", "finance", "administrator"])
def test_who_may_not_keep_notices_is_not_asked_for_one(page, who):
    test = page("notices", who)
    assert "new" not in test.segmented_control(key="notices:view").options
    assert len(test.segmented_control(key="notices:view").options) == 2


def test_today_tells_what_takes_effect_soon_until_somebody_looked(home, page, people, notice):
    type_in(home, people, effective_on=TODAY + timedelta(days=9))
    near = [table for table in tables(page("today")) if "said" in table and "open" in table]
    assert list(near[0]["said"]) == ["Typed **here**"], "next year is not near yet"
    for one in notices.notices(home.db.read()):
        with home.db.write() as tx:
            notices.acknowledge(tx, people["operator"], notice_id=one.notice_id)
    assert not any("open" in table and "effective_on" in table for table in tables(page("today")))


def test_a_cards_page_tells_what_concerns_it_as_plain_text(home, page, people, notice):
    type_in(home, people)
    test = page("sim", iccid=ICCID)
    assert not test.exception
    told = [text.value for text in test.text]
    assert "Typed **here**" in told and "CM-30M-12: 12 months cost ¥20.00 instead of ¥18.00" in told
    assert [link.value for link in test.page_link].count("Open the notice") == 2


def test_a_notice_without_cards_says_so(home, page, people, notice):
    with home.db.write() as tx:
        tx.run(Query("gone", "By a test.", "UPDATE sim_now SET live = false"))
    test = page("notices", notice=str(notice))
    assert not test.exception
    assert "It concerns no SIM in service." in [caption.value for caption in test.caption]
    assert not any(label.startswith("Renew") for label in labels(test))


def test_before_it_is_kept_the_form_counts_what_it_concerns(page, people, fleet):
    fleet(2)
    fleet(3, account="unicom-east")
    test = page("notices", "operator")
    test.segmented_control(key="notices:view").set_value("new").run()

    def counted():
        return next(caption.value for caption in test.caption if caption.value.startswith("It concerns"))

    assert counted() == "It concerns 0 SIMs in service."
    test.multiselect[0].set_value([1]).run()
    assert counted() == "It concerns 5 SIMs in service."
    reach = next(control for control in test.segmented_control if control.key.endswith(":reach"))
    reach.set_value("account").run()
    assert counted() == "It concerns 0 SIMs in service."
    account = next(box for box in test.selectbox if box.key.startswith("notices:") and box.key.endswith(":account"))
    account.set_value("unicom-east").run()
    assert counted() == "It concerns 3 SIMs in service."
