"""Payment requests: one per payee and batch, asked by one person and paid by another, over confirmed bank data only."""

from datetime import date, timedelta

import pyarrow as pa
import pytest

from data.payees import store as payees
from data.people.rules import Refused
from data.renewals import offline, paying
from data.renewals import store as renewals
from data.renewals.records import RecordFilter
from data.sims import history
from data.vouchers import store as vouchers
from tests.dashboard import conftest as pages
from tests.payees import confirm_payee, propose_payee
from tests.paying import PAYEE, ask, ordered, pay
from tests.renewing import sql

# The small fleet of the pages: its accounts have payees.
fleet = pages.fleet


def confirmed(home, people, account_no="0012345678901234"):
    """Bank data as two people confirm them; the number of the change."""
    return confirm_payee(home, people, PAYEE, account_no).change_id


@pytest.fixture
def batch(home, fleet, people):
    """Five approved renewals with an agent who is paid by transfer, act-by Wednesday 9 December 2026."""
    return ordered(home, fleet, people)


def drop(home, count, state="cancelled"):
    """So many orders end otherwise than by success."""
    with home.db.write() as tx:
        found = [
            row["obligation"]
            for row in tx.rows(sql("SELECT obligation FROM state ORDER BY obligation LIMIT $n"), n=count)
        ]
        with tx.frame("ended", pa.table({"obligation": found})):
            tx.run(sql("UPDATE state SET st = $st FROM ended e WHERE state.obligation = e.obligation"), st=state)


def events(home, start):
    rows = home.db.read().rows(
        sql("SELECT event, person FROM audit WHERE starts_with(event, $start) ORDER BY seq"), start=start
    )
    return [(row["event"], row["person"]) for row in rows]


def test_a_clerk_asks_finance_pays_and_the_orders_may_go(home, people, batch):
    change = confirmed(home, people)
    (told,) = paying.waiting(home.db.read())
    assert (told["payee"], told["items"], told["amount_fen"], told["payee_standing"]) == (PAYEE, 5, 9000, "confirmed")
    request = ask(home, people["operator"], batch)
    found = paying.one(home.db.read(), request)
    assert (found.state, found.items, found.amount_fen, found.payee_change) == ("asked", 5, 9000, change)
    # The working day before Wednesday, on which the first order is to be placed.
    assert (found.act_by, found.due_on) == (date(2026, 12, 9), date(2026, 12, 8))
    assert paying.waiting(home.db.read()) == []
    assert paying.listed(home.db.read(), request, limit=10)["amount_fen"].to_pylist() == [1800] * 5
    assert pay(home, people["finance"], request) == 5
    (row,) = offline.desk(home.db.read())
    assert (row["to_pay"], row["paid"], row["may_go"]) == (0, 5, 5)
    found = paying.one(home.db.read(), request)
    assert (found.state, found.ender, found.reference) == ("paid", "finance", "BANK-77")
    assert events(home, "payment:") == [("payment:asked", "operator"), ("payment:paid", "finance")]


def test_the_slip_of_a_payment_proves_each_order_it_paid_for(home, people, batch):
    confirmed(home, people)
    request = ask(home, people["operator"], batch)
    slip = {
        "content": b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
        "filename": "slip.pdf",
    }
    with home.db.write() as tx:
        finance = people["finance"]
        filed = vouchers.file_paper(tx, finance, **slip, folder=home.vouchers, max_mb=1, kind="bank_slip")
    reader = home.db.read()
    assert renewals.records(reader, RecordFilter(), limit=9)["vouchers"].to_pylist() == [0] * 5
    pay(home, people["finance"], request, voucher_id=filed.voucher_id)
    found = renewals.records(reader, RecordFilter(), limit=9)
    assert found["vouchers"].to_pylist() == [1] * 5
    told = history.timeline(reader, found["sim_id"][0].as_py(), limit=9).to_pylist()
    assert [row["what"] for row in told if row["kind"] == "voucher"] == ["bank_slip"]
    (paper,) = vouchers.of_card(reader, found["sim_id"][0].as_py(), limit=9)
    assert paper["voucher_id"] == filed.voucher_id
    # Linked by hand as well, it is one paper still.
    drop(home, 5, state="succeeded")
    with home.db.write() as tx:
        vouchers.link(tx, finance, voucher_id=filed.voucher_id, obligations=found["obligation"].to_pylist())
    assert renewals.records(reader, RecordFilter(), limit=9)["vouchers"].to_pylist() == [1] * 5


@pytest.mark.parametrize(
    ("standing", "said"),
    [("unknown", "not in the register"), ("proposed", "second person"), ("stopped", "were stopped")],
)
def test_nothing_is_asked_for_a_payee_nobody_confirmed(home, people, batch, standing, said):
    if standing == "proposed":
        propose_payee(home, people["operator"], PAYEE)
    if standing == "stopped":
        payee_id = confirm_payee(home, people, PAYEE).payee_id
        with home.db.write() as tx:
            payees.stop(tx, people["finance"], payee_id=payee_id, reason="other account on the invoice")
    assert [row["payee_standing"] for row in paying.waiting(home.db.read())] == [standing]
    with pytest.raises(Refused, match=said):
        ask(home, people["operator"], batch)


def test_one_request_is_open_per_payee_and_batch(home, people, batch):
    confirmed(home, people)
    request = ask(home, people["operator"], batch)
    with pytest.raises(Refused, match=f"Payment request P{request} asks for this already"):
        ask(home, people["operator2"], batch)
    # And the desk of worklists does not pay past it.
    with home.db.write() as tx, pytest.raises(Refused, match=f"Payment request P{request} asks for this money"):
        offline.mark_paid(tx, people["finance"], batch=batch, payee=PAYEE)


def test_who_asked_never_marks_it_as_paid(home, people, batch):
    confirmed(home, people)
    request = ask(home, people["finance"], batch)
    with pytest.raises(Refused, match="another person does"):
        pay(home, people["finance"], request)
    assert paying.one(home.db.read(), request).state == "asked"


@pytest.mark.parametrize("who", ["viewer", "operator2", "approver", "administrator"])
def test_only_finance_marks_as_paid(home, people, batch, who):
    confirmed(home, people)
    request = ask(home, people["operator"], batch)
    with pytest.raises(Refused, match="may not do this"):
        pay(home, people[who], request)


def test_bank_data_confirmed_after_the_asking_want_a_new_request(home, people, batch):
    confirmed(home, people)
    request = ask(home, people["operator"], batch)
    confirmed(home, people, "6222000011112222")
    assert paying.one(home.db.read(), request).stale
    with pytest.raises(Refused, match="withdraw it and ask anew"):
        pay(home, people["finance"], request)
    with home.db.write() as tx:
        paying.withdraw(tx, people["operator2"], request=request, reason="new account")
    assert paying.one(home.db.read(), request).state == "withdrawn"
    assert pay(home, people["finance"], ask(home, people["operator"], batch)) == 5


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_orders_that_ended_meanwhile_are_told_and_not_counted_as_paid(home, people, batch, state):
    confirmed(home, people)
    request = ask(home, people["operator"], batch)
    drop(home, 2, state)
    found = paying.one(home.db.read(), request)
    assert (found.gone, found.gone_fen, found.stale) == (2, 3600, True)
    assert pay(home, people["finance"], request) == 3


def test_a_payment_without_a_banks_number_is_none(home, people, batch):
    confirmed(home, people)
    request = ask(home, people["operator"], batch)
    for wrong, said in (({"reference": "  "}, "bank's number"), ({"voucher_id": 404}, "no voucher 404")):
        with pytest.raises(Refused, match=said):
            pay(home, people["finance"], request, **wrong)


def test_what_is_paid_or_taken_back_is_so_once(home, people, batch):
    confirmed(home, people)
    request = ask(home, people["operator"], batch)
    with home.db.write() as tx, pytest.raises(Refused, match="why"):
        paying.withdraw(tx, people["operator"], request=request, reason=" ")
    pay(home, people["finance"], request)
    with pytest.raises(Refused, match="not open any more"):
        pay(home, people["finance"], request)
    with home.db.write() as tx, pytest.raises(Refused, match="not open any more"):
        paying.withdraw(tx, people["operator"], request=request, reason="late")
    with pytest.raises(Refused, match="nothing left to pay"):
        ask(home, people["operator"], batch)


@pytest.mark.parametrize("way", ["monthly", "prepaid"])
def test_who_is_settled_otherwise_is_asked_for_although_the_renewal_does_not_wait(home, fleet, people, way):
    batch = ordered(home, fleet, people, way)
    confirmed(home, people)
    (row,) = offline.desk(home.db.read())
    assert row["may_go"] == 5
    found = paying.one(home.db.read(), ask(home, people["operator"], batch))
    assert found.due_on == {"monthly": date(2026, 12, 31), "prepaid": date(2026, 12, 8)}[way]
    assert offline.desk(home.db.read())[0]["may_go"] == 5


def test_the_head_counts_what_is_open_overdue_and_lately_paid(home, people, batch):
    confirmed(home, people)

    def figures():
        return paying.figures(home.db.read(), today=home.clock.today(), now=home.clock.now())

    assert figures()["requests"] == 0
    request = ask(home, people["operator"], batch)
    assert (figures()["open_fen"], figures()["overdue"]) == (9000, 0)
    home.clock.move(timedelta(days=17))
    assert (figures()["overdue"], figures()["overdue_fen"]) == (1, 9000)
    pay(home, people["finance"], request)
    assert (figures()["open"], figures()["overdue"], figures()["paid_fen"]) == (0, 0, 9000)
