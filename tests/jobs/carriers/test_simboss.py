"""SIMBoss: its signature, what it tells of cards, what its words mean, and how an order is found again."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from data.renewals.moves import Verdict
from data.secrets import Secret
from jobs.carriers import Accepted, Confirmed, Later, NotFound, Refused, Unknown, accounts, pacing
from jobs.carriers.http import CallError
from jobs.carriers.simboss import SimBoss, told
from jobs.carriers.simboss.signing import joined, signature
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import connected, verdict
from tests.jobs.carriers.sent import remember
from tests.jobs.carriers.stubs.base import iccid
from tests.jobs.carriers.stubs.simboss import SimBossStub

VECTOR = {"timestamp": "1700000000000", "appid": "1234", "iccid": "89860000000000000001"}


@pytest.fixture
def stub() -> Iterator[SimBossStub]:
    with SimBossStub() as started:
        yield started


@pytest.fixture
def carrier(home, stub: SimBossStub, monkeypatch: pytest.MonkeyPatch) -> SimBoss:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def test_the_signature_is_that_of_the_documentation():
    assert joined(VECTOR) == "appid=1234&iccid=89860000000000000001&timestamp=1700000000000"
    assert signature(VECTOR, Secret("secret")) == "614ff047d4a89a439f2591cb2aa6800417c5b32d2983f45e9fc8ae81167ea243"
    assert signature(VECTOR, Secret("secret"), join="ampersand") == signature(VECTOR, Secret("&secret"))


def test_a_refusal_the_account_explains_with_a_word_nobody_knows_is_no_account(home, stub):
    home.carriers_file.write_text(stub.account_toml() + '[account.refusals]\n"停机" = "switched_off"\n')
    with pytest.raises(accounts.AccountsError, match="'switched_off' is no reason"):
        accounts.read(home)


# What is told -----------------------------------------------------------------------------------------------------------


def card(**said) -> told.Card:
    return told.Card.model_validate({"iccid": "89860400000000000001", "status": "deactivation"} | said)


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"status": "testing"}, "test"),
        ({"status": "inventory"}, "silent"),
        ({"status": "activation", "ratePlanExpirationDate": "2026-01-01 00:00:00"}, "active"),
        ({"status": "retired"}, "cancelled"),
        ({"status": "sleeping"}, "unknown"),
        ({}, "stopped_manual"),
        ({"imeiStatus": "SPLIT"}, "stopped_separation"),
        ({"ratePlanExpirationDate": "2026-11-21 23:59:59"}, "stopped_expired"),
        ({"ratePlanExpirationDate": "2026-11-22 23:59:59"}, "stopped_manual"),
        ({"usedDataVolume": 30, "totalDataVolume": "30.0"}, "stopped_quota"),
        ({"usedDataVolume": 0, "totalDataVolume": 0}, "stopped_manual"),
    ],
)
def test_states(said, state):
    assert card(**said).state(date(2026, 11, 22)) == state


def test_a_card_expires_with_its_plan_and_not_with_its_chip(stub, carrier, home):
    (facts,) = carrier.card_facts([iccid(1)])
    assert facts.expires_on == date(2026, 12, 31)
    assert (facts.plan, facts.imei, facts.pool, facts.realname_ok) == ("1G一年", None, None, True)
    assert facts.as_of and facts.as_of.isoformat() == "2026-11-22T09:00:00+08:00"


def test_data_is_counted_in_megabytes(carrier):
    (read,) = carrier.quota([iccid(1)])
    assert (read.total_bytes, read.used_bytes, read.left_bytes) == (1024 * 2**20, 130 * 2**20, 894 * 2**20)


def test_details_are_asked_for_a_hundred_at_a_time(home, monkeypatch):
    with SimBossStub(230) as stub:
        read = connected(home, stub, monkeypatch).cards(list(stub.cards))
        assert len(read) == 230 and len(stub.requests) == 3


def test_the_balance_is_told_in_yuan(stub, carrier):
    stub.balance_fen = 12_345
    assert carrier.balance().amount_fen == 12_345


def test_a_read_that_is_refused_reads_nothing(stub, carrier):
    stub.say('{"code": "1001", "message": "签名错误", "data": [], "success": false}'.encode())
    with pytest.raises(CallError, match="code 1001"):
        carrier.card_facts([iccid(1)])


# Orders -----------------------------------------------------------------------------------------------------------------


def test_an_order_says_our_number_and_nothing_that_changes(stub, carrier, home):
    order = stub.order(1)
    said = carrier.request(order)
    assert said == (
        b"/device/recharge?externalOrder=R0000000000000000001&iccid=89860410123450000018&month=12&ratePlanId=8801"
    )
    assert carrier.request(replace(order, plan="8801")) == said
    for wrong in ({"plan": "unheard of"}, {"kind": "suspend"}):
        with pytest.raises(Unsayable, match="of this kind|rate_plans"):
            carrier.request(replace(order, **wrong))


@pytest.mark.parametrize(
    ("code", "message", "outcome"),
    [
        ("2005", "账户余额不足", Refused("insufficient_balance", "余额不足")),
        ("2006", "套餐不存在", Refused("plan_unsuitable", "套餐不存在")),
        ("1", "套餐不存在或订单重复", Unknown("HTTP 200, repeat 1")),
        ("1", "external order already EXISTS", Unknown("HTTP 200, repeat 1")),
        ("1", "系统繁忙", Unknown("HTTP 200, code 1")),
        ("0", "", Unknown("HTTP 200, code 0")),
    ],
)
def test_what_the_words_of_a_no_mean(code, message, outcome, stub, carrier):
    said = f'{{"code": "{code}", "message": "{message}", "data": null, "success": false}}'
    stub.say(said.encode(), on="order")
    assert carrier.place([stub.order(1)]) == [outcome]


def test_a_signature_that_is_refused_is_the_accounts_trouble(home, stub, monkeypatch):
    carrier = connected(home, stub, monkeypatch)
    monkeypatch.setattr(carrier, "_secret", Secret("another one"))
    (said,) = carrier.place([stub.order(1)])
    assert isinstance(said, Later) and said.reason == "credential_refused" and not stub.ledger


def test_an_order_is_found_again_by_our_number_with_its_price(stub, carrier, home):
    order = stub.order(1)
    remember(home, order)
    assert isinstance(carrier.find_order(order.order_no), NotFound)
    assert carrier.place([order]) == [Accepted(order.order_no, "成功")]
    stub.charge("R-of-somebody-else", order.iccid, 1)
    found = carrier.find_order(order.order_no)
    assert found == Confirmed("recharge 2026-11-22 10:00:00", order.order_no, order.iccid, order.amount_fen)
    assert verdict(order, found, carrier, home)[0] is Verdict.CONFIRMED


def test_a_recharge_booked_twice_under_our_number_needs_a_person(stub, carrier, home):
    order = stub.order(1)
    remember(home, order)
    carrier.place([order, order])
    assert verdict(order, carrier.find_order(order.order_no), carrier, home)[0] is Verdict.DIFFERS


def test_a_not_found_never_lets_an_order_go_out_again(stub, carrier, home):
    assert not carrier.terms.query_trusted and carrier.terms.key_life is None
    assert isinstance(carrier.find_order("R0000000000000000099"), Unknown)


def test_the_combined_call_buys_a_number_once(home, stub, monkeypatch):
    monkeypatch.setattr(SimBossStub, "keyed", True)
    carrier = connected(home, stub, monkeypatch)
    order = stub.order(1)
    assert carrier.place([order]) == carrier.place([order])
    assert [line.order_no for line in stub.ledger] == [order.order_no] and carrier.terms.key_life
    with pytest.raises(Unsayable, match="24 months cannot be bought at once here, only 12"):
        carrier.request(stub.order(1, months=24))
