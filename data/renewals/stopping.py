"""Brakes that people hold: take a batch back, pause and resume it, throw and release the kill switch."""

from collections.abc import Iterable
from pathlib import Path

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.people.passwords import Proof, reauthenticate
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals import holding
from data.renewals.moves import BatchState, NoSuchMove, check_batch
from data.renewals.rules import BATCH_WORDS
from data.words import _

# A sentence, not a letter: it stands in every page's header.
_MOST_REASON = 120
Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def known(reader: Reader, batch: int) -> Row:
    """The batch with its people's names. Raises Refused where there is none."""
    row = reader.row(Q.batch_by_id, batch=batch)
    if row is None:
        raise Refused(_("There is no batch {batch}", batch=batch))
    return row


def cancel(tx: Transaction, by: Actor, *, batch: int) -> None:
    """Void a batch. Whatever has been claimed goes its way; the rest is taken back and its money freed."""
    require(tx, by, Action.CANCEL_BATCH, f"batch {batch}")
    move(tx, batch, BatchState.CANCELLED)
    _take_back(tx, by, batch)
    audit.record(tx, by, Event.BATCH_CANCELLED, f"batch {batch}")


def take_back_late(tx: Transaction, by: Actor, *, batches: Iterable[int]) -> None:
    """What comes back to pending when its batch has been voided meanwhile is taken back too: nobody would send it."""
    require(tx, by, Action.WORK, "batches")
    for batch in batches:
        if known(tx, batch)["state"] == BatchState.CANCELLED.value:
            _take_back(tx, by, batch)


def _take_back(tx: Transaction, by: Actor, batch: int) -> None:
    said = {"batch": batch, "now": tx.now, "actor": by.name, "evidence": f'{{"batch":{batch}}}'}
    tx.run(Q.take_back_events, **said)
    tx.run(Q.take_back_reservations, **said)
    tx.run(Q.take_back_states, **said)


def pause(tx: Transaction, by: Actor, *, batch: int, reason: str = "person") -> None:
    """Let nothing more of this batch be claimed. `reason` is a key of PAUSES."""
    require(tx, by, Action.WORK if reason != "person" else Action.STOP_RENEWALS, f"batch {batch}")
    move(tx, batch, BatchState.PAUSED, pause_reason=reason)
    audit.record(tx, by, Event.BATCH_PAUSED, f"batch {batch}", reason=reason)


def resume(tx: Transaction, by: Actor, *, batch: int, password: Proof | None = None) -> None:
    """Let a paused batch go on. Who resumes it answers for it from now on, and may not be its maker.

    An urgent batch stays its maker's. Raises Refused.
    """
    require(tx, by, Action.APPROVE, f"batch {batch}")
    reauthenticate(tx, by, password, Event.BATCH_RESUMED, f"batch {batch}")
    found = known(tx, batch)
    if found["maker"] == by.person_id:
        raise Refused(_("You made this batch; another person has to approve it"))
    move(tx, batch, BatchState.RUNNING, checker=None if found["urgent"] else by.person_id)
    audit.record(tx, by, Event.BATCH_RESUMED, f"batch {batch}")


def stop(tx: Transaction, by: Actor, *, account: str = "", reason: str | None = None) -> None:
    """Throw the kill switch: nothing is sent any more, for one account or ('') for all.

    `reason`: a key of STOPS, or a person's own words. Who threw it first stays named. Raises Refused.
    """
    require(tx, by, Action.STOP_RENEWALS, account)
    reason = (reason or "").strip()[:_MOST_REASON] or None
    tx.run(Q.stop_account, account=account, person_id=by.person_id, now=tx.now, reason=reason)
    audit.record(tx, by, Event.RENEWALS_STOPPED, _which(account), **({"reason": reason} if reason else {}))


def release(tx: Transaction, by: Actor, *, account: str = "", password: Proof | None = None) -> bool:
    """Take the kill switch back; whether it was thrown. Who threw it may not: two people. Raises Refused.

    Releasing the switch of all lets the clock's hold go, too: a person has looked.
    """
    require(tx, by, Action.RELEASE_RENEWALS, account)
    reauthenticate(tx, by, password, Event.RENEWALS_RELEASED, account)
    if tx.value(Q.thrown_by, account=account) == by.person_id:
        raise Refused(_("You stopped this yourself; another approver has to let it go on"))
    released = bool(tx.rows(Q.release_account, account=account))
    if released and not account:
        holding.release_hold(tx)
    audit.record(tx, by, Event.RENEWALS_RELEASED, _which(account), was=released)
    return released


def move(
    tx: Transaction, batch: int, after: BatchState, *, pause_reason: str | None = None, checker: int | None = None
) -> None:
    """Move a batch, under the writer lock. Raises Refused where the table has no such move."""
    found = known(tx, batch)
    before = BatchState(found["state"])
    said = {"before": before.value, "after": after.value, "pause_reason": pause_reason, "checker": checker}
    try:
        check_batch(before, after)
        moved = tx.rows(Q.set_batch_state, batch=batch, now=tx.now, **said)
    except NoSuchMove:
        moved = []
    if not moved:
        raise Refused(
            _("Batch {batch} is {state}; this cannot be done now", batch=batch, state=_(BATCH_WORDS[before.value]))
        )


def _which(account: str) -> str:
    return f"account {account}" if account else "all accounts"
