"""I1 to I11: what must be true after every run, checked from the carrier's ledger and from what we left on disk.

`check` returns every violation it finds; none is the only good answer. Nothing here reads a counter of the engine.
"""

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from data.clock import HOME_ZONE
from data.home import Home
from data.renewals.journal import JournalBroken, verify_folder
from data.renewals.moves import RESTING
from tests.money.evidence import Evidence, Instant, Line, gather

_RESTING = {state.value for state in RESTING}
# Arrows that people walk: they stand in the database only, the journal knows what can cost money.
_OF_PEOPLE = {1, 15, 16, 17}
_NOT_SEARCHED = {"keys", "flowcard.duckdb", "flowcard.duckdb.wal", "carriers.toml"}


@dataclass(frozen=True)
class Found:
    """One violation."""

    invariant: str  # I1 … I11
    what: str


@dataclass(frozen=True)
class Asked:
    """What a check has to know that no file says."""

    keyless: frozenset[str] = frozenset()  # accounts whose carrier buys the same number twice if it is sent twice
    threads: int = 1  # calls that may be out at the same time
    rate_per_s: float | None = None  # the limit of each account
    secrets: Sequence[str] = ()  # tokens, PINs: they may stand in no file
    logs: Sequence[Path] = ()  # files beside the home's own that are searched for them
    at_rest: bool = True  # everything has come to rest
    caps: tuple[int, int] = (500_000, 2_000_000)  # a batch, a day: yuan
    urgent: tuple[int, int, int] = (5, 200, 500)  # cards, yuan a card, yuan a day


def check(home: Home, carrier: Path, *, at: Instant = lambda ts: ts, asked: Asked = Asked()) -> list[Found]:
    """Every violation. `at` turns an instant of the home's clock into the carrier's."""
    told = gather(home, carrier, at=at)
    return [Found(name, what) for name, rule in INVARIANTS.items() for what in rule(told, asked)]


def _i1(told: Evidence, asked: Asked) -> Iterator[str]:
    """At most one charge per obligation; every extra one of a carrier without keys is alarmed."""
    for line in told.charges:
        if line["order_no"] not in told.of_order:
            yield f"order {line['order_no']} was charged and belongs to nothing of ours"
    for number, charges in told.charged.items():
        if len(charges) > 1 and not _alarmed(told, asked, number):
            yield f"renewal {number} was charged {len(charges)} times: {', '.join(one['order_no'] for one in charges)}"


def _alarmed(told: Evidence, asked: Asked, number: int) -> bool:
    row = told.obligations[number]
    named = (row["stem"], *(line["order_no"] for line in told.charged[number]))
    return row["account"] in asked.keyless and any(name in told.alarms for name in named)


def _i2(told: Evidence, asked: Asked) -> Iterator[str]:
    """None lost, none left submitted, every one in one resting state."""
    for line in told.lines:
        if line["obligation"] is None:
            yield f"line {line['line']} of batch {line['batch']} was approved and has no renewal"
    for number, row in told.obligations.items():
        if row["st"] is None:
            yield f"renewal {number} stands nowhere"
        elif asked.at_rest and row["st"] not in _RESTING:
            yield f"renewal {number} is {row['st']}"


def _i3(told: Evidence, asked: Asked) -> Iterator[str]:
    """What the carrier holds is what succeeded, and what it charged of items a person looks at."""
    theirs = sum(line["amount_fen"] for line in (*told.charges, *told.refunds))
    ours = 0
    for number, row in told.obligations.items():
        charged = [line["amount_fen"] for line in told.charged.get(number, ())]
        if row["st"] == "succeeded":
            extra = charged[1:] if _alarmed_extra(told, asked, number) else []
            ours += row["amount_fen"] + sum(extra)
        elif row["st"] == "needs_review" or not asked.at_rest:
            ours += sum(charged)
    if theirs != ours:
        yield f"the carrier holds {theirs} fen, our books account for {ours}"


def _alarmed_extra(told: Evidence, asked: Asked, number: int) -> bool:
    return len(told.charged.get(number, ())) > 1 and _alarmed(told, asked, number)


def _i4(told: Evidence, _asked: Asked) -> Iterator[str]:
    """What succeeded was charged; what was charged succeeded or waits for a person."""
    for number, row in told.obligations.items():
        if row["st"] == "succeeded" and number not in told.charged:
            yield f"renewal {number} succeeded and was never charged"
        if row["st"] in {"pending", "failed", "cancelled"} and number in told.charged:
            yield f"renewal {number} is {row['st']} and was charged"


def _i5(told: Evidence, _asked: Asked) -> Iterator[str]:
    """Before every charge the journal had its intent: the same number, amount and bytes."""
    intents: dict[str, list[Line]] = defaultdict(list)
    for entry in told.journal:
        if entry["kind"] == "intent":
            intents[entry["order_no"]].append(entry)
    for line in told.charges:
        charged_at = instant(line["ts"])
        earlier = [one for one in intents[line["order_no"]] if told.at(instant(one["ts"])) <= charged_at]
        if not earlier:
            yield f"order {line['order_no']} was charged without an earlier intent"
        elif line["body_sha256"] not in {one["request_sha256"] for one in earlier}:
            yield f"order {line['order_no']} was sent with other bytes than its intent names"
        elif line["amount_fen"] not in {one["amount_fen"] for one in earlier} and not _reviewed(told, line):
            yield f"order {line['order_no']} was charged {line['amount_fen']} fen, its intent says otherwise"


def _reviewed(told: Evidence, line: Line) -> bool:
    number = told.of_order.get(line["order_no"])
    return number is not None and told.obligations[number]["st"] in {"needs_review", "unknown", "submitted"}


def _i6(told: Evidence, asked: Asked) -> Iterator[str]:
    """After the kill switch at most one call per thread."""
    arrived = [(instant(line["ts"]), line["account"]) for line in told.requests]
    for number, thrown in enumerate(told.switch):
        if thrown["event"] != "renewal:stopped":
            continue
        account = thrown["object"].removeprefix("account ")
        over = ("renewal:released", thrown["object"])
        released = next((one["ts"] for one in told.switch[number:] if (one["event"], one["object"]) == over), None)
        begin, end = told.at(thrown["ts"]), told.at(released) if released else datetime.max.replace(tzinfo=UTC)
        after = [ts for ts, of in arrived if begin < ts < end and account in ("all accounts", of)]
        if len(after) > asked.threads:
            yield f"{len(after)} calls after the switch of {thrown['ts']} for {thrown['object']}"


def _i7(told: Evidence, asked: Asked) -> Iterator[str]:
    """At every event what is set aside and spent keeps within the caps of a batch and of a day."""
    batch_cap, day_cap = (yuan * 100 for yuan in asked.caps)
    amounts = {(line["batch"], line["obligation"]): line["amount_fen"] for line in told.lines}
    held: dict[int, tuple[int, date, int]] = {}
    batches, days = Counter[int](), Counter[date]()
    for event in told.events:
        number, arrow = event["obligation"], event["arrow"]
        if arrow in (1, 15, 17):
            batch = json.loads(event["evidence"])["batch"]
            day = event["ts"].astimezone(HOME_ZONE).date()
            held[number] = batch, day, amounts.get((batch, number), 0)
            batches[batch] += held[number][2]
            days[day] += held[number][2]
        elif event["to_state"] in ("failed", "cancelled") and number in held:
            batch, day, fen = held.pop(number)
            batches[batch] -= fen
            days[day] -= fen
            continue
        else:
            continue
        if batches[batch] > batch_cap or days[day] > day_cap:
            yield f"event {event['seq']}: batch {batch} holds {batches[batch]} fen, its day {days[day]}"


def _i8(told: Evidence, _asked: Asked) -> Iterator[str]:
    """The hash chain verifies; the states are what journal and events replay to."""
    try:
        verify_folder(told.home / "journal")
    except JournalBroken as error:
        yield str(error)
    events: dict[int, list[Line]] = defaultdict(list)
    for event in told.events:
        events[event["obligation"]].append(event)
    journal: dict[int, list[tuple[int, str, bool]]] = defaultdict(list)
    for entry in told.journal:
        number = told.of_order.get(entry["order_no"])
        if number is None:
            yield f"the journal names order {entry['order_no']}, which belongs to nothing of ours"
        elif entry.get("arrow") not in _OF_PEOPLE:
            # A claim that was abandoned stands twice; neither line says where the renewal is.
            claim = entry["kind"] in {"intent", "abandoned"}
            journal[number].append((entry.get("arrow", 2), "submitted" if claim else entry["to"], claim))
    for number, row in told.obligations.items():
        last = events[number][-1] if events[number] else {"to_state": None, "n": None}
        if (last["to_state"], last["n"]) != (row["st"], row["n"]):
            yield f"renewal {number} is {row['st']}, its events lead to {last['to_state']}"
        if not _replays(events[number], journal[number]):
            yield f"renewal {number}: its events are not what the journal replays"


def _replays(events: Sequence[Line], journal: Sequence[tuple[int, str, bool]]) -> bool:
    """Every move that can cost money stands in the journal, in this order, and the last of both agree.

    The journal may know more: a line is on disk before its transaction is.
    """
    moves = [(event["arrow"], event["to_state"]) for event in events if event["arrow"] not in _OF_PEOPLE]
    rest = iter(journal)
    if not all(any(move == (arrow, to) for arrow, to, _claim in rest) for move in moves):
        return False
    if not journal or not moves:
        return not journal and not moves
    arrow, to, claim = journal[-1]
    return claim or moves[-1] == (arrow, to)


def _i9(told: Evidence, asked: Asked) -> Iterator[str]:
    """Whoever made a paid batch did not approve it; the urgent lane keeps within its limits."""
    paid = {(told.obligations[number]["batch"], number) for number in told.charged}
    urgent: dict[int, list[Line]] = defaultdict(list)
    for line in told.lines:
        if line["urgent"]:
            urgent[line["batch"]].append(line)
        elif (line["batch"], line["obligation"]) in paid and line["checker"] in (None, line["maker"]):
            yield f"batch {line['batch']} was paid and approved by {line['checker']}, who made it"
    cards, card_yuan, day_yuan = asked.urgent
    days = Counter[date]()
    for batch, lines in urgent.items():
        if len(lines) > cards or any(line["amount_fen"] > card_yuan * 100 for line in lines):
            yield f"urgent batch {batch} is larger than the urgent lane allows"
        days[lines[0]["approved_at"].astimezone(HOME_ZONE).date()] += sum(line["amount_fen"] for line in lines)
    for day, fen in days.items():
        if fen > day_yuan * 100:
            yield f"the urgent batches of {day} come to {fen} fen"


def _i10(told: Evidence, asked: Asked) -> Iterator[str]:
    """Calls in any one second keep within the limit."""
    if asked.rate_per_s is None:
        return
    accounts: dict[str, list[float]] = defaultdict(list)
    for line in told.requests:
        accounts[line["account"]].append(line["monotonic"])
    for account, arrived in accounts.items():
        arrived.sort()
        most = max(bisect_left(arrived, begin + 1.0) - number for number, begin in enumerate(arrived))
        if most > asked.rate_per_s:
            yield f"account {account}: {most} calls within one second"


def _i11(told: Evidence, asked: Asked) -> Iterator[str]:
    """No secret in any log, journal, mail or export."""
    if not asked.secrets:
        return
    ours = [
        path
        for path in told.home.rglob("*")
        if path.is_file() and not _NOT_SEARCHED & set(path.relative_to(told.home).parts)
    ]
    for path in (*ours, *asked.logs):
        content = path.read_bytes()
        if any(secret.encode() in content for secret in asked.secrets):
            yield f"{path.name} holds a secret"


def instant(said: str) -> datetime:
    """An instant of a line."""
    return datetime.fromisoformat(said)


INVARIANTS: dict[str, Callable[[Evidence, Asked], Iterator[str]]] = {
    "I1": _i1,
    "I2": _i2,
    "I3": _i3,
    "I4": _i4,
    "I5": _i5,
    "I6": _i6,
    "I7": _i7,
    "I8": _i8,
    "I9": _i9,
    "I10": _i10,
    "I11": _i11,
}
