"""Asking for the whole chain to be followed: a job does it, and says what it found on the pages Jobs and Audit log."""

from data.audit.store import VERIFY_JOB, Q, record
from data.database import Transaction
from data.people.rules import Action, Actor, Event
from data.people.store import require


def ask_to_verify(tx: Transaction, by: Actor) -> None:
    """Wish for it now instead of at night. Raises Refused."""
    require(tx, by, Action.READ_AUDIT, f"job {VERIFY_JOB}")
    tx.run(Q.ask_to_verify, job=VERIFY_JOB, person_id=by.person_id, now=tx.now)
    record(tx, by, Event.JOB_ASKED, f"job {VERIFY_JOB}", wish="run_now")
