"""Findings: what does not add up between sources, by kind, each in words; whoever settled some closes them."""

from collections.abc import Iterable

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.exporting import export_button
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one, listing
from data.people.rules import Action
from data.sims import store as sims
from data.sims.rules import FINDING_KINDS
from data.words import N_, _, plural

_KINDS = (
    Column("kind", N_("Kind of finding"), "word", words=FINDING_KINDS, width=420),
    Column("count", N_("Count"), "count", width=90),
)
_FOUND = (
    Column("object", N_("What it is about"), pinned=True, width=168),
    Column("said", N_("What it says"), width=385),
    Column("source", N_("Source"), width=120),
    Column("found_at", N_("Found at"), "moment", width=125),
    Column("iccid", N_("SIM"), "card", width=168),
)
_TICKED = "import:findings:found"


def findings() -> None:
    """The open ones; nothing while everything adds up."""
    counts = reading.read(sims.counted_findings)
    if not counts:
        return
    kinds = [kind for kind in FINDING_KINDS if kind in counts]
    rows = [{"kind": kind, "count": counts[kind]} for kind in kinds]
    with section(_("Findings"), _("what does not add up between sources; choose a kind to read them")) as controls:
        row = choose_one(pa.Table.from_pylist(rows), _KINDS, key="import:findings", alt=_("Findings"))
        kind = None if row is None else kinds[row]
        with controls:
            export_button("findings", {"kind": kind} if kind else {}, _("Export"), f"import:findings:{kind}")
        if kind is not None:
            _of_kind(kind, counts[kind])


def _of_kind(kind: str, total: int) -> None:
    may_close = viewer.here().may(Action.DECIDE)
    place = st.container()
    limit, offset = tables.pager(total, key=f"{_TICKED}:pager", about=kind)
    found = reading.read(sims.open_findings, kind=kind, limit=limit, offset=offset)
    told = tables.replaced(
        found.append_column("said", _texts(sims.said(kind, detail) for detail in found["detail"].to_pylist())),
        source=_texts(sims.told_by(source) for source in found["source"].to_pylist()),
    )
    key = f"{_TICKED}:{kind}"
    with place:
        ticked = listing(
            told, _FOUND, key=key, alt=_(FINDING_KINDS[kind]), id_column="finding_id" if may_close else None
        )
    if not may_close:
        return
    label = plural("Close {count} finding", "Close {count} findings", len(ticked))
    if st.button(label, disabled=not ticked, icon=":material/check:", key=f"{_TICKED}:close"):
        with viewer.told():
            with reading.writing() as tx:
                sims.close_findings(tx, viewer.here().actor, finding_ids=sorted(ticked))
            tables.clear_selection(key)
            st.rerun()


def _texts(values: Iterable[str]) -> pa.Array:
    return pa.array(list(values), pa.string())
