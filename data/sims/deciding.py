"""What becomes of a card, decided by a person: renew, do not renew, swap, open; and what rules propose not to renew."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event, Refused
from data.people.store import require
from data.sims.deciding_rules import kept_evidence
from data.sims.filter import SimFilter
from data.sims.listing import listed, params, shown
from data.sims.rolling import roll_up
from data.sims.rules import DECISIONS
from data.words import _, number

Q = Queries.beside(__file__, "deciding.sql")

# What rules propose not to renew and nobody has decided; what is decided; what is to be asked about once more.
PROPOSED = SimFilter(report="not_worth")
DECLINED = SimFilter(decision="decline")
ASKED_AGAIN = SimFilter(report="ask_again")

# As many as one click may decide about; more are a file.
_DECIDED_AT_ONCE = 20_000
_NAMED_IN_AUDIT = 100
_JUDGED = pa.schema([("sim_id", pa.int64()), ("evidence", pa.string())])


@dataclass(frozen=True)
class Savings:
    """What not renewing some cards saves; fen are those of the cards that have a price."""

    sims: int
    term_fen: int  # with the next term
    year_fen: int
    unpriced: int
    auto_renewing: int  # the carrier goes on charging for these until it is told
    under_way: int  # what has not left yet is taken back when its turn comes (data/renewals/claiming.py)


def decide(
    tx: Transaction, by: Actor, *, sim_ids: Iterable[int], decision: str | None, reason: str | None = None
) -> int:
    """Keep what a person decided about cards: renew, decline, swap, undecided, None takes it back; how many it changed.

    Raises Refused without the right, or for more than 20,000 cards.
    """
    wanted = sorted(set(sim_ids))
    require(tx, by, Action.DECIDE, f"{len(wanted)} SIMs")
    changed = _decide(tx, by, wanted, decision=decision, reason=reason)
    roll_up(tx, wanted)
    _record(tx, by, wanted, decision=decision, reason=reason)
    return changed


def answer_proposals(
    tx: Transaction, by: Actor, *, sim_ids: Iterable[int], decision: str, reason: str | None = None
) -> int:
    """Accept (decline) or turn down (renew) what rules propose not to renew; how many proposals that answered.

    What is no proposal any more, because somebody decided or its evidence is gone, stays as it is. The evidence is
    kept with the decision. Raises Refused without the right, or for more than 20,000 cards.
    """
    wanted = sorted(set(sim_ids))
    require(tx, by, Action.DECIDE, f"{len(wanted)} SIMs")
    cards = tx.rows(listed(Q.judge, PROPOSED), **(params(tx, PROPOSED, today=tx.today) | {"sim_ids": wanted}))
    judged = [card["sim_id"] for card in cards]
    _decide(tx, by, judged, decision=decision, reason=reason)
    rows = [{"sim_id": card["sim_id"], "evidence": kept_evidence(card)} for card in cards]
    with tx.frame("judged", pa.Table.from_pylist(rows, schema=_JUDGED)):
        tx.run(Q.keep_evidence)
        tx.run(Q.note_evidence, now=tx.now, who=by.name)
    roll_up(tx, judged)
    _record(tx, by, judged, decision=decision, reason=reason, of="proposals")
    return len(judged)


def confirm_declined(tx: Transaction, by: Actor, *, sim_ids: Iterable[int]) -> int:
    """Asked once more before the number is gone: it stays not renewed; how many that confirmed."""
    wanted = sorted(set(sim_ids))
    require(tx, by, Action.DECIDE, f"{len(wanted)} SIMs")
    confirmed = [row["sim_id"] for row in tx.rows(Q.confirm, sim_ids=wanted, today=tx.today)]
    tx.run(Q.note_confirmed, sim_ids=confirmed, now=tx.now, today=tx.today, who=by.name)
    roll_up(tx, confirmed)
    audit.record(tx, by, Event.SIM_DECISION_CONFIRMED, f"{len(confirmed)} SIMs", sim_ids=confirmed[:_NAMED_IN_AUDIT])
    return len(confirmed)


def savings(reader: Reader, flt: SimFilter, *, today: date) -> Savings:
    """What not renewing the cards of `flt` saves."""
    return reader.records(Savings, listed(Q.savings, flt), **params(reader, flt, today=today))[0]


def by_evidence(reader: Reader, flt: SimFilter, *, today: date) -> dict[str, int]:
    """How many cards of `flt` each kind of evidence speaks against, the most frequent first."""
    rows = reader.rows(listed(Q.by_evidence, flt), **params(reader, flt, today=today))
    return {row["code"]: row["sims"] for row in rows}


def decisions_page(
    reader: Reader, flt: SimFilter, *, today: date, order: str = "act_by", limit: int = 50, offset: int = 0
) -> pa.Table:
    """One page of cards with what was decided and why: the columns of `page`, evidence, reason, person, dates, year_fen."""
    values = params(reader, flt, today=today)
    return reader.arrow(shown(listed(Q.page, flt, order=order)), **values, limit=limit, offset=offset)


def _decide(tx: Transaction, by: Actor, wanted: list[int], *, decision: str | None, reason: str | None) -> int:
    if decision is not None and decision not in DECISIONS:
        raise ValueError(f"'{decision}' is no decision")
    if len(wanted) > _DECIDED_AT_ONCE:
        raise Refused(_("{n} cards are too many to decide at once; narrow the list", n=number(len(wanted))))
    values = {"sim_ids": wanted, "decision": decision, "reason": reason}
    changed = tx.run(Q.note_decisions, **values, now=tx.now, who=by.name)
    if reason:
        tx.run(Q.note_reasons, **values, now=tx.now, who=by.name)
    tx.run(Q.decide, **values, person_id=by.person_id, today=tx.today)
    tx.run(Q.close_returns, sim_ids=wanted, now=tx.now)
    return changed


def _record(
    tx: Transaction, by: Actor, wanted: list[int], *, decision: str | None, reason: str | None, of: str | None = None
) -> None:
    named = wanted[:_NAMED_IN_AUDIT]  # every one of them has its row in sim_change
    audit.record(
        tx, by, Event.SIM_DECIDED, f"{len(wanted)} SIMs", sim_ids=named, decision=decision, reason=reason, of=of
    )
