"""Look up: whatever a caller can read out finds the card, a pasted list finds many; which field matched is said."""

import streamlit as st

from dashboard import reading, viewer, widgets
from data.people.rules import Action
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.words import _, plural

LIST = "look_up"
# More hits than this are no answer; the caller has more digits.
MOST_HITS = 50
# An address is typed by anyone; no number or name is longer.
LONGEST_ASKED = 80

viewer.enter(Action.LOOK_UP)
today = reading.today()
asked = st.query_params.get("q", "").strip()[:LONGEST_ASKED]
with widgets.page_head(_("Look up"), _("ICCID, card number, IMSI, IMEI, terminal, serial number, merchant or phone")):
    if asked:
        st.text(asked, width="content")  # plain text: it is whatever somebody typed
        if st.button(_("Clear"), icon=":material/close:", type="tertiary"):
            del st.query_params["q"]
            st.rerun()

if asked:
    with st.skeleton(height=160):
        hits = reading.read(sims.look_up, asked, limit=MOST_HITS)
    if hits.num_rows == 0:
        widgets.empty(
            _("Nothing found"),
            _("No card, terminal or merchant carries this. The last 4–8 characters of a number are enough."),
        )
    elif hits.num_rows == 1:
        widgets.situation_box(reading.read(sims.situation_of, hits.column("sim_id")[0].as_py(), today=today))
    if hits.num_rows:
        count = plural("{count} SIM found", "{count} SIMs found", hits.num_rows)
        more = (
            _("{most} at most are shown; type more of the number", most=MOST_HITS)
            if hits.num_rows == MOST_HITS
            else None
        )
        with widgets.section(count, more):
            widgets.sim_table(hits, key=LIST, first=("matched", "terminal", "merchant"))

pasted = widgets.paste_list(LIST, open=not asked)
if pasted:
    chosen = SimFilter(sim_ids=pasted)
    with widgets.section(_("SIMs of the list")) as controls:
        widgets.sim_list(chosen, key=LIST)
    with controls:
        widgets.sim_export(chosen, key=LIST)
elif pasted is None and not asked:
    st.caption(_("Type into the box at the top of any page, or paste a list someone sent you."))
widgets.sim_bulk_bar(LIST)
