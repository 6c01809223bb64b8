"""The register of payees: bank data that one person proposes and another confirms; only what was confirmed is paid by."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.payees import rules
from data.people.passwords import Proof, reauthenticate
from data.people.rules import Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.secrets import Keyring, Secret
from data.words import _

Q = Queries.beside(__file__)
_PLACE = {"table": "payee_change", "column": "account_sealed"}
_MOST_NOTE = 500
# More payees, or more changes of one, than any company has.
_MOST_ROWS = 500


@dataclass(frozen=True)
class BankData:
    """What a person types off the paper that proves it."""

    tax_no: str
    account: Secret
    bank: str
    opening_bank: str
    cnaps: str | None
    proof: int  # the voucher
    note: str | None = None


@dataclass(frozen=True)
class PayeeDetails:
    """What a payee is paid by, as two people said it."""

    payee_id: int
    name: str
    change_id: int
    tax_no: str
    bank: str
    opening_bank: str
    cnaps: str | None
    account_last4: str
    account_sealed: bytes
    proof: int
    confirmed_by: str
    confirmed_at: datetime


@dataclass(frozen=True)
class Change:
    """One proposal of bank data, and what became of it."""

    change_id: int
    payee_id: int
    payee: str
    tax_no: str
    bank: str
    opening_bank: str
    cnaps: str | None
    account_last4: str
    proof: int
    note: str | None
    state: str
    proposed_by: int
    proposer: str
    proposed_at: datetime
    decider: str | None
    decided_at: datetime | None
    reason: str | None
    twins: str | None  # other payees with the same account number


def propose(tx: Transaction, by: Actor, keyring: Keyring, *, payee: str, data: BankData) -> int:
    """Say what `payee` is to be paid by; the change's id. Until another person confirms it, nothing is different.

    The account number is sealed before it is stored. Raises Refused for data without their shape, and while another
    proposal for him is open.
    """
    name = rules.plain_name(payee)
    require(tx, by, Action.PROPOSE_PAYEE, f"payee {name[:80]}")
    account_no = rules.plain_number(data.account.reveal())
    said = {
        "tax_no": rules.plain_number(data.tax_no),
        "bank": rules.plain_name(data.bank),
        "opening_bank": rules.plain_name(data.opening_bank),
        "cnaps": rules.plain_number(data.cnaps or "") or None,
    }
    fault = _fault(name, account_no, said)
    if fault:
        raise Refused(_(fault))
    if not tx.value(Q.proof_exists, proof=data.proof):
        raise Refused(_("File the paper that shows these bank data, and give its number"))
    known = tx.row(Q.payee_by_name, payee=name)
    if known and known["open_change"] is not None:
        raise Refused(_("A change of {payee} awaits a second person already; decide it or take it back", payee=name))
    payee_id = known["payee_id"] if known else int(tx.value(Q.add_payee, payee=name))
    change_id = int(tx.value(Q.next_change_id))
    tx.run(
        Q.add_change,
        change_id=change_id,
        payee_id=payee_id,
        account_last4=account_no[-4:],
        account_blind=keyring.blind(account_no),
        account_sealed=keyring.seal(Secret(account_no), row=change_id, **_PLACE),
        proof=data.proof,
        note=(data.note or "").strip()[:_MOST_NOTE] or None,
        proposed_by=by.person_id,
        now=tx.now,
        **said,
    )
    audit.record(
        tx,
        by,
        Event.PAYEE_PROPOSED,
        f"payee {name}",
        change=change_id,
        account=account_no[-4:],
        proof=data.proof,
        **said,
    )
    return change_id


def confirm(
    tx: Transaction, by: Actor, keyring: Keyring, *, change_id: int, account: Secret, password: Proof | None = None
) -> None:
    """Let `payee` be paid by what another person proposed, from here on; a stop of him ends.

    `account`: the number as this person reads it off the proof; a stranger's number that was slipped in, or a slip of
    the fingers, differs. Raises Refused.
    """
    found = _open(tx, by, Action.CONFIRM_PAYEE, change_id)
    reauthenticate(tx, by, password, Event.PAYEE_CONFIRMED, f"change {change_id}")
    if found["proposed_by"] == by.person_id:
        raise Refused(_("You proposed this change; another person has to confirm it"))
    if keyring.blind(rules.plain_number(account.reveal())) != found["account_blind"]:
        raise Refused(
            _(
                "The account number typed off the proof is not the one {name} proposed; nothing was confirmed. Compare"
                " both with the paper, and refuse the change if it is wrong.",
                name=found["proposer"],
            )
        )
    _decide(tx, by, found, "confirmed")
    tx.run(Q.let_pay, change_id=change_id, payee_id=found["payee_id"])
    said = {"change": change_id, "account": found["account_last4"], "tax_no": found["tax_no"], "bank": found["bank"]}
    audit.record(tx, by, Event.PAYEE_CONFIRMED, f"payee {found['name']}", proposed_by=found["proposer"], **said)


def refuse(tx: Transaction, by: Actor, *, change_id: int, reason: str) -> None:
    """Say no to what another person proposed; what was confirmed before goes on counting. Raises Refused."""
    found = _open(tx, by, Action.CONFIRM_PAYEE, change_id)
    if found["proposed_by"] == by.person_id:
        raise Refused(_("You proposed this change; take it back instead"))
    if not reason.strip():
        raise Refused(_("Say why, so that whoever proposed it can mend it"))
    _decide(tx, by, found, "refused", reason)
    audit.record(tx, by, Event.PAYEE_REFUSED, f"payee {found['name']}", change=change_id, reason=reason[:_MOST_NOTE])


def withdraw(tx: Transaction, by: Actor, *, change_id: int) -> None:
    """Take one's own proposal back. Raises Refused."""
    found = _open(tx, by, Action.PROPOSE_PAYEE, change_id)
    if found["proposed_by"] != by.person_id:
        raise Refused(_("{name} proposed this change; only {name} takes it back", name=found["proposer"]))
    _decide(tx, by, found, "withdrawn")
    audit.record(tx, by, Event.PAYEE_WITHDRAWN, f"payee {found['name']}", change=change_id)


def stop(tx: Transaction, by: Actor, *, payee_id: int, reason: str) -> None:
    """Pay this payee nothing until two people have confirmed his bank data anew. One person is enough. Raises Refused."""
    require(tx, by, Action.STOP_PAYEE, f"payee {payee_id}")
    if not reason.strip():
        raise Refused(_("Say why nothing is to be paid to him"))
    payee = tx.row(Q.payee_by_id, payee_id=payee_id)
    if payee is None:
        raise NotThere(_("There is no such payee"))
    stopped = tx.rows(Q.stop, payee_id=payee_id, person_id=by.person_id, reason=reason.strip()[:_MOST_NOTE], now=tx.now)
    if not stopped:
        raise Refused(_("Payments to {payee} are stopped already", payee=payee["name"]))
    audit.record(tx, by, Event.PAYEE_STOPPED, f"payee {payee['name']}", reason=reason[:_MOST_NOTE])


def confirmed(reader: Reader, payee: str) -> PayeeDetails | None:
    """What a payee is paid by now, by his name; None: he is unknown, not confirmed, or stopped."""
    return reader.record(PayeeDetails, Q.details, payee=payee, change_id=None)


def as_confirmed(reader: Reader, change_id: int) -> PayeeDetails | None:
    """What one confirmed change said, whether or not it still counts: for papers made while it did."""
    return reader.record(PayeeDetails, Q.details, payee=None, change_id=change_id)


def reveal(
    tx: Transaction,
    by: Actor,
    keyring: Keyring,
    *,
    details: PayeeDetails,
    object: str,
    password: Proof | None = None,
) -> Secret:
    """The whole account number, for `object` (such as "payment request 12"); leaves a trace. Raises Refused, SecretError."""
    require(tx, by, Action.SEE_BANK_ACCOUNTS, object)
    reauthenticate(tx, by, password, Event.PAYEE_REVEALED, object)
    account = keyring.open(details.account_sealed, row=details.change_id, **_PLACE)
    audit.record(tx, by, Event.PAYEE_REVEALED, object, payee=details.name, change=details.change_id)
    return account


def reseal(tx: Transaction, by: Actor, keyring: Keyring) -> int:
    """Put every account number under the keyring's key of today; how many were under another. Raises SecretError."""
    require(tx, by, Action.WORK, "secrets")
    moved = 0
    for row in tx.rows(Q.sealed):
        anew = keyring.resealed(row["account_sealed"], row=row["change_id"], **_PLACE)
        if anew:
            moved += tx.run(Q.seal_anew, change_id=row["change_id"], sealed=anew)
    audit.record(tx, by, Event.SECRETS_RESEALED, "secrets", what="payees", count=moved, key=keyring.current())
    return moved


def payees(reader: Reader) -> pa.Table:
    """Everybody in the register or named by an account, those who need somebody first; account numbers as last four."""
    return reader.arrow(Q.payees, limit=_MOST_ROWS)


def changes(reader: Reader, *, payee: str | None = None, waiting: bool = False) -> list[Change]:
    """Proposals, newest first: of one payee, or of all; `waiting`: only those that await a second person."""
    return reader.records(Change, Q.changes, payee=payee, waiting=waiting, limit=_MOST_ROWS)


def _fault(name: str, account_no: str, said: dict[str, str | None]) -> str | None:
    return (
        rules.name_fault(name)
        or rules.tax_fault(said["tax_no"] or "")
        or rules.bank_fault(
            account_no=account_no, bank=said["bank"] or "", opening_bank=said["opening_bank"] or "", cnaps=said["cnaps"]
        )
    )


def _open(tx: Transaction, by: Actor, action: Action, change_id: int) -> Row:
    require(tx, by, action, f"change {change_id}")
    found = tx.row(Q.change, change_id=change_id)
    if found is None:
        raise NotThere(_("There is no such change"))
    if found["state"] != "proposed":
        raise Refused(
            _("This change of {payee} is {state} already", payee=found["name"], state=_(rules.STATES[found["state"]]))
        )
    return found


def _decide(tx: Transaction, by: Actor, found: Row, state: str, reason: str | None = None) -> None:
    said = {"state": state, "decided_by": by.person_id, "reason": (reason or "").strip()[:_MOST_NOTE] or None}
    tx.run(Q.decide, change_id=found["change_id"], now=tx.now, **said)
