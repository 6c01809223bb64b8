"""Notices as people keep them: typed in once a form, with cards, prices, papers; acknowledged once, by who may."""

from dataclasses import replace
from datetime import date

import pytest

from data.database import Query
from data.people.rules import NotThere, Refused
from data.plans import notices
from data.plans.notice_rules import Effect, PlanPrice
from data.plans.notices import Draft
from data.sims import store as sims
from data.sims.filter import SimFilter

TODAY = date(2026, 11, 22)
DRAFT = Draft(
    "price",
    "30M 明年涨价",
    text="尊敬的客户：自2027年1月1日起…",
    effective_on=date(2027, 1, 1),
    plans=(PlanPrice(1, new_fen=1600),),
)


def asked(home, text, **params):
    return home.db.read().rows(Query("asked", "By a test.", text), **params)


def type_in(home, by, draft=DRAFT, *, form_key="one", **more):
    with home.db.write() as tx:
        return notices.type_in(tx, by, draft=draft, form_key=form_key, **more)


def cards(home, notice_id):
    return sims.ids(home.db.read(), SimFilter(notice_id=notice_id), today=TODAY, limit=99)


def test_a_typed_notice_knows_its_cards_and_what_they_pay_more(fleet, people):
    number = type_in(fleet, people["operator"])
    notice = notices.one(fleet.db.read(), number)
    assert (notice.said(), notice.cards, notice.carrier, notice.source) == ("30M 明年涨价", 4, "mobile", "operator")
    assert sorted(cards(fleet, number)) == [1, 2, 4, 5]
    told = notices.effects(fleet.db.read(), [number], today=TODAY)[number]
    # Cards 1 and 2 end before the new year and buy at the old price; 4 and 5 end in June.
    assert told == Effect(cards=4, purchases=2, old_fen=3_000, new_fen=3_200)
    assert notices.prices_of(fleet.db.read(), number) == [
        {"plan": "30M/月", "carrier": "mobile", "term_months": 12, "old_fen": 1500, "new_fen": 1600}
    ]


def test_who_is_not_to_be_renewed_buys_nothing(fleet, people):
    with fleet.db.write() as tx:
        tx.run(Query("decline", "By a test.", "UPDATE sim_now SET decision = 'decline' WHERE sim_id = 4"))
    number = type_in(fleet, people["operator"])
    notice = notices.one(fleet.db.read(), number)
    assert notice.cards == 4
    assert notices.effects(fleet.db.read(), [number], today=TODAY)[number].purchases == 1


def test_it_may_be_about_an_account_or_a_pasted_list(fleet, people):
    draft = replace(DRAFT, kind="other", reach="account", account="mobile-main", plans=())
    assert sorted(cards(fleet, type_in(fleet, people["operator"], draft))) == [1, 2, 4]
    draft = replace(DRAFT, reach="cards", sim_ids=(1, 5, 6, 777), plans=())
    number = type_in(fleet, people["operator"], draft, form_key="two")
    assert sorted(cards(fleet, number)) == [1, 5], "a card that is gone is concerned no more, and nobody knows 777"
    assert notices.effects(fleet.db.read(), [number], today=TODAY)[number] == Effect(unpriced=2)


def test_a_plan_at_one_account_only(fleet, people):
    number = type_in(fleet, people["operator"], replace(DRAFT, account="mobile-main"))
    assert sorted(cards(fleet, number)) == [1, 2, 4]


def test_one_form_is_one_notice(fleet, people):
    assert type_in(fleet, people["operator"]) == type_in(fleet, people["operator"])
    assert len(asked(fleet, "SELECT * FROM audit WHERE event = 'notice:typed'")) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"subject": " "}, "Say in a few words"),
        ({"plans": ()}, "Choose the plans"),
        ({"reach": "account"}, "Choose the account"),
        ({"reach": "cards"}, "Paste the SIMs"),
        ({"account": "nobody"}, "no account nobody"),
        ({"plans": (PlanPrice(1, new_fen=0),)}, "more than nothing"),
        ({"plans": (PlanPrice(99),)}, "no such plan"),
        ({"kind": "weather"}, "no such kind"),
        ({"sim_ids": tuple(range(20_001))}, "at most 20,000"),
    ],
)
def test_what_is_missing_is_said(fleet, people, wrong, said):
    with pytest.raises(Refused, match=said):
        type_in(fleet, people["operator"], replace(DRAFT, **wrong))
    assert not asked(fleet, "SELECT * FROM notice")


@pytest.mark.parametrize("who", ["viewer", "finance", "administrator"])
def test_others_may_only_look(fleet, people, who):
    with pytest.raises(Refused):
        type_in(fleet, people[who])
    number = type_in(fleet, people["operator"])
    for verb in (
        lambda tx: notices.acknowledge(tx, people[who], notice_id=number),
        lambda tx: notices.add_paper(tx, people[who], notice_id=number, voucher_id=1),
    ):
        with pytest.raises(Refused), fleet.db.write() as tx:
            verb(tx)


def test_an_acknowledgement_has_a_person_a_day_and_a_note_and_happens_once(fleet, people):
    number = type_in(fleet, people["operator"])
    assert notices.counted(fleet.db.read(), today=TODAY).waiting == 1
    with fleet.db.write() as tx:
        notices.acknowledge(tx, people["approver"], notice_id=number, note=" 已与客户经理确认 ")
    notice = notices.one(fleet.db.read(), number)
    assert (notice.acknowledger, notice.acknowledged_at, notice.note) == (
        "approver",
        fleet.clock.now(),
        "已与客户经理确认",
    )
    with pytest.raises(Refused, match="approver has acknowledged"), fleet.db.write() as tx:
        notices.acknowledge(tx, people["operator"], notice_id=number)
    with pytest.raises(NotThere), fleet.db.write() as tx:
        notices.acknowledge(tx, people["operator"], notice_id=99)
    counted = notices.counted(fleet.db.read(), today=TODAY)
    assert (counted.notices, counted.waiting, counted.next_on) == (1, 0, None)
    assert notices.notices(fleet.db.read()) == []
    assert len(notices.notices(fleet.db.read(), all=True)) == 1


def test_what_is_near_is_told_and_the_soonest_first(fleet, people):
    days = {"far": date(2027, 6, 1), "soon": date(2026, 12, 1), "open": None, "past": date(2026, 11, 1)}
    for name, day in days.items():
        type_in(fleet, people["operator"], replace(DRAFT, subject=name, effective_on=day), form_key=name)
    assert [notice.subject for notice in notices.near(fleet.db.read(), today=TODAY)] == ["open", "past", "soon"]
    assert [notice.subject for notice in notices.notices(fleet.db.read())] == ["open", "past", "soon", "far"]


def test_a_card_knows_what_concerns_it_until_a_month_after(fleet, people):
    number = type_in(fleet, people["operator"], replace(DRAFT, effective_on=date(2026, 11, 1)))
    assert [notice.notice_id for notice in notices.of_sim(fleet.db.read(), 1, today=TODAY)] == [number]
    assert notices.of_sim(fleet.db.read(), 3, today=TODAY) == []
    with fleet.db.write() as tx:
        notices.acknowledge(tx, people["operator"], notice_id=number)
    assert notices.of_sim(fleet.db.read(), 1, today=date(2026, 12, 1))
    assert not notices.of_sim(fleet.db.read(), 1, today=date(2026, 12, 2))


def test_papers_stand_with_it(fleet, people):
    add = "INSERT INTO voucher (voucher_id, sha256, filename, format, bytes, kind, remarks, filed_by, filed_at) VALUES ($n, $n, 'x.eml', 'eml', 1, 'notice', '[]', 1, $now)"
    with fleet.db.write() as tx:
        for n in (1, 2):
            tx.run(Query("add", "By a test.", add), n=n, now=tx.now)
    number = type_in(fleet, people["operator"], vouchers=[1, 99])
    with fleet.db.write() as tx:
        notices.add_paper(tx, people["approver"], notice_id=number, voucher_id=2)
        notices.add_paper(tx, people["approver"], notice_id=number, voucher_id=2)
    assert [paper["voucher_id"] for paper in notices.papers_of(fleet.db.read(), number)] == [1, 2]
