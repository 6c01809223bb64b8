"""Sends hostile files through the real doors of one home and measures: `python doors.py HOME tables|papers` prints JSON.

A process of its own, and the files made by another, so that its peak and its children's are those of the doors alone.
"""

import json
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

from data.database import Query
from data.home import Home, open_home
from data.people.rules import Actor, Refused, Role
from data.vouchers import picturing
from data.vouchers import store as vouchers
from jobs import read_vouchers
from jobs.importing.taking import take


def main(where: Path, which: str) -> None:
    subprocess.run([sys.executable, Path(__file__).with_name("making.py"), where / "made", which], check=True)
    home = open_home(where / "home", create="real")
    clerk = _clerk(home)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found, failures = [], []
    door = _import if which == "tables" else _file
    for number, name in enumerate(json.loads((where / "made" / "names.json").read_text(encoding="utf-8"))):
        path = where / "made" / str(number)
        at, cpu = time.monotonic(), _cpu()
        try:
            outcome = door(home, clerk, path, name)
        except Exception as error:  # noqa: BLE001 - whatever gets through a door is what is looked for
            failures.append(f"{name}: {type(error).__name__}: {error}"[:300])
            outcome = "failed"
        found.append((round(_cpu() - cpu, 2), round(time.monotonic() - at, 2), name, outcome))
    home.close()
    told = {
        "files": len(found),
        "failures": failures,
        "self_before_mb": before,
        "self_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "child_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
        "slowest": sorted(found, reverse=True)[:3],
        "outcomes": {name: outcome for _cpu_s, _s, name, outcome in found},
    }
    print(json.dumps(told, ensure_ascii=False))


def _clerk(home: Home) -> Actor:
    added = "INSERT INTO person (name, role, made_at) VALUES ('clerk', 'operator', $now) RETURNING person_id"
    with home.db.write() as tx:
        return Actor(int(tx.value(Query("test", "", added), now=tx.now)), "clerk", Role.OPERATOR, "command line")


def _import(home: Home, by: Actor, path: Path, name: str) -> str:
    taken = take(home, by, path=path, filename=name, source="command", accept_good=True)
    return f"{taken.state}: {taken.error[0].format(**taken.error[1])}" if taken.error else taken.state


def _file(home: Home, by: Actor, path: Path, name: str) -> str:
    try:
        with home.db.write() as tx:
            filed = vouchers.file_paper(
                tx, by, content=path.read_bytes(), filename=name, folder=home.vouchers, max_mb=60
            )
    except Refused as refused:
        return f"refused: {refused}"
    read_vouchers.run(home, threading.Event())
    paper = vouchers.one(home.db.read(), filed.voucher_id)
    if paper is None or paper.read_at is None:
        raise AssertionError("filed and not read")
    return f"filed: {picturing.pages(home.db.read(), filed.voucher_id)} pages; {'; '.join(paper.said())}"


def _cpu() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
