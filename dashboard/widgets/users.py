"""The parts of Users and rights: the register, one person's switches, the link made for them, the table of rights."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.password import password_field
from data.people import keeping
from data.people.passwords import Proof
from data.people.rules import ACTION_WORDS, MAY, ROLE_WORDS, Action, Event, Role
from data.people.store import MAX_NAME
from data.words import N_, _

_LINK, _STANDING = "users:link", "standing"
_STANDINGS = {
    "active": N_("can sign in"),
    "invited": N_("has a link, no password yet"),
    "waiting": N_("no password and no link"),
    "disabled": N_("disabled"),
}
_COLOURS = {"active": "green", "invited": "blue", "waiting": "orange", "disabled": "gray"}
_ROLES = {role.value: ROLE_WORDS[role] for role in Role if role is not Role.SYSTEM}
_PEOPLE = (
    Column("name", N_("Sign-in name"), pinned=True, width=200),
    Column("role", N_("Role"), "word", words=_ROLES, width=140),
    Column(_STANDING, N_("Standing"), "badge", words=_STANDINGS, colours=_COLOURS, width=220),
    Column("seen_at", N_("Last click"), "moment", width=150),
    Column("sessions", N_("Open sessions"), "count", width=110),
    Column("link_until", N_("Link lasts until"), "moment", width=150),
)


def register(rows: pa.Table) -> dict[str, Any] | None:
    """Everyone who can or could sign in; the chosen one."""
    standings = pa.array([_standing(row) for row in rows.to_pylist()], pa.string())
    place = choose_one(tables.replaced(rows, **{_STANDING: standings}), _PEOPLE, key="users:people", alt=_("People"))
    return None if place is None else rows.slice(place, 1).to_pylist()[0]


def _standing(row: dict[str, Any]) -> str:
    if not row["active"]:
        return "disabled"
    if row["has_password"]:
        return "active"
    return "invited" if row["link_until"] else "waiting"


def invitation(who: viewer.Viewer) -> None:
    """Make somebody; they choose their password through a link."""
    with (
        st.popover(_("New person"), icon=":material/person_add:", key="users:new:popover"),
        st.form("users:new", border=False),
    ):
        name = st.text_input(_("Sign-in name"), max_chars=MAX_NAME, key="users:new:name", autocomplete="off")
        role = st.selectbox(_("Role"), list(_ROLES), format_func=lambda code: _(_ROLES[code]), key="users:new:role")
        password = password_field("users:new")
        if st.form_submit_button(_("Make the link"), type="primary", key="users:new:make"):
            _with_link(name.strip(), Event.PERSON_ADDED, password, lambda proof: _invited(who, name, role, proof))


def _invited(who: viewer.Viewer, name: str, role: str, proof: Proof) -> str:
    with reading.writing() as tx:
        return keeping.invite(tx, who.actor, name=name.strip(), role=Role(role), password=proof)


def _with_link(name: str, event: Event, password: str, make: Callable[[Proof], str]) -> None:
    with viewer.told():
        token = make(viewer.proved(password, event, f"person {name}"))
        viewer.keep(_LINK, (name, f"{reading.home().settings.public_url}/reset?token={token}"))
        st.rerun()


def link_just_made() -> None:
    """The link made a moment ago, until whoever made it has taken it down. It is shown this once: nothing keeps it."""
    made = viewer.kept(_LINK)
    if made is None:
        return
    name, link = made
    with st.container(border=True):
        st.text(_("For {name}: hand this link over in person or by telephone. It works once, for 24 hours.", name=name))
        st.code(link, language=None)
        if st.button(_("I have it"), icon=":material/done:", key="users:link:taken"):
            viewer.forget(_LINK)
            st.rerun()


def one_person(row: dict[str, Any], who: viewer.Viewer) -> None:
    """What may be done with one person; nothing with oneself."""
    with section(_("One person"), _(_ROLES[row["role"]])):
        st.text(row["name"])
        if row["person_id"] == who.actor.person_id:
            st.caption(_("This is yourself: another administrator has to do it"))
            return
        key = f"users:{row['person_id']}"
        with st.form(key, border=False), st.container(horizontal=True, vertical_alignment="bottom"):
            codes = list(_ROLES)
            role = st.selectbox(
                _("Role"), codes, index=codes.index(row["role"]), format_func=lambda code: _(_ROLES[code]), width=200
            )
            password = password_field(key)
            change = st.form_submit_button(_("Change the role"), icon=":material/badge:")
            reset = st.form_submit_button(_("Reset the password"), icon=":material/key:", disabled=not row["active"])
            off = row["active"] and st.form_submit_button(_("Disable"), icon=":material/person_off:")
            on = not row["active"] and st.form_submit_button(_("Enable"), icon=":material/person_check:")
        st.caption(_("Another role, a reset and a stop end every session of this person at once."))
    person_id, name = row["person_id"], row["name"]
    if reset:
        _with_link(name, Event.LINK_MADE, password, lambda proof: _reset(who, person_id, proof))
    elif change:
        _act(who, name, Event.PERSON_ROLE_CHANGED, password, keeping.set_role, person_id=person_id, role=Role(role))
    elif off:
        _act(who, name, Event.PERSON_DISABLED, password, keeping.disable, person_id=person_id)
    elif on:
        _act(who, name, Event.PERSON_ENABLED, password, keeping.enable, person_id=person_id)


def _reset(who: viewer.Viewer, person_id: int, proof: Proof) -> str:
    with reading.writing() as tx:
        return keeping.reset(tx, who.actor, person_id=person_id, password=proof)


def _act(
    who: viewer.Viewer, name: str, event: Event, password: str, verb: Callable[..., None], **what: int | Role
) -> None:
    with viewer.told():
        proof = viewer.proved(password, event, f"person {name}")
        with reading.writing() as tx:
            verb(tx, who.actor, password=proof, **what)
        st.rerun()


def rights() -> None:
    """The table of who may do what, as the stores read it."""
    roles = [role for role in ROLE_WORDS if role is not Role.SYSTEM]
    rows = [
        {"action": _(ACTION_WORDS[action]), **{role.value: "✓" if role in MAY[action] else "" for role in roles}}
        for action in ACTION_WORDS
        if action is not Action.WORK
    ]
    columns = [Column("action", N_("Right"), pinned=True, width=320)]
    columns += [Column(role.value, ROLE_WORDS[role], width=100) for role in roles]
    listing(pa.Table.from_pylist(rows), columns, key="users:rights", alt=_("What each role may do"))
