"""Every connector against a server that speaks its protocol: what it lists and reads, what it buys, and what it never says."""

import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from data.carriers.rules import ABILITY_WORDS
from data.renewals.moves import Verdict
from data.renewals.rules import REASONS
from data.sims.rules import STATUS_WORDS
from data.words import later, speaking, told
from jobs.carriers import CARRIERS, Carrier, Confirmed, Refused, pacing
from jobs.carriers.http import CallError
from jobs.carriers.unsayable import Unsayable
from tests.jobs.carriers.contract import (
    CONNECTORS,
    HOSTILE,
    METHODS,
    abilities,
    can,
    connected,
    having,
    module,
    verdict,
)
from tests.jobs.carriers.stubs.base import Stub, iccid

TAKEN = {Verdict.CONFIRMED, Verdict.ACCEPTED}
# What an answer that says nothing may amount to.
DOUBT = {Verdict.UNKNOWN, Verdict.DIFFERS}


@pytest.fixture
def stub(connector: str) -> Iterator[Stub]:
    with CONNECTORS[connector]() as started:
        yield started


@pytest.fixture
def carrier(home, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Carrier:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def every(ability: str = "") -> pytest.MarkDecorator:
    return pytest.mark.parametrize("connector", having(ability) if ability else list(CONNECTORS))


def test_every_connector_declares_every_ability_with_a_reason() -> None:
    # Other tests of this process may have put carriers of their own beside ours.
    for name in (name for name, one in CARRIERS.items() if one.module.startswith("jobs.")):
        declared = {one.ability: one for one in CARRIERS[name].abilities(name)}
        assert set(declared) == set(ABILITY_WORDS), name
        assert all(one.reason and one.answer in {"yes", "partly", "no"} for one in declared.values()), name


def test_every_connector_over_http_has_a_stub() -> None:
    over_http = {name for name, one in CARRIERS.items() if one.module.startswith("jobs.carriers.")}
    assert over_http - {"practice", "offline"} <= set(CONNECTORS)


@every()
def test_it_has_the_methods_its_abilities_promise_and_no_others(connector: str, carrier: Carrier) -> None:
    promised = {METHODS[name] for name in abilities(connector) if name in METHODS and can(connector, name)}
    optional = {"list_cards", "usage", "quota", "plans", "balance"}
    assert {name for name in optional if hasattr(carrier, name)} == promised & optional
    assert all(hasattr(carrier, name) for name in promised), module(connector)


# Reading ----------------------------------------------------------------------------------------------------------------


@every("list_cards")
def test_a_list_has_every_card_once_and_any_page_can_be_asked_again(connector, stub, carrier) -> None:
    pages, cursor = {}, None
    while True:
        pages[cursor] = carrier.list_cards(cursor)
        cursor = pages[cursor].next
        if cursor is None:
            break
    listed = [card for page in pages.values() for card in page.cards]
    assert sorted(card.iccid[:19] for card in listed) == sorted(one[:19] for one in stub.cards)
    assert len(pages) > 1, "the stub has more cards than a page"
    for cursor, page in reversed(pages.items()):
        again = carrier.list_cards(cursor)
        assert ([card.iccid for card in again.cards], again.next) == ([card.iccid for card in page.cards], page.next)


@every("list_cards")
def test_a_listed_card_says_its_state_and_expiry(connector, stub, carrier) -> None:
    for card in carrier.list_cards(None).cards:
        booked = next(one for one in stub.cards.values() if one.iccid[:19] == card.iccid[:19])
        assert card.expires_on in {booked.expires_on, None}
        assert card.status in STATUS_WORDS and card.status != "unknown" and card.raw_status
        assert card.read_at.tzinfo is not None and (card.as_of is None or card.as_of.tzinfo is not None)


@every("read_card")
def test_a_card_is_read_and_one_that_is_not_ours_is_left_out(connector, stub, carrier, home) -> None:
    ours, strange = iccid(3), iccid(999_999)
    read = carrier.cards([ours, strange])
    assert set(read) == {ours}
    assert read[ours].expires_on in {stub.cards[ours].expires_on, None}
    assert read[ours].read_at <= home.clock.now()
    if hasattr(carrier, "card_facts"):
        assert [card.iccid[:19] for card in carrier.card_facts([ours])] == [ours[:19]]


@pytest.mark.parametrize("connector", sorted({*having("usage_day"), *having("usage_cycle")}))
def test_usage_is_whole_bytes_of_periods_in_order(connector, stub, carrier) -> None:
    first, last = date(2026, 11, 1), date(2026, 11, 21)
    read = carrier.usage([iccid(1)], first, last)
    assert read
    for one in read:
        assert one.iccid[:19] == iccid(1)[:19] and type(one.used_bytes) is int and one.used_bytes >= 0
        assert one.start <= one.end and one.grain in {"day", "cycle", "month"}
        assert one.quality in {"ok", "none", "lagged", "missing"}


@every("quota")
def test_a_quota_is_whole_bytes(connector, stub, carrier) -> None:
    (read,) = carrier.quota([iccid(1)])
    told = [read.total_bytes, read.used_bytes, read.left_bytes]
    assert any(one is not None for one in told)
    assert all(one is None or (type(one) is int and one >= 0) for one in told)


@every("balance")
def test_a_balance_is_whole_fen(connector, stub, carrier) -> None:
    read = carrier.balance()
    assert type(read.amount_fen) is int and read.as_of.tzinfo is not None


@every("plans")
def test_plans_name_fen_and_bytes(connector, stub, carrier) -> None:
    read = carrier.plans()
    assert read
    assert all(one.plan and (one.price_fen is None or type(one.price_fen) is int) for one in read)


# Buying -----------------------------------------------------------------------------------------------------------------


@every("renew")
def test_an_order_is_taken_charged_once_and_seen_afterwards(connector, stub, carrier, home) -> None:
    order = stub.order(1)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] in TAKEN, outcome
    assert [(line.iccid, line.months) for line in stub.ledger] == [(order.iccid, 12)]
    if can(connector, "read_card"):
        assert _moved(carrier, order)


@every("renew")
def test_a_listed_refusal_is_refused_for_a_reason_people_know(connector, stub, carrier, home) -> None:
    order = stub.order(2)
    reason = stub.refuse(order.iccid)
    (outcome,) = carrier.place([order])
    assert outcome == Refused(reason, outcome.detail) and reason in REASONS
    assert not stub.ledger


@every("renew")
def test_a_code_of_no_table_is_unknown(connector, stub, carrier, home) -> None:
    stub.say(stub.odd_answer(), on="order")
    order = stub.order(3)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] is Verdict.UNKNOWN


@every("renew")
def test_a_lost_answer_is_unknown_and_is_settled(connector, stub, carrier, home) -> None:
    order = stub.order(4)
    stub.lose_answer()
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] is Verdict.UNKNOWN
    assert len(stub.ledger) == 1, "nothing is sent again by itself"
    found = carrier.find_order(order.order_no) if can(connector, "find_order") else None
    settled = found is not None and verdict(order, found, carrier, home)[0] in TAKEN
    assert settled or _moved(carrier, order)
    assert len(stub.ledger) == 1


@every("renew")
def test_an_order_that_never_arrived_is_not_found_or_unmoved(connector, stub, carrier, home) -> None:
    order = stub.order(5)
    stub.lose_answer(after_effect=False)
    carrier.place([order])
    if can(connector, "find_order"):
        found = carrier.find_order(order.order_no)
        assert not isinstance(found, Confirmed | Refused)
    if can(connector, "read_card"):
        assert not _moved(carrier, order)


@every("renew")
def test_too_many_requests_are_no_refusal(connector, stub, carrier, home) -> None:
    stub.answer_429(on="order")
    order = stub.order(6)
    (outcome,) = carrier.place([order])
    wanted = {Verdict.LATER} if stub.early_429 else {Verdict.LATER, Verdict.UNKNOWN}
    assert verdict(order, outcome, carrier, home)[0] in wanted
    assert not stub.ledger


@every("renew")
@pytest.mark.parametrize("body", HOSTILE)
def test_a_body_that_says_nothing_is_never_a_verdict(connector, body, stub, carrier, home) -> None:
    stub.say(HOSTILE[body], on="order")
    order = stub.order(7)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] in DOUBT, outcome


@every("renew")
@pytest.mark.parametrize("status", [302, 500, 502, 503, 504])
def test_a_server_error_or_a_redirect_says_nothing_of_an_order(connector, status, stub, carrier, home) -> None:
    with CONNECTORS[connector]() as other:
        stub.say(b"{}", status, on="order", headers={"Location": other.base_url + "/"})
        order = stub.order(8)
        (outcome,) = carrier.place([order])
        assert verdict(order, outcome, carrier, home)[0] in DOUBT | ({Verdict.LATER} if status == 503 else set())
        assert not other.requests


@every("renew")
def test_a_yes_that_names_something_else_is_not_ours(connector, stub, carrier, home) -> None:
    body = stub.wrong_answer()
    if body is None:
        assert not carrier.terms.promises, "what it promises can be wrong"
        return
    stub.say(body, on="order")
    order = stub.order(9)
    (outcome,) = carrier.place([order])
    assert verdict(order, outcome, carrier, home)[0] in DOUBT, outcome


@every("renew")
def test_an_order_has_the_same_bytes_whenever_it_is_asked(connector, stub, carrier) -> None:
    order = stub.order(10)
    assert carrier.request(order) == carrier.request(order)
    assert carrier.request(order) != carrier.request(stub.order(11))
    assert not stub.ledger


@pytest.mark.parametrize("connector", [name for name in CONNECTORS if name in CARRIERS])
def test_what_cannot_be_put_into_words_names_the_card_and_the_way_out_in_either_language(stub, carrier) -> None:
    order = stub.order(1)
    with pytest.raises(Unsayable):
        carrier.request(replace(order, kind="no such kind"))
    for wrong in ({"kind": "no such kind"}, {"months": 7}, {"plan": "unheard of"}, {"msisdn": None}):
        try:
            carrier.request(replace(order, **wrong))
        except Unsayable as error:
            assert order.iccid in str(error) and error.values.items() >= {"iccid": order.iccid}.items()
            kept = later(error.msgid, **error.values)
            with speaking("zh_CN"):
                assert order.iccid in told(kept) and told(kept) != str(error) == told(told(str(error)))
    assert not stub.requests


@every("order_key")
def test_the_same_number_twice_is_bought_once(connector, stub, carrier, home) -> None:
    if carrier.terms.key_life is None:
        assert abilities(connector)["order_key"][0] == "partly"
        return
    order = stub.order(12)
    carrier.place([order])
    (again,) = carrier.place([order])
    assert verdict(order, again, carrier, home)[0] in TAKEN | {Verdict.UNKNOWN}
    assert len(stub.ledger) == 1


@every("renew")
def test_one_bad_card_never_counts_as_bought(connector, stub, carrier, home) -> None:
    orders = [stub.order(number) for number in range(13, 13 + min(carrier.terms.orders_per_call, 3))]
    stub.refuse(orders[0].iccid)
    outcomes = carrier.place(orders)
    assert len(outcomes) == len(orders)
    bought = {line.iccid for line in stub.ledger}
    assert orders[0].iccid not in bought
    for order, outcome in zip(orders, outcomes, strict=True):
        if verdict(order, outcome, carrier, home)[0] in TAKEN:
            assert order.iccid in bought, order.iccid
        if verdict(order, outcome, carrier, home)[0] in {Verdict.REFUSED, Verdict.LATER}:
            assert order.iccid not in bought, order.iccid


# Everything -------------------------------------------------------------------------------------------------------------


@every("read_card")
def test_a_token_that_is_over_is_fetched_once(connector, stub, carrier) -> None:
    if not stub.token_path:
        assert not stub.token_calls
        return
    carrier.cards([iccid(1)])
    before = stub.token_calls
    stub.expire_token()
    read = []
    asking = [threading.Thread(target=lambda n=n: read.append(carrier.cards([iccid(n)]))) for n in range(1, 5)]
    for one in asking:
        one.start()
    for one in asking:
        one.join(20)
    assert len(read) == 4 and all(read)
    assert stub.token_calls == before + 1


@every("read_card")
@pytest.mark.parametrize("body", HOSTILE)
def test_a_read_that_says_nothing_reads_nothing(connector, body, stub, carrier) -> None:
    stub.say(HOSTILE[body], on="read", times=100)
    assert not carrier.cards([iccid(1)])
    for name in ("list_cards", "balance"):
        if hasattr(carrier, name):
            with pytest.raises(CallError):
                carrier.list_cards(None) if name == "list_cards" else carrier.balance()


@every()
def test_no_secret_stands_in_a_log_line_or_an_outcome(connector, stub, carrier, home, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    said = []
    stub.say(HOSTILE["half"], on="read")
    said.append(carrier.cards([iccid(1)]))
    if can(connector, "renew"):
        stub.lose_answer()
        said.append(carrier.place([stub.order(1)]))
        stub.say(stub.odd_answer(), on="order")
        said.append(carrier.place([stub.order(2)]))
    text = f"{caplog.text} {said!r} {carrier!r}"
    assert not [name for name, secret in stub.secrets.items() if len(secret) > 5 and secret in text]


@every("renew")
def test_nothing_goes_to_another_host(connector, stub, carrier, monkeypatch) -> None:
    reached = set()
    connect = socket.socket.connect

    def watched(self, address):
        reached.add(address[0])
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    carrier.place([stub.order(1)])
    carrier.cards([iccid(1)])
    assert reached <= {"127.0.0.1"}


def _moved(carrier: Carrier, order) -> bool:
    """Whether the card's expiry is where the order wanted it."""
    expires_on = carrier.cards([order.iccid])[order.iccid].expires_on
    tolerance = timedelta(days=carrier.terms.expiry_tolerance_days)
    return expires_on is not None and abs(expires_on - order.new_expiry) <= tolerance
