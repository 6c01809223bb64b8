"""F12, F13, F20, F21: too many calls, an expired session, a wrong certificate, a name without an address. Nothing is charged
while the door is shut, and everything once when it opens."""

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme

from jobs.carriers.accounts import connected
from jobs.carriers.http import tokens
from tests.carrier import running
from tests.money.building import EXPIRY, NOW, sql
from tests.money.conftest import BOTH, alarms, iccid, let_go, pace, standing, states

# What the carrier says, and for how many seconds it is left alone.
WAITS = [
    (None, 1),
    ("120", 120),
    (format_datetime(NOW + timedelta(minutes=60), usegmt=True), 900),
    ("1000000000", 900),
    (format_datetime(datetime(2090, 1, 1, tzinfo=UTC), usegmt=True), 900),
    ("soon", 1),
    ("-5", 1),
]


@BOTH
@pytest.mark.parametrize("terms", [{"rate_per_s": 40}], ids=["40/s"])
def test_f12_too_many_calls_charge_nothing_halve_the_pace_and_end_in_one_charge(
    money_home, carrier, approved, work, settle, sound
):
    orders = approved(len(WAITS))
    for number, (order, (retry_after, wait_s)) in enumerate(zip(orders, WAITS, strict=True)):
        carrier.fault("f12_429", order_no=order, times=1, retry_after=retry_after)
        work()
        assert 20 <= pace(money_home).rate_per_s < 24
        (put_off,) = money_home.db.read().rows(sql("SELECT * FROM state WHERE reason = 'rate_limited'"))
        assert (put_off["st"], put_off["n"]) == ("pending", 1)
        assert put_off["next_at"] - money_home.clock.now() == timedelta(seconds=wait_s)
        if wait_s > 60:
            # However often the worker comes by, nothing leaves.
            arrivals = len(carrier.requests())
            work()
            assert len(carrier.requests()) == arrivals
            assert carrier.charges() == dict.fromkeys(orders[:number], 1)
        pace(money_home)._rate = 40
        let_go(money_home)
        settle(minutes=16)
    work()
    assert states(money_home) == {"succeeded": len(orders)}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    sound()


@BOTH
@pytest.mark.parametrize("terms", [{"calls_at_once": 4}], ids=["4 at once"])
def test_f13_a_token_that_expires_in_mid_batch_is_fetched_once_for_all_threads(
    money_home, carrier, approved, work, sound
):
    orders = approved(12)
    carrier.settings(latency_ms=20)
    carrier.fault("f13_token_expired", order_no=orders[4], times=1)
    work()
    assert states(money_home) == {"succeeded": 12}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    assert carrier.stats()["token_calls"] == 2
    sound(threads=4)


@BOTH
def test_f13_without_a_new_token_nothing_more_is_sent_until_there_is_one(
    money_home, carrier, approved, work, settle, sound, monkeypatch
):
    monkeypatch.setattr(tokens, "_RETRY_S", 0.0)
    orders = approved(6)
    carrier.fault("f13_token_expired", order_no=orders[3], times=1)
    connected(money_home, "test-a").cards([iccid(1)])
    carrier.fault("f13_token_down", on="token")
    work()
    assert states(money_home) == {"succeeded": 3, "pending": 3}
    assert alarms(money_home) == ["money_breaker"]
    arrivals = len(carrier.requests())
    for _ in range(8):
        work()
        settle(seconds=60)
    # One order tries each time the breaker has cooled down; that is not its fault, and it is not parked for it.
    assert len(carrier.requests()) == arrivals
    assert states(money_home) == {"succeeded": 3, "pending": 3}
    carrier.calm()
    settle(seconds=60)
    work()
    assert states(money_home) == {"succeeded": 6}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    sound()


CERTIFICATES = {
    "expired": ("127.0.0.1", NOW - timedelta(days=400)),
    "for another host": ("carrier.example", None),
}


@pytest.fixture
def serve(carrier, tmp_path):
    """`serve(certificate)`: the carrier once more, on the ports it had, behind this certificate."""
    started = []

    def behind(certificate):
        paths = (tmp_path / "cert.pem", tmp_path / "key.pem")
        certificate.cert_chain_pems[0].write_to_path(str(paths[0]))
        certificate.private_key_pem.write_to_path(str(paths[1]))
        served = running.Carrier(carrier.folder, tls=paths)
        served.port, served.control_port = carrier.port, carrier.control_port
        started.append(served.start())
        return served

    yield behind
    for served in started:
        served.stop()


@BOTH
@pytest.mark.parametrize("flaw", CERTIFICATES)
def test_f20_behind_a_wrong_certificate_no_byte_of_a_request_is_sent(
    money_home, carrier, approved, work, settle, sound, serve, flaw
):
    (order,) = approved(1)
    ca = trustme.CA()
    ca_file = str(carrier.folder / "ca.pem")
    ca.cert_pem.write_to_path(ca_file)
    host, not_after = CERTIFICATES[flaw]
    carrier.stop()
    behind = serve(ca.issue_cert(host, not_after=not_after))
    key = connected(money_home, "test-a")._account.order_key
    account = behind.account(order_key=key, ca_file=ca_file)
    money_home.carriers_file.write_text(account, encoding="utf-8")
    work()
    found = standing(money_home)
    assert (found["st"], found["n"], found["trips"]) == ("pending", 1, 0)
    assert behind.stats()["requests"] == 0
    behind.stop()
    serve(ca.issue_cert("127.0.0.1"))
    let_go(money_home)
    settle(seconds=60)
    work()
    assert states(money_home) == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    sound()


@BOTH
def test_f21_a_name_that_leads_nowhere_leaves_the_order_pending(
    money_home, carrier, approved, work, settle, sound, key
):
    (order,) = approved(1)
    for url in ("https://carrier.invalid", "https://10.1.2.3", "https://127.0.0.1:1"):
        nowhere = carrier.account(order_key=key, base_url=url)
        money_home.carriers_file.write_text(nowhere, encoding="utf-8")
        work()
        found = standing(money_home)
        assert (found["st"], found["n"], found["trips"]) == ("pending", 1, 0)
    money_home.carriers_file.write_text(carrier.account(order_key=key), encoding="utf-8")
    settle(seconds=60)
    work()
    assert states(money_home) == {"succeeded": 1}
    assert carrier.charges() == {order: 1}
    sound()


@BOTH
def test_a_carrier_that_is_down_for_a_night_gets_everything_once_and_parks_nothing(
    money_home, carrier, approved, work, settle, sound
):
    orders = approved(3)
    carrier.stop()
    for _ in range(12):
        work()
        let_go(money_home)
        money_home.clock.move(timedelta(minutes=30))
    assert states(money_home) == {"pending": 3}
    carrier.start()
    carrier.put_cards({iccid(1): {"expires_on": EXPIRY.isoformat()}})
    settle(minutes=30)
    work()
    assert states(money_home) == {"succeeded": 3}
    assert carrier.charges() == dict.fromkeys(orders, 1)
    sound()


@pytest.mark.parametrize(
    "terms", [{"rate_per_s": 20, "calls_at_once": 8, "call_deadline_s": 5}], ids=["20/s, 8 at once"]
)
def test_calls_of_all_threads_and_jobs_together_stay_within_the_rate(money_home, carrier, approved, work, sound):
    orders = approved(12)
    connection, done = connected(money_home, "test-a"), threading.Event()

    def refresh():
        while not done.is_set():
            connection.cards([iccid(1)])

    refreshing = threading.Thread(target=refresh)
    refreshing.start()
    work()
    done.set()
    refreshing.join()
    assert carrier.charges() == dict.fromkeys(orders, 1)
    assert 10 <= carrier.stats()["most_per_s"] <= 20
    sound(threads=8, rate_per_s=20)
