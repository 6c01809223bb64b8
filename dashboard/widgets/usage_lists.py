"""Usage against quota as figures, lists and charts: per SIM, per plan, per carrier."""

from calendar import monthrange
from datetime import date

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.charts import plans_against_month, usage_by_day
from dashboard.widgets import tables
from dashboard.widgets.bulk import bulk_bar
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.sim_lists import change
from dashboard.widgets.sims import carrier_words
from data.people.rules import Action
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.sims.rules import CARRIER_WORDS
from data.usage.store import UsageTotals
from data.words import N_, _, gigabytes, moment, number, plural, yuan

# Which SIMs, and in what order: each list answers one question.
LISTS = {
    "all": (N_("All by use"), SimFilter(), "used"),
    "over": (N_("Over quota"), SimFilter(report="over_quota"), "overage"),
    "low": (N_("Nearly used up"), SimFilter(quick="low_data"), "exhausts_on"),
    "idle": (N_("Without use"), SimFilter(report="idle"), "idle"),
}
_PLANS_IN_CHART = 15
_BYTES_PER_MB = 1024 * 1024

_SIMS = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("terminal_id", N_("Terminal"), width=82),
    Column("merchant", N_("Merchant"), width=140),
    Column("used_bytes", N_("Used this month"), "data", width=108),
    Column("quota_bytes", N_("Quota"), "data", width=75),
    Column("used_share", N_("Share"), "share", width=118),
    Column("exhausts_on", N_("Used up on"), "date", width=92),
    Column("overage_fen", N_("Overage so far"), "yuan", width=100),
    Column("daily_bytes", N_("A day"), "data", width=78),
    Column("idle_months", N_("Months without use"), "count", width=125),
    Column("plan", N_("Plan"), width=150),
    Column("used_as_of", N_("As of"), "moment", width=130),
    Column("carrier", N_("Carrier"), "word", words=CARRIER_WORDS, width=105),
    Column("city", N_("City"), width=70),
)
_SUMMED = (
    Column("sims", N_("SIMs"), "count", width=62),
    Column("used_bytes", N_("Used this month"), "data", width=110),
    Column("quota_bytes", N_("Quota"), "data", width=95),
    Column("share", N_("Share"), "share", width=112),
    Column("over_sims", N_("Over quota"), "count", width=90),
    Column("overage_fen", N_("Overage so far"), "yuan", width=110),
    Column("running_out", N_("Will run out"), "count", width=85),
    Column("idle_sims", N_("Without use"), "count", width=85),
    Column("with_figures", N_("With figures"), "count", width=85),
    Column("as_of", N_("As of"), "moment", width=130),
)
_PLANS = (Column("plan", N_("Plan"), pinned=True, width=180), *_SUMMED, Column("network", N_("Network"), width=80))
_CARRIERS = (Column("carrier", N_("Carrier"), "word", words=CARRIER_WORDS, width=130), *_SUMMED)


def figures(totals: UsageTotals) -> None:
    """The fleet's month to date."""
    known = plural("{count} SIM with a figure", "{count} SIMs with figures", totals.with_figures)
    kpi_row(
        [
            Kpi(_("Used this month"), gigabytes(totals.used_bytes), delta=known),
            Kpi(
                _("Over quota"),
                number(totals.over_sims),
                delta=_("{sum} so far", sum=yuan(totals.overage_fen)),
                good=False if totals.over_sims else None,
            ),
            Kpi(
                _("Will run out"),
                number(totals.running_out),
                delta=_("before the month ends"),
                help=_("At the pace of the last 14 days with figures"),
            ),
            Kpi(
                _("Without use"),
                number(totals.idle_sims),
                delta=_("cost {sum} a year", sum=yuan(totals.idle_yearly_fen)),
                help=_("Whole months without a byte, from cards that should be working"),
            ),
        ]
    )


def as_of(totals: UsageTotals) -> str:
    """How old the newest figure is."""
    return _("newest figure {when}", when=moment(totals.as_of)) if totals.as_of else _("no usage figures yet")


def sim_rows(flt: SimFilter, *, order: str, key: str) -> None:
    """One page of the SIMs of a list."""
    today = reading.today()
    total = reading.read(sims.totals, flt, today=today).sims
    if total == 0:
        st.caption(_("No SIM is in this list."))
        return
    place = st.container()
    limit, offset = tables.pager(total, key=f"{key}:pager", about=(flt, order))
    found = reading.read(sims.page, flt, today=today, order=order, limit=limit, offset=offset)
    may_buy = viewer.here().may(Action.PROPOSE)
    with place:
        listing(found, _SIMS, key=key, alt=_("SIMs with their use and quota"), id_column="sim_id" if may_buy else None)
    if may_buy:
        _buy_bar(key, today=today)


def _buy_bar(key: str, *, today: date) -> None:
    """While SIMs are ticked: add-on data for them, or another service."""
    picked = tuple(sorted(tables.selected(key)))
    if not picked:
        return
    chosen = SimFilter(sim_ids=picked)
    sums = reading.read(sims.totals, chosen, today=today)
    with bulk_bar(key=key, count=sums.sims):
        if st.button(_("Other services"), key=f"{key}:change", icon=":material/tune:"):
            change(chosen)
        label = plural("Buy add-on for {count} SIM", "Buy add-on for {count} SIMs", sums.sims)
        if st.button(label, key=f"{key}:add-on", type="primary", icon=":material/add_circle:", shortcut="mod+enter"):
            change(chosen, kind="add-on")


def plans(found: pa.Table, *, today: date) -> None:
    """Every plan, and how far the biggest are against the month."""
    listing(_with_share(found), _PLANS, key="usage:plans", alt=_("Usage by plan"))
    passed = today.day / monthrange(today.year, today.month)[1]
    rows = [
        {"plan": row["plan"], "share": row["used_bytes"] / row["quota_bytes"], "passed": passed, "sims": row["sims"]}
        for row in found.to_pylist()
        if row["plan"] and row["quota_bytes"]
    ]
    rows = sorted(rows, key=lambda row: -row["sims"])[:_PLANS_IN_CHART]
    if not rows:
        return
    st.caption(
        _("Used of its quota, the plans with most SIMs; the dashed line is the share of the month that has passed")
    )
    drawn = pa.Table.from_pylist(sorted(rows, key=lambda row: -row["share"]))
    st.vega_lite_chart(
        drawn, plans_against_month.spec(len(rows)), alt=_("Share of quota used by plan, against the month")
    )


def carriers(found: pa.Table, days: pa.Table) -> None:
    """Every carrier, and its use day by day."""
    listing(_with_share(found), _CARRIERS, key="usage:carriers", alt=_("Usage by carrier"))
    if days.num_rows == 0:
        return
    used = pa.array([used / _BYTES_PER_MB for used in days["used_bytes"].to_pylist()], pa.float64())
    said = pa.array(carrier_words(days["carrier"].to_pylist()), pa.string())
    st.caption(_("MB a day by carrier, last 30 days"))
    st.vega_lite_chart(
        tables.replaced(days, used_mb=used, carrier=said).drop(["used_bytes"]),
        usage_by_day.spec(),
        alt=_("MB a day by carrier, last 30 days"),
    )


def _with_share(found: pa.Table) -> pa.Table:
    pairs = zip(found["used_bytes"].to_pylist(), found["quota_bytes"].to_pylist(), strict=True)
    return tables.replaced(
        found, share=pa.array([used / quota if quota else None for used, quota in pairs], pa.float64())
    )
