"""Accounts at carriers with how their connection stands, and what each connector can do with its reasons."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa
import streamlit as st

from dashboard.plain import plain
from dashboard.widgets.listing import Column, choose_one, listing
from data import words
from data.carriers.connections import ORDERS_WORDS, Connection
from data.carriers.rules import ABILITY_WORDS, Ability
from data.renewals.records import CHANNEL_WORDS
from data.sims.wording_rules import CARRIER_WORDS
from data.words import N_, _, plural

_SIGNS = {"yes": "✓", "partly": "◐", "no": "✗"}
_ACCOUNTS = (
    Column("account", N_("Account"), pinned=True, width=140),
    Column("carrier", N_("Carrier"), "word", words=CARRIER_WORDS, width=105),
    Column(
        "orders",
        N_("Orders"),
        "badge",
        words=ORDERS_WORDS,
        colours={"flow": "green", "trying": "orange", "no_answer": "red", "credential": "red", "by_hand": "gray"},
        width=180,
    ),
    Column("sims_good_at", N_("Cards last read"), "moment", width=125),
    Column("usage_good_at", N_("Usage last read"), "moment", width=125),
    Column("lag", N_("Lag"), width=80),
    Column("failed", N_("Failed today"), width=105),
    Column("limits", N_("Calls today"), width=170),
)
_ACCOUNT_ROWS = pa.schema(
    [(name, pa.string()) for name in ("account", "carrier", "orders", "lag", "failed", "limits")]
    + [(name, pa.timestamp("us", "UTC")) for name in ("sims_good_at", "usage_good_at")]
)


def accounts(found: Sequence[Connection], *, now: datetime) -> Connection | None:
    """One line per account; the one a person has chosen."""
    rows = [
        {
            **{name: getattr(one, name) for name in ("account", "carrier", "orders", "sims_good_at", "usage_good_at")},
            "lag": _lag(now - one.as_of) if one.as_of else None,
            "failed": _failed(one),
            "limits": _limits(one),
        }
        for one in found
    ]
    row = choose_one(
        pa.Table.from_pylist(rows, _ACCOUNT_ROWS), _ACCOUNTS, alt=_("Accounts at carriers"), key="connections:accounts"
    )
    told = [
        _(
            "{account} {amount} ({age} ago)",
            account=one.account,
            amount=words.yuan(one.balance_fen),
            age=_lag(now - one.balance_at),
        )
        for one in found
        if one.balance_at is not None
    ]
    if told:
        st.caption(_("Prepaid money: {balances}", balances=" · ".join(told)))
    return None if row is None else found[row]


def troubles(found: Sequence[Connection]) -> None:
    """What keeps accounts from being read, and when it is tried again; what is being read."""
    for one in found:
        if one.error is not None:
            st.warning(
                _(
                    "{account} cannot be read: {error}. It is tried again at {at}.",
                    account=one.account,
                    error=plain(one.error),
                    at=words.moment(one.tries_at),
                ),
                icon=":material/cloud_off:",
            )
        if one.missing:
            st.warning(
                plural(
                    "{account}: nothing could be read of one card; its older word stands.",
                    "{account}: nothing could be read of {count} cards; their older word stands.",
                    one.missing,
                    account=one.account,
                ),
                icon=":material/help:",
            )
        if one.error is None and one.under_way:
            st.caption(
                _(
                    "{account} is being read: {cards} cards so far",
                    account=one.account,
                    cards=words.number(one.cards or 0),
                )
            )


def abilities(declared: Sequence[Ability], connectors: Sequence[str]) -> None:
    """What the connectors can do, a column each: yes, partly or no, and why."""
    said = {
        (one.connector, one.ability): _("{sign} {reason}", sign=_SIGNS[one.answer], reason=_(one.reason))
        for one in declared
    }
    rows = [
        {"ability": _(word), **{name: said.get((name, ability)) for name in connectors}}
        for ability, word in ABILITY_WORDS.items()
    ]
    schema = pa.schema([("ability", pa.string()), *((name, pa.string()) for name in connectors)])
    columns = [Column("ability", N_("Ability"), pinned=True, width=190)]
    columns += [Column(name, CHANNEL_WORDS.get(name, name), width=300) for name in connectors]
    listing(pa.Table.from_pylist(rows, schema), columns, alt=_("What connectors can do"), key="connections:abilities")


def _failed(one: Connection) -> str | None:
    if one.failed_share is None:
        return None
    return _("{failed} ({percent}%)", failed=words.number(one.failed or 0), percent=round(one.failed_share * 100))


def _limits(one: Connection) -> str | None:
    if one.calls is None:
        return None
    if one.rate_per_s is None:
        return words.number(one.calls)
    return _("{calls}, at most {rate}/s", calls=words.number(one.calls), rate=words.number(one.rate_per_s))


def _lag(age: timedelta) -> str:
    minutes = max(round(age.total_seconds() / 60), 0)
    if minutes < 120:
        return _("{n} min", n=words.number(minutes))
    if minutes < 48 * 60:
        return _("{n} h", n=words.number(minutes // 60))
    return _("{n} days", n=words.number(minutes // 1440))
