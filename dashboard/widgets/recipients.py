"""Recipients of reminders: the table with the state of every address, one of them to change, and the proof of an address."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.plain import plain
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one
from dashboard.widgets.muting import mute_switch
from dashboard.widgets.sim_lists import MOST_TICKED, sim_bulk_bar, sim_export, sim_list
from data.database import Row
from data.mails import store as mails
from data.people import store as people
from data.people.rules import ROLE_WORDS, Action, Role, may
from data.reminders import choosing, showing
from data.reminders.wording_rules import ADDRESS_COLOURS, ADDRESS_WORDS, KIND_WORDS
from data.sims.filter import SimFilter
from data.words import LANGUAGES, N_, _, day, later, moment, told

_RECIPIENTS = (
    Column("name", N_("Recipient"), pinned=True, width=150),
    Column("kind", N_("Kind"), "word", words=KIND_WORDS, width=104),
    Column("address", N_("Address"), width=200),
    Column(
        "address_state", N_("Standing of the address"), "badge", words=ADDRESS_WORDS, colours=ADDRESS_COLOURS, width=155
    ),
    Column("part", N_("Which cards"), width=85),
    Column("waiting", N_("To be sent"), "count", width=70),
    Column("sent_at", N_("Last mail"), "moment", width=130),
    Column("quiet", N_("Quiet hours"), width=95),
    Column("lead", N_("Lead"), width=120),
    Column("stands_in", N_("Stands in"), width=230),
)
CODE_TEXT = N_("The code for this address is {code}. Whoever keeps the reminders types it in, and they come here.")
# Once somebody is kept, the form for another is closed.
_FORM = "recipient"
_MOST_NAME, _MOST_ADDRESS = 80, 200


def recipients(who: viewer.Viewer) -> None:
    """Everybody reminders go to; the chosen one, or a new one, to change for those who may."""
    found = reading.read(showing.recipients)
    may_keep = who.may(Action.KEEP_REMINDERS)
    caption = _("nothing goes to an address before the code mailed to it was typed in here")
    with section(_("Recipients"), caption):
        chosen = None
        if found:
            chosen = choose_one(_shown(found), _RECIPIENTS, key="reminders:recipients", alt=_("Recipients"))
        else:
            st.caption(_("Nobody yet. Add the colleagues first, then agents, branches and chat groups."))
        adding = may_keep and st.toggle(_("New recipient"), key=f"reminders:new_recipient:{viewer.form_key(_FORM)}")
    if adding:
        with section(_("New recipient")):
            _form(None, found, who)
    elif chosen is not None:
        _one(found[chosen], found, who)


def untold() -> None:
    """Cards of which somebody should have heard whose address takes no mail; nothing without any."""
    waiting = reading.fresh(mails.unreachable)
    if not waiting:
        return
    key, flt = "reminders:untold", SimFilter(sim_ids=tuple(sorted({row["sim_id"] for row in waiting})[:MOST_TICKED]))
    with section(_("SIMs nobody can be told of"), _("their mail waits for an address that takes it")) as place:
        with place:
            sim_export(flt, key=key)
        st.text(_("It is for: {names}", names=_(", ").join(sorted({row["recipient"] for row in waiting}))))
        sim_list(flt, key=key)
    sim_bulk_bar(key)


def _shown(found: Sequence[Row]) -> pa.Table:
    rows = [
        {
            **row,
            "address": row["address"] or row["secret_name"],
            "part": row["part"] or _("all"),
            "quiet": f"{row['quiet_from']:%H:%M}–{row['quiet_until']:%H:%M}" if row["quiet_from"] else None,
            "stands_in": stands_in(row),
        }
        for row in found
    ]
    schema = [(name, pa.string()) for name in ("name", "kind", "address", "address_state", "part", "quiet", "lead")]
    schema += [("stands_in", pa.string()), ("waiting", pa.int64()), ("sent_at", pa.timestamp("us", "UTC"))]
    return pa.Table.from_pylist(rows, pa.schema(schema))


def stands_in(row: Row) -> str | None:
    """Who gets this recipient's reminders for a while, and whether he has said yes; None: nobody."""
    if row["deputy_id"] is None or row["deputy_until"] < reading.today():
        return None
    said = (
        _("{name}, {first} to {last}")
        if row["deputy_accepted_at"]
        else _("{name}, {first} to {last}: has not said yes yet")
    )
    return said.format(name=row["deputy"], first=day(row["deputy_from"]), last=day(row["deputy_until"]))


def _one(row: Row, found: Sequence[Row], who: viewer.Viewer) -> None:
    with section(_("This recipient"), _(ADDRESS_WORDS[row["address_state"]])):
        st.text(f"{row['name']} · {row['address'] or row['secret_name'] or '–'}")
        if row["last_reply"]:
            st.caption(_("Its mail server said: {reply}", reply=plain(told(row["last_reply"]))))
        if row["address_state"] == "muted":
            st.caption(_("Muted since {at}: nothing but urgent mail goes there.", at=moment(row["address_since"])))
        if who.may(Action.KEEP_REMINDERS):
            mute_switch(row, who)
            if row["address"] and row["address_state"] not in {"verified", "muted"}:
                _prove(row, who)
            _form(row, found, who)


def _prove(row: Row, who: viewer.Viewer) -> None:
    key = f"reminders:address:{row['recipient_id']}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if st.button(
            _("Mail another code") if row["code_sent"] else _("Mail a code to it"),
            icon=":material/forward_to_inbox:",
            key=f"{key}:send",
        ):
            with viewer.told():
                with reading.writing() as tx:
                    code = choosing.send_code(tx, who.actor, recipient_id=row["recipient_id"])
                    said = later(CODE_TEXT, code=code)
                    mails.ask(tx, who.actor, recipient_id=row["recipient_id"], kind="verify", said=said)
                st.toast(_("The code is on its way"), icon=":material/forward_to_inbox:")
                st.rerun()
        if row["code_sent"]:
            code = st.text_input(
                _("Code from the mail"), max_chars=20, autocomplete="off", key=f"{key}:code", width=160
            )
            if st.button(_("Confirm the address"), type="primary", icon=":material/verified:", key=f"{key}:confirm"):
                _done(who, choosing.verify_address, address=row["address"], code=(code or "").strip())


def _form(row: Row | None, found: Sequence[Row], who: viewer.Viewer) -> None:
    key = f"reminders:recipient:{row['recipient_id'] if row else 'new'}"
    said: dict[str, Any] = dict(row or {})
    first, second, third = st.columns(3)
    kinds = list(KIND_WORDS)
    kind = said.get("kind") or first.selectbox(
        _("Kind"), kinds, format_func=lambda code: _(KIND_WORDS[code]), key=f"{key}:kind"
    )
    typed = _whoever(kind, first if row else second, key, said, found)
    where = third if row is None else second
    if kind == "chat":
        typed["secret_name"] = where.text_input(
            _("Where the bot's address is kept"),
            said.get("secret_name") or "",
            max_chars=_MOST_ADDRESS,
            placeholder="env:WECOM_BOT",
            help=_("env:, file: or secret: and a name; the address itself is never typed in here"),
            key=f"{key}:secret",
        )
    else:
        typed["address"] = where.text_input(
            _("Mail address"), said.get("address") or "", max_chars=_MOST_ADDRESS, key=f"{key}:address"
        )
    typed |= _habits(key, said, found, kind)
    with st.container(horizontal=True, vertical_alignment="center"):
        active = st.toggle(_("Gets reminders"), said.get("active", True), key=f"{key}:active")
        st.space("stretch")
        if st.button(_("Keep"), type="primary", icon=":material/save:", key=f"{key}:keep"):
            number = row["recipient_id"] if row else None
            _done(who, choosing.keep_recipient, recipient_id=number, kind=kind, **typed, active=active)


def _whoever(kind: str, place: Any, key: str, said: dict[str, Any], found: Sequence[Row]) -> dict[str, Any]:
    """Name, person and part, as the kind has them."""
    typed: dict[str, Any] = dict.fromkeys(("person_id", "part", "address", "secret_name"))
    if said:
        name = place.text_input(_("Name"), said["name"], max_chars=_MOST_NAME, key=f"{key}:name")
        return {**typed, "name": name, "person_id": said["person_id"], "part": said["part"]}
    if kind == "person":
        there = {row["person_id"] for row in found}
        persons = {
            one.person_id: one
            for one in reading.read(people.everyone)
            if one.active and one.person_id not in there and may(Role(one.role), Action.SEE)
        }
        chosen = place.selectbox(
            _("Colleague"),
            list(persons),
            None,
            format_func=lambda number: f"{persons[number].name} ({_(ROLE_WORDS[Role(persons[number].role)])})",
            placeholder=_("Choose a person"),
            key=f"{key}:person",
        )
        return {**typed, "person_id": chosen, "name": persons[chosen].name if chosen else ""}
    values = reading.read(showing.parts)
    if kind == "chat":
        return {**typed, "name": place.text_input(_("Name"), max_chars=_MOST_NAME, key=f"{key}:name")}
    named = dict(values.agents) if kind == "agent" else {branch: branch for branch in values.branches}
    part = place.selectbox(
        _("Agent") if kind == "agent" else _("Branch"),
        list(named),
        None,
        format_func=lambda code: named[code],
        placeholder=_("Choose whose cards"),
        key=f"{key}:part:{kind}",
    )
    return {**typed, "part": part, "name": named.get(part or "", "")}


def _habits(key: str, said: dict[str, Any], found: Sequence[Row], kind: str) -> dict[str, Any]:
    """Language, quiet hours and who learns of what is not acknowledged."""
    places = st.columns(4)
    languages = [None, *LANGUAGES]
    shown = {None: _("the person's own") if kind == "person" else _("of the house"), **LANGUAGES}
    others = {row["recipient_id"]: row["name"] for row in found if row["kind"] == "person"}
    others.pop(said.get("recipient_id"), None)
    lead = said.get("lead_id")
    return {
        "language": places[0].selectbox(
            _("Language"),
            languages,
            languages.index(said.get("language")),
            format_func=shown.get,
            key=f"{key}:language",
        ),
        "quiet_from": places[1].time_input(_("Quiet from"), said.get("quiet_from"), step=1800, key=f"{key}:quiet_from"),
        "quiet_until": places[2].time_input(
            _("Quiet until"), said.get("quiet_until"), step=1800, key=f"{key}:quiet_until"
        ),
        "lead_id": places[3].selectbox(
            _("Lead, told of what nobody acknowledges"),
            list(others),
            list(others).index(lead) if lead in others else None,
            format_func=others.get,
            placeholder=_("Nobody"),
            key=f"{key}:lead",
        ),
    }


def _done(who: viewer.Viewer, verb: Any, **what: Any) -> None:
    with viewer.told():
        with reading.writing() as tx:
            verb(tx, who.actor, **what)
        viewer.new_form_key(_FORM)
        st.rerun()
