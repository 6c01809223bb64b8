"""1NCE's protocol as a stub: OAuth client credentials, lists in pages, a 201 without a word, orders by their own number."""

import base64
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from tests.jobs.carriers.stubs.base import Answer, Card, Placed, Request, Stub

CLIENT, SECRET = "client-of-the-stub", "s3cret-of-the-1nce-stub"
_MB = 2**20


class OneNceStub(Stub):
    """Extension and top-up by card; every order has a number and a list of cards."""

    connector = "one_nce"
    carrier = "1nce"
    token_path = "/oauth/token"
    secrets: ClassVar[Mapping[str, str]] = {"NCE_CLIENT": CLIENT, "NCE_SECRET": SECRET}

    def __init__(self, cards: int = 145) -> None:
        super().__init__(cards)
        self.kinds: dict[str, str] = {}  # order number → its type
        self.status = "COMPLETED"

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status = "Enabled" if number % 7 else "Disabled"
        return card

    def account_keys(self) -> dict[str, Any]:
        return {
            "client_id": "env:NCE_CLIENT",
            "client_secret": "env:NCE_SECRET",
            "payment_method": "monthlyinvoice",
            "extension_months": 12,
            "rate_per_s": 5000,
            "orders_rate_per_s": 5000,
        }

    def is_order(self, request: Request) -> bool:
        return request.method == "POST" and request.path.endswith(("/extension", "/topup"))

    def handle(self, request: Request) -> Answer:
        if request.path == self.token_path:
            return self._token(request)
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return _error(401, "AuthValidationError")
        assert request.headers["authorization"].startswith("Bearer ")
        return self._order(request) if self.is_order(request) else self._told(request)

    def _told(self, request: Request) -> Answer:
        what, *rest = request.path.strip("/").split("/")[1:]
        match what, rest:
            case "sims", []:
                return self._list(request)
            case "sims", [stem, *field]:
                return self._read(stem, "/".join(field), request)
            case "orders", number:
                return self._orders(request, number)
        assert what == "products"
        return Answer.json(
            [{"id": 4, "product": "IoT Lifetime", "min_contract_duration": 120, "recurring_charges": []}]
        )

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "not_our_card"

    def odd_answer(self) -> bytes:
        return b'{"statusCode": 200, "errorCode": "QueueError", "message": "try next week"}'

    def wrong_answer(self) -> bytes:
        return b'{"order_number": 9, "order_type": "TOPUP", "order_status": "COMPLETED", "sims": [{"iccid": "1"}]}'

    def _token(self, request: Request) -> Answer:
        basic = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        assert basic == f"{CLIENT}:{SECRET}"
        assert request.told() == {"grant_type": "client_credentials"}
        return Answer.json({"access_token": self.new_token(), "expires_in": 3600, "token_type": "bearer"})

    def _held(self, stem: str) -> Card | None:
        return next((card for card in self.cards.values() if card.iccid[:19] == stem), None)

    def _order(self, request: Request) -> Answer:
        assert request.params["payment_method"] == "monthlyinvoice"
        return self._extension(request) if request.path.endswith("/extension") else self._top_up(request)

    def _extension(self, request: Request) -> Answer:
        said = request.told()
        assert set(said) <= {"iccids", "productId"}
        held = [self._held(one) for one in said["iccids"]]
        if any(card is None or card.iccid in self.bad_cards for card in held):
            return _error(403, "Forbidden")
        for card in held:
            assert card
            self.kinds[self.charge("", card.iccid, 12).ref] = "ADDITIONAL_ORDER"
        return Answer(201, b"")

    def _top_up(self, request: Request) -> Answer:
        card = self._held(request.path.split("/")[-2])
        if card is None:
            return _error(404, "NotFound")
        if card.expires_on and card.expires_on < self.now.date():
            return _error(422, "Unprocessable")
        placed = self.charge("", card.iccid, 0)
        self.kinds[placed.ref] = "TOPUP"
        return Answer(201, b"", {"Location": f"{self.base_url}/v1/orders/{int(placed.ref[1:])}"})

    def _list(self, request: Request) -> Answer:
        page, size = int(request.params["page"]), int(request.params["pageSize"])
        assert page >= 1 and 1 <= size <= 100
        rows = [_card(card) for card in self.page((page - 1) * size, size)]
        body = json.dumps(rows).encode()
        return Answer(
            200, body, {"X-Total-Count": str(len(self.cards)), "X-Total-Pages": str(-(-len(self.cards) // size))}
        )

    def _read(self, stem: str, what: str, request: Request) -> Answer:
        card = self._held(stem)
        if card is None:
            return _error(404, "NotFound")
        if card.more.get("expired"):
            return _error(422, "Unprocessable")
        if what == "quota/data":
            left, total = (card.quota_bytes - card.used_bytes) / _MB, card.quota_bytes // _MB
            expiry = f"{card.expires_on} 00:00:00" if card.expires_on else None
            return Answer.json({"volume": left, "total_volume": total, "expiry_date": expiry})
        if what == "usage":
            first, last = (date.fromisoformat(request.params[name]) for name in ("start_dt", "end_dt"))
            days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
            return Answer.json({"stats": [{"date": f"{day}", "data": {"volume": "1.500000"}} for day in days]})
        assert what == ""
        return Answer.json(_card(card))

    def _orders(self, request: Request, number: list[str]) -> Answer:
        told = [self._bought(line) for line in reversed(self.ledger)]
        if number:
            found = next((one for one in told if one["order_number"] == int(number[0])), None)
            return Answer.json(found) if found else _error(404, "NotFound")
        page, size = int(request.params["page"]), int(request.params["pageSize"])
        assert page >= 1 and 1 <= size <= 10 and request.params["sort"] == "-order_date"
        return Answer.json(told[(page - 1) * size : page * size])

    def _bought(self, line: Placed) -> dict[str, Any]:
        return {
            "order_number": int(line.ref[1:]),
            "order_type": self.kinds[line.ref],
            "order_date": line.ts.isoformat(),
            "order_status": self.status,
            "invoice_number": "R1",
            "invoice_amount": "19.99",
            "currency": "EUR",
            "sims": [{"iccid": line.iccid[:19]}],
        }


def _card(card: Card) -> dict[str, Any]:
    return {
        "iccid": card.iccid[:19],
        "iccid_with_luhn": card.iccid,
        "imsi": card.imsi,
        "msisdn": card.msisdn,
        "imei": None,
        "status": card.status,
        "activation_date": "2025-12-01T08:00:00.000+0000",
        "current_quota": 900,
        "quota_status": {"id": 0, "description": "More than 20% available"},
    }


def _error(status: int, name: str) -> Answer:
    return Answer.json({"statusCode": status, "errorCode": name, "message": name}, status)
