"""What a comparison of our orders with a carrier's statement finds: one case per order, and the differences it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.renewals.rules import STEM_LENGTH


@dataclass(frozen=True)
class Case:
    """One order of ours that a statement has something to say about."""

    obligation: int
    n: int  # of this attempt
    n_now: int  # the attempt the obligation has come to
    key: str
    batch: int
    order_no: str
    amount_fen: int
    line_fen: int  # of the attempt the obligation has come to
    iccid: str
    sim_id: int
    kind: str  # a key of KINDS
    new_expiry: date | None  # as the approver saw it
    expires_before: date | None  # read just ahead of the first send
    st: str
    asked: int
    carrier_ref: str | None
    net_fen: int  # all its bookings together
    charges: int
    other_card: bool
    verdict: str  # matched, ours_only, differs, duplicate, charged


@dataclass(frozen=True)
class Difference:
    """Something that does not match, as it is written down."""

    cls: str  # a key of CLASSES (data/renewals/desk_rules.py)
    why: str  # a key of WHYS
    ours_fen: int
    theirs_fen: int
    alarm: str | None  # the kind of finding it raises
    order_no: str | None = None
    carrier_ref: str | None = None
    iccid: str | None = None
    sim_id: int | None = None
    obligation: int | None = None
    n: int | None = None
    voucher_id: int | None = None
    state: str | None = None  # ours, of a contradiction

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes it the same difference when it is seen again."""
        return _identity(
            self.cls, self.obligation, self.n, self.voucher_id, self.order_no or self.carrier_ref, self.iccid
        )


def _identity(
    cls: str, obligation: int | None, n: int | None, voucher_id: int | None, name: str | None, iccid: str | None
) -> tuple[object, ...]:
    if voucher_id is not None:
        return cls, "paper", voucher_id
    if n is not None:
        return cls, "order", obligation, n
    return cls, "line", name, (iccid or "")[:STEM_LENGTH]


def difference_of(case: Case) -> Difference | None:
    """What a case is to a person who compares; None: it matches, or its own arrow settles it."""
    if case.verdict == "matched" or (case.st == "unknown" and case.net_fen == 0 and not case.other_card):
        return None
    if case.verdict == "charged":
        # An earlier attempt that counted as failed was charged, too: beside a bought one the card was paid twice.
        cls, why, alarm = (
            ("duplicate", "twice", "money_duplicate")
            if case.st == "succeeded"
            else ("theirs_only", "failed_charged", "money_contradicted")
        )
    elif case.verdict == "duplicate":
        cls, why, alarm = "duplicate", "twice", "money_duplicate"
    elif case.verdict == "ours_only":
        cls, why, alarm = "ours_only", "missing", "money_differs"
    else:
        why = "card" if case.other_card else "refunded" if case.net_fen == 0 else "amount"
        cls, alarm = "amount_differs", "money_contradicted"
    return Difference(
        cls=cls,
        why=why,
        ours_fen=0 if case.verdict == "charged" else case.amount_fen,
        theirs_fen=case.net_fen,
        alarm=alarm,
        order_no=case.order_no,
        carrier_ref=case.carrier_ref,
        iccid=case.iccid,
        sim_id=case.sim_id,
        obligation=case.obligation,
        n=case.n,
        state=case.st,
    )


def stranger(row: Mapping[str, Any]) -> Difference:
    twice = row["twice"] is not None and row["net_fen"] > 0
    return Difference(
        cls="duplicate" if twice else "theirs_only",
        why="second" if twice else "strange",
        ours_fen=0,
        theirs_fen=row["net_fen"],
        alarm="money_duplicate" if twice else "money_theirs_only",
        order_no=row["order_no"],
        carrier_ref=row["carrier_ref"],
        iccid=row["ours_iccid"] or row["iccid"],
        sim_id=row["sim_id"],
        obligation=row["twice"] if twice else None,
    )


def paper(row: Mapping[str, Any]) -> Difference:
    fen = {"ours_fen": row["ours_fen"], "theirs_fen": row["theirs_fen"]}
    return Difference("amount_differs", "paper", **fen, alarm=None, order_no=row["paper"], voucher_id=row["voucher_id"])


def known_identity(row: Mapping[str, Any]) -> tuple[object, ...]:
    name = row["order_no"] or row["carrier_ref"]
    return _identity(row["class"], row["obligation"], row["n"], row["voucher_id"], name, row["iccid"])
