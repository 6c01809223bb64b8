"""China Telecom's older platform: the cipher's vectors, what is signed, answers in any dress, and texts that refuse."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from data.renewals.rules import REASONS
from data.secrets import Secret
from data.sims.rules import STATUS_WORDS
from jobs.carriers import Accepted, Refused, Unknown, accounts, pacing, telecom_cmp
from jobs.carriers.account import NoConnection
from jobs.carriers.http import CallError, Reply, Unreadable
from jobs.carriers.telecom_cmp.cipher import decrypted, encrypted
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import connected
from tests.jobs.carriers.stubs.base import iccid
from tests.jobs.carriers.stubs.telecom_cmp import KEY, PASSWORD, USER, Telecom, enciphered

SIGN = (
    "032DD8F311789275D967633F04F089931F964E7F5AC63EB492A5A241528E7C1B"
    "629459831FAFF9A7DFD02F40CF3D0B0860CAAA4185B06954CFCC58B0D2779629261E83B0BED1E629"
)
VECTORS = [
    (("1", "a", "b", "c"), "0B98B9B0D83F4BB6"),
    (("test", "abc", "123", "ABC"), "848CA141B7AA521B"),
    (("test", "abc"), "D65142E7C8E826CC"),
    (("abcdefgh", "abcdefghi"), "ECB0BA4F99DC1BE9D4B1EF587EF5D250"),
    (("中文", "abc"), "C288247034C342B1"),
    (("14914000000,queryTraffic,test,test", "abc", "123", "ABC"), SIGN),
    (("", "abc"), ""),
]


@pytest.fixture
def stub() -> Iterator[Telecom]:
    with Telecom() as started:
        yield started


@pytest.fixture
def carrier(home, stub: Telecom, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def told(carrier, text: str, *, encoding: str = "utf-8") -> dict[str, Any]:
    return carrier._open.told(Reply(200, {}, text.encode(encoding)), "queryPakage")


@pytest.mark.parametrize(("said", "digits"), VECTORS)
def test_the_cipher_gives_the_published_digits_and_takes_them_back(said, digits) -> None:
    assert encrypted(*said) == digits == enciphered(*said)
    assert decrypted(digits, *said[1:]) == said[0]


def test_the_cipher_equals_a_librarys_under_bent_keys() -> None:
    dice = random.Random(4)
    letters = "abcXYZ0189,.-_ 中国电信卡"
    for _number in range(40):
        text, *keys = ("".join(dice.choices(letters, k=dice.randint(0, 14))) for _part in range(4))
        digits = encrypted(text, *keys)
        assert digits == enciphered(text, *keys)
        assert decrypted(digits, *keys) == text


@pytest.mark.parametrize("digits", ["0B98", "0B98B9B0D83F4BB", "D8" * 8])
def test_what_cannot_be_deciphered_says_so(digits) -> None:
    with pytest.raises(ValueError):
        decrypted(digits)


def test_the_sign_is_over_the_sorted_values_and_an_empty_one_comes_first(carrier) -> None:
    sign = carrier._open.sign
    said = {"access_number": "14914000000"}
    assert sign("queryTraffic", said, user="test", password="test") == SIGN
    stopped = {**said, "acctCd": "", "orderTypeId": "19"}
    assert sign("disabledNumber", stopped, user="u", password="p") == encrypted(
        ",14914000000,19,disabledNumber,p,u", "abc", "123", "ABC"
    )
    assert sign("getSIMList", {"pageIndex": "1"}, user="u", password="p") == encrypted(
        "getSIMList,p,u", "abc", "123", "ABC"
    )


def test_what_is_signed_can_be_changed_by_the_account(home, stub, monkeypatch) -> None:
    plain = stub.account_toml()
    monkeypatch.setattr(stub, "account_toml", lambda: plain + 'signed_fields = { queryTraffic = ["needDtl"] }\n')
    sign = connected(home, stub, monkeypatch)._open.sign
    said = {"iccid": "8986", "needDtl": "0"}
    wanted = encrypted("0,8986,p,queryTraffic,u", "abc", "123", "ABC")
    assert sign("queryTraffic", said, user="u", password="p") == wanted


def test_a_key_of_another_length_is_no_key(home, stub, monkeypatch) -> None:
    monkeypatch.setattr(stub, "secrets", {**stub.secrets, "TELECOM_KEY": "abc123"})
    with pytest.raises(NoConnection, match="key: the key has 9 characters"):
        connected(home, stub, monkeypatch)


def test_its_tables_name_states_and_reasons_that_exist() -> None:
    assert set(telecom_cmp.STATES.values()) <= set(STATUS_WORDS)
    assert set(telecom_cmp.CODES.refused.values()) <= set(REASONS)


def test_xml_in_gbk_with_prefixes_nobody_declared_is_read(carrier) -> None:
    text = (
        '<?xml version="1.0" encoding="GBK"?><root><web:CurrAcuRsp><CumulRspList><OFFER_NAME>年包</OFFER_NAME>'
        "<END_TIME>20260331235959</END_TIME></CumulRspList></web:CurrAcuRsp><IRESULT>0</IRESULT></root>"
    )
    (plan,) = told(carrier, text, encoding="gbk")["root"]["CurrAcuRsp"][0]["CumulRspList"]
    assert plan == {"OFFER_NAME": ["年包"], "END_TIME": ["20260331235959"]}


@pytest.mark.parametrize(
    "text",
    [
        "<root><IRESULT>0</root>",
        '<!DOCTYPE r [<!ENTITY a "0">]><r><IRESULT>&a;</IRESULT></r>',
        "<a>" * 2000 + "</a>" * 2000,
        "接收消息成功",
        "0B98B9B0D83F4BB6",
    ],
)
def test_answers_that_can_mean_two_things_mean_none(carrier, text) -> None:
    with pytest.raises(Unreadable):
        told(carrier, text)


def test_a_list_in_the_cipher_is_read_like_a_plain_one(stub, carrier) -> None:
    plain = carrier.list_cards(None)
    stub.hidden_list = True
    hidden = carrier.list_cards(None)
    assert [one.iccid for one in hidden.cards] == [one.iccid for one in plain.cards]
    assert (len(plain.cards), plain.next, plain.cards[0].msisdn) == (50, "2", "1064800000001")
    assert carrier.list_cards("3").cards == () and carrier.list_cards("3").next is None


def test_the_plan_that_runs_longest_says_when_a_card_ends(home, stub, carrier) -> None:
    (facts,) = carrier.card_facts([iccid(1)])
    assert (facts.plan, facts.expires_on, facts.status) == ("P-12", date(2026, 12, 31), "active")
    stub.cards[iccid(1)].expires_on = date(2026, 11, 21)
    stub.cards[iccid(1)].status = stub.cards[iccid(2)].status = "5"
    read = carrier.card_facts([iccid(1), iccid(2)])
    assert [one.status for one in read] == ["stopped_expired", "stopped_manual"]
    assert carrier.cards([iccid(2)])[iccid(2)].status is None, "why it stopped is not told"
    stub.cards[iccid(3)].status = "8"
    assert carrier.card_facts([iccid(3)])[0].status == "unknown"


@pytest.mark.parametrize(
    ("flow", "used", "quality"),
    [("12.50MB", 13_107_200, "ok"), ("0KB", 0, "ok"), ("", 0, "missing"), ("12.5", 0, "missing")],
)
def test_traffic_comes_as_text_with_its_unit(stub, carrier, flow, used, quality) -> None:
    stub.cards[iccid(1)].more["flow"] = flow
    (read,) = carrier.usage([iccid(1)], date(2026, 11, 20), date(2026, 11, 20))
    assert (read.grain, read.used_bytes, read.quality) == ("day", used, quality)


def test_more_than_a_week_is_asked_by_calendar_month(carrier) -> None:
    read = carrier.usage([iccid(1)], date(2026, 10, 15), date(2026, 11, 3))
    assert [(one.grain, one.start, one.end, one.quality) for one in read] == [
        ("month", date(2026, 10, 1), date(2026, 10, 31), "ok"),
        ("month", date(2026, 11, 1), date(2026, 11, 30), "lagged"),
    ]


def test_plans_are_in_kb(stub, carrier) -> None:
    (read,) = carrier.quota([iccid(1)])
    assert (read.total_bytes, read.used_bytes, read.left_bytes) == (1024 * 2**20, 130 * 2**20, 894 * 2**20)


def test_a_balance_needs_a_number_and_whole_fen(stub, carrier) -> None:
    assert carrier.balance().amount_fen == 1_000_000
    stub.say(b"<r><IRESULT>0</IRESULT><ACCOUNTBALANCE>1.005</ACCOUNTBALANCE></r>", on="read")
    with pytest.raises(CallError):
        carrier.balance()


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ({"info": "success", "GROUP_TRANSACTIONID": "17"}, Accepted("17")),
        ({"info": "success", "IRESULT": "0", "GROUP_TRANSACTIONID": "17"}, Accepted("17")),
        ({"info": "success"}, Unknown("taken, without a serial number")),
        ({"IRESULT": "0", "RspCode": "-5"}, Unknown("HTTP 200")),
        ({"RspCode": "-5"}, Refused("window_closed", "-5")),
        ({"IRESULT": "100008"}, Unknown("HTTP 200, 100008")),
        ({"Checkout": "该号码欠费"}, Refused("arrears", "该号码欠费")),
        ({"Checkout": "套餐互斥，且欠费"}, Unknown("套餐互斥，且欠费")),
        ({"Checkout": "系统繁忙"}, Unknown("系统繁忙")),
        ({"Checkout": "已订购，请勿重复提交，欠费"}, Unknown("已订购，请勿重复提交，欠费")),
        ({"info": "success", "Checkout": "套餐互斥"}, Refused("plan_unsuitable", "套餐互斥")),
    ],
)
def test_what_an_order_is_answered(stub, carrier, said, outcome) -> None:
    stub.say(json.dumps(said).encode(), on="order")
    assert carrier.place([stub.order(1)]) == [outcome]


def test_an_answer_in_xml_and_gbk_counts_as_well(stub, carrier) -> None:
    stub.say("<r><Checkout>该号码欠费</Checkout></r>".encode("gbk"), on="order")
    assert carrier.place([stub.order(1)]) == [Refused("arrears", "该号码欠费")]


def test_a_stop_keeps_the_number_and_a_return_brings_it_back(stub, carrier) -> None:
    order = replace(stub.order(1), kind="suspend", amount_fen=0, months=0, new_expiry=None)
    assert carrier.place([order]) == [Accepted("1000000252")]
    assert carrier.card_facts([iccid(1)])[0].raw_status == "5"
    carrier.place([replace(order, kind="resume")])
    assert carrier.cards([iccid(1)])[iccid(1)].status == "active"


def test_an_add_on_moves_no_expiry(stub, carrier) -> None:
    order = replace(stub.order(1), kind="add-on", plan="A-100", months=1, amount_fen=1000, new_expiry=None)
    assert isinstance(carrier.place([order])[0], Accepted)
    assert carrier.cards([iccid(1)])[iccid(1)].expires_on == date(2026, 12, 31)


@pytest.mark.parametrize(
    "said",
    [{"msisdn": None}, {"months": 6}, {"plan": "?"}, {"kind": "recharge"}, {"kind": "plan-change"}, {"kind": "add-on"}],
)
def test_what_it_has_no_words_for_is_not_built(stub, carrier, said) -> None:
    with pytest.raises(Unsayable, match=iccid(1)):
        carrier.request(replace(stub.order(1), **said))
    assert not stub.requests


def test_the_bytes_of_an_order_hold_no_credential(stub, carrier) -> None:
    text = carrier.request(stub.order(1)).decode()
    assert not [one for one in (USER, PASSWORD, KEY, encrypted(PASSWORD, "abc", "123", "ABC")) if one in text]


def test_without_tls_only_this_machine_is_reached(home, stub, monkeypatch) -> None:
    plain = stub.account_toml()
    monkeypatch.setattr(stub, "account_toml", lambda: plain.replace(stub.base_url, "http://api.ct10649.com:9001"))
    with pytest.raises(accounts.AccountsError, match="https://"):
        connected(home, stub, monkeypatch)


def test_a_refusals_text_leads_to_a_reason_that_exists(home, stub, monkeypatch) -> None:
    plain = stub.account_toml()
    monkeypatch.setattr(stub, "account_toml", lambda: plain.replace('"arrears"', '"broke"'))
    with pytest.raises(accounts.AccountsError, match="leads to one of"):
        connected(home, stub, monkeypatch)


def test_a_secret_of_the_session_shows_nowhere(carrier) -> None:
    assert not [one for one in (USER, PASSWORD, KEY[:3], KEY[3:6]) if one in f"{vars(carrier._open)!r}"]
    assert isinstance(carrier._open._password, Secret)
