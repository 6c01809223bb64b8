"""The worker of the campaign: a process of its own that may die at any moment and is started again.

    python tests/money/worker.py HOME HASTE

HASTE: how many times faster than by the house's schedule unclear orders are asked about. It ends when everything rests.
It prints how many seconds the start took, from the process's first moment until it may claim.
"""

import logging
import sys
import threading
import time
from pathlib import Path

BEGAN = time.monotonic()

from data.database import Query  # noqa: E402
from data.home import open_home  # noqa: E402
from data.renewals import moves, recovery  # noqa: E402
from jobs import run_renewals, settle_unknowns  # noqa: E402
from tests.carrier import running  # noqa: E402

MOVING = Query("moving", "", "SELECT count(*) FROM state WHERE st IN ('pending', 'submitted', 'unknown')")


def main() -> None:
    path, haste = Path(sys.argv[1]), float(sys.argv[2])
    # Everything that is logged anywhere goes into the file that is searched for secrets.
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    running.install()
    moves.SCHEDULE = tuple(slot / haste for slot in moves.SCHEDULE)
    opening = time.monotonic()
    home = open_home(path)
    recovered = recovery.recover(home.db, home.journal)
    print(f"ready {time.monotonic() - opening:.3f} {time.monotonic() - BEGAN:.3f} {recovered.in_doubt}", flush=True)
    stop = threading.Event()

    def settle() -> None:
        while not stop.wait(0.1):
            settle_unknowns.run(home, stop)

    settling = threading.Thread(target=settle, daemon=True)
    settling.start()
    try:
        while home.db.read().value(MOVING):
            if not settling.is_alive():
                sys.exit("the settling job broke; its error stands above")
            run_renewals.run(home, stop)
            time.sleep(0.05)
    finally:
        stop.set()
        settling.join()
    home.close()


if __name__ == "__main__":
    main()
