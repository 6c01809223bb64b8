"""The test carrier's protocol as a stub: the shortest one, and the pattern of the others."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.jobs.carriers.stubs.base import Answer, Placed, Request, Stub

SECRET = "s3cret-of-the-plain-stub"


class Plain(Stub):
    """JSON, a bearer token, an idempotency key, an order query, a statement."""

    connector = "test"
    module = "tests.carrier.connector"
    token_path = "/token"
    early_429 = True
    secrets: ClassVar[Mapping[str, str]] = {"PLAIN_SECRET": SECRET}

    def account_keys(self) -> dict[str, Any]:
        # This connector is for tests only: its key stands in the file itself.
        return {"secret": SECRET}

    def is_order(self, request: Request) -> bool:
        return request.method == "POST" and request.path == "/orders"

    def handle(self, request: Request) -> Answer:
        if request.path == "/token":
            assert request.told() == {"secret": SECRET}
            return Answer.json({"code": "0", "token": self.new_token(), "expires_in": 3600})
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Answer.json({"code": "TOKEN_EXPIRED"}, 401)
        if self.is_order(request):
            return self._order(request)
        if request.path.startswith("/orders/"):
            placed = self.placed(request.path.rsplit("/", 1)[1])
            missing = {"code": "ORDER_UNKNOWN", "as_of": self.now.isoformat()}
            return Answer.json(_told(placed)) if placed else Answer.json(missing, 404)
        if request.path == "/cards":
            return self._cards(request.params["iccid"].split(","))
        lines = [_booking(line) for line in self.ledger]
        return Answer.json({"code": "0", "lines": lines, "as_of": self.now.isoformat()})

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "cancelled"

    def odd_answer(self) -> bytes:
        return b'{"code": "E-4711", "message": "try next week"}'

    def wrong_answer(self) -> bytes:
        return b'{"code": "0", "order_no": "R9", "ref": "C1", "iccid": "1", "amount_fen": 1, "status": "done"}'

    def _order(self, request: Request) -> Answer:
        said = request.told()
        assert request.headers["idempotency-key"] == said["order_no"]
        if said["iccid"] in self.bad_cards:
            return Answer.json({"code": "CARD_CANCELLED"}, 409)
        placed = self.placed(said["order_no"]) or self.charge(said["order_no"], said["iccid"], said["months"])
        return Answer.json(_told(placed))

    def _cards(self, asked: list[str]) -> Answer:
        known = [self.cards[one] for one in asked if one in self.cards]
        told = [
            {"iccid": card.iccid, "expires_on": card.expires_on and card.expires_on.isoformat(), "status": card.status}
            for card in known
        ]
        return Answer.json({"code": "0", "cards": told, "as_of": self.now.isoformat()})


def _told(placed: Placed) -> dict[str, Any]:
    return {
        "code": "0",
        "order_no": placed.order_no,
        "ref": placed.ref,
        "iccid": placed.iccid,
        "amount_fen": placed.amount_fen,
        "status": "done",
        "expires_on": placed.after and placed.after.isoformat(),
    }


def _booking(placed: Placed) -> dict[str, Any]:
    said = {name: getattr(placed, name) for name in ("order_no", "ref", "iccid", "amount_fen")}
    return said | {"ts": placed.ts.isoformat()}
