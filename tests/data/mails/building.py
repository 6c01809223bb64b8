"""Recipients, addresses, reminders and mails, put straight into their tables."""

from data.database import Query


def sql(text):
    return Query("test", "", text)


def insert(tx, table, **row):
    tx.run(sql(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('$' + name for name in row)})"), **row)


def recipient(tx, n, *, state="verified", **columns):
    """Agent number `n` with an address in `state`; None: without one."""
    told = {"recipient_id": n, "kind": "agent", "name": f"代理{n}", "address": f"r{n}@example.test", "active": True}
    insert(tx, "recipient", **told | {"made_at": tx.now} | columns)
    if state and told["address"]:
        insert(tx, "address", address=f"r{n}@example.test", state=state, since=tx.now)


def reminder(tx, n, *, recipient_id, state="due", sim_id=None, **columns):
    told = {
        "reminder_id": n,
        "digest": f"00000000-0000-0000-0000-{n:012d}",
        "recipient_id": recipient_id,
        "subject": "expiry",
        "thing": f"sim {sim_id or n}",
        "sim_id": sim_id or n,
        "on_date": tx.today,
        "stage": "7",
        "due_on": tx.today,
        "urgent": False,
        "state": state,
        "made_at": tx.now,
    }
    insert(tx, "reminder", **told | columns)


def mails(home):
    """Every mail by its id."""
    return {row["mail_id"]: row for row in home.db.read().rows(sql("SELECT * FROM mail ORDER BY mail_id"))}


def address(home, n):
    return home.db.read().row(sql("SELECT * FROM address WHERE address = $a"), a=f"r{n}@example.test")
