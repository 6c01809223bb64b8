"""Who would get what on a coming day, if nothing changed until then."""

from datetime import date, timedelta

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, listing
from data.database import Reader
from data.reminders import choosing, showing
from data.reminders.wording_rules import ADDRESS_COLOURS, ADDRESS_WORDS, SUBJECT_WORDS
from data.sims.holidays import workdays
from data.words import N_, _, day, plural

_AHEAD_DAYS = 14
_MAIL = {"urgent": N_("urgent mail"), "digest": N_("the day's mail")}
_PREVIEW = (
    Column("recipient", N_("Recipient"), width=165, pinned=True),
    Column("subject", N_("About"), "word", words=SUBJECT_WORDS, width=175),
    Column("things", N_("How many"), "count", width=85),
    Column("mail", N_("Leaves by"), "badge", words=_MAIL, colours={"urgent": "red", "digest": "blue"}, width=125),
    Column("first_on", N_("First date"), "date", width=105),
    Column("amount_fen", N_("Amount"), "yuan", width=110),
    Column(
        "address_state",
        N_("Standing of the address"),
        "badge",
        words=ADDRESS_WORDS,
        colours=ADDRESS_COLOURS,
        width=175,
    ),
)


def preview() -> None:
    """A line per recipient and subject of the chosen day."""
    today = reading.today()
    with section(_("Who would get what"), _("as rules and cards stand now")) as place:
        chosen = place.date_input(
            _("Day"),
            today + timedelta(1),
            min_value=today,
            max_value=today + timedelta(_AHEAD_DAYS),
            label_visibility="collapsed",
            key="reminders:day",
            width=160,
        )
        with st.skeleton(height=200):
            found = reading.read(_of_day, chosen)
        if found.num_rows == 0:
            st.caption(_("Nobody is reminded of anything on {day}.", day=day(chosen)))
            return
        states = {row["recipient_id"]: row["address_state"] for row in reading.read(showing.recipients)}
        rows = found.to_pylist()
        shown = tables.replaced(
            found,
            address_state=pa.array([states[row["recipient_id"]] for row in rows], pa.string()),
            amount_fen=pa.array([row["amount_fen"] or None for row in rows], pa.int64()),
            mail=pa.array(["urgent" if row["urgent"] else "digest" for row in rows], pa.string()),
        )
        reached = len({row["recipient_id"] for row in rows})
        st.caption(
            _(
                "{recipients}, {reminders}",
                recipients=plural("{count} recipient", "{count} recipients", reached),
                reminders=plural("{count} reminder", "{count} reminders", sum(row["things"] for row in rows)),
            )
        )
        listing(shown, _PREVIEW, key="reminders:preview", alt=_("Who would get what"))


def _of_day(reader: Reader, chosen: date) -> pa.Table:
    return choosing.tomorrow(reader, day=chosen, calendar=workdays(reader))
