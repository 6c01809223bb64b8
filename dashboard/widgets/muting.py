"""The daily digests of whoever only reads: stopped on request, and let go again."""

import streamlit as st

from dashboard import reading, viewer
from data.database import Row
from data.reminders import muting
from data.words import _


def mute_switch(row: Row, who: viewer.Viewer) -> None:
    """The button that mutes an agent or a branch, or lets the digests go again; nothing for those who sign in."""
    if row["kind"] not in muting.ONLY_READ or row["address_state"] not in muting.LISTENING | {"muted"}:
        return
    muted = row["address_state"] == "muted"
    if st.button(
        _("Let the digests go again") if muted else _("Mute the digests"),
        icon=":material/notifications_active:" if muted else ":material/notifications_off:",
        help=None if muted else _("When its reader has asked for it. Urgent mail still goes there."),
        key=f"reminders:mute:{row['recipient_id']}",
    ):
        with viewer.told():
            with reading.writing() as tx:
                (muting.unmute if muted else muting.mute)(tx, who.actor, recipient_id=row["recipient_id"])
            st.rerun()
