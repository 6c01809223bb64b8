"""Huawei GSL: its signature, what it tells of cards, and that nobody can order from it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from data.renewals import store as renewals
from data.secrets import Secret
from data.sims.rules import Workdays, act_by
from jobs.carriers import accounts, pacing
from jobs.carriers.http import CallError
from jobs.carriers.huawei_gsl import ABILITIES, HuaweiGsl, told
from jobs.carriers.huawei_gsl.signing import authorization, stamp
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import connected
from tests.jobs.carriers.stubs.base import iccid
from tests.jobs.carriers.stubs.huawei_gsl import Gsl
from tests.renewing import sql


@pytest.fixture
def stub() -> Iterator[Gsl]:
    with Gsl() as started:
        yield started


@pytest.fixture
def carrier(home, stub: Gsl, monkeypatch: pytest.MonkeyPatch) -> HuaweiGsl:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def signed(**said) -> str:
    vector = {
        "method": "GET",
        "path": "/v1/sim-cards",
        "query": {"offset": "1", "limit": "10"},
        "headers": {
            "x-sdk-date": stamp(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
            "host": "gsl.cn-north-4.myhuaweicloud.com",
            "content-type": "application/json",
        },
        "body": b"",
        "access_key": Secret("testak"),
        "secret_key": Secret("testsk"),
    }
    return authorization(**(vector | said))


def test_the_signature_is_that_of_the_vendors_own_client():
    assert signed() == (
        "SDK-HMAC-SHA256 Access=testak, SignedHeaders=content-type;host;x-sdk-date, "
        "Signature=c552fec90e1802eaeb8c517a5cbdcdd7ac3ca9832a097b68138a6cbf28fabeee"
    )
    others = [{"body": b"{}"}, {"method": "POST"}, {"query": {"limit": "10"}}, {"secret_key": Secret("another")}]
    assert len({signed(), *(signed(**one) for one in others)}) == 5


# What is told -----------------------------------------------------------------------------------------------------------


def card(**said) -> told.Card:
    return told.Card.model_validate({"iccid": "89860300000000000001", "sim_status": 20} | said)


@pytest.mark.parametrize(
    ("status", "reason", "state"),
    [
        (10, None, "test"),
        (11, -1, "silent"),
        (13, None, "silent"),
        (20, -1, "active"),
        (20, 4, "active"),
        (30, 4, "cancelled"),
        (14, 1, "stopped_quota"),
        (14, 3, "stopped_quota"),
        (14, 4, "stopped_expired"),
        (14, 5, "stopped_manual"),
        (14, 6, "stopped_risk"),
        (14, 7, "stopped_separation"),
        (14, -1, "unknown"),
        (14, None, "unknown"),
        (99, None, "unknown"),
    ],
)
def test_states(status, reason, state):
    facts = card(sim_status=status, operator_status=reason).facts(datetime(2026, 11, 22, tzinfo=UTC))
    assert (facts.status, facts.raw_status) == (state, str(status))


@pytest.mark.parametrize(
    ("expire_time", "day"),
    [
        ("2026-03-30T16:00:00.000Z", date(2026, 3, 31)),
        ("2026-03-30T15:59:59.000Z", date(2026, 3, 30)),
        ("", None),
        (None, None),
    ],
)
def test_four_in_the_afternoon_in_utc_is_midnight_in_beijing(expire_time, day):
    assert card(expire_time=expire_time).expires_on() == day


def test_data_is_in_megabytes_as_of_the_last_midnight():
    read = card(flow_used=Decimal("1.5"), flow_left=10).quota(datetime(2026, 11, 22, 17, tzinfo=UTC))
    assert (read.total_bytes, read.used_bytes, read.left_bytes) == (12_058_624, 1_572_864, 10_485_760)
    assert read.as_of and read.as_of.isoformat() == "2026-11-23T00:00:00+08:00"
    assert card(flow_left=10).quota(datetime(2026, 11, 22, tzinfo=UTC)).total_bytes is None


def test_only_a_plan_in_use_says_whether_it_renews_itself(carrier):
    facts = carrier.card_facts([iccid(1), iccid(2), iccid(999_999)])
    assert [(one.iccid, one.auto_renew) for one in facts] == [(iccid(1), True), (iccid(2), False)]
    assert told.renews_itself([told.Plan(status=5, auto_renew=1), told.Plan(status=2)]) is None


def test_the_offset_of_a_list_counts_pages(stub, carrier):
    pages = [carrier.list_cards(cursor) for cursor in (None, "2", "3")]
    assert [(len(page.cards), page.next) for page in pages] == [(20, "2"), (20, "3"), (5, None)]
    assert [request.params["offset"] for request in stub.requests] == ["1", "2", "3"]


def test_use_is_asked_for_by_month_and_told_by_day(stub, carrier):
    read = carrier.usage([iccid(1), iccid(2)], date(2026, 10, 30), date(2026, 11, 2))
    assert [(one.iccid, one.start.isoformat()) for one in read] == [
        (iccid(number), day) for number in (1, 2) for day in ("2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02")
    ]
    assert {(one.used_bytes, one.quality) for one in read} == {(1_572_864, "ok")}
    assert [request.told()["month"] for request in stub.requests] == ["2026-10", "2026-11"]


def test_plans_have_their_price_in_fen_and_days_are_no_months(carrier):
    year, week = carrier.plans()
    assert (year.plan, year.kind, year.quota_bytes, year.term_months, year.price_fen) == (
        "1G一年",
        "main",
        2**30,
        12,
        1200,
    )
    assert (week.plan, week.kind, week.term_months, week.price_fen) == ("p2", "add-on", None, 300)


def test_a_signature_that_is_refused_reads_nothing_and_names_the_code(home, stub, carrier, monkeypatch):
    monkeypatch.setattr(carrier, "_keys", (Secret("access-of-the-stub"), Secret("another")))
    with pytest.raises(CallError, match=r"HTTP 401, APIGW\.0301"):
        carrier.list_cards(None)
    assert carrier.cards([iccid(1)]) == {}


# Orders -----------------------------------------------------------------------------------------------------------------


def test_no_order_can_be_put_into_words(stub, carrier):
    for kind in ("renew", "add-on", "suspend"):
        with pytest.raises(Unsayable, match="have it done with the payee"):
            carrier.request(replace(stub.order(1), kind=kind))
    assert not hasattr(carrier, "place")


def test_a_proposal_takes_a_renewal_for_people_to_place_and_says_why_not_anything_else(demo_home, practice_fleet):
    sims = practice_fleet(1)
    with demo_home.db.write() as tx:
        tx.run(sql("UPDATE account SET connector = 'huawei_gsl'"))
    why_not = {"renew": (None, None), "suspend": ("not_able", ABILITIES["suspend_resume"][1])}
    for kind, answer in why_not.items():
        wish = {"sim_ids": sims, "kind": kind, "today": demo_home.clock.today()}
        [line] = renewals.preview_lines(demo_home.db.read(), **wish, which="all", limit=9, offset=0).to_pylist()
        assert (line["refusal"], line["why"]) == answer


@pytest.mark.parametrize(
    ("expires_on", "latest"),
    [
        (date(2026, 3, 31), date(2026, 3, 20)),
        (date(2026, 4, 10), date(2026, 4, 7)),
        (date(2026, 4, 22), date(2026, 4, 17)),
    ],
)
def test_the_account_brings_the_consoles_cut_off(home, stub, expires_on, latest):
    home.carriers_file.write_text(stub.account_toml())
    (account,) = accounts.read(home)
    facts = account.facts()
    assert (facts.last_order_day, facts.working_days, facts.cancel_after_days) == (20, 3, 0)
    day = act_by(
        expires_on,
        last_order_day=facts.last_order_day,
        working_days=facts.working_days,
        workdays=Workdays(frozenset({date(2026, 4, 6)})),
    )
    assert day <= latest and day.day <= 20
