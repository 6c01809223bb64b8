"""The parts of the page Not renewing: asked once more, proposals with their evidence, what is decided, what it saves."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.exporting import export_button
from dashboard.widgets.filters import filter_url
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.sim_lists import MOST_TICKED
from dashboard.widgets.sims import RENEWAL_WORDS, STATE_COLOURS, terminal_links
from data.people.rules import Action
from data.sims import store as sims
from data.sims.deciding_rules import ASK_AGAIN_DAYS, EVIDENCE, evidence_said, reason_said
from data.sims.filter import SimFilter
from data.sims.findings import told_by
from data.words import N_, _, number, plural, yuan

PROPOSALS, DECIDED, AGAIN = "not_renewing:proposals", "not_renewing:decided", "not_renewing:again"
_REASON_MAX = 200
_ASKED_AT_ONCE = 200

_CARD = Column("iccid", N_("ICCID"), "card", pinned=True, width=168)
_PLACE = (
    Column("terminal", N_("Terminal"), "link", width=84),
    Column("merchant", N_("Merchant"), width=150),
    Column("city", N_("City"), width=64),
)
_COST = (
    Column("year_fen", N_("A year"), "yuan", width=76),
    Column("price_fen", N_("Price"), "yuan", width=76),
)
_PLAN = Column("plan", N_("Plan"), width=160)
_PROPOSED = (
    _CARD,
    Column("said", N_("What speaks against it"), width=310),
    Column("act_by", N_("Act by"), "date", width=92),
    *_COST,
    *_PLACE,
    _PLAN,
    Column("expires_on", N_("Expires"), "date", width=92),
    Column("item_state", N_("Renewal"), "badge", words=RENEWAL_WORDS, colours=STATE_COLOURS, width=110),
)
_DECIDED = (
    _CARD,
    Column("cancel_by", N_("Can be undone until"), "date", width=126),
    Column("days", N_("Days left"), "count", width=70),
    Column("why", N_("Reason"), width=230),
    Column("who", N_("Who decided"), width=84),
    Column("decided_on", N_("Decided on"), "date", width=92),
    *_COST,
    *_PLACE,
    _PLAN,
    Column("item_state", N_("Renewal"), "badge", words=RENEWAL_WORDS, colours=STATE_COLOURS, width=110),
    Column("decision_confirmed_on", N_("Confirmed on"), "date", width=96),
)


def figures() -> None:
    """Proposals and decisions, and the money in both."""
    proposed, declined = _savings(sims.PROPOSED), _savings(sims.DECLINED)
    again = _savings(sims.ASKED_AGAIN)
    kpi_row(
        [
            Kpi(_("Proposals"), number(proposed.sims), _("would save {sum} a year", sum=yuan(proposed.year_fen))),
            Kpi(_("Not renewed"), number(declined.sims), _("{sum} with the next term", sum=yuan(declined.term_fen))),
            Kpi(_("Saved a year"), yuan(declined.year_fen), _unpriced(declined.unpriced)),
            Kpi(
                _("To be asked once more"),
                number(again.sims),
                plural("gone within {count} day", "gone within {count} days", ASK_AGAIN_DAYS),
                good=False if again.sims else None,
            ),
        ]
    )


def asked_again() -> None:
    """Cards whose number is soon gone for good: keep them not renewed, or renew them after all. Nothing without any."""
    total = _savings(sims.ASKED_AGAIN).sims
    if not total:
        return
    caption = plural("gone for good within {count} day", "gone for good within {count} days", ASK_AGAIN_DAYS)
    with section(_("Asked once more"), caption) as controls:
        rows = _page(sims.ASKED_AGAIN, "cancel_by", limit=_ASKED_AT_ONCE, offset=0)
        alt = _("Cards whose number is soon gone for good")
        # Without a tick the buttons are about all of them.
        ticked = _listed(rows, _DECIDED, key=AGAIN, alt=alt) or frozenset(rows["sim_id"].to_pylist())
        with controls:
            label = plural("Keep {count} SIM not renewed", "Keep {count} SIMs not renewed", len(ticked))
            if _verb(label, AGAIN, ticked, icon=":material/check:"):
                _done(AGAIN, lambda tx, by: sims.confirm_declined(tx, by, sim_ids=ticked))
            _renew_after_all(AGAIN, ticked)


def proposals(flt: SimFilter) -> None:
    """What rules propose not to renew, with the evidence, to be accepted or turned down singly or in bulk."""
    found = reading.read(sims.by_evidence, sims.PROPOSED, today=reading.today())
    evidence = st.pills(
        _("Evidence"),
        list(found),
        format_func=lambda code: f"{_(EVIDENCE[code])} · {number(found[code])}",
        key="not_renewing:evidence",
        label_visibility="collapsed",
    )
    flt = replace(flt, report=sims.PROPOSED.report, evidence=evidence)
    ticked = _list(flt, _PROPOSED, order="act_by", key=PROPOSALS, nothing=_("Nothing is proposed."))
    if not ticked or not viewer.here().may(Action.DECIDE):
        return
    saves = reading.read(sims.savings, SimFilter(sim_ids=tuple(sorted(ticked))), today=reading.today())
    with _bar(PROPOSALS, saves):
        reason = _reason_popover(PROPOSALS)
        label = plural("Renew {count} SIM all the same", "Renew {count} SIMs all the same", saves.sims)
        if st.button(label, key=f"{PROPOSALS}:renew", icon=":material/undo:"):
            _answer(ticked, "renew", reason)
        label = plural(
            "Do not renew {count} SIM · saves {sum}",
            "Do not renew {count} SIMs · saves {sum}",
            saves.sims,
            sum=yuan(saves.term_fen),
        )
        if st.button(label, key=f"{PROPOSALS}:accept", type="primary", icon=":material/block:"):
            _answer(ticked, "decline", reason)


def decided(flt: SimFilter) -> None:
    """What is not renewed: why, by whom, what it saves, and the day after which it cannot be undone."""
    flt = replace(flt, decision="decline")
    ticked = _list(flt, _DECIDED, order="cancel_by", key=DECIDED, nothing=_("Every SIM is to be renewed."))
    if not ticked or not viewer.here().may(Action.DECIDE):
        return
    saves = reading.read(sims.savings, SimFilter(sim_ids=tuple(sorted(ticked))), today=reading.today())
    with _bar(DECIDED, saves):
        _renew_after_all(DECIDED, ticked)


def today_line() -> None:
    """On Today: how many cards are to be asked about once more, and the way there. Nothing without any."""
    total = _savings(sims.ASKED_AGAIN).sims
    if total:
        said = plural(
            "{count} SIM that is not to be renewed is soon gone for good: look once more.",
            "{count} SIMs that are not to be renewed are soon gone for good: look once more.",
            total,
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(said, icon=":material/event_busy:")
            st.page_link("app_pages/not_renewing.py", label=_("Not renewing"), icon=":material/arrow_forward:")


def expiry_note(flt: SimFilter) -> None:
    """On Expiry: how many cards of this list are not renewed and stand elsewhere. Nothing without any."""
    hidden = _savings(replace(flt, decision="decline")).sims if flt.decision == "to_come" else 0
    if hidden:
        said = plural("{count} SIM is not to be renewed", "{count} SIMs are not to be renewed", hidden)
        st.link_button(said, filter_url("not_renewing", view="decided"), type="tertiary", icon=":material/block:")


def _list(flt: SimFilter, columns: tuple[Column, ...], *, order: str, key: str, nothing: str) -> frozenset[int]:
    saves = _savings(flt)
    if not saves.sims:
        st.caption(nothing)
        return frozenset()
    if saves.auto_renewing:
        st.caption(
            plural(
                "{count} of them renews by itself at the carrier; switch that off there too.",
                "{count} of them renew by themselves at the carrier; switch that off there too.",
                saves.auto_renewing,
            )
        )
    if saves.under_way:
        st.caption(
            plural(
                "For {count} of them a renewal is under way; what has not left yet does not leave.",
                "For {count} of them a renewal is under way; what has not left yet does not leave.",
                saves.under_way,
            )
        )
    place = st.container()
    limit, offset = tables.pager(saves.sims, key=key, about=flt)
    with place:
        ticked = _listed(_page(flt, order, limit=limit, offset=offset), columns, key=key, alt=nothing)
    foot = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with foot:
        _tick_all(flt, ticked, saves.sims, order=order, key=key)
        label = plural("Export the current {count}", "Export the current {count}", saves.sims)
        export_button("not_renewing", json.loads(flt.to_json()) | {"order": order}, label, f"{key}:export", splits=True)
    return ticked


def _tick_all(flt: SimFilter, ticked: frozenset[int], total: int, *, order: str, key: str) -> None:
    if len(ticked) >= total or not viewer.here().may(Action.DECIDE):
        return
    label = plural("Tick the {count} that matches", "Tick all {count} that match", min(total, MOST_TICKED))
    if st.button(label, key=f"{key}:all", type="tertiary", icon=":material/select_all:"):
        found = reading.fresh(sims.ids, flt, today=reading.today(), limit=MOST_TICKED, order=order)
        tables.select(key, ticked | set(found))
        st.rerun()


def _listed(rows: pa.Table, columns: tuple[Column, ...], *, key: str, alt: str) -> frozenset[int]:
    today = reading.today()
    told = rows.to_pylist()
    links = terminal_links(rows).to_pylist()
    shown = tables.replaced(
        rows,
        said=pa.array([evidence_said(row) for row in told], pa.string()),
        why=pa.array([reason_said(row["decision_reason"], row["decision_evidence"]) for row in told], pa.string()),
        who=pa.array([row["decider"] and told_by(row["decider"]) for row in told], pa.string()),
        days=pa.array([(row["cancel_by"] - today).days if row["cancel_by"] else None for row in told], pa.int64()),
        terminal=pa.array([link and link.replace("&tid=", "#") for link in links], pa.string()),
    )
    may = viewer.here().may(Action.DECIDE)
    return listing(shown, columns, key=key, alt=alt, id_column="sim_id" if may else None)


def _bar(key: str, saves: sims.Savings) -> Any:
    bar = st.bottom.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    with bar, st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        picked = plural("{count} SIM selected", "{count} SIMs selected", saves.sims)
        st.markdown(f"**{picked}**", width="content")
        st.caption(_("{sum} a year", sum=yuan(saves.year_fen)), width="content")
        st.button(
            _("Clear selection"), key=f"{key}:clear", type="tertiary", on_click=tables.clear_selection, args=(key,)
        )
    return bar.container(horizontal=True, vertical_alignment="center", gap="small", width="content")


def _reason_popover(key: str) -> str | None:
    with st.popover(_("Add a reason"), icon=":material/edit_note:"):
        placeholder = _("In your own words, beside the evidence")
        said = st.text_input(_("Reason"), key=f"{key}:reason", max_chars=_REASON_MAX, placeholder=placeholder)
    return said or None


def _renew_after_all(key: str, ticked: frozenset[int]) -> None:
    label = plural("Renew {count} SIM after all", "Renew {count} SIMs after all", len(ticked))
    if _verb(label, f"{key}:renew", ticked, icon=":material/undo:"):
        _done(key, lambda tx, by: sims.decide(tx, by, sim_ids=ticked, decision="renew"))


def _verb(label: str, key: str, ticked: frozenset[int], *, icon: str) -> bool:
    if not viewer.here().may(Action.DECIDE):
        return False
    return st.button(label, key=f"{key}:verb", disabled=not ticked, icon=icon)


def _answer(ticked: frozenset[int], decision: str, reason: str | None) -> None:
    _done(
        PROPOSALS,
        lambda tx, by: sims.answer_proposals(tx, by, sim_ids=ticked, decision=decision, reason=reason),
    )


def _done(key: str, verb: Callable[[Any, Any], int]) -> None:
    with viewer.told():
        with reading.writing() as tx:
            count = verb(tx, viewer.here().actor)
        tables.clear_selection(key)
        st.toast(plural("Decided for {count} SIM", "Decided for {count} SIMs", count), icon=":material/check:")
        st.rerun()


def _page(flt: SimFilter, order: str, *, limit: int, offset: int) -> pa.Table:
    return reading.read(sims.decisions_page, flt, today=reading.today(), order=order, limit=limit, offset=offset)


def _savings(flt: SimFilter) -> sims.Savings:
    return reading.read(sims.savings, flt, today=reading.today())


def _unpriced(count: int) -> str:
    if not count:
        return _("by all decisions not to renew")
    return plural("{count} of them without a price", "{count} of them without a price", count)
