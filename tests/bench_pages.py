"""`make bench`: what a rerun of each page costs over the websocket, on a fleet of 200,000 SIMs beside one of 10,000.

For each page and fleet, two figures: *warm* (nothing was written since the last rerun) and *after a write* (some commit
made every cached read stale). A rerun counts from sending the message to the script's end, script and transport, without
a browser. Writes docs/bench.md; ends with 1 when a page misses the mark.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import websockets.sync.client
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.menu import PAGES
from data.home import open_home
from data.people import store as people
from data.people.rules import Role
from jobs.commands.users import COMMAND_LINE
from tests.serving import ROOT, Served, run, served

REPORT = ROOT / "docs" / "bench.md"
PASSWORD = "twelve quiet terminals"
RUNS = 40
P95_MS = 150
GROWTH = 2.0  # a page at the large fleet may cost this many times its figure at the small one
# Below this a ratio measures the machine's noise, not the page.
FLOOR_MS = 20


@dataclass(frozen=True)
class Figures:
    """One page on one fleet, milliseconds."""

    p50: float
    p95: float


class Tab:
    """One browser tab's websocket, without the browser."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.client = httpx.Client(base_url=server.url, timeout=60)
        answer = self.client.post(
            "/sign-in", data={"name": "bench", "password": PASSWORD}, headers={"origin": server.url}
        )
        assert answer.status_code == 303, answer.status_code
        cookie = f"flowcard_sid={self.client.cookies['flowcard_sid']}"
        self.socket = websockets.sync.client.connect(
            f"ws://127.0.0.1:{server.port}/_stcore/stream",
            subprotocols=["streamlit"],  # type: ignore[list-item]
            additional_headers={"Cookie": cookie},
            max_size=None,
        )

    def rerun(self, page: str, query: str = "") -> float:
        """Milliseconds until the page's script has ended; raises when it ended with an error."""
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = query
        began = time.perf_counter()
        self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg()
            answer.ParseFromString(self.socket.recv())  # type: ignore[arg-type]
            kind = answer.WhichOneof("type")
            if kind == "delta" and answer.delta.new_element.WhichOneof("type") == "exception":
                raise RuntimeError(f"{page}: {answer.delta.new_element.exception.message}")
            if kind == "script_finished":
                return (time.perf_counter() - began) * 1000

    def write(self) -> None:
        """Any commit: every cached read of every page is stale from here on."""
        self.client.post("/sign-in", data={"name": "nobody", "password": "x"}, headers={"origin": self.server.url})


def measure(once: Callable[[], float], *, runs: int) -> Figures:
    """p50 and p95 of `runs` reruns, after one that is not counted."""
    once()
    times = sorted(once() for _ in range(runs))
    return Figures(statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.95))])


def a_sim_and_a_terminal(home: Path) -> dict[str, str]:
    """Addresses for the pages that need one."""
    from data.database import Query

    opened = open_home(home)
    row = opened.db.read().row(
        Query(
            "bench",
            "",
            "SELECT iccid, terminal_key, right(iccid, 6) AS tail FROM sim_now WHERE terminal_key IS NOT NULL LIMIT 1",
        )
    )
    with opened.db.write() as tx:
        people.add(tx, COMMAND_LINE, name="bench", role=Role.OPERATOR, password=PASSWORD, language="zh_CN")
    opened.close()
    assert row
    return {"sim": f"iccid={row['iccid']}", "terminal": f"id={row['terminal_key']}", "look_up": f"q={row['tail']}"}


def fleet(home: Path, *, sims: int, days: int) -> dict[str, tuple[Figures, Figures]]:
    """Every page's figures on a demo fleet of this size: warm, and after a write."""
    began = time.perf_counter()
    run("demo", "--sims", str(sims), "--days", str(days), home=home, code=None)
    print(f"{sims:,} SIMs × {days} days made in {time.perf_counter() - began:.0f} s", flush=True)
    queries = a_sim_and_a_terminal(home)
    figures = {}
    with served(home) as server:
        tab = Tab(server)
        for row in PAGES:
            query = queries.get(row.name, "")

            def stale(page: str = row.name, query: str = query) -> float:
                tab.write()
                return tab.rerun(page, query)

            warm = measure(lambda page=row.name, query=query: tab.rerun(page, query), runs=RUNS)  # type: ignore[misc]
            figures[row.name] = (warm, measure(stale, runs=max(5, RUNS // 4)))
            print(
                f"  {row.name:14} warm p95 {warm.p95:6.0f} ms · after a write p50 {figures[row.name][1].p50:6.0f} ms",
                flush=True,
            )
    return figures


def main() -> int:
    """Measure both fleets, write the report, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sims", type=int, default=200_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = fleet(Path(folder) / "small", sims=arguments.small, days=arguments.days)
        large = fleet(Path(folder) / "large", sims=arguments.sims, days=arguments.days)
    lines, missed = [], []
    for name, (warm, stale) in large.items():
        before = small[name][0]
        growth = max(warm.p95, FLOOR_MS) / max(before.p95, FLOOR_MS)
        # Search text is read whole: its cost grows with the fleet by design.
        fits = warm.p95 <= P95_MS and (growth <= GROWTH or name == "look_up")
        missed += [] if fits else [name]
        lines.append(
            f"| {name} | {before.p50:.0f} | {before.p95:.0f} | {warm.p50:.0f} | {warm.p95:.0f} | {growth:.1f} "
            f"| {small[name][1].p50:.0f} | {stale.p50:.0f} | {stale.p95:.0f} | {'yes' if fits else '**no**'} |"
        )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(
        f"# What a rerun costs\n\nMade by `make bench`: demo fleets of {arguments.small:,} and {arguments.sims:,} SIMs × "
        f"{arguments.days} days, one tab over the websocket, {RUNS} reruns a page, milliseconds. Required: warm p95 ≤ "
        f"{P95_MS} ms at {arguments.sims:,}, and at most {GROWTH:g} times the small fleet's (counted from {FLOOR_MS} ms; "
        "Look up reads every search text). *After a write* every cached read is stale.\n\n"
        f"| page | small p50 | small p95 | large p50 | large p95 | growth | small after a write p50 "
        "| large after a write p50 | p95 | fits |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|---|\n"
        + "\n".join(lines)
        + "\n",
        encoding="utf-8",
    )
    print(REPORT.read_text(encoding="utf-8"))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
