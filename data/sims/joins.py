"""The report after an import: what joins between card lists and ledgers, and what does not (operations.md §3)."""

from dataclasses import dataclass
from datetime import date

from data.database import Queries, Reader
from data.sims.rules import JOIN_REPORT, LAST_CALL_DAYS

Q = Queries.beside(__file__, "joins.sql")


@dataclass(frozen=True)
class ReportLine:
    """One line: `kind` is a key of JOIN_REPORT and of SimFilter.report, `count` counts what the line is about."""

    kind: str
    count: int
    amount_fen: int | None = None  # per year, where the line is about money


def join_report(reader: Reader, *, today: date) -> list[ReportLine]:
    """The lines in their order, those with nothing to tell too."""
    counted = reader.row(Q.sims_counted, today=today, last_call_days=LAST_CALL_DAYS) or {}
    yearly_fen = counted.pop("yearly_fen")
    counted |= {
        **(reader.row(Q.terminals_counted) or {}),
        "card_in_two_rows": reader.value(Q.in_two_rows),
        "plans_without_price": reader.value(Q.without_price),
        "merchants_without_contact": reader.value(Q.without_contact),
    }
    return [
        ReportLine(kind, counted[kind], yearly_fen if kind == "cards_without_terminal" else None)
        for kind in JOIN_REPORT
    ]
