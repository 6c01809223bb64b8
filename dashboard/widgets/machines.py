"""The parts of a Terminal's page: facts of the machine, of its merchant and agent, and its neighbours."""

import pyarrow as pa
import streamlit as st

from dashboard.widgets import tables
from dashboard.widgets.sims import terminal_links
from dashboard.widgets.situations import facts
from data.sims.rules import TERMINAL_STATUS_WORDS
from data.terminals.store import Terminal
from data.words import _, day, moment, yuan

_STATUS_COLOURS = {"in_use": "green", "disabled": "gray", "withdrawn": "gray", "stock": "blue", "repair": "orange"}


def machine_facts(terminal: Terminal) -> None:
    """What the machine is, what it can run, when it was last seen."""
    facts(
        [
            (_("Terminal status"), _(TERMINAL_STATUS_WORDS[terminal.status])),
            (_("Brand and model"), " ".join(filter(None, (terminal.brand, terminal.model)))),
            (_("Networks"), terminal.networks),
            (_("Serial number"), terminal.serial_no),
            (_("IMEI"), terminal.imei),
            (_("TUSN"), terminal.tusn),
            (_("Last seen"), moment(terminal.last_seen_at)),
            (_("Last trade"), day(terminal.last_trade_on)),
            (_("Takings a month"), yuan(terminal.monthly_takings_fen)),
        ]
    )


def merchant_facts(terminal: Terminal) -> None:
    """Where it stands, whom to call, who looks after it."""
    facts(
        [
            (_("Merchant"), terminal.merchant),
            (_("Merchant number"), terminal.merchant_no),
            (_("Agent"), terminal.agent),
            (_("City"), " ".join(filter(None, (terminal.region, terminal.city)))),
            (_("Branch"), terminal.branch),
            (_("Site"), terminal.site),
            (_("Address"), terminal.install_address or terminal.address),
            (_("Contact"), terminal.contact_name),
            (_("Phone"), terminal.contact_phone),
        ]
    )


def siblings(rows: pa.Table) -> None:
    """The merchant's other machines, each a link."""
    config = st.column_config
    tables.table(
        tables.replaced(rows, terminal=terminal_links(rows), status=tables.badge_cells(rows["status"].to_pylist())),
        {
            "terminal": config.LinkColumn(_("Terminal"), display_text=r"tid=(.*)$", width=110, alignment="left"),
            "brand": config.TextColumn(_("Terminal brand")),
            "model": config.TextColumn(_("Terminal model")),
            "status": tables.badge_column(
                _("Status"), {code: _(word) for code, word in TERMINAL_STATUS_WORDS.items()}, _STATUS_COLOURS
            ),
        },
        key="terminal:siblings",
        alt=_("Other terminals of this merchant"),
    )
