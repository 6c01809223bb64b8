"""Providers on the page: the directory, one of them with his ways to pay and accounts, and the form that keeps him."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.situations import facts
from data.database import Row
from data.payees.rules import NOT_PAYABLE, STANDINGS
from data.providers import rules
from data.providers import store as providers
from data.providers.store import Facts, Provider
from data.renewals.rules import WAY_TO_PAY_WORDS
from data.sims.wording_rules import CARRIER_WORDS
from data.words import N_, _, moment, number, plural

NEW = N_("New provider")
_PROVIDERS = (
    Column("name", N_("Provider"), pinned=True, width=160),
    Column("kind", N_("Kind"), "word", words=rules.KINDS, width=72),
    Column(
        "channel",
        N_("Channel"),
        "badge",
        words={"yes": rules.OFFICIAL[True], "no": rules.OFFICIAL[False]},
        colours={"yes": "green", "no": "orange"},
        width=128,
    ),
    Column("cards", N_("Live cards"), "count", width=76),
    Column("accounts", N_("Accounts"), width=165),
    Column("paid", N_("Ways to pay"), width=200),
    Column("last_order_day", N_("Last order day"), "count", width=100),
    Column("working_days", N_("Working days"), "count", width=95),
    Column("invoice_habit", N_("Invoices"), "word", words=rules.INVOICE_HABITS, width=112),
)
_ACCOUNTS = (
    Column("account", N_("Account"), pinned=True, width=112),
    Column("carrier", N_("Carrier"), "word", words=CARRIER_WORDS, width=100),
    Column("provider", N_("Provider"), width=155),
    Column("payee_link", N_("Payee"), "link", width=250),
    Column(
        "standing",
        N_("Standing"),
        "badge",
        words=STANDINGS,
        colours={code: "red" if code in NOT_PAYABLE else "green" for code in STANDINGS},
        width=185,
    ),
    Column("way_to_pay", N_("Way to pay"), "word", words=WAY_TO_PAY_WORDS, width=125),
    Column("last_order_day", N_("Last order day"), "count", width=100),
    Column("working_days", N_("Working days"), "count", width=95),
    Column("support", N_("Whom to call"), width=230),
)


def directory(rows: pa.Table) -> int | None:
    """Everybody we buy from; the number of the chosen one, or of the one a link names."""
    paid = [" · ".join(_(WAY_TO_PAY_WORDS[way]) for way in ways or ()) for ways in rows["ways"].to_pylist()]
    channel = ["yes" if official else "no" for official in rows["official"].to_pylist()]
    shown = tables.replaced(rows, paid=pa.array(paid, pa.string()), channel=pa.array(channel, pa.string()))
    place = choose_one(shown, _PROVIDERS, key="providers:directory", alt=_("Providers"))
    if place is not None:
        return int(rows["provider_id"][place].as_py())
    asked = st.query_params.get("provider", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else None


def accounts(rows: Sequence[Row]) -> None:
    """Accounts with whose they are, who is paid for them, and whether he may be."""
    shown = [{**row, "payee_link": f"/payees?{urlencode({'payee': row['payee']})}#{row['payee']}"} for row in rows]
    listing(pa.Table.from_pylist(shown), _ACCOUNTS, key="providers:accounts", alt=_("Accounts at carriers"))


def one_provider(found: Provider, own: Sequence[Row]) -> None:
    """Everything about one provider: where he is reached, how he is paid step by step, what papers he gives."""
    with section(_("Provider")) as controls:
        if found.portal:
            controls.link_button(_("Open the portal"), found.portal, icon=":material/open_in_new:")
        st.text(found.name)
        facts(
            [
                (_("Kind"), f"{_(rules.KINDS[found.kind])} · {_(rules.OFFICIAL[found.official])}"),
                (_("Contacts"), found.contacts),
                (_("Outlets"), found.outlets),
                (_("Portal"), found.portal),
                (_("Who holds its log-in"), found.portal_keeper),
                (_("Usual answer time"), _hours(found.answer_hours)),
                (_("Last order day"), _figure(found.last_order_day)),
                (_("From order to effect"), _days(found.working_days)),
                (_("Invoices"), _invoices(found)),
                (_("Refunds"), found.refund_rule),
                (_("Remark"), found.note),
                (_("Written by"), f"{found.keeper or ''} · {moment(found.kept_at)}"),
            ]
        )
    with section(_("Ways to pay, step by step")):
        for way, checklist in reading.read(providers.ways, found.provider_id).items():
            with st.expander(_(WAY_TO_PAY_WORDS[way]), icon=":material/checklist:"):
                for place, step in enumerate(filter(None, map(str.strip, checklist.split("\n"))), start=1):
                    st.text(f"{place}. {step}")
    if own:
        with section(_("His accounts"), _("the payee of each is named in carriers.toml")):
            accounts(own)


def _hours(count: int | None) -> str | None:
    return None if count is None else plural("{count} hour", "{count} hours", count)


def _days(count: int | None) -> str | None:
    return None if count is None else plural("{count} working day", "{count} working days", count)


def _figure(count: int | None) -> str | None:
    return None if count is None else number(count)


def _invoices(found: Provider) -> str:
    habit = _(rules.INVOICE_HABITS[found.invoice_habit])
    if found.invoice_delay_days is None or found.invoice_habit == "none":
        return habit
    return f"{habit} · {plural('{count} day after payment', '{count} days after payment', found.invoice_delay_days)}"


def provider_form(found: Provider | None, free: Sequence[str], own: Sequence[str], who: viewer.Viewer) -> None:
    """What an operator writes down; `free`: accounts that are nobody's yet, `own`: those that are his."""
    key = f"providers:{found.provider_id if found else 'new'}"
    said: dict[str, Any] = vars(found) if found else {}
    typed = _who_and_where(key, said) | _when_and_papers(key, said)
    known = reading.read(providers.ways, found.provider_id) if found else {}
    chosen = st.multiselect(
        _("Ways to pay"),
        list(WAY_TO_PAY_WORDS),
        default=list(known),
        format_func=lambda way: _(WAY_TO_PAY_WORDS[way]),
        placeholder=_("Choose at least one way to pay"),
        key=f"{key}:ways",
    )
    ways = {way: _steps(key, way, known.get(way)) for way in chosen}
    accounts = st.multiselect(
        _("Accounts"),
        [*own, *free],
        default=list(own),
        placeholder=_("Accounts of carriers.toml"),
        key=f"{key}:accounts",
    )
    if st.button(_("Keep"), type="primary", icon=":material/save:", key=f"{key}:keep"):
        with viewer.told():
            with reading.writing() as tx:
                about = {"provider_id": found.provider_id if found else None, "ways": ways, "accounts": accounts}
                kept = providers.keep(tx, who.actor, facts=Facts(**typed), **about)
            st.query_params["provider"] = str(kept)
            st.rerun()


def _steps(key: str, way: str, known: str | None) -> str:
    label = _("Steps: {way}", way=_(WAY_TO_PAY_WORDS[way]))
    steps = known or providers.usual_steps(way)
    return st.text_area(label, steps, max_chars=rules.MOST_TEXT, key=f"{key}:steps:{way}", height=125)


def _who_and_where(key: str, said: dict[str, Any]) -> dict[str, Any]:
    left, middle, right = st.columns(3)

    def text(place: Any, name: str, label: str, most: int = rules.MOST_NAME) -> str:
        return place.text_input(label, said.get(name) or "", max_chars=most, key=f"{key}:{name}") or ""

    def lines(place: Any, name: str, label: str) -> str:
        most = rules.MOST_TEXT
        return place.text_area(label, said.get(name) or "", max_chars=most, key=f"{key}:{name}", height=100) or ""

    kinds = list(rules.KINDS)
    typed: dict[str, Any] = {
        "name": text(left, "name", _("Name")),
        "kind": middle.selectbox(
            _("Kind"),
            kinds,
            kinds.index(said.get("kind", "agent")),
            format_func=lambda code: _(rules.KINDS[code]),
            key=f"{key}:kind",
        ),
        "official": right.selectbox(
            _("Channel"),
            [True, False],
            0 if said.get("official") else 1,
            format_func=lambda official: _(rules.OFFICIAL[official]),
            key=f"{key}:official",
        ),
        "portal": text(left, "portal", _("Portal"), 300),
        "portal_keeper": text(middle, "portal_keeper", _("Who holds its log-in")),
        "refund_rule": text(right, "refund_rule", _("Refunds"), 300),
        "contacts": lines(left, "contacts", _("Contacts")),
        "outlets": lines(middle, "outlets", _("Outlets")),
        "note": lines(right, "note", _("Remark")),
    }
    return typed


def _when_and_papers(key: str, said: dict[str, Any]) -> dict[str, Any]:
    places = st.columns(5)

    def figure(place: Any, name: str, label: str, least: int, most: int) -> int | None:
        value: int | None = place.number_input(label, least, most, said.get(name), key=f"{key}:{name}")
        return value

    habits = list(rules.INVOICE_HABITS)
    return {
        "last_order_day": figure(places[0], "last_order_day", _("Last order day"), 1, 31),
        "working_days": figure(places[1], "working_days", _("Working days"), 0, 60),
        "answer_hours": figure(places[2], "answer_hours", _("Answers in (hours)"), 0, 1_000),
        "invoice_habit": places[3].selectbox(
            _("Invoices"),
            habits,
            habits.index(said.get("invoice_habit", "general")),
            format_func=lambda code: _(rules.INVOICE_HABITS[code]),
            key=f"{key}:habit",
        ),
        "invoice_delay_days": figure(places[4], "invoice_delay_days", _("Days until the invoice"), 0, 366),
    }
