"""The filters beside a table of SIMs, and the links that open a page with filters already set."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.pasting import paste_list
from dashboard.widgets.sims import carrier_words
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.sims.store import Choices
from data.sims.wording_rules import DECISION_WORDS, JOIN_REPORT, LISTS, QUICK, STATUS_WORDS
from data.words import _, number

# The lines of the join report and the lists of the Today page: what a link may narrow to by name.
REPORTS = JOIN_REPORT | LISTS
# What a link may set, by the names of the address; anything else in an address is left alone.
_FROM_LINK = ("quick", "carrier", "account", "payee", "city", "report", "decision", "text", "from", "to")

# The filters that stand in the popover, by their widgets.
_INSIDE = ("statuses", "decision", "account", "plan", "region", "branch", "network", "brand", "days")


def filter_url(page: str, **filters: Any) -> str:
    """The address of `page` with these filters set: those of _FROM_LINK."""
    return f"/{page}?{urlencode({name: str(value) for name, value in filters.items() if value is not None})}"


def sim_filters(key: str, *, quick: bool = True, paste: bool = True) -> SimFilter:
    """Draw the filters of list `key` and return what they say; a link's filters are where they start."""
    link = {name: st.query_params[name] for name in _FROM_LINK if name in st.query_params}
    # Another link is another set of widgets: it must win over what was chosen before it was followed.
    place = f"{key}:{hash(tuple(link.items()))}" if link else key
    chosen = SimFilter()
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"):
        if quick:
            chosen = replace(chosen, quick=_quick(place, link))
        with st.container(horizontal=True, width="content", gap="small"):
            chosen = _more(place, link, chosen)
            if paste:
                chosen = replace(chosen, sim_ids=paste_list(f"{key}:paste"))
    chosen = _in_row(place, link, chosen)
    return _report(link["report"], chosen) if link.get("report") in REPORTS else chosen


def _quick(place: str, link: dict[str, str]) -> str | None:
    chosen: str | None = st.segmented_control(
        _("Quick filter"),
        list(QUICK),
        default=link.get("quick") if link.get("quick") in QUICK else None,
        format_func=lambda code: _(QUICK[code]),
        key=f"{place}:quick",
        label_visibility="collapsed",
        persist_state="session",
    )
    return chosen


def _in_row(place: str, link: dict[str, str], chosen: SimFilter) -> SimFilter:
    choices = reading.read(sims.choices)
    agents = dict(choices.agents)
    columns = st.columns([2, 1, 1, 1, 1])
    with columns[0]:
        text = st.text_input(
            _("Contains"),
            value=link.get("text", ""),
            key=f"{place}:text",
            placeholder=_("Number, terminal, merchant, phone"),
            icon=":material/search:",
            label_visibility="collapsed",
            persist_state="session",
        )
    with columns[1]:
        carrier = _one(
            place, "carrier", _("Carrier"), choices.carriers, link, words=lambda code: carrier_words([code])[0]
        )
    with columns[2]:
        payee = _one(place, "payee", _("Payee"), choices.payees, link)
    with columns[3]:
        agent = _one(place, "agent", _("Agent"), agents, link, words=agents.__getitem__)
    with columns[4]:
        city = _one(place, "city", _("City"), choices.cities, link)
    return replace(chosen, text=text or None, carrier=carrier, payee=payee, agent_id=agent, city=city)


def _more(place: str, link: dict[str, str], chosen: SimFilter) -> SimFilter:
    in_force = sum(bool(viewer.kept(f"{place}:{name}")) for name in _INSIDE)
    label = _("More filters · {n}", n=number(in_force)) if in_force else _("More filters")
    with st.popover(label, icon=":material/filter_list:", key=f"{place}:more"):
        return _in_popover(place, link, chosen, reading.read(sims.choices))


def _in_popover(place: str, link: dict[str, str], chosen: SimFilter, choices: Choices) -> SimFilter:
    statuses = st.multiselect(
        _("Status"),
        list(STATUS_WORDS),
        format_func=lambda code: _(STATUS_WORDS[code]),
        key=f"{place}:statuses",
        placeholder=_("All"),
        persist_state="session",
    )
    plans = dict(choices.plans)
    decision = _one(
        place,
        "decision",
        _("Decision"),
        DECISION_WORDS,
        link,
        words=lambda code: _(DECISION_WORDS[code]),
        inside=True,
    )
    account = _one(place, "account", _("Account"), choices.accounts, link, inside=True)
    plan = _one(
        place,
        "plan",
        _("Plan"),
        plans,
        link,
        words=plans.__getitem__,
        inside=True,
    )
    region = _one(place, "region", _("Region"), choices.regions, link, inside=True)
    branch = _one(place, "branch", _("Branch"), choices.branches, link, inside=True)
    network = _one(place, "network", _("Network"), choices.networks, link, inside=True)
    brand = _one(place, "brand", _("Terminal brand"), choices.brands, link, inside=True)
    first, last = _days(place, link)
    return replace(
        chosen,
        statuses=tuple(statuses),
        decision=decision,
        account=account,
        plan_id=plan,
        region=region,
        branch=branch,
        network=network,
        brand=brand,
        expires_from=first,
        expires_to=last,
    )


def _days(place: str, link: dict[str, str]) -> tuple[date | None, date | None]:
    start = tuple(date.fromisoformat(link[name]) for name in ("from", "to") if name in link)
    days = st.date_input(
        _("Expires between"), value=start, key=f"{place}:days", format="YYYY-MM-DD", persist_state="session"
    )
    found = tuple(days) if isinstance(days, tuple) else (days,)
    return (found[0], found[1]) if len(found) == 2 else (None, None)


def _one(
    place: str, name: str, label: str, options: Any, link: dict[str, str], *, words: Any = str, inside: bool = False
) -> Any:
    known = list(options)
    return st.selectbox(
        label,
        known,
        index=known.index(link[name]) if link.get(name) in known else None,
        format_func=words,
        key=f"{place}:{name}",
        placeholder=_("All") if inside else label,
        label_visibility="visible" if inside else "collapsed",
        persist_state="session",
    )


def _report(kind: str, chosen: SimFilter) -> SimFilter:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(_(REPORTS[kind]), icon=":material/join:", color="blue")
        if st.button(_("Show all"), type="tertiary"):
            del st.query_params["report"]
            st.rerun()
    return replace(chosen, report=kind)


def money_to_come(flt: SimFilter) -> SimFilter:
    """`flt` without what is not renewed, unless it asks for cards by a decision, a list, their numbers or names."""
    asks = flt.decision or flt.report or flt.text or flt.sim_ids is not None
    return flt if asks else replace(flt, decision="to_come")


def looks_beyond_dates(flt: SimFilter) -> bool:
    """Whether the filter asks for something other than "what ends soon", which no horizon may hide."""
    asked = (flt.quick, flt.text, flt.report, flt.statuses, flt.expires_from, flt.expires_to)
    return any(asked) or flt.decision not in (None, "to_come") or flt.sim_ids is not None
