"""The brakes in every page's header: the kill switch as it stands, breakers that are open, and the switch itself."""

import streamlit as st

from dashboard import reading, viewer
from dashboard.plain import plain
from dashboard.widgets.password import password_field
from data.people.rules import Action, Event
from data.renewals import store as renewals
from data.renewals.rules import STOPS
from data.renewals.store import Stop
from data.words import N_, _, moment

BREAKERS = {
    "no_answer": N_("too many orders without a clear answer"),
    "credential": N_("the carrier refuses our sign-in"),
}


def standing(who: viewer.Viewer) -> None:
    """What is stopped, by whom, when and why, with the way back for those who may; and which breakers are open."""
    for stop in reading.read(renewals.stops):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.error(_told(stop), icon=":material/front_hand:")
            if who.may(Action.RELEASE_RENEWALS) and stop.person_id != who.actor.person_id:
                _release(stop, who)
    for breaker in reading.read(renewals.open_breakers) if who.may(Action.SEE) else ():
        said = (
            _("Orders at {account} are held back: {why}. One order tries.")
            if breaker.state == "half_open"
            else _("Orders at {account} are held back: {why}. The carrier is only asked.")
        )
        why = _(BREAKERS[breaker.error_class])
        st.warning(said.format(account=breaker.account, why=why), icon=":material/electrical_services:")


def all_stopped() -> bool:
    """Whether the switch of all accounts is thrown, read now."""
    return any(stop.account == "" for stop in reading.fresh(renewals.stops))


def stop_button(who: viewer.Viewer) -> None:
    """The switch, for those who may throw it: for all accounts, or for one."""
    if not who.may(Action.STOP_RENEWALS):
        return
    thrown = {stop.account for stop in reading.read(renewals.stops)}
    left = [account for account in ("", *reading.read(renewals.stoppable)) if account not in thrown]
    if "" in thrown or not left:
        return
    with st.popover(_("Stop renewals"), icon=":material/front_hand:", width="content", key="stop:popover"):
        st.caption(_("No order is sent any more until an approver lets them go on; another person than you."))
        everything = _("All accounts")
        account = st.selectbox(_("What to stop"), left, format_func=lambda name: name or everything, key="stop:account")
        why = st.text_input(_("Why"), key="stop:why", max_chars=120)
        if st.button(_("Stop now"), type="primary", key="stop:now"):
            with viewer.told():
                with reading.writing() as tx:
                    renewals.stop(tx, who.actor, account=account or "", reason=why)
                st.rerun()


def _told(stop: Stop) -> str:
    what = (
        _("Renewals of {account} are stopped", account=stop.account) if stop.account else _("All renewals are stopped")
    )
    said = _(
        "{what}: {name}, {when}. Questions to carriers go on.", what=what, name=plain(stop.name), when=moment(stop.ts)
    )
    # A person's own words are shown as they are: a reason of ours has its sentence.
    return f"{said} {plain(_(STOPS.get(stop.reason, stop.reason)))}" if stop.reason else said


def _release(stop: Stop, who: viewer.Viewer) -> None:
    with st.popover(_("Let them go on"), key=f"release:{stop.account}:popover"):
        password = password_field(f"release:{stop.account}")
        if st.button(_("Let them go on"), type="primary", key=f"release:{stop.account}"):
            with viewer.told():
                proof = viewer.proved(password, Event.RENEWALS_RELEASED, stop.account)
                with reading.writing() as tx:
                    renewals.release(tx, who.actor, account=stop.account, password=proof)
                st.rerun()
