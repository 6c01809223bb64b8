"""`make bench-renewals`: how fast an approved batch of 100,000 cards is worked off, and what a page costs meanwhile.

A demo home of that many cards at one practice account without delay, behind its own server, as people run it. The batch is
approved before the server starts; from the first order sent to the last, one tab reruns two pages over the websocket.
Items a second are counted from the events of the home: first claim to last answer. Writes a report; ends with 1 when a
mark is missed.
"""

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data.database import Query
from data.home import Home, open_home
from data.people import store as people
from data.people.passwords import chosen
from data.people.rules import Actor, Role
from data.renewals import store as renewals
from data.settings import Settings
from data.sims.rolling import roll_up
from jobs.carriers import accounts
from jobs.commands.users import COMMAND_LINE
from jobs.run_renewals import CHUNK
from tests.bench_pages import PASSWORD, Figures, Tab, figures
from tests.serving import ROOT, served

REPORT = ROOT / "docs" / "bench-renewals.md"
ITEMS_PER_S, P95_MS = 1_500, 300
# Two pages that people have open while a batch runs.
PAGES = ("batches", "today")
_GIVE_UP_S = 1_800
_PAUSE_S = 0.4
_ACCOUNT = """
[[account]]
name = "practice-a"
connector = "practice"
carrier = "mobile"
payee = "Practice Mobile"
refused_share = 0.0
lost_share = 0.0
accepted_share = 0.0
later_share = 0.0
"""
_CARDS = """
INSERT INTO sim (stem, iccid, msisdn, carrier, account, plan_id, status, activated_on, expires_on, auto_renew, observed_at)
SELECT printf('8986041012345%06d', i), printf('8986041012345%06d7', i), printf('14412345%05d', i), 'mobile', 'practice-a', $plan_id,
    'active', DATE '2025-11-30', $today::DATE + (10 + (i * 7) % 20)::INTEGER, false, $now
FROM generate_series(1, $count) t(i)
"""


def sql(text: str) -> Query:
    """A statement of this bench only."""
    return Query("bench", "", text)


def make(path: Path, *, cards: int) -> int:
    """A demo home with so many cards in an approved batch; the batch's number."""
    home = open_home(path, create="demo")
    home.carriers_file.write_text(_ACCOUNT, encoding="utf-8")
    accounts.load(home)
    with home.db.write() as tx:
        plan_id = tx.value(
            sql(
                "INSERT INTO plan (plan, carrier, network, quota_bytes, term_months)"
                " VALUES ('M30', 'mobile', '4G', 31457280, 12) RETURNING plan_id"
            )
        )
        tx.run(
            sql(
                "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from)"
                " VALUES ($plan_id, '', 12, 1200, DATE '2025-01-01')"
            ),
            plan_id=plan_id,
        )
        tx.run(sql(_CARDS), plan_id=plan_id, count=cards, today=tx.today, now=tx.now)
        roll_up(tx)
        maker, checker = _person(tx, "maker", Role.OPERATOR), _person(tx, "checker", Role.APPROVER)
        people.add(
            tx, COMMAND_LINE, name="bench", role=Role.OPERATOR, password=chosen("bench", PASSWORD), language="zh_CN"
        )
    batch = _approved(home, maker, checker)
    home.close()
    return batch


def _person(tx: object, name: str, role: Role) -> Actor:
    added = people.add(tx, COMMAND_LINE, name=name, role=role, password=chosen(name, PASSWORD), language="en")  # type: ignore[arg-type]
    return Actor(added, name, role, "command line")


def _approved(home: Home, maker: Actor, checker: Actor) -> int:
    rich = Settings(**{name: 10_000_000 for name in Settings.model_fields if name.endswith("max_yuan")})  # type: ignore[arg-type]
    sims = [row["sim_id"] for row in home.db.read().rows(sql("SELECT sim_id FROM sim ORDER BY sim_id"))]
    with home.db.write() as tx:
        batch = renewals.propose(tx, maker, sim_ids=sims, form_key="bench").batch
    assert batch is not None
    status = renewals.status(home.db.read(), batch)
    assert status
    with home.db.write() as tx:
        renewals.approve(tx, checker, batch=batch, content_hash=status.content_hash, settings=rich)
    return batch


@dataclass(frozen=True)
class Ran:
    """What one run came to."""

    succeeded: int
    seconds: float  # first claim to last answer
    began: datetime | None
    ended: datetime | None

    @property
    def per_s(self) -> float:
        """Items a second."""
        return self.succeeded / self.seconds if self.seconds else 0.0


def ran(path: Path) -> Ran:
    """What the home's own events say; the server must have stopped."""
    home = open_home(path)
    row = home.db.read().row(
        sql(
            "SELECT count(*) FILTER (to_state = 'succeeded') AS succeeded, min(ts) FILTER (arrow = 2) AS began,"
            " max(ts) FILTER (to_state = 'succeeded') AS ended FROM event"
        )
    )
    home.close()
    assert row
    seconds = (row["ended"] - row["began"]).total_seconds() if row["ended"] else 0.0
    return Ran(row["succeeded"], seconds, row["began"], row["ended"])


def reruns(tab: Tab, ledger: Path, *, cards: int) -> dict[str, list[float]]:
    """Rerun each page once a second, as people with it open, until the carrier's ledger holds every card."""
    times: dict[str, list[float]] = {page: [] for page in PAGES}
    until, size = time.monotonic() + _GIVE_UP_S, 0
    while time.monotonic() < until:
        for page in PAGES:
            times[page].append(tab.rerun(page))
            time.sleep(_PAUSE_S)
        size = _lines(ledger)
        if size >= cards:
            return times
    raise TimeoutError(f"{size} of {cards} after {_GIVE_UP_S} s")


def _lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(part.count(b"\n") for part in iter(lambda: file.read(1 << 20), b""))


def measure(path: Path, *, cards: int) -> tuple[Ran, dict[str, Figures]]:
    """Make the home, serve it, rerun pages while it works, stop it, look."""
    began = time.perf_counter()
    batch = make(path, cards=cards)
    print(f"batch {batch} of {cards:,} cards made in {time.perf_counter() - began:.0f} s", flush=True)
    with served(path) as server:
        times = reruns(Tab(server), path / "practice" / "ledger.jsonl", cards=cards)
        # The last answers are written down.
        time.sleep(3)
    return ran(path), {page: figures(one) for page, one in times.items()}


def report(found: Ran, pages: dict[str, Figures], *, cards: int, load: float) -> str:
    """The page of the docs."""
    lines = "".join(f"| {page} | {one.p50:.0f} | {one.p95:.0f} |\n" for page, one in pages.items())
    return f"""# How fast a batch is worked off

Made by `tests/bench_renewals.py` (`make bench-renewals`): {cards:,} cards in one approved batch at one practice account in
process, delay 0, behind `flowcard serve` on {os.cpu_count()} cores; one tab reruns two pages over the websocket, each about once a second.
Micro-batches of at most {CHUNK} share claim, attempts, events, one write of the journal to disk and one commit. Other work on
the machine at the start: {load:.1f} processes waiting (a run is only comparable at about 0).

{found.succeeded:,} items in {found.seconds:.1f} s: **{found.per_s:,.0f} items/s** (required: {ITEMS_PER_S:,}).

| page | rerun p50, ms | rerun p95, ms |
|---|--:|--:|
{lines}
Required: p95 at most {P95_MS} ms.
"""


def main() -> int:
    """Measure, write the report, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=100_000)
    parser.add_argument("--report", type=Path, default=REPORT)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        found, pages = measure(Path(folder) / "home", cards=arguments.cards)
    text = report(found, pages, cards=arguments.cards, load=load)
    print(text)
    arguments.report.parent.mkdir(exist_ok=True)
    arguments.report.write_text(text, encoding="utf-8")
    fast = found.succeeded == arguments.cards and found.per_s >= ITEMS_PER_S
    return 0 if fast and all(one.p95 <= P95_MS for one in pages.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
