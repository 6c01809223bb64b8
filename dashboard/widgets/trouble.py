"""Renewals that failed or hang: by reason who acts, by when and whom to call; notes, tickets, repairs and the retry."""

from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.listing import Column, choose_one, listing
from data.renewals import store as renewals
from data.renewals.rules import REASONS
from data.words import N_, _, plural

VIEWS = {"failed": N_("Failed"), "unknown": N_("Unconfirmed"), "needs_review": N_("Needs a person")}
# What is being done about each view, said once above its rows.
DOING = {
    "failed": N_(
        "Proven not bought: no money moved. Mend the cause, mark it repaired, then retry: a new batch, approved anew."
    ),
    "unknown": N_(
        "Sent, and nobody can say yet whether it took effect. The carrier is asked again by itself; nothing is sent twice. Do not renew these by hand."
    ),
    "needs_review": N_(
        "The carrier's answers do not settle these. Find out at the carrier what happened, note it with the ticket number, and let two approvers decide on the review desk."
    ),
}
_WORDS = {code: reason.msgid for code, reason in REASONS.items()}
_MOST_NOTE = 500
_MOST_TICKET = 60

_BY_REASON = (
    Column("reason", N_("Reason"), "word", words=_WORDS, width=240),
    Column("sims", N_("SIMs"), "count", width=55),
    Column("amount_fen", N_("Sum"), "yuan", width=82),
    Column("who", N_("Who acts"), "word", width=125),
    Column("by_when", N_("By when"), "word", width=155),
    Column("retry", N_("Retry"), "word", width=160),
    Column("first_act_by", N_("First act-by date"), "date", width=112),
    Column("support", N_("Whom to call"), width=260),
)
_CARD = Column("iccid", N_("ICCID"), "card", pinned=True, width=168)
_REASON = Column("reason", N_("Reason"), "word", words=_WORDS, width=225)
_ABOUT = (
    Column("terminal_id", N_("Terminal"), width=82),
    Column("merchant", N_("Merchant"), width=130),
    Column("amount_fen", N_("Price"), "yuan", width=75),
    Column("act_by", N_("Act by"), "date", width=90),
    Column("cancel_by", N_("Cancel-by"), "date", width=90),
    Column("ticket_no", N_("Ticket"), width=110),
    Column("note", N_("Last note"), width=200),
    Column("support", N_("Whom to call"), width=200),
    Column("account", N_("Account"), width=115),
    Column("detail", N_("The carrier's words"), "told", width=200),
    Column("order_no", N_("Order number"), width=200),
    Column("batch", N_("Batch"), "count", width=65),
)
_REPAIRED = Column("repair", N_("Repaired"), "badge", words={"yes": N_("yes")}, colours={"yes": "green"}, width=75)
_RETRY = Column("retry_from", N_("May be retried from"), "moment", width=130)
_SINCE = Column("changed_at", N_("Since"), "moment", width=125)
_ASKED = (
    Column("asked", N_("Slots passed"), "count", width=85),
    Column("next_at", N_("Asked again at"), "moment", width=125),
)
# What matters first differs: the repair of a failure, the next question about an unconfirmed one.
_ROWS = {
    "failed": (_CARD, _REASON, _REPAIRED, _RETRY, *_ABOUT, _SINCE),
    "unknown": (_CARD, *_ASKED, _SINCE, *_ABOUT, _REASON),
    "needs_review": (_CARD, _REASON, _SINCE, *_ABOUT),
}


def counted(found: pa.Table) -> dict[str, int]:
    """How many renewals each view holds."""
    return {view: sum(_of(found, view)["sims"].to_pylist()) for view in VIEWS}


def by_reason(found: pa.Table, view: str) -> tuple[str | None, int]:
    """The reasons with who acts, by when and whom to call; the reason a person has chosen, and its number of renewals."""
    shown = _of(found, view)
    row = choose_one(shown, _BY_REASON, key=f"failed:reasons:{view}", alt=_("What went wrong, by reason"))
    if row is None:
        return None, sum(shown["sims"].to_pylist())
    return shown["reason"][row].as_py(), shown["sims"][row].as_py()


def _of(found: pa.Table, view: str) -> pa.Table:
    return found.filter(pc.equal(found["st"], view))


def rows(view: str, reason: str | None, *, total: int) -> frozenset[int]:
    """One page of the renewals in question; the ticked obligations of every page."""
    place = st.container()
    limit, offset = tables.pager(total, key="failed:rows", about=(view, reason))
    found = reading.fresh(renewals.trouble, states=(view,), reason=reason, limit=limit, offset=offset)
    with place:
        return listing(found, _ROWS[view], key=f"failed:{view}", alt=_("Renewals with trouble"), id_column="obligation")


def note_form(view: str, ticked: Collection[int], who: viewer.Viewer) -> None:
    """Write one note, ticket or repair on all ticked renewals."""
    label = plural("Write on {count} renewal", "Write on {count} renewals", len(ticked))
    form = st.form("failed:note", clear_on_submit=True, border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input(_("Note"), max_chars=_MOST_NOTE, width=420)
        ticket = st.text_input(_("Ticket number"), max_chars=_MOST_TICKET, width=180)
        repaired = st.checkbox(_("The cause is mended")) if view == "failed" else False
        pressed = st.form_submit_button(label, icon=":material/edit_note:")
    if not pressed:
        return
    if not (note or ticket or repaired):
        st.warning(_("Nothing was written: give a note, a ticket number or the repair."))
        return
    with viewer.told():
        with reading.writing() as tx:
            for obligation in sorted(ticked):
                renewals.note(
                    tx, who.actor, obligation=obligation, note=note or None, ticket_no=ticket or None, repaired=repaired
                )
        tables.clear_selection(f"failed:{view}")
        st.rerun()


def retry(ticked: Collection[int], who: viewer.Viewer) -> None:
    """A new batch of the ticked renewals whose cause is mended; it needs its own approval."""
    label = plural("Retry {count} renewal", "Retry {count} renewals", len(ticked))
    if not st.button(label, type="primary", icon=":material/replay:", key="failed:retry"):
        return
    with viewer.told():
        with reading.writing() as tx:
            made = renewals.retry_repaired(
                tx,
                who.actor,
                obligations=sorted(ticked),
                form_key=viewer.form_key("retry"),
                caps=reading.item_caps(),
            )
        if made.batch is None:
            st.warning(_("None of these may be tried again: mark the cause as mended first."))
            return
        viewer.new_form_key("retry")
        tables.clear_selection("failed:failed")
        st.switch_page("app_pages/batches.py", query_params={"batch": str(made.batch)})
