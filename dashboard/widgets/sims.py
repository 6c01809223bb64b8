"""The table of SIMs that every list page shows: card, terminal, merchant, agent and city joined, coloured by act-by date."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from data.people.rules import Action
from data.renewals.rules import BATCH_WORDS, STATE_WORDS
from data.sims.deciding_rules import reason_said
from data.sims.findings import told_by
from data.sims.rules import CARRIER_WORDS, DECISION_WORDS, STATUS_WORDS
from data.sims.wording_rules import MATCHED
from data.words import _, day, language

STATUS_COLOURS = {
    "active": "green",
    "stock": "blue",
    "test": "blue",
    "silent": "blue",
    "number_kept": "orange",
    "pre_cancel": "red",
    "stopped_expired": "red",
    "stopped_arrears": "red",
    "stopped_quota": "orange",
    "stopped_manual": "orange",
    "stopped_separation": "red",
    "stopped_area": "red",
    "stopped_realname": "red",
    "stopped_risk": "red",
}
DECISION_COLOURS = {"renew": "green", "decline": "red", "swap": "violet", "undecided": "gray"}
STATE_COLOURS = {
    "proposed": "violet",
    "pending": "blue",
    "submitted": "blue",
    "unknown": "orange",
    "needs_review": "orange",
    "succeeded": "green",
    "failed": "red",
    "cancelled": "gray",
}
# A renewal under way is waiting for its approver, or in one of the seven states.
RENEWAL_WORDS = {"proposed": BATCH_WORDS["proposed"], **STATE_WORDS}
# An order placed within a week of its act-by date still has a working day in hand.
SOON = timedelta(days=7)


def sim_table(data: pa.Table, *, key: str, selectable: bool = True, first: Sequence[str] = ()) -> frozenset[int]:
    """Draw rows of `sims.store.page`; the sim_ids ticked on this and all other pages.

    `first` names the columns that stand right after the card: what the list is about.
    """
    today = reading.today()
    columns = _columns(data, today)
    order = dict.fromkeys(["card", *first, *columns])
    return tables.table(
        _cells(data, today),
        {name: columns[name] for name in order if name in columns},
        key=key,
        alt=_("SIMs with their terminals, merchants and dates"),
        id_column="sim_id" if selectable else None,
    )


def act_by_colour(act_by: date, today: date) -> str:
    """Red: today is the last day, or it has passed; orange: this week; grey: later."""
    if act_by <= today:
        return "red"
    return "orange" if act_by <= today + SOON else "gray"


def carrier_words(codes: Iterable[str]) -> list[str]:
    """Carriers as a person names them; unknown ones as written."""
    return [_(CARRIER_WORDS[code]) if code in CARRIER_WORDS else code for code in codes]


def _cells(data: pa.Table, today: date) -> pa.Table:
    expiries = data.column("expires_on").to_pylist()
    columns = {
        "card": _links("/sim?iccid=", data.column("iccid").to_pylist()),
        "act_by": tables.badge_cells(on.isoformat() if on else None for on in data.column("act_by").to_pylist()),
        "days_left": pa.array([(on - today).days if on else None for on in expiries], type=pa.int32()),
        "status": _status_cells(data),
        "decision": decision_cells(data),
        "decided": decided_cells(data),
        "terminal": terminal_links(data) if viewer.here().may(Action.SEE) else data.column("terminal_id"),
        "carrier": pa.array(carrier_words(data.column("carrier").to_pylist()), type=pa.string()),
        "price": tables.yuan_cells(data.column("price_fen").to_pylist()),
    }
    if "matched" in data.column_names:
        found_by = [_(MATCHED.get(code, code)) for code in data.column("matched").to_pylist()]
        columns["matched"] = pa.array(found_by, type=pa.string())
    return tables.replaced(data, **columns)


def _columns(data: pa.Table, today: date) -> dict[str, Any]:
    days = sorted({on for on in data.column("act_by").to_pylist() if on})
    config = st.column_config
    columns = {
        "card": config.LinkColumn(_("ICCID"), display_text=r"iccid=(.*)$", pinned=True, width=162, alignment="left"),
        "matched": config.TextColumn(_("Found by"), width=_px(80, 120)),
        "act_by": tables.badge_column(
            _("Act by"),
            {on.isoformat(): on.isoformat() for on in days},
            {on.isoformat(): act_by_colour(on, today) for on in days},
            width=98,
            help=_("The last day to place the order, so that it takes effect before the card ends"),
        ),
        "days_left": config.NumberColumn(_("Days left"), format="%d", width=64),
        "expires_on": tables.date_column(_("Expires"), width=88),
        "cancel_by": tables.date_column(
            _("Cancel-by"), width=88, help=_("The last day before the number is gone for good")
        ),
        "status": _status_column(data),
        "decision": decision_column(),
        "terminal": config.LinkColumn(_("Terminal"), display_text=r"tid=(.*)$", width=80, alignment="left")
        if viewer.here().may(Action.SEE)
        else config.TextColumn(_("Terminal"), width=80),
        "merchant": config.TextColumn(_("Merchant"), width=_px(150, 104)),
        "agent": config.TextColumn(_("Agent"), width=_px(112, 90)),
        "city": config.TextColumn(_("City"), width=54),
        "decided": config.TextColumn(_("Why, by whom, when"), width=190),
        "carrier": config.TextColumn(_("Carrier"), width=75),
        "plan": config.TextColumn(_("Plan"), width=130),
        "price": tables.yuan_column(_("Price"), width=85),
        "used_share": config.ProgressColumn(
            _("Used this month"), format="percent", min_value=0, max_value=1, color="auto-inverse", width=130
        ),
        "exhausts_on": tables.date_column(_("Used up on"), width=90),
    }
    rare = {"matched", "exhausts_on"}
    told = {"decision": decision_cells(data), "decided": decided_cells(data)}
    return {
        name: column
        for name, column in columns.items()
        if (name not in rare or (name in data.column_names and data.column(name).null_count < data.num_rows))
        and (name not in told or told[name].null_count < data.num_rows)
    }


def decision_cells(data: pa.Table) -> pa.Array:
    """The decision on each card; on one that is due nobody's word means that it is not decided yet."""
    due = _or_nothing(data, "due")
    cells = zip(_or_nothing(data, "decision"), due, strict=True)
    return tables.badge_cells(decision or ("undecided" if is_due else None) for decision, is_due in cells)


def decision_column(**more: Any) -> Any:
    """The column of `decision_cells`."""
    words = {code: _(word) for code, word in DECISION_WORDS.items()}
    return tables.badge_column(_("Decision"), words, DECISION_COLOURS, width=_px(84, 112), **more)


def decided_cells(data: pa.Table) -> pa.Array:
    """Why each card's decision was taken, by whom and when."""
    names = ("decision_reason", "decision_evidence", "decider", "decided_on")
    rows = zip(*(_or_nothing(data, name) for name in names), strict=True)
    return pa.array([decided_said(*row) for row in rows], pa.string())


def decided_said(reason: str | None, evidence: str | None, decider: str | None, decided_on: date | None) -> str | None:
    """Why a decision was taken, by whom and when, as one line; None: there is none."""
    parts = (reason_said(reason, evidence), told_by(decider) if decider else "", day(decided_on))
    return " · ".join(filter(None, parts)) or None


def _or_nothing(data: pa.Table, name: str) -> list[Any]:
    return data.column(name).to_pylist() if name in data.column_names else [None] * data.num_rows


def _status_cells(data: pa.Table) -> pa.Array:
    # One cell says what the card is and what is under way: two columns would push the shop away.
    rows = zip(data.column("status").to_pylist(), _or_nothing(data, "item_state"), strict=True)
    cells = [[status, *([f"renewal:{state}"] if state else [])] for status, state in rows]
    return pa.array(cells, type=pa.list_(pa.string()))


def _status_column(data: pa.Table) -> Any:
    marked = any(_or_nothing(data, "item_state"))
    words = {code: _(word) for code, word in STATUS_WORDS.items()} | {
        f"renewal:{code}": _(word) for code, word in RENEWAL_WORDS.items()
    }
    colours = STATUS_COLOURS | {f"renewal:{code}": colour for code, colour in STATE_COLOURS.items()}
    return tables.badge_column(_("Status"), words, colours, width=_px(124, 230) if marked else _px(84, 158))


def _px(chinese: int, english: int) -> int:
    # Chinese says in two to four characters what English needs three words for.
    return chinese if language() == "zh_CN" else english


def _links(start: str, values: Iterable[str | None]) -> pa.Array:
    return pa.array([f"{start}{value}" if value else None for value in values], type=pa.string())


def terminal_links(data: pa.Table) -> pa.Array:
    """Each row's terminal as the address of its page; a link column shows its number (`tid=(.*)$`)."""
    keys, names = data.column("terminal_key").to_pylist(), data.column("terminal_id").to_pylist()
    links = [f"/terminal?id={key}&tid={name}" if key else None for key, name in zip(keys, names, strict=True)]
    return pa.array(links, type=pa.string())
