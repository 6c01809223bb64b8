"""Which SIMs to renew and for how long: what was selected on Expiry, what falls due, or a pasted list."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import reading, viewer
from dashboard.widgets.filters import sim_filters
from dashboard.widgets.pasting import paste_list
from dashboard.widgets.sim_lists import MOST_TICKED, RENEW_SELECTION
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.words import N_, _, number, plural

# The first article asks for the card type first: GPRS (2G), 3G or 4G.
_NETWORKS = ("2G", "3G", "4G", "5G", "NB")
PASTED = "renew:paste"
# 0: each plan's own term. A number that is no multiple of a plan's term is refused line by line.
_TERMS = (0, 1, 3, 6, 12, 24, 36)
_SOURCES = {"selection": N_("Ticked SIMs"), "due": N_("Due list"), "pasted": N_("Pasted list")}


@dataclass(frozen=True)
class Chosen:
    """What the person asks a price for."""

    sim_ids: tuple[int, ...]  # at most MOST_TICKED, the ones to act on first
    months: int | None  # None: each plan's own term


def choose(*, today: date) -> Chosen:
    """Draw the controls; what they choose now."""
    arrived: SimFilter | None = viewer.kept(RENEW_SELECTION)
    sources = [source for source in _SOURCES if source != "selection" or arrived]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = st.segmented_control(
            _("Which SIMs"),
            sources,
            default=sources[0],
            required=True,
            format_func=lambda code: _(_SOURCES[code]),
            key=f"renew:source:{len(sources)}",
        )
        network = st.segmented_control(_("Card type"), _NETWORKS, key="renew:network")
        months = st.selectbox(_("For how long"), _TERMS, format_func=_term, key="renew:months", width=190)
        within = st.container(width="content")
    flt = {"due": lambda: _due(within, today), "pasted": _pasted}.get(source, lambda: arrived)()
    flt = replace(flt, network=network) if network else flt
    found = tuple(reading.read(sims.ids, flt, today=today, limit=MOST_TICKED + 1)) if flt.sim_ids != () else ()
    if len(found) > MOST_TICKED:
        most = number(MOST_TICKED)
        st.warning(_("One batch holds at most {most} SIMs: these are the ones to act on first.", most=most))
    return Chosen(found[:MOST_TICKED], months or None)


def forget() -> None:
    """The ticked and the pasted list have become a batch; the next choice begins anew."""
    viewer.forget(RENEW_SELECTION)
    viewer.forget(f"{PASTED}:pasted")


def _due(place: DeltaGenerator, today: date) -> SimFilter:
    usual = reading.home().settings.due_days
    days = place.number_input(_("Expiring within days"), 0, 366, usual, key="renew:days", width=160)
    last = today + timedelta(days)
    flt = sim_filters("renew:due", quick=False, paste=False)
    return replace(flt, expires_to=min(last, flt.expires_to or last))


def _pasted() -> SimFilter:
    return SimFilter(sim_ids=paste_list(PASTED, open=True) or ())


def _term(months: int) -> str:
    return plural("{count} month", "{count} months", months) if months else _("The plan's own term")
