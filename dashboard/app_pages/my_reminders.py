"""My reminders: what somebody has to do about cards and papers, acknowledged, put off or handed over by whom it reminds."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import my_reminders, reminding
from data.people.rules import Action
from data.reminders import showing
from data.words import _

who = viewer.enter(Action.SEE)
widgets.page_head(_("My reminders"), _("acknowledged ones come back only on the last day"))
reminding.red_line()

found = reading.read(showing.recipients)
if not any(row["person_id"] == who.actor.person_id for row in found):
    widgets.empty(
        _("You are not reminded of anything"),
        _("Somebody has to add you as a recipient, with a mail address, and a rule has to name you or your role."),
        page="reminders",
        label=_("Open Reminders"),
    )
    st.stop()
counted = reading.fresh(showing.counted, who.actor.person_id, today=reading.today())
if counted:
    my_reminders.figures(counted)
    my_reminders.open_ones(who, counted)
else:
    widgets.empty(
        _("Nothing waits for you"),
        _("Cards that expire, orders that failed and papers that are missing stand here when their day comes."),
    )
left, right = st.columns(2)
with left:
    my_reminders.standing_in(who, found)
with right:
    # Mails are of the whole, whoever they were for.
    if not reading.seen_as():
        my_reminders.mails(who)
