"""The parts of a SIM's page: facts of the card, of where it sits, its usage, its renewals and its history."""

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.charts import usage_against_quota
from dashboard.widgets import tables
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.sims import STATE_COLOURS, carrier_words, decided_said
from dashboard.widgets.situations import facts
from data.people.rules import Action
from data.providers import store as providers
from data.renewals import store as renewals
from data.renewals.records import RECORD_COLUMNS, RecordFilter
from data.renewals.rules import KINDS, REASONS, STATE_WORDS
from data.sims.deciding_rules import evidence_said
from data.sims.rules import DECISION_WORDS, STATUS_WORDS, TERMINAL_STATUS_WORDS
from data.sims.store import SimNow
from data.usage import store as usage
from data.vouchers import store as vouchers
from data.vouchers.rules import KINDS as PAPERS
from data.words import N_, _, day, megabytes, moment, yuan

_MB = 1024 * 1024
_POINTS = pa.schema(
    [
        ("day", pa.date32()),
        ("month", pa.string()),
        ("used_mb", pa.float64()),
        ("month_mb", pa.float64()),
        ("quota_mb", pa.float64()),
    ]
)
_RENEWALS = (
    Column("batch", N_("Batch"), "count"),
    Column("kind", N_("Kind"), "word", words=KINDS),
    Column("state", N_("Result"), "badge", words=STATE_WORDS, colours=STATE_COLOURS),
    Column("months", N_("Months"), "count"),
    Column("old_expires_on", RECORD_COLUMNS["old_expires_on"], "date"),
    Column("new_expires_on", RECORD_COLUMNS["new_expires_on"], "date"),
    Column("amount_fen", RECORD_COLUMNS["amount_yuan"], "yuan"),
    Column("ended_at", RECORD_COLUMNS["ended_at"], "moment"),
    Column("failure_reason", RECORD_COLUMNS["failure_reason"]),
    Column("detail", N_("The carrier's words"), "told"),
    Column("payee", RECORD_COLUMNS["payee"]),
    Column("vouchers", N_("Vouchers"), "count"),
    Column("invoice_no", RECORD_COLUMNS["invoice_no"]),
)
# A card is renewed about once a year.
_MOST_RENEWALS = 50
_MOST_PAPERS = 12


def card_facts(sim: SimNow) -> None:
    """Identity, plan, price and dates of the card."""
    facts(
        [
            (_("Status"), _(STATUS_WORDS[sim.status])),
            (_("Carrier"), carrier_words([sim.carrier])[0]),
            (_("Account"), sim.account),
            (_("Plan"), sim.plan),
            (_("Price"), yuan(sim.price_fen)),
            (_("Payee"), sim.payee),
            (_("Expires"), day(sim.expires_on)),
            (_("Act by"), day(sim.act_by)),
            (_("Cancel-by"), day(sim.cancel_by)),
            *([(_("Silent period ends"), day(sim.silent_until))] if sim.silent_until else []),
            (_("Card number"), sim.msisdn),
            (_("IMSI"), sim.imsi),
            (_("Activated"), day(sim.activated_on)),
            (_("Auto-renew"), _yes_or_no(sim.auto_renew)),
            (_("Decision"), _(DECISION_WORDS[sim.decision or "undecided"]) if sim.decision or sim.due else None),
            (
                _("Why, by whom, when"),
                decided_said(sim.decision_reason, sim.decision_evidence, sim.decider, sim.decided_on),
            ),
            (_("Speaks against renewing"), evidence_said(vars(sim)) or None),
            (_("Last heard of"), moment(sim.observed_at)),
        ]
    )
    seen = sim.account if viewer.here().may(Action.SEE) else None
    if seen and (provider := reading.read(providers.of_account, seen)):
        st.page_link(
            "app_pages/providers.py",
            label=_("Whom to turn to: contacts, portal, ways to pay"),
            icon=":material/storefront:",
            query_params={"provider": str(provider)},
        )
    if sim.unfit:
        st.warning(_(sim.unfit), icon=":material/sync_problem:")


def place_facts(sim: SimNow) -> None:
    """The terminal the card sits in, its merchant and agent."""
    facts(
        [
            (_("Terminal"), sim.terminal_id),
            (_("Serial number"), sim.serial_no),
            (_("Terminal status"), _(TERMINAL_STATUS_WORDS[sim.terminal_status]) if sim.terminal_status else None),
            (_("Brand and model"), " ".join(filter(None, (sim.brand, sim.model)))),
            (_("Last trade"), day(sim.last_trade_on)),
            (_("Takings a month"), yuan(sim.monthly_takings_fen)),
            (_("Merchant"), sim.merchant),
            (_("Merchant number"), sim.merchant_no),
            (_("Agent"), sim.agent),
            (_("City"), " ".join(filter(None, (sim.region, sim.city)))),
            (_("Branch"), sim.branch),
            (_("Site"), sim.site),
            (_("Contact"), sim.contact_name),
            (_("Phone"), sim.contact_phone),
            (_("IMEI"), sim.imei),
        ]
    )


def usage_chart(sim: SimNow, *, days: int) -> None:
    """Use since the first of each month, day by day, against the quota, with the age of the figures."""
    today = reading.today()
    rows = reading.read(usage.usage_of, sim.sim_id, today=today, days=days)
    if rows.num_rows == 0:
        st.caption(_("No usage figures for this card yet; a usage file brings them."))
        return
    st.caption(
        _(
            "{used} of {quota} this month, as of {moment}",
            used=megabytes(sim.used_bytes) or "–",
            quota=megabytes(sim.quota_bytes) or "–",
            moment=moment(sim.used_as_of) or "–",
        )
    )
    st.vega_lite_chart(
        month_to_date(rows, sim.quota_bytes, first=_first_shown(today, days), last=today),
        usage_against_quota.spec(),
        alt=_("Data used since the first of each month against the quota"),
    )


def month_to_date(rows: pa.Table, quota_bytes: int | None, *, first: date, last: date) -> pa.Table:
    """(day, used_bytes) as (day, month, used_mb, month_mb, quota_mb) of every day; each month starts at nought again.

    A day without a figure has no use of its own (null, not nought); the month's sum stays where it was.
    """
    used = dict(zip(rows.column("day").to_pylist(), rows.column("used_bytes").to_pylist(), strict=True))
    points: list[dict[str, Any]] = []
    total = 0
    for number in range((last - first).days + 1):
        on = first + timedelta(days=number)
        total = (0 if on.day == 1 else total) + used.get(on, 0)
        points.append(
            {
                "day": on,
                "month": on.strftime("%Y-%m"),
                "used_mb": used[on] / _MB if on in used else None,
                "month_mb": total / _MB,
                "quota_mb": quota_bytes / _MB if quota_bytes else None,
            }
        )
    return pa.Table.from_pylist(points, schema=_POINTS)


def renewals_of(sim: SimNow) -> None:
    """What each batch made of the card, with the papers that prove it."""
    rows = reading.read(renewals.records, RecordFilter(text=sim.iccid), limit=_MOST_RENEWALS)
    if rows.num_rows == 0:
        st.caption(_("This SIM has not been renewed here yet."))
        return
    if rows["detail"].null_count == rows.num_rows:
        rows = rows.drop(["detail"])
    reasons = [_(REASONS[code].msgid) if code in REASONS else code for code in rows["failure_reason"].to_pylist()]
    listing(
        tables.replaced(rows, failure_reason=pa.array(reasons, pa.string())),
        _RENEWALS,
        key="sim:renewals",
        alt=_("Renewals and papers"),
    )


def papers_of(sim: SimNow) -> None:
    """Each paper that proves a renewal of the card, a click away."""
    if not viewer.here().may(Action.SEE):
        return
    with st.container(horizontal=True):
        for paper in reading.read(vouchers.of_card, sim.sim_id, limit=_MOST_PAPERS):
            st.page_link(
                "app_pages/vouchers.py",
                label=_("{kind} {number}", kind=_(PAPERS[paper["kind"]]), number=paper["voucher_id"]),
                icon=":material/receipt_long:",
                query_params={"voucher": str(paper["voucher_id"])},
            )


def _first_shown(today: date, days: int) -> date:
    # Whole months only: a sum that starts in the middle of one would be too small.
    start = today - timedelta(days=days - 1)
    return start if start.day == 1 else (start.replace(day=1) + timedelta(days=31)).replace(day=1)


def _yes_or_no(answer: bool | None) -> str | None:
    return None if answer is None else _("yes") if answer else _("no")
