"""The test carrier's books: an append-only ledger that is on disk before anything is answered, and the cards it moves."""

import calendar
import json
import os
import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Shanghai")


class Lines:
    """A file of JSON lines that is only appended to. `sync`: on disk before `append` returns, one fsync for all who wait."""

    def __init__(self, path: Path, *, sync: bool) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        self._sync = sync
        self._written = self._synced = 0
        self._write_lock, self._sync_lock = threading.Lock(), threading.Lock()
        whole = path.read_bytes().rfind(b"\n") + 1
        if whole < path.stat().st_size:
            os.truncate(path, whole)  # a kill in mid-write: that line was never answered to anybody
        self.at_start = [json.loads(line) for line in path.read_bytes().splitlines()]

    def append(self, line: dict) -> None:
        data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        with self._write_lock:
            os.write(self._fd, data)
            self._written += 1
        if self._sync:
            self.sync()

    def sync(self) -> None:
        """Wait until everything appended so far is on disk."""
        mine = self._written
        with self._sync_lock:
            if self._synced < mine:
                upto = self._written
                os.fsync(self._fd)
                self._synced = upto


class Books:
    """What was ordered, charged and refunded, and where each card stands. All instants are aware."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledger = Lines(folder / "ledger.jsonl", sync=True)
        self.lock = threading.RLock()
        self.charges: dict[str, list[dict]] = {}  # by order number
        self._of_card: dict[str, list[dict]] = {}
        self._refunded: set[str] = set()
        self._to_refund: dict[str, dict] = {}  # by reference
        self.cards: dict[str, dict] = {}
        cards = folder / "cards.json"
        if cards.exists():
            self.cards = json.loads(cards.read_text())
        for line in self._ledger.at_start:
            self._know(line)

    def put_cards(self, cards: dict[str, dict]) -> None:
        """Cards as the carrier holds them before any order: expires_on, price_fen, status."""
        with self.lock:
            for iccid, card in cards.items():
                self.cards[iccid] = self.cards.get(iccid, {}) | card
            fresh = self._folder / "cards.json.new"
            fresh.write_text(json.dumps(self.cards))
            fresh.rename(self._folder / "cards.json")

    def know_once(self, line: dict, *, key: bool) -> dict:
        """Write an order; on disk when it returns. With a key the same order number again is the order that is there."""
        with self.lock:
            there = self.charges.get(line["order_no"]) if key else None
            if not there:
                self._know(line)
        if there:
            self._ledger.sync()
            return there[0]
        self._ledger.append(line)
        return line

    def write_due_refunds(self, now: datetime) -> None:
        """Write down the refunds whose time has come."""
        with self.lock:
            due = self._due_refunds(now)
            for line in due:
                self._know(line)
        for line in due:
            self._ledger.append(line)

    def _know(self, line: dict) -> None:
        if line["kind"] == "refund":
            self._refunded.add(line["ref"])
        else:
            self.charges.setdefault(line["order_no"], []).append(line)
            self._of_card.setdefault(line["iccid"], []).append(line)
            if line.get("refund_at"):
                self._to_refund[line["ref"]] = line

    def standing(self, line: dict, now: datetime) -> str:
        """done, processing, failed, refunded; late: not to be seen yet."""
        effective = datetime.fromisoformat(line["effective_at"]) <= now
        if line["ref"] in self._refunded:
            return "refunded"
        if not effective:
            return "processing" if line["accepted"] else "late"
        return "done" if line["kind"] == "charge" else "failed"

    def _due_refunds(self, now: datetime) -> list[dict]:
        return [
            self._to_refund[ref]
            | {"kind": "refund", "amount_fen": -self._to_refund[ref]["amount_fen"], "ts": now.isoformat()}
            for ref in self._to_refund
            if ref not in self._refunded and datetime.fromisoformat(self._to_refund[ref]["refund_at"]) <= now
        ]

    def expiry(self, iccid: str, now: datetime) -> date | None:
        """When the card's service ends, by its base and every renewal that is in effect."""
        base = self.cards[iccid].get("expires_on")
        if base is None:
            return None
        months = sum(
            line["months"]
            for line in self._of_card.get(iccid, [])
            if line["kind_of_order"] == "renew" and line["kind"] == "charge" and self.standing(line, now) == "done"
        )
        return add_months(date.fromisoformat(base), months, self.cards[iccid].get("anchor_day"))

    def statement(self, day: date, now: datetime) -> list[dict]:
        """Every booking of one day of Shanghai that is in effect."""
        lines = []
        with self.lock:
            for line in (line for of_order in self.charges.values() for line in of_order if line["kind"] == "charge"):
                at = datetime.fromisoformat(line["effective_at"])
                if at <= now and at.astimezone(ZONE).date() == day:
                    lines.append(_booking(line, line["amount_fen"], at))
                if line["ref"] in self._refunded:
                    back = datetime.fromisoformat(line["refund_at"])
                    if back.astimezone(ZONE).date() == day:
                        lines.append(_booking(line, -line["amount_fen"], back))
        return sorted(lines, key=lambda line: line["ts"])


def _booking(line: dict, amount_fen: int, at: datetime) -> dict:
    said = {name: line[name] for name in ("order_no", "ref", "iccid")}
    return said | {"amount_fen": amount_fen, "ts": at.isoformat()}


def add_months(start: date, months: int, anchor_day: int | None = None) -> date:
    """Months from the anchor; a day that does not exist is the month's last."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = anchor_day or start.day
    return date(year, month + 1, min(day, calendar.monthrange(year, month + 1)[1])) if months else start


def later(now: datetime, seconds: float) -> str:
    return (now + timedelta(seconds=seconds)).isoformat()
