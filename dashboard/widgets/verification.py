"""Paid cards that do not run on: how many, which, and what a person does about them."""

from collections.abc import Collection, Mapping

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, listing
from data.clock import HOME_ZONE
from data.people.rules import Action
from data.renewals import store as renewals
from data.renewals.desk_rules import OUTCOMES
from data.renewals.store import VerificationCount
from data.sims.rules import STATUS_WORDS
from data.words import N_, _, number, plural, yuan

_MOST_NOTE, _MOST_TICKET = 500, 60
_CARDS = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("days_waiting", N_("Days waiting"), "count", width=90),
    Column("owner", N_("Looked after by"), width=105),
    Column("expected", N_("Paid until"), "date", width=90),
    Column("expires_on", N_("Carrier says"), "date", width=95),
    Column("status", N_("Status"), "word", words=STATUS_WORDS, width=110),
    Column("ticket_no", N_("Ticket"), width=110),
    Column("note", N_("Last note"), width=170),
    Column("support", N_("Whom to call"), width=190),
    Column("terminal_id", N_("Terminal"), width=82),
    Column("merchant", N_("Merchant"), width=130),
    Column("amount_fen", N_("Paid"), "yuan", width=75),
    Column("read_at", N_("Last read at"), "moment", width=125),
    Column("next_at", N_("Read again at"), "moment", width=125),
    Column("account", N_("Account"), width=115),
    Column("order_no", N_("Renewal number"), width=200),
    Column("batch", N_("Batch"), "count", width=65),
)
_CLOSED = (*_CARDS[:8], Column("closer", N_("Settled by"), width=105), Column("closed_at", N_("Settled at"), "moment"))
_TICKED = "verification:not_extended"


def figures(counts: Mapping[str, VerificationCount]) -> None:
    """What waits, since when, and what runs on."""
    waits = counts.get("not_extended")
    days = (reading.today() - waits.oldest.astimezone(HOME_ZONE).date()).days if waits else 0
    kpi_row(
        [
            Kpi(_("Paid, not extended"), number(waits.cards if waits else 0)),
            Kpi(_("Paid for them"), yuan(waits.fen if waits else 0)),
            Kpi(_("Nobody looks after"), number(waits.unowned if waits else 0)),
            Kpi(_("Longest wait"), plural("{count} day", "{count} days", days)),
        ]
    )


def view(counts: Mapping[str, VerificationCount]) -> str:
    """Which cards to look at, a key of OUTCOMES."""

    def said(code: str) -> str:
        found = counts.get(code)
        return f"{_(OUTCOMES[code])} · {number(found.cards if found else 0)}"

    chosen = st.segmented_control(
        _("What to look at"),
        ["not_extended", "waiting", "verified", "closed"],
        default="not_extended",
        required=True,
        format_func=said,
        key="verification:view",
        label_visibility="collapsed",
    )
    return chosen or "not_extended"


def cards(outcome: str, total: int, who: viewer.Viewer) -> frozenset[int]:
    """One page of these cards; the ticked renewals of every page."""
    place = st.container()
    limit, offset = tables.pager(total, key="verification:pager", about=outcome)
    found = reading.read(
        renewals.verification_queue, outcome=outcome, today=reading.today(), limit=limit, offset=offset
    )
    tickable = outcome == "not_extended" and who.may(Action.NOTE)
    columns = _CLOSED if outcome == "closed" else _CARDS
    with place:
        return listing(
            found,
            columns,
            key=f"verification:{outcome}",
            alt=_("Paid cards"),
            id_column="obligation" if tickable else None,
        )


def take_on(ticked: Collection[int], who: viewer.Viewer) -> None:
    """Look after the ticked cards from now on."""
    label = plural("Take on {count} card", "Take on {count} cards", len(ticked))
    if st.button(label, type="primary", icon=":material/person_add:", key="verification:take"):
        with viewer.told():
            with reading.writing() as tx:
                renewals.take_on_verifications(tx, who.actor, obligations=sorted(ticked))
            tables.clear_selection(_TICKED)
            st.rerun()


def write_on(ticked: Collection[int], who: viewer.Viewer) -> None:
    """A ticket or a note on the ticked cards, or the word with which they are settled."""
    form = st.form("verification:write", clear_on_submit=True, border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input(_("Note"), max_chars=_MOST_NOTE, width=320)
        ticket = st.text_input(_("Ticket number"), max_chars=_MOST_TICKET, width=160)
        kept = st.form_submit_button(_("Write"), icon=":material/edit_note:")
        settled = st.form_submit_button(_("Settled by hand"), icon=":material/task_alt:")
    if not (kept or settled):
        return
    with viewer.told():
        with reading.writing() as tx:
            if ticket or (kept and not settled):
                renewals.write_on_verifications(
                    tx, who.actor, obligations=sorted(ticked), ticket_no=ticket or None, note=note or None
                )
            if settled:
                renewals.close_verifications(tx, who.actor, obligations=sorted(ticked), note=note)
        tables.clear_selection(_TICKED)
        st.rerun()
