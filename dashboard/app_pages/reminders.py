"""Reminders: who hears of what and when, at which address, what leaves tomorrow, and what became of every mail."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import outbox, recipients, reminder_preview, reminder_rules, reminding
from data.people.rules import Action
from data.words import N_, _

VIEWS = {"rules": N_("Rules"), "recipients": N_("Recipients"), "preview": N_("Preview"), "outbox": N_("Outbox")}

who = viewer.enter(Action.SEE)
with widgets.page_head(_("Reminders"), _("who hears of what, how long before, and what has left the house")):
    reminding.storm_button(who)
    shown = st.segmented_control(
        _("What to look at"),
        list(VIEWS),
        default=asked if (asked := st.query_params.get("view", "")) in VIEWS else "rules",
        required=True,
        format_func=lambda code: _(VIEWS[code]),
        key="reminders:view",
        label_visibility="collapsed",
    )
if reading.seen_as():
    widgets.empty(
        _("You see a part of the fleet"),
        _("Rules, recipients and mails are of the whole. What you are reminded of stands on your own page."),
        page="my_reminders",
        label=_("My reminders"),
    )
    st.stop()
reminding.red_line()
reminding.way_out()
reminding.figures()
if shown == "recipients":
    recipients.recipients(who)
    recipients.untold()
elif shown == "preview":
    reminder_preview.preview()
elif shown == "outbox":
    outbox.outbox(who)
else:
    reminder_rules.rules(who)
if not who.may(Action.KEEP_REMINDERS):
    st.caption(_("An operator or administrator changes rules and recipients."))
