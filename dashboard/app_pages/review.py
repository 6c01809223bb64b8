"""Review desk: what no machine can settle; one person says with evidence what became of it, another confirms."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import one_review, review
from data.people.rules import Action
from data.renewals import store as renewals
from data.words import _

who = viewer.enter(Action.SEE)
asked = st.query_params.get("renewal", "")

if not asked.isdecimal() or len(asked) > 12:
    widgets.page_head(
        _("Review desk"), _("One person says with evidence what became of a renewal; another one confirms it")
    )
    counts = reading.read(renewals.review_counts)
    if counts.items == 0:
        widgets.empty(
            _("Nothing waits for a decision"),
            _("Renewals whose carrier's answers contradict each other, or never came, appear here."),
            page="failed",
            label=_("Open Failed and unconfirmed"),
        )
        st.stop()
    review.figures(counts)
    with widgets.section(_("Renewals"), _("those waiting for a second person first; choose a line to open it")):
        chosen = review.waiting(counts.items)
    if chosen is not None:
        st.query_params["renewal"] = str(chosen)
        st.rerun()
    st.stop()

if st.button(_("All that wait"), icon=":material/arrow_back:", type="tertiary"):
    del st.query_params["renewal"]
    st.rerun()
found = reading.fresh(renewals.reviewed, int(asked))
if found is None:
    widgets.empty(_("There is no renewal {obligation}", obligation=asked), _("Its number may be mistyped."))
    st.stop()
review.head(found)
said = reading.fresh(renewals.reviews_of, found.obligation)
open_one = next((one for one in said if one["decision"] is None and one["n"] == found.n), None)
if found.st == "needs_review":
    if not who.may(Action.REVIEW):
        st.info(_("An approver decides this, and a second one confirms it. Operators note what they find out."))
    elif open_one is None:
        review.state_form(found, who)
    else:
        review.decide_form(open_one, who)
elif found.st == "succeeded":
    st.success(_("This renewal went through; nothing waits here."), icon=":material/check_circle:")
one_review.side_by_side(found)
one_review.history(found, said)
