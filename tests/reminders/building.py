"""A home for a fleet: accounts, one plan, people with verified addresses, rules, and every card."""

from datetime import date, time
from typing import Any

from data.database import Transaction
from data.home import Home
from tests.reminders.fleet import ACCOUNTS, AGENT, BRANCH, CANCEL, FULL_ACCOUNT, OWNER, SECRET, Fleet, Recipient, sql


def build(home: Home, fleet: Fleet) -> None:
    """A home for `fleet`: accounts, one plan, people, recipients with verified addresses, rules, and every card."""
    with home.db.write() as tx:
        for name, (cut_off, working_days, gone_after) in ACCOUNTS.items():
            insert(
                tx, "account", account=name, connector="offline", carrier=name.partition("-")[0], payee=name, way_to_pay="transfer",
                last_order_day=cut_off, working_days=working_days, cancel_after_days=gone_after, expiry_rule="from_old_expiry",
                gives_invoice=True, support="10086",
            )  # fmt: skip
        insert(tx, "plan", plan_id=1, plan="30M", carrier="mobile", quota_bytes=30 << 20, term_months=12)
        insert(tx, "price", plan_id=1, channel="", term_months=12, price_fen=1500, valid_from=date(2020, 1, 1))
        for n in range(fleet.agents * 2):
            insert(tx, "agent", agent_id=n, agent_no=f"A{n:02d}", name=f"代理{n}")
        for n, (region, agent, _branch) in enumerate(fleet.merchants):
            insert(
                tx, "merchant", merchant_id=n, merchant_no=f"3051000581{n:05d}", name=f"便利店{n}", region=f"R{region:02d}",
                agent_id=agent, address=FULL_ACCOUNT, contact_email=f"{SECRET}@example.test",
            )  # fmt: skip
        for one in fleet.recipients.values():
            _person(tx, one)
        for region, owner in enumerate(fleet.owners):
            for subject, stages in (("expiry", OWNER), ("cancel", CANCEL)):
                rule = {"subject": subject, "stages": stages, "recipient_id": owner, "region": f"R{region:02d}"}
                insert(tx, "reminder_rule", **rule, made_at=tx.now)
        for role, stages in (("agent", AGENT), ("branch", BRANCH)):
            insert(tx, "reminder_rule", subject="expiry", stages=stages, role=role, made_at=tx.now)
        fleet.write(tx)


def _person(tx: Transaction, one: Recipient) -> None:
    told: dict[str, Any] = {"kind": one.kind, "name": f"p{one.recipient_id}", "address": one.address, "part": one.part}
    if one.kind == "person":
        one.person_id = 100 + one.recipient_id
        insert(
            tx,
            "person",
            person_id=one.person_id,
            name=told["name"],
            role=one.role.value,
            language="zh_CN",
            made_at=tx.now,
        )
        told |= {"person_id": one.person_id, "lead_id": one.lead_id}
        if one.recipient_id % 3 == 0:
            told |= {"quiet_from": time(21), "quiet_until": time(7, 30)}
    insert(tx, "recipient", recipient_id=one.recipient_id, made_at=tx.now, **told)
    insert(tx, "address", address=one.address, state="verified", since=tx.now)


def insert(tx: Transaction, table: str, **row: Any) -> None:
    tx.run(sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('$' + name for name in row)})"), **row)
