"""One run of the campaign: a home, a test carrier full of faults, a worker that is killed again and again, and the naive
engine at a carrier of its own with the same seed.
"""

import random
import subprocess
import sys
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from data.clock import SystemClock
from data.home import Home, open_home
from data.people import store as people_store
from data.people.rules import Actor
from data.renewals import store as renewals
from jobs.carriers import accounts
from jobs.reconcile import reconciled
from tests.carrier import running
from tests.carrier.faults import MIXABLE
from tests.money.building import make_home, toml
from tests.money.campaign_judge import ACCOUNT, RATE_PER_S, Kind, Told, judge, judge_naive
from tests.money.evidence import gather
from tests.money.naive import iccid

HERE = Path(__file__).parent
# Replies that name something else, and parts of amounts, end with a person: few, so that most items end by machine.
_RARE = ("f11_other_order", "f11_other_amount", "f11_other_iccid", "f12_429", "f17_accepted_refunded", "f18_partial")
_COMMON = tuple(name for name in MIXABLE if name not in _RARE)
DEADLINE_S, LATE_S, HORIZON_S = 0.4, 1.0, 1.6
BATCH = 500
# Unclear orders are asked about so many times faster than by the house's schedule: its seven days are half a minute.
HASTE = 20_000


def run(folder: Path, kind: Kind, *, seed: int, items: int, kills: int, share: float) -> Told:
    """One run of ours and one of the naive engine."""
    began, dice = time.monotonic(), random.Random(f"{kind.name} {seed}")
    told = Told(kind.name, seed, items)
    carrier = _carrier(folder / "carrier", kind, seed=seed, items=items, share=share)
    try:
        _approve_all(folder / "home", carrier, kind, items)
        _work_to_rest(folder, carrier, dice, told, kills=kills, every=max(1, items // (kills + 1)))
        if _approve_again(folder / "home"):
            _work_to_rest(folder, carrier, dice, told, kills=max(1, kills // 20), every=20)
        compare(folder / "home")
        told.faults = _played(carrier)
    finally:
        carrier.stop()
    judge(folder, kind, told)
    told.took_s = time.monotonic() - began
    told.naive = _run_naive(folder, kind, dice, seed=seed, items=items, kills=max(1, kills // 2), share=share)
    return told


def compare(path: Path) -> None:
    """The day's comparison with the carrier's statement: what an expiry proved and a part of the price paid for is found here."""
    time.sleep(HORIZON_S)
    home = open_home(path)
    today = home.clock.today()
    reconciled(home, ACCOUNT, accounts.connected(home, ACCOUNT), [today - timedelta(days=1), today])
    home.close()
    accounts._open.clear()


def _carrier(folder: Path, kind: Kind, *, seed: int, items: int, share: float) -> running.Carrier:
    carrier = running.Carrier(folder).start()
    mix = dict.fromkeys(_COMMON, share / len(_COMMON)) | dict.fromkeys(_RARE, share / 100)
    carrier.settings(key=kind.key, query=kind.query, horizon_s=LATE_S, seed=seed, mix=mix)
    carrier.put_cards({iccid(number): {"expires_on": _expiry().isoformat()} for number in range(1, items + 1)})
    return carrier


def _played(carrier: running.Carrier) -> Counter[str]:
    return Counter({name: played for name, played in carrier.stats().items() if name in (*_COMMON, *_RARE)})


def _expiry() -> date:
    return SystemClock().today() + timedelta(days=8)


def _approve_all(path: Path, carrier: running.Carrier, kind: Kind, items: int) -> None:
    """Batches by two people; a second one over the same cards finds nothing left to order."""
    keys = {"base_url": carrier.base_url, "allow_loopback": True, "secret": running.SECRET, "calls_at_once": 8}
    keys |= {"call_deadline_s": DEADLINE_S, "horizon_s": HORIZON_S, "rate_per_s": RATE_PER_S, **kind.terms}
    running.install()
    make_home(
        path, cards=items, accounts_toml=toml(ACCOUNT, "test", **keys), account=ACCOUNT, now=None, expires_on=_expiry()
    )
    home = open_home(path)
    for start in range(1, items + 1, BATCH):
        _approved(home, list(range(start, min(start + BATCH, items + 1))), f"batch {start}")
    home.close()
    accounts._open.clear()


def _approve_again(path: Path) -> bool:
    """What failed is said to be mended, proposed again and approved: the next attempt of the same renewals."""
    home = open_home(path)
    failed = [number for number, row in gather(home, path).obligations.items() if row["st"] == "failed"]
    maker = _person(home, "operator")
    made = None
    if failed:
        with home.db.write() as tx:
            for number in failed:
                renewals.note(tx, maker, obligation=number, note="mended", repaired=True)
        with home.db.write() as tx:
            made = renewals.retry_repaired(tx, maker, obligations=failed, form_key="again").batch
        if made:
            _approve(home, made)
    home.close()
    return made is not None


def _approved(home: Home, sims: list[int], form_key: str) -> None:
    with home.db.write() as tx:
        made = renewals.propose(tx, _actor(tx, "operator"), sim_ids=sims, form_key=form_key)
    assert made.items == len(sims)
    _approve(home, made.batch)


def _approve(home: Home, batch: int) -> None:
    status = renewals.status(home.db.read(), batch)
    with home.db.write() as tx:
        who = _actor(tx, "approver")
        renewals.approve(tx, who, batch=batch, content_hash=status.content_hash, settings=home.settings)


def _work_to_rest(
    folder: Path, carrier: running.Carrier, dice: random.Random, told: Told, *, kills: int, every: int
) -> None:
    """Start the worker, kill it after about so many more arrivals, start it again; at last let it finish."""
    for left in range(kills, -1, -1):
        with (folder / "worker.log").open("ab") as log:
            command = [sys.executable, str(HERE / "worker.py"), str(folder / "home"), str(HASTE)]
            worker = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            word = worker.stdout.readline().split()
            if word[:1] != ["ready"]:
                raise RuntimeError(f"the worker did not start; see {folder / 'worker.log'}")
            told.starts_s.append(float(word[1]))
            told.processes_s.append(float(word[2]))
            if left == 0:
                worker.wait(900)
            else:
                _let_live(worker, carrier, dice, every)
            if worker.poll() is None:
                worker.kill()
                told.kills += 1
        finally:
            if worker.poll() is None:
                worker.kill()
            worker.wait()
            worker.stdout.close()
        if worker.returncode == 0:
            return
        if worker.returncode != -9:
            raise RuntimeError(f"the worker ended with {worker.returncode}; see {folder / 'worker.log'}")


def _let_live(worker: "subprocess.Popen[str]", carrier: running.Carrier, dice: random.Random, every: int) -> None:
    """Until about `every` more orders have arrived, or a moment has passed without any; then a random instant more."""
    path = carrier.folder / "requests.jsonl"
    wanted = _size(path) + dice.randrange(every // 2, every * 3 // 2 + 1) * 280
    until = time.monotonic() + 2.0 + dice.random()
    while _size(path) < wanted and time.monotonic() < until and worker.poll() is None:
        time.sleep(0.004)
    time.sleep(dice.random() * 0.05)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _run_naive(
    folder: Path, kind: Kind, dice: random.Random, *, seed: int, items: int, kills: int, share: float
) -> Told:
    """The same cards, the same faults by the same seed, a carrier of its own."""
    told, began = Told(kind.name, seed, items), time.monotonic()
    place = folder / "naive"
    carrier = _carrier(place, kind, seed=seed, items=items, share=share)
    command = [sys.executable, str(HERE / "naive.py"), str(carrier.port), ACCOUNT, str(place), str(items)]
    command.append("key" if kind.key else "no")
    try:
        for left in range(kills, -1, -1):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
            if left:
                _let_live(process, carrier, dice, max(1, items // (kills + 1)))
                told.kills += process.poll() is None
                process.kill()
            if process.wait(900) == 0:
                break
        told.faults = _played(carrier)
    finally:
        carrier.stop()
    judge_naive(place, told)
    told.took_s = time.monotonic() - began
    return told


def _person(home: Home, name: str) -> Actor:
    with home.db.write(quiet=True) as tx:
        return _actor(tx, name)


def _actor(tx: Any, name: str) -> Actor:
    return people_store.by_name(tx, name).actor("command line")
