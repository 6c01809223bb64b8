"""Cards as pages and exports read them; what people decide about them stands in deciding.py."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from data.database import Queries, Query, Reader
from data.sims.deciding import (
    ASKED_AGAIN,
    DECLINED,
    PROPOSED,
    Savings,
    answer_proposals,
    by_evidence,
    confirm_declined,
    decide,
    decisions_page,
    savings,
)
from data.sims.filter import SimFilter
from data.sims.findings import close_findings, counted_findings, open_findings, said, told_by
from data.sims.history import happening, timeline
from data.sims.holidays import unpublished_year
from data.sims.joins import ReportLine, join_report
from data.sims.listing import ORDER, listed, params, shown
from data.sims.looking_up import Pasted, look_up, paste
from data.sims.rolling import Yardstick, measure_with, outdated, roll_up
from data.sims.rules import Situation, situation
from data.sims.today import (
    AtRisk,
    Figure,
    Kpis,
    at_risk,
    at_risk_rows,
    data_age,
    kpis,
    last_working_day,
    late_batches,
    late_lists,
    today_by_payee,
    went_dark,
)

__all__ = [
    "ASKED_AGAIN",
    "DECLINED",
    "ORDER",
    "PROPOSED",
    "AtRisk",
    "Choices",
    "Figure",
    "Kpis",
    "Pasted",
    "ReportLine",
    "Savings",
    "SimFilter",
    "SimNow",
    "Totals",
    "Yardstick",
    "answer_proposals",
    "at_risk",
    "at_risk_rows",
    "by_evidence",
    "by_iccid",
    "choices",
    "close_findings",
    "confirm_declined",
    "counted_findings",
    "counted_sims",
    "data_age",
    "decide",
    "decisions_page",
    "expiry_timeline",
    "happening",
    "ids",
    "join_report",
    "kpis",
    "last_working_day",
    "late_batches",
    "late_lists",
    "listing",
    "look_up",
    "measure_with",
    "one",
    "open_findings",
    "outdated",
    "page",
    "paste",
    "roll_up",
    "said",
    "savings",
    "situation_of",
    "timeline",
    "today_by_payee",
    "told_by",
    "totals",
    "unpublished_year",
    "went_dark",
]

Q = Queries.beside(__file__)

STEM_LENGTH = 19
# Longer lists than a person can choose from are searched, not chosen.
_CHOICES_AT_MOST = 2_000


@dataclass(frozen=True)
class SimNow:
    """One row of `sim_now`; what each column means stands in schema.sql."""

    sim_id: int
    stem: str
    iccid: str
    imsi: str | None
    msisdn: str | None
    carrier: str
    account: str | None
    connector: str | None
    payee: str | None
    supplier: str | None
    plan_id: int | None
    plan: str | None
    network: str | None
    term_months: int | None
    price_fen: int | None
    status: str
    auto_renew: bool | None
    activated_on: date | None
    expires_on: date | None
    anchor_day: int | None
    act_by: date | None
    cancel_by: date | None
    decision: str | None
    live: bool
    due: bool
    terminal_key: int | None
    terminal_id: str | None
    serial_no: str | None
    imei: str | None
    brand: str | None
    model: str | None
    terminal_status: str | None
    last_trade_on: date | None
    monthly_takings_fen: int | None
    branch: str | None
    site: str | None
    merchant_id: int | None
    merchant_no: str | None
    merchant: str | None
    region: str | None
    city: str | None
    contact_name: str | None
    contact_phone: str | None
    agent_id: int | None
    agent: str | None
    quota_bytes: int | None
    used_bytes: int | None
    used_as_of: datetime | None
    used_share: float | None
    daily_bytes: int | None
    exhausts_on: date | None
    overage_fen: int | None
    idle_months: int | None
    unfit: str | None
    purchase_batch: str | None
    pool: str | None
    tags: str | None
    observed_at: datetime
    decision_reason: str | None
    decision_evidence: str | None
    decider: str | None
    decided_on: date | None
    decision_confirmed_on: date | None
    last_sign_on: date | None
    successor: str | None
    evidence: str | None
    silent_until: date | None


@dataclass(frozen=True)
class LiveItem:
    """What is under way for a card: `state` is proposed or one of the seven, `kind` one of the renewals' KINDS."""

    state: str
    batch: int
    kind: str


@dataclass(frozen=True)
class Totals:
    """What a list adds up to; `amount_fen` is one term of each card that has a price."""

    sims: int
    amount_fen: int
    unpriced: int


@dataclass(frozen=True)
class Choices:
    """What the filters may be set to, in order; agents and plans as (id, name)."""

    carriers: tuple[str, ...]
    accounts: tuple[str, ...]
    payees: tuple[str, ...]
    cities: tuple[str, ...]
    regions: tuple[str, ...]
    branches: tuple[str, ...]
    networks: tuple[str, ...]
    brands: tuple[str, ...]
    agents: tuple[tuple[int, str], ...]
    plans: tuple[tuple[int, str], ...]


def page(
    reader: Reader, flt: SimFilter, *, today: date, order: str = "act_by", limit: int = 50, offset: int = 0
) -> pa.Table:
    """One page of the list: the columns of `shown` (queries.sql), among them item_state and batch of a renewal under way."""
    values = params(reader, flt, today=today)
    return reader.arrow(shown(listed(Q.page, flt, order=order)), **values, limit=limit, offset=offset)


def listing(reader: Reader, flt: SimFilter, *, today: date, order: str = "act_by") -> tuple[Query, dict[str, Any]]:
    """The query of the whole list in its order, with its values, for an export of what the page shows."""
    return listed(Q.listing, flt, order=order), params(reader, flt, today=today)


def totals(reader: Reader, flt: SimFilter, *, today: date) -> Totals:
    """What the list adds up to."""
    return reader.records(Totals, listed(Q.totals, flt), **params(reader, flt, today=today))[0]


def ids(reader: Reader, flt: SimFilter, *, today: date, limit: int, order: str = "act_by") -> list[int]:
    """The first `limit` cards of the list in its order."""
    found = reader.arrow(listed(Q.ids, flt, order=order), **params(reader, flt, today=today), limit=limit)
    return found.column("sim_id").to_pylist()  # type: ignore[no-any-return]


def expiry_timeline(reader: Reader, flt: SimFilter, *, today: date, days: int) -> pa.Table:
    """Cards of the list that end within `days` from today, per day and carrier: day, carrier, sims."""
    return reader.arrow(listed(Q.expiry_timeline, flt), **params(reader, flt, today=today), days=days)


def choices(reader: Reader) -> Choices:
    """What the filters may be set to."""
    found = reader.row(Q.values_of_fields) or {}
    named = {
        name: tuple((row[key], row["name"]) for row in reader.rows(query, limit=_CHOICES_AT_MOST))
        for name, key, query in (("agents", "agent_id", Q.agents), ("plans", "plan_id", Q.plans))
    }
    return Choices(
        **{name: tuple((values or [])[:_CHOICES_AT_MOST]) for name, values in found.items()},
        agents=named["agents"],
        plans=named["plans"],
    )


def one(reader: Reader, sim_id: int) -> SimNow | None:
    """The card of this id."""
    return reader.record(SimNow, Q.one, sim_id=sim_id)


def by_iccid(reader: Reader, iccid: str) -> SimNow | None:
    """The card of this ICCID, 19 or 20 characters."""
    return reader.record(SimNow, Q.by_stem, stem=iccid.strip().upper()[:STEM_LENGTH])


def counted_sims(reader: Reader) -> int:
    """How many cards there are, those that are gone too."""
    return int(reader.value(Q.counted_sims))


def situation_of(reader: Reader, sim_id: int, *, today: date) -> Situation | None:
    """The one sentence about a card; None: there is no such card."""
    card = one(reader, sim_id)
    if card is None:
        return None
    return situation(card, reader.record(LiveItem, Q.live_item, sim_id=sim_id), today=today)
