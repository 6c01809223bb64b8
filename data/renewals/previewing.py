"""What a batch of some cards would be: what can be ordered for how much, what is refused why, and its lines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from data.database import Queries, Reader, Row
from data.renewals import rules
from data.sims.rules import GONE, NOT_BEGUN, new_expiry

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
Months = int | Mapping[int, int] | None  # for all cards, per sim_id, or each plan's own term
Which = Literal["all", "to_renew", "far", "refused"]

_CHOSEN: dict[Which, str] = {
    "all": "true",
    "to_renew": "refusal IS NULL",
    "far": "refusal IS NULL AND expires_on > $far",
    "refused": "refusal IS NOT NULL AND ($reason IS NULL OR refusal = $reason)",
}

LINE = pa.schema(
    [
        ("line", pa.int32()),
        ("digest", pa.string()),
        ("sim_id", pa.int64()),
        ("iccid", pa.string()),
        ("msisdn", pa.string()),
        ("carrier", pa.string()),
        ("account", pa.string()),
        ("kind", pa.string()),
        ("cycle", pa.string()),
        ("seq", pa.int32()),
        ("payee", pa.string()),
        ("terminal_id", pa.string()),
        ("merchant", pa.string()),
        ("plan_id", pa.int64()),
        ("plan", pa.string()),
        ("months", pa.int32()),
        ("amount_fen", pa.int64()),
        ("act_by", pa.date32()),
        ("old_expiry", pa.date32()),
        ("new_expiry", pa.date32()),
        ("refusal", pa.string()),
        ("in_batch", pa.int64()),
        ("warning", pa.string()),
    ]
)


@dataclass(frozen=True)
class Preview:
    """What a batch of these cards would come to."""

    items: int  # cards that can be ordered
    amount_fen: int
    far: int  # of them: expire later than FAR_AHEAD_DAYS from now
    far_fen: int
    refused: dict[str, int]  # how many cards per refusal


def preview(reader: Reader, *, sim_ids: Sequence[int], months: int | None, today: date) -> Preview:
    """What `propose` would make of these cards, counted."""
    cards, fen, refused = Counter[bool](), Counter[bool](), Counter[str]()
    for row in reader.rows(Q.counted.fill(judged=Q.judged.sql), **_asked(sim_ids, months, today)):
        if row["refusal"]:
            refused[row["refusal"]] += row["cards"]
        else:
            cards[row["far"]] += row["cards"]
            fen[row["far"]] += row["cards"] * _amount_fen(row)
    return Preview(cards.total(), fen.total(), cards[True], fen[True], dict(refused))


def preview_lines(
    reader: Reader,
    *,
    sim_ids: Sequence[int],
    months: int | None,
    today: date,
    which: Which,
    reason: str | None = None,
    limit: int,
    offset: int,
) -> pa.Table:
    """A page of the lines `propose` would write, in their order: `refusal` is a key of REFUSALS, `warning` a msgid."""
    rows = _candidates(reader, which, _asked(sim_ids, months, today), reason=reason, limit=limit, offset=offset)
    lines = [_line(offset + number, row, today=today) for number, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(lines, schema=LINE).drop(["line", "digest"])


def all_lines(reader: Reader, *, sim_ids: Sequence[int], months: Months, today: date) -> list[dict[str, Any]]:
    """Every line of a batch of these cards, numbered, nearest act-by date first; the refused ones too."""
    rows = _candidates(reader, "all", _asked(sim_ids, months, today), reason=None, limit=None, offset=0)
    return [_line(number, row, today=today) for number, row in enumerate(rows, start=1)]


def _candidates(reader: Reader, which: Which, asked: dict[str, Any], **page: Any) -> list[Row]:
    return reader.rows(Q.candidates.fill(judged=Q.judged.sql, which=_CHOSEN[which]), **asked, **page)


def _asked(sim_ids: Sequence[int], months: Months, today: date) -> dict[str, Any]:
    wanted = sorted(set(sim_ids))
    each = isinstance(months, Mapping)
    return {
        "sim_ids": wanted,
        "months_of": [months.get(sim_id) for sim_id in wanted] if isinstance(months, Mapping) else [],
        "months": None if each else months,
        "far": today + timedelta(rules.FAR_AHEAD_DAYS),
        "gone": sorted(GONE),
        "not_begun": sorted(NOT_BEGUN),
        "retryable": sorted(rules.RETRYABLE),
        "hopeless": sorted(rules.HOPELESS),
    }


def _amount_fen(row: Row) -> int:
    term: int = row["term_months"]
    return rules.amount_fen(price_fen=row["price_fen"], term_months=term, months=row["months"] or term)


def _line(number: int, row: Row, *, today: date) -> dict[str, Any]:
    line = {name: row.get(name) for name in LINE.names} | {
        "line": number,
        "old_expiry": row["expires_on"],
        "seq": 1,
    }
    if row["refusal"]:
        return line
    bought = row["months"] or row["term_months"]
    cycle = row["expires_on"].isoformat()
    key = rules.obligation_key(account=row["account"], iccid=row["iccid"], cycle=cycle)
    after = new_expiry(
        row["expires_on"], months=bought, anchor_day=row["anchor_day"], rule=row["expiry_rule"], today=today
    )
    early = row["expires_on"] > today + timedelta(rules.FAR_AHEAD_DAYS)
    return line | {
        "digest": str(rules.digest(key)),
        "kind": "renew",
        "cycle": cycle,
        "months": bought,
        "amount_fen": _amount_fen(row),
        "new_expiry": after,
        "warning": row["unfit"] or (rules.WARNINGS["far_ahead"] if early else None),
    }
