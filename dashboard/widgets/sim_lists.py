"""A paged list of the SIMs a filter lets through, with what is done to the ticked ones."""

import json

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.bulk import bulk_bar
from dashboard.widgets.deciding import decide_button
from dashboard.widgets.exporting import export_button
from dashboard.widgets.heads import empty
from dashboard.widgets.sims import sim_table
from data.people.rules import Action
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.words import _, plural, yuan

# More ticked SIMs than this are a list no one looks through; narrow the filter and come back for the rest.
MOST_TICKED = 20_000
RENEW_SELECTION = "renew:selection"
# The SIMs a page sends to the other services, and what it sends them for.
CHANGE_SELECTION, CHANGE_KIND = "changes:selection", "changes:kind"


def sim_list(flt: SimFilter, *, key: str, order: str = "act_by") -> None:
    """Draw the SIMs of `flt` fifty a page, tickable across pages, and "tick all that match"."""
    who = viewer.here()
    today = reading.today()
    total = reading.read(sims.totals, flt, today=today).sims
    if total == 0:
        empty(
            _("No SIM here"),
            _("No SIM passes these filters. Take one away, or bring in the card lists."),
            "import_files" if who.may(Action.IMPORT) else None,
            _("Import files"),
        )
        return
    place = st.container()
    limit, offset = tables.pager(total, key=key, about=flt)
    with place, st.skeleton(height=200):
        ticked = sim_table(reading.read(sims.page, flt, today=today, order=order, limit=limit, offset=offset), key=key)
    if len(ticked) < total:
        many = min(total, MOST_TICKED)
        label = plural("Tick the {count} that matches", "Tick all {count} that match", many)
        if st.button(label, key=f"{key}:all", type="tertiary", icon=":material/select_all:"):
            tables.select(key, ticked | set(reading.fresh(sims.ids, flt, today=today, limit=MOST_TICKED)))
            st.rerun()


def sim_export(flt: SimFilter, *, key: str) -> None:
    """The button that exports what the list shows, in its order."""
    total = reading.read(sims.totals, flt, today=reading.today()).sims
    label = plural("Export the current {count}", "Export the current {count}", total)
    export_button("sims", json.loads(flt.to_json()), label, f"{key}:export", splits=True)
    # One text message per card due at a merchant of this list.
    export_button("sms", json.loads(flt.to_json()), _("SMS-ready list"), f"{key}:sms", splits=True)


def sim_bulk_bar(key: str) -> None:
    """While SIMs are ticked in the list `key`: their number and price, decide, renew."""
    picked = tuple(sorted(tables.selected(key)))
    if not picked:
        return
    who = viewer.here()
    chosen = SimFilter(sim_ids=picked)
    sums = reading.read(sims.totals, chosen, today=reading.today())
    with bulk_bar(key=key, count=sums.sims, amount_fen=sums.amount_fen, unpriced=sums.unpriced):
        decide_button(picked, key=f"{key}:bulk")
        if who.may(Action.PROPOSE):
            if st.button(_("Other services"), key=f"{key}:change", icon=":material/tune:"):
                change(chosen)
            amount = yuan(sums.amount_fen)
            label = plural("Renew {count} SIM · {amount}", "Renew {count} SIMs · {amount}", sums.sims, amount=amount)
            if st.button(label, key=f"{key}:renew", type="primary", icon=":material/autorenew:", shortcut="mod+enter"):
                renew(chosen)


def renew(chosen: SimFilter) -> None:
    """Go to the Renew page with these SIMs."""
    viewer.keep(RENEW_SELECTION, chosen)
    st.switch_page("app_pages/renew.py")


def change(chosen: SimFilter, *, kind: str = "suspend") -> None:
    """Go to the page of the other services with these SIMs."""
    viewer.keep(CHANGE_SELECTION, chosen)
    viewer.keep(CHANGE_KIND, kind)
    st.switch_page("app_pages/service_changes.py")
