"""Users and rights: an administrator's page; a link shown once, sessions ended, a refusal in words."""

import pytest

from data.database import Query
from data.people import passwords, scopes, sessions
from data.people import store as people_store
from data.people.rules import ROLE_WORDS, Role
from tests.conftest import PASSWORD


@pytest.fixture
def users(page):
    """`users("operator")`: the page with that person chosen; None: nobody."""

    def opened(name=None, *, language="en"):
        test = page("users", "administrator", language=language)
        if name is None:
            return test
        shown = test.dataframe[0].value
        place = list(shown["name"]).index(name)
        test.session_state["users:people"] = {"selection": {"rows": [place], "columns": [], "cells": []}}
        return test.run()

    return opened


def field(test, label):
    return next(one for one in test.text_input if one.label == label)


def press(test, label):
    return next(one for one in test.button if one.label == label).click().run()


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "finance", "desk", "field"])
def test_nobody_else_sees_who_can_sign_in(page, role):
    test = page("users", role)
    assert not test.exception and not test.dataframe
    assert "not for" in test.title[0].value.lower()


@pytest.mark.parametrize(("language", "title"), [("en", "Users and rights"), ("zh_CN", "用户与权限")])
def test_the_register_and_the_table_of_rights_in_both_languages(users, language, title):
    test = users(language=language)
    assert not test.exception
    assert test.title[0].value == title
    assert len(test.dataframe[0].value) == 9
    assert len(test.dataframe) == 2


def test_somebody_new_gets_a_link_that_is_shown_once(home, users):
    test = users()
    test.text_input(key="users:new:name").set_value("newcomer")
    test.selectbox(key="users:new:role").set_value("approver")
    test.text_input(key="users:new:password").set_value(PASSWORD)
    test.button(key="users:new:make").click().run()
    assert not test.exception
    link = test.code[0].value
    assert "/reset?token=" in link
    person = people_store.by_name(home.db.read(), "newcomer")
    assert person and Role(person.role) is Role.APPROVER
    assert passwords.fits(home.db.read(), "newcomer", PASSWORD) is None
    test.button(key="users:link:taken").click().run()
    assert not test.code


def test_a_wrong_password_makes_nobody(home, users):
    test = users()
    test.text_input(key="users:new:name").set_value("newcomer")
    test.text_input(key="users:new:password").set_value("guess")
    test.button(key="users:new:make").click().run()
    assert "not your password" in test.error[0].value
    assert people_store.by_name(home.db.read(), "newcomer") is None
    count = Query("t", "", "SELECT count(*) FROM audit WHERE event = 'person:reauthentication_refused'")
    assert home.db.read().value(count) == 1


def test_a_person_is_disabled_and_his_sessions_end(home, users):
    person = people_store.by_name(home.db.read(), "operator")
    with home.db.write() as tx:
        opened = sessions.sign_in(tx, person, address="")
    test = users("operator")
    field(test, "Your password").set_value(PASSWORD)
    test.text_input(key=f"users:{person.person_id}:password").set_value(PASSWORD)
    press(test, "Disable")
    assert not test.exception and not test.error
    assert people_store.by_name(home.db.read(), "operator") is None
    assert sessions.ended(home.db.read(), [opened.session_id]) == [opened.session_id]


def test_another_role_counts_at_once(home, users):
    person = people_store.by_name(home.db.read(), "operator2")
    test = users("operator2")
    next(one for one in test.selectbox if one.value == "operator").set_value("viewer")
    test.text_input(key=f"users:{person.person_id}:password").set_value(PASSWORD)
    press(test, "Change the role")
    assert people_store.by_name(home.db.read(), "operator2").role == "viewer"
    assert ROLE_WORDS[Role.VIEWER] in str(list(test.dataframe[0].value["role"]))


def test_a_part_of_the_fleet_is_given_by_lines(home, users):
    test = users("viewer")
    person = people_store.by_name(home.db.read(), "viewer")
    areas = {one.label: one for one in test.text_area}
    areas["Region"].set_value("Nowhere")
    test.text_input(key=f"scope:{person.person_id}:password").set_value(PASSWORD)
    test.button(key=f"scope:{person.person_id}:give").click().run()
    assert "no card, terminal or merchant is known by" in test.error[0].value
    assert not scopes.of(home.db.read(), person.person_id)


def test_roles_that_work_on_the_whole_have_no_such_form(users):
    assert not users("operator").text_area


def test_nothing_is_offered_for_oneself(users):
    test = users("administrator")
    assert not [one for one in test.button if one.label in {"Disable", "Reset the password", "Change the role"}]


def test_the_password_typed_again_lets_the_tab_fetch_a_new_token(home, users, monkeypatch):
    from dashboard import viewer

    test = users()
    test.text_input(key="users:new:name").set_value("newcomer")
    test.text_input(key="users:new:password").set_value(PASSWORD)
    test.button(key="users:new:make").click().run()
    assert sessions.wants_new_token(home.db.read(), viewer.session_id())
    assert test.session_state["viewer:renewal"]
