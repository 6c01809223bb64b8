"""Terminal: one machine. The same opening sentence, its cards, its merchant and agent, and which cards came and went."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.plain import plain
from dashboard.widgets import histories, machine_lists, machines
from data.sims import store as sims
from data.terminals import store as terminals
from data.words import _, plural

HISTORY_ROWS = 50

viewer.enter()
today = reading.today()
asked = st.query_params.get("id", "")
if st.query_params.get("report") == machine_lists.WITHOUT_CARD:
    machine_lists.without_card()
    st.stop()
found = reading.read(terminals.terminal_page, int(asked)) if asked.isascii() and asked.isdigit() else None
if found is None:
    widgets.page_head(_("Terminal"))
    widgets.empty(
        _("No such terminal"),
        _("The address names no terminal we know. Look it up by its number, its serial number or its merchant."),
        "look_up",
        _("Look up"),
    )
    st.stop()

terminal = found.terminal
widgets.page_head(_("Terminal {id}", id=plain(terminal.terminal_id)))
live = [row["sim_id"] for row in found.sims.select(["sim_id", "live"]).to_pylist() if row["live"]]
for sim_id in live:
    widgets.situation_box(reading.read(sims.situation_of, sim_id, today=today))
if not live:
    st.warning(
        _("**No card** – no list puts a card into this terminal. Operations find its card or send one."),
        icon=":material/sim_card_alert:",
    )

with widgets.section(_("SIMs in it"), plural("{count} in service", "{count} in service", len(live))):
    if found.sims.num_rows:
        widgets.sim_table(found.sims, key="terminal", selectable=False)
    else:
        st.caption(_("None is known. The card list or the ledger that names both brings it."))
left, right = st.columns(2)
with left, widgets.section(_("Machine"), tall=True):
    machines.machine_facts(terminal)
with right, widgets.section(_("Merchant and agent"), tall=True):
    machines.merchant_facts(terminal)
if found.siblings.num_rows:
    with widgets.section(_("Other terminals of this merchant")):
        machines.siblings(found.siblings)
with widgets.section(_("History"), _("newest first")):
    told = histories.of_machine(reading.read(terminals.timeline, terminal.terminal_id, limit=HISTORY_ROWS))
    for sim_id in live:
        told += histories.of_card(reading.read(sims.timeline, sim_id, limit=HISTORY_ROWS))
    histories.history(told, key="terminal:history")
