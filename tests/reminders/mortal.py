"""A process that ends at four points, and what stands in its place when it is started again."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from data.clock import MovedClock
from data.database import Database, Transaction
from data.home import open_home
from data.mails import claiming
from data.mails import store as mails
from jobs import send_outbox
from tests.reminders.wire import Post, StandIn

POINTS = ("after queue commit", "after claim commit", "after data", "after the result")


class Killed(BaseException):
    """The process is no more."""


class Mortal:
    """What lives between its home on the disk and the post."""

    path: Path
    post: Post
    clock: MovedClock
    home: Any
    killed: Counter[str]
    _armed: str
    _noted: bool
    _dead: bool

    def _open(self) -> None:
        self.home = open_home(self.path, create="real")
        self.home.db.clock = self.clock
        send_outbox.recover(self.home)

    def _alive(self, act: Callable[[], Any]) -> bool:
        """Do it; False where the process died of it and a new one stands in its place, after what every start does."""
        try:
            act()
        except Killed:
            self._bury()
            return False
        return True

    def _bury(self) -> None:
        """What is on the disk this moment is all that is left."""
        image = self.path.parent / "image"
        image.mkdir(exist_ok=True)
        files = [self.path / name for name in ("flowcard.duckdb", "flowcard.duckdb.wal") if (self.path / name).exists()]
        for file in files:
            shutil.copyfile(file, image / file.name)
        self.home.close()
        for name in ("flowcard.duckdb", "flowcard.duckdb.wal"):
            (self.path / name).unlink(missing_ok=True)
            if (image / name).exists():
                shutil.move(image / name, self.path / name)
        self._dead = self._noted = False
        self._armed = ""
        self.clock.move(timedelta(minutes=1))
        self._open()

    def _die(self) -> None:
        self.killed[self._armed] += 1
        self._dead = True
        raise Killed(self._armed)

    @contextmanager
    def _border(self) -> Iterator[None]:
        """Letters go to the post; a life may end at four points."""
        write, taken = Database.write, self.post.take
        points: dict[str, tuple[Any, str]] = {
            "after queue commit": (mails, "queue"),
            "after claim commit": (claiming, "claim"),
            "after the result": (claiming, "record"),
        }

        @contextmanager
        def mortal(db: Database, **how: Any) -> Iterator[Transaction]:
            if self._dead:
                raise Killed
            with write(db, **how) as tx:
                yield tx
            if self._noted:
                self._die()

        def noting(point: str, real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*given: Any, **named: Any) -> Any:
                found = real(*given, **named)
                self._noted = self._noted or (self._armed == point and bool(found))
                return found

            return call

        def take(*given: Any) -> Any:
            outcome = taken(*given)
            if self._armed == "after data" and outcome.kind == "sent":
                self.post.ack_lost()
                self._die()
            return outcome

        with ExitStack() as held:
            for point, (module, name) in points.items():
                held.enter_context(mock.patch.object(module, name, noting(point, getattr(module, name))))
            held.enter_context(mock.patch.object(Database, "write", mortal))
            held.enter_context(mock.patch.object(self.post, "take", take))
            held.enter_context(mock.patch.object(send_outbox, "Line", lambda account: StandIn(self.post, account)))
            yield
