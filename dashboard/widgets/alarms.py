"""Alarms about money, on the first page anybody opens: what was found, how often, and where it is settled."""

import pyarrow as pa

from dashboard import reading
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, listing
from data.sims import store as sims
from data.sims.rules import FINDING_KINDS
from data.words import N_, _

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
# The others are about sending itself.
_ELSE = ("batches", N_("Batches"))
_ALARMS = (
    Column("kind", N_("Alarm"), "word", words=FINDING_KINDS, width=480),
    Column("count", N_("Count"), "count", width=90),
    Column("desk", N_("Settled on"), "link", width=200),
)


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
