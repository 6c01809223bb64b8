"""Terminals as pages read them: one with all that belongs to it, and the machines that have no card."""

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from data.database import Queries, Reader

Q = Queries.beside(__file__)

# More machines at one merchant than a page can name.
_SIBLINGS_AT_MOST = 50


@dataclass(frozen=True)
class Terminal:
    """One machine with its merchant and agent; contact is the machine's own, else the merchant's."""

    terminal_key: int
    terminal_id: str
    branch: str | None
    brand: str | None
    model: str | None
    serial_no: str | None
    tusn: str | None
    imei: str | None
    site: str | None
    install_address: str | None
    networks: str | None  # what it can run: its own, else its model's
    status: str
    last_seen_at: datetime | None
    last_trade_on: date | None
    monthly_takings_fen: int | None
    contact_name: str | None
    contact_phone: str | None
    merchant_id: int | None
    merchant_no: str | None
    merchant: str | None
    region: str | None
    city: str | None
    address: str | None
    contact_email: str | None
    agent_id: int | None
    agent_no: str | None
    agent: str | None


@dataclass(frozen=True)
class TerminalPage:
    """What the Terminal page shows; `sims` has the columns of data.sims.store.page, live cards ahead."""

    terminal: Terminal
    sims: pa.Table
    siblings: pa.Table  # the merchant's other machines: terminal_key, terminal_id, brand, model, status


def terminal_page(reader: Reader, terminal_key: int) -> TerminalPage | None:
    """One machine and all that belongs to it; None: there is no such machine."""
    terminal = reader.record(Terminal, Q.one, terminal_key=terminal_key)
    if terminal is None:
        return None
    return TerminalPage(
        terminal,
        reader.arrow(Q.sims, terminal_key=terminal_key),
        reader.arrow(Q.siblings, merchant_id=terminal.merchant_id, terminal_key=terminal_key, limit=_SIBLINGS_AT_MOST),
    )


def timeline(reader: Reader, terminal_id: str, limit: int = 50) -> pa.Table:
    """Cards put into a machine and taken out of it: ts, what (in, out), detail (JSON), who, iccid; newest first."""
    return reader.arrow(Q.timeline, terminal_id=terminal_id, limit=limit)


def without_card(reader: Reader, *, limit: int = 50, offset: int = 0) -> pa.Table:
    """Machines in use that no live card sits in, with merchant, agent and contact."""
    return reader.arrow(Q.without_card, limit=limit, offset=offset)


def counted_without_card(reader: Reader) -> int:
    """How many those are."""
    return int(reader.value(Q.counted_without_card))
