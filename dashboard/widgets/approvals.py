"""One batch before an approver: what it costs and cost, what goes dark, what is odd, what is cheaper; then the word."""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboard import reading
from dashboard.viewer import Viewer
from dashboard.widgets.approving import approval_form, may_approve, send_back
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.renewal_preview import approvers
from data.renewals import store as renewals
from data.renewals.rules import KINDS
from data.renewals.store import Status, Weighed
from data.renewals.weighing import ODD
from data.words import N_, _, day, moment, number, plural, yuan

# An approver looks at the worst ones; the batch's own page shows every line.
_ODD_SHOWN = 200
_CHEAPER_SHOWN = 20
_ODD_LINES = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("odd", N_("To think of"), "word", words=ODD, width=262),
    Column("terminal_id", N_("Terminal"), width=84),
    Column("merchant", N_("Merchant"), width=130),
    Column("amount_fen", N_("Price"), "yuan", width=80),
    Column("last_fen", N_("Last time"), "yuan", width=80),
    Column("old_expiry", N_("Old expiry"), "date", width=92),
    Column("expires_on", N_("Expires"), "date", width=92),
)
_CHEAPER = (
    Column("plan", N_("Plan"), width=170),
    Column("months", N_("Months"), "count", width=70),
    Column("sims", N_("SIMs"), "count", width=70),
    Column("amount_fen", N_("Price"), "yuan", width=90),
    Column("other_plan", N_("Cheaper offer"), width=170),
    Column("other_fen", N_("Its price"), "yuan", width=90),
    Column("saved_fen", N_("Would save"), "yuan", width=110),
)


@dataclass(frozen=True)
class _Scales:
    status: Status
    weighed: Weighed
    today: date


def batch_card(status: Status, who: Viewer, *, link: bool = True) -> None:
    """The card of one proposed batch; everybody but an approver reads whom it waits for."""
    today = reading.today()
    scales = _Scales(status, reading.read(renewals.weigh, status.batch, today=today), today)
    with st.container(border=True):
        _head(status, who, link=link)
        kpi_row(_kpis(scales))
        _odd(scales)
        _cheaper(scales)
        if may_approve(who, status.maker):
            approval_form(status, who, second=bool(scales.weighed.odd.get("second")))
        elif who.name == status.maker:
            names = approvers(status.maker)
            st.text(_("You made this batch, so another person must approve it: {names}", names=names))
        else:
            names = approvers(status.maker)
            st.text(_("{maker} made this batch. These may approve it: {names}", maker=status.maker, names=names))


def _head(status: Status, who: Viewer, *, link: bool) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(gap="xxsmall", width="content"):
            title = _("Batch {batch}", batch=status.batch) if link else _("Waiting for approval")
            st.subheader(f"{title} · {_(KINDS[status.kind])}", anchor=False)
            said = [_("made by {name}, {when}", name=status.maker, when=moment(status.proposed_at))]
            if status.refused:
                said.append(
                    plural("{count} line refused and left out", "{count} lines refused and left out", status.refused)
                )
            if status.note and link:
                said.append(_("Remark: {note}", note=status.note))
            st.text(" · ".join(said))
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if link:
                st.page_link(
                    "app_pages/batches.py",
                    label=_("All lines"),
                    icon=":material/list:",
                    query_params={"batch": str(status.batch)},
                )
            if may_approve(who, status.maker):
                send_back(status, who)


def _kpis(scales: _Scales) -> list[Kpi]:
    status, weighed = scales.status, scales.weighed
    return [
        Kpi(_("Sum"), yuan(status.amount_fen), delta=plural("{count} SIM", "{count} SIMs", status.items)),
        _placing(weighed, scales.today),
        _last_time(weighed, status.items),
        Kpi(
            _("Dark if not approved today"),
            plural("{count} terminal", "{count} terminals", weighed.dark),
            delta=_("the first after {day}", day=day(weighed.first_dark)) if weighed.first_dark else None,
            good=False if weighed.dark else None,
            help=_("Terminals in use whose last placing day is today or over"),
        ),
    ]


def _placing(weighed: Weighed, today: date) -> Kpi:
    if weighed.first_act_by is None:
        return Kpi(_("Last placing day"), "–")
    left = (weighed.first_act_by - today).days
    said = (
        plural("{count} day over", "{count} days over", -left)
        if left < 0
        else _("today")
        if left == 0
        else plural("{count} day left", "{count} days left", left)
    )
    return Kpi(_("Last placing day"), day(weighed.first_act_by), delta=said, good=False if left <= 0 else None)


def _last_time(weighed: Weighed, items: int) -> Kpi:
    if not weighed.last_items:
        return Kpi(_("The same cards last time"), "–", delta=_("nothing on record"))
    more = weighed.now_fen - weighed.last_fen
    change = (
        _("now {sum} more", sum=yuan(more))
        if more > 0
        else _("now {sum} less", sum=yuan(-more))
        if more
        else _("now the same")
    )
    said = change
    if weighed.last_items < items:
        said = f"{change} · " + _("known of {n} of {all}", n=number(weighed.last_items), all=number(items))
    return Kpi(_("The same cards last time"), yuan(weighed.last_fen), delta=said, good=None if more <= 0 else False)


def _odd(scales: _Scales) -> None:
    odd, batch = scales.weighed.odd, scales.status.batch
    if not odd:
        return
    far = odd.get("far_ahead", 0)
    if far:
        count, apart = plural("{count} SIM", "{count} SIMs", far), yuan(scales.weighed.far_fen)
        st.warning(
            _(
                "{count} · {sum} expire more than 60 days from now and may have been renewed elsewhere. Approving this batch is your word on them.",
                count=count,
                sum=apart,
            ),
            icon=":material/event_busy:",
        )
    others = [f"{number(odd[code])} · {_(words)}" for code, words in ODD.items() if code in odd and code != "far_ahead"]
    if others:
        st.warning("  \n".join(others), icon=":material/troubleshoot:")
    with st.expander(_("Show what is odd"), icon=":material/search:"):
        lines = reading.read(renewals.odd_lines, batch, today=scales.today, limit=_ODD_SHOWN)
        listing(lines, _ODD_LINES, key=f"approve:{batch}:odd", alt=_("Lines to think of"))


def _cheaper(scales: _Scales) -> None:
    batch = scales.status.batch
    found = reading.read(renewals.cheaper, batch, today=scales.today, limit=_CHEAPER_SHOWN)
    if found.num_rows == 0:
        return
    saved = yuan(sum(found["saved_fen"].to_pylist()))
    with st.expander(_("Cheaper valid offers would save {sum}", sum=saved), icon=":material/savings:"):
        listing(found, _CHEAPER, key=f"approve:{batch}:cheaper", alt=_("Cheaper valid offers"))
