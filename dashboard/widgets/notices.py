"""Plan-change notices on the page: the list, one of them with its cards, prices and papers, and its lines elsewhere."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.viewer import Viewer
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.sim_lists import change, renew, sim_bulk_bar, sim_export, sim_list
from dashboard.widgets.sims import carrier_words
from dashboard.widgets.situations import facts
from data.people.rules import Action
from data.plans import notices as store
from data.plans.notice_rules import KINDS, REACHES, Effect
from data.plans.notices import MOST_NOTE, Counted, Notice
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.vouchers import store as vouchers
from data.words import N_, _, day, moment, number, plural, yuan

ENDINGS = ["pdf", "png", "jpg", "jpeg", "eml"]
_COLOURS = {
    "price": "orange",
    "quota": "orange",
    "term": "orange",
    "name": "gray",
    "withdrawn": "red",
    "card_plan": "red",
    "other": "gray",
}
_STATES = {"waiting": N_("Waits for somebody"), "done": N_("Acknowledged")}
_LIST = (
    Column("notice_id", N_("Notice"), "count", width=62, pinned=True),
    Column("effective_on", N_("Takes effect"), "date", width=96),
    Column("kind", N_("About"), "badge", words=KINDS, colours=_COLOURS, width=105),
    Column("said", N_("What it says"), width=335),
    Column("cards", N_("SIMs"), "count", width=64),
    Column("more_fen", N_("More within a year"), "yuan", width=118),
    Column("account", N_("Account"), width=95),
    Column("source", N_("Source"), width=115),
    Column("state", N_("Standing"), "badge", words=_STATES, colours={"waiting": "orange", "done": "green"}, width=125),
    Column("acknowledger", N_("Acknowledged by"), width=115),
)
# Where nobody has looked yet, all stand alike.
_WAITING = tuple(column for column in _LIST if column.name not in {"state", "acknowledger"})
_PRICES = (
    Column("plan", N_("Plan"), width=230),
    Column("carrier", N_("Carrier"), width=110),
    Column("term_months", N_("Months"), "count", width=75),
    Column("old_fen", N_("Price before"), "yuan", width=110),
    Column("new_fen", N_("Price announced"), "yuan", width=120),
)
_LIST_ROWS = pa.schema(
    [(name, pa.string()) for name in ("kind", "said", "account", "source", "state", "acknowledger")]
    + [(name, pa.int64()) for name in ("notice_id", "cards", "more_fen")]
    + [("effective_on", pa.date32())]
)
_PRICE_ROWS = pa.schema(
    [("plan", pa.string()), ("carrier", pa.string())]
    + [(name, pa.int64()) for name in ("term_months", "old_fen", "new_fen")]
)


def figures(counted: Counted) -> None:
    """How many wait, what those that wait cost, and which takes effect first."""
    waiting = reading.read(store.notices)
    more = sum(one.more_fen for one in _effects(waiting).values())
    kpi_row(
        [
            Kpi(_("Not acknowledged"), number(counted.waiting)),
            Kpi(_("SIMs concerned"), number(sum(notice.cards for notice in waiting)), _("in notices that wait")),
            Kpi(_("More within a year"), yuan(more), _("by notices that wait")),
            Kpi(_("Next takes effect"), day(counted.next_on) or "–"),
        ]
    )


def listed(total: int, *, all: bool) -> Notice | None:
    """A page of the list; the chosen one."""
    place = st.container()
    limit, offset = tables.pager(total, key="notices:pager", about=all)
    with place, st.skeleton(height=200):
        found = reading.read(store.notices, all=all, limit=limit, offset=offset)
        effects = _effects(found)
        rows = [_row(notice, effects[notice.notice_id]) for notice in found]
        # Other notices in sight are another list: an old choice must not point into it.
        seen = hash(tuple(notice.notice_id for notice in found))
        shown = pa.Table.from_pylist(rows, _LIST_ROWS)
        row = choose_one(shown, _LIST if all else _WAITING, key=f"notices:list:{seen}", alt=_("Plan-change notices"))
    return None if row is None else found[row]


def one_notice(notice: Notice, who: Viewer) -> None:
    """Everything about one notice, and what may be done with it."""
    flt = SimFilter(notice_id=notice.notice_id)
    with section(_("Notice {notice}", notice=notice.notice_id), _(KINDS[notice.kind])) as controls:
        with controls:
            _verbs(notice, flt, who)
        st.text(notice.said())
        if notice.text:
            with st.container(border=True, height="content"):
                st.caption(_("What was written"))
                st.text(notice.text)
        facts(
            [
                (_("Takes effect"), day(notice.effective_on) or _("not known")),
                (_("Concerns"), _(REACHES[notice.reach])),
                (_("SIMs concerned"), number(notice.cards)),
                (_("Carrier"), carrier_words([notice.carrier])[0]),
                (_("Account"), notice.account or _("all")),
                (_("Source"), f"{sims.told_by(notice.source)}, {moment(notice.made_at)}"),
                (_("Acknowledged by"), notice.acknowledger),
                (_("Acknowledged at"), moment(notice.acknowledged_at) or None),
                (_("Note"), notice.note),
            ]
        )
        _cost(notice)
        _papers(notice, who)
    if not notice.cards:
        st.caption(_("It concerns no SIM in service."))
        return
    key = f"notices:{notice.notice_id}"
    with section(_("SIMs concerned"), number(notice.cards)) as controls:
        with controls:
            sim_export(flt, key=key)
        sim_list(flt, key=key)
    sim_bulk_bar(key)


def near_ones() -> None:
    """On Today: notices that nobody has acknowledged and that take effect soon. Nothing without any."""
    found = reading.read(store.near, today=reading.today())
    if not found:
        return
    effects = _effects(found)
    rows = [
        {**_row(notice, effects[notice.notice_id]), "open": f"/notices?notice={notice.notice_id}#{_('Open')}"}
        for notice in found
    ]
    columns = [column for column in _WAITING if column.name not in {"notice_id", "source"}]
    with section(_("Plan changes to look at"), _("nobody has acknowledged them, and they take effect soon")):
        shown = pa.Table.from_pylist(rows, _LIST_ROWS.append(pa.field("open", pa.string())))
        open_column = Column("open", N_("Notice"), "link", width=70)
        listing(shown, [*columns, open_column], key="today:notices", alt=_("Plan changes to look at"))


def of_sim(sim_id: int) -> None:
    """On a card's page: what was announced for it. Nothing without any."""
    for notice in reading.read(store.of_sim, sim_id, today=reading.today()):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            waits = notice.acknowledged_at is None
            st.badge(_("Plan-change notice"), icon=":material/campaign:", color="orange" if waits else "gray")
            # As plain text: a person's words may hold anything, Markdown too.
            st.text(notice.said(), width="content")
            if notice.effective_on:
                st.caption(_("takes effect on {day}", day=day(notice.effective_on)), width="content")
            if viewer.here().may(Action.SEE):
                st.page_link(
                    "app_pages/notices.py",
                    label=_("Open the notice"),
                    icon=":material/arrow_forward:",
                    query_params={"notice": str(notice.notice_id)},
                )


def _effects(found: Sequence[Notice]) -> dict[int, Effect]:
    return reading.read(store.effects, tuple(notice.notice_id for notice in found), today=reading.today())


def _row(notice: Notice, told: Effect) -> dict[str, Any]:
    return {
        **{name: getattr(notice, name) for name in ("notice_id", "effective_on", "kind", "cards", "account")},
        "acknowledger": notice.acknowledger,
        "said": notice.said(),
        "more_fen": told.more_fen if told.cards else None,
        "source": sims.told_by(notice.source),
        "state": "done" if notice.acknowledged_at else "waiting",
    }


def _verbs(notice: Notice, flt: SimFilter, who: Viewer) -> None:
    if notice.cards and who.may(Action.PROPOSE):
        with st.popover(_("Open a proposal"), icon=":material/add_task:"):
            sums = reading.read(sims.totals, flt, today=reading.today())
            amount = yuan(sums.amount_fen)
            label = plural("Renew {count} SIM · {amount}", "Renew {count} SIMs · {amount}", sums.sims, amount=amount)
            if st.button(label, key="notices:renew", icon=":material/autorenew:", width="stretch"):
                renew(flt)
            if st.button(_("Change the plan"), key="notices:plan", icon=":material/swap_horiz:", width="stretch"):
                change(flt, kind="plan-change")
            if st.button(_("Stop SIMs"), key="notices:stop", icon=":material/pause_circle:", width="stretch"):
                change(flt, kind="suspend")
    if notice.acknowledged_at is None and who.may(Action.KEEP_NOTICES):
        with st.popover(_("Acknowledge"), icon=":material/check:"):
            said = st.text_area(
                _("What is made of it"), max_chars=MOST_NOTE, key=f"notices:note:{notice.notice_id}", height=90
            )
            if st.button(_("I have looked at it"), type="primary", key="notices:acknowledge"):
                with viewer.told():
                    with reading.writing() as tx:
                        store.acknowledge(tx, who.actor, notice_id=notice.notice_id, note=said or "")
                    st.toast(_("Acknowledged"), icon=":material/check:")
                    st.rerun()


def _cost(notice: Notice) -> None:
    prices = reading.read(store.prices_of, notice.notice_id)
    if not prices:
        return
    rows = [{**row, "carrier": carrier_words([row["carrier"]])[0]} for row in prices]
    listing(pa.Table.from_pylist(rows, _PRICE_ROWS), _PRICES, key="notices:prices", alt=_("Plans and their prices"))
    told = _effects([notice])[notice.notice_id]
    if not told.cards:
        return
    bought = plural("{count} term bought within a year", "{count} terms bought within a year", told.purchases)
    with st.container(horizontal=True, gap="large"):
        figures = ((_("At the old price"), told.old_fen), (_("At the new price"), told.new_fen))
        for label, fen in (*figures, (_("More within a year"), told.more_fen)):
            st.metric(label, yuan(fen), width="content")
    st.caption(bought)
    st.caption(_("A SIM buys its next term on the day it ends; those not to be renewed buy none."))
    if told.unpriced:
        st.caption(plural("{count} SIM without a price", "{count} SIMs without a price", told.unpriced))


def _papers(notice: Notice, who: Viewer) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for paper in reading.read(store.papers_of, notice.notice_id):
            # A file's name may hold anything, Markdown too.
            st.link_button(
                _("Paper {number}, {format}", number=paper["voucher_id"], format=paper["format"].upper()),
                f"/v/{paper['voucher_id']}",
                icon=":material/file_download:",
            )
        if who.may(Action.KEEP_NOTICES):
            with st.popover(_("Add a paper"), icon=":material/attach_file:"):
                _add_paper(notice, who)


def _add_paper(notice: Notice, who: Viewer) -> None:
    most = reading.home().settings.voucher_max_mb
    file = st.file_uploader(
        _("Mail (.eml), screenshot or PDF, up to {limit} MB", limit=most),
        type=ENDINGS,
        max_upload_size=most,
        key=f"notices:paper:{viewer.form_key('notice-paper')}",
    )
    if st.button(_("Keep it"), key="notices:keep_paper", disabled=file is None, type="primary") and file is not None:
        with viewer.told():
            with reading.writing() as tx:
                paper = kept_paper(tx, file, who)
                store.add_paper(tx, who.actor, notice_id=notice.notice_id, voucher_id=paper)
            viewer.new_form_key("notice-paper")
            st.rerun()


def kept_paper(tx: Any, file: Any, who: Viewer) -> int:
    """File an uploaded paper; its number. Raises Refused where it is none we take."""
    home = reading.home()
    told = {"content": file.getvalue(), "filename": file.name, "kind": "notice"}
    return vouchers.file_paper(
        tx, who.actor, folder=home.vouchers, max_mb=home.settings.voucher_max_mb, **told
    ).voucher_id
