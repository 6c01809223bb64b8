"""Notices: what was announced or found about plans, which SIMs it concerns, what it costs within a year, and who has looked."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import notices, typing_notices
from data.people.rules import Action
from data.plans import notices as store
from data.words import N_, _

VIEWS = {"open": N_("Not acknowledged"), "all": N_("All notices"), "new": N_("Type one in")}

who = viewer.enter(Action.SEE)
today = reading.today()
asked_for = st.query_params.get("notice", "")
with widgets.page_head(
    _("Notices"), _("of plan changes: no price, plan or SIM changes by one; who acknowledges it acts")
):
    if asked_for:
        if st.button(_("All notices"), icon=":material/arrow_back:", type="tertiary"):
            del st.query_params["notice"]
            st.rerun()
        shown = "one"
    else:
        shown = st.segmented_control(
            _("Which notices"),
            [view for view in VIEWS if view != "new" or who.may(Action.KEEP_NOTICES)],
            default="open",
            required=True,
            format_func=lambda code: _(VIEWS[code]),
            key="notices:view",
            label_visibility="collapsed",
        )

if shown == "new":
    typing_notices.type_in(who)
    st.stop()
if shown == "one":
    number = int(asked_for) if asked_for.isdecimal() and len(asked_for) < 10 else 0
    found = reading.read(store.one, number)
    if found is None:
        widgets.empty(_("There is no notice {notice}", notice=number), _("Its number may be mistyped."))
        st.stop()
    notices.one_notice(found, who)
    st.stop()

counted = reading.read(store.counted, today=today)
total = counted.notices if shown == "all" else counted.waiting
if total == 0:
    widgets.empty(
        _("No notice waits") if counted.notices else _("No notices yet"),
        _(
            "When a price list, a card list or a carrier shows another price, volume, term or plan than before, it stands "
            "here; what came by SMS, mail or letter is typed in."
        ),
        page="import_files" if who.may(Action.IMPORT) else None,
        label=_("Import files"),
    )
    st.stop()
notices.figures(counted)
with widgets.section(_("Plan-change notices"), _("choose a line to see its SIMs")):
    chosen = notices.listed(total, all=shown == "all")
if chosen is not None:
    notices.one_notice(chosen, who)
