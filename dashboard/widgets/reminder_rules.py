"""Rules of reminding as a table people edit: what it is about, how many days ahead, who hears of it, of which cards."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one
from data.database import Row
from data.people.rules import ROLE_WORDS, Action, Role
from data.reminders import choosing, showing
from data.reminders.rules import SUBJECTS
from data.reminders.wording_rules import HEARS_WORDS, KIND_WORDS, SUBJECT_WORDS, stages_words
from data.sims.wording_rules import CARRIER_WORDS
from data.words import N_, _, plural

_STANDINGS = {"on": N_("in force"), "off": N_("paused")}
_RULES = (
    Column("subject", N_("About"), "word", words=SUBJECT_WORDS, width=175, pinned=True),
    Column("when", N_("When"), width=305),
    Column("who", N_("Who hears of it"), width=200),
    Column("part", N_("Of which cards"), width=180),
    Column("standing", N_("Standing"), "badge", words=_STANDINGS, colours={"on": "green", "off": "gray"}, width=85),
)
_ROWS = pa.schema([(column.name, pa.string()) for column in _RULES])
# Who can be told by role: whoever may open the pages a mail leads to.
_ROLES = tuple(role for role in ROLE_WORDS if role not in {Role.SYSTEM, Role.DESK, Role.FIELD})
_MOST_STAGES = 60
# Once a rule is kept, the form for another is closed.
_FORM = "reminder-rule"


def rules(who: viewer.Viewer) -> None:
    """Every rule; the chosen one, or a new one, to edit for those who may."""
    found = reading.read(showing.rules)
    order = list(SUBJECTS)
    found = sorted(found, key=lambda row: (order.index(row["subject"]), row["rule_id"]))
    may = who.may(Action.KEEP_REMINDERS)
    caption = plural("{count} rule", "{count} rules", len(found))
    with section(_("Who hears of what"), f"{caption} · {_('choose a line to change it')}" if may else caption):
        chosen = None
        if found:
            chosen = choose_one(_shown(found), _RULES, key="reminders:rules", alt=_("Rules of reminding"))
        else:
            st.caption(_("No rule yet: nobody is reminded of anything. Add the first one."))
        # Under the table: over it the table's own buttons would cover it.
        adding = may and st.toggle(_("New rule"), key=f"reminders:new_rule:{viewer.form_key(_FORM)}")
    if adding:
        with section(_("New rule")):
            _form(None, who)
    elif may and chosen is not None:
        with section(_("Change this rule"), _(SUBJECT_WORDS[found[chosen]["subject"]])):
            _form(found[chosen], who)


def _shown(found: Sequence[Row]) -> pa.Table:
    rows = [
        {
            "subject": row["subject"],
            "when": stages_words(row["subject"], row["stages"]),
            "who": row["recipient"] or _hears(row["role"]),
            "part": _part(row),
            "standing": "on" if row["active"] else "off",
        }
        for row in found
    ]
    return pa.Table.from_pylist(rows, _ROWS)


def _hears(role: str) -> str:
    if role in HEARS_WORDS:
        return _(HEARS_WORDS[role])
    return _("everybody who is {role}", role=_(ROLE_WORDS[Role(role)]))


def _part(row: Row) -> str:
    carrier = row["carrier"] and _(CARRIER_WORDS.get(row["carrier"], row["carrier"]))
    named = [row["region"], row["branch"], row["agent"], row["merchant"], carrier]
    return " · ".join(filter(None, named)) or _("all")


def _form(row: Row | None, who: viewer.Viewer) -> None:
    key = f"reminders:rule:{row['rule_id'] if row else 'new'}"
    said: dict[str, Any] = dict(row or {})
    left, middle, right = st.columns([2, 3, 2])
    subjects = list(SUBJECTS)
    subject = left.selectbox(
        _("About"),
        subjects,
        subjects.index(said.get("subject", subjects[0])),
        format_func=lambda code: _(SUBJECT_WORDS[code]),
        key=f"{key}:subject",
    )
    usual = SUBJECTS[subject]
    label = _("Days ahead; 0 is the day itself, -1 a day overdue")
    if usual.unit == "percent":
        label = _("Percent of the quota")
    elif usual.event:
        label = _("0: when it happens; -3: three days after")
    stages = middle.text_input(
        label,
        said["stages"] if said.get("subject") == subject else usual.stages,
        max_chars=_MOST_STAGES,
        key=f"{key}:stages:{subject}",
    )
    told = _whom(right, f"{key}:who:{subject}", said, usual=usual.hears[0])
    part = _narrowed(key, said)
    with st.container(horizontal=True, vertical_alignment="center"):
        active = st.toggle(_("In force"), said.get("active", True), key=f"{key}:active")
        st.space("stretch")
        if row and st.button(_("Remove this rule"), icon=":material/delete:", key=f"{key}:drop"):
            _done(who, choosing.drop_rule, rule_id=row["rule_id"])
        if st.button(_("Keep"), type="primary", icon=":material/save:", key=f"{key}:keep"):
            about = {"rule_id": row["rule_id"] if row else None, "subject": subject, "stages": stages or ""}
            _done(who, choosing.keep_rule, **about, **told, **part, active=active)


def _whom(place: Any, key: str, said: dict[str, Any], *, usual: str) -> dict[str, Any]:
    names = {one["recipient_id"]: one for one in reading.read(showing.recipients)}
    codes: list[Any] = [*(role.value for role in _ROLES), *HEARS_WORDS, *names]
    before = said.get("role") or said.get("recipient_id") or usual
    codes += [before] if before not in codes else []

    def spoken(code: Any) -> str:
        if isinstance(code, str):
            return _hears(code)
        return f"{names[code]['name']} ({_(KIND_WORDS[names[code]['kind']])})"

    code = place.selectbox(_("Who hears of it"), codes, codes.index(before), format_func=spoken, key=key)
    return {
        "role": code if isinstance(code, str) else None,
        "recipient_id": None if isinstance(code, str) else code,
    }


def _narrowed(key: str, said: dict[str, Any]) -> dict[str, Any]:
    values, places = reading.read(showing.parts), st.columns(5)
    agents = dict(values.agents)

    def one(place: Any, name: str, label: str, options: Sequence[str], words: Any = str) -> str | None:
        known = [*options, *([said[name]] if said.get(name) and said[name] not in options else [])]
        at = known.index(said[name]) if said.get(name) else None
        chosen: str | None = place.selectbox(
            label, known, at, format_func=words, placeholder=_("All"), key=f"{key}:{name}"
        )
        return chosen

    carriers = values.carriers
    return {
        "region": one(places[0], "region", _("Region"), values.regions),
        "branch": one(places[1], "branch", _("Branch"), values.branches),
        "agent_no": one(places[2], "agent_no", _("Agent"), list(agents), lambda no: agents.get(no, no)),
        "carrier": one(places[3], "carrier", _("Carrier"), carriers, lambda code: _(CARRIER_WORDS.get(code, code))),
        "merchant_no": places[4].text_input(
            _("Merchant numbers"), said.get("merchant_no") or "", max_chars=2000, key=f"{key}:merchant_no"
        )
        or None,
    }


def _done(who: viewer.Viewer, verb: Any, **told: Any) -> None:
    with viewer.told():
        with reading.writing() as tx:
            verb(tx, who.actor, **told)
        viewer.new_form_key(_FORM)
        st.rerun()
