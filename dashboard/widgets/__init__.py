"""What several pages draw the same way. Pages write `from dashboard import widgets`."""

from dashboard.widgets.bulk import bulk_bar
from dashboard.widgets.exporting import export_button
from dashboard.widgets.filters import filter_url, sim_filters
from dashboard.widgets.heads import empty, page_head, section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.pasting import paste_list
from dashboard.widgets.sims import act_by_colour, carrier_words, sim_table
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

__all__ = [
    "PAGE_ROWS",
    "Kpi",
    "act_by_colour",
    "badge_cells",
    "badge_column",
    "bulk_bar",
    "carrier_words",
    "clear_selection",
    "date_column",
    "empty",
    "export_button",
    "filter_url",
    "kpi_row",
    "moment_cells",
    "page_head",
    "pager",
    "paste_list",
    "replaced",
    "section",
    "select",
    "selected",
    "sim_filters",
    "sim_table",
    "table",
    "yuan_cells",
    "yuan_column",
]
