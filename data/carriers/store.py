"""Accounts and abilities as the last start found them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

import pyarrow as pa

from data.audit import store as audit
from data.carriers.rules import Ability, AccountFacts
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, Event
from data.people.store import require

Q = Queries.beside(__file__)

_ACCOUNT = pa.schema(
    [
        ("account", pa.string()),
        ("connector", pa.string()),
        ("carrier", pa.string()),
        ("payee", pa.string()),
        ("way_to_pay", pa.string()),
        ("last_order_day", pa.int32()),
        ("working_days", pa.int32()),
        ("cancel_after_days", pa.int32()),
        ("expiry_rule", pa.string()),
        ("gives_invoice", pa.bool_()),
        ("support", pa.string()),
        ("canary_items", pa.int32()),
        ("breaker_in_row", pa.int32()),
        ("breaker_share", pa.float64()),
        ("breaker_window", pa.int32()),
        ("breaker_cooldown_s", pa.int32()),
        ("silent_months", pa.int32()),
    ]
)


@dataclass(frozen=True)
class Booked:
    """A card as the practice carrier's books open with it."""

    stem: str
    status: str
    expires_on: date | None
    anchor_day: int | None
    price_fen: int | None
    term_months: int | None


@dataclass(frozen=True)
class OwnName:
    """What a carrier calls an order of ours."""

    carrier_ref: str
    iccid: str


@dataclass(frozen=True)
class SentOrder:
    """An order of ours as it was sent, for a carrier that is asked by card and not by our number."""

    iccid: str
    kind: str
    sent_at: datetime
    expires_before: date | None  # as read just ahead of the first send
    carrier_ref: str | None  # what the carrier called it, if it has named it
    other_refs: list[str]  # what it called the other orders of the same card


@dataclass(frozen=True)
class _Number:
    stem: str
    msisdn: str


@dataclass(frozen=True)
class _Sent:
    stem: str
    sent_at: datetime


def accounts(reader: Reader) -> list[AccountFacts]:
    """The accounts listed now, by name."""
    return reader.records(AccountFacts, Q.accounts)


def keep_accounts(tx: Transaction, by: Actor, facts: Sequence[AccountFacts]) -> bool:
    """Make the account table equal to carriers.toml; whether anything changed. Gone accounts stay, unlisted."""
    require(tx, by, Action.WORK, "accounts")
    if accounts(tx) == sorted(facts, key=lambda fact: fact.account):
        return False
    with tx.frame("read_accounts", pa.Table.from_pylist([asdict(fact) for fact in facts], schema=_ACCOUNT)):
        tx.run(Q.keep_accounts)
        tx.run(Q.unlist_accounts)
    audit.record(tx, by, Event.ACCOUNTS_READ, "carriers.toml", accounts=[fact.account for fact in facts])
    return True


def abilities(reader: Reader) -> list[Ability]:
    """What each connector can do, and why not."""
    return reader.records(Ability, Q.abilities)


def keep_abilities(tx: Transaction, by: Actor, declared: Sequence[Ability]) -> None:
    """Make the capability table equal to what the connectors declare."""
    require(tx, by, Action.WORK, "capabilities")
    schema = pa.schema([(name, pa.string()) for name in ("connector", "ability", "answer", "reason")])
    with tx.frame("read_abilities", pa.Table.from_pylist([asdict(one) for one in declared], schema=schema)):
        tx.run(Q.forget_abilities)
        tx.run(Q.keep_abilities)


def carrier_book(reader: Reader, stems: Sequence[str]) -> dict[str, Booked]:
    """Cards by stem, for the practice carrier's opening books."""
    return {booked.stem: booked for booked in reader.records(Booked, Q.carrier_book, stems=list(stems))}


def numbers(reader: Reader, *, account: str, stems: Sequence[str]) -> dict[str, str]:
    """The card numbers our books have of these cards, by stem."""
    return {one.stem: one.msisdn for one in reader.records(_Number, Q.numbers, account=account, stems=list(stems))}


def own_name(reader: Reader, *, account: str, order_no: str) -> OwnName | None:
    """What the carrier called this order in its answer; None: it has not named it."""
    found = reader.records(OwnName, Q.own_name, account=account, order_no=order_no)
    return found[0] if found else None


def sent_order(reader: Reader, *, account: str, order_no: str) -> SentOrder | None:
    """An order as it was sent; None: no order has this number."""
    found = reader.records(SentOrder, Q.sent_order, account=account, order_no=order_no)
    return found[0] if found else None


def last_sent(
    reader: Reader, *, account: str, order_kind: str, stems: Sequence[str], but: Sequence[str], since: datetime
) -> dict[str, datetime]:
    """By stem, when a card was last sent an order of this kind after `since`; `but`: order numbers that do not count."""
    told = reader.records(
        _Sent, Q.last_sent, account=account, order_kind=order_kind, stems=list(stems), but=list(but), since=since
    )
    return {one.stem: one.sent_at for one in told}
