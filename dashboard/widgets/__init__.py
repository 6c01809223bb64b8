"""What several pages draw the same way. Pages write `from dashboard import widgets`."""

from dashboard.widgets.bulk import bulk_bar
from dashboard.widgets.deciding import decide_button
from dashboard.widgets.exporting import export_button
from dashboard.widgets.filters import filter_url, looks_beyond_dates, money_to_come, sim_filters
from dashboard.widgets.heads import empty, page_head, section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.pasting import paste_list
from dashboard.widgets.sim_lists import (
    CHANGE_SELECTION,
    RENEW_SELECTION,
    change,
    renew,
    sim_bulk_bar,
    sim_export,
    sim_list,
)
from dashboard.widgets.sims import act_by_colour, carrier_words, sim_table
from dashboard.widgets.situations import facts, situation_box
from dashboard.widgets.tables import (
    PAGE_ROWS,
    badge_cells,
    badge_column,
    clear_selection,
    date_column,
    moment_cells,
    pager,
    replaced,
    select,
    selected,
    table,
    yuan_cells,
    yuan_column,
)
from dashboard.widgets.timeline import brushed_timeline
from dashboard.widgets.workdays import unpublished_note

__all__ = [
    "CHANGE_SELECTION",
    "PAGE_ROWS",
    "RENEW_SELECTION",
    "Kpi",
    "act_by_colour",
    "badge_cells",
    "badge_column",
    "brushed_timeline",
    "bulk_bar",
    "carrier_words",
    "change",
    "clear_selection",
    "date_column",
    "decide_button",
    "empty",
    "export_button",
    "facts",
    "filter_url",
    "kpi_row",
    "looks_beyond_dates",
    "moment_cells",
    "money_to_come",
    "page_head",
    "pager",
    "paste_list",
    "renew",
    "replaced",
    "section",
    "select",
    "selected",
    "sim_bulk_bar",
    "sim_export",
    "sim_filters",
    "sim_list",
    "sim_table",
    "situation_box",
    "table",
    "unpublished_note",
    "yuan_cells",
    "yuan_column",
]
