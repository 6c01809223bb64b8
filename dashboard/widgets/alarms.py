"""Alarms on the first page anybody opens: jobs that are not in order, and about money what was found, how often, where it is settled."""

from collections.abc import Sequence

import pyarrow as pa
import streamlit as st

from dashboard import reading
from dashboard.plain import plain
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, listing
from data.audit.store import VERIFY_JOB
from data.runs import store as runs
from data.runs.rules import ALARM_WORDS, Alarm
from data.sims import store as sims
from data.sims.rules import FINDING_KINDS
from data.words import N_, _, plural, spoken

# Where each kind of alarm is settled: the page, and its name in the menu.
_DESKS = {
    "money_theirs_only": ("reconciliation", N_("Reconciliation")),
    "money_duplicate": ("reconciliation", N_("Reconciliation")),
    "money_contradicted": ("reconciliation", N_("Reconciliation")),
    "money_differs": ("reconciliation", N_("Reconciliation")),
    "money_not_extended": ("verification", N_("Paid, not extended")),
    "money_no_answer": ("review", N_("Review desk")),
    "money_reply": ("review", N_("Review desk")),
}
# More jobs than this stay away for one reason.
_LINES = 3
# The others are about sending itself.
_ELSE = ("batches", N_("Batches"))
_ALARMS = (
    Column("kind", N_("Alarm"), "word", words=FINDING_KINDS, width=480),
    Column("count", N_("Count"), "count", width=90),
    Column("desk", N_("Settled on"), "link", width=200),
)


def shown() -> None:
    """Everything that is wrong with the house and its money; nothing while all is well."""
    found = reading.fresh(runs.alarms, now=reading.home().clock.now())
    # A log that was tampered with is everybody's business; what else is wrong with jobs the page Jobs tells.
    red_lines([alarm for alarm in found if alarm.job == VERIFY_JOB and alarm.kind == "failed"])
    others = sum(alarm.job != VERIFY_JOB or alarm.kind != "failed" for alarm in found)
    if others:
        told = plural("{count} job is not in order", "{count} jobs are not in order", others)
        st.error(told, icon=":material/schedule:")
        st.page_link("app_pages/jobs.py", label=_("Open the page Jobs"), icon=":material/arrow_forward:")
    money_alarms()


def red_lines(found: Sequence[Alarm]) -> None:
    """A line for each job that is not in order; one for all where the whole schedule stands still."""
    late = [alarm for alarm in found if alarm.kind == "late"]
    if len(late) > _LINES:
        told = plural("{count} job has not come round in time", "{count} jobs have not come round in time", len(late))
        st.error(f"**{_('The schedule stands still')}**: {told}", icon=":material/report:")
    for alarm in found if len(late) <= _LINES else [alarm for alarm in found if alarm.kind != "late"]:
        why = f" — {plain(spoken(alarm.why))}" if alarm.why else ""
        st.error(f"**{_(alarm.sentence)}**: {_(ALARM_WORDS[alarm.kind])}{why}", icon=":material/report:")


def money_alarms() -> None:
    """Open alarms by kind, in the order a person wants to hear of them; nothing while there are none."""
    counts = reading.read(sims.counted_findings)
    kinds = [kind for kind in FINDING_KINDS if kind in counts and kind.startswith("money_")]
    if not kinds:
        return
    rows = []
    for kind in kinds:
        page, title = _DESKS.get(kind, _ELSE)
        rows.append({"kind": kind, "count": counts[kind], "desk": f"/{page}#{_(title)}"})
    with section(_("Money alarms"), _("they close themselves when it matches, or when somebody settles them")):
        listing(pa.Table.from_pylist(rows), _ALARMS, key="today:alarms", alt=_("Money alarms"))
