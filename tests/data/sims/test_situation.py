from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from data.sims.rules import STATUS_WORDS, situation
from data.words import _, speaking

TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Card:
    status: str = "active"
    live: bool = True
    due: bool = False
    expires_on: date | None = date(2027, 6, 30)
    act_by: date | None = date(2027, 6, 20)
    cancel_by: date | None = date(2027, 9, 28)
    decision: str | None = None
    used_share: float | None = 0.1
    silent_until: date | None = None


@dataclass(frozen=True)
class Live:
    state: str
    batch: int = 7
    kind: str = "renew"


def test_a_card_in_order_asks_for_nobody():
    told = situation(Card(), None, today=TODAY)
    assert told.good
    assert (told.cause, told.until) == (None, None)
    assert told.who_acts.msgid == "Nobody has to act"


@pytest.mark.parametrize("status", STATUS_WORDS)
def test_every_status_has_its_words_in_both_languages(status):
    card = Card(status=status, live=status not in {"cancelled", "replaced", "lost"})
    told = situation(card, None, today=TODAY)
    for language in ("en", "zh_CN"):
        with speaking(language):
            for said in (told.state, told.under_way, told.who_acts, told.tell_merchant, *filter(None, [told.cause])):
                assert "{" not in _(said.msgid, **said.values)


def test_a_due_card_is_operations_until_its_act_by_date():
    told = situation(Card(due=True, expires_on=date(2026, 12, 10), act_by=date(2026, 12, 3)), None, today=TODAY)
    assert told.until == date(2026, 12, 3)
    assert told.who_acts.msgid == "Operations place the renewal"
    assert told.cause.values == {"expires_on": date(2026, 12, 10)}


def test_a_spare_card_is_operations_for_the_last_days_of_its_silent_period():
    def told(days, **more):
        return situation(
            Card("silent", expires_on=None, silent_until=TODAY + timedelta(days=days), **more), None, today=TODAY
        )

    assert told(31).good
    assert (told(30).until, told(30).good) == (date(2026, 12, 22), False)
    assert told(0).cause.msgid == "Its silent period ends on {day}; then its term starts by itself"
    assert told(-1).cause.msgid == "Its silent period ended on {day}; its term may be running already"
    assert told(-1).until is None
    assert told(5, decision="decline").cause.msgid == "It was decided not to renew it"


def test_an_expired_card_has_until_its_number_goes():
    card = Card(due=True, expires_on=date(2026, 11, 1), cancel_by=date(2027, 1, 30))
    assert situation(card, None, today=TODAY).until == date(2027, 1, 30)


def test_nobody_is_told_of_a_renewal_that_no_one_has_ordered():
    card = Card(status="stopped_expired", due=True, expires_on=date(2026, 11, 1))
    assert "being renewed" not in situation(card, None, today=TODAY).tell_merchant.msgid
    assert "being renewed" in situation(card, Live("submitted"), today=TODAY).tell_merchant.msgid


@pytest.mark.parametrize("kind", ["suspend", "add-on", "plan-change", "resume"])
def test_an_order_that_is_no_renewal_promises_no_merchant_that_the_card_comes_back(kind):
    card = Card(status="stopped_expired", due=True, expires_on=date(2026, 11, 1))
    told = situation(card, Live("submitted", kind=kind), today=TODAY)
    assert "no renewal is with the carrier" in told.under_way.msgid
    assert told.tell_merchant == situation(card, None, today=TODAY).tell_merchant


@pytest.mark.parametrize(
    ("state", "who"),
    [
        ("proposed", "The approver decides"),
        ("pending", "The system works it off"),
        ("submitted", "The system waits for the carrier"),
        ("unknown", "The system asks the carrier again"),
        ("needs_review", "The approver decides with the carrier's support"),
    ],
)
def test_a_renewal_under_way_says_who_moves_it(state, who):
    told = situation(Card(status="stopped_expired", due=True), Live(state), today=TODAY)
    assert told.who_acts.msgid == who
    assert told.under_way.values == {"batch": 7}


def test_a_doubtful_renewal_warns_of_a_second_order():
    told = situation(Card(due=True), Live("unknown"), today=TODAY)
    assert "do not order again" in told.under_way.msgid


def test_a_card_over_its_quota_is_told_so():
    assert "over its quota" in situation(Card(used_share=1.2), None, today=TODAY).cause.msgid


def test_a_declined_card_is_nobodys_work():
    told = situation(Card(decision="decline"), None, today=TODAY)
    for status in ("stopped_expired", "pre_cancel"):
        ended = situation(Card(decision="decline", status=status), None, today=TODAY)
        assert (ended.cause, ended.who_acts) == (told.cause, told.who_acts)
    assert (told.who_acts.msgid, told.until) == ("Nobody has to act", None)
