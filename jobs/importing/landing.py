"""Cleaned rows into the house: each kind's subjects in their order, one transaction for one file, and what became of it."""

from dataclasses import dataclass

import pyarrow as pa

from data.database import Transaction
from data.files import staging
from data.files.rules import Counts, RefusedRow
from data.plans import merging as plans
from data.plans import noticing
from data.renewals import receiving
from data.sims import merging as sims
from data.sims.rolling import roll_up
from data.terminals import merging as terminals
from data.usage import merging as usage
from jobs.importing.cleaning import Cleaned
from jobs.importing.identifiers import carrier_of_iccid
from jobs.importing.records import REPEATS


@dataclass(frozen=True)
class Landed:
    """What one file did, or would do."""

    counts: Counts
    refusals: tuple[RefusedRow, ...]  # rows the subjects would not take; the file's own refusals are not among them
    findings: dict[str, int]  # what does not add up, by kind


def land(tx: Transaction, cleaned: Cleaned, *, source: str, roll: bool = True) -> Landed:
    """Merge the accepted rows of a file into the house, all inside `tx`.

    1. stage the rows;
    2. find or make what they name: agents, merchants, cards, terminals, plans;
    3. merge what they say;
    4. make the joined view of the touched cards anew (not for a dry run: `roll=False`).
    """
    with staging.staged(tx, _with_issuers(cleaned.table), source=source):
        counts, touched = _MERGE[cleaned.kind](tx, source)
        _notice_repeats(tx, cleaned)
        refusals = tuple(staging.refused(tx))
        findings = staging.noticed(tx)
    if roll and (touched or counts.new + counts.changed):
        roll_up(tx, touched, days=cleaned.kind == "usage")
    return Landed(counts, refusals, findings)


def _with_issuers(table: pa.Table) -> pa.Table:
    if "iccid" not in table.column_names:
        return table
    issuers = [carrier_of_iccid(iccid) if iccid else None for iccid in table["iccid"].to_pylist()]
    return table.append_column("issuer", pa.array(issuers, pa.string()))


def _notice_repeats(tx: Transaction, cleaned: Cleaned) -> None:
    kept = [(row.values["sheet"], row.values["line"]) for row in cleaned.refusals if row.reason in REPEATS]
    if kept and cleaned.kind in {"cards", "sims"}:
        sheets, lines = zip(*kept, strict=True)
        sims.notice_repeats(tx, pa.table({"sheet": pa.array(sheets), "line": pa.array(lines, pa.int64())}))


# Each returns its counts and the touched cards; None: any card may be touched.


def _merchants(tx: Transaction, _source: str) -> tuple[Counts, list[int] | None]:
    terminals.resolve_agents(tx)
    last = terminals.resolve_merchants(tx, described=True)
    return terminals.merge_merchants(tx, last=last), None


def _terminals(tx: Transaction, source: str) -> tuple[Counts, list[int] | None]:
    terminals.resolve_agents(tx)
    terminals.resolve_merchants(tx)
    last = terminals.resolve_terminals(tx, described=True)
    counts = terminals.merge_terminals(tx, last=last)
    moved = sims.link_terminals(tx, source=source)
    return counts, None if counts.new + counts.changed else moved


def _plans(tx: Transaction, source: str) -> tuple[Counts, list[int] | None]:
    last = plans.resolve_plans(tx, described=True)
    return plans.merge_plans(tx, last=last, source=source), None


def _sims(tx: Transaction, source: str) -> tuple[Counts, list[int] | None]:
    sims.find_sims(tx)
    terminals.resolve_merchants(tx)
    terminals.resolve_terminals(tx)
    last_plan = plans.resolve_plans(tx)
    last = sims.add_sims(tx)
    counts = sims.merge_sims(tx, last=last, source=source)
    noticing.cards_of_file(tx, source=source, last_plan=last_plan)
    receiving.keep_list(tx, source=source)
    terminals.keep_imeis(tx)
    return counts, sims.changed_ids(tx)


def _usage(tx: Transaction, _source: str) -> tuple[Counts, list[int] | None]:
    sims.find_sims(tx)
    sims.add_sims(tx, described=False)
    return usage.merge_usage(tx), usage.changed_ids(tx)


def _receipts(tx: Transaction, source: str) -> tuple[Counts, list[int] | None]:
    return receiving.keep_sheet(tx, source=source), []


_MERGE = {
    "merchants": _merchants,
    "terminals": _terminals,
    "plans": _plans,
    "sims": _sims,
    "cards": _sims,
    "usage": _usage,
    "receipts": _receipts,
}
