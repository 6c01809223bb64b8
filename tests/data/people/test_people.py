"""Who may do what, and whose session it is."""

from dataclasses import replace

import pytest

from data.database import Query
from data.home import Home
from data.people import passwords
from data.people import store as people
from data.people.rules import ACTION_WORDS, MAY, SYSTEM, Action, Actor, Refused, Role, may
from tests.conftest import PASSWORD


def test_every_action_has_its_roles() -> None:
    assert set(MAY) == set(Action)


def test_a_refusal_names_the_action_in_words(home: Home, people_cast: dict[str, Actor]) -> None:
    assert set(ACTION_WORDS) == set(Action)
    with pytest.raises(Refused) as refused:
        people.require(home.db.read(), people_cast["viewer"], Action.CANCEL_BATCH, "batch 12")
    assert str(refused.value).endswith("may not do this: take a batch back (batch 12)")


def test_nobody_is_both_maker_and_checker() -> None:
    assert not MAY[Action.PROPOSE] & MAY[Action.APPROVE]


def test_who_pays_neither_orders_nor_approves_nor_says_whom() -> None:
    others = {Action.PROPOSE, Action.APPROVE, Action.SEND_WORKLIST, Action.PROPOSE_PAYEE, Action.CONFIRM_PAYEE}
    assert not any(may(Role.FINANCE, action) for action in others)
    paying = {Action.MARK_PAID, Action.SEE_BANK_ACCOUNTS}
    assert all(role in {Role.FINANCE, Role.SYSTEM} for action in paying for role in MAY[action])
    assert not MAY[Action.PROPOSE_PAYEE] & MAY[Action.CONFIRM_PAYEE]


def test_an_administrator_has_no_money_action() -> None:
    his = {Action.LOOK_UP, Action.SEE, Action.EXPORT, Action.STOP_RENEWALS}
    his |= {Action.RUN_JOBS, Action.MANAGE_PEOPLE, Action.READ_AUDIT, Action.KEEP_REMINDERS}
    assert {action for action in Action if may(Role.ADMINISTRATOR, action)} == his


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("name", [role.value for role in Role if role is not Role.SYSTEM])
def test_require_equals_the_table(home: Home, people_cast: dict[str, Actor], name: str, action: Action) -> None:
    actor = people_cast[name]
    if may(actor.role, action):
        people.require(home.db.read(), actor, action, "x")
    else:
        with pytest.raises(Refused, match=name):
            people.require(home.db.read(), actor, action, "x")


@pytest.fixture
def people_cast(people: dict[str, Actor]) -> dict[str, Actor]:
    return people


def test_a_role_taken_away_counts_at_once(home: Home, people_cast: dict[str, Actor]) -> None:
    operator = people_cast["operator"]
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE person SET role = 'viewer' WHERE name = 'operator'"))
    with pytest.raises(Refused):
        people.require(home.db.read(), operator, Action.PROPOSE, "batch")


def test_a_forged_system_role_from_a_page_cannot_be_made_by_a_person(home: Home, people_cast: dict[str, Actor]) -> None:
    assert people_cast["viewer"].role is Role.VIEWER
    with pytest.raises(Refused):
        people.require(home.db.read(), SYSTEM, Action.APPROVE, "batch")


def test_a_password_fits_only_its_person(home: Home, people_cast: dict[str, Actor]) -> None:
    reader = home.db.read()
    assert passwords.fits(reader, "viewer", PASSWORD)
    assert passwords.fits(reader, "viewer", PASSWORD + "!") is None
    assert passwords.fits(reader, "nobody", PASSWORD) is None
    assert passwords.fits(reader, "system", "") is None


def test_only_an_administrator_adds_people_on_a_page(home: Home, people_cast: dict[str, Actor]) -> None:
    approver, administrator = (replace(people_cast[name], source="page") for name in ("approver", "administrator"))
    with pytest.raises(Refused), home.db.write() as tx:
        people.add(tx, approver, name="friend", role=Role.OPERATOR, password=None)
    with home.db.write() as tx:
        people.add(tx, administrator, name="friend", role=Role.OPERATOR, password=None)
