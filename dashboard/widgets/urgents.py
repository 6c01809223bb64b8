"""The urgent lane on the pages: the offer to renew a few stopped cards at once, and the look a checker takes afterwards."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.approving import may_approve
from dashboard.widgets.password import password_field
from data.people.rules import Event
from data.renewals import store as renewals
from data.renewals.rules import BATCH_WORDS
from data.renewals.store import Preview, Proposed
from data.words import _, moment, plural, yuan

_UNSEEN_SHOWN = 20


def urgent_offer(wish: Mapping[str, Any], preview: Preview, who: viewer.Viewer) -> Proposed | None:
    """Where every chosen card is stopped and within the lane's limits: renew them at once; what came of it."""
    home, sim_ids = reading.home(), tuple(wish["sim_ids"])
    lane = reading.read(renewals.lane, settings=home.settings, today=reading.today())
    fits = preview.items and len(sim_ids) <= lane.cards and preview.amount_fen <= lane.amount_fen
    if not fits or not reading.read(renewals.all_stopped, sim_ids):
        return None
    label = plural("Renew {count} SIM at once", "Renew {count} SIMs at once", preview.items)
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        with st.container(gap="xxsmall"):
            st.badge(_("urgent"), icon=":material/bolt:", color="red")
            st.caption(_("All of these have stopped: you alone may renew them now. A checker looks at it afterwards."))
        password = password_field("urgent")
        if not st.button(f"{label} · {yuan(preview.amount_fen)}", icon=":material/bolt:", key="urgent:order"):
            return None
    with viewer.told():
        form_key = viewer.form_key("renew")
        proof = viewer.proved(password, Event.URGENT_ORDERED, form_key)
        with reading.writing() as tx:
            return renewals.order_urgently(
                tx,
                who.actor,
                sim_ids=sim_ids,
                months=wish["months"],
                form_key=form_key,
                settings=home.settings,
                password=proof,
            )
    return None


def urgents_to_see(who: viewer.Viewer) -> None:
    """Urgent batches nobody has looked at; another person than the maker says that he has."""
    found = reading.read(renewals.unseen, limit=_UNSEEN_SHOWN).to_pylist()
    if not found:
        st.caption(_("No urgent renewal waits for a look."))
    for row in found:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(gap="xxsmall", width="content"):
                said = [
                    _("Batch {batch}", batch=row["id"]),
                    plural("{count} SIM", "{count} SIMs", row["items"]),
                    yuan(row["amount_fen"]),
                    _("made by {name}, {when}", name=row["maker"], when=moment(row["approved_at"])),
                    _(BATCH_WORDS[row["state"]]),
                ]
                st.text(" · ".join(said))
                st.text(" · ".join(part for part in (row["cards"], row["note"]) if part))
            if may_approve(who, row["maker"]) and st.button(
                _("I have looked at it"), key=f"seen:{row['id']}", icon=":material/visibility:"
            ):
                with viewer.told():
                    with reading.writing() as tx:
                        renewals.see_urgent(tx, who.actor, batch=row["id"])
                    st.rerun()
