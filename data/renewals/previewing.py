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
from data.renewals.rules import ItemCaps
from data.sims.rules import GONE, NOT_BEGUN, new_expiry, unfit

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
Months = int | Mapping[int, int] | None  # for all cards, per sim_id, or each plan's own term
Which = Literal["all", "to_renew", "far", "refused"]
_CAPS = ItemCaps()

_CHOSEN: dict[Which, str] = {
    "all": "true",
    "to_renew": "refusal IS NULL",
    "far": "refusal IS NULL AND far",
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
        ("status", pa.string()),
        ("card_plan", pa.string()),
        ("expires_on", pa.date32()),
        ("old_expiry", pa.date32()),
        ("new_expiry", pa.date32()),
        ("refusal", pa.string()),
        ("why", pa.string()),
        ("in_batch", pa.int64()),
        ("warning", pa.string()),
    ]
)


@dataclass(frozen=True)
class Wish:
    """What is wanted for the cards of one batch."""

    sim_ids: Sequence[int]
    kind: str = "renew"  # a key of KINDS
    months: Months = None  # of a renewal
    plan_id: int | None = None  # of an add-on, or the plan to change to
    amount_fen: int | None = None  # of a recharge card
    seq: int = 1  # so many purchases in one cycle are wanted in all
    caps: ItemCaps = _CAPS


@dataclass(frozen=True)
class Preview:
    """What a batch of these cards would come to."""

    items: int  # cards that can be ordered for
    amount_fen: int
    far: int  # of them: renewals of cards that expire later than FAR_AHEAD_DAYS from now
    far_fen: int
    refused: dict[str, int]  # how many cards per refusal


def preview(reader: Reader, *, today: date, **wish: Any) -> Preview:
    """What `propose` would make of these cards, counted. `wish`: fields of Wish."""
    cards, fen, refused = Counter[bool](), Counter[bool](), Counter[str]()
    for row in reader.rows(Q.counted.fill(judged=Q.judged.sql), **_asked(reader, Wish(**wish), today)):
        if row["refusal"]:
            refused[row["refusal"]] += row["cards"]
        else:
            cards[row["far"]] += row["cards"]
            fen[row["far"]] += row["amount_fen"]
    return Preview(cards.total(), fen.total(), cards[True], fen[True], dict(refused))


def preview_lines(
    reader: Reader,
    *,
    today: date,
    which: Which,
    reason: str | None = None,
    limit: int,
    offset: int,
    **wish: Any,
) -> pa.Table:
    """A page of the lines `propose` would write, in their order. `wish`: fields of Wish.

    `refusal` is a key of REFUSALS, `why` the connector's own reason beside it, `warning` a msgid.
    """
    rows = _candidates(reader, which, Wish(**wish), today, reason=reason, limit=limit, offset=offset)
    lines = [_line(offset + number, row, wish=Wish(**wish), today=today) for number, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(lines, schema=LINE).drop(["line", "digest"])


def all_lines(reader: Reader, wish: Wish, *, today: date) -> list[dict[str, Any]]:
    """Every line of a batch of these cards, numbered, nearest act-by date first; the refused ones too."""
    rows = _candidates(reader, "all", wish, today, reason=None, limit=None, offset=0)
    return [_line(number, row, wish=wish, today=today) for number, row in enumerate(rows, start=1)]


def _candidates(reader: Reader, which: Which, wish: Wish, today: date, **page: Any) -> list[Row]:
    return reader.rows(
        Q.candidates.fill(judged=Q.judged.sql, which=_CHOSEN[which]), **_asked(reader, wish, today), **page
    )


def _asked(reader: Reader, wish: Wish, today: date) -> dict[str, Any]:
    wanted = sorted(set(wish.sim_ids))
    each = isinstance(wish.months, Mapping)
    return {
        "sim_ids": wanted,
        "months_of": [wish.months.get(sim_id) for sim_id in wanted] if isinstance(wish.months, Mapping) else [],
        "months": None if each else wish.months,
        "kind": wish.kind,
        "ability": rules.ABILITY[wish.kind],
        "plan_id": wish.plan_id,
        "amount_fen": wish.amount_fen,
        "seq": wish.seq,
        "cycle": rules.cycle(kind=wish.kind, expires_on=None, today=today),
        "today": today,
        "far": today + timedelta(rules.FAR_AHEAD_DAYS),
        "gone": sorted(GONE),
        "not_begun": sorted(NOT_BEGUN),
        "retryable": sorted(rules.RETRYABLE),
        "hopeless": sorted(rules.HOPELESS),
        "unfit_networks": _unfit_networks(reader, wish),
        "item_max_fen": wish.caps.item_max_yuan * 100,
        "price_jump_percent": wish.caps.price_jump_percent,
    }


def _unfit_networks(reader: Reader, wish: Wish) -> list[str]:
    """What terminals may run that the plan to change to cannot."""
    if wish.kind != "plan-change" or wish.plan_id is None:
        return []
    network = reader.value(Q.plan_network, plan_id=wish.plan_id)
    return [row["networks"] for row in reader.rows(Q.terminal_networks) if unfit(network, row["networks"])]


def _line(number: int, row: Row, *, wish: Wish, today: date) -> dict[str, Any]:
    kept = wish.kind in {"renew", "recharge"}  # the kinds that an expiry which has moved meanwhile stops
    line = {name: row.get(name) for name in LINE.names} | {
        "line": number,
        "kind": wish.kind,
        "old_expiry": row["expires_on"] if kept else None,
    }
    if row["refusal"]:
        return line | {"seq": 1}
    key = rules.obligation_key(
        account=row["account"], iccid=row["iccid"], cycle=row["cycle"], kind=wish.kind, seq=row["seq"]
    )
    return line | {
        "digest": str(rules.digest(key)),
        "plan": row["plan"] or "",
        "new_expiry": _new_expiry(row, today) if wish.kind == "renew" else None,
        "warning": _warning(row, wish),
    }


def _new_expiry(row: Row, today: date) -> date:
    return new_expiry(
        row["expires_on"], months=row["months"], anchor_day=row["anchor_day"], rule=row["expiry_rule"], today=today
    )


def _warning(row: Row, wish: Wish) -> str | None:
    """The first thing to think of, as a msgid."""
    if row["unfit"] and wish.kind in {"renew", "add-on"}:
        return str(row["unfit"])
    below = wish.kind == "recharge" and row["amount_fen"] < (row["card_price_fen"] or 0)
    told = {"far_ahead": row["far"], "second": row["seq"] > 1, "price_off": row["price_off"], "below_plan": below}
    return next((rules.WARNINGS[code] for code, holds in told.items() if holds), None)
