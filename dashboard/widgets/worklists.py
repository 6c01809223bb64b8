"""Worklists for payees: what waits for whom, the lists that were made, and one of them as file and as chat text."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.plain import plain
from dashboard.widgets import tables
from dashboard.widgets.exporting import export_button
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one, listing
from data.clock import HOME_ZONE
from data.database import Row
from data.files.layouts import layouts
from data.people.rules import Action
from data.renewals import journal, offline
from data.renewals.chatting import chat_texts
from data.renewals.rules import WAY_TO_PAY_WORDS
from data.sims.holidays import workdays
from data.words import N_, _, day, number, plural, yuan

_MOST_REFERENCE = 120
_PAYEES = (
    Column("payee", N_("Payee"), pinned=True, width=175),
    Column("batch", N_("Batch"), "count", width=52),
    Column("account", N_("Account"), width=110),
    Column("way_to_pay", N_("Way to pay"), "word", words=WAY_TO_PAY_WORDS, width=88),
    Column("to_pay", N_("To be paid"), "count", width=70),
    Column("paid", N_("Paid, to send"), "count", width=92),
    Column("sent", N_("List made"), "count", width=70),
    Column("awaiting_receipt", N_("Awaiting receipt"), "count", width=108),
    Column("days_out", N_("Days out"), "count", width=76),
    Column("wrong", N_("Failed or unclear"), "count", width=108),
    Column("receipted", N_("Receipted"), "count", width=70),
    Column("verified", N_("Verified"), "count", width=70),
    Column("amount_fen", N_("Amount"), "yuan", width=95),
    Column("support", N_("Whom to call"), width=160),
)
_LISTS = (
    Column("reference", N_("List"), pinned=True, width=65),
    Column("payee", N_("Payee"), width=190),
    Column("batch", N_("Batch"), "count", width=65),
    Column("account", N_("Account"), width=120),
    Column("items", N_("Orders listed"), "count", width=70),
    Column("open", N_("Still open"), "count", width=85),
    Column("amount_fen", N_("Amount"), "yuan", width=95),
    Column("answer_by", N_("Usually done by"), "date", width=110),
    Column("made_at", N_("Made at"), "moment", width=130),
    Column("maker", N_("Made by"), width=95),
    Column("handed_at", N_("Handed over at"), "moment", width=130),
    Column("hander", N_("Handed over by"), width=105),
)
_ROWS = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("terminal_id", N_("Terminal"), width=85),
    Column("merchant", N_("Merchant"), width=150),
    Column("plan", N_("Plan"), width=130),
    Column("months", N_("Months"), "count", width=70),
    Column("amount_fen", N_("Amount"), "yuan", width=80),
    Column("old_expiry", N_("Expiry before"), "date", width=100),
    Column("new_expiry", N_("Expiry as ordered"), "date", width=115),
    Column("row_key", N_("Key of the row"), width=205),
)


def figures(rows: Sequence[Row], *, today: date) -> None:
    """What is to be paid and sent, and what has been out for how long."""
    out = sum(row["sent"] + row["awaiting_receipt"] for row in rows)
    oldest = max((_days(row, today) or 0 for row in rows), default=0)
    kpi_row(
        [
            Kpi(_("To be paid"), yuan(sum(row["to_pay_fen"] for row in rows))),
            Kpi(_("May be sent now"), number(sum(row["may_go"] for row in rows))),
            Kpi(_("Out at payees"), number(out)),
            Kpi(_("Longest wait for a receipt"), plural("{count} day", "{count} days", oldest)),
        ]
    )


def payees(rows: Sequence[Row], *, today: date) -> int | None:
    """Payees, batches and accounts; the place of the chosen one."""
    shown = [{**row, "days_out": _days(row, today)} for row in rows]
    return choose_one(pa.Table.from_pylist(shown), _PAYEES, key="worklists:payees", alt=_("Payees"))


def _days(row: Row, today: date) -> int | None:
    since = row["out_since"]
    return (today - since.astimezone(HOME_ZONE).date()).days if since else None


def verbs(row: Row, who: viewer.Viewer) -> None:
    """What may be done with one payee's orders of one batch: mark them as paid, make their list."""
    about = f"worklists:{row['batch']}:{row['account']}"
    with st.container(horizontal=True, width="content"):
        if row["to_pay"] and who.may(Action.MARK_PAID):
            with st.popover(_("Mark as paid"), icon=":material/payments:"):
                _pay(row, who, about)
        if row["to_pay"] and who.may(Action.REQUEST_PAYMENT):
            label = _("Payment requests")
            st.page_link("app_pages/payment_requests.py", label=label, icon=":material/request_quote:")
        if row["may_go"] and who.may(Action.SEND_WORKLIST):
            label = _("Make the list: {cards} cards · {amount}", cards=row["may_go"], amount=yuan(row["may_go_fen"]))
            if st.button(label, type="primary", icon=":material/list_alt:", key=f"{about}:send"):
                _send(row, who)
    if row["to_pay"] and not row["may_go"]:
        st.caption(_("This payee is paid first; then the list can be made."))


def _pay(row: Row, who: viewer.Viewer, about: str) -> None:
    st.caption(_("Every order of this batch with the payee counts as paid, whichever of his accounts it is at."))
    reference = st.text_input(_("Reference of the payment"), max_chars=_MOST_REFERENCE, key=f"{about}:reference")
    if st.button(_("Mark as paid: {payee}", payee=plain(row["payee"])), type="primary", key=f"{about}:pay"):
        with viewer.told():
            with reading.writing() as tx:
                offline.mark_paid(tx, who.actor, batch=row["batch"], payee=row["payee"], reference=reference)
            st.rerun()


def _send(row: Row, who: viewer.Viewer) -> None:
    home = reading.home()
    with viewer.told():
        book, calendar = journal.opened(home.journal), reading.read(workdays)
        what = {"batch": row["batch"], "account": row["account"]}
        sent = offline.send_worklist(home.db, who.actor, book=book, workdays=calendar, **what)
        if sent.parked:
            said = _("{cards} orders wait for a person instead; see the review desk", cards=number(sent.parked))
            st.toast(said, icon=":material/gavel:")
        if sent.worklist is None:
            st.warning(_("Nothing could be listed; see the batch"), icon=":material/block:")
        else:
            st.rerun()


def lists(found: pa.Table) -> dict[str, Any] | None:
    """Lists that were made; the chosen one."""
    names = pa.array([offline.reference(number) for number in found["id"].to_pylist()], pa.string())
    place = choose_one(tables.replaced(found, reference=names), _LISTS, key="worklists:lists", alt=_("Lists"))
    return None if place is None else found.slice(place, 1).to_pylist()[0]


def one_list(found: dict[str, Any], who: viewer.Viewer) -> None:
    """One list: hand it over, fetch it as a file, copy it for a chat, look at its rows."""
    rows = reading.read(offline.rows_of_worklist, found["id"])
    reference = offline.reference(found["id"])
    title = _("List {list}", list=reference)
    with section(title, _("usually done by {day}", day=day(found["answer_by"]))) as controls:
        with controls:
            export_button("worklist", _filters(found["id"]), _("Get the file"), f"worklists:{reference}", splits=True)
            if found["handed_at"] is None and who.may(Action.SEND_WORKLIST):
                _hand_over(found["id"], reference, who)
        texts = chat_texts(rows, reference=reference, payee=found["payee"])
        with st.expander(plural("Text for a chat", "Text for a chat, in {count} pieces", len(texts))):
            for text in texts:
                st.code(text, language=None, wrap_lines=True)
        listing(pa.Table.from_pylist(rows), _ROWS, key=f"worklists:{reference}:rows", alt=title)


def _filters(worklist: int) -> dict[str, Any]:
    """What the file is to hold: our columns, or those of a file the payee once sent."""
    names = [layout.name for layout in reading.read(layouts) if layout.kind in {"cards", "sims", "receipts"}]
    chosen = None
    if names:
        chosen = st.selectbox(
            _("Columns of the file"),
            names,
            index=None,
            placeholder=_("Our own columns"),
            key=f"worklists:{worklist}:layout",
            label_visibility="collapsed",
        )
    return {"worklist": worklist} | ({"layout": chosen} if chosen else {})


def _hand_over(worklist: int, reference: str, who: viewer.Viewer) -> None:
    if st.button(_("Handed over"), icon=":material/outgoing_mail:", key=f"worklists:{reference}:handed"):
        with viewer.told():
            with reading.writing() as tx:
                offline.hand_over(tx, who.actor, worklist=worklist)
            st.rerun()
