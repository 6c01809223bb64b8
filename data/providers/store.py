"""The directory of providers: kept by operators, read by everybody."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.people.rules import Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.providers import rules
from data.renewals.rules import WAY_TO_PAY_WORDS
from data.words import _

Q = Queries.beside(__file__)
# More than any company buys from.
_MOST_ROWS = 500


@dataclass(frozen=True)
class Facts:
    """What a person says of a provider; empty texts are nothing said."""

    name: str
    kind: str  # a key of KINDS
    official: bool
    invoice_habit: str  # a key of INVOICE_HABITS
    contacts: str | None = None
    portal: str | None = None
    portal_keeper: str | None = None
    outlets: str | None = None
    invoice_delay_days: int | None = None
    last_order_day: int | None = None
    working_days: int | None = None
    refund_rule: str | None = None
    answer_hours: int | None = None
    note: str | None = None


@dataclass(frozen=True)
class Provider(Facts):
    """One provider as the directory has him."""

    provider_id: int = 0
    keeper: str | None = None
    kept_at: datetime | None = None


def keep(
    tx: Transaction,
    by: Actor,
    *,
    provider_id: int | None,
    facts: Facts,
    ways: Mapping[str, str],
    accounts: Sequence[str],
) -> int:
    """Write down a provider (None: a new one), each of his ways to pay with its steps, and his accounts; his number.

    Raises Refused for a name taken, an address that is none, an account that is another's or not in carriers.toml.
    """
    require(tx, by, Action.KEEP_PROVIDERS, f"provider {facts.name[:80]}")
    said = {name: value.strip() or None if isinstance(value, str) else value for name, value in asdict(facts).items()}
    _check(said, ways)
    taken = tx.value(Q.by_name, name=said["name"])
    if taken is not None and taken != provider_id:
        raise Refused(_("There is already a provider named {name}", name=said["name"]))
    if provider_id is None:
        provider_id = int(tx.value(Q.add, kept_by=by.person_id, now=tx.now, **said))
    elif not tx.rows(Q.change, provider_id=provider_id, kept_by=by.person_id, now=tx.now, **said):
        raise NotThere(_("There is no such provider"))
    tx.run(Q.drop_ways, provider_id=provider_id, ways=list(ways))
    for way, checklist in ways.items():
        tx.run(Q.keep_way, provider_id=provider_id, way=way, checklist=checklist.strip())
    _keep_accounts(tx, provider_id, accounts)
    audit.record(
        tx, by, Event.PROVIDER_KEPT, f"provider {provider_id}", ways=sorted(ways), accounts=sorted(accounts), **said
    )
    return provider_id


def providers(reader: Reader) -> pa.Table:
    """Everybody in the directory, those with most live cards first."""
    return reader.arrow(Q.providers, limit=_MOST_ROWS)


def provider(reader: Reader, provider_id: int) -> Provider | None:
    """One provider."""
    return reader.record(Provider, Q.provider, provider_id=provider_id)


def ways(reader: Reader, provider_id: int) -> dict[str, str]:
    """His ways to pay, each with its steps, a line each."""
    return {row["way"]: row["checklist"] for row in reader.rows(Q.ways, provider_id=provider_id)}


def accounts(reader: Reader) -> list[Row]:
    """Every account with its provider, its payee and whether he may be paid (`standing`, a key of STANDINGS)."""
    return reader.rows(Q.accounts)


def of_account(reader: Reader, account: str) -> int | None:
    """The number of the provider behind an account."""
    found: int | None = reader.value(Q.of_account, account=account)
    return found


def usual_steps(way: str) -> str:
    """The usual steps of a way to pay in the language of the moment, a line each."""
    return "\n".join(_(step) for step in rules.USUAL_STEPS[way])


def _check(said: dict[str, str | int | bool | None], ways: Mapping[str, str]) -> None:
    name, portal = str(said["name"] or ""), said["portal"]
    if not 0 < len(name) <= rules.MOST_NAME:
        raise Refused(_(rules.NO_NAME))
    texts = [value for value in (*said.values(), *ways.values()) if isinstance(value, str)]
    if any(rules.hides_signs(text) for text in texts) or "\n" in name:
        raise Refused(_(rules.INVISIBLE))
    if any(len(text) > rules.MOST_TEXT for text in texts):
        raise Refused(_(rules.TOO_LONG, most=rules.MOST_TEXT))
    if isinstance(portal, str) and rules.portal_fault(portal):
        raise Refused(_(rules.BAD_PORTAL, url=portal[:80]))
    known = said["kind"] in rules.KINDS and said["invoice_habit"] in rules.INVOICE_HABITS
    if not known or not ways or set(ways) - set(WAY_TO_PAY_WORDS):
        raise Refused(_(rules.NO_WAY))


def _keep_accounts(tx: Transaction, provider_id: int, accounts: Sequence[str]) -> None:
    known = {row["account"]: row for row in tx.rows(Q.accounts)}
    for account in accounts:
        if account not in known:
            raise Refused(_("Account {account} is not in carriers.toml", account=account))
        if known[account]["provider_id"] not in {None, provider_id}:
            raise Refused(
                _("Account {account} belongs to {provider}", account=account, provider=known[account]["provider"])
            )
    tx.run(Q.drop_accounts, provider_id=provider_id, accounts=list(accounts))
    for account in accounts:
        tx.run(Q.keep_account, account=account, provider_id=provider_id)
