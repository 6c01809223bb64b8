"""China Unicom CMP as a stub: every token checked with OpenSSL's SM3, two codes in every answer, changes of one card."""

import hashlib
import re
from typing import Any, ClassVar

from tests.jobs.carriers.stubs.base import Answer, Card, Request, Stub

APP_ID, SECRET, OPEN_ID = "app-of-the-stub", "secret-of-the-stub", "open-id-of-the-stub"
_NAMES = """
plans = { "P-24" = "双年包 10GB" }
refusals = { "2101" = "wrong_state" }
"""


class Unicom(Stub):
    """Changes take effect at once."""

    connector = "unicom_cmp"
    carrier = "unicom"
    secrets: ClassVar = {"UNICOM_APP": APP_ID, "UNICOM_SECRET": SECRET, "UNICOM_OPEN": OPEN_ID}

    def __init__(self, cards: int = 60) -> None:
        super().__init__(cards)
        self.seen: set[str] = set()
        self.changes: list[dict[str, str]] = []

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status = "2"
        return card

    def account_keys(self) -> dict[str, Any]:
        return {"app_id": "env:UNICOM_APP", "app_secret": "env:UNICOM_SECRET", "open_id": "env:UNICOM_OPEN"}

    def account_toml(self, name: str = "stub-a") -> str:
        return super().account_toml(name) + _NAMES

    def is_order(self, request: Request) -> bool:
        return request.path.startswith("/wsEditTerminal/")

    def handle(self, request: Request) -> Answer:
        said = request.told()
        assert set(said) == {"app_id", "timestamp", "trans_id", "token", "data"} and said["app_id"] == APP_ID
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d{3}", said["timestamp"])
        assert said["trans_id"][:17] == re.sub(r"\D", "", said["timestamp"]) and len(said["trans_id"]) == 23
        assert said["trans_id"] not in self.seen
        self.seen.add(said["trans_id"])
        text = f"app_id{APP_ID}timestamp{said['timestamp']}trans_id{said['trans_id']}{SECRET}"
        assert said["token"] == hashlib.new("sm3", text.encode()).hexdigest()
        data = said["data"]
        assert (data["openId"], data["version"]) == (OPEN_ID, "1.0") and data["messageId"]
        api, version = re.fullmatch(r"/(\w+)/(V1/1Main/vV1\.1)", request.path).groups()  # type: ignore[union-attr]
        assert version
        answer: Answer = getattr(self, f"_{api}")(data)
        return answer

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "wrong_state"

    def odd_answer(self) -> bytes:
        return b'{"status": "0000", "data": {"resultCode": "7777", "resultDesc": "?"}}'

    def _wsGetTerminalDetails(self, data: dict[str, Any]) -> Answer:
        assert len(data["iccids"]) <= 50
        known = [self.cards[one] for one in data["iccids"] if one in self.cards]
        told = [
            {
                "iccid": card.iccid,
                "imei": "860000000000001",
                "simStatus": card.status,
                "ratePlan": card.plan,
                "monthToDateDataUsage": card.more.get("used", "12.50"),
                "realNameStatus": card.more.get("realname", "3"),
                "lockStatus": "0",
                "dateActivated": "2025-12-31 00:00:00",
            }
            for card in known
        ]
        return _ok(terminals=told)

    def _wsGetTerminalUsage(self, data: dict[str, Any]) -> Answer:
        assert re.fullmatch(r"\d{6}", data["billingCycle"])
        card = self.cards[data["iccid"]]
        told = card.more.get(data["billingCycle"], "100.00")
        return _ok(iccid=card.iccid, totalDataVolume=told) if told else _ok(resultCode="1074")

    def _wsEditTerminal(self, data: dict[str, Any]) -> Answer:
        card = self.cards[data["iccid"]]
        if card.iccid in self.bad_cards:
            return _ok(resultCode="2101")
        assert data["asynchronous"] == "0"
        self.changes.append(data)
        if data["changeType"] == "3":
            card.status = data["targetValue"]
        else:
            assert data["changeType"] == "4"
            card.plan = data["targetValue"]
        return _ok(iccid=card.iccid)


def _ok(**data: Any) -> Answer:
    return Answer.json({"status": "0000", "message": "成功", "data": {"resultCode": "0000", **data}})
