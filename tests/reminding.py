"""Rows of reminding as tests of pages want them: recipients, rules, reminders, mails and looks at the fleet."""

from datetime import date
from typing import Any

from data.database import Query
from data.home import Home


def insert(home: Home, table: str, **values: Any) -> Any:
    """One row; its key, or whatever its first column is."""
    columns = ", ".join(values)
    places = ", ".join(f"${name}" for name in values)
    with home.db.write() as tx:
        key = Query(
            "first", "", f"SELECT column_name FROM duckdb_columns() WHERE table_name = '{table}' ORDER BY column_index"
        )
        first = tx.value(key)
        return tx.value(
            Query("insert", "", f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING {first}"), **values
        )


def recipient(home: Home, name: str, *, kind: str = "person", state: str | None = "verified", **more: Any) -> int:
    """A recipient; of a person and of others with an address, unless `state` is None."""
    address = None if kind == "chat" or state is None else f"{name}@example.invalid"
    now = home.clock.now()
    if address:
        insert(home, "address", address=address, state=state, since=now)
    return int(insert(home, "recipient", kind=kind, name=name, address=address, made_at=now, **more))


def rule(home: Home, subject: str, stages: str, **more: Any) -> int:
    """A rule; of operators unless `more` says whose."""
    whose = more if {"role", "recipient_id"} & set(more) else {"role": "operator", **more}
    return int(insert(home, "reminder_rule", subject=subject, stages=stages, made_at=home.clock.now(), **whose))


def reminder(home: Home, recipient_id: int, sim_id: int | None, on_date: date, **more: Any) -> int:
    """A reminder of a card that expires, due today, unless `more` says otherwise."""
    now, today = home.clock.now(), home.clock.today()
    told: dict[str, Any] = {
        "subject": "expiry",
        "thing": f"sim {sim_id}",
        "stage": "7",
        "urgent": False,
        "state": "done",
    } | more
    with home.db.write() as tx:
        digest = tx.value(Query("uuid", "", "SELECT uuid()::VARCHAR"))
    about = {"digest": digest, "recipient_id": recipient_id, "sim_id": sim_id, "on_date": on_date, "due_on": today}
    return int(insert(home, "reminder", **about, **told, made_at=now))


def mail(home: Home, recipient_id: int, *, state: str, kind: str = "digest", **more: Any) -> int:
    """A mail as it stands."""
    with home.db.write() as tx:
        digest = tx.value(Query("uuid", "", "SELECT uuid()::VARCHAR"))
    now = home.clock.now()
    told: dict[str, Any] = {"channel": "mail", "slot": digest, "message_id": "", "next_try": now, "made_at": now} | more
    return int(insert(home, "mail", digest=digest, recipient_id=recipient_id, kind=kind, state=state, **told))


def looked(home: Home, **more: Any) -> None:
    """A look at the fleet that ended just now, unless `more` says otherwise."""
    now, today = home.clock.now(), home.clock.today()
    told: dict[str, Any] = {"day": today, "started_at": now, "ended_at": now, "looked_at": 10, "made": 0} | more
    insert(home, "reminder_scan", **told)
