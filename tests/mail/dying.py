"""Passes of the outbox, each in a process of its own that ends at an exact point.

    python -m tests.mail.dying

reads lines `NOW<tab>POINT<tab>HOME`, lives each in a fork of its own, and answers with the status it ended with. NOW: what
its clock says. POINT: a key of POINTS. What it would import a hundred times it has imported once; it has opened nothing.
"""

import os
import signal
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from data.clock import MovedClock
from data.mails import claiming, store
from jobs import send_outbox
from tests.mail.building import House


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def after_commit_of(module, name):
    """Die when the transaction in which this was done is committed."""

    def arm():
        from data.database import Database

        real, write = getattr(module, name), Database.write
        done = []

        def noting(*given, **named):
            found = real(*given, **named)
            done.append(found)
            return found

        @contextmanager
        def dying(db, **how):
            with write(db, **how) as tx:
                yield tx
            if done:
                die()

        setattr(module, name, noting)
        Database.write = dying

    return arm


def after_data():
    """Die when the server has the letter and has said so, and nothing is written down."""
    real = send_outbox.Mailing.send

    def dying(way, content, **named):
        outcome = real(way, content, **named)
        assert outcome.kind == "sent", outcome
        die()

    send_outbox.Mailing.send = dying


POINTS = {
    "after queue commit": after_commit_of(store, "queue"),
    "after claim commit": after_commit_of(claiming, "claim"),
    "after data": after_data,
    "after the result": after_commit_of(claiming, "record"),
}


def live(now, point, path):
    with House(Path(path), clock=MovedClock(datetime.fromisoformat(now))).open() as house:
        POINTS[point]()
        house.queue()
        house.send()


def main():
    for line in sys.stdin:
        child = os.fork()
        if not child:
            live(*line.rstrip("\n").split("\t"))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
