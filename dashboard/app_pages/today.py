"""Today: what must be placed, per payee; what went dark; what is lost if nobody acts; how old the data is."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import alarms, not_renewing, notices, reminding, todays
from data.people.rules import Action
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.sims.today import AHEAD_DAYS, TO_PLACE
from data.words import _, day, plural, weekday, yuan

ROWS_SHOWN = 20
DARK_SHOWN = 50

who = viewer.enter()
today = reading.today()
widgets.page_head(_("Today"), f"{day(today)} · {weekday(today)}")

ages = reading.read(sims.data_age, today=today)
if ages.num_rows == 0:
    widgets.empty(
        _("No SIMs yet"),
        _("Drop the card lists and the terminal ledger on the Import page; what must be done today then stands here."),
        "import_files" if who.may(Action.IMPORT) else None,
        _("Import files"),
    )
    st.stop()

reminding.red_line()
alarms.shown()
not_renewing.today_line()
widgets.kpi_row(todays.cards_of(reading.read(sims.kpis, today=today)))

with widgets.section(_("To be placed today"), _("per payee, orders missed before included")) as controls:
    due = reading.read(sims.totals, TO_PLACE, today=today)
    if due.sims == 0:
        st.caption(_("Nothing has to be placed today."))
    else:
        todays.by_payee(reading.read(sims.today_by_payee, today=today))
        label = plural(
            "Renew {count} SIM · {amount}", "Renew {count} SIMs · {amount}", due.sims, amount=yuan(due.amount_fen)
        )
        with controls:
            if who.may(Action.PROPOSE) and st.button(label, type="primary", icon=":material/autorenew:"):
                widgets.renew(TO_PLACE)
    widgets.unpublished_note(today)
todays.late(today)
notices.near_ones()

left, right = st.columns([3, 2])
with (
    left,
    widgets.section(
        _("Lost if nobody acts"), plural("within {count} day", "within {count} days", AHEAD_DAYS), tall=True
    ),
):
    todays.loss(reading.read(sims.at_risk, today=today), days=AHEAD_DAYS)
    todays.losses(reading.read(sims.at_risk_rows, today=today, limit=ROWS_SHOWN))
with right, widgets.section(_("Age of the data")):
    todays.ages(ages)
with right, widgets.section(_("What does not join")):
    todays.unjoined(reading.read(sims.join_report, today=today))

since = day(reading.read(sims.last_working_day, today=today))
with widgets.section(_("Went dark"), _("since {day}, the last working day", day=since)):
    todays.cards_or(
        reading.read(sims.went_dark, today=today, limit=DARK_SHOWN),
        _("No terminal lost its card's service."),
        key="today:dark",
    )
with widgets.section(_("Runs dry"), _("nearly used up, or forecast to be before the month ends")) as controls:
    with controls:
        st.link_button(_("All of them"), widgets.filter_url("expiry", quick="low_data"), type="tertiary")
    todays.cards_or(
        reading.read(sims.page, SimFilter(quick="low_data"), today=today, order="exhausts_on", limit=ROWS_SHOWN),
        _("No SIM is low on data."),
        key="today:dry",
        first=("used_share", "exhausts_on"),
    )
