"""`make bench`: what a rerun of each page costs over the websocket, on a fleet of 200,000 SIMs beside one of 10,000.

For each page and fleet, two figures: *warm* (nothing was written since the last rerun) and *after a write* (some commit
made every cached read stale). A rerun counts from sending the message to the script's end, script and transport, without
a browser. Writes a report; ends with 1 when a page misses the mark.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx
import websockets.sync.client
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.menu import PAGES
from data.home import open_home
from data.people import store as people
from data.people.passwords import chosen
from data.people.rules import Role
from jobs.commands.users import COMMAND_LINE
from tests.serving import ROOT, Served, demo, served

REPORT = ROOT / "docs" / "bench.md"
PASSWORD = "twelve quiet terminals"
RUNS = 40
SETTLE_S = 10
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


def figures(times: list[float]) -> Figures:
    """p50 and p95 of what was measured."""
    times = sorted(times)
    return Figures(statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.95))])


def in_turn(small: Callable[[], float], large: Callable[[], float], *, runs: int) -> tuple[Figures, Figures]:
    """Both fleets in turn, so that a noisy machine is noisy for both; the first two of each are not counted."""
    pairs = [(small(), large()) for _ in range(runs + 2)][2:]
    return figures([pair[0] for pair in pairs]), figures([pair[1] for pair in pairs])


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
        people.add(
            tx, COMMAND_LINE, name="bench", role=Role.OPERATOR, password=chosen("bench", PASSWORD), language="zh_CN"
        )
    opened.close()
    assert row
    return {"sim": f"iccid={row['iccid']}", "terminal": f"id={row['terminal_key']}", "look_up": f"q={row['tail']}"}


@dataclass(frozen=True)
class Fleet:
    """A served demo home, and the addresses of one card and one terminal in it."""

    tab: Tab
    queries: dict[str, str]

    def warm(self, page: str) -> float:
        """A rerun when nothing was written since the last one."""
        return self.tab.rerun(page, self.queries.get(page, ""))

    def stale(self, page: str) -> float:
        """A rerun after some commit."""
        self.tab.write()
        return self.warm(page)


@contextmanager
def fleet(home: Path, *, sims: int, days: int) -> Iterator[Fleet]:
    """A demo fleet of this size, made and served."""
    began = time.perf_counter()
    demo(home, sims=sims, days=days)
    print(f"{sims:,} SIMs × {days} days made in {time.perf_counter() - began:.0f} s", flush=True)
    queries = a_sim_and_a_terminal(home)
    with served(home) as server:
        # The first jobs on a fresh demo write; a rerun is warm when nothing does.
        time.sleep(SETTLE_S)
        yield Fleet(Tab(server), queries)


@dataclass(frozen=True)
class Line:
    """One page of the report."""

    page: str
    warm: tuple[Figures, Figures]  # small, large
    stale: tuple[Figures, Figures]

    @property
    def growth(self) -> float:
        """How many times the small fleet's warm p95 the large one's is."""
        return max(self.warm[1].p95, FLOOR_MS) / max(self.warm[0].p95, FLOOR_MS)

    @property
    def fits(self) -> bool:
        """Whether the mark is met; Look up reads every search text, so it may grow with the fleet."""
        return self.warm[1].p95 <= P95_MS and (self.growth <= GROWTH or self.page == "look_up")

    def __str__(self) -> str:
        (small, large), (small_stale, large_stale) = self.warm, self.stale
        return (
            f"| {self.page} | {small.p50:.0f} | {small.p95:.0f} | {large.p50:.0f} | {large.p95:.0f} | {self.growth:.1f} "
            f"| {small_stale.p50:.0f} | {large_stale.p50:.0f} | {large_stale.p95:.0f} | {'yes' if self.fits else '**no**'} |"
        )


def main() -> int:
    """Measure both fleets, write the report, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sims", type=int, default=200_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--report", type=Path, default=REPORT)
    arguments = parser.parse_args()
    lines = []
    with (
        tempfile.TemporaryDirectory() as folder,
        fleet(Path(folder) / "small", sims=arguments.small, days=arguments.days) as small,
        fleet(Path(folder) / "large", sims=arguments.sims, days=arguments.days) as large,
    ):
        for row in PAGES:
            page = row.name
            warm = in_turn(partial(small.warm, page), partial(large.warm, page), runs=RUNS)
            stale = in_turn(partial(small.stale, page), partial(large.stale, page), runs=RUNS // 4)
            lines.append(Line(page, warm, stale))
            print(lines[-1], flush=True)
    arguments.report.parent.mkdir(exist_ok=True)
    arguments.report.write_text(
        f"""# What a rerun costs

Made by `tests/bench_pages.py` (`make bench`): demo fleets of {arguments.small:,} and {arguments.sims:,} SIMs × {arguments.days} days, each behind
its own server, {RUNS} reruns a page over the websocket, the two fleets in turn; milliseconds from the message to the
script's end, without a browser. Required: warm p95 ≤ {P95_MS} ms at {arguments.sims:,}, and at most {GROWTH:g} times the
small fleet's (counted from {FLOOR_MS} ms; Look up reads every search text). *Stale*: some commit made every cached read
stale.

| page | small p50 | small p95 | large p50 | large p95 | growth | small stale p50 | large stale p50 | large stale p95 | fits |
|---|--:|--:|--:|--:|--:|--:|--:|--:|---|
"""
        + "".join(f"{line}\n" for line in lines),
        encoding="utf-8",
    )
    return 0 if all(line.fits for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
