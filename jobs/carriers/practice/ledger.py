"""The practice carrier's own books: one append-only file in the home, on disk before anything is answered."""

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from data.clock import HOME_ZONE
from jobs.carriers import StatementLine


@dataclass(frozen=True)
class Entry:
    """One line of the ledger."""

    kind: str  # charge, refusal
    account: str
    order_no: str
    iccid: str
    months: int
    amount_fen: int
    ts: datetime
    ref: str = ""  # the carrier's own number of a charge
    reason: str = ""  # of a refusal
    expires_before: date | None = None
    expires_after: date | None = None
    effective_at: datetime | None = None  # of a charge
    kind_of_order: str = "renew"  # a key of KINDS
    plan: str = ""
    status_after: str = ""  # of a card that this order stopped or let run again
    blind: str = ""  # of a recharge: a keyed hash of its card, which is used up by it

    @property
    def stem(self) -> str:
        """What a card is known by, whichever form its number has."""
        return self.iccid[:19]


class Ledger:
    """All entries, by order and by card. Thread-safe; reads its file again at every start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._by_order: dict[tuple[str, str], list[Entry]] = {}
        self._by_card: dict[tuple[str, str], list[Entry]] = {}
        self._used_cards: set[str] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            self._read()

    def of_order(self, account: str, order_no: str) -> list[Entry]:
        """What was done under an order number, oldest first."""
        return self._by_order.get((account, order_no), [])

    def of_card(self, account: str, stem: str) -> list[Entry]:
        """What was done to a card, oldest first."""
        return self._by_card.get((account, stem), [])

    def used(self, blind: str) -> bool:
        """Whether this recharge card has been taken."""
        return blind in self._used_cards

    def of_day(self, account: str, day: date, *, now: datetime) -> tuple[StatementLine, ...]:
        """What was booked on a day of Asia/Shanghai, as a statement names it: an order is booked when it takes effect."""
        with self._lock:
            entries = [entry for of_order in self._by_order.values() for entry in of_order]
        booked = [(entry.effective_at or entry.ts, entry) for entry in entries if entry.kind == "charge"]
        return tuple(
            StatementLine(entry.order_no, entry.ref, entry.iccid, entry.amount_fen, ts)
            for ts, entry in booked
            if entry.account == account and ts.astimezone(HOME_ZONE).date() == day and ts <= now
        )

    def append(self, entries: Sequence[Entry]) -> None:
        """Write the entries, wait for the disk, then know them."""
        if not entries:
            return
        lines = "".join(json.dumps(vars(entry), default=str, separators=(",", ":")) + "\n" for entry in entries)
        with self._lock:
            with self._path.open("ab") as file:
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())
            for entry in entries:
                self._know(entry)

    def _know(self, entry: Entry) -> None:
        self._by_order.setdefault((entry.account, entry.order_no), []).append(entry)
        self._by_card.setdefault((entry.account, entry.stem), []).append(entry)
        if entry.blind and entry.kind == "charge":
            self._used_cards.add(entry.blind)

    def _read(self) -> None:
        data = self._path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            # A kill in mid-write: that line was never answered to anybody.
            os.truncate(self._path, whole)
        for line in data[:whole].splitlines():
            self._know(_entry(json.loads(line)))


def _entry(said: dict[str, str | int | None]) -> Entry:
    dates = {name: date.fromisoformat(str(said[name])) for name in ("expires_before", "expires_after") if said[name]}
    instants = {name: datetime.fromisoformat(str(said[name])) for name in ("ts", "effective_at") if said[name]}
    return Entry(**(said | dates | instants))  # type: ignore[arg-type]


_ledgers: dict[Path, Ledger] = {}
_opening = threading.Lock()


def opened(path: Path) -> Ledger:
    """The ledger at `path`, read once per process."""
    with _opening:
        if path not in _ledgers:
            _ledgers[path] = Ledger(path)
        return _ledgers[path]
