"""The review desk: what became of a renewal that no machine can settle, said by one person and confirmed by another."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import pyarrow as pa

from data.audit import store as audit
from data.audit.rules import canonical
from data.database import Queries, Reader, Row, Transaction
from data.people.passwords import Proof, reauthenticate
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals import rules
from data.renewals.journal import Journal
from data.renewals.moves import Arrow, State
from data.renewals.moving import made, outcomes, result
from data.words import _

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
Verdict = Literal["succeeded", "failed"]
# Evidence is a few sentences; a reference is one number.
_MOST_EVIDENCE, _MOST_REFERENCE = 1_000, 80


@dataclass(frozen=True)
class Reviewed:
    """One renewal, with what was ordered, what the carrier said and what is known of its card."""

    obligation: int
    st: str
    n: int
    asked: int  # slots of the unknown schedule used
    reason: str | None
    detail: str | None
    carrier_ref: str | None
    told_expiry: date | None  # as the carrier answered
    proof: str | None
    changed_at: datetime
    key: str
    kind: str
    account: str
    sim_id: int
    old_expiry: date | None
    batch: int
    iccid: str
    plan: str
    months: int
    amount_fen: int
    new_expiry: date | None  # as the approver saw it
    order_no: str | None  # null: nothing was ever sent under this number
    sent_at: datetime | None
    deadline_at: datetime | None
    expires_before: date | None
    expires_on: date | None  # the card's, as known now
    expiry_source: str | None
    expiry_seen_at: datetime | None
    status: str | None
    status_seen_at: datetime | None
    payee: str | None
    support: str | None
    terminal_id: str | None
    merchant: str | None


@dataclass(frozen=True)
class ReviewCounts:
    """How much waits for people."""

    items: int
    stated: int  # of them: one person has spoken, a second one is wanted
    fen: int


def reviewed(reader: Reader, obligation: int) -> Reviewed | None:
    """Everything about one renewal; None: there is no such."""
    return reader.record(Reviewed, Q.item, obligation=obligation)


def review_counts(reader: Reader) -> ReviewCounts:
    """How much waits for people."""
    return reader.records(ReviewCounts, Q.count_waiting)[0]


def waiting_for_review(reader: Reader, *, limit: int, offset: int) -> pa.Table:
    """A page of renewals that only people can settle; those that wait for a second person first."""
    return reader.arrow(Q.waiting_for_review, limit=limit, offset=offset)


def reviews_of(reader: Reader, obligation: int) -> list[Row]:
    """What people have said of one renewal, newest first: verdict, evidence, who stated, who decided how."""
    return reader.rows(Q.reviews_of, obligation=obligation)


def papers_of(reader: Reader, obligation: int) -> pa.Table:
    """The papers linked to one renewal."""
    return reader.arrow(Q.papers_of, obligation=obligation)


def readings_of(reader: Reader, obligation: int) -> pa.Table:
    """What its card's expiry and state were over time, newest first, with who said so."""
    return reader.arrow(Q.readings_of, obligation=obligation)


def state_review(
    tx: Transaction,
    by: Actor,
    *,
    obligation: int,
    verdict: Verdict,
    evidence: str,
    reference: str | None = None,
    voucher_id: int | None = None,
    new_expiry: date | None = None,
) -> int:
    """Say what became of it, in words and with the number or the paper of a proof; nothing moves yet. Raises Refused.

    `new_expiry`: the day the card ends now, where it is known. The number of the statement.
    """
    require(tx, by, Action.REVIEW, f"renewal {obligation}")
    found = _needs_review(tx, obligation)
    if not evidence.strip():
        raise Refused(_("Say what you have seen, in a few words"))
    if not (reference and reference.strip()) and voucher_id is None:
        raise Refused(_("Give the number of a proof (the carrier's, the bank's) or a filed paper"))
    if voucher_id is not None and not tx.value(Q.voucher_exists, voucher_id=voucher_id):
        raise Refused(_("There is no voucher {voucher}", voucher=voucher_id))
    earlier = tx.row(Q.open_review, obligation=obligation, n=found.n)
    if earlier:
        raise Refused(_("{name} has already said what became of it; confirm or refuse that", name=earlier["name"]))
    review = int(
        tx.value(
            Q.add_review,
            obligation=obligation,
            n=found.n,
            verdict=verdict,
            evidence=evidence.strip()[:_MOST_EVIDENCE],
            reference=reference.strip()[:_MOST_REFERENCE] if reference and reference.strip() else None,
            voucher_id=voucher_id,
            new_expiry=new_expiry,
            person_id=by.person_id,
            now=tx.now,
        )
    )
    audit.record(
        tx, by, Event.REVIEW_STATED, f"renewal {obligation}", review=review, verdict=verdict, reference=reference
    )
    return review


def refuse_review(tx: Transaction, by: Actor, *, review: int) -> None:
    """Say that the statement does not convince: the renewal stays where it is. Whoever stated it takes it back so. Raises Refused."""
    require(tx, by, Action.REVIEW, f"review {review}")
    found = _open(tx, review)
    if found["proposed_by"] == by.person_id:
        raise Refused(_("You said this yourself; another person has to confirm or refuse it"))
    _decide(tx, by, review, "refused")
    audit.record(tx, by, Event.REVIEW_REFUSED, f"renewal {found['obligation']}", review=review)


def confirm_review(tx: Transaction, by: Actor, *, review: int, password: Proof | None, book: Journal) -> None:
    """Confirm another person's statement: the renewal succeeds or fails by it (arrow 14). Raises Refused.

    Succeeded: the money is spent, and the card ends on the stated day where one was given. Failed: the money is free
    again, a renewal that had moved the card's expiry moves it back, and a new batch may take it up under the next number.
    """
    require(tx, by, Action.REVIEW, f"review {review}")
    reauthenticate(tx, by, password, Event.RENEWAL_REVIEWED, f"review {review}")
    stated = _open(tx, review)
    if stated["proposed_by"] == by.person_id:
        raise Refused(_("You said this yourself; another person has to confirm or refuse it"))
    found = _needs_review(tx, stated["obligation"])
    if found.n != stated["n"]:
        raise Refused(_("This renewal has moved on since; look again"))
    _decide(tx, by, review, "confirmed")
    after = State(stated["verdict"])
    bought = after is State.SUCCEEDED
    if not bought:
        back = {"obligation": found.obligation, "expires_on": stated["new_expiry"], "now": tx.now}
        tx.run(Q.taken_back_changes, **back)
        tx.run(Q.take_back_expiry, **back)
    move = result(
        _Sent(found),
        batch=found.batch,
        move=(State.NEEDS_REVIEW, Arrow.DECIDED, after),
        asked_before=found.asked,
        asked=found.asked,
        proof="person",
        reason=None if bought else "reviewed_no_effect",
        carrier_ref=stated["reference"] if bought else None,
        new_expiry=stated["new_expiry"] if bought else None,
        evidence=canonical({"review": review, "stated_by": stated["stated_by"], "reference": stated["reference"]}),
    )
    if not made(tx, by, [move]):
        raise Refused(_("This renewal has moved on since; look again"))
    book.append_in(tx, outcomes([move], kind="reviewed"))
    tx.run(Q.close_alarms, order_no=move.order_no, now=tx.now)
    audit.record(
        tx,
        by,
        Event.RENEWAL_REVIEWED,
        f"renewal {found.obligation}",
        review=review,
        verdict=stated["verdict"],
        stated_by=stated["stated_by"],
    )


class _Sent:
    """The reviewed renewal as a move is about it."""

    def __init__(self, found: Reviewed) -> None:
        self.obligation, self.n, self.amount_fen = found.obligation, found.n, found.amount_fen
        self.iccid, self.new_expiry, self.kind = found.iccid, found.new_expiry, found.kind
        self.order_no = rules.order_no(found.key, found.n)


def _needs_review(tx: Transaction, obligation: int) -> Reviewed:
    found = reviewed(tx, obligation)
    if found is None:
        raise Refused(_("There is no renewal {obligation}", obligation=obligation))
    if found.st != State.NEEDS_REVIEW.value:
        raise Refused(_("This renewal does not wait for people any more"))
    return found


def _open(tx: Transaction, review: int) -> Row:
    found = tx.row(Q.review_by_id, review=review)
    if found is None or found["decision"] is not None:
        raise Refused(_("This statement has been decided already"))
    return found


def _decide(tx: Transaction, by: Actor, review: int, decision: str) -> None:
    if not tx.rows(Q.decide_review, review=review, person_id=by.person_id, now=tx.now, decision=decision):
        raise Refused(_("This statement has been decided already"))
