"""What a batch would do, SIM by SIM: price, old and new expiry, warnings; and what is refused, by reason."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one, listing
from data.people import store as people
from data.people.rules import Action, Role, may
from data.renewals import store as renewals
from data.renewals.rules import REFUSALS
from data.renewals.store import Preview, Proposed, Which
from data.sims.rules import CARRIER_WORDS, STATUS_WORDS
from data.words import N_, _, number, plural, yuan

# A remark is read by the approver and stands in the records; a page of text would be a letter.
_MOST_REMARK = 200

_WHAT = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=168),
    Column("terminal_id", N_("Terminal"), width=84),
    Column("merchant", N_("Merchant"), width=150),
    Column("plan", N_("Plan"), width=150),
)
_WHERE = (
    Column("carrier", N_("Carrier"), "word", words=CARRIER_WORDS, width=105),
    Column("account", N_("Account"), width=115),
)
LINES = (
    *_WHAT,
    Column("months", N_("Months"), "count", width=62),
    Column("amount_fen", N_("Price"), "yuan", width=80),
    Column("old_expiry", N_("Expires"), "date", width=92),
    Column("new_expiry", N_("New expiry"), "date", width=92),
    *_WHERE,
    Column("warning", N_("To think of"), "word", width=420),
)
_ASIDE = (
    Column("status", N_("State"), "word", words=STATUS_WORDS, width=92),
    Column("expires_on", N_("Expires"), "date", width=92),
)
_CARD = (*_WHAT[:3], Column("card_plan", N_("Plan"), width=150))
_THINK = Column("warning", N_("To think of"), "word", width=300)
_BOUGHT = Column("amount_fen", N_("Price"), "yuan", width=80)
# What a line says where no expiry moves.
CHANGES = {
    "add-on": (*_CARD, Column("plan", N_("Add-on"), width=150), _BOUGHT, *_ASIDE, *_WHERE, _THINK),
    "plan-change": (*_CARD, Column("plan", N_("New plan"), width=150), *_ASIDE, *_WHERE, _THINK),
    "recharge": (*_CARD, _BOUGHT, *_ASIDE, *_WHERE, _THINK),
    "suspend": (*_CARD, *_ASIDE, *_WHERE, _THINK),
    "resume": (*_CARD, *_ASIDE, *_WHERE, _THINK),
}
_REFUSED = (
    *_WHAT[:3],
    Column("card_plan", N_("Plan"), width=150),
    *_ASIDE,
    Column("refusal", N_("Why not"), "word", words=REFUSALS, width=330),
    Column("why", N_("The connection says"), "word", width=220),
    Column("in_batch", N_("In batch"), "count", width=80),
    *_WHERE,
)
_REASONS = (
    Column("refusal", N_("Why not"), "word", words=REFUSALS, width=560),
    Column("sims", N_("SIMs"), "count", width=90),
)


def figures(preview: Preview, *, kind: str = "renew") -> None:
    """How many, how much, how many not."""
    renewing = kind == "renew"
    asks = Kpi(
        _("Need the approver's word"),
        number(preview.far),
        delta=yuan(preview.far_fen) if preview.far else None,
        help=_("They expire more than 60 days from now and may have been renewed elsewhere"),
    )
    kpi_row(
        [
            Kpi(_("SIMs to renew") if renewing else _("SIMs to order for"), number(preview.items)),
            Kpi(_("Sum"), yuan(preview.amount_fen)),
            Kpi(
                _("Refused") if renewing else _("Not possible"),
                number(sum(preview.refused.values())),
                help=_("They stay out of the batch; each says why"),
            ),
            *([asks] if renewing else []),
        ]
    )


def lines(preview: Preview, wish: Mapping[str, Any], *, today: date, key: str = "renew") -> None:
    """The lines in three lists, a page at a time: to order, those that expire far ahead, those refused.

    `wish`: fields of Wish (data/renewals/previewing.py).
    """
    kind = wish.get("kind", "renew")
    lists: dict[Which, tuple[str, int]] = {
        "to_renew": (_("To renew") if kind == "renew" else _("To order"), preview.items),
        "far": (_("More than 60 days ahead"), preview.far),
        "refused": (_("Refused") if kind == "renew" else _("Not possible"), sum(preview.refused.values())),
    }
    if kind != "renew":
        del lists["far"]
    which = st.segmented_control(
        _("Lines"),
        list(lists),
        default="to_renew" if preview.items else "refused",
        required=True,
        format_func=lambda code: f"{lists[code][0]} · {number(lists[code][1])}",
        key=f"{key}:view",
        label_visibility="collapsed",
    )
    total, reason = lists[which][1], None
    if which == "refused" and total:
        reason = _one_reason(preview.refused, key=key)
        total = preview.refused[reason] if reason else total
    place = st.container()
    limit, offset = tables.pager(total, key=f"{key}:lines", about=(which, reason, total))
    found = reading.read(
        renewals.preview_lines, **wish, today=today, which=which, reason=reason, limit=limit, offset=offset
    )
    with place:
        columns = _REFUSED if which == "refused" else CHANGES.get(kind, LINES)
        listing(
            _without_empty(found, "why", "warning"), columns, key=f"{key}:{which}", alt=_("The lines of this batch")
        )


def _without_empty(found: pa.Table, *names: str) -> pa.Table:
    """Without columns that say nothing in any line."""
    return found.drop([name for name in names if found[name].null_count == found.num_rows])


def submit(preview: Preview, wish: Mapping[str, Any], who: viewer.Viewer, *, key: str = "renew") -> None:
    """The bar that hands the batch over; pressed, the page turns to what was handed over."""
    if not preview.items:
        return
    pressed, remark = _bar(preview, key=key)
    if not pressed:
        return
    with viewer.told():
        with reading.writing() as tx:
            made = renewals.propose(tx, who.actor, **wish, form_key=viewer.form_key(key), note=remark)
        if made.batch is None:
            st.warning(_("None of these can be ordered any more; look again at why."))
            st.stop()
        hand_over(made, key=key)


def hand_over(made: Proposed, *, key: str = "renew") -> None:
    """Turn the page to what `head` shows of it."""
    viewer.keep(f"{key}:proposed", made)
    st.rerun()


def head(who: viewer.Viewer, *, key: str = "renew", forget: Callable[[], None]) -> None:
    """What this session has handed over, instead of the rest of the page, until the person wants to choose more.

    `forget` drops what was chosen.
    """
    proposed = viewer.kept(f"{key}:proposed")
    if proposed is None:
        return
    if _handed_over(proposed, who, key=key):
        # Only now does another form begin: a double click on the old one can make no second batch.
        viewer.new_form_key(key)
        viewer.forget(f"{key}:proposed")
        forget()
        st.rerun()
    st.stop()


def approvers(maker: str) -> str:
    """The names of those who may approve a batch of `maker`."""
    found = [one for one in reading.read(people.everyone) if one.active and one.name != maker]
    names = [one.name for one in found if may(Role(one.role), Action.APPROVE)]
    return _(", ").join(names) if names else _("nobody yet; an administrator can add an approver")


def _bar(preview: Preview, *, key: str) -> tuple[bool, str | None]:
    """Whether the bar was pressed, and the remark."""
    with st.bottom, st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        remark = st.text_input(
            _("Remark"),
            key=f"{key}:remark",
            max_chars=_MOST_REMARK,
            placeholder=_("Remark for the approver and the records"),
            label_visibility="collapsed",
            width=420,
        )
        label = plural("Submit {count} SIM for review", "Submit {count} SIMs for review", preview.items)
        pressed = st.button(
            f"{label} · {yuan(preview.amount_fen)}",
            type="primary",
            icon=":material/fact_check:",
            shortcut="mod+enter",
            key=f"{key}:confirm",
        )
    return pressed, remark or None


def _handed_over(proposed: Proposed, who: viewer.Viewer, *, key: str) -> bool:
    """What became of it and who can approve it; whether the person wants to choose more."""
    status = reading.fresh(renewals.status, proposed.batch) if proposed.batch else None
    urgent = status is not None and status.urgent
    head = plural("{count} SIM handed over for review", "{count} SIMs handed over for review", proposed.items)
    if urgent:
        head = plural("{count} SIM ordered at once", "{count} SIMs ordered at once", proposed.items)
    with st.container(border=True):
        st.subheader(
            _("Batch {batch}", batch=proposed.batch) + f" · {head} · {yuan(proposed.amount_fen)}", anchor=False
        )
        if proposed.refused:
            st.caption(
                plural(
                    "{count} line was refused and stays out of it.",
                    "{count} lines were refused and stay out of it.",
                    proposed.refused,
                )
            )
        names = approvers(who.name)
        st.text(
            _("You ordered this alone; one of these looks at it afterwards: {names}", names=names)
            if urgent
            else _("You made this batch, so another person must approve it: {names}", names=names)
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                "app_pages/batches.py",
                label=_("Open batch {batch}", batch=proposed.batch),
                icon=":material/arrow_forward:",
                query_params={"batch": str(proposed.batch)},
            )
            label = _("Renew more") if key == "renew" else _("Choose more")
            return st.button(label, icon=":material/add:", key=f"{key}:more")


def _one_reason(refused: Mapping[str, int], *, key: str) -> str | None:
    """The reasons with their counts; the one a person has chosen."""
    codes = sorted(refused, key=lambda code: -refused[code])
    reasons = pa.table({"refusal": codes, "sims": [refused[code] for code in codes]})
    row = choose_one(reasons, _REASONS, key=f"{key}:reasons", alt=_("Why lines are refused, with counts"))
    return None if row is None else codes[row]
