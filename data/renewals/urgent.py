"""The urgent lane (急办): one person alone renews a few stopped cards within small sums; a checker looks the next morning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people import deputies
from data.people.passwords import Proof, reauthenticate
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.renewals import approving, capping, stopping
from data.renewals.previewing import Months
from data.renewals.proposing import Proposed, propose
from data.renewals.rules import ItemCaps
from data.settings import Settings
from data.sims.rules import STOPPED
from data.words import _, number, yuan

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Lane:
    """What the urgent lane still takes today."""

    cards: int
    amount_fen: int  # of one renewal, within what is left of the day


def lane(reader: Reader, *, settings: Settings, today: date) -> Lane:
    """How many cards and how much one urgent renewal may hold now; noughts where the lane is closed or used up."""
    left_fen = settings.urgent_day_yuan * 100 - int(reader.value(Q.urgent_on, day=today))
    amount_fen = min(settings.urgent_yuan * 100, left_fen)
    return Lane(settings.urgent_cards, amount_fen) if settings.urgent_cards and amount_fen > 0 else Lane(0, 0)


def all_stopped(reader: Reader, sim_ids: Sequence[int]) -> bool:
    """Whether every one of these cards is stopped."""
    return not reader.value(Q.not_stopped, sim_ids=list(sim_ids), stopped=sorted(STOPPED))


def order_urgently(
    tx: Transaction,
    by: Actor,
    *,
    sim_ids: Sequence[int],
    months: Months = None,
    form_key: str,
    settings: Settings,
    password: Proof | None = None,
    note: str | None = None,
) -> Proposed:
    """Renew these stopped cards at once, without a second person; the same form key again gives the same batch.

    1. the right, and from a page the password
    2. the limits of the lane: cards, every one stopped, the sum, the day's sum over all people
    3. the caps that hold for every batch
    4. approved by nobody: it waits for the worker, and on Approvals for a checker to look at it

    Raises Refused naming sum, limit and way out.
    """
    require(tx, by, Action.PROPOSE, "")
    reauthenticate(tx, by, password, Event.URGENT_ORDERED, form_key)
    known = tx.row(Q.urgent_by_form_key, form_key=form_key)
    if known:
        return Proposed(**known)
    _stopped_and_few(tx, sim_ids, settings)
    caps = ItemCaps(settings.item_max_yuan, settings.price_jump_percent)
    made = propose(tx, by, sim_ids=tuple(sim_ids), months=months, caps=caps, form_key=form_key, note=note)
    if made.batch is None:
        return made
    _within_the_lane(tx, made.amount_fen, settings)
    batch = stopping.known(tx, made.batch)
    tx.run(Q.approve_urgent, batch=made.batch, now=tx.now)
    keys = approving.sound_keys(tx, made.batch, content_hash=batch["content_hash"])
    capping.within_caps(tx, batch=batch, settings=settings)
    approving.place(tx, by, batch=made.batch, maker=by.person_id, keys=keys)
    audit.record(
        tx,
        by,
        Event.URGENT_ORDERED,
        f"batch {made.batch}",
        content_hash=batch["content_hash"],
        items=made.items,
        amount_fen=made.amount_fen,
    )
    return made


def see_urgent(tx: Transaction, by: Actor, *, batch: int) -> None:
    """A checker has looked at an urgent batch: another person than its maker. Raises Refused."""
    found = stopping.known(tx, batch)
    deputies.entitled(tx, by, f"batch {batch}", maker=found["maker"], day=tx.today)
    if not tx.rows(Q.see_urgent, batch=batch, person_id=by.person_id, now=tx.now):
        raise Refused(_("Batch {batch} is no urgent one that waits for a look", batch=batch))
    audit.record(tx, by, Event.URGENT_SEEN, f"batch {batch}")


def unseen(reader: Reader, *, limit: int) -> pa.Table:
    """Urgent batches nobody has looked at, oldest first: id, maker, items, amount_fen, approved_at, state, note, cards."""
    return reader.arrow(Q.unseen, limit=limit)


def _stopped_and_few(tx: Transaction, sim_ids: Sequence[int], settings: Settings) -> None:
    if not settings.urgent_cards or not settings.urgent_yuan or not settings.urgent_day_yuan:
        raise Refused(_("The urgent lane is closed here; submit the cards for review"))
    if len(set(sim_ids)) > settings.urgent_cards:
        raise Refused(
            _(
                "{n} cards are more than the {most} the urgent lane takes at once; submit them for review",
                n=number(len(set(sim_ids))),
                most=number(settings.urgent_cards),
            )
        )
    if not all_stopped(tx, sim_ids):
        raise Refused(_("The urgent lane is for stopped cards only; submit the others for review"))


def _within_the_lane(tx: Transaction, amount_fen: int, settings: Settings) -> None:
    if amount_fen > settings.urgent_yuan * 100:
        raise Refused(
            _(
                "These cards cost {amount}; one urgent renewal may cost at most {most}: submit them for review",
                amount=yuan(amount_fen),
                most=yuan(settings.urgent_yuan * 100),
            )
        )
    day_fen = int(tx.value(Q.urgent_on, day=tx.today)) + amount_fen
    if day_fen > settings.urgent_day_yuan * 100:
        raise Refused(
            _(
                "With these cards today's urgent renewals would cost {amount}; one day takes at most {most}: submit them for review",
                amount=yuan(day_fen),
                most=yuan(settings.urgent_day_yuan * 100),
            )
        )
