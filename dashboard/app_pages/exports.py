"""Exports: the files I asked for, how far they are, and the links to fetch them."""

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets.listing import Column, listing
from data.files import exports_store as exports
from data.files.exports_rules import FORMAT_WORDS, KEPT_FOR, PAPERS, SPLITS, STATE_COLOURS, STATE_WORDS, WHAT, outlived
from data.people.rules import Action
from data.words import N_, _

COLUMNS = (
    Column("export_id", N_("Export"), "count", width=65),
    Column("asked_at", N_("Asked at"), "moment", width=130),
    Column("what", N_("What it holds"), "word", words=WHAT | PAPERS, width=150),
    Column("format", N_("Format"), "word", words=FORMAT_WORDS, width=105),
    Column("split_by", N_("Split"), "word", words=SPLITS, width=130),
    Column("state", N_("State"), "badge", words=STATE_WORDS, colours=STATE_COLOURS, width=95),
    Column("rows_written", N_("Rows"), "count", width=80),
    Column("link", N_("File"), "link", width=270),
    Column("error", N_("Why there is no file"), width=320),
)

who = viewer.enter(Action.EXPORT)
widgets.page_head(_("Exports"), _("Files you asked for; each is kept for {days} days.", days=KEPT_FOR.days))
total = reading.fresh(exports.count, who.actor.person_id)
if total == 0:
    widgets.empty(
        _("No exports yet"),
        _("Every list has an export button; its file appears here, written by a job."),
        page="expiry",
        label=_("Open Expiry"),
    )
    st.stop()
place = st.container()
limit, offset = widgets.pager(total, key="exports:pager")


def mine() -> list[exports.Export]:
    """The page of exports in sight."""
    return reading.fresh(exports.exports, who.actor.person_id, limit=limit, offset=offset)


def draw() -> None:
    """The list; drawn again and again only while something in it is being written."""
    now = reading.home().clock.now()
    rows = [
        {
            **{
                name: getattr(one, name)
                for name in ("export_id", "what", "format", "split_by", "state", "rows_written", "asked_at")
            },
            # The name stands behind the address, where the link column finds it.
            "link": f"/x/{one.export_id}#{one.filename}"
            if one.state == "written" and not outlived(one.ended_at, now=now)
            else None,
            "error": one.why_failed()
            or (_("removed") if one.state == "written" and outlived(one.ended_at, now=now) else ""),
        }
        for one in mine()
    ]
    listing(pa.Table.from_pylist(rows), COLUMNS, key="exports:list", alt=_("My exports"))
    if waiting and all(row["state"] != "waiting" for row in rows):
        st.rerun()


waiting = any(one.state == "waiting" for one in mine())
with place:
    (viewer.fragment(run_every="1s")(draw) if waiting else draw)()
