"""The history of a card or a machine: when, what kind of thing, a sentence, by whom; newest first."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard.widgets.listing import Column, listing
from data.sims.findings import told_by
from data.sims.history import happening
from data.words import N_, _

_KINDS = {
    "change": N_("Change"),
    "renewal": N_("Renewal"),
    "note": N_("Note"),
    "voucher": N_("Paper"),
    "finding": N_("Finding"),
}
_COLOURS = {"change": "gray", "renewal": "blue", "note": "violet", "voucher": "green", "finding": "orange"}
_COLUMNS = (
    Column("ts", N_("Time"), "moment", width=140),
    Column("kind", N_("Kind"), "badge", words=_KINDS, colours=_COLOURS, width=90),
    Column("said", N_("What happened")),
    Column("who", N_("By"), width=170),
)
_SCHEMA = pa.schema(
    [("ts", pa.timestamp("us", "UTC")), ("kind", pa.string()), ("said", pa.string()), ("who", pa.string())]
)


def of_card(rows: pa.Table) -> list[dict[str, Any]]:
    """`sims.store.timeline` in the viewer's language."""
    return [_told(row["ts"], row["kind"], _sentence(row), row["who"]) for row in rows.to_pylist()]


def of_machine(rows: pa.Table) -> list[dict[str, Any]]:
    """`terminals.store.timeline` in the viewer's language: cards that came and went."""
    return [
        _told(
            row["ts"],
            "change",
            _("Card {iccid} put in", iccid=row["iccid"])
            if row["what"] == "in"
            else _("Card {iccid} taken out", iccid=row["iccid"]),
            row["who"],
        )
        for row in rows.to_pylist()
    ]


def history(happenings: Sequence[dict[str, Any]], *, key: str) -> None:
    """Draw them, newest first."""
    if not happenings:
        st.caption(_("Nothing has happened to it since it was first seen."))
        return
    newest_first = sorted(happenings, key=lambda one: one["ts"], reverse=True)
    listing(pa.Table.from_pylist(newest_first, schema=_SCHEMA), _COLUMNS, key=key, alt=_("History, newest first"))


def _sentence(row: dict[str, Any]) -> str:
    return happening(kind=row["kind"], what=row["what"], detail=row["detail"])


def _told(ts: datetime, kind: str, said: str, who: str | None) -> dict[str, Any]:
    return {"ts": ts, "kind": kind, "said": said, "who": told_by(who or "")}
