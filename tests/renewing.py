"""What tests of the worker share: approve, work, settle, look where everything stands, count what the carrier charged."""

import json
import threading
from collections import Counter
from datetime import timedelta

from data.database import Query
from data.renewals import journal
from data.renewals import store as renewals
from jobs import run_renewals, settle_unknowns
from jobs.carriers.practice import ledger as practice_ledger

GO = threading.Event()


def sql(text):
    return Query("test", "", text)


def approve(home, by, batch):
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        renewals.approve(tx, by, batch=batch, content_hash=status.content_hash, settings=home.settings)


def standing(home, batch):
    status = renewals.status(home.db.read(), batch)
    counts = {
        name: getattr(status, name)
        for name in ("pending", "submitted", "unknown", "succeeded", "failed", "cancelled", "needs_review")
    }
    assert sum(counts.values()) == status.items
    assert sum(status.fen.values()) == status.amount_fen
    return {name: count for name, count in counts.items() if count} | {"state": status.state}


def ready(home, batch, limit):
    """The next items of the batch with what a claim wants to know."""
    work = renewals.Work(batch, "practice-a", None)
    items = renewals.next_items(home.db.read(), work, now=home.clock.now(), limit=limit)
    return [renewals.Ready(item, "00" * 32) for item in items]


def charges(home):
    """Charges per order number, from the carrier's own file."""
    ledger = practice_ledger.Ledger(home.practice / "ledger.jsonl")
    return Counter(
        entry.order_no for of_order in ledger._by_order.values() for entry in of_order if entry.kind == "charge"
    )


def moved(said):
    """What a run says it moved, without the zeros; None when nothing was due."""
    return said and {state: count for state, count in json.loads(said)["values"].items() if count != "0"}


def work(home):
    return moved(run_renewals.run(home, GO))


def later(home, **delta):
    home.clock.move(timedelta(**delta))
    return moved(settle_unknowns.run(home, GO))


def journal_lines(home, kind):
    """The money journal's lines of one kind."""
    return [entry for _segment, _line, entry in journal.entries(home.journal) if entry["kind"] == kind]
