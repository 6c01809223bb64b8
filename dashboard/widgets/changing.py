"""What else can be ordered for SIMs than a renewal: stop, resume, another plan, add-on data; and for which of them."""

from dataclasses import dataclass
from datetime import date

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.pasting import paste_list
from dashboard.widgets.sim_lists import CHANGE_KIND, CHANGE_SELECTION, MOST_TICKED
from dashboard.widgets.sims import carrier_words
from data.plans import store as plans
from data.plans.store import Offer
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.words import N_, _, megabytes, number, plural, yuan

PASTED = "changes:paste"
# In the order of the field's own words: 停机, 复机, 套餐变更, 叠加包.
WANTED = {
    "suspend": (N_("Stop SIMs"), ":material/pause_circle:"),
    "resume": (N_("Resume SIMs"), ":material/play_circle:"),
    "plan-change": (N_("Change the plan"), ":material/swap_horiz:"),
    "add-on": (N_("Add-on data"), ":material/add_circle:"),
}
# Each SIM gets the one after those it had in this cycle, as long as they are no more than this.
_ONCE_MORE = 99
_PLANS = {"plan-change": "main", "add-on": "add-on"}
_SOURCES = {"selection": N_("Ticked SIMs"), "pasted": N_("Pasted list")}


@dataclass(frozen=True)
class Chosen:
    """What the person asks for."""

    kind: str  # a key of WANTED
    sim_ids: tuple[int, ...]  # at most MOST_TICKED, the ones to act on first
    plan_id: int | None = None
    seq: int = 1  # so many in one cycle in all

    @property
    def complete(self) -> bool:
        """Whether it can be looked up what this would do."""
        return bool(self.sim_ids) and (self.plan_id is not None or self.kind not in _PLANS)


def choose(*, today: date) -> Chosen:
    """Draw the controls; what they choose now."""
    arrived: SimFilter | None = viewer.kept(CHANGE_SELECTION)
    sent_for = viewer.kept(CHANGE_KIND, "suspend")
    sources = [source for source in _SOURCES if source != "selection" or arrived]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = st.segmented_control(
            _("What to do"),
            list(WANTED),
            default=sent_for,
            required=True,
            format_func=lambda code: f"{WANTED[code][1]} {_(WANTED[code][0])}",
            key=f"changes:what:{sent_for}",
        )
        source = st.segmented_control(
            _("Which SIMs"),
            sources,
            default=sources[0],
            required=True,
            format_func=lambda code: _(_SOURCES[code]),
            key=f"changes:source:{len(sources)}",
        )
        place = st.container(width="content")
    pasted = source == "pasted" or arrived is None
    # Once there is a list its box makes room for what would be ordered.
    asks = viewer.kept(f"{PASTED}:pasted") is None
    flt = SimFilter(sim_ids=paste_list(PASTED, open=asks) or ()) if pasted else arrived
    found = tuple(reading.read(sims.ids, flt, today=today, limit=MOST_TICKED + 1)) if flt.sim_ids != () else ()
    if len(found) > MOST_TICKED:
        st.warning(
            _("One batch holds at most {most} SIMs: these are the ones to act on first.", most=number(MOST_TICKED))
        )
    found = found[:MOST_TICKED]
    with place:
        plan_id, seq = _plan(kind, found, today=today), _seq(kind)
    return Chosen(kind, found, plan_id, seq)


def forget() -> None:
    """The SIMs have become a batch; the next choice begins anew."""
    for key in (CHANGE_SELECTION, CHANGE_KIND, f"{PASTED}:pasted"):
        viewer.forget(key)


def _plan(kind: str, sim_ids: tuple[int, ...], *, today: date) -> int | None:
    if kind not in _PLANS or not sim_ids:
        return None
    found = reading.read(plans.offers, kind=_PLANS[kind], sim_ids=sim_ids, today=today)
    if not found:
        st.caption(_("No such plan is known for these SIMs; import a list of plans and prices."))
        return None
    several = len({offer.carrier for offer in found}) > 1
    picked = st.selectbox(
        _("New plan") if kind == "plan-change" else _("Add-on"),
        found,
        index=None,
        format_func=lambda offer: _named(offer, with_carrier=several),
        placeholder=plural("Choose among {count} plan", "Choose among {count} plans", len(found)),
        key=f"changes:plan:{kind}",
        width=420,
    )
    return picked.plan_id if picked else None


def _named(offer: Offer, *, with_carrier: bool) -> str:
    facts = [
        offer.plan,
        carrier_words([offer.carrier])[0] if with_carrier else "",
        megabytes(offer.quota_bytes),
        plural("{count} month", "{count} months", offer.term_months) if offer.term_months else "",
        yuan(offer.price_fen) if offer.price_fen else "",
    ]
    return " · ".join(fact for fact in facts if fact)


def _seq(kind: str) -> int:
    again = kind == "add-on" and st.checkbox(
        _("Once more this month"),
        help=_("For SIMs that had one this month already; an approver has to say why"),
        key="changes:again",
    )
    return _ONCE_MORE if again else 1
