"""Sessions: how long they last, who ends them, and the token that changes while the session stays."""

from dataclasses import replace
from datetime import timedelta

import pytest

from data.database import Query
from data.home import Home
from data.people import sessions
from data.people import store as people
from data.people.rules import Actor
from data.people.sessions import Opened

IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
LASTS = {"idle": IDLE, "longest": LONGEST}


def owner(home: Home, token: str) -> str | None:
    found = sessions.of_token(home.db.read(), token, now=home.clock.now(), **LASTS)
    return found.person.name if found else None


def on_socket(home: Home, session_id: str) -> bool:
    return sessions.of_socket(home.db.read(), session_id, now=home.clock.now(), **LASTS) is not None


def signed_in(home: Home, name: str = "viewer", *, address: str = "10.0.0.1", instead_of: str = "") -> Opened:
    person = people.by_name(home.db.read(), name)
    assert person
    with home.db.write() as tx:
        return sessions.sign_in(tx, person, address=address, instead_of=instead_of)


def test_a_session_ends_when_idle_too_long(home: Home, people: dict[str, Actor]) -> None:
    opened = signed_in(home)
    home.clock.move(timedelta(minutes=29))  # type: ignore[attr-defined]
    assert owner(home, opened.token) == "viewer"
    home.clock.move(timedelta(minutes=2))  # type: ignore[attr-defined]
    assert owner(home, opened.token) is None
    assert not on_socket(home, opened.session_id)


def test_clicking_keeps_a_session_alive_until_its_longest_age(home: Home, people: dict[str, Actor]) -> None:
    opened = signed_in(home)
    for _ in range(36):
        home.clock.move(timedelta(minutes=20))  # type: ignore[attr-defined]
        with home.db.write() as tx:
            sessions.touch(tx, opened.session_id)
    assert owner(home, opened.token) == "viewer"
    home.clock.move(timedelta(minutes=1))  # type: ignore[attr-defined]
    assert owner(home, opened.token) is None


def test_neither_the_token_nor_anything_it_is_made_of_is_stored(home: Home, people: dict[str, Actor]) -> None:
    opened = signed_in(home)
    stored = home.db.read().row(Query("t", "", "SELECT * FROM session"))
    assert stored and opened.token not in str(stored)
    assert len(stored["token_sha256"]) == 64
    assert opened.session_id not in opened.token


def test_a_token_has_256_bits_and_none_comes_twice(home: Home, people: dict[str, Actor]) -> None:
    tokens = {signed_in(home).token for _ in range(20)}
    assert len(tokens) == 20 and min(map(len, tokens)) >= 43


def test_signing_in_again_ends_the_session_this_browser_had(home: Home, people: dict[str, Actor]) -> None:
    first = signed_in(home)
    elsewhere = signed_in(home)
    second = signed_in(home, instead_of=first.session_id)
    assert owner(home, first.token) is None
    assert owner(home, second.token) == owner(home, elsewhere.token) == "viewer"


def test_a_number_of_a_session_opens_nothing_from_outside(home: Home, people: dict[str, Actor]) -> None:
    assert owner(home, signed_in(home).session_id) is None


@pytest.fixture
def asked_again(home: Home, people: dict[str, Actor]) -> tuple[Opened, str]:
    opened = signed_in(home, "approver")
    with home.db.write() as tx:
        by = replace(people["approver"], source="page")
        return opened, sessions.want_new_token(tx, by, opened.session_id)


def test_the_password_asked_for_again_brings_a_new_token(home: Home, asked_again: tuple[Opened, str]) -> None:
    opened, word = asked_again
    with home.db.write() as tx:
        token = sessions.renew(tx, opened.token, word)
    assert token and owner(home, token) == "approver"
    assert owner(home, opened.token) is None
    assert on_socket(home, opened.session_id)


def test_the_word_for_a_new_token_works_once_and_with_its_own_token(
    home: Home, asked_again: tuple[Opened, str]
) -> None:
    opened, word = asked_again
    with home.db.write() as tx:
        assert sessions.renew(tx, opened.token, "guessed") is None
        assert sessions.renew(tx, signed_in_within(tx, home), word) is None
        token = sessions.renew(tx, opened.token, word)
        assert token and sessions.renew(tx, token, word) is None
        assert sessions.renew(tx, opened.token, word) is None


def signed_in_within(tx, home: Home) -> str:  # type: ignore[no-untyped-def]
    person = people.by_name(home.db.read(), "viewer")
    assert person
    return sessions.sign_in(tx, person, address="").token


def test_an_old_token_that_is_not_replaced_in_time_is_worth_nothing(
    home: Home, asked_again: tuple[Opened, str]
) -> None:
    opened, word = asked_again
    home.clock.move(timedelta(seconds=59))  # type: ignore[attr-defined]
    assert owner(home, opened.token) == "approver"
    home.clock.move(timedelta(seconds=2))  # type: ignore[attr-defined]
    assert owner(home, opened.token) is None
    with home.db.write() as tx:
        assert sessions.renew(tx, opened.token, word) is None


def test_an_address_is_known_where_that_very_person_signed_in_of_late(home: Home, people: dict[str, Actor]) -> None:
    signed_in(home, "viewer", address="10.0.0.1")

    def known(name: str, address: str) -> bool:
        return sessions.is_known_address(home.db.read(), name=name, address=address, now=home.clock.now())

    assert known("viewer", "10.0.0.1")
    assert not known("operator", "10.0.0.1")
    assert not known("viewer", "10.0.0.2")
    home.clock.move(timedelta(days=91))  # type: ignore[attr-defined]
    assert not known("viewer", "10.0.0.1")


def test_a_name_nobody_has_is_not_written_down(home: Home, people: dict[str, Actor]) -> None:
    with home.db.write() as tx:
        sessions.sign_in_refused(tx, name="my secret password", address="10.0.0.1")
        sessions.sign_in_refused(tx, name="viewer", address="10.0.0.1")
    rows = home.db.read().rows(Query("t", "", "SELECT object FROM audit WHERE event = 'person:sign_in_refused'"))
    assert [row["object"] for row in rows] == ["person ?", "person viewer"]
