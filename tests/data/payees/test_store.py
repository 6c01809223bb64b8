"""The register of payees: two people, one confirmed row, a sealed number, and everything that was ever said."""

from dataclasses import replace

import duckdb
import pytest

from data.audit import store as audit
from data.database import Query
from data.payees import rules
from data.payees import store as payees
from data.people.rules import Event, NotThere, Refused, WrongPassword
from data.secrets import Secret, SecretError
from data.vouchers import store as vouchers
from tests.conftest import PASSWORD, proof
from tests.payees import bank_data, confirm_payee, propose_payee

NUMBER, OTHER = "0012345678901234", "0099999999999999"


def sql(text):
    return Query("test", "", text)


def confirm(home, by, change_id, number=NUMBER, **more):
    more["password"] = proof(home, by, more.get("password"), Event.PAYEE_CONFIRMED, f"change {change_id}")
    with home.db.write() as tx:
        payees.confirm(tx, by, home.keyring, change_id=change_id, account=Secret(number), **more)


def standing(home, name="Agent Wang"):
    found = {row["name"]: row["standing"] for row in payees.payees(home.db.read()).to_pylist()}
    return found.get(name)


def events(home):
    return [
        row["event"]
        for row in home.db.read().rows(sql("SELECT event FROM audit WHERE event LIKE 'payee:%' ORDER BY seq"))
    ]


def test_nothing_counts_until_another_person_confirms_it(home, people):
    change = propose_payee(home, people["operator"], " Agent Wang ")
    assert payees.confirmed(home.db.read(), "Agent Wang") is None and standing(home) == "proposed"
    confirm(home, people["approver"], change, " 0012 3456-7890 1234 ")
    found = payees.confirmed(home.db.read(), "Agent Wang")
    assert (found.account_last4, found.cnaps, found.change_id, found.confirmed_by) == (
        "1234",
        "102290000001",
        change,
        "approver",
    )
    assert found == payees.as_confirmed(home.db.read(), change)
    assert standing(home) == "confirmed" and events(home) == ["payee:proposed", "payee:confirmed"]


def test_who_proposed_never_confirms_whatever_his_role_is_by_then(home, people):
    change = propose_payee(home, people["operator"], "Agent Wang")
    with home.db.write() as tx:
        tx.run(sql("UPDATE person SET role = 'approver' WHERE name = 'operator'"))
    with pytest.raises(Refused, match="another person"):
        confirm(home, people["operator"], change)
    with pytest.raises(Refused, match="take it back"), home.db.write() as tx:
        payees.refuse(tx, people["operator"], change_id=change, reason="no")
    assert payees.confirmed(home.db.read(), "Agent Wang") is None
    # And where every check above were gone, the table itself refuses.
    with pytest.raises(duckdb.ConstraintException), home.db.write() as tx:
        said = {"by": people["operator"].person_id, "now": tx.now}
        tx.run(sql("UPDATE payee_change SET state = 'confirmed', decided_by = $by, decided_at = $now"), **said)


def test_a_number_typed_otherwise_confirms_nothing(home, people):
    change = propose_payee(home, people["operator"], "Agent Wang")
    for typed in (OTHER, NUMBER.lstrip("0"), NUMBER + "0", ""):
        with pytest.raises(Refused, match="typed off the proof"):
            confirm(home, people["approver"], change, typed)
    assert standing(home) == "proposed"


def test_a_page_asks_for_the_password_again(home, people):
    change = propose_payee(home, people["operator"], "Agent Wang")
    by = replace(people["approver"], source="page")
    with pytest.raises(Refused, match="password"):
        confirm(home, by, change)
    with pytest.raises(WrongPassword):
        confirm(home, by, change, password="three quiet terminalz")
    confirm(home, by, change, password=PASSWORD)
    assert standing(home) == "confirmed"


def test_a_change_leaves_the_old_data_in_force_until_it_is_confirmed(home, people):
    first = confirm_payee(home, people, "Agent Wang")
    change = propose_payee(home, people["operator2"], "Agent Wang", OTHER)
    assert payees.confirmed(home.db.read(), "Agent Wang") == first and standing(home) == "changing"
    confirm(home, people["approver"], change, OTHER)
    assert payees.confirmed(home.db.read(), "Agent Wang").account_last4 == "9999"
    assert len(home.db.read().rows(payees.Q.details, payee="Agent Wang", change_id=None)) == 1
    # What was paid by before can still be shown, and the history holds both.
    assert payees.as_confirmed(home.db.read(), first.change_id) == first
    told = [(one.state, one.account_last4, one.proposer) for one in payees.changes(home.db.read(), payee="Agent Wang")]
    assert told == [("confirmed", "9999", "operator2"), ("confirmed", "1234", "operator")]


def test_a_refused_or_withdrawn_change_changes_nothing_and_is_kept(home, people):
    first = confirm_payee(home, people, "Agent Wang")
    change = propose_payee(home, people["operator"], "Agent Wang", OTHER)
    with pytest.raises(Refused, match="Say why"), home.db.write() as tx:
        payees.refuse(tx, people["approver"], change_id=change, reason=" ")
    with home.db.write() as tx:
        payees.refuse(tx, people["approver"], change_id=change, reason="the agent knows nothing of it")
    with pytest.raises(Refused, match="not confirmed already"):
        confirm(home, people["approver2"], change, OTHER)
    again = propose_payee(home, people["operator"], "Agent Wang", OTHER)
    with pytest.raises(Refused, match="only operator takes it back"), home.db.write() as tx:
        payees.withdraw(tx, people["operator2"], change_id=again)
    with home.db.write() as tx:
        payees.withdraw(tx, people["operator"], change_id=again)
    assert payees.confirmed(home.db.read(), "Agent Wang") == first
    assert [one.state for one in payees.changes(home.db.read(), payee="Agent Wang")] == [
        "withdrawn",
        "refused",
        "confirmed",
    ]
    assert payees.changes(home.db.read(), waiting=True) == []


def test_one_change_at_a_time(home, people):
    propose_payee(home, people["operator"], "Agent Wang")
    with pytest.raises(Refused, match="already"):
        propose_payee(home, people["operator2"], "Agent Wang", OTHER)


def test_one_person_stops_payments_and_two_let_them_go_on(home, people):
    payee_id = confirm_payee(home, people, "Agent Wang").payee_id
    with home.db.write() as tx:
        payees.stop(tx, people["finance"], payee_id=payee_id, reason="a strange mail about a new account")
    assert payees.confirmed(home.db.read(), "Agent Wang") is None and standing(home) == "stopped"
    with pytest.raises(Refused, match="stopped already"), home.db.write() as tx:
        payees.stop(tx, people["operator"], payee_id=payee_id, reason="once more")
    confirm(home, people["approver"], propose_payee(home, people["operator"], "Agent Wang"))
    assert standing(home) == "confirmed"


def test_nobody_is_paid_by_data_that_were_refused_or_under_a_name_that_only_looks_alike(home, people):
    change = propose_payee(home, people["operator"], "Agent Wang")
    with home.db.write() as tx:
        payees.refuse(tx, people["approver"], change_id=change, reason="no")
    assert standing(home) == "refused" and payees.confirmed(home.db.read(), "Agent Wang") is None
    assert payees.as_confirmed(home.db.read(), change) is None
    confirm_payee(home, people, "Agent Li")
    for name in ("agent li", "Agent  Li", "Agent Li ", "Аgent Li", ""):
        assert payees.confirmed(home.db.read(), name) is None


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"tax_no": "91310000MA1FL0AB22"}, rules.TAX_CHECK),
        ({"tax_no": "12345"}, rules.TAX_SHAPE),
        ({"account": Secret("1234567")}, rules.ACCOUNT_SHAPE),
        ({"cnaps": "12"}, rules.CNAPS_SHAPE),
        ({"bank": " "}, rules.NO_BANK),
        ({"proof": 77}, "File the paper"),
    ],
)
def test_data_without_their_shape_are_not_even_proposed(home, people, changed, fault):
    with pytest.raises(Refused, match=fault[:40]):
        propose_payee(home, people["operator"], "Agent Wang", **changed)
    assert payees.payees(home.db.read()).num_rows == 0


def test_a_number_stands_nowhere_but_in_its_envelope(home, people):
    details = confirm_payee(home, people, "Agent Wang", "13572468013572468")
    propose_payee(home, people["operator"], "Agent Wang", "24681357924681357")
    home.db.checkpoint()
    reader = home.db.read()
    said = reader.rows(sql("SELECT detail FROM audit"))
    told = f"{details!r} {said} {payees.payees(reader).to_pylist()} {payees.changes(reader)!r}"
    content = b"".join(path.read_bytes() for path in home.path.glob("flowcard.duckdb*"))
    for number in ("13572468013572468", "24681357924681357"):
        assert number not in told and number.encode() not in content


def test_only_finance_sees_a_whole_number_and_it_leaves_a_trace(home, people):
    details = confirm_payee(home, people, "Agent Wang")
    for name in set(people) - {"finance"}:
        with pytest.raises(Refused), home.db.write() as tx:
            payees.reveal(tx, people[name], home.keyring, details=details, object="payment request 1")
    with home.db.write() as tx:
        seen = payees.reveal(tx, people["finance"], home.keyring, details=details, object="payment request 1")
    assert seen.reveal() == NUMBER
    other = confirm_payee(home, people, "Agent Li", OTHER)
    with home.db.write() as tx:
        seen = payees.reveal(tx, people["finance"], home.keyring, details=other, object="payment request 1")
    assert seen.reveal() == OTHER
    traces = home.db.read().rows(sql("SELECT object FROM audit WHERE event = 'payee:revealed'"))
    assert traces == [{"object": "payment request 1"}] * 2


def test_an_envelope_of_another_row_does_not_open(home, people):
    wang, li = confirm_payee(home, people, "Agent Wang"), confirm_payee(home, people, "Agent Li", OTHER)
    moved = replace(wang, account_sealed=li.account_sealed)
    with pytest.raises(SecretError), home.db.write() as tx:
        payees.reveal(tx, people["finance"], home.keyring, details=moved, object="payment request 1")


def test_another_payee_with_the_same_number_is_named(home, people):
    confirm_payee(home, people, "Agent Wang")
    propose_payee(home, people["operator"], "Agent Li")
    (waiting,) = payees.changes(home.db.read(), waiting=True)
    assert (waiting.payee, waiting.twins) == ("Agent Li", "Agent Wang")


def test_payees_of_accounts_that_the_register_lacks_stand_in_the_list(demo_home, people, practice_fleet):
    practice_fleet(1)
    confirm_payee(demo_home, people, "Agent Wang")
    found = {row["name"]: (row["standing"], row["accounts"]) for row in payees.payees(demo_home.db.read()).to_pylist()}
    assert found == {"Practice Mobile": ("unknown", "practice-a"), "Agent Wang": ("confirmed", "by-hand")}


VERBS = {
    "propose": ({"operator", "operator2"}, lambda tx, home, by: payees.propose(tx, by, home.keyring, payee="Agent Li", data=bank_data(tx, by))),
    "confirm": ({"approver", "approver2"}, lambda tx, home, by: payees.confirm(tx, by, home.keyring, change_id=2, account=Secret(OTHER))),
    "refuse": ({"approver", "approver2"}, lambda tx, home, by: payees.refuse(tx, by, change_id=2, reason="no")),
    "withdraw": ({"operator"}, lambda tx, home, by: payees.withdraw(tx, by, change_id=2)),
    "stop": (
        {"operator", "operator2", "approver", "approver2", "finance"},
        lambda tx, home, by: payees.stop(tx, by, payee_id=1, reason="no"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_for_its_roles_and_leaves_no_trace_of_others(home, people, verb):
    able, act = VERBS[verb]
    confirm_payee(home, people, "Agent Wang")
    propose_payee(home, people["operator"], "Agent Wang", OTHER)

    def left():
        reader = home.db.read()
        return [
            reader.value(sql(f"SELECT count(*) FROM {name}")) for name in ("audit", "payee", "payee_change")
        ], standing(home)

    before = left()

    class Undone(Exception):
        pass

    for name, by in people.items():
        with pytest.raises(Undone if name in able else Refused), home.db.write() as tx:
            act(tx, home, by)
            raise Undone
        assert left() == before, name


def test_what_is_not_there_is_said_so(home, people):
    with pytest.raises(NotThere):
        confirm(home, people["approver"], 9)
    with pytest.raises(NotThere), home.db.write() as tx:
        payees.stop(tx, people["approver"], payee_id=9, reason="x")


def test_the_audit_chain_holds(home, people):
    confirm_payee(home, people, "Agent Wang")
    with home.db.write() as tx:
        assert audit.first_broken(tx, tx.audit_key) is None


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "finance", "administrator"])
def test_a_proof_is_for_those_who_type_it_off_and_for_finance(home, people, who):
    proof = confirm_payee(home, people, "Agent Wang").proof
    with home.db.write() as tx:
        other = bank_data(tx, people["operator"]).proof
    with home.db.write() as tx:
        assert vouchers.fetch(tx, people[who], other).voucher_id == other
    if who in {"viewer", "administrator"}:
        with pytest.raises(Refused, match="papers with account numbers"), home.db.write() as tx:
            vouchers.fetch(tx, people[who], proof)
    else:
        with home.db.write() as tx:
            assert vouchers.fetch(tx, people[who], proof).voucher_id == proof
