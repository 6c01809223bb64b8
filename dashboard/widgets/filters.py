"""The filters beside a table of SIMs, and the links that open a page with filters already set."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from data.sims.store import Choices

from dashboard import reading, viewer
from dashboard.widgets.pasting import paste_list
from dashboard.widgets.sims import carrier_words
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.sims.rules import JOIN_REPORT, QUICK, STATUS_WORDS
from data.words import _, number

# What a link may set, by the names of the address; anything else in an address is left alone.
_FROM_LINK = ("quick", "carrier", "account", "payee", "city", "report", "text", "from", "to")


def filter_url(page: str, **filters: Any) -> str:
    """The address of `page` with these filters set: quick, carrier, account, payee, city, report, text, from, to."""
    return f"/{page}?{urlencode({name: str(value) for name, value in filters.items() if value is not None})}"


def sim_filters(key: str, *, quick: bool = True, paste: bool = True) -> SimFilter:
    """Draw the filters of table `key` and return what they say; a link's filters are where they start."""
    link = {name: st.query_params[name] for name in _FROM_LINK if name in st.query_params}
    # Another link is another set of widgets: it must win over what was chosen before it was followed.
    place = f"{key}:{hash(tuple(link.items()))}" if link else key
    chosen = SimFilter(**_quick(place, link)) if quick else SimFilter()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = _in_row(place, link, chosen)
        chosen = _more(place, link, chosen)
    if report := link.get("report"):
        chosen = _report(report, chosen)
    if paste:
        chosen = replace(chosen, sim_ids=paste_list(f"{key}:paste"))
    return chosen


def _quick(place: str, link: dict[str, str]) -> dict[str, Any]:
    chosen = st.segmented_control(
        _("Quick filter"),
        list(QUICK),
        default=link.get("quick") if link.get("quick") in QUICK else None,
        format_func=lambda code: _(QUICK[code]),
        key=f"{place}:quick",
        label_visibility="collapsed",
        persist_state="session",
    )
    return {"quick": chosen}


def _in_row(place: str, link: dict[str, str], chosen: SimFilter) -> SimFilter:
    choices = reading.read(sims.choices)
    text = st.text_input(
        _("Contains"),
        value=link.get("text", ""),
        key=f"{place}:text",
        placeholder=_("Number, terminal, merchant, phone"),
        icon=":material/search:",
        persist_state="session",
        width=240,
    )
    carrier = _one(place, "carrier", _("Carrier"), choices.carriers, link, words=lambda code: carrier_words([code])[0])
    payee = _one(place, "payee", _("Payee"), choices.payees, link)
    agent = _one(
        place, "agent", _("Agent"), [key for key, name in choices.agents], link, words=dict(choices.agents).__getitem__
    )
    city = _one(place, "city", _("City"), choices.cities, link)
    return replace(chosen, text=text or None, carrier=carrier, payee=payee, agent_id=agent, city=city)


def _more(place: str, link: dict[str, str], chosen: SimFilter) -> SimFilter:
    choices = reading.read(sims.choices)
    set_before = viewer.kept(f"{place}:more", 0)
    label = _("More filters · {n}", n=number(set_before)) if set_before else _("More filters")
    with st.popover(label, icon=":material/filter_list:"):
        chosen = _in_popover(place, link, chosen, choices)
    now = sum(
        bool(value)
        for value in (
            chosen.statuses,
            chosen.account,
            chosen.plan_id,
            chosen.region,
            chosen.branch,
            chosen.network,
            chosen.brand,
            chosen.expires_from,
        )
    )
    if now != set_before:
        viewer.keep(f"{place}:more", now)
        st.rerun()
    return chosen


def _in_popover(place: str, link: dict[str, str], chosen: SimFilter, choices: Choices) -> SimFilter:
    statuses = st.multiselect(
        _("Status"),
        list(STATUS_WORDS),
        format_func=lambda code: _(STATUS_WORDS[code]),
        key=f"{place}:statuses",
        placeholder=_("All"),
        persist_state="session",
    )
    account = _one(place, "account", _("Account"), choices.accounts, link, width="stretch")
    plan = _one(
        place,
        "plan",
        _("Plan"),
        [key for key, name in choices.plans],
        link,
        words=dict(choices.plans).__getitem__,
        width="stretch",
    )
    region = _one(place, "region", _("Region"), choices.regions, link, width="stretch")
    branch = _one(place, "branch", _("Branch"), choices.branches, link, width="stretch")
    network = _one(place, "network", _("Network"), choices.networks, link, width="stretch")
    brand = _one(place, "brand", _("Terminal brand"), choices.brands, link, width="stretch")
    first, last = _days(place, link)
    return replace(
        chosen,
        statuses=tuple(statuses),
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
    place: str, name: str, label: str, options: Any, link: dict[str, str], *, words: Any = str, width: int | str = 150
) -> Any:
    known = list(options)
    return st.selectbox(
        label,
        known,
        index=known.index(link[name]) if link.get(name) in known else None,
        format_func=words,
        key=f"{place}:{name}",
        placeholder=_("All"),
        persist_state="session",
        width=width,
    )


def _report(kind: str, chosen: SimFilter) -> SimFilter:
    if kind not in JOIN_REPORT:
        return chosen
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(_(JOIN_REPORT[kind]), icon=":material/join:", color="blue")
        if st.button(_("Show all"), type="tertiary"):
            del st.query_params["report"]
            st.rerun()
    return replace(chosen, report=kind)


def looks_beyond_dates(flt: SimFilter) -> bool:
    """Whether the filter asks for something other than "what ends soon", which no horizon may hide."""
    asked = (flt.quick, flt.text, flt.report, flt.statuses, flt.expires_from, flt.expires_to)
    return any(asked) or flt.sim_ids is not None
