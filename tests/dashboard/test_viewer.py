"""What somebody typed into a form is there again after signing in again; for nobody else, and never a secret."""

from datetime import timedelta

import pytest

from dashboard import viewer

WHY = "the carrier charges twice"


@pytest.fixture(autouse=True)
def _no_drafts_of_others():
    viewer._drafts.clear()
    yield
    viewer._drafts.clear()


@pytest.fixture
def typed(home, page):
    """A page whose session went idle while somebody typed a reason and a password."""

    def run(who="approver", **other):
        test = page("exports", who)
        test.text_input(key="stop:why").set_value(WHY)
        for key, value in other.items():
            test.text_input(key=key).set_value(value)
        home.clock.move(timedelta(minutes=31))
        return test.run()

    return run


def test_what_was_typed_is_there_again_after_the_next_sign_in(page, typed):
    test = typed()
    assert "Your session has ended" in test.info[0].value
    assert not test.text_input
    again = page("exports", "approver")
    assert not again.exception
    assert again.text_input(key="stop:why").value == WHY
    assert not viewer._drafts
    assert page("exports", "approver").text_input(key="stop:why").value == ""


def test_nobody_else_gets_it_and_it_does_not_last(home, page, typed):
    typed()
    assert page("exports", "approver2").text_input(key="stop:why").value == ""
    home.clock.move(timedelta(hours=13))
    assert page("exports", "approver").text_input(key="stop:why").value == ""


def test_a_search_is_no_draft(typed):
    typed(**{"frame:box": "8986001234"})
    assert [list(kept) for _at, kept in viewer._drafts.values()] == [["stop:why"]]


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("approve:1:password", "three quiet terminals", False),
        ("recharge:pin", "123456789012", False),
        ("recharge:number", "8986", False),
        ("payees:1:account", "6222020200112233", False),
        ("approve:1:amount", "48", False),
        ("approve:1:form_no", "", False),
        ("stop:why", "why", True),
        ("notices:note:7", "told the agent", True),
        ("paste:text", "one\ntwo", True),
        ("expiry:text", "noodle", False),
        ("review:reason", 7, False),
        ("payees:1:note", "x" * 100_001, False),
    ],
)
def test_free_text_is_a_draft_and_no_secret_sum_or_number_is(key, value, kept):
    assert viewer._is_draft(key, value) is kept


def test_whoever_was_put_out_leaves_no_draft(home, people, page):
    from data.people import sessions

    test = page("exports", "approver")
    test.text_input(key="stop:why").set_value(WHY)
    with home.db.write() as tx:
        sessions.end_all(tx, person_id=people["approver"].person_id)
    test.run()
    assert "Your session has ended" in test.info[0].value
    assert not viewer._drafts
