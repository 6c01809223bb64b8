"""What people write on a renewal, and the retry of what they have repaired."""

from collections.abc import Sequence

from data.audit import store as audit
from data.clock import HOME_ZONE
from data.database import Row, Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals.desk_rules import retry_from
from data.renewals.looking import Q
from data.renewals.proposing import Proposed, propose
from data.renewals.rules import ItemCaps
from data.words import _, moment, plural

# A note is a sentence or two; a ticket number is one word.
_MOST_NOTE, _MOST_TICKET = 500, 60
_CAPS = ItemCaps()


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


def retry_repaired(
    tx: Transaction, by: Actor, *, obligations: Sequence[int], form_key: str, caps: ItemCaps = _CAPS
) -> Proposed:
    """Propose the failed ones among these again, each for the months it had; another person approves.

    The obligations stay the same; the attempt number rises at the approval. Raises Refused while one of them may not
    be tried again yet (`Reason.retry_after`, the next window), and where they are not all of one kind and plan.
    """
    require(tx, by, Action.PROPOSE, "")
    found = tx.rows(Q.obligation_months, obligations=list(obligations))
    _none_too_early(tx, found)
    wishes = {(row["kind"], row["plan_id"]) for row in found} or {("renew", None)}
    if len(wishes) > 1:
        raise Refused(_("Choose those of one kind and one plan; each kind makes a batch of its own"))
    kind, plan_id = next(iter(wishes))
    if kind == "recharge":
        raise Refused(_("A recharge is tried again with another card: enter it on the SIM's page"))
    months = {row["sim_id"]: row["months"] for row in found}
    return propose(
        tx,
        by,
        kind=kind,
        sim_ids=list(months),
        months=months if kind == "renew" else None,
        plan_id=plan_id,
        seq=max((row["seq"] for row in found), default=1),
        caps=caps,
        form_key=form_key,
    )


def _none_too_early(tx: Transaction, found: Sequence[Row]) -> None:
    opens = [
        retry_from(row["reason"], failed_at=row["ended_at"], last_order_day=row["last_order_day"], zone=HOME_ZONE)
        for row in found
        if row["reason"] and row["ended_at"]
    ]
    early = [instant for instant in opens if instant and instant > tx.now]
    if early:
        raise Refused(
            plural(
                "{count} of these may be tried again only from {when}; untick it, or wait",
                "{count} of these may be tried again only from {when}; untick them, or wait",
                len(early),
                when=moment(max(early)),
            )
        )
