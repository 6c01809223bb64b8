"""What may be done with a batch and by whom: approve, take back, pause, resume; and the switch that stops everything."""

import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.listing import listing
from dashboard.widgets.renewal_preview import LINES, approvers
from dashboard.widgets.sim_lists import MOST_TICKED
from data.people.rules import Action
from data.renewals import store as renewals
from data.renewals.rules import FAR_AHEAD_DAYS
from data.renewals.store import Status
from data.words import _, moment, number, plural, yuan

_VOIDABLE = frozenset({"proposed", "approved", "running", "paused"})


def fits(typed: str, *, items: int, amount_fen: int) -> bool:
    """Whether what the approver typed is this batch's sum in yuan or its number of SIMs."""
    # NFKC: full-width digits, commas and the other yuan sign become the plain ones.
    plain = unicodedata.normalize("NFKC", typed).replace(",", "").replace("¥", "").strip()
    try:
        figure = Decimal(plain)
    except InvalidOperation:
        return False
    return figure * 100 == amount_fen or figure == items


def approval(status: Status, who: viewer.Viewer) -> None:
    """The approver's card of a proposed batch; everybody else reads whom it waits for."""
    with st.container(border=True):
        st.subheader(_("Waiting for approval"), anchor=False)
        names = approvers(status.maker)
        if who.name == status.maker:
            st.text(_("You made this batch, so another person must approve it: {names}", names=names))
        elif not who.may(Action.APPROVE):
            st.text(_("{maker} made this batch. These may approve it: {names}", maker=status.maker, names=names))
        else:
            _warn(far_ahead(status))
            _form(status, who)


def far_ahead(status: Status) -> pa.Table:
    """The lines that expire far ahead, on which the approver's word is wanted."""
    return reading.read(renewals.far_ahead, status.batch, limit=MOST_TICKED)


def _warn(far: pa.Table) -> None:
    if far.num_rows == 0:
        return
    count = plural("{count} SIM", "{count} SIMs", far.num_rows)
    st.warning(
        _(
            "{count} · {sum} expire more than {days} days from now and may have been renewed elsewhere. Approving this batch is your word on them.",
            count=count,
            sum=yuan(sum(far["amount_fen"].to_pylist())),
            days=FAR_AHEAD_DAYS,
        ),
        icon=":material/event_busy:",
    )
    with st.expander(_("Show them")):
        listing(far, LINES, key="batch:far", alt=_("Lines that expire far ahead"))


def _form(status: Status, who: viewer.Viewer) -> None:
    total = yuan(status.amount_fen)
    # The key carries the content: a click on a form that showed other lines reaches nobody.
    label = plural("Approve {count} SIM", "Approve {count} SIMs", status.items)
    form = st.form(f"approve:{status.batch}:{status.content_hash}", border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            _("To approve, type the sum {sum} or the number of SIMs {n}", sum=total, n=number(status.items)), width=420
        )
        pressed = st.form_submit_button(f"{label} · {total}", type="primary", icon=":material/verified:")
    if not pressed:
        return
    if not fits(typed or "", items=status.items, amount_fen=status.amount_fen):
        st.error(_("This is neither the sum nor the number of SIMs; nothing was approved."))
        return
    settings = reading.home().settings
    with viewer.told():
        with reading.writing() as tx:
            renewals.approve(tx, who.actor, batch=status.batch, content_hash=status.content_hash, settings=settings)
        st.rerun()


def verbs(status: Status, who: viewer.Viewer) -> None:
    """Pause, resume, take back: what this state allows and this person may."""
    batch = status.batch
    pausable = status.state in {"approved", "running"} and who.may(Action.STOP_RENEWALS)
    resumable = status.state == "paused" and who.may(Action.APPROVE) and who.name != status.maker
    with st.container(horizontal=True, width="content"):
        if pausable and st.button(_("Pause"), icon=":material/pause:", key="batch:pause"):
            _do(renewals.pause, who, batch=batch)
        if resumable and st.button(_("Resume"), icon=":material/resume:", key="batch:resume"):
            _do(renewals.resume, who, batch=batch)
        if status.state in _VOIDABLE and who.may(Action.CANCEL_BATCH):
            with st.popover(_("Void the batch"), icon=":material/cancel:"):
                st.caption(
                    _("What has been sent goes its way; everything else is taken back and its money is free again.")
                )
                if st.button(_("Void batch {batch}", batch=batch), type="primary", key="batch:void"):
                    _do(renewals.cancel, who, batch=batch)


def stopped(who: viewer.Viewer) -> bool:
    """Where the kill switch is thrown: by whom and when, and the way back for those who may; whether it stops all."""
    stops = reading.fresh(renewals.stops)
    for stop in stops:
        what = (
            _("Renewals of {account} are stopped", account=stop.account)
            if stop.account
            else _("All renewals are stopped")
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.error(
                _(
                    "{what}: {name}, {when}. Questions to carriers go on.",
                    what=what,
                    name=stop.name,
                    when=moment(stop.ts),
                ),
                icon=":material/front_hand:",
            )
            if who.may(Action.RELEASE_RENEWALS) and st.button(_("Let them go on"), key=f"release:{stop.account}"):
                _do(renewals.release, who, account=stop.account)
    return any(stop.account == "" for stop in stops)


def stop_button(who: viewer.Viewer) -> None:
    """The switch that stops everything, while it is not thrown."""
    thrown = any(stop.account == "" for stop in reading.fresh(renewals.stops))
    if thrown or not who.may(Action.STOP_RENEWALS):
        return
    with st.popover(_("Stop all renewals"), icon=":material/front_hand:"):
        st.caption(_("No order is sent any more until an approver lets them go on."))
        if st.button(_("Stop now"), type="primary", key="stop:all"):
            _do(renewals.stop, who, account="")


def _do(verb: Callable[..., object], who: viewer.Viewer, **what: int | str) -> None:
    with viewer.told():
        with reading.writing() as tx:
            verb(tx, who.actor, **what)
        st.rerun()
