"""What may be done with a batch and by whom: approve, take back, pause, resume; and the switch that stops everything."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.listing import listing
from dashboard.widgets.renewal_preview import LINES, approvers
from data.people.rules import Action
from data.renewals import store as renewals
from data.renewals.rules import FAR_AHEAD_DAYS
from data.renewals.store import Status
from data.words import _, moment, number, plural, yuan

_FULL_WIDTH = str.maketrans("0123456789.,", "0123456789.,")
# The far-ahead lines are listed in full up to this many; the rest are among the lines below.
_MOST_FAR = 200
_VOIDABLE = frozenset({"proposed", "approved", "running", "paused"})


def fits(typed: str, *, items: int, amount_fen: int) -> bool:
    """Whether what the approver typed is this batch's sum in yuan or its number of SIMs."""
    plain = typed.translate(_FULL_WIDTH).replace(",", "").replace("¥", "").replace("¥", "").strip()
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
            _far_ahead(status)
            _form(status, who)


def _far_ahead(status: Status) -> None:
    far = reading.read(renewals.far_ahead, status.batch, limit=_MOST_FAR)
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


def stop_switch(who: viewer.Viewer) -> None:
    """The kill switch: thrown, who threw it and the way back; else the button that throws it."""
    stops = reading.fresh(renewals.stops)
    for stop in stops:
        what = (
            _("All renewals are stopped")
            if not stop.account
            else _("Renewals of {account} are stopped", account=stop.account)
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
    if who.may(Action.STOP_RENEWALS) and not any(stop.account == "" for stop in stops):
        with st.popover(_("Stop all renewals"), icon=":material/front_hand:"):
            st.caption(_("No order is sent any more until an approver lets them go on."))
            if st.button(_("Stop now"), type="primary", key="stop:all"):
                _do(renewals.stop, who, account="")


def _do(verb: Callable[..., object], who: viewer.Viewer, **what: int | str) -> None:
    with viewer.told():
        with reading.writing() as tx:
            verb(tx, who.actor, **what)
        st.rerun()
