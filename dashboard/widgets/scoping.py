"""What part of the fleet a person sees, as lines to type: regions, branches, agents, merchants."""

import re
from typing import Any

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.heads import section
from dashboard.widgets.password import password_field
from data.people import scopes
from data.people.rules import Event, Role
from data.people.scope_rules import KINDS, SCOPED_ROLES, Scope
from data.words import _

# One value a line, or several between commas of either kind of writing.
_BETWEEN = re.compile(r"[\n,，;；、]+")
_MOST = 4_000


def scope_form(row: dict[str, Any], who: viewer.Viewer) -> None:
    """One person's part of the fleet, for roles that may have one; nothing for others and for oneself."""
    if Role(row["role"]) not in SCOPED_ROLES or row["person_id"] == who.actor.person_id:
        return
    key, before = f"scope:{row['person_id']}", reading.fresh(scopes.of, row["person_id"])
    caption = _("one value a line; nothing at all: the whole fleet. It holds for lists, counts, searches and exports")
    with section(_("Part of the fleet"), caption), st.form(key, border=False):
        with st.container(horizontal=True):
            typed = {kind: _values(kind, getattr(before, kind)) for kind in KINDS}
        with st.container(horizontal=True, vertical_alignment="bottom"):
            password = password_field(key)
            pressed = st.form_submit_button(_("Let this be seen"), icon=":material/visibility:", key=f"{key}:give")
    if pressed:
        with viewer.told():
            proof = viewer.proved(password, Event.SCOPE_GIVEN, f"person {row['name']}")
            with reading.writing() as tx:
                scopes.give(tx, who.actor, person_id=row["person_id"], scope=Scope(**typed), password=proof)
            st.success(_("From the next click on this is what this person sees."), icon=":material/done:")


def _values(kind: str, before: tuple[str, ...]) -> tuple[str, ...]:
    typed = st.text_area(_(KINDS[kind]), "\n".join(before), max_chars=_MOST, height=110, width=220) or ""
    return tuple(dict.fromkeys(value.strip() for value in _BETWEEN.split(typed) if value.strip()))
