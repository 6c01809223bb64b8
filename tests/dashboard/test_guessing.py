"""Guessing at the sign-in page: how many guesses are looked at, who is held up by them and who never is."""

import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from dashboard import gate
from data import home as house
from data.database import Query
from data.home import Home
from data.people import passwords
from data.people import store as people_store
from data.people.rules import Actor
from tests.conftest import PASSWORD

# Taken before the suite makes hashes cheap.
NOBODY = passwords._NOBODY
STRANGER, OFFICE = "203.0.113.9", "10.0.0.1"


@pytest.fixture
def door(home: Home, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`door("viewer", "guess", STRANGER)`: what the sign-in page makes of it: "in", "wrong" or "wait"."""
    house.install(home)
    monkeypatch.setattr(gate, "_tries", MovingWindowRateLimiter(MemoryStorage()))

    def knock(name: str, password: str, address: str) -> str:
        known = gate._is_known(name, address)
        found = gate._open_session(name, password, address, known, "")
        return "wait" if isinstance(found, timedelta) else "in" if found else "wrong"

    yield knock
    house.install(None)


def guesses(door: Callable[..., str], name: str, count: int, address: str = STRANGER) -> Counter[str]:
    return Counter(door(name, f"guess {number}", address) for number in range(count))


def test_of_a_thousand_guesses_at_a_name_five_are_looked_at_within_a_minute(door: Callable[..., str]) -> None:
    assert guesses(door, "viewer", 1000) == {"wrong": 5, "wait": 995}


def test_of_a_thousand_guesses_from_a_thousand_addresses_no_more_are(door: Callable[..., str]) -> None:
    seen = Counter(door("viewer", "guess", f"198.51.{n // 250}.{n % 250}") for n in range(1000))
    assert seen == {"wrong": 5, "wait": 995}


def test_of_a_thousand_guesses_at_a_thousand_names_ten_are(door: Callable[..., str]) -> None:
    seen = Counter(door(f"name {number}", "guess", STRANGER) for number in range(1000))
    assert seen == {"wrong": 10, "wait": 990}


def test_a_network_of_ipv6_addresses_is_one_stranger(door: Callable[..., str]) -> None:
    seen = Counter(door(f"name {number}", "guess", f"2001:db8::{number:x}") for number in range(50))
    assert seen["wrong"] == 10


@pytest.mark.parametrize(("minutes", "most"), [(1, 5), (15, 10), (60 * 24, 40)])
def test_the_steps_make_the_waits_grow(minutes: int, most: int) -> None:
    step = next(step for step in gate._PER_NAME if step.get_expiry() == minutes * 60)
    assert step.amount == most


def test_a_stranger_locks_nobody_out_who_comes_from_where_he_always_comes(door: Callable[..., str]) -> None:
    assert door("viewer", PASSWORD, OFFICE) == "in"
    assert guesses(door, "viewer", 200)["wait"] > 0
    assert door("viewer", PASSWORD, STRANGER) == "wait"
    assert door("viewer", PASSWORD, OFFICE) == "in"


def test_a_stranger_locks_nobody_out_of_another_name(door: Callable[..., str]) -> None:
    guesses(door, "viewer", 50)
    assert door("operator", PASSWORD, OFFICE) == "in"


def test_from_a_known_address_guesses_are_counted_too(door: Callable[..., str]) -> None:
    assert door("viewer", PASSWORD, OFFICE) == "in"
    assert guesses(door, "viewer", 100, OFFICE) == {"wrong": 5, "wait": 95}


def test_ones_own_right_password_forgives_nothing_of_ones_address(door: Callable[..., str]) -> None:
    wrong = 0
    for number in range(40):
        wrong += door(f"victim {number}", "guess", STRANGER) == "wrong"
        door("viewer", PASSWORD, STRANGER)
    assert wrong == 10


def test_slips_of_the_fingers_are_forgotten_after_the_right_password(door: Callable[..., str]) -> None:
    for _ in range(8):
        assert guesses(door, "viewer", 1, OFFICE)["wait"] == 0
        assert door("viewer", PASSWORD, OFFICE) == "in"


def test_every_guess_looked_at_is_in_the_audit_and_a_flood_once(home: Home, door: Callable[..., str]) -> None:
    guesses(door, "viewer", 300)
    rows = home.db.read().rows(Query("t", "", "SELECT event, count(*) AS n FROM audit GROUP BY event"))
    said = {row["event"]: row["n"] for row in rows}
    assert said["person:sign_in_refused"] == 5
    assert said["person:sign_in_slowed"] <= 2


def test_known_and_unknown_names_take_the_same_time(
    home: Home, people: dict[str, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Full cost, alternating, in one run: a disabled person, one without a password and nobody, against a known one."""
    hasher = PasswordHasher()
    monkeypatch.setattr(passwords, "_hasher", hasher)
    monkeypatch.setattr(passwords, "_NOBODY", NOBODY)
    assert not hasher.check_needs_rehash(NOBODY)
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE person SET password_hash = $hash"), hash=hasher.hash(PASSWORD))
        tx.run(Query("t", "", "UPDATE person SET active = false WHERE name = 'operator2'"))
        tx.run(Query("t", "", "UPDATE person SET password_hash = NULL WHERE name = 'approver2'"))
    names = ("viewer", "operator2", "approver2", "nobody at all")
    took: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(7):
        for name in names:
            began = time.process_time()
            assert passwords.fits(home.db.read(), name, "guess") is None
            took[name].append(time.process_time() - began)
    usual = {name: statistics.median(times) for name, times in took.items()}
    assert max(usual.values()) / min(usual.values()) < 1.25, usual


def test_a_person_without_a_password_or_disabled_gets_in_with_none(
    home: Home, people: dict[str, Actor], door: Callable[..., str]
) -> None:
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE person SET active = false WHERE name = 'operator2'"))
        tx.run(Query("t", "", "UPDATE person SET password_hash = NULL WHERE name = 'approver2'"))
    assert door("operator2", PASSWORD, OFFICE) == "wrong"
    assert [door("approver2", password, OFFICE) for password in ("", PASSWORD)] == ["wrong", "wrong"]
    assert people_store.by_name(home.db.read(), "operator2") is None
    assert door("system", "", OFFICE) == "wrong"
