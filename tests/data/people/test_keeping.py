"""Keeping people: who may, what ends with it, the links, and what a password must be."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from data.database import Query
from data.home import Home
from data.people import keeping, passwords, sessions
from data.people import store as people_store
from data.people.password_rules import MAX_LENGTH, _words, is_common, password_fault
from data.people.rules import Actor, Event, Refused, Role, WrongPassword
from tests.conftest import PASSWORD, proof

COMMAND_LINE = Actor(0, "command line", Role.SYSTEM, "command line")
ACTS = {
    "set_role": Event.PERSON_ROLE_CHANGED,
    "disable": Event.PERSON_DISABLED,
    "enable": Event.PERSON_ENABLED,
    "reset": Event.LINK_MADE,
}


def do(home: Home, by: Actor, act: str, person_id: int, *, typed: str | None = PASSWORD) -> object:
    """As an administrator does it on the page: the password first, then the transaction."""
    name = people_store.person_now(home.db.read(), person_id).name  # type: ignore[union-attr]
    password = proof(home, by, typed, ACTS[act], f"person {name}")
    more = {"role": Role.VIEWER} if act == "set_role" else {}
    with home.db.write() as tx:
        return getattr(keeping, act)(tx, by, person_id=person_id, password=password, **more)


def on_page(actor: Actor) -> Actor:
    return replace(actor, source="page")


def open_sessions(home: Home, person_id: int) -> int:
    rows = keeping.people(home.db.read(), now=home.clock.now()).to_pylist()
    return next(row["sessions"] for row in rows if row["person_id"] == person_id)


@pytest.fixture
def somebody(home: Home, people: dict[str, Actor]) -> int:
    """The operator, signed in twice."""
    person = people_store.by_name(home.db.read(), "operator")
    assert person
    with home.db.write() as tx:
        sessions.sign_in(tx, person, address="")
        sessions.sign_in(tx, person, address="")
    return person.person_id


@pytest.mark.parametrize("act", ["set_role", "disable", "reset"])
def test_whoever_is_changed_is_signed_out_everywhere(home, people, somebody, act):
    assert open_sessions(home, somebody) == 2
    do(home, on_page(people["administrator"]), act, somebody)
    assert open_sessions(home, somebody) == 0


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize("name", ["viewer", "operator2", "approver", "finance"])
def test_only_an_administrator_keeps_people(home, people, somebody, act, name):
    for by in (people[name], on_page(people[name])):
        with pytest.raises(Refused, match="manage people"):
            do(home, by, act, somebody)
    assert open_sessions(home, somebody) == 2


@pytest.mark.parametrize("act", list(ACTS))
@pytest.mark.parametrize("typed", [None, "", "not my password"])
def test_an_administrator_types_the_password_again(home, people, somebody, act, typed):
    with pytest.raises(Refused):
        do(home, on_page(people["administrator"]), act, somebody, typed=typed)
    assert open_sessions(home, somebody) == 2


def test_a_password_typed_for_one_act_is_none_for_another_person_act_or_hour(home, people, somebody):
    by = on_page(people["administrator"])
    typed = proof(home, by, PASSWORD, Event.PERSON_DISABLED, "person operator")
    for other in (people["operator2"].person_id, people["viewer"].person_id):
        with pytest.raises(Refused, match="typed for something else"), home.db.write() as tx:
            keeping.disable(tx, by, person_id=other, password=typed)
    with pytest.raises(Refused, match="typed for something else"), home.db.write() as tx:
        keeping.reset(tx, by, person_id=somebody, password=typed)
    with pytest.raises(Refused, match="typed for something else"), home.db.write() as tx:
        forged = replace(typed, person_id=people["viewer"].person_id)
        keeping.disable(tx, by, person_id=somebody, password=forged)
    home.clock.move(timedelta(minutes=6))
    with pytest.raises(Refused, match="too long ago"), home.db.write() as tx:
        keeping.disable(tx, by, person_id=somebody, password=typed)
    typed = proof(home, by, PASSWORD, Event.PERSON_DISABLED, "person operator")
    with home.db.write() as tx:
        keeping.disable(tx, by, person_id=somebody, password=typed)


def test_a_password_changed_meanwhile_proves_nothing(home, people, somebody):
    by = on_page(people["administrator"])
    typed = proof(home, by, PASSWORD, Event.PERSON_DISABLED, "person operator")
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE person SET password_hash = 'other' WHERE name = 'administrator'"))
    with pytest.raises(Refused, match="typed for something else"), home.db.write() as tx:
        keeping.disable(tx, by, person_id=somebody, password=typed)


def test_no_hash_is_made_inside_a_transaction(home, people, monkeypatch):
    """Whoever checks a password under the writer lock holds up every other writer for a fifth of a second."""
    real = passwords._verified

    def outside(*what):  # type: ignore[no-untyped-def]
        assert not home.db._write_lock.locked()
        return real(*what)

    monkeypatch.setattr(passwords, "_verified", outside)
    do(home, on_page(people["administrator"]), "disable", people["operator"].person_id)
    with pytest.raises(WrongPassword):
        proof(home, on_page(people["approver"]), "guess", Event.BATCH_APPROVED, "batch 1")


def test_nobody_changes_himself_and_the_last_administrator_stays(home, people):
    administrator = people["administrator"]
    with pytest.raises(Refused, match="another administrator"):
        do(home, on_page(administrator), "disable", administrator.person_id)
    for act in ("disable", "set_role"):
        with pytest.raises(Refused, match="last administrator"):
            do(home, COMMAND_LINE, act, administrator.person_id)
    with pytest.raises(Refused, match="no such person"), home.db.write() as tx:
        keeping.disable(tx, COMMAND_LINE, person_id=0)


def test_whoever_sees_a_part_gets_no_role_that_works_on_the_whole(home, people):
    with home.db.write() as tx:
        tx.run(Query("t", "", "INSERT INTO person_scope (person_id, kind, value) VALUES ($id, 'region', 'East')"), id=1)
        with pytest.raises(Refused, match="part of the fleet"):
            keeping.set_role(tx, COMMAND_LINE, person_id=1, role=Role.APPROVER)
        keeping.set_role(tx, COMMAND_LINE, person_id=1, role=Role.DESK)


def invited(home: Home, name: str = "newcomer") -> str:
    with home.db.write() as tx:
        return keeping.invite(tx, COMMAND_LINE, name=name, role=Role.DESK)


def choose(home: Home, token: str, password: str = "an evening at the harbour") -> bool:
    new = passwords.chosen("newcomer", password)
    with home.db.write() as tx:
        return keeping.choose_password(tx, token, new=new) is not None


def test_a_newcomer_chooses_a_password_through_a_link_that_works_once(home, people):
    token = invited(home)
    assert passwords.fits(home.db.read(), "newcomer", "") is None
    assert keeping.link_of(home.db.read(), token, now=home.clock.now()) == "newcomer"
    assert choose(home, token)
    assert passwords.fits(home.db.read(), "newcomer", "an evening at the harbour")
    assert keeping.link_of(home.db.read(), token, now=home.clock.now()) is None
    assert not choose(home, token, "another evening entirely")
    assert passwords.fits(home.db.read(), "newcomer", "an evening at the harbour")


def test_a_link_dies_after_a_day_by_a_newer_one_and_with_the_account(home, people):
    token = invited(home)
    home.clock.move(timedelta(hours=24))
    assert not choose(home, token)
    person_id = people_store.by_name(home.db.read(), "newcomer").person_id
    older = do(home, COMMAND_LINE, "reset", person_id)
    newer = do(home, COMMAND_LINE, "reset", person_id)
    assert not choose(home, older)
    do(home, COMMAND_LINE, "disable", person_id)
    with pytest.raises(Refused, match="enable the account"):
        do(home, COMMAND_LINE, "reset", person_id)
    do(home, COMMAND_LINE, "enable", person_id)
    assert not choose(home, newer)


def test_no_link_and_no_password_is_kept_as_it_is(home, people):
    token = invited(home)
    tables = home.db.read().rows(Query("t", "", "SELECT * FROM password_link"))
    log = home.db.read().rows(Query("t", "", "SELECT * FROM audit"))
    assert token not in str(tables) + str(log)


def test_a_reset_voids_the_old_password_at_once(home, people):
    do(home, on_page(people["administrator"]), "reset", people["operator"].person_id)
    assert passwords.fits(home.db.read(), "operator", PASSWORD) is None


def test_an_older_set_up_link_is_void_and_none_works_once_somebody_can_sign_in(home):
    first = passwords.chosen("first", PASSWORD)
    with home.db.write() as tx:
        older, newer = keeping.make_setup_link(tx), keeping.make_setup_link(tx)
        assert keeping.set_up(tx, older, name="first", password=first) is None
        people_store.add(tx, COMMAND_LINE, name="somebody", role=Role.VIEWER, password=None)
        assert keeping.set_up(tx, newer, name="first", password=first) is None
    assert [person.name for person in people_store.everyone(home.db.read())] == ["somebody"]


@pytest.mark.parametrize("name", ["", "a", " boss", "boss ", "bo\nss", "b\u202eoss", "x" * 81, "Operator", "SYSTEM"])
def test_a_name_that_is_none_or_reads_like_anothers_is_refused(home, people, name):
    with pytest.raises(Refused), home.db.write() as tx:
        people_store.add(tx, COMMAND_LINE, name=name, role=Role.VIEWER, password=None)


# What a password must be (ASVS 5.0, 6.2) -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elevenchars", "shorter"),
        ("x7" * (MAX_LENGTH // 2) + "y", "longer"),
        ("Operator3 and more", "sign-in name"),
        ("0perat0r3-zzkq-8", "sign-in name"),
        ("flowcard is ours 8", "product"),
        ("Fl0wC@rd-zzkq-81", "product"),
        ("password1234", "guessed first"),
        ("P@ssw0rd2024!", "guessed first"),
        ("qwertyuiop123", "guessed first"),
        ("1qaz2wsx3edc", "guessed first"),
        ("aaaaaaaaaaaaaa", "guessed first"),
        ("abcabcabcabcabc", "guessed first"),
        ("xkqxkqxkqxkqxkq", "guessed first"),
        ("19900101liuliang", "guessed first"),
        ("woaini-woaini-1314", "guessed first"),
        ("ＰＡＳＳＷＯＲＤ1234", "guessed first"),
        ("correct horse battery staple", "guessed first"),
    ],
)
def test_a_bad_password_is_refused_with_its_fault(password: str, fault: str) -> None:
    found = password_fault("operator3", password)
    assert found and fault in found


@pytest.mark.parametrize(
    "password",
    [
        "three quiet terminals",
        "x7Kp!mQ2vz9L",
        "839201746523",
        "lowercase letters only please",
        "夜里的码头没有一个人影也没有灯",
        "     spaces count     ",
        "kq" + "zvbm" * 32 + "w",
    ],
)
def test_no_rule_says_which_signs_a_password_has(password: str) -> None:
    assert password_fault("operator3", password) is None


def test_a_password_of_a_hundred_and_twenty_eight_signs_counts_to_the_last(home, people):
    long = hashlib.sha512(b"a passphrase").hexdigest()
    new = passwords.chosen("operator", long)
    with home.db.write() as tx:
        keeping.change_password(tx, people["operator"], new=new, password=None, session_id="")
    assert passwords.fits(home.db.read(), "operator", long)
    assert passwords.fits(home.db.read(), "operator", long[:-1]) is None
    assert passwords.fits(home.db.read(), "operator", long.upper()) is None


def test_far_more_than_three_thousand_common_passwords_of_the_right_length_are_refused() -> None:
    words, _longest = _words()
    endings = ("123456", "2024", "!", "1234", "@2025", "", "123", "888", "12345678")
    built = {
        f"{first}{second}{ending}".capitalize()
        for first in filter(str.isalpha, words)
        for second in ("", first, "admin", "password")
        for ending in endings
    }
    fitting = {password for password in built if len(password) >= 12}
    assert len(fitting) > 3_000
    assert all(is_common(password) for password in fitting)
