"""`make money`: the long campaign of faults and kills, ours and the naive engine side by side, and its report.

    python tests/money/campaign.py [--items 2500] [--kills 66] [--seeds 1,2] [--share 0.35] [--report docs/money-report.md]

Items and kills are those of one run; there is one run per kind of carrier and seed. The defaults make 8 runs: 20,000 items
and more than 500 kills, in about half an hour on two cores. It ends with an error if one item was bought twice, one was lost, one fen is off or
an invariant is broken; the report is written all the same.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.money.campaign_judge import KINDS, Told, percentile
from tests.money.campaign_run import DEADLINE_S, HASTE, HORIZON_S, LATE_S, run

ROOT = Path(__file__).parents[2]
_HEAD = """# The money campaign

Made by `{command}` in {minutes:.0f} minutes. Every row is one run: a home of its own, a worker process that is killed with
`kill -9` at random moments and started again, and the test carrier as a process of its own over TCP, full of faults.
Beside it the naive engine: a new order number for every try, another try after every doubt; the same cards, the same
faults by the same seed, kills too. Charges, twice, lost and fen off are read from the carrier's ledger file, never from a
counter of ours; the invariants I1 to I11 are checked after every run.

A call may take {deadline} s; an order may take effect {late} s late; a not-found counts after a horizon of {horizon} s; unclear
orders are asked about {haste:,} times faster than by the house's schedule, so that its seven days pass in half a minute.
What failed is said to be mended, proposed again and bought under the next number within the same run. Each run ends with
the day's comparison with the carrier's statement, as every day does.

**twice**: renewals charged more than once and not refunded. **lost**: paid and called something else, called paid and not
paid, or at no rest. **fen off**: what the carrier holds, less what succeeded and what it charged of items a person looks at.
Charges that the carrier refunded by itself stay in the count of charges. Restart: opening the home and putting right what the
kill left.

## Ours

| Carrier | Seed | Items | Calls | Faults | Kills | Charges | Twice | Lost | Fen off | Unknown → resolved p50, p99 | Needs review | Failed | Restart p50, max | Broken |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""
_NAIVE = """
## The naive engine, in the same runs

| Carrier | Seed | Items | Calls | Faults | Kills | Charges | Twice | Lost | Fen off |
|---|---|---|---|---|---|---|---|---|---|
"""
_FAULTS = """
## Faults by kind

| Fault | Ours | Naive |
|---|---|---|
"""


def total(rows: Sequence[Told]) -> Told:
    """All runs as one row."""
    whole = Told("**all**", 0, sum(row.items for row in rows))
    for row in rows:
        whole.faults += row.faults
        whole.found += row.found
        whole.resolved_s += row.resolved_s
        whole.starts_s += row.starts_s
        for name in ("kills", "calls", "charges", "twice", "lost", "fen_off", "needs_review", "failed"):
            setattr(whole, name, getattr(whole, name) + getattr(row, name))
    return whole


def report(rows: Sequence[Told], *, command: str, minutes: float) -> str:
    """docs/money-report.md."""
    naive = [row.naive for row in rows if row.naive]
    ours, theirs = total(rows), total(naive)
    head = _HEAD.format(
        command=command, minutes=minutes, deadline=DEADLINE_S, late=LATE_S, horizon=HORIZON_S, haste=HASTE
    )
    text = head + "".join(map(_ours, [*rows, ours])) + _NAIVE + "".join(map(_naive, [*naive, theirs])) + _FAULTS
    names = sorted(ours.faults | theirs.faults)
    text += "".join(f"| {name} | {ours.faults[name]:,} | {theirs.faults[name]:,} |\n" for name in names)
    text += "\n## Broken invariants\n\n" + ("".join(f"- {what}\n" for what in ours.found) or "None.\n")
    return text + "\nWhich mutants the suite kills, and by which test: [mutants.md](mutants.md).\n"


def _begins(row: Told) -> str:
    return f"| {row.kind} | {row.seed or ''} | {row.items:,} | {row.calls:,} | {row.faults.total():,} | {row.kills} "


def _money(row: Told) -> str:
    return f"| {row.charges:,} | {row.twice} | {row.lost} | {row.fen_off:,} "


def _ours(row: Told) -> str:
    doubts = f"| {percentile(row.resolved_s, 0.5):.1f} s, {percentile(row.resolved_s, 0.99):.1f} s "
    starts = f"| {percentile(row.starts_s, 0.5):.2f} s, {max(row.starts_s, default=0):.2f} s "
    return _begins(row) + _money(row) + f"{doubts}| {row.needs_review} | {row.failed} {starts}| {len(row.found)} |\n"


def _naive(row: Told) -> str:
    return _begins(row) + _money(row) + "|\n"


def campaign(*, items: int, kills: int, seeds: Sequence[int], share: float, folder: Path) -> list[Told]:
    """Every kind of carrier with every seed, one run after the other."""
    rows = []
    for seed in seeds:
        for number, kind in enumerate(KINDS):
            place = folder / f"{seed}-{number}"
            place.mkdir(parents=True)
            told = run(place, kind, seed=seed, items=items, kills=kills, share=share)
            rows.append(told)
            said = (
                f"{kind.name}, seed {seed}: {told.faults.total()} faults, {told.kills} kills, {told.charges} charges, "
            )
            said += f"twice {told.twice}, lost {told.lost}, fen off {told.fen_off}, broken {len(told.found)}, {told.took_s:.0f} s"
            print(said, f"(naive: twice {told.naive.twice}, lost {told.naive.lost})" if told.naive else "", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=2_500)
    parser.add_argument("--kills", type=int, default=66)
    parser.add_argument("--seeds", default="1,2")
    parser.add_argument("--share", type=float, default=0.35)
    parser.add_argument("--report", type=Path, default=ROOT / "docs" / "money-report.md")
    asked = parser.parse_args()
    seeds = [int(seed) for seed in asked.seeds.split(",")]
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="flowcard-money-") as folder:
        rows = campaign(items=asked.items, kills=asked.kills, seeds=seeds, share=asked.share, folder=Path(folder))
    command = " ".join(["python tests/money/campaign.py", *sys.argv[1:]]) if len(sys.argv) > 1 else "make money"
    text = report(rows, command=command, minutes=(time.monotonic() - began) / 60)
    asked.report.write_text(text, encoding="utf-8")
    whole = total(rows)
    print(f"{whole.items} items, {whole.faults.total()} faults, {whole.kills} kills: {asked.report}")
    if whole.twice or whole.lost or whole.fen_off or whole.found:
        sys.exit("money is off; the report says where")


if __name__ == "__main__":
    main()
