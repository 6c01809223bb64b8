"""The audit log on the page: what to narrow it to, its entries in words, and whether the chain holds."""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.listing import Column, choose_one
from dashboard.widgets.situations import facts
from dashboard.widgets.tables import replaced
from data.audit import store as audit
from data.audit import verifying
from data.audit.rules import Head
from data.audit.wording_rules import EVENT_WORDS, SOURCE_WORDS, said_detail, said_event, said_object
from data.words import N_, _, moment, number, spoken

_COLUMNS = (
    Column("seq", N_("No."), "count", pinned=True, width=70),
    Column("ts", N_("When"), "moment", width=140),
    Column("person", N_("Who"), width=115),
    Column("source", N_("From where"), "word", words=SOURCE_WORDS, width=105),
    Column("what", N_("What was done"), width=200),
    Column("about", N_("To what"), width=190),
    Column("said", N_("In detail"), width=560),
)


@dataclass(frozen=True)
class Asked:
    """What the log is narrowed to."""

    person: str | None = None
    event: str | None = None
    text: str | None = None
    first: date | None = None
    last: date | None = None


def chain_badge(who: viewer.Viewer) -> None:
    """Whether the chain holds: the newest entries followed now, all of them by the job of the night; and its head."""
    run = reading.fresh(audit.last_verified)
    newest = reading.fresh(audit.verify_newest, reading.home().db.audit_key)
    broken = not newest.whole or (run is not None and run["outcome"] == "failed")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if broken:
            st.badge(_("The chain does not hold"), icon=":material/link_off:", color="red")
        else:
            st.badge(_("The chain holds"), icon=":material/link:", color="green")
        if run is None:
            st.caption(_("The newest {count} entries were followed now; all of them are tonight.", count=_NEWEST))
        else:
            told = {"count": _NEWEST, "at": moment(run["ended_at"])}
            st.caption(_("The newest {count} entries were followed now; all of them on {at}.", **told))
        _head(newest.head)
        if st.button(_("Follow all of it now"), icon=":material/fact_check:", type="tertiary", key="audit:verify"):
            with viewer.told(), reading.writing() as tx:
                verifying.ask_to_verify(tx, who.actor)
                st.toast(_("Asked; what it finds stands here and on the page Jobs."))
    if newest.broken is not None:
        st.error(
            _("Entry {seq} of the audit log is not what was written.", seq=newest.broken), icon=":material/gpp_bad:"
        )
    elif broken and run is not None and run["error"]:
        st.error(spoken(run["error"]), icon=":material/gpp_bad:")


_NEWEST = number(audit.NEWEST)


def _head(head: Head) -> None:
    with st.popover(_("Head of the chain"), icon=":material/anchor:", type="tertiary", width="content"):
        st.caption(
            _(
                "Whoever keeps this line elsewhere can prove later that nothing before it was changed: flowcard audit verify"
                " --anchor …"
            )
        )
        st.code(str(head), language=None, wrap_lines=True)


def log_filters(key: str) -> Asked:
    """Draw the filters of the log and return what they say."""
    words = {event.value: _(msgid) for event, msgid in EVENT_WORDS.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            _("Contains"), key=f"{key}:text", icon=":material/search:", width=260, placeholder=_("Object or detail")
        )
        person = st.selectbox(
            _("Who"), reading.read(audit.persons), index=None, key=f"{key}:person", placeholder=_("All"), width=170
        )
        event = st.selectbox(
            _("What was done"),
            sorted(words, key=words.__getitem__),
            index=None,
            format_func=words.__getitem__,
            key=f"{key}:event",
            placeholder=_("All"),
            width=260,
        )
        days = st.date_input(_("Days"), value=(), key=f"{key}:days", format="YYYY-MM-DD", width=225)
    # While a range is being chosen it has a first day only.
    first, last = (days[0], days[-1]) if isinstance(days, tuple) and len(days) == 2 else (None, None)
    return Asked(person, event, text.strip() or None, first, last)


def log(entries: pa.Table, *, key: str) -> None:
    """The entries; the chosen one whole, with its hash."""
    shown = replaced(
        entries,
        what=_said(said_event, entries["event"]),
        about=_said(said_object, entries["object"]),
        said=_said(said_detail, entries["detail"]),
    )
    place = choose_one(shown, _COLUMNS, key=key, alt=_("Audit log"))
    if place is None:
        st.caption(_("Choose a line to see the whole entry."))
        return
    entry = shown.slice(place, 1).to_pylist()[0]
    with st.container(border=True):
        facts(
            [
                (_("No."), number(entry["seq"])),
                (_("When"), entry["ts"].isoformat(timespec="milliseconds")),
                (_("Who"), entry["person"]),
                (_("What was done"), f"{entry['what']} ({entry['event']})"),
                (_("To what"), entry["object"]),
                (_("Hash"), entry["hash"]),
            ]
        )
        st.code(entry["detail"], language="json", wrap_lines=True)


def _said(write: object, column: pa.ChunkedArray) -> pa.Array:
    return pa.array([write(value) for value in column.to_pylist()], pa.string())  # type: ignore[operator]
