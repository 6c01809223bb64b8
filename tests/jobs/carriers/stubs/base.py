"""A carrier on this machine: a threaded HTTP server with books, a ledger and scripted troubles; protocols stand on top.

A protocol (`stubs/<connector>.py`) is a subclass that says how a request is read and answered:

    class Alibaba(Stub):
        connector = "alibaba_linkcard"
        ...
        def handle(self, request): ...        # → Answer; checks the signature with an implementation of its own
        def is_order(self, request): ...      # whether this request buys something

Everything else – paths, threads, troubles, what was charged – stands here.
"""

import json
import threading
import time
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl, urlsplit

from jobs.carriers import Order

# The day and the moment the suite plays on: those of the homes of the tests.
TODAY = date(2026, 11, 22)
EXPIRES = date(2026, 12, 31)
PRICE_FEN = 1200


@dataclass
class Card:
    """A card as the carrier's books hold it; a protocol may put its own words into `more`."""

    iccid: str
    msisdn: str
    imsi: str
    expires_on: date | None = EXPIRES
    status: str = "active"  # in the protocol's own code or word
    plan: str = "P-12"
    price_fen: int = PRICE_FEN  # of 12 months
    used_bytes: int = 130 * 2**20  # this period
    quota_bytes: int = 1024 * 2**20
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """An order that took effect: a line of the ledger."""

    order_no: str  # as the carrier was told it; "" where its protocol takes none
    iccid: str
    months: int
    amount_fen: int
    ref: str
    ts: datetime
    before: date | None
    after: date | None


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str  # without the query
    raw_query: str
    params: dict[str, str]  # of the query
    headers: dict[str, str]  # names in lower case
    body: bytes

    def told(self) -> dict[str, Any]:
        """The JSON object of the body; empty where there is none."""
        said = json.loads(self.body or b"{}")
        assert isinstance(said, dict)
        return said

    def form(self) -> dict[str, str]:
        """The fields of a form body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(frozen=True)
class Answer:
    """What goes back."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, said: Any, status: int = 200) -> "Answer":
        """`said` as a JSON body."""
        return cls(status, json.dumps(said, ensure_ascii=False).encode(), {"Content-Type": "application/json"})


@dataclass
class _Trouble:
    kind: str  # lose, many, say, slow
    on: str | None  # order, read; None: either
    times: int
    told: dict[str, Any]


def iccid(number: int) -> str:
    """The n-th card of a stub, from 1; 20 digits, the last one its Luhn digit."""
    stem = f"8986041012345{number:06d}"
    total = 0
    for place, digit in enumerate(reversed(stem)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{stem}{-total % 10}"


def months_on(day: date, months: int) -> date:
    """So many months later, clamped to the month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class Stub:
    """One carrier: books, ledger, troubles, a server on a free port while the `with` lasts."""

    connector = ""  # its key of CARRIERS
    carrier = "mobile"
    secrets: ClassVar[Mapping[str, str]] = {}  # environment variables its account points to → their values
    token_path = ""  # requests that begin so fetch a token; "": it has none
    early_429 = False  # whether 429 surely comes before any effect
    settles_by_reading = True  # an unknown order is settled by the card's expiry

    def __init__(self, cards: int = 45) -> None:
        self.lock = threading.RLock()
        self.cards = {iccid(n): self.card(n) for n in range(1, cards + 1)}
        self.ledger: list[Placed] = []
        self.requests: list[Request] = []
        self.balance_fen = 1_000_000
        self.bad_cards: set[str] = set()
        self.tokens: set[str] = set()
        self.token_calls = 0
        self.now = datetime.fromisoformat("2026-11-22T02:00:00+00:00")
        self._troubles: list[_Trouble] = []
        self._server: ThreadingHTTPServer | None = None

    # What a protocol says ----------------------------------------------------------------------------------------------

    def card(self, number: int) -> Card:
        """The n-th card, from 1."""
        return Card(iccid(number), f"1064800{number:06d}", f"46004{number:010d}")

    def account_keys(self) -> dict[str, Any]:
        """The connector's own keys of its `[[account]]`."""
        return {}

    def handle(self, request: Request) -> Answer:
        """The protocol: what this request is answered, its effects booked with `charge`."""
        raise NotImplementedError

    def is_order(self, request: Request) -> bool:
        """Whether this request buys something."""
        raise NotImplementedError

    def refuse(self, card: str) -> str:
        """Refuse orders of this card with a code of the connector's table; the key of REASONS it stands for."""
        raise NotImplementedError

    def odd_answer(self) -> bytes:
        """A whole, well-formed answer to an order with a code that stands in no table."""
        raise NotImplementedError

    def wrong_answer(self) -> bytes | None:
        """A well-formed yes that names another order, card or amount; None: its answers name nothing to compare."""
        return None

    # What a protocol uses ----------------------------------------------------------------------------------------------

    def charge(self, order_no: str, card: str, months: int, *, amount_fen: int | None = None) -> Placed:
        """Book an order: one line of the ledger, the expiry moved, the balance lower."""
        with self.lock:
            held = self.cards[card]
            before = held.expires_on
            after = months_on(before or TODAY, months)
            cost = held.price_fen * months // 12 if amount_fen is None else amount_fen
            placed = Placed(
                order_no, card, months, cost, f"C{len(self.ledger) + 1:010d}", self.now, before=before, after=after
            )
            held.expires_on = after
            self.balance_fen -= cost
            self.ledger.append(placed)
            return placed

    def placed(self, order_no: str) -> Placed | None:
        """The ledger's line of an order number."""
        with self.lock:
            return next((line for line in self.ledger if line.order_no == order_no), None)

    def new_token(self) -> str:
        """A token that is good until `expire_token`."""
        with self.lock:
            self.token_calls += 1
            token = f"token-{self.token_calls}-of-{self.connector}"
            self.tokens.add(token)
            return token

    def page(self, start: int, size: int) -> list[Card]:
        """`size` cards from number `start` (from 0), in their order."""
        with self.lock:
            return list(self.cards.values())[start : start + size]

    # Troubles ----------------------------------------------------------------------------------------------------------

    def lose_answer(self, *, after_effect: bool = True, on: str | None = "order", times: int = 1) -> None:
        """The connection ends without an answer; `after_effect`: what was asked has happened."""
        self._add("lose", on, times, after_effect=after_effect)

    def answer_429(self, retry_after: int | None = 1, *, on: str | None = None, times: int = 1) -> None:
        """Too many requests; nothing happens."""
        self._add("many", on, times, retry_after=retry_after)

    def say(
        self,
        body: bytes,
        status: int = 200,
        *,
        on: str | None = None,
        times: int = 1,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """This body, after what was asked has happened."""
        self._add("say", on, times, body=body, status=status, headers=headers or {})

    def slow(self, seconds: float, *, on: str | None = None, times: int = 1) -> None:
        """The answer comes so much later."""
        self._add("slow", on, times, seconds=seconds)

    def expire_token(self) -> None:
        """No token given so far is good any more."""
        with self.lock:
            self.tokens.clear()

    def one_bad_card(self, card: str) -> None:
        """This card spoils a batch it stands in; the protocol looks at `bad_cards`."""
        self.bad_cards.add(card)

    # The account and its orders ----------------------------------------------------------------------------------------

    def account_toml(self, name: str = "stub-a") -> str:
        """This carrier as an `[[account]]` of carriers.toml."""
        said = {
            "name": name,
            "connector": self.connector,
            "carrier": self.carrier,
            "payee": "Stub Payee",
            "base_url": self.base_url,
            "allow_loopback": True,
            "call_deadline_s": 3,
        } | self.account_keys()
        return "[[account]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())

    def order(self, number: int = 1, *, months: int = 12, order_no: str = "") -> Order:
        """A renewal of the n-th card at its price, from its expiry now."""
        card = self.cards[iccid(number)]
        return Order(
            order_no=order_no or f"R{number:019d}",
            account="stub-a",
            kind="renew",
            iccid=card.iccid,
            msisdn=card.msisdn,
            plan=card.plan,
            months=months,
            amount_fen=card.price_fen * months // 12,
            old_expiry=card.expires_on,
            new_expiry=months_on(card.expires_on or TODAY, months),
        )

    # The server --------------------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Where it listens."""
        assert self._server
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Answer | None:
        """What a request is answered, troubles and all; None: nothing, and the connection ends."""
        with self.lock:
            self.requests.append(request)
            trouble = self._next(request)
        told = trouble.told if trouble else {}
        match trouble.kind if trouble else "":
            case "lose":
                if told["after_effect"]:
                    self.handle(request)
                return None
            case "many":
                wait = {} if told["retry_after"] is None else {"Retry-After": str(told["retry_after"])}
                return Answer(429, b"{}", wait)
            case "say":
                self.handle(request)
                return Answer(told["status"], told["body"], told["headers"])
            case "slow":
                time.sleep(told["seconds"])
        return self.handle(request)

    def _add(self, kind: str, on: str | None, times: int, **told: Any) -> None:
        with self.lock:
            self._troubles.append(_Trouble(kind, on, times, told))

    def _next(self, request: Request) -> _Trouble | None:
        if self.token_path and request.path.startswith(self.token_path):
            return None
        what = "order" if self.is_order(request) else "read"
        for trouble in self._troubles:
            if trouble.on in {None, what}:
                trouble.times -= 1
                if not trouble.times:
                    self._troubles.remove(trouble)
                return trouble
        return None


def _handler(stub: Stub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(
                self.command,
                parts.path,
                parts.query,
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            answer = stub.answer(request)
            self.close_connection = True
            if answer is None:
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                self.wfile.write(answer.body)
            except OSError:
                return  # whoever asked has gone: a body over the cap, a deadline that passed

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: object) -> None:
            return

    return Handler
