"""Plan changes that a comparison shows: a price list, a card list or a carrier's own word against what was known before."""

from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa

from data.database import Queries, Row, Transaction
from data.people.rules import SYSTEM
from data.plans.notice_rules import Change, KnownPlan, Offer, PlanPrice, Told, offers_compared
from data.plans.notices import find

Q = Queries.beside(__file__, "noticing.sql")

# A plan change of ours explains what a card list says for so long.
_EXPLAINED = timedelta(days=60)
_OFFERS = pa.schema(
    [
        ("plan", pa.string()),
        ("term_months", pa.int32()),
        ("quota_bytes", pa.int64()),
        ("price_fen", pa.int64()),
    ]
)


def prices_and_plans(tx: Transaction) -> list[Change]:
    """What a price list changes, read after its comparison and before its merge (data/plans/merging.py)."""
    changes = []
    for row in tx.rows(Q.prices_in_file, today=tx.today):
        months, before, after = row["term_months"], row["before_fen"], row["after_fen"]
        said: Told = {"plan": row["plan"], "months": months, "before_fen": before, "after_fen": after}
        key = f"file|price|{row['plan_id']}|{row['channel']}|{months}|{before}|{after}|{row['valid_from']}"
        price = PlanPrice(row["plan_id"], months, before, after)
        where = {"carrier": row["carrier"], "account": row["account"], "channel": row["channel"]}
        changes.append(Change("price", said, key, **where, effective_on=row["valid_from"], plan=price))
    for row in tx.rows(Q.plans_in_file):
        plan, carrier = PlanPrice(row["plan_id"]), row["carrier"]
        if row["before_bytes"] != row["after_bytes"] and row["before_bytes"] is not None:
            said = {"plan": row["plan"], "before_bytes": row["before_bytes"], "after_bytes": row["after_bytes"]}
            key = f"file|quota|{row['plan_id']}|{row['before_bytes']}|{row['after_bytes']}"
            changes.append(Change("quota", said, key, carrier=carrier, effective_on=tx.today, plan=plan))
        if row["before_months"] != row["after_months"] and row["before_months"] is not None:
            said = {"plan": row["plan"], "before": row["before_months"], "after": row["after_months"]}
            key = f"file|term|{row['plan_id']}|{row['before_months']}|{row['after_months']}"
            changes.append(Change("term", said, key, carrier=carrier, effective_on=tx.today, plan=plan))
    return changes


def cards_of_file(tx: Transaction, *, source: str, last_plan: int) -> None:
    """After a card list was merged: cards it put on another plan without an order of ours. Plans above `last_plan` are its own."""
    changes = []
    for row in tx.rows(Q.cards_in_file, last_plan=last_plan, since=tx.now - _EXPLAINED):
        kind = "name" if row["renamed"] and len(row["sim_ids"]) > 1 else "card_plan"
        key = f"file|cards|{row['account'] or ''}|{row['before']}|{row['after']}"
        changes.append(_moved(kind, key, row, account=row["account"], today=tx.today))
    find(tx, SYSTEM, changes=changes, source=source)


def cards_told(tx: Transaction, *, account: str) -> None:
    """Cards whose carrier names another plan than before, without an order of ours. Read ahead of `observing.confirm`."""
    changes = []
    for row in tx.rows(Q.cards_told, account=account):
        key = f"told|cards|{account}|{row['before']}|{row['after']}"
        changes.append(_moved("card_plan", key, row, account=account, today=tx.today))
    find(tx, SYSTEM, changes=changes, source=f"account {account}")


def whole_account_told(tx: Transaction, *, account: str) -> None:
    """After a whole reading of an account: where all cards of a plan bear one new name, the plan has it."""
    tx.run(Q.call_it_a_name, account=account, source=f"account {account}")


def offers_told(tx: Transaction, *, account: str, offers: Sequence[Offer]) -> int:
    """A carrier's list of what it sells the account: what it changes becomes notices, itself the next comparison's past.

    An empty list says nothing. Prices of ours are not touched. How many notices are new.
    """
    if not offers:
        return 0
    offers = list(dict.fromkeys(offers))
    before = tx.records(Offer, Q.offers_told, account=account)
    changes = offers_compared(offers, before, _known(tx, account), account=account, today=tx.today)
    opened = find(tx, SYSTEM, changes=changes, source=f"account {account}")
    tx.run(Q.forget_offers, account=account)
    with tx.frame("offers", pa.Table.from_pylist([vars(offer) for offer in offers], schema=_OFFERS)):
        tx.run(Q.keep_offers, account=account, now=tx.now)
    return opened


def _known(tx: Transaction, account: str) -> dict[str, KnownPlan]:
    """By name; a plan of the carrier's own goes before one of no carrier."""
    known: dict[str, KnownPlan] = {}
    for row in tx.rows(Q.known_plans, account=account, today=tx.today):
        prices = {row["months"]: row["price_fen"]} if row["months"] else {}
        same = known.get(row["plan"])
        if same is not None and same.plan_id == row["plan_id"]:
            prices = {**same.prices, **prices}
        known[row["plan"]] = KnownPlan(row["plan_id"], row["plan"], row["carrier"], row["term_months"], prices)
    return known


def _moved(kind: str, key: str, row: Row, *, account: str | None, today: date) -> Change:
    said: Told = {"before": row["before"], "after": row["after"]}
    where = {"carrier": row["carrier"], "account": account}
    return Change(kind, said, key, **where, effective_on=today, sim_ids=tuple(row["sim_ids"]))
