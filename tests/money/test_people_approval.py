"""The approval: two people, a password, totals typed per payee, the company's form, and a deputy with dates."""

import threading
from dataclasses import replace
from datetime import date, timedelta

import pytest

from data.database import Query
from data.people import deputies, passwords
from data.people.rules import Event, Refused, WrongPassword
from data.renewals import store as renewals
from jobs import run_renewals
from tests.conftest import proof

PASSWORD = "three quiet terminals"


def sql(home, text, **params):
    with home.db.write() as tx:
        tx.run(Query("test", "", text), **params)


def audited(home, event):
    count = Query("test", "", "SELECT count(*) FROM audit WHERE event = $event")
    return home.db.read().value(count, event=event)


@pytest.fixture
def proposed(demo_home, people, practice_fleet):
    """`proposed(5)`: the number of a batch of so many cards that the operator made."""

    def build(count, **practice):
        sims = practice_fleet(count, **practice)
        with demo_home.db.write() as tx:
            return renewals.propose(tx, people["operator"], sim_ids=sims, form_key="form").batch

    return build


@pytest.fixture
def approve(demo_home):
    """`approve(who, 1)` as from the command line, `approve(who, 1, page=True, …)` as from a page."""

    def run(by, batch, *, page=False, settings=None, **said):
        status = renewals.status(demo_home.db.read(), batch)
        by = replace(by, source="page") if page else by
        said["password"] = proof(demo_home, by, said.get("password"), Event.BATCH_APPROVED, f"batch {batch}")
        with demo_home.db.write() as tx:
            renewals.approve(
                tx, by, batch=batch, content_hash=status.content_hash, settings=settings or demo_home.settings, **said
            )

    return run


def state(home, batch=1):
    return renewals.status(home.db.read(), batch).state


def with_settings(home, **changes):
    return home.settings.model_copy(update=changes)


TOTALS = {"Practice Mobile": (4, 4800)}


def test_a_page_approves_with_password_and_totals_per_payee(demo_home, people, proposed, approve):
    approve(people["approver"], proposed(4), page=True, typed=TOTALS, password=PASSWORD)
    assert state(demo_home) == "approved"


@pytest.mark.parametrize(
    "typed",
    [
        None,
        {},
        {"Practice Mobile": (3, 4800)},
        {"Practice Mobile": (4, 4799)},
        {"Somebody": (4, 4800)},
        TOTALS | {"Somebody": (1, 1)},
    ],
)
def test_totals_that_are_not_the_batchs_approve_nothing(demo_home, people, proposed, approve, typed):
    batch = proposed(4)
    with pytest.raises(Refused, match="nothing was approved|changed"):
        approve(people["approver"], batch, page=True, typed=typed, password=PASSWORD)
    assert state(demo_home) == "proposed"


def test_every_payee_is_typed_once(demo_home, people, proposed, approve):
    batch = proposed(4)
    sql(
        demo_home,
        "INSERT INTO account BY NAME SELECT * REPLACE ('second' AS account, 'Payee Two' AS payee) FROM account "
        "WHERE account = 'practice-a'",
    )
    sql(demo_home, "UPDATE batch_line SET account = 'second' WHERE line = 4")
    asked = renewals.payees(demo_home.db.read(), batch)
    assert [(row["payee"], row["items"], row["amount_fen"]) for row in asked] == [
        ("Practice Mobile", 3, 3600),
        ("Payee Two", 1, 1200),
    ]
    with pytest.raises(Refused, match="For Payee Two"):
        approve(people["approver"], batch, page=True, typed={"Practice Mobile": (3, 3600)}, password=PASSWORD)


@pytest.mark.parametrize(("password", "refusal"), [(None, "Type your password"), ("wrong", "not your password")])
def test_a_page_cannot_approve_without_the_password(demo_home, people, proposed, approve, password, refusal):
    batch = proposed(4)
    with pytest.raises(Refused, match=refusal):
        approve(people["approver"], batch, page=True, typed=TOTALS, password=password)
    assert state(demo_home) == "proposed"


def test_another_persons_password_is_no_password(demo_home, people, proposed, approve):
    sql(demo_home, "UPDATE person SET password_hash = 'none' WHERE name = 'approver'")
    with pytest.raises(WrongPassword):
        approve(people["approver"], proposed(4), page=True, typed=TOTALS, password=PASSWORD)


def test_after_five_wrong_passwords_even_the_right_one_waits(demo_home, people, proposed, approve):
    batch, by = proposed(4), replace(people["approver"], source="page")
    for _ in range(5):
        with demo_home.db.write() as tx:
            passwords.was_wrong(tx, by)
    with pytest.raises(Refused, match="5 wrong passwords"):
        approve(people["approver"], batch, page=True, typed=TOTALS, password=PASSWORD)
    approve(people["approver2"], batch, page=True, typed=TOTALS, password=PASSWORD)


def test_roles_swapped_in_between_make_no_maker_a_checker(demo_home, people, proposed, approve):
    batch = proposed(4)
    sql(demo_home, "UPDATE person SET role = 'approver' WHERE name = 'operator'")
    sql(demo_home, "UPDATE person SET role = 'operator' WHERE name = 'approver'")
    with pytest.raises(Refused, match="You made this batch"):
        approve(people["operator"], batch)
    with pytest.raises(Refused):
        approve(people["approver"], batch)


def test_the_companys_form_is_demanded_where_the_settings_say_so(demo_home, people, proposed, approve):
    batch, settings = proposed(4), with_settings(demo_home, approval_form_needed=True)
    with pytest.raises(Refused, match="approval form"):
        approve(people["approver"], batch, settings=settings, form_no="  ")
    approve(people["approver"], batch, settings=settings, form_no=" OA-2026-1122-7 ")
    assert renewals.status(demo_home.db.read(), batch).form_no == "OA-2026-1122-7"


def test_the_forms_file_goes_through_the_archive(demo_home, people, proposed, approve):
    from data.vouchers import store as vouchers

    batch = proposed(4)
    paper = {
        "filename": "OA.png",
        "content": b"\x89PNG\r\n\x1a\n" + b"\0" * 8,
        "folder": demo_home.vouchers,
        "max_mb": 1,
    }
    with pytest.raises(Refused), demo_home.db.write() as tx:
        vouchers.file_paper(tx, people["viewer"], **paper, kind="form")
    with pytest.raises(Refused), demo_home.db.write() as tx:
        vouchers.file_paper(tx, people["approver"], **paper, kind="invoice")
    sql(
        demo_home,
        "INSERT INTO voucher (sha256, filename, format, bytes, kind, remarks, filed_by, filed_at) VALUES "
        "('a', 'OA.pdf', 'pdf', 1, 'form', '[]', 1, now()), ('b', 'i.pdf', 'pdf', 1, 'invoice', '[]', 1, now())",
    )
    with pytest.raises(Refused, match="no approval form"):
        approve(people["approver"], batch, form_voucher=2)
    approve(people["approver"], batch, form_voucher=1)
    assert renewals.status(demo_home.db.read(), batch).form_voucher == 1


def test_a_second_purchase_wants_an_approvers_reason(demo_home, people, proposed, approve):
    batch = proposed(4)
    sql(demo_home, "UPDATE batch_line SET seq = 2 WHERE line = 1")
    lines = Query("t", "", "SELECT l.*, b.kind FROM batch_line l JOIN batch b ON b.id = l.batch ORDER BY line")
    from data.renewals import rules

    hashed = rules.content_hash(rules.content(line)[1:] for line in demo_home.db.read().rows(lines))
    sql(demo_home, "UPDATE batch SET content_hash = $hashed", hashed=hashed)
    with pytest.raises(Refused, match="say why"):
        approve(people["approver"], batch)
    approve(people["approver"], batch, reason="two terminals of one hotel share the card's pool")
    assert state(demo_home) == "approved"


def test_a_batch_sent_back_frees_its_cards_and_says_why(demo_home, people, proposed):
    batch = proposed(4)
    with pytest.raises(Refused, match="Say why"), demo_home.db.write() as tx:
        renewals.send_back(tx, people["approver"], batch=batch, why=" ")
    with demo_home.db.write() as tx:
        renewals.send_back(tx, people["approver"], batch=batch, why="12 months, not 24")
    found = renewals.status(demo_home.db.read(), batch)
    assert (found.state, found.note) == ("cancelled", "approver: 12 months, not 24")
    with demo_home.db.write() as tx:
        assert renewals.propose(tx, people["operator"], sim_ids=[1, 2, 3, 4], form_key="again").items == 4


@pytest.fixture
def deputy(demo_home, people):
    """`deputy("operator2")`: the approver is away for a week and that person stands in."""

    def name(who, *, days=7, by="approver"):
        today = demo_home.clock.today()
        with demo_home.db.write() as tx:
            return deputies.name_deputy(
                tx, people[by], person_id=people[who].person_id, from_day=today, to_day=today + timedelta(days)
            )

    return name


def test_a_deputy_approves_between_two_days_and_says_for_whom(demo_home, people, proposed, approve, deputy):
    batch = proposed(4)
    with pytest.raises(Refused):
        approve(people["operator2"], batch)
    deputy("operator2")
    approve(people["operator2"], batch)
    found = renewals.status(demo_home.db.read(), batch)
    assert (found.checker, found.acting_for) == ("operator2", "approver")
    run_renewals.run(demo_home, threading.Event())
    assert renewals.status(demo_home.db.read(), batch).succeeded > 0


def test_before_and_after_his_days_a_deputy_approves_nothing(demo_home, people, proposed, approve, deputy):
    batch = proposed(4)
    deputy("operator2", days=1)
    demo_home.clock.move(timedelta(days=2))
    with pytest.raises(Refused):
        approve(people["operator2"], batch)


def test_a_deputy_never_approves_what_he_made(demo_home, people, proposed, approve, deputy):
    batch = proposed(4)
    deputy("operator")
    with pytest.raises(Refused, match="You made this batch"):
        approve(people["operator"], batch)


def test_a_deputy_never_approves_what_the_absent_approver_made(demo_home, people, proposed, approve, deputy):
    batch = proposed(4)
    sql(demo_home, "UPDATE person SET role = 'approver' WHERE name = 'operator'")
    deputy("operator2", by="operator")
    with pytest.raises(Refused, match="operator, for whom you stand in, made this batch"):
        approve(people["operator2"], batch)
    deputy("operator2")
    approve(people["operator2"], batch)
    assert renewals.status(demo_home.db.read(), batch).acting_for == "approver"


@pytest.mark.parametrize(
    ("who", "first", "last", "refusal"),
    [
        ("viewer", 0, 3, "operator or an approver"),
        ("approver", 0, 3, "your own deputy"),
        ("operator2", -3, -1, "is over"),
        ("operator2", 3, 1, "is over or ends"),
        ("operator2", 0, 92, "at most 92 days"),
    ],
)
def test_nobody_else_becomes_a_deputy(demo_home, people, who, first, last, refusal):
    today = demo_home.clock.today()
    with pytest.raises(Refused, match=refusal), demo_home.db.write() as tx:
        deputies.name_deputy(
            tx,
            people["approver"],
            person_id=people[who].person_id,
            from_day=today + timedelta(first),
            to_day=today + timedelta(last),
        )


def test_only_the_approver_himself_takes_a_deputyship_back(demo_home, people, deputy):
    made = deputy("operator2")
    with pytest.raises(Refused, match="no deputyship of yours"), demo_home.db.write() as tx:
        deputies.end_deputy(tx, people["approver2"], deputy_id=made)
    with demo_home.db.write() as tx:
        deputies.end_deputy(tx, people["approver"], deputy_id=made)
    assert deputies.deputyships(demo_home.db.read(), today=date(2026, 11, 22)) == []


ENDED = {
    "taken_back": "UPDATE deputy SET ended_at = now()",
    "approver_no_more": "UPDATE person SET role = 'viewer' WHERE name = 'approver'",
    "approver_gone": "UPDATE person SET active = false WHERE name = 'approver'",
    "deputy_gone": "UPDATE person SET active = false WHERE name = 'operator2'",
    "deputy_a_viewer": "UPDATE person SET role = 'viewer' WHERE name = 'operator2'",
    "not_that_day": "UPDATE deputy SET from_day = from_day - 9, to_day = from_day - 2",
}


@pytest.mark.parametrize("what", ENDED)
def test_the_worker_pauses_what_a_deputy_let_go_once_he_may_not(demo_home, people, proposed, approve, deputy, what):
    batch = proposed(4)
    deputy("operator2")
    approve(people["operator2"], batch)
    sql(demo_home, ENDED[what])
    run_renewals.run(demo_home, threading.Event())
    found = renewals.status(demo_home.db.read(), batch)
    assert (found.state, found.pause_reason, found.pending) == ("paused", "approver", 4)


def test_wrong_passwords_of_a_page_are_remembered_though_the_act_is_rolled_back(demo_home, people, proposed, page):
    proposed(4)
    test = page("approvals", "approver")
    for field in test.text_input:
        if str(field.key).startswith("approve:1:"):
            field.set_value({"items": "4", "amount": "48", "password": "no"}.get(str(field.key).split(":")[-1], ""))
    next(button for button in test.button if button.label.startswith("Approve")).click().run()
    assert "This is not your password" in test.error[0].value
    assert audited(demo_home, "person:reauthentication_refused") == 1
    assert state(demo_home) == "proposed"
