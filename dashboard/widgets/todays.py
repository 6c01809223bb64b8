"""The parts of the Today page: four figures, orders due per payee, what went dark, what is lost, how old the data is."""

from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.widgets import paying, tables
from dashboard.widgets.filters import filter_url
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.sims import carrier_words, sim_table, terminal_links
from data.renewals.rules import BATCH_WORDS
from data.sims import store as sims
from data.sims.joins import ReportLine
from data.sims.today import AtRisk, Figure, Kpis
from data.sims.wording_rules import JOIN_REPORT
from data.words import N_, _, gigabytes, number, plural, yuan

# Lines of the join report that call for nothing, and those that list machines, not cards.
_GOOD_NEWS = frozenset({"terminals_joined"})
_OF_MACHINES = frozenset({"terminals_without_card"})
_LATE_LISTS = (
    Column("payee", N_("Payee"), pinned=True, width=230),
    Column("lists", N_("Lists"), "count", width=65),
    Column("orders", N_("Still open"), "count", width=85),
    Column("amount_fen", N_("Amount"), "yuan", width=100),
    Column("answer_by", N_("Usually done by"), "date", width=115),
    Column("days", N_("Days late"), "count", width=80),
    Column("support", N_("Whom to call"), width=230),
    Column("open", N_("Desk"), "link", width=120),
)
_LATE_BATCHES = (
    Column("batch", N_("Batch"), "link", pinned=True, width=80),
    Column("state", N_("State"), "word", words=BATCH_WORDS, width=100),
    Column("orders", N_("Not placed"), "count", width=85),
    Column("amount_fen", N_("Amount"), "yuan", width=100),
    Column("act_by", N_("Earliest act-by"), "date", width=115),
    Column("days", N_("Days late"), "count", width=80),
    Column("maker", N_("Made by"), width=110),
    Column("note", N_("Remark"), width=260),
)


def cards_of(kpis: Kpis) -> list[Kpi]:
    """The four figures as cards; fewer orders, dark terminals and overruns are the good direction."""
    return [
        Kpi(_("To be placed by today"), number(kpis.to_place.value), **_change(kpis.to_place)),
        Kpi(_("Terminals dark"), number(kpis.dark.value), **_change(kpis.dark)),
        Kpi(_("Over quota"), number(kpis.over_quota.value), **_change(kpis.over_quota)),
        Kpi(
            _("Data used this month"),
            gigabytes(kpis.used_bytes.value),
            delta=_("all SIMs in service, month to date"),
            spark=tuple(map(float, kpis.used_bytes.series)),
        ),
    ]


def by_payee(rows: pa.Table) -> None:
    """Who is to be paid today, how much and for how many; each line opens its SIMs."""
    payees = rows.column("payee").to_pylist()
    links = [filter_url("expiry", report="to_place", payee=payee or None) for payee in payees]
    shown = tables.replaced(
        rows,
        open=pa.array(links, type=pa.string()),
        payee=pa.array([payee or _("Payee not known") for payee in payees], type=pa.string()),
        amount=tables.yuan_cells(rows.column("amount_fen").to_pylist()),
        accounts=pa.array([", ".join(names or ()) for names in rows.column("accounts").to_pylist()], type=pa.string()),
    )
    config = st.column_config
    tables.table(
        shown,
        {
            "payee": config.TextColumn(_("Payee")),
            "sims": config.NumberColumn(_("SIMs"), format="localized"),
            "amount": tables.yuan_column(_("Sum")),
            "unpriced": config.NumberColumn(_("Without a price"), format="localized"),
            "expired": config.NumberColumn(_("Expired already"), format="localized"),
            "first_act_by": tables.date_column(_("Earliest act-by")),
            "accounts": config.TextColumn(_("Accounts")),
            "open": config.LinkColumn(_("List"), display_text=":material/open_in_new:", width=60),
        },
        key="today:payees",
        alt=_("What is to be placed today, per payee"),
    )


def late(today: date) -> None:
    """Payments, lists whose payee should have answered, and batches whose orders should have been placed. Nothing without any."""
    paying.overdue(today)
    lists, batches = reading.read(sims.late_lists, today=today), reading.read(sims.late_batches, today=today)
    if lists.num_rows:
        with section(_("Payees that have not answered"), _("their lists were usually done by now")):
            desk = pa.array([f"/worklists#{_('Offline worklists')}"] * lists.num_rows, pa.string())
            shown = tables.replaced(lists, open=desk)
            listing(shown, _LATE_LISTS, key="today:late_lists", alt=_("Payees that have not answered"))
    if batches.num_rows:
        with section(
            _("Batches that are late"), _("SIMs whose act-by has passed, and whose order has not been placed")
        ):
            links = pa.array([f"/batches?batch={one}#{one}" for one in batches["batch"].to_pylist()], pa.string())
            shown = tables.replaced(batches, batch=links)
            listing(shown, _LATE_BATCHES, key="today:late_batches", alt=_("Batches that are late"))


def loss(risk: AtRisk, *, days: int) -> None:
    """What is lost if nobody acts: takings where they are known, days of standing still where they are not."""
    with st.container(horizontal=True, gap="large"):
        st.metric(
            plural("Takings lost in {count} day", "Takings lost in {count} days", days),
            yuan(risk.lost_fen),
            plural("{count} terminal with known takings", "{count} terminals with known takings", risk.known_sims),
            delta_color="off",
            delta_arrow="off",
            width="content",
        )
        st.metric(
            _("Days dark where takings are not known"),
            number(risk.unknown_days),
            plural("{count} terminal", "{count} terminals", risk.unknown_sims),
            delta_color="off",
            delta_arrow="off",
            width="content",
        )


def losses(rows: pa.Table) -> None:
    """The terminals whose loss would be largest."""
    config = st.column_config
    shown = tables.replaced(
        rows, terminal=terminal_links(rows), lost=tables.yuan_cells(rows.column("lost_fen").to_pylist())
    )
    tables.table(
        shown,
        {
            "terminal": config.LinkColumn(_("Terminal"), display_text=r"tid=(.*)$", width=80, alignment="left"),
            "merchant": config.TextColumn(_("Merchant"), width=160),
            "city": config.TextColumn(_("City"), width=54),
            "act_by": tables.date_column(_("Act by"), width=88),
            "days_lost": config.NumberColumn(_("Days lost"), width=70),
            "lost": tables.yuan_column(_("Takings lost"), width=100),
        },
        key="today:losses",
        alt=_("Terminals whose loss would be largest"),
        rows_in_sight=14,
    )


def ages(rows: pa.Table) -> None:
    """How old what we know is, per carrier."""
    words = pa.array(carrier_words(rows.column("carrier").to_pylist()), type=pa.string())
    columns = (
        Column("carrier", N_("Carrier")),
        Column("sims", N_("SIMs"), "count", width=60),
        Column("usage_as_of", N_("Usage as of"), "moment", width=125),
        Column("stale_sims", N_("Older than 2 days"), "count", width=90),
    )
    listing(tables.replaced(rows, carrier=words), columns, key="today:ages", alt=_("Age of the data per carrier"))


def unjoined(lines: Sequence[ReportLine]) -> None:
    """What does not add up between card lists and ledgers; each line opens its SIMs."""
    told = [line for line in lines if line.count and line.kind not in _GOOD_NEWS]
    if not told:
        st.caption(_("Every card has a terminal, a plan with a price and a merchant to call."))
        return
    config = st.column_config
    rows = {
        "said": [_(JOIN_REPORT[line.kind]) for line in told],
        "count": [line.count for line in told],
        "open": [filter_url("terminal" if line.kind in _OF_MACHINES else "expiry", report=line.kind) for line in told],
    }
    tables.table(
        pa.table(rows),
        {
            "said": config.TextColumn(_("What does not join")),
            "count": config.NumberColumn(_("Count"), format="localized", width=65),
            "open": config.LinkColumn(_("List"), display_text=":material/open_in_new:", width=50),
        },
        key="today:unjoined",
        alt=_("What does not join"),
    )


def cards_or(rows: pa.Table, nothing: str, *, key: str, first: Sequence[str] = ()) -> None:
    """The rows as the table of SIMs, or the sentence that there is none."""
    if rows.num_rows == 0:
        st.caption(nothing)
    else:
        sim_table(rows, key=key, selectable=False, first=first)


def _change(figure: Figure) -> dict[str, object]:
    spark = tuple(map(float, figure.series))
    if figure.week_ago is None:
        return {"delta": _("no figure of a week ago"), "spark": spark}
    more = figure.value - figure.week_ago
    if more == 0:
        return {"delta": _("as many as a week ago"), "spark": spark}
    words = (
        plural("{count} more than a week ago", "{count} more than a week ago", more)
        if more > 0
        else plural("{count} fewer than a week ago", "{count} fewer than a week ago", -more)
    )
    return {"delta": words, "good": more < 0, "spark": spark}
