"""Who stands in for whom: an approver who will be away names a deputy between two days."""

from datetime import timedelta

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.password import password_field
from data.people import deputies
from data.people import store as people
from data.people.rules import ROLE_WORDS, Action, Event, Role, may
from data.words import _, day

_USUAL_DAYS = 7


def absences(who: viewer.Viewer) -> None:
    """Deputies now and to come; for an approver the form to name one and the way to take it back."""
    today = reading.today()
    found = reading.read(deputies.deputyships, today=today)
    for one in found:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(
                _(
                    "{name} approves for {approver} from {first} to {last}",
                    name=one.name,
                    approver=one.approver_name,
                    first=day(one.from_day),
                    last=day(one.to_day),
                )
            )
            if one.approver == who.actor.person_id and st.button(
                _("I am back"), key=f"back:deputy:{one.deputy_id}", icon=":material/undo:"
            ):
                with viewer.told():
                    with reading.writing() as tx:
                        deputies.end_deputy(tx, who.actor, deputy_id=one.deputy_id)
                    st.rerun()
    if not found:
        st.caption(_("Nobody stands in for anybody."))
    if who.may(Action.APPROVE):
        _form(who)


def _form(who: viewer.Viewer) -> None:
    today = reading.today()
    able = {
        one.person_id: f"{one.name} ({_(ROLE_WORDS[Role(one.role)])})"
        for one in reading.read(people.everyone)
        if one.active and may(Role(one.role), Action.DEPUTISE) and one.person_id != who.actor.person_id
    }
    with (
        st.form("deputy", border=False, clear_on_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        person = st.selectbox(
            _("Who approves for you"),
            list(able),
            index=None,
            format_func=able.get,
            placeholder=_("Choose a person"),
            key="deputy:person",
            width=240,
        )
        first = st.date_input(_("From"), today, min_value=today, key="deputy:from", width=150)
        last = st.date_input(
            _("To, the last day"), today + timedelta(_USUAL_DAYS), min_value=today, key="deputy:to", width=150
        )
        password = password_field("deputy")
        pressed = st.form_submit_button(_("I am away"), icon=":material/flight_takeoff:")
    if pressed and person is not None:
        with viewer.told():
            proof = viewer.proved(password, Event.DEPUTY_NAMED, f"person {person}")
            with reading.writing() as tx:
                deputies.name_deputy(tx, who.actor, person_id=person, from_day=first, to_day=last, password=proof)
            st.rerun()
