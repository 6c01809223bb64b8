"""Reconciliation: our orders of a day beside a carrier's statement, the papers beside both, and what that moves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from data.audit.rules import canonical
from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor
from data.people.store import require
from data.renewals import rules
from data.renewals.differing_rules import Case, Difference, difference_of, known_identity, paper, stranger
from data.renewals.moves import Arrow, State
from data.renewals.moving import Result, record, result

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# What is older than a month is settled by people: carriers keep their own lists about as long.
OLDEST_DAYS = 31
# A refund that names no order of ours is looked for among the orders of so many days.
_REFUND_DAYS = 40

_LINES = pa.schema(
    [
        ("line", pa.int32()),
        ("order_no", pa.string()),
        ("carrier_ref", pa.string()),
        ("iccid", pa.string()),
        ("amount_fen", pa.int64()),
        ("ts", pa.timestamp("us", tz="UTC")),
    ]
)


class Line(Protocol):
    """One booking of a carrier's statement."""

    @property
    def order_no(self) -> str | None: ...
    @property
    def carrier_ref(self) -> str: ...
    @property
    def iccid(self) -> str: ...
    @property
    def amount_fen(self) -> int: ...
    @property
    def ts(self) -> datetime: ...


def unread_days(reader: Reader, account: str, *, today: date, horizon: timedelta) -> list[date]:
    """Days of an account whose statement has to be read, oldest first, yesterday at the latest."""
    return [
        row["day"]
        for row in reader.rows(
            Q.unread_days,
            account=account,
            yesterday=today - timedelta(days=1),
            oldest=today - timedelta(days=OLDEST_DAYS),
            horizon_days=horizon.days + 1,
        )
    ]


def keep_statement(
    tx: Transaction, by: Actor, *, account: str, day: date, lines: Sequence[Line], read_at: datetime
) -> bool:
    """Keep a statement in place of an older one of that day; False: a newer one is known, nothing was kept."""
    require(tx, by, Action.WORK, f"account {account}")
    known = tx.row(Q.reconciliation_of, account=account, day=day)
    if known and known["read_at"] > read_at:
        return False
    if known:
        tx.run(Q.read_later, id=known["id"], read_at=read_at)
    else:
        tx.run(Q.add_reconciliation, account=account, day=day, read_at=read_at)
    tx.run(Q.forget_bookings, account=account, day=day)
    columns = {name: [getattr(line, name) for line in lines] for name in _LINES.names[1:]}
    table = pa.table({"line": list(range(1, len(lines) + 1)), **columns}, schema=_LINES)
    with tx.frame("lines", table):
        tx.run(Q.keep_bookings, account=account, day=day, refund_days=_REFUND_DAYS)
    return True


def to_prove(reader: Reader, *, account: str, day: date, horizon: timedelta) -> list[str]:
    """The cards of unconfirmed orders that the statement proves: read them, their new expiry is wanted."""
    return [case.iccid for case in _cases(reader, account, day, horizon) if case.st == "unknown" and _bought(case)]


def match(
    tx: Transaction, by: Actor, *, account: str, day: date, horizon: timedelta, expiries: Mapping[str, date]
) -> list[Result]:
    """Compare one day of an account again, on what has been read so far; the moves made, for the journal.

    1. the orders of the day and of its statement, with all their bookings; lines that are no order of ours; papers
    2. the arrows: a proof (8), a refund (9), a contradiction (13, 18), an order put back that was charged after all (20)
    3. differences: a new one raises its alarm, one seen again stays one row, one that matches now closes itself
    4. the day's figures

    A missing line counts only once every statement it could stand in was read later than the order's deadline and
    `horizon`; it is a difference, and no reason to move anything. `expiries` are fresh readings by ICCID.
    """
    require(tx, by, Action.WORK, f"account {account}")
    found = tx.row(Q.reconciliation_of, account=account, day=day)
    if found is None:
        return []
    asked = {"id": found["id"], "account": account, "day": day, "horizon_s": int(horizon.total_seconds())}
    cases = _cases(tx, account, day, horizon)
    wanted = [difference for case in cases if (difference := difference_of(case)) is not None]
    wanted += [stranger(row) for row in tx.rows(Q.strange_bookings, account=account, day=day)]
    wanted += [paper(row) for row in tx.rows(Q.papers_that_differ, account=account, day=day)]
    known = tx.rows(Q.known_differences.fill(cases=Q.cases.sql), **asked)
    new = _new(wanted, known)
    fresh = {one.identity for one in new}
    moves = [move for case in cases if (move := _move(case, expiries, fresh=_is_new(case, fresh))) is not None]
    made = record(tx, by, moves) if moves else set()
    _keep(tx, asked, new, wanted, known)
    tx.run(Q.count_day.fill(cases=Q.cases.sql), **asked)
    return [move for move in moves if move.obligation in made]


def _cases(reader: Reader, account: str, day: date, horizon: timedelta) -> list[Case]:
    query = Q.unsettled_cases.fill(cases=Q.cases.sql)
    return reader.records(Case, query, account=account, day=day, horizon_s=int(horizon.total_seconds()))


def _is_new(case: Case, fresh: Collection[tuple[object, ...]]) -> bool:
    difference = difference_of(case)
    return difference is not None and difference.identity in fresh


def _bought(case: Case) -> bool:
    # Each charge of a duplicate is of our amount: the order took effect, and one charge is too many.
    return case.verdict in {"matched", "duplicate"}


def _move(case: Case, expiries: Mapping[str, date], *, fresh: bool) -> Result | None:
    """The arrow a case makes. `fresh`: its difference has not been seen before; what people have settled is not moved again."""
    said: dict[str, Any] = {"asked_before": case.asked, "asked": case.asked, "carrier_ref": case.carrier_ref}
    said["evidence"] = canonical({"statement": case.carrier_ref, "net_fen": case.net_fen, "charges": case.charges})
    unknown, review = State.UNKNOWN, State.NEEDS_REVIEW
    if case.st == "unknown" and _bought(case):
        read = expiries.get(case.iccid)
        moved = read is not None and (case.expires_before is None or read > case.expires_before)
        said |= {"proof": "statement", "new_expiry": read if moved and case.new_expiry else case.new_expiry}
        return result(case, batch=case.batch, move=(unknown, Arrow.PROVED, State.SUCCEEDED), **said)
    if case.st == "unknown" and case.verdict == "differs":
        if case.net_fen == 0 and not case.other_card:
            said |= {"proof": "statement", "reason": "refunded"}
            return result(case, batch=case.batch, move=(unknown, Arrow.DISPROVED, State.FAILED), **said)
        said["reason"] = "contradicted"
        return result(case, batch=case.batch, move=(unknown, Arrow.GIVEN_UP, review), **said)
    said["reason"] = "contradicted"
    if case.st == "succeeded" and case.verdict == "differs" and fresh:
        return result(case, batch=case.batch, move=(State.SUCCEEDED, Arrow.CONTRADICTED, review), **said)
    if case.st == "pending" and case.verdict == "charged":
        now = replace(case, n=case.n_now, order_no=rules.order_no(case.key, case.n_now), amount_fen=case.line_fen)
        return result(now, batch=case.batch, move=(State.PENDING, Arrow.PARKED, review), **said)
    return None


def _new(wanted: Sequence[Difference], known: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """What has not been seen yet, nor been closed by a person with these very figures."""
    open_now = {known_identity(row) for row in known if row["closed_at"] is None}
    settled = {(known_identity(row), row["ours_fen"], row["theirs_fen"]) for row in known if row["closed_at"]}
    return [
        one
        for one in wanted
        if one.identity not in open_now and (one.identity, one.ours_fen, one.theirs_fen) not in settled
    ]


def _keep(
    tx: Transaction,
    asked: Mapping[str, Any],
    new: Sequence[Difference],
    wanted: Sequence[Difference],
    known: Sequence[Mapping[str, Any]],
) -> None:
    said = {"id": asked["id"], "account": asked["account"], "now": tx.now}
    for one in new:
        detail = canonical({"why": one.why})
        told = {
            name: value for name, value in vars(one).items() if name not in {"cls", "why", "alarm", "sim_id", "state"}
        }
        tx.run(Q.add_difference, **said, **told, **{"class": one.cls}, detail=detail, finding_id=_alarm(tx, asked, one))
    seen = {one.identity: one for one in wanted}
    for row in known:
        again = seen.get(known_identity(row))
        if (
            row["closed_at"] is None
            and again
            and (row["ours_fen"], row["theirs_fen"]) != (again.ours_fen, again.theirs_fen)
        ):
            figures = {"ours_fen": again.ours_fen, "theirs_fen": again.theirs_fen}
            tx.run(
                Q.change_difference, difference_id=row["difference_id"], **figures, detail=canonical({"why": again.why})
            )
    over = [
        row["difference_id"]
        for row in known
        if row["here"] and not row["closed_at"] and known_identity(row) not in seen
    ]
    if over:
        close(tx, over, closed_by=None, note=None)


def _alarm(tx: Transaction, asked: Mapping[str, Any], one: Difference) -> int | None:
    if one.alarm is None:
        return None
    reference = one.order_no or one.carrier_ref
    detail: dict[str, Any] = {"reference": reference, "theirs_fen": one.theirs_fen, "day": asked["day"]}
    if one.alarm != "money_theirs_only":
        detail["ours_fen"] = one.ours_fen
    if one.alarm == "money_contradicted":
        detail["state"] = one.state
    about = {"kind": one.alarm, "sim_id": one.sim_id, "object": one.iccid or reference, "detail": canonical(detail)}
    return int(tx.value(Q.add_finding, account=asked["account"], now=tx.now, **about))


def close(
    tx: Transaction, differences: Sequence[int], *, closed_by: int | None, note: str | None
) -> list[dict[str, Any]]:
    """Close differences and their alarms; the rows that were still open. `closed_by` None: they match by now."""
    closed = tx.rows(Q.close_differences, differences=list(differences), closed_by=closed_by, note=note, now=tx.now)
    tx.run(Q.close_their_findings, findings=[row["finding_id"] for row in closed if row["finding_id"]], now=tx.now)
    return closed
