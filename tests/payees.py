"""What tests share that need somebody to be paid: a confirmed payee, and bank data in every shape."""

import itertools
from dataclasses import replace

from data.database import Query
from data.payees import store as payees
from data.payees.store import BankData
from data.secrets import Secret

TAX_NO = "91310000MA1FL0AB21"
_PAPERS = itertools.count(1)
_PAPER = Query(
    "test",
    "",
    """INSERT INTO voucher (sha256, filename, format, bytes, kind, remarks, filed_by, filed_at)
       VALUES ($sha256, 'licence.pdf', 'pdf', 1, 'other', '[]', $by, $now) RETURNING voucher_id""",
)


def bank_data(tx, by, account_no="0012345678901234", **changed):
    """Bank data with a proof of their own in the archive."""
    proof = tx.value(_PAPER, sha256=f"proof {next(_PAPERS)}", by=by.person_id, now=tx.now)
    typed = BankData(
        tax_no=TAX_NO,
        account=Secret(account_no),
        bank="Practice Bank",
        opening_bank="Practice Bank Lanhai Branch",
        cnaps="102290000001",
        proof=int(proof),
    )
    return replace(typed, **changed)


def propose_payee(home, by, name, account_no="0012345678901234", **changed):
    """Bank data for `name`, proposed; the change's id."""
    with home.db.write() as tx:
        return payees.propose(tx, by, home.keyring, payee=name, data=bank_data(tx, by, account_no, **changed))


def confirm_payee(home, people, name, account_no="0012345678901234"):
    """`name` may be paid: the operator proposed, the approver confirmed; the details."""
    change_id = propose_payee(home, people["operator"], name, account_no)
    with home.db.write() as tx:
        payees.confirm(tx, people["approver"], home.keyring, change_id=change_id, account=Secret(account_no))
    return payees.confirmed(home.db.read(), name)
