"""What a run of the campaign comes to: from the carrier's ledger, the events and the invariants, never from a counter of ours."""

import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data.home import open_home
from tests.carrier import running
from tests.money import invariants
from tests.money.building import PRICE_FEN
from tests.money.evidence import Evidence, gather, jsonl
from tests.money.naive import believed, iccid

ACCOUNT = "test-a"
RATE_PER_S = 400.0


@dataclass(frozen=True)
class Kind:
    """A kind of carrier."""

    name: str
    key: bool
    query: str  # good, down

    @property
    def terms(self) -> dict[str, Any]:
        return {"order_key": self.key, "query_trusted": self.query == "good"}


KINDS = (
    Kind("key, query", key=True, query="good"),
    Kind("no key, query", key=False, query="good"),
    Kind("key, readings only", key=True, query="down"),
    Kind("no key, readings only", key=False, query="down"),
)


@dataclass
class Told:
    """One row of the report."""

    kind: str
    seed: int
    items: int
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    calls: int = 0
    charges: int = 0
    twice: int = 0
    lost: int = 0
    fen_off: int = 0
    resolved_s: list[float] = field(default_factory=list)
    needs_review: int = 0
    failed: int = 0
    starts_s: list[float] = field(default_factory=list)  # opening and recovering
    processes_s: list[float] = field(default_factory=list)  # the whole start of a process
    found: list[str] = field(default_factory=list)  # broken invariants
    took_s: float = 0.0
    naive: "Told | None" = None


def judge(folder: Path, kind: Kind, told: Told) -> None:
    """Charges from the carrier's ledger, moves from the events; the invariants."""
    home = open_home(folder / "home")
    seen = gather(home, folder / "carrier")
    asked = invariants.Asked(
        keyless=frozenset() if kind.key else frozenset({ACCOUNT}),
        threads=8,
        rate_per_s=RATE_PER_S,
        secrets=(running.SECRET,),
        logs=(folder / "worker.log",),
    )
    found = invariants.check(home, folder / "carrier", asked=asked)
    home.close()
    told.found = [f"{one.invariant}: {one.what}" for one in found]
    told.calls, told.charges = len(seen.requests), len(seen.charges)
    told.twice = sum(len(charges) > 1 for charges in seen.charged.values())
    states = Counter(row["st"] for row in seen.obligations.values())
    told.needs_review, told.failed = states["needs_review"], states["failed"]
    told.lost = sum(_is_lost(row["st"], number in seen.charged) for number, row in seen.obligations.items())
    told.lost += told.items - len(seen.obligations)
    told.fen_off = _fen_off(seen)
    told.resolved_s = _resolved(seen)


def _is_lost(state: str, charged: bool) -> bool:
    """Paid and called something else, called paid and not, or come to no rest."""
    return (state == "succeeded") != charged if state != "needs_review" else False


def _fen_off(seen: Evidence) -> int:
    """What the carrier holds beyond what succeeded and beyond what it charged of items a person looks at."""
    theirs = sum(line["amount_fen"] for line in (*seen.charges, *seen.refunds))
    succeeded = sum(row["amount_fen"] for row in seen.obligations.values() if row["st"] == "succeeded")
    reviewed = sum(
        line["amount_fen"]
        for number, lines in seen.charged.items()
        for line in lines
        if seen.obligations[number]["st"] == "needs_review"
    )
    return theirs - succeeded - reviewed


def _resolved(seen: Evidence) -> list[float]:
    """Seconds from each doubt to its end, whatever that was."""
    since: dict[int, datetime] = {}
    took = []
    for event in seen.events:
        if event["to_state"] == "unknown":
            since.setdefault(event["obligation"], event["ts"])
        elif event["obligation"] in since and event["arrow"] != 11:
            took.append((event["ts"] - since.pop(event["obligation"])).total_seconds())
    return took


def judge_naive(place: Path, told: Told) -> None:
    """What the naive engine believes, beside what its carrier charged."""
    per_card: dict[str, int] = defaultdict(int)
    ledger = [line for line in jsonl(place / "ledger.jsonl") if line["kind"] in {"charge", "refund"}]
    for line in ledger:
        per_card[line["iccid"]] += 1 if line["kind"] == "charge" else -1
    words = {iccid(int(str(line["card"]))): line["word"] for line in believed(place / "naive.jsonl")}
    told.charges = sum(line["kind"] == "charge" for line in ledger)
    told.calls = len(jsonl(place / "requests.jsonl"))
    told.twice = sum(count > 1 for count in per_card.values())
    told.lost = sum(
        (words.get(card) == "bought") != (per_card[card] > 0) for card in map(iccid, range(1, told.items + 1))
    )
    bought = sum(word == "bought" for word in words.values())
    told.fen_off = sum(line["amount_fen"] for line in ledger) - bought * PRICE_FEN


def percentile(values: list[float], share: float) -> float:
    """0 where there is none."""
    return statistics.quantiles(values, n=100)[round(share * 100) - 1] if len(values) > 1 else sum(values)
