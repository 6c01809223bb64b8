"""What a comparison with carriers' statements found: alarms, figures, days, differences, and closing them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one, listing
from data.people.rules import Action
from data.renewals import store as renewals
from data.renewals.desk_rules import CLASSES, WHYS
from data.renewals.rules import STATE_WORDS
from data.renewals.store import StatementOf
from data.words import N_, _, number, plural, yuan

_MOST_NOTE = 500
_COLOURS = {"theirs_only": "red", "duplicate": "red", "amount_differs": "orange", "ours_only": "yellow"}
_MEANING = {
    "theirs_only": N_("Charged by the carrier, and nobody here ordered it"),
    "duplicate": N_("Charged more than once, or by us and by auto-renew"),
    "amount_differs": N_("Another amount, a refund, or a paper with another sum"),
    "ours_only": N_("We count it as bought, and no statement shows it"),
}
_DAYS = (
    Column("day", N_("Day"), "date", width=90, pinned=True),
    Column("account", N_("Account"), width=105),
    Column("ours", N_("Our orders"), "count", width=82),
    Column("ours_fen", N_("We count"), "yuan", width=82),
    Column("theirs", N_("Their lines"), "count", width=80),
    Column("theirs_fen", N_("They say"), "yuan", width=82),
    Column("matched", N_("Matched"), "count", width=72),
    Column("waiting", N_("Too early"), "count", width=75),
    Column("theirs_only", CLASSES["theirs_only"], "count", width=82),
    Column("duplicate", CLASSES["duplicate"], "count", width=80),
    Column("amount_differs", CLASSES["amount_differs"], "count", width=103),
    Column("ours_only", CLASSES["ours_only"], "count", width=80),
    Column("read_at", N_("Read at"), "moment", width=125),
)
_FOUND = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("class", N_("Difference"), "badge", words=CLASSES, colours=_COLOURS, width=110),
    Column("why", N_("What does not match"), "word", words={why: why for why in WHYS.values()}, width=290),
    Column("ours_fen", N_("We count"), "yuan", width=80),
    Column("theirs_fen", N_("They say"), "yuan", width=80),
    Column("off_fen", N_("Off by"), "yuan", width=80),
    Column("day", N_("Day"), "date", width=90),
    Column("account", N_("Account"), width=115),
    Column("st", N_("Renewal"), "word", words=STATE_WORDS, width=110),
    Column("open_batch", N_("Batch"), "link", width=65),
    Column("order_no", N_("Order or paper"), width=200),
    Column("carrier_ref", N_("Carrier's order number"), width=200),
    Column("terminal_id", N_("Terminal"), width=82),
    Column("merchant", N_("Merchant"), width=130),
    Column("found_at", N_("Found at"), "moment", width=125),
    Column("closer", N_("Settled by"), width=100),
    Column("closed_at", N_("Settled at"), "moment", width=125),
    Column("note", N_("Note"), width=200),
)
_STATEMENTS = (
    Column("account", N_("Account"), width=140),
    Column("payee", N_("Payee"), width=260),
    Column("said", N_("Statement"), width=420),
)
_TICKED = "reconciliation:found"


def account(statements: Sequence[StatementOf]) -> str | None:
    """The account to look at; None: all."""
    return st.selectbox(
        _("Account"),
        [one.account for one in statements],
        index=None,
        placeholder=_("All accounts"),
        key="reconciliation:account",
        label_visibility="collapsed",
        width=220,
    )


def alarm(found: Mapping[str, tuple[int, int]]) -> None:
    """What somebody has to hear at once: money that left and that nobody here ordered."""
    count, fen = found.get("theirs_only", (0, 0))
    if count:
        st.error(
            plural(
                "{count} charge that nobody here ordered: {sum}. Find out who did before anything else is ordered on that account.",
                "{count} charges that nobody here ordered: {sum}. Find out who did before anything else is ordered on those accounts.",
                count,
                sum=yuan(fen),
            ),
            icon=":material/warning:",
        )


def figures(found: Mapping[str, tuple[int, int]]) -> None:
    """The four classes: how many are open, and by how much they are off."""
    kpi_row(
        [
            Kpi(
                _(CLASSES[cls]),
                number(found.get(cls, (0, 0))[0]),
                delta=yuan(found[cls][1]) if cls in found else _("none"),
                good=False if cls in found else None,
                help=_(_MEANING[cls]),
            )
            for cls in CLASSES
        ]
    )


def compared_days(account: str | None, total: int) -> int | None:
    """One page of compared days; the day that was chosen."""
    place = st.container()
    limit, offset = tables.pager(total, key="reconciliation:days:pager", about=account)
    found = reading.read(renewals.compared_days, account=account, limit=limit, offset=offset)
    with place:
        row = choose_one(found, _DAYS, key=f"reconciliation:days:{account}:{offset}", alt=_("Compared days"))
    return None if row is None else int(found["id"][row].as_py())


def differences(account: str | None, day: int | None, who: viewer.Viewer) -> frozenset[int]:
    """The differences of an account, of a day or all of them, by class; the ticked ones."""
    with st.container(horizontal=True, vertical_alignment="center"):
        cls = st.segmented_control(
            _("Class"),
            list(CLASSES),
            format_func=lambda code: _(CLASSES[code]),
            key="reconciliation:class",
            label_visibility="collapsed",
        )
        settled = st.toggle(_("Settled ones"), key="reconciliation:settled")
    asked = {"open": not settled, "cls": cls, "account": account, "id": day}
    total = reading.read(renewals.count_differences, **asked)
    if total == 0:
        st.caption(_("Nothing is open here: what we count and what the carriers say agree."))
        return frozenset()
    place = st.container()
    limit, offset = tables.pager(total, key="reconciliation:pager", about=tuple(asked.values()))
    found = reading.read(renewals.differences, **asked, limit=limit, offset=offset)
    links = [None if batch is None else f"/batches?batch={batch}#{batch}" for batch in found["batch"].to_pylist()]
    tickable = not settled and who.may(Action.NOTE)
    with place:
        return listing(
            tables.replaced(found, open_batch=pa.array(links, pa.string())),
            _FOUND,
            key=_TICKED,
            alt=_("Differences"),
            id_column="difference_id" if tickable else None,
        )


def close(ticked: Collection[int], who: viewer.Viewer) -> None:
    """Settle the ticked differences with a word on how."""
    form = st.form("reconciliation:close", clear_on_submit=True, border=False)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input(_("How it was settled"), max_chars=_MOST_NOTE, width=420)
        label = plural("Settle {count} difference", "Settle {count} differences", len(ticked))
        pressed = st.form_submit_button(label, type="primary", icon=":material/task_alt:")
    if pressed:
        with viewer.told():
            with reading.writing() as tx:
                renewals.close_differences(tx, who.actor, differences=sorted(ticked), note=note)
            tables.clear_selection(_TICKED)
            st.rerun()


def without_statement(statements: Sequence[StatementOf]) -> None:
    """Accounts whose statement has never been read, or not of late, and why."""
    due = reading.today() - timedelta(days=2)
    never = [one for one in statements if one.last_day is None or one.last_day < due]
    if not never:
        return
    with section(_("Accounts without a fresh statement"), _("compare these by hand with their bills and papers")):
        rows = [{"account": one.account, "payee": one.payee, "said": _said(one)} for one in never]
        listing(
            pa.Table.from_pylist(rows),
            _STATEMENTS,
            key="reconciliation:never",
            alt=_("Accounts without a fresh statement"),
        )


def _said(one: StatementOf) -> str:
    if one.answer == "no":
        return _("Its connection tells no statement")
    if one.last_day is None:
        return _("No statement has been read yet")
    return _("The last one that could be read is of {day}", day=one.last_day)
