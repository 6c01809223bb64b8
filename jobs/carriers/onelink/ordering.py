"""What OneLink sells: a payment link for a card's account, and jobs over lists of cards (add-ons, stop, resume).

No number of ours is known to the carrier. What it answers names a payment order or a job; that name, kept with the order,
is the only thing it can be asked by. A card takes no second order of a kind for a while, and one bad card makes it
refuse a whole list: such a list is cut in quarters, which go out later, until the bad card stands alone.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from data.carriers import store
from data.home import Home
from data.renewals.rules import STEM_LENGTH
from data.words import yuan
from jobs.carriers import Accepted, Confirmed, Later, Order, Outcome, Refused, Unknown, unsayable
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.http import CallError, Reply
from jobs.carriers.onelink.reading import fen
from jobs.carriers.onelink.session import NOT_OURS, SESSION_OVER, Session, code_of, results

CODES = Codes(
    ok=frozenset({"0"}),
    refused={
        "11000": "not_buildable",
        **dict.fromkeys(NOT_OURS, "not_our_card"),
        "12089": "wrong_state",
        "12098": "stop_reason",
        "12099": "plan_ended",
        "12100": "stop_reason",
    },
    before_effect={"13012": "card_locked"},
    session_over=frozenset({SESSION_OVER}),
    sign_in=frozenset({"12004", "12022"}),
)
# The packages it sells besides a plan, by what they cost.
_PACKAGE_FEN = {"0": 1000, "1": 1000, "2": 3000, "3": 3000}
_LEAST_FEN, _MOST_FEN = 100, 50_000
_STOP, _RESUME = "9", "11"
_JOB, _PAYMENT = "job", "payment"
_RUNNING, _ENDED = frozenset({"0", "1"}), frozenset({"2", "3", "4"})
# A list that was refused as a whole goes out again so soon, in smaller pieces.
_PIECES_AFTER = timedelta(seconds=5)
_CUT = 4


class Ordering:
    """Everything that buys or changes."""

    def __init__(self, home: Home, session: Session) -> None:
        self._home = home
        self._session = session
        self._account = session.account
        self._together: dict[str, int] = {}  # order number → with how many others it may still stand in a list

    def request(self, order: Order) -> bytes:
        """What is asked for one order; transaction number, token and the other cards of its list come on top."""
        path, said = self._asked(order)
        return json.dumps([path, said], ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        """Payments one by one, everything else as jobs, within one deadline; what that does not reach is not sent."""
        ends_at = time.monotonic() + self._account.call_deadline_s
        locked = self._locked(orders)
        said = {order.order_no: found for order, found in zip(orders, locked, strict=True) if found}
        for group in self._groups([order for order in orders if order.order_no not in said]):
            left_s = ends_at - time.monotonic()
            if left_s <= 0:
                wait = self._session.now() + _PIECES_AFTER
                said |= {order.order_no: Later(wait, "no time was left", reason="not_reached") for order in group}
            else:
                said |= zip([order.order_no for order in group], self._sent(group, left_s), strict=True)
        return [said[order.order_no] for order in orders]

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:  # noqa: ARG002
        """What became of the job or payment that the carrier named when it took this order; it knows no number of ours."""
        known = store.own_name(self._home.db.read(), account=self._account.name, order_no=order_no)
        kind, _slash, name = known.carrier_ref.partition("/") if known else ("", "", "")
        try:
            if known and kind == _JOB:
                return self._of_job(known.carrier_ref, *name.rsplit("/", 1), iccid=known.iccid)
            if known and kind == _PAYMENT:
                return self._of_payment(known.carrier_ref, name, iccid=known.iccid)
        except CallError as error:
            return Unknown(str(error))
        return Unknown("the carrier can be asked by its own order number only, and it has named none")

    def _asked(self, order: Order) -> tuple[str, dict[str, str]]:
        """Path and parameters of an order alone. Raises ValueError."""
        if not order.msisdn or not (order.msisdn.isascii() and order.msisdn.isdigit()):
            raise unsayable.no_number(order)
        match order.kind:
            case "renew":
                return "/recharge/sim-account", self._payment(order)
            case "add-on":
                package = self._account.add_ons.get(order.plan)
                if package is None or order.amount_fen != _PACKAGE_FEN[package]:
                    raise unsayable.no_entry(order, account=self._account.name, key="add_ons")
                bought = {"maincommoDity": self._account.main_offering, "packageType": package}
                return "/order/gprspackage-order/batch", {"msisdns": order.msisdn, **bought}
            case "suspend" | "resume":
                change = {"operType": _STOP if order.kind == "suspend" else _RESUME, "reason": "01"}
                return "/change/sim-status/batch", {"msisdns": order.msisdn, **change}
        raise unsayable.no_such_kind(order)

    def _payment(self, order: Order) -> dict[str, str]:
        if "order" not in self._account.recharge_fields:
            raise unsayable.no_key(order, account=self._account.name, key="recharge_fields.order")
        if not _LEAST_FEN <= order.amount_fen <= _MOST_FEN:
            raise unsayable.no_such_amount(
                order, least=yuan(_LEAST_FEN), most=yuan(_MOST_FEN), amount=yuan(order.amount_fen)
            )
        return {
            "entityType": "1",
            "entityId": order.msisdn or "",
            "chargeMoney": f"{Decimal(order.amount_fen) / 100:.2f}",
            "paymentType": self._account.payment_type,
            "returnUrl": self._account.return_url,
        }

    def _locked(self, orders: Sequence[Order]) -> list[Outcome | None]:
        """Later, for a card that was sent an order of its kind too short a while ago."""
        lock = timedelta(minutes=self._account.write_lock_min)
        now = self._session.now()
        sent: dict[tuple[str, str], datetime] = {}
        for kind in {order.kind for order in orders}:
            of_kind = [order for order in orders if order.kind == kind]
            told = store.last_sent(
                self._home.db.read(),
                account=self._account.name,
                order_kind=kind,
                stems=[order.iccid[:STEM_LENGTH] for order in of_kind],
                but=[order.order_no for order in of_kind],
                since=now - lock,
            )
            sent |= {(kind, stem): at for stem, at in told.items()}
        found = [sent.get((order.kind, order.iccid[:STEM_LENGTH])) for order in orders]
        return [Later(at + lock, "ordered a moment ago", reason="card_locked") if at else None for at in found]

    def _groups(self, orders: Sequence[Order]) -> list[list[Order]]:
        """What goes out in one call each: a payment alone, jobs by what they do, and in pieces after a refusal."""
        alike: dict[tuple[Any, ...], list[Order]] = {}
        for order in orders:
            path, said = self._asked(order)
            alone = order.order_no if order.kind == "renew" else ""
            size = self._together.get(order.order_no, self._account.batch_size)
            same = tuple(sorted((name, value) for name, value in said.items() if name != "msisdns"))
            alike.setdefault((path, same, alone, size), []).append(order)
        return [
            group[start : start + key[-1]] for key, group in alike.items() for start in range(0, len(group), key[-1])
        ]

    def _sent(self, group: Sequence[Order], left_s: float) -> list[Outcome]:
        path, said = self._asked(group[0])
        if "msisdns" in said:
            said["msisdns"] = "_".join(order.msisdn or "" for order in group)
        try:
            reply = self._session.call(path, said, deadline_s=left_s, money=True)
            found = outcome(reply, code_of(reply), CODES, now=self._session.now())
            return [self._taken(order, reply) for order in group] if found is None else self._not_taken(group, found)
        except CallError as error:
            return [no_answer(error, now=self._session.now())] * len(group)

    def _not_taken(self, group: Sequence[Order], found: Outcome) -> list[Outcome]:
        """The carrier's no: of one card it stands; of a list nobody knows whose it is, so all come again in pieces."""
        about_cards = isinstance(found, Refused) or (isinstance(found, Later) and found.reason == "card_locked")
        if about_cards and len(group) > 1:
            self._together |= {order.order_no: -(-len(group) // _CUT) for order in group}
            again = Later(self._session.now() + _PIECES_AFTER, getattr(found, "detail", ""), reason="batch_refused")
            return [again] * len(group)
        if isinstance(found, Later) and found.reason == "card_locked":
            wait = timedelta(minutes=self._account.write_lock_min)
            found = replace(found, retry_at=self._session.now() + wait)
        return [found] * len(group)

    def _taken(self, order: Order, reply: Reply) -> Outcome:
        """A yes counts as taken when it names what the carrier can be asked by."""
        self._together.pop(order.order_no, None)
        found = results(reply)
        told = found[0] if len(found) == 1 else {}
        if order.kind == "renew":
            names = self._account.recharge_fields
            number, link = _named(told.get(names["order"])), told.get(names.get("link", ""))
            detail = link[:500] if isinstance(link, str) else ""
            return Accepted(f"{_PAYMENT}/{number}", detail) if number else Unknown("it names no payment order")
        job = _named(told.get("jobId"))
        return Accepted(f"{_JOB}/{job}/{order.msisdn}") if job else Unknown("it names no job")

    def _of_job(self, ref: str, job: str, msisdn: str, *, iccid: str) -> Outcome:
        told = next(iter(self._session.read("/query/sim-batch-result", jobId=job)), {})
        state, lines = told.get("jobStatus"), told.get("resultList")
        if state in _RUNNING:
            return Accepted(ref, "the job has not ended")
        if state not in _ENDED or not isinstance(lines, list):
            return Unknown("a job without a result")
        codes = {str(line.get("status")) for line in lines if isinstance(line, dict) and line.get("resultId") == msisdn}
        code = codes.pop() if len(codes) == 1 else ""
        if code == "0" and state != "4":
            return Confirmed(ref, iccid=iccid)
        reason = CODES.refused.get(code) or CODES.before_effect.get(code)
        return Refused(reason, code) if reason else Unknown(f"the job says {code[:20] or 'nothing of this card'}")

    def _of_payment(self, ref: str, number: str, *, iccid: str) -> Outcome:
        names = self._account.recharge_fields
        found = self._session.read("/query/sim-account-recharge-result", orderNo=number)
        ours = [one for one in found if _named(one.get(names["order"])) == number]
        if len(ours) != 1:
            return Unknown("the carrier does not tell this payment")
        meaning = self._account.recharge_states.get(str(ours[0].get(names.get("state", ""))))
        if meaning == "paid":
            paid = fen(ours[0].get(names["amount"])) if "amount" in names else None
            return Confirmed(ref, iccid=iccid, amount_fen=paid)
        return Refused("order_failed", "the payment failed") if meaning == "failed" else Accepted(ref, "not paid yet")


def _named(told: Any) -> str:
    """A number or word of the carrier's that can be asked by; '' for anything else."""
    text = str(told) if isinstance(told, str | int) and not isinstance(told, bool) else ""
    return text if text.isascii() and text.replace("-", "").isalnum() and len(text) <= 64 else ""
