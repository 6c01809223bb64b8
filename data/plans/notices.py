"""Plan-change notices: typed in by a person or found by a comparison, with their cards, papers, price effect, acknowledgement."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from data.audit import store as audit
from data.audit.rules import canonical
from data.database import Queries, Reader, Row, Transaction
from data.people.rules import Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.plans.notice_rules import KINDS, NEAR, REACHES, SAID, Buyers, Change, Effect, PlanPrice, effect
from data.words import _, megabytes, yuan

Q = Queries.beside(__file__, "notices.sql")

MOST_SUBJECT, MOST_TEXT, MOST_NOTE = 200, 10_000, 500
# As many cards as any other list of a page may hold.
MOST_CARDS = 20_000
# The card's page goes on telling a change that somebody acknowledged for so long after it.
_TOLD_AFTERWARDS = timedelta(days=30)
_MOST_OF_A_CARD = 5


@dataclass(frozen=True)
class Draft:
    """What a person types in."""

    kind: str  # a key of KINDS
    subject: str
    text: str = ""  # what the carrier wrote
    account: str | None = None
    effective_on: date | None = None
    reach: str = "plans"  # a key of REACHES
    plans: tuple[PlanPrice, ...] = ()  # what they cost now is looked up
    sim_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Notice:
    """One notice."""

    notice_id: int
    kind: str
    carrier: str
    account: str | None
    channel: str | None
    reach: str
    effective_on: date | None
    subject: str | None
    text: str | None
    detail: str
    source: str  # told_by (data/sims/findings.py) says it
    made_at: datetime
    acknowledged_at: datetime | None
    acknowledger: str | None
    note: str | None
    cards: int  # in service, that it concerns now

    def said(self) -> str:
        """What it is, in the language of the moment; a person's own words as they were typed."""
        return self.subject or _(SAID[self.kind], **_shown(json.loads(self.detail)))


@dataclass(frozen=True)
class Counted:
    """All notices."""

    notices: int
    waiting: int  # that nobody has acknowledged
    next_on: date | None  # the first day one of those takes effect


def type_in(tx: Transaction, by: Actor, *, draft: Draft, form_key: str, vouchers: Sequence[int] = ()) -> int:
    """Keep what a person typed, with its papers; its number. Raises Refused with what is missing.

    One form is one notice, however often it is sent.
    """
    require(tx, by, Action.KEEP_NOTICES, "notices")
    known = tx.value(Q.of_form, form_key=form_key)
    if known is not None:
        return int(known)
    draft = replace(draft, subject=draft.subject.strip(), account=draft.account or None)
    _check(tx, draft)
    plans = [_priced(tx, plan, draft.account) for plan in dict.fromkeys(draft.plans)]
    carriers = {row["carrier"] for _price, row in plans}
    carrier = tx.value(Q.account_carrier, account=draft.account) or (carriers.pop() if len(carriers) == 1 else "")
    told = {"carrier": carrier, "account": draft.account, "reach": draft.reach, "effective_on": draft.effective_on}
    notice_id = _add(
        tx,
        by,
        **told,
        notice_kind=draft.kind,
        subject=draft.subject[:MOST_SUBJECT],
        text=draft.text.strip()[:MOST_TEXT] or None,
        form_key=form_key,
        source=by.name,
    )
    for price, _row in plans:
        tx.run(Q.add_plan, notice_id=notice_id, **vars(price))
    tx.run(Q.add_cards, notice_id=notice_id, sim_ids=list(draft.sim_ids) if draft.reach == "cards" else [])
    for voucher_id in vouchers:
        tx.run(Q.add_paper, notice_id=notice_id, voucher_id=voucher_id)
    audit.record(
        tx, by, Event.NOTICE_TYPED, f"notice {notice_id}", subject=draft.subject, papers=list(vouchers), **told
    )
    return notice_id


def find(tx: Transaction, by: Actor, *, changes: Sequence[Change], source: str) -> int:
    """Open a notice for each thing a comparison found; how many are new.

    What was found before and nobody has acknowledged only gets the cards that came to it.
    """
    require(tx, by, Action.WORK, "notices")
    opened = 0
    for change in changes:
        known = tx.value(Q.found_before, found_key=change.found_key)
        notice_id = int(known) if known is not None else _open(tx, by, change, source)
        tx.run(Q.add_cards, notice_id=notice_id, sim_ids=list(change.sim_ids))
        if known is None:
            opened += 1
            audit.record(tx, by, Event.NOTICE_FOUND, f"notice {notice_id}", source=source, found=change.found_key)
    return opened


def add_paper(tx: Transaction, by: Actor, *, notice_id: int, voucher_id: int) -> None:
    """Keep one more paper with a notice. Raises Refused."""
    require(tx, by, Action.KEEP_NOTICES, f"notice {notice_id}")
    _there(tx, notice_id)
    tx.run(Q.add_paper, notice_id=notice_id, voucher_id=voucher_id)
    audit.record(tx, by, Event.NOTICE_PROVED, f"notice {notice_id}", voucher=voucher_id)


def acknowledge(tx: Transaction, by: Actor, *, notice_id: int, note: str = "") -> None:
    """The person has looked at it; `note` says what was made of it. Raises Refused where somebody has before."""
    require(tx, by, Action.KEEP_NOTICES, f"notice {notice_id}")
    notice = _there(tx, notice_id)
    said = note.strip()[:MOST_NOTE] or None
    if not tx.rows(Q.acknowledge, notice_id=notice_id, person_id=by.person_id, note=said, now=tx.now):
        raise Refused(_("{name} has acknowledged this notice before", name=notice.acknowledger or ""))
    tx.run(Q.settle_findings, notice_id=notice_id, now=tx.now)
    audit.record(tx, by, Event.NOTICE_ACKNOWLEDGED, f"notice {notice_id}", note=said)


def counted(reader: Reader, *, today: date) -> Counted:
    """How many there are."""
    return reader.records(Counted, Q.counted, today=today)[0]


def notices(reader: Reader, *, all: bool = False, limit: int = 50, offset: int = 0) -> list[Notice]:
    """Those that nobody has acknowledged (or `all`), the soonest first."""
    return _of(reader, reader.rows(Q.listed, all=all, limit=limit, offset=offset))


def one(reader: Reader, notice_id: int) -> Notice | None:
    """One notice."""
    return next(iter(_of(reader, [{"notice_id": notice_id}])), None)


def prices_of(reader: Reader, notice_id: int) -> list[Row]:
    """The plans it names: plan, carrier, term_months, old_fen and new_fen of one term."""
    return reader.rows(Q.prices_of, notice_id=notice_id)


def papers_of(reader: Reader, notice_id: int) -> list[Row]:
    """Its papers: voucher_id, filename, format, filed_at."""
    return reader.rows(Q.papers_of, notice_id=notice_id)


def near(reader: Reader, *, today: date) -> list[Notice]:
    """Those that nobody has acknowledged and that take effect soon, or nobody knows when."""
    return _of(reader, reader.rows(Q.near, until=today + NEAR))


def of_sim(reader: Reader, sim_id: int, *, today: date) -> list[Notice]:
    """What was announced for a card, the soonest first."""
    return _of(reader, reader.rows(Q.of_sim, sim_id=sim_id, since=today - _TOLD_AFTERWARDS, limit=_MOST_OF_A_CARD))


def effects(reader: Reader, notice_ids: Sequence[int], *, today: date) -> dict[int, Effect]:
    """By number, what each notice makes of the coming year."""
    buyers: dict[int, list[Buyers]] = {number: [] for number in notice_ids}
    since: dict[int, date | None] = {}
    for row in reader.rows(Q.buyers, notice_ids=list(notice_ids)):
        number = row.pop("notice_id")
        since[number] = row.pop("effective_on")
        buyers[number].append(Buyers(**row))
    return {number: effect(some, effective_on=since.get(number), today=today) for number, some in buyers.items()}


def _of(reader: Reader, rows: Sequence[Row]) -> list[Notice]:
    ids = [row["notice_id"] for row in rows]
    return reader.records(Notice, Q.notices, notice_ids=ids) if ids else []


def _check(tx: Transaction, draft: Draft) -> None:
    if draft.kind not in KINDS or draft.reach not in REACHES:
        raise Refused(_("There is no such kind of notice"))
    faults = (
        (not draft.subject, _("Say in a few words what changes")),
        (draft.reach == "plans" and not draft.plans, _("Choose the plans it is about")),
        (draft.reach == "account" and draft.account is None, _("Choose the account it is about")),
        (draft.reach == "cards" and not draft.sim_ids, _("Paste the SIMs it is about")),
        (len(draft.sim_ids) > MOST_CARDS, _("A notice names at most {most} SIMs", most=f"{MOST_CARDS:,}")),
        (
            draft.account is not None and tx.value(Q.account_carrier, account=draft.account) is None,
            _("There is no account {account}", account=draft.account or ""),
        ),
        (
            any(plan.new_fen is not None and plan.new_fen <= 0 for plan in draft.plans),
            _("A price is more than nothing"),
        ),
    )
    for missing, sentence in faults:
        if missing:
            raise Refused(sentence)


def _priced(tx: Transaction, plan: PlanPrice, account: str | None) -> tuple[PlanPrice, Row]:
    """The plan with what one term of it costs now."""
    row = tx.row(Q.plan_now, plan_id=plan.plan_id, account=account or "", today=tx.today)
    if row is None:
        raise NotThere(_("There is no such plan"))
    return replace(plan, term_months=row["term_months"], old_fen=row["price_fen"]), row


def _open(tx: Transaction, by: Actor, change: Change, source: str) -> int:
    notice_id = _add(
        tx,
        by,
        notice_kind=change.kind,
        carrier=change.carrier,
        account=change.account,
        channel=change.channel,
        reach="plans" if change.plan and not change.sim_ids else "cards",
        effective_on=change.effective_on,
        detail=change.detail,
        source=source,
        found_key=change.found_key,
    )
    if change.plan is not None:
        tx.run(Q.add_plan, notice_id=notice_id, **vars(change.plan))
    return notice_id


def _add(tx: Transaction, by: Actor, **told: Any) -> int:
    row = {"channel": None, "subject": None, "text": None, "form_key": None, "found_key": None} | told
    row["detail"] = canonical(told.get("detail") or {})
    return int(tx.value(Q.add, **row, made_by=by.person_id, now=tx.now))


def _there(reader: Reader, notice_id: int) -> Notice:
    found = one(reader, notice_id)
    if found is None:
        raise NotThere(_("There is no notice {notice}", notice=notice_id))
    return found


def _shown(told: dict[str, Any]) -> dict[str, Any]:
    """Values as a sentence says them: before_fen stands in it as {before}."""
    writers = {"_fen": yuan, "_bytes": megabytes}
    shown = {}
    for name, value in told.items():
        unit = next((unit for unit in writers if name.endswith(unit)), "")
        shown[name.removesuffix(unit)] = writers[unit](int(value)) if unit else value
    return shown
