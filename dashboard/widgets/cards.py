"""The parts of a SIM's page: facts of the card, of where it sits, its usage, its renewals and its history."""

from datetime import date
from itertools import groupby
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.charts import usage_against_quota
from dashboard.widgets import tables
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.sims import STATE_COLOURS, carrier_words
from dashboard.widgets.situations import facts
from data.renewals import store as renewals
from data.renewals.records import RECORD_COLUMNS, RecordFilter
from data.renewals.rules import REASONS, STATE_WORDS
from data.sims.history import happening
from data.sims.rules import DECISION_WORDS, STATUS_WORDS, TERMINAL_STATUS_WORDS
from data.sims.store import SimNow
from data.usage import store as usage
from data.words import N_, _, day, megabytes, moment, yuan

_MB = 1024 * 1024
_KINDS = {
    "change": N_("Change"),
    "renewal": N_("Renewal"),
    "note": N_("Note"),
    "voucher": N_("Paper"),
    "finding": N_("Finding"),
}
_KIND_COLOURS = {"change": "gray", "renewal": "blue", "note": "violet", "voucher": "green", "finding": "orange"}
# A card is renewed about once a year.
_MOST_RENEWALS = 50


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
            (_("Card number"), sim.msisdn),
            (_("IMSI"), sim.imsi),
            (_("Activated"), day(sim.activated_on)),
            (_("Auto-renew"), _yes_or_no(sim.auto_renew)),
            (_("Decision"), _(DECISION_WORDS[sim.decision]) if sim.decision else None),
            (_("Last heard of"), moment(sim.observed_at)),
        ]
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
    rows = reading.read(usage.usage_of, sim.sim_id, today=reading.today(), days=days)
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
        month_to_date(rows, sim.quota_bytes),
        usage_against_quota.spec(),
        alt=_("Data used since the first of each month against the quota"),
    )


def month_to_date(rows: pa.Table, quota_bytes: int | None) -> pa.Table:
    """(day, used_bytes) as (day, month, used_mb, month_mb, quota_mb); each month starts at nought again."""
    points: list[dict[str, Any]] = []
    found = sorted(zip(rows.column("day").to_pylist(), rows.column("used_bytes").to_pylist(), strict=True))
    for month, days in groupby(found, key=lambda row: row[0].replace(day=1)):
        total = 0
        for on, used in days:
            total += used
            points.append(_point(on, month, used, total, quota_bytes))
    return pa.Table.from_pylist(points)


def renewals_of(sim: SimNow) -> None:
    """What each batch made of the card, with the papers that prove it."""
    rows = reading.read(renewals.records, RecordFilter(text=sim.iccid), limit=_MOST_RENEWALS)
    if rows.num_rows == 0:
        st.caption(_("This SIM has not been renewed here yet."))
        return
    said = pa.array(
        [_(REASONS[code].msgid) if code in REASONS else code for code in rows["failure_reason"].to_pylist()],
        pa.string(),
    )
    columns = (
        Column("batch", RECORD_COLUMNS["batch"], "count", width=80),
        Column("state", RECORD_COLUMNS["state"], "badge", words=STATE_WORDS, colours=STATE_COLOURS, width=120),
        Column("plan", RECORD_COLUMNS["plan"]),
        Column("months", RECORD_COLUMNS["months"], "count", width=80),
        Column("old_expires_on", RECORD_COLUMNS["old_expires_on"], "date"),
        Column("new_expires_on", RECORD_COLUMNS["new_expires_on"], "date"),
        Column("amount_fen", RECORD_COLUMNS["amount_yuan"], "yuan"),
        Column("payee", RECORD_COLUMNS["payee"]),
        Column("ended_at", RECORD_COLUMNS["ended_at"], "moment"),
        Column("failure_reason", RECORD_COLUMNS["failure_reason"]),
        Column("vouchers", RECORD_COLUMNS["vouchers"], "count", width=80),
        Column("invoice_no", RECORD_COLUMNS["invoice_no"]),
    )
    listing(tables.replaced(rows, failure_reason=said), columns, key="sim:renewals", alt=_("Renewals and papers"))


def history(rows: pa.Table) -> None:
    """What happened to the card, newest first; a sentence each."""
    said = [happening(**row) for row in rows.select(["kind", "what", "detail"]).to_pylist()]
    columns = (
        Column("ts", N_("When"), "moment", width=135),
        Column("kind", N_("Kind"), "badge", words=_KINDS, colours=_KIND_COLOURS, width=95),
        Column("said", N_("What happened")),
        Column("who", N_("By"), width=170),
    )
    if rows.num_rows == 0:
        st.caption(_("Nothing has happened to it since it was first seen."))
        return
    listing(
        tables.replaced(rows, said=pa.array(said, pa.string())), columns, key="history", alt=_("History, newest first")
    )


def _point(on: date, month: date, used: int, total: int, quota: int | None) -> dict[str, Any]:
    return {
        "day": on,
        "month": month.isoformat(),
        "used_mb": used / _MB,
        "month_mb": total / _MB,
        "quota_mb": quota / _MB if quota else None,
    }


def _yes_or_no(answer: bool | None) -> str | None:
    return None if answer is None else _("yes") if answer else _("no")
