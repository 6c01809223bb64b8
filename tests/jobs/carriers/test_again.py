"""What nobody answered: a question is asked again within its deadline, an order never, whatever becomes of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from data.renewals.moves import Verdict
from jobs.carriers import Carrier, Later, Order, pacing
from jobs.carriers.http import CallError, Doubt, Held, Http, NeverLeft, NoToken, Reply, Unreadable, again, asked
from jobs.carriers.http.again import MOST_TRIES
from tests.jobs.carriers.contract import CONNECTORS, HOSTILE, can, connected, having, verdict
from tests.jobs.carriers.stubs.base import Stub, iccid

# A late answer is waited for so long; elsewhere nothing shall depend on how busy the machine is.
DEADLINE_S, AMPLE_S = 1.0, 9.0
# Whoever sells nothing else stops cards, which goes out as an order does.
SENDERS = sorted({*having("renew"), *having("suspend_resume")})
# The test carrier's connector asks once: faults of that carrier are counted call by call.
READERS = [name for name in having("read_card") if name != "test"]
YES = Reply(200, {}, b"{}")
# What can become of an order: each as the stub plays it.
FAULTS: dict[str, Callable[[Stub], None]] = {
    "lost after its effect": lambda stub: stub.lose_answer(times=9),
    "lost before it": lambda stub: stub.lose_answer(after_effect=False, times=9),
    "too late": lambda stub: stub.slow(DEADLINE_S + 0.2, on="order", times=9),
    "too many": lambda stub: stub.answer_429(0, on="order", times=9),
    "too many, wait": lambda stub: stub.answer_429(1, on="order", times=9),
    "cut body": lambda stub: stub.say(HOSTILE["half"], on="order", times=9),
    "redirect": lambda stub: stub.say(b"", 302, on="order", times=9, headers={"Location": "/"}),
    "unavailable, wait": lambda stub: stub.say(b"{}", 503, on="order", times=9, headers={"Retry-After": "1"}),
} | {
    f"status {status}": lambda stub, status=status: stub.say(b"{}", status, on="order", times=9)
    for status in (500, 502, 503, 504)
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST_WAIT_S", "_LONGEST_WAIT_S", "_JITTER_S"):
        monkeypatch.setattr(again, name, 0.01)


@pytest.fixture
def stub(connector: str, request: pytest.FixtureRequest) -> Iterator[Stub]:
    late = request.node.callspec.params.get("fault") == "too late"
    with CONNECTORS[connector]() as started:
        keys = started.account_keys()
        started.account_keys = lambda: keys | {"call_deadline_s": DEADLINE_S if late else AMPLE_S}
        yield started


@pytest.fixture
def carrier(home, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Carrier:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def orders(stub: Stub) -> int:
    """How many orders have arrived."""
    return sum(stub.is_order(request) for request in stub.requests)


def an_order(connector: str, stub: Stub) -> Order:
    """What this connector sells."""
    order = stub.order(1)
    return order if can(connector, "renew") else replace(order, kind="suspend", months=0, amount_fen=0, new_expiry=None)


def reads(stub: Stub) -> int:
    """How many questions have arrived, those for a token left out."""
    token = stub.token_path or "no token"
    return sum(not stub.is_order(request) and not request.path.startswith(token) for request in stub.requests)


# Orders -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("connector", SENDERS)
def test_an_order_leaves_once_whatever_becomes_of_it(connector, fault, stub, carrier) -> None:
    carrier.cards([iccid(2)])
    FAULTS[fault](stub)
    carrier.place([an_order(connector, stub)])
    assert orders(stub) == 1


@pytest.mark.parametrize("connector", SENDERS)
def test_an_order_within_a_question_never_leaves(connector, stub, carrier, home, monkeypatch) -> None:
    _repeat_everything(monkeypatch)
    order = an_order(connector, stub)
    (outcome,) = carrier.place([order])
    assert orders(stub) == 0 and not stub.ledger
    assert verdict(order, outcome, carrier, home)[0] is Verdict.LATER and isinstance(outcome, Later)


@pytest.mark.parametrize("fault", ["lost after its effect", "status 502"])
@pytest.mark.parametrize("connector", SENDERS)
def test_an_order_that_left_again_would_be_seen(connector, fault, stub, carrier, monkeypatch) -> None:
    _repeat_everything(monkeypatch)
    monkeypatch.setattr("jobs.carriers.http.in_a_question", lambda: False)
    FAULTS[fault](stub)
    carrier.place([an_order(connector, stub)])
    assert orders(stub) > 1


@pytest.mark.parametrize("connector", [name for name in having("renew") if CONNECTORS[name].token_path])
def test_the_time_a_token_takes_counts_against_the_orders_deadline(connector, stub, carrier, monkeypatch) -> None:
    given: list[float] = []
    token, once = stub.new_token, Http.call

    def slow_token() -> str:
        time.sleep(0.5)
        return token()

    def noted(self, *said, deadline_s, money=False, **how):
        given.extend([deadline_s] if money else [])
        return once(self, *said, deadline_s=deadline_s, money=money, **how)

    monkeypatch.setattr(stub, "new_token", slow_token)
    monkeypatch.setattr(Http, "call", noted)
    carrier.place([an_order(connector, stub)])
    assert len(given) == 1 and given[0] <= AMPLE_S - 0.5


def _repeat_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the client ask everything again, as nobody may."""
    once = Http.call

    def repeated(self, method, path, *, deadline_s, **how):
        return asked(lambda left_s: once(self, method, path, deadline_s=left_s, **how), deadline_s=deadline_s)

    monkeypatch.setattr(Http, "call", repeated)


# Questions --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("connector", READERS)
def test_a_question_that_was_lost_is_asked_again(connector, stub, carrier) -> None:
    stub.lose_answer(on="read", times=1)
    stub.say(b"{}", 502, on="read", times=1)
    assert set(carrier.cards([iccid(1)])) == {iccid(1)}


@pytest.mark.parametrize("connector", READERS)
def test_a_question_is_asked_three_times_at_most(connector, stub, carrier) -> None:
    stub.say(b"{}", 500, on="read", times=99)
    assert not carrier.cards([iccid(1)])
    assert reads(stub) == MOST_TRIES


@pytest.mark.parametrize("connector", READERS)
def test_a_question_is_asked_again_after_the_wait_the_carrier_names_and_not_without_one(
    connector, stub, carrier
) -> None:
    stub.answer_429(1, on="read", times=1)
    assert set(carrier.cards([iccid(1)])) == {iccid(1)}
    before = reads(stub)
    stub.answer_429(None, on="read", times=1)
    assert not carrier.cards([iccid(1)])
    assert reads(stub) == before + 1


def test_what_comes_of_a_question_decides_whether_it_is_asked_again() -> None:
    again = [
        NeverLeft("refused"),
        Doubt("reset"),
        *(Reply(status, {}, b"") for status in (500, 501, 502, 503, 504, 599)),
    ]
    again += [Reply(status, {"retry-after": "0.1"}, b"", 0.1) for status in (429, 503)]
    never = [Unreadable("too large"), NoToken("none"), CallError("12089"), Held(99)]
    never += [Reply(status, {}, b"") for status in (200, 201, 302, 400, 401, 404, 429, 499)]
    never += [
        Reply(429, {}, b"", 1),
        Reply(429, {"retry-after": "99"}, b"", 99),
        Reply(503, {"retry-after": "99"}, b"", 99),
    ]
    assert {_tries(told) for told in again} == {MOST_TRIES}
    assert {_tries(told) for told in never} == {1}


def test_the_last_word_is_told_and_no_time_left_hides_no_trouble() -> None:
    assert asked(_telling([Doubt("reset"), YES]), deadline_s=9) is YES
    with pytest.raises(NeverLeft, match="refused"):
        asked(_telling([NeverLeft("refused"), Held(60)]), deadline_s=9)
    with pytest.raises(Held):
        asked(_telling([Held(60)]), deadline_s=9)


def test_all_tries_together_have_one_deadline() -> None:
    given: list[float] = []

    def late(left_s: float) -> Reply:
        given.append(left_s)
        time.sleep(left_s)
        raise Doubt("the deadline passed")

    with pytest.raises(Doubt):
        asked(late, deadline_s=1.2)
    assert sum(given) <= 1.2
    assert len(given) > 1 and given[0] <= 0.8, "the first leaves a rest for another"


def _telling(said: list[Reply | CallError]) -> Callable[[float], Reply]:
    left = list(said)

    def ask(_left_s: float) -> Reply:
        told = left.pop(0)
        if isinstance(told, CallError):
            raise told
        return told

    return ask


def _tries(told: Reply | CallError) -> int:
    said = [told] * 9
    ask, count = _telling(said), 0

    def counted(left_s: float) -> Reply:
        nonlocal count
        count += 1
        return ask(left_s)

    with suppress(CallError):
        asked(counted, deadline_s=9)
    return count
