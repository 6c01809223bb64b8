"""The connector of the test carrier, as a real one would be: its account, its code table, and six calls over HTTP."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from data.home import Home
from jobs.carriers import (
    Accepted,
    CardReading,
    Confirmed,
    NotFound,
    Order,
    Outcome,
    Refused,
    Statement,
    StatementLine,
    Unknown,
)
from jobs.carriers.account import HttpAccount
from jobs.carriers.classifying import Codes, no_answer, outcome
from jobs.carriers.http import CallError, NoToken, Reply, Token, TokenKeeper, Unreadable
from jobs.carriers.http.fields import Day, Fen, Instant, Text

ABILITIES = {
    "renew": ("yes", "one order per call"),
    "find_order": ("yes", "by our order number"),
    "read_card": ("yes", "state and expiry"),
    "statement": ("yes", "by day"),
    "order_key": ("partly", "as the account's order_key says"),
}
CODES = Codes(
    ok=frozenset({"0"}),
    refused={
        "BALANCE_LOW": "insufficient_balance",
        "CARD_CANCELLED": "cancelled",
        "CARD_UNKNOWN": "not_our_card",
        "PLAN_UNFIT": "plan_unsuitable",
        "PRICE_CHANGED": "price_changed",
        "REALNAME": "realname_missing",
        "WINDOW_CLOSED": "window_closed",
    },
    before_effect={"BUSY": "rate_limited", "CARD_LOCKED": "card_locked"},
    session_over=frozenset({"TOKEN_EXPIRED"}),
    sign_in=frozenset({"SIGN_IN_REFUSED"}),
    too_many_is_early=True,
)
_STRICT = ConfigDict(strict=True, extra="ignore", frozen=True)


class TestAccount(HttpAccount):
    """An account at the test carrier."""

    __test__ = False

    connector: Literal["test"]
    sign_in: Annotated[SecretStr, Field(validation_alias="secret")]
    order_key: bool = True
    key_life_s: Annotated[float, Field(gt=0)] = 86_400
    query_trusted: bool = True
    horizon_s: Annotated[float, Field(ge=0)] = 2
    call_deadline_s: Annotated[float, Field(gt=0)] = 10
    expiry_tolerance_days: int = 0
    promises: tuple[str, ...] = ("order_no", "iccid", "amount_fen")
    calls_at_once: int = 1
    rate_per_s: float | None = None


ACCOUNT = TestAccount


class _Told(BaseModel):
    """What the carrier says of an order."""

    model_config = _STRICT
    order_no: Text | None = None
    ref: Text | None = None
    iccid: Text | None = None
    amount_fen: Fen | None = None
    status: Literal["done", "processing", "failed", "refunded"]
    expires_on: Day | None = None


class _NotFound(BaseModel):
    model_config = _STRICT
    as_of: Instant


class _Card(BaseModel):
    model_config = _STRICT
    iccid: Text
    expires_on: Day | None
    status: Text


class _Cards(BaseModel):
    model_config = _STRICT
    cards: list[_Card]
    as_of: Instant


class _Booking(BaseModel):
    model_config = _STRICT
    order_no: Text | None
    ref: Text
    iccid: Text
    amount_fen: Fen
    ts: Instant


class _Statement(BaseModel):
    model_config = _STRICT
    lines: list[_Booking]
    as_of: Instant


class TestCarrier:
    """One account at the test carrier."""

    __test__ = False

    def __init__(self, account: TestAccount, *, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now
        self._http = account.http(now=now)
        self._tokens = TokenKeeper(self._fetch_token)
        self.terms = account.terms(
            promises=frozenset(account.promises),
            query_trusted=account.query_trusted,
            key_life=timedelta(seconds=account.key_life_s) if account.order_key else None,
            calls_at_once=account.calls_at_once,
        )

    def close(self) -> None:
        self._http.close()

    def held_s(self) -> float:
        return self._http.pace.held_s()

    def request(self, order: Order) -> bytes:
        if order.amount_fen < 0:
            raise ValueError("the test carrier sells nothing for less than nothing")
        names = ("order_no", "account", "kind", "iccid", "plan", "months", "amount_fen")
        said = {name: getattr(order, name) for name in names} | {"currency": "CNY"}
        return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    def place(self, orders: Sequence[Order]) -> list[Outcome]:
        return [self._place(order) for order in orders]

    def _place(self, order: Order) -> Outcome:
        said = {"Content-Type": "application/json"}
        if self._account.order_key:
            said["Idempotency-Key"] = order.order_no
        try:
            reply = self._signed(
                partial(self._http.call, "POST", "/orders", content=self.request(order), money=True), said
            )
            return self._read(reply)
        except CallError as error:
            return no_answer(error, now=self._now())

    def find_order(self, order_no: str, carrier_ref: str | None = None) -> Outcome:
        try:
            reply = self._signed(partial(self._http.call, "GET", f"/orders/{order_no}"), {})
            told = reply.told()
            if reply.status == 404 and told.get("code") == "ORDER_UNKNOWN":
                return self._not_found(told)
            # Only what it says of the order itself counts: a query that is refused says nothing of it.
            return (
                self._read(reply)
                if reply.status == 200 and told.get("code") == "0"
                else Unknown(f"HTTP {reply.status}")
            )
        except CallError as error:
            return Unknown(str(error))

    def cards(self, iccids: Sequence[str]) -> Mapping[str, CardReading]:
        found: dict[str, CardReading] = {}
        for start in range(0, len(iccids), 50):
            asked = ",".join(iccids[start : start + 50])
            try:
                reply = self._signed(partial(self._http.call, "GET", "/cards", params={"iccid": asked}), {})
                told = _Cards.model_validate(reply.told())
            except (CallError, ValidationError):
                continue
            # A clock that runs ahead of ours makes no reading fresher.
            read_at = min(told.as_of, self._now())
            found |= {card.iccid: CardReading(card.iccid, card.expires_on, read_at, card.status) for card in told.cards}
        return found

    def statement(self, day: date) -> Statement | None:
        try:
            reply = self._signed(partial(self._http.call, "GET", "/statement", params={"day": day.isoformat()}), {})
            told = _Statement.model_validate(reply.told())
        except (CallError, ValidationError):
            return None
        lines = [StatementLine(line.order_no, line.ref, line.iccid, line.amount_fen, line.ts) for line in told.lines]
        return Statement(day, tuple(lines), min(told.as_of, self._now()))

    def _read(self, reply: Reply) -> Outcome:
        """One answer about one order."""
        try:
            told = reply.told()
        except Unreadable:
            # The status may still say that nothing happened (429 before any effect); a body is not needed for that.
            return outcome(reply, None, CODES, now=self._now()) or Unknown("unreadable")
        code = told.get("code")
        found = outcome(reply, code if isinstance(code, str) else None, CODES, now=self._now())
        if found is not None:
            return found
        try:
            said = _Told.model_validate(told)
        except ValidationError:
            return Unknown("the answer does not say what it should")
        return _standing(said)

    def _not_found(self, told: Mapping[str, object]) -> Outcome:
        try:
            return NotFound(min(_NotFound.model_validate(told).as_of, self._now()))
        except ValidationError:
            return Unknown("a not-found that does not say how old it is")

    def _signed(self, call: Callable[..., Reply], headers: Mapping[str, str]) -> Reply:
        """A call with our token; with a new one, once, where the carrier says the old one is over (which comes before any
        effect). All within one deadline."""
        ends_at = time.monotonic() + self._account.call_deadline_s
        token = self._tokens.token()
        # Fetching a token takes from the same time: where none is left, nothing leaves.
        left_s = ends_at - time.monotonic()
        reply = call(headers={**headers, "Authorization": f"Bearer {token}"}, deadline_s=left_s)
        if reply.status != 401 or not _session_over(reply):
            return reply
        token = self._tokens.token(not_this=token)
        left_s = ends_at - time.monotonic()
        return call(headers={**headers, "Authorization": f"Bearer {token}"}, deadline_s=left_s) if left_s > 0 else reply

    def _fetch_token(self) -> Token:
        said = json.dumps({"secret": self._account.sign_in.get_secret_value()}).encode()
        reply = self._http.call("POST", "/token", content=said, deadline_s=self._account.call_deadline_s)
        told = reply.told()
        token, life_s = told.get("token"), told.get("expires_in")
        if reply.status != 200 or not isinstance(token, str) or not isinstance(life_s, int):
            raise NoToken(f"HTTP {reply.status}")
        return Token(token, life_s)


def _session_over(reply: Reply) -> bool:
    try:
        return reply.told().get("code") in CODES.session_over
    except Unreadable:
        return False


def _standing(said: _Told) -> Outcome:
    match said.status:
        case "done":
            return Confirmed(said.ref, said.order_no, said.iccid, said.amount_fen, said.expires_on)
        case "processing" if said.ref:
            return Accepted(said.ref, "processing")
        case "failed":
            return Refused("order_failed", "failed")
        case "refunded":
            return Refused("refunded", "refunded")
    return Unknown("in progress, without a reference")


def connect(home: Home, account: TestAccount) -> TestCarrier:
    return TestCarrier(account, now=home.clock.now)
