"""Batches as people see them: where they stand, sums that add up, how fast it goes, line by line."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.renewal_preview import LINES
from dashboard.widgets.revealing import recharge_card
from dashboard.widgets.schedule import seconds
from dashboard.widgets.sims import STATE_COLOURS
from data.people.rules import Action
from data.renewals import store as renewals
from data.renewals.rules import BATCH_WORDS, KINDS, PAUSES, REASONS, REFUSALS, STATE_WORDS, state_words
from data.renewals.store import Progress, Status
from data.words import N_, _, moment, number, plural, yuan

BATCH_COLOURS = {"proposed": "orange", "approved": "blue", "running": "blue", "paused": "violet", "done": "green"}
# In the order people ask about them; column heads are shorter than the words for one item.

STATES = {
    "succeeded": N_("Renewed"),
    "failed": N_("Failed"),
    "unknown": N_("Unconfirmed"),
    "needs_review": N_("Person"),
    "submitted": N_("In progress"),
    "pending": N_("To send"),
    "cancelled": N_("Taken back"),
}
# Who, when and every part of the whole, just wide enough for the heads in both languages: one screen of 1440 pixels.
_BATCHES = (
    Column("id", N_("Batch"), "count", pinned=True, width=46),
    Column("state", N_("State"), "badge", words=BATCH_WORDS, colours=BATCH_COLOURS, width=118),
    Column("made", N_("Made"), width=138),
    Column("approved", N_("Approved"), width=138),
    Column("items", N_("SIMs"), "count", width=50),
    Column("amount_fen", N_("Sum"), "yuan", width=90),
    Column("succeeded", STATES["succeeded"], "count", width=64),
    Column("failed", STATES["failed"], "count", width=50),
    Column("unknown", STATES["unknown"], "count", width=84),
    Column("needs_review", STATES["needs_review"], "count", width=60),
    Column("to_come", N_("To come"), "count", width=60),
    Column("cancelled", STATES["cancelled"], "count", width=74),
)
# Batches of other kinds than renewals say so.
_KIND = Column("kind", N_("Kind"), "word", words=KINDS, width=66)
_SUMS = (
    Column("what", N_("State"), "word", words=STATE_WORDS),
    Column("sims", N_("SIMs"), "count", width=110),
    Column("fen", N_("Sum"), "yuan", width=150),
)
_WORDS = {code: reason.msgid for code, reason in REASONS.items()} | REFUSALS
_LINES = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("st", N_("State"), "badge", words=STATE_WORDS, colours=STATE_COLOURS, width=105),
    Column("terminal_id", N_("Terminal"), width=82),
    Column("merchant", N_("Merchant"), width=130),
    Column("months", N_("Months"), "count", width=58),
    Column("amount_fen", N_("Price"), "yuan", width=75),
    Column("old_expiry", N_("Old expiry"), "date", width=90),
    Column("new_expiry", N_("New expiry"), "date", width=90),
    Column("reason", N_("Reason"), "word", words=_WORDS, width=260),
    Column("detail", N_("The carrier's words"), "told", width=200),
    Column("plan", N_("Plan"), width=150),
    Column("account", N_("Account"), width=115),
    Column("order_no", N_("Order number"), width=200),
    Column("ended_at", N_("Ended"), "moment", width=130),
)

_PROPOSED = (
    *(column for column in LINES if column.name != "warning"),
    Column("reason", N_("Why not"), "word", words=REFUSALS, width=300),
)


def batch_list(found: pa.Table) -> int | None:
    """All batches, newest first; the number of the one a person has chosen."""
    shown = tables.replaced(
        found,
        made=pa.array([f"{row['maker']} {_short(row['proposed_at'])}" for row in found.to_pylist()], pa.string()),
        approved=pa.array([_approval(row) for row in found.to_pylist()], pa.string()),
    )
    columns = _BATCHES if set(found["kind"].to_pylist()) <= {"renew"} else (*_BATCHES[:2], _KIND, *_BATCHES[2:])
    row = choose_one(shown, columns, key="batches:list", alt=_("Batches, newest first"))
    return None if row is None else found["id"][row].as_py()


def _short(instant: datetime) -> str:
    # The year stands on the batch's own page.
    return moment(instant)[5:]


def _approval(row: dict[str, Any]) -> str | None:
    if row["approved_at"] is None:
        return None
    who = _("urgent") if row["urgent"] else row["checker"]
    return f"{who} {_short(row['approved_at'])}"


def head(status: Status) -> None:
    """The batch's number, state and people."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(_("Batch {batch}", batch=status.batch), width="content", anchor=False)
        st.badge(_(BATCH_WORDS[status.state]), color=BATCH_COLOURS.get(status.state, "gray"))
        if status.kind != "renew":
            st.badge(_(KINDS[status.kind]), color="gray")
        if status.urgent:
            st.badge(_("urgent"), color="red")
    st.text(" · ".join(_history(status)))
    if status.form_voucher:
        st.link_button(
            _("The form's file"), f"/v/{status.form_voucher}", type="tertiary", icon=":material/attach_file:"
        )
    card = reading.read(renewals.entered, status.batch) if status.kind == "recharge" else None
    if card:
        st.text(_("Recharge card ending {last4}, {amount}", last4=card.last4, amount=yuan(card.face_fen)))
        if viewer.here().may(Action.REVEAL_PIN):
            recharge_card(status.batch, viewer.here())
    if status.note:
        st.text(_("Remark: {note}", note=status.note))
    if status.state == "paused" and status.pause_reason:
        st.warning(_(PAUSES[status.pause_reason]), icon=":material/pause:")


def _history(status: Status) -> list[str]:
    """Who did what and when, in order."""
    said = [_("made by {name}, {when}", name=status.maker, when=moment(status.proposed_at))]
    if status.checker:
        said.append(_("approved by {name}, {when}", name=status.checker, when=moment(status.approved_at)))
    if status.acting_for:
        said.append(_("standing in for {name}", name=status.acting_for))
    if status.form_no:
        said.append(_("form {number}", number=status.form_no))
    if status.seen_by:
        said.append(_("seen by {name}, {when}", name=status.seen_by, when=moment(status.seen_at)))
    if status.done_at:
        said.append(_("ended {when}", when=moment(status.done_at)))
    if status.refused:
        said.append(plural("{count} line refused and left out", "{count} lines refused and left out", status.refused))
    return said


def figures(status: Status, progress: Progress | None, *, stopped: bool = False) -> None:
    """How far it is, how long it will take, and what became of the items; the parts add up to the whole.

    `stopped`: nothing is sent just now, so nobody can say how long it will take.
    """
    doubtful = status.unknown + status.needs_review
    kpi_row(
        [
            Kpi(_("SIMs"), number(status.items), delta=yuan(status.amount_fen)),
            _part(_("Renewed"), status.succeeded, status.fen["succeeded"], good=True),
            _part(_("Failed"), status.failed, status.fen["failed"], good=False),
            _part(
                _("Unconfirmed or with a person"),
                doubtful,
                status.fen["unknown"] + status.fen["needs_review"],
                good=None,
            ),
        ]
    )
    if progress is not None:
        st.progress(progress.done / max(progress.total, 1), text=_pace(status, progress, stopped=stopped))
    _sums(status)


def _part(label: str, count: int, fen: int, *, good: bool | None) -> Kpi:
    return Kpi(label, number(count), delta=yuan(fen), good=good if count else None)


def _spoken(columns: tuple[Column, ...], status: Status) -> tuple[Column, ...]:
    """With the words of the batch's own kind for the states."""
    words = state_words(status.kind)
    return tuple(replace(column, words=words) if column.words is STATE_WORDS else column for column in columns)


def busy(status: Status) -> bool:
    """Whether orders are still to be sent or out; unconfirmed ones may wait for days."""
    return bool(status.pending + status.submitted)


def _pace(status: Status, progress: Progress, *, stopped: bool) -> str:
    said = [_("{done} of {total} done", done=number(progress.done), total=number(progress.total))]
    if progress.by_hand:
        waits = plural(
            "{count} SIM waits to be ordered by hand", "{count} SIMs wait to be ordered by hand", progress.by_hand
        )
        said.append(waits)
    if progress.by_hand < status.pending + status.submitted and progress.per_s and not stopped:
        said.append(_("{n} SIMs a minute", n=number(round(progress.per_s * 60))))
        said.append(_("about {time} left", time=seconds(progress.seconds_left)))
    elif not busy(status) and status.unknown:
        said.append(
            plural(
                "the carrier is asked again about {count} unconfirmed SIM",
                "the carrier is asked again about {count} unconfirmed SIMs",
                status.unknown,
            )
        )
    return " · ".join(said)


def _sums(status: Status) -> None:
    counts = {state: getattr(status, state) for state in STATES}
    items, fen = sum(counts.values()), sum(status.fen.values())
    if (items, fen) != (status.items, status.amount_fen):
        st.error(
            _(
                "The states hold {n} SIMs and {sum}; the batch has {items} and {amount}.",
                n=number(items),
                sum=yuan(fen),
                items=number(status.items),
                amount=yuan(status.amount_fen),
            )
        )
    with st.expander(
        _("Sums by state: together {n} SIMs and {sum}", n=number(items), sum=yuan(fen)),
        icon=":material/functions:",
        expanded=status.state == "done",
    ):
        rows = {"what": list(STATES), "sims": list(counts.values()), "fen": [status.fen[state] for state in STATES]}
        listing(pa.table(rows), _spoken(_SUMS, status), key="batch:sums", alt=_("Items and money by state"))


def lines(status: Status) -> None:
    """The lines of the batch, of one state or all, a page at a time."""
    counts = {state: getattr(status, state) for state in STATES} | {"refused": status.refused}
    state = st.segmented_control(
        _("State"),
        [state for state, count in counts.items() if count],
        format_func=lambda code: (
            f"{_('refused') if code == 'refused' else _(state_words(status.kind)[code])} · {number(counts[code])}"
        ),
        key="batch:state",
        label_visibility="collapsed",
    )
    columns = _spoken(_LINES, status) if status.approved_at else _PROPOSED
    place = st.container()
    total = counts[state] if state else status.items + status.refused
    limit, offset = tables.pager(total, key="batch:lines", about=(status.batch, state))
    found = reading.fresh(renewals.lines, batch=status.batch, state=state, limit=limit, offset=offset)
    with place:
        listing(found, columns, key="batch:table", alt=_("The lines of this batch"))
