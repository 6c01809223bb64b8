"""One pass of the outbox in a process of its own that ends at an exact point.

    python -m tests.mail.dying HOME NOW POINT

NOW: what its clock says. POINT: a key of POINTS; "-" lets it live. It prints "working" when it begins.
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
    "-": lambda: None,
    "after queue commit": after_commit_of(store, "queue"),
    "after claim commit": after_commit_of(claiming, "claim"),
    "after data": after_data,
    "after the result": after_commit_of(claiming, "record"),
}


def main():
    path, now, point = Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), sys.argv[3]
    with House(path, clock=MovedClock(now)).open() as house:
        POINTS[point]()
        print("working", flush=True)
        house.queue()
        house.send()


if __name__ == "__main__":
    main()
