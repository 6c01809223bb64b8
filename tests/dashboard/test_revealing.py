"""A recharge card shown: to an approver, after the password, for half a minute, with a trace."""

import pytest
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from data.database import Query
from data.people.rules import Event, Refused
from data.renewals import store as renewals
from data.renewals.store import RechargeCard
from data.secrets import Secret
from tests.conftest import PASSWORD, proof

NUMBER, PIN = "13579135791357913", "246802468024680246"


@pytest.fixture
def batch(demo_home, people, practice_fleet):
    """A proposed recharge."""
    [sim] = practice_fleet(1)
    with demo_home.db.write() as tx:
        made = renewals.recharge(
            tx,
            people["operator"],
            sim_id=sim,
            card=RechargeCard(Secret(NUMBER), Secret(PIN), 5000),
            keyring=demo_home.keyring,
            form_key="f",
        )
    return made.batch


def traces(home):
    rows = home.db.read().rows(Query("t", "", "SELECT event, person, object, detail FROM audit ORDER BY seq"))
    return [row for row in rows if row["event"] in {"recharge:revealed", "person:reauthentication_refused"}]


def reveal(test, password):
    next(box for box in test.text_input if (box.key or "").endswith(":reveal:password")).set_value(password)
    return next(button for button in test.button if button.label == "Show it for 30 seconds").click().run()


def test_an_approver_sees_it_after_the_password_until_the_next_click(demo_home, batch, page, monkeypatch):
    timers = []
    sent = ForwardMsgQueue.enqueue

    def watched(queue, message, *more):
        if message.WhichOneof("type") == "auto_rerun":
            timers.append(message.auto_rerun.interval)
        return sent(queue, message, *more)

    monkeypatch.setattr(ForwardMsgQueue, "enqueue", watched)
    test = page("batches", "approver", batch=str(batch))
    assert NUMBER not in str(test.main)
    test = reveal(test, "wrong password")
    assert "This is not your password; nothing was done" in [error.value for error in test.error]
    assert not test.code
    timers.clear()
    test = reveal(test, PASSWORD)
    assert not test.exception
    assert [code.value for code in test.code] == [f"Number of the card: {NUMBER}\nPIN: {PIN}"]
    assert 30 in timers  # the browser asks this part to draw itself anew, and then it is empty
    test.run()
    assert not test.code
    found = traces(demo_home)
    assert [(row["event"], row["person"]) for row in found] == [
        ("person:reauthentication_refused", "approver"),
        ("recharge:revealed", "approver"),
    ]
    assert (found[1]["object"], found[1]["detail"]) == (f"batch {batch}", '{"card":"7913"}')


def test_drawn_again_by_itself_it_is_empty(monkeypatch):
    from dashboard.widgets import revealing

    drawn, parts = [], []
    monkeypatch.setattr(revealing.st, "code", lambda text, **_how: drawn.append(text))
    monkeypatch.setattr(revealing.st, "caption", drawn.append)
    monkeypatch.setattr(revealing.viewer, "fragment", lambda run_every: lambda part: parts.append(part) or part)
    revealing._for_a_while("a secret")
    parts[0]()
    assert drawn == ["a secret", "Hidden again."]


@pytest.mark.parametrize("role", ["viewer", "operator", "finance", "administrator"])
def test_nobody_else_is_offered_it(demo_home, batch, page, role):
    test = page("batches", role, batch=str(batch))
    assert not test.exception
    assert "Show it for 30 seconds" not in [button.label for button in test.button]


def test_the_store_wants_an_approver_and_a_proof_for_this_very_batch(demo_home, people, batch):
    from dataclasses import replace

    approver = replace(people["approver"], source="page")
    typed = proof(demo_home, approver, PASSWORD, Event.RECHARGE_CARD_REVEALED, "batch 99")
    for by, password in ((people["operator"], None), (approver, None), (approver, typed)):
        with pytest.raises(Refused), demo_home.db.write() as tx:
            renewals.reveal_card(tx, by, demo_home.keyring, batch=batch, password=password)
    assert not traces(demo_home)
    typed = proof(demo_home, approver, PASSWORD, Event.RECHARGE_CARD_REVEALED, f"batch {batch}")
    with demo_home.db.write() as tx:
        number, pin = renewals.reveal_card(tx, approver, demo_home.keyring, batch=batch, password=typed)
    assert (number.reveal(), pin.reveal()) == (NUMBER, PIN)
