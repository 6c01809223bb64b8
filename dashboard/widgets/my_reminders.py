"""My reminders: what I am reminded of and nobody has settled, acknowledged or put off by me, and who stands in for me."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.plain import plain
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, listing
from dashboard.widgets.recipients import stands_in
from data.database import Row
from data.mails.rules import KIND_WORDS
from data.reminders import choosing, showing
from data.reminders import store as reminders
from data.reminders.showing import Mine
from data.reminders.wording_rules import STATE_WORDS, SUBJECT_WORDS, stage_words
from data.words import N_, _, day, moment, number, plural, told

KEY = "my_reminders:list"
_URGENT = {"urgent": N_("urgent")}
_STATE_COLOURS = {"due": "orange", "in_mail": "blue", "done": "gray", "snoozed": "violet"}
_REMINDERS = (
    Column("pressing", N_("Urgency"), "badge", words=_URGENT, colours={"urgent": "red"}, width=58, pinned=True),
    Column("subject", N_("About"), "word", words=SUBJECT_WORDS, width=115),
    Column("target", N_("Act by"), "date", width=92),
    Column("left", N_("Days left"), width=78),
    Column("on_date", N_("Ends"), "date", width=92),
    Column("open", N_("What"), "link", width=165),
    Column("terminal_id", N_("Terminal"), width=80),
    Column("merchant", N_("Merchant"), width=110),
    Column("when", N_("Reminded"), width=95),
    Column("state", N_("State"), "badge", words=STATE_WORDS, colours=_STATE_COLOURS, width=80),
)
# Where nothing on a page is of a card, what is said has the room.
_OF_CARDS = frozenset({"terminal_id", "merchant"})
_SAID = Column("open", N_("What"), "link", width=360)
# Where somebody stands in for another it says whose a reminder is.
_INSTEAD = Column("instead_of", N_("Instead of"), width=90)
# Where what is no card is settled: the page; its own number follows a "=".
_PLACES = {
    "review": "approvals",
    "batch": "batches?batch=",
    "payment": "payment_requests",
    "balance": "connections",
    "voucher": "vouchers",
    "notice": "notices?notice=",
    "offer": "expiry",
}
# Putting off is for days; nothing is put off past its last day (the store sees to that).
_USUAL_DAYS, _MOST_DAYS = 3, 60
_MAILS_SHOWN = 10


def figures(counted: Sequence[Mine]) -> None:
    """How many, how many are urgent, how many I have put off."""
    kpi_row(
        [
            Kpi(_("Waiting for me"), number(sum(one.reminders for one in counted))),
            Kpi(_("Urgent"), number(sum(one.urgent for one in counted)), _("a day left, or the number at stake")),
            Kpi(_("Put off"), number(sum(one.snoozed for one in counted))),
        ]
    )


def open_ones(who: viewer.Viewer, counted: Sequence[Mine]) -> None:
    """The list, to tick, and the bar that acknowledges or puts off."""
    person_id, today = who.actor.person_id, reading.today()
    counts = {one.subject: one.reminders for one in counted}
    with section(_("What I am reminded of"), _("the most pressing first")) as place:
        with place:
            subject = st.selectbox(
                _("About"),
                [code for code in SUBJECT_WORDS if code in counts],
                None,
                format_func=lambda code: f"{_(SUBJECT_WORDS[code])} · {number(counts[code])}",
                placeholder=_("All"),
                label_visibility="collapsed",
                key="my_reminders:subject",
                width=240,
            )
        total = counts[subject] if subject else sum(counts.values())
        above = st.container()
        limit, offset = tables.pager(total, key="my_reminders", about=subject)
        with above, st.skeleton(height=200):
            found = reading.fresh(showing.mine, person_id, today=today, subject=subject, limit=limit, offset=offset)
            ticked = listing(_shown(found), _columns(found), key=KEY, id_column="reminder_id", alt=_("My reminders"))
    if ticked:
        _bar(tuple(sorted(ticked)), who)


def _columns(found: pa.Table) -> list[Column]:
    columns = list(_REMINDERS)
    if not any(found["sim_id"].to_pylist()):
        columns = [_SAID if one.name == "open" else one for one in columns if one.name not in _OF_CARDS]
    if any(found["instead_of"].to_pylist()):
        columns.insert(2, _INSTEAD)
    return columns


def _shown(found: pa.Table) -> pa.Table:
    rows = found.to_pylist()
    texts = {
        "pressing": ["urgent" if row["urgent"] else None for row in rows],
        "left": [_left(row["days_left"]) for row in rows],
        "open": [_open(row) for row in rows],
        "when": [stage_words(row["subject"], row["stage"]) for row in rows],
    }
    return tables.replaced(found, **{name: pa.array(cells, pa.string()) for name, cells in texts.items()})


def _left(days: int) -> str:
    if days < 0:
        return plural("{count} day over", "{count} days over", -days)
    return plural("{count} day", "{count} days", days) if days else _("today")


def _open(row: Row) -> str:
    if row["iccid"]:
        return f"/sim?iccid={row['iccid']}#{row['iccid']}"
    said = told(row["said"]) if row["said"] else row["thing"]
    place = _PLACES[row["subject"]]
    return f"/{place}{row['thing'].partition(' ')[2] if place.endswith('=') else ''}#{said}"


def _bar(ids: tuple[int, ...], who: viewer.Viewer) -> None:
    count = len(ids)
    with st.bottom, st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            st.markdown("**" + plural("{count} reminder ticked", "{count} reminders ticked", count) + "**")
            st.button(
                _("Clear selection"),
                key="my_reminders:clear",
                type="tertiary",
                on_click=tables.clear_selection,
                args=(KEY,),
            )
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            with st.popover(_("Put off"), icon=":material/snooze:"):
                today = reading.today()
                until = st.date_input(
                    _("Remind me again on"),
                    today + timedelta(_USUAL_DAYS),
                    min_value=today + timedelta(1),
                    max_value=today + timedelta(_MOST_DAYS),
                    key="my_reminders:until",
                )
                st.caption(_("The day before it is too late you are reminded in any case."))
                if st.button(_("Put off until then"), type="primary", key="my_reminders:snooze"):
                    _done(who, reminders.snooze, reminder_ids=ids, until=until)
            label = plural("Acknowledge {count} reminder", "Acknowledge {count} reminders", count)
            if st.button(label, type="primary", icon=":material/done_all:", key="my_reminders:acknowledge"):
                _done(who, reminders.acknowledge, reminder_ids=ids)


def standing_in(who: viewer.Viewer, found: Sequence[Row]) -> None:
    """Who stands in for me, and for whom I am asked to."""
    own = next((row for row in found if row["person_id"] == who.actor.person_id), None)
    own_id = own and own["recipient_id"]
    with section(_("While I am away"), _("reminders go to somebody else once that person has said yes"), tall=True):
        for row in found:
            if own_id and row["deputy_id"] == own_id and stands_in(row):
                _asked(row, who)
        if own is None:
            return
        if now := stands_in(own):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.text(now)
                if st.button(_("I am back"), icon=":material/undo:", key="my_reminders:back"):
                    _done(who, choosing.end_hand_over, recipient_id=own["recipient_id"])
        else:
            _hand_over(own, [row for row in found if row["kind"] == "person" and row["active"]], who)


def _asked(row: Row, who: viewer.Viewer) -> None:
    until = _("{first} to {last}", first=day(row["deputy_from"]), last=day(row["deputy_until"]))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(_("{name} hands reminders over to you, {days}", name=row["name"], days=until))
        if row["deputy_accepted_at"]:
            st.badge(_("you said yes"), color="green")
        elif st.button(_("I take them"), type="primary", key=f"my_reminders:take:{row['recipient_id']}"):
            _done(who, choosing.accept_hand_over, recipient_id=row["recipient_id"])


def _hand_over(own: Row, people: Sequence[Row], who: viewer.Viewer) -> None:
    names = {row["recipient_id"]: row["name"] for row in people if row["recipient_id"] != own["recipient_id"]}
    today = reading.today()
    with (
        st.form("my_reminders:hand_over", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        deputy = st.selectbox(
            _("Who stands in"),
            list(names),
            None,
            format_func=names.get,
            placeholder=_("Choose a person"),
            key="my_reminders:deputy",
            width=200,
        )
        first = st.date_input(_("From"), today, min_value=today, key="my_reminders:from", width=150)
        last = st.date_input(
            _("To, the last day"), today + timedelta(7), min_value=today, key="my_reminders:to", width=150
        )
        pressed = st.form_submit_button(_("Hand over"), icon=":material/flight_takeoff:")
    if pressed and deputy is not None:
        told = {"recipient_id": own["recipient_id"], "deputy_id": deputy, "first": first, "last": last}
        _done(who, choosing.hand_over, **told)


def mails(who: viewer.Viewer) -> None:
    """What I was sent of late, to read again."""
    found = reading.fresh(showing.mails_to, who.actor.person_id, limit=_MAILS_SHOWN)
    with section(_("Sent to me"), _("the last mails, as they left"), tall=True):
        if not found:
            st.caption(_("No mail yet."))
        for mail in found:
            items = plural("{count} reminder", "{count} reminders", mail["items"])
            label = f"{moment(mail['ended_at'])} · {_(KIND_WORDS[mail['kind']])} · {items}"
            with st.expander(plain(label), icon=":material/mail:"):
                st.text(mail["body"] or _("Its text is no longer kept."))


def _done(who: viewer.Viewer, verb: Any, **what: Any) -> None:
    with viewer.told():
        with reading.writing() as tx:
            verb(tx, who.actor, **what)
        tables.clear_selection(KEY)
        st.rerun()
