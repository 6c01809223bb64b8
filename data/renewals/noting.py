"""What people write on a renewal, and the retry of what they have repaired."""

from collections.abc import Sequence

from data.audit import store as audit
from data.database import Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals.looking import Q
from data.renewals.proposing import Proposed, propose
from data.words import _

# A note is a sentence or two; a ticket number is one word.
_MOST_NOTE, _MOST_TICKET = 500, 60


def note(
    tx: Transaction,
    by: Actor,
    *,
    obligation: int,
    note: str | None,
    ticket_no: str | None = None,
    repaired: bool = False,
) -> None:
    """Keep what a person says about a renewal. `repaired`: the cause is mended, a new batch may take it up. Raises Refused."""
    require(tx, by, Action.NOTE, f"renewal {obligation}")
    found = tx.row(Q.obligation_state, obligation=obligation)
    if found is None:
        raise Refused(_("There is no renewal {obligation}", obligation=obligation))
    if repaired and found["st"] != "failed":
        raise Refused(_("Only a failed renewal can be marked as repaired"))
    if not (note or ticket_no or repaired):
        raise Refused(_("Write a note, a ticket number, or mark it as repaired"))
    tx.run(
        Q.add_note,
        obligation=obligation,
        now=tx.now,
        person_id=by.person_id,
        ticket_no=ticket_no[:_MOST_TICKET] if ticket_no else None,
        repaired=repaired,
        note=note[:_MOST_NOTE] if note else None,
    )
    audit.record(tx, by, Event.RENEWAL_NOTED, f"renewal {obligation}", repaired=repaired, ticket_no=ticket_no)


def retry_repaired(tx: Transaction, by: Actor, *, obligations: Sequence[int], form_key: str) -> Proposed:
    """Propose the failed ones among these again, each for the months it had; another person approves.

    The obligations stay the same; the attempt number rises at the approval.
    """
    require(tx, by, Action.PROPOSE, "")
    months = {row["sim_id"]: row["months"] for row in tx.rows(Q.obligation_months, obligations=list(obligations))}
    return propose(tx, by, sim_ids=list(months), months=months, form_key=form_key)
