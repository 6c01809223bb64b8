"""A bulk renewal that is killed again and again ends with one charge per renewed card and none lost."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import date, timedelta

from data.clock import FixedDayClock, MovedClock
from data.home import open_home
from data.renewals import store as renewals
from data.renewals.journal import Journal
from data.renewals.moves import State
from data.renewals.recovery import recover
from jobs import run_renewals, settle_unknowns

ITEMS, KILLS, SEED = 500, 5, 20261122
# The processes and this test believe in the same day, whatever the hour in Shanghai.
TODAY = date(2026, 11, 22)
COMMAND = [sys.executable, "-c", "from jobs.command_line import main; main()", "renew"]


def start(path, *words):
    environment = {**os.environ, "FLOWCARD_TODAY": TODAY.isoformat()}
    return subprocess.Popen(
        [*COMMAND, *words, "--home", str(path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ledger_lines(path):
    file = path / "practice" / "ledger.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def test_a_killed_batch_charges_every_renewed_card_once(demo_home, people, practice_fleet):
    dice = random.Random(SEED)
    demo_home.db.clock = FixedDayClock(TODAY)
    sims = practice_fleet(
        ITEMS,
        delay_ms=40,
        refused_share=0.03,
        lost_share=0.02,
        accepted_share=0.01,
        accepted_s=3,
        later_share=0.02,
        later_s=1,
    )
    with demo_home.db.write() as tx:
        batch = renewals.propose(tx, people["operator"], sim_ids=sims, form_key="f").batch
    status = renewals.status(demo_home.db.read(), batch)
    with demo_home.db.write() as tx:
        renewals.approve(
            tx, people["approver"], batch=batch, content_hash=status.content_hash, settings=demo_home.settings
        )
    demo_home.close()

    killed_at = []
    for kill in range(KILLS):
        # Each kill strikes a moment after the carrier has booked something that nobody has written down yet; past the
        # canary, behind which everything else would wait for a minute.
        wanted = ledger_lines(demo_home.path) + dice.randrange(8, 30)
        child = start(demo_home.path, "run", str(batch))
        while ledger_lines(demo_home.path) < wanted and child.poll() is None:
            time.sleep(0.002)
        time.sleep(dice.random() * 0.06 * (kill % 3))
        child.kill()
        child.communicate()
        killed_at.append(ledger_lines(demo_home.path))
    assert killed_at[-1] < ITEMS, "the last kill struck too late to prove anything"

    said = start(demo_home.path, "status", str(batch), "--json")
    told = json.loads(said.communicate()[0])
    assert sum(told[state.value] for state in State) == told["items"] == ITEMS

    home = open_home(demo_home.path)
    home.db.clock = clock = MovedClock(FixedDayClock(TODAY).now())
    recover(home.db, home.journal)
    home.carriers_file.write_text(
        home.carriers_file.read_text(encoding="utf-8").replace("delay_ms = 40", "delay_ms = 0")
    )
    for _ in range(30):
        run_renewals.run(home, threading.Event())
        settle_unknowns.run(home, threading.Event())
        clock.move(timedelta(seconds=30))
    home.close()

    lines = [json.loads(line) for line in (demo_home.path / "practice" / "ledger.jsonl").read_text().splitlines()]
    charged = Counter(line["iccid"] for line in lines if line["kind"] == "charge")
    assert set(charged.values()) == {1}
    home = open_home(demo_home.path)
    try:
        status = renewals.status(home.db.read(), batch)
        assert (status.state, status.succeeded + status.failed) == ("done", ITEMS)
        found = renewals.lines(home.db.read(), batch=batch, limit=ITEMS, offset=0).to_pylist()
        succeeded = {line["iccid"]: line["amount_fen"] for line in found if line["st"] == "succeeded"}
        assert set(succeeded) == set(charged)
        assert sum(succeeded.values()) == sum(line["amount_fen"] for line in lines if line["kind"] == "charge")
        book = Journal(home.journal)
        assert book.verify_all() > 2 * ITEMS
        intents = {entry["order_no"] for entry in book.behind(None) if entry["kind"] == "intent"}
        assert {line["order_no"] for line in lines} <= intents
    finally:
        home.close()
