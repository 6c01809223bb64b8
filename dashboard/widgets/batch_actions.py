"""What may be done with a batch and by whom: pause, resume, take back."""

from collections.abc import Callable

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.password import password_field
from data.people.rules import Action, Event
from data.renewals import store as renewals
from data.renewals.store import Status
from data.words import _

_VOIDABLE = frozenset({"proposed", "approved", "running", "paused"})


def verbs(status: Status, who: viewer.Viewer) -> None:
    """Pause, resume, take back: what this state allows and this person may."""
    batch = status.batch
    pausable = status.state in {"approved", "running"} and who.may(Action.STOP_RENEWALS)
    resumable = status.state == "paused" and who.may(Action.APPROVE) and who.name != status.maker
    with st.container(horizontal=True, width="content"):
        if pausable and st.button(_("Pause"), icon=":material/pause:", key="batch:pause"):
            _do(renewals.pause, who, batch=batch)
        if resumable:
            with st.popover(_("Resume"), icon=":material/resume:", key="batch:resume:popover"):
                st.caption(_("Who resumes a batch answers for it from now on."))
                password = password_field("batch:resume")
                if st.button(_("Resume batch {batch}", batch=batch), type="primary", key="batch:resume"):
                    _resume(who, batch, password)
        if status.state in _VOIDABLE and who.may(Action.CANCEL_BATCH):
            with st.popover(_("Void the batch"), icon=":material/cancel:"):
                st.caption(
                    _("What has been sent goes its way; everything else is taken back and its money is free again.")
                )
                if st.button(_("Void batch {batch}", batch=batch), type="primary", key="batch:void"):
                    _do(renewals.cancel, who, batch=batch)


def _resume(who: viewer.Viewer, batch: int, password: str) -> None:
    with viewer.told():
        proof = viewer.proved(password, Event.BATCH_RESUMED, f"batch {batch}")
        with reading.writing() as tx:
            renewals.resume(tx, who.actor, batch=batch, password=proof)
        st.rerun()


def _do(verb: Callable[..., object], who: viewer.Viewer, **what: int) -> None:
    with viewer.told():
        with reading.writing() as tx:
            verb(tx, who.actor, **what)
        st.rerun()
