"""CTWing as a stub: every sign checked anew, questions in the address or in a body, XML for a cut."""

import hashlib
import json
from typing import Any, ClassVar

from tests.jobs.carriers.stubs.base import Answer, Card, Request, Stub

KEY, SECRET, CUSTOMER = "key-of-the-ctwing-stub", "d1209cfefe895364e03-of-the-stub", "14900000009"
_NAMES = """
list_fields = { iccid = "iccid", msisdn = "accNumber", imsi = "imsi", status = "simStatus" }
refusals = { "欠费" = "arrears" }
"""


class Ctwing(Stub):
    """Cuts take effect at once. It sells nothing."""

    connector = "ctwing"
    carrier = "telecom"
    secrets: ClassVar = {"CTWING_KEY": KEY, "CTWING_SECRET": SECRET}

    def __init__(self, cards: int = 60) -> None:
        super().__init__(cards)
        self.cuts: list[tuple[str, str]] = []
        self.flattened = False

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status = "4"
        return card

    def account_keys(self) -> dict[str, Any]:
        keys = {"app_key": "env:CTWING_KEY", "app_secret": "env:CTWING_SECRET", "cust_number": CUSTOMER}
        return keys | ({"sign_body": "flattened"} if self.flattened else {})

    def account_toml(self, name: str = "stub-a") -> str:
        return super().account_toml(name) + _NAMES

    def is_order(self, request: Request) -> bool:
        return request.path.endswith("/singleCutNet")

    def handle(self, request: Request) -> Answer:
        self._check(request)
        name = request.path.rsplit("/", 1)[-1]
        answer: Answer = getattr(self, f"_{name}")(request.told() if request.body else request.params)
        return answer

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "arrears"

    def odd_answer(self) -> bytes:
        return _xml("<RspType>1</RspType><RspCode>9999</RspCode><RspDesc>?</RspDesc>").body

    def _check(self, request: Request) -> None:
        stamp = request.headers["timestamp"]
        assert len(stamp) == 14 and stamp.startswith("2026112210"), "Beijing time"
        assert request.headers["appkey"] == KEY
        pairs = [pair for pair in request.raw_query.split("&") if pair]
        assert pairs == sorted(pairs)
        body = request.body.decode()
        if self.flattened and body:
            said = {
                name: value if isinstance(value, str) else json.dumps(value) for name, value in json.loads(body).items()
            }
            body = "&".join(f"{name}={value}" for name, value in sorted(said.items()))
        digest = hashlib.md5(f"{'&'.join(pairs)}{body}{SECRET}{stamp}".encode()).hexdigest()
        assert request.headers["sign"] == "".join(f"{ord(digit):02X}" for digit in digest)

    def _getSIMList(self, said: dict[str, str]) -> Answer:
        asked = said.get("iccid")
        cards = self.page((int(said["pageIndex"]) - 1) * 50, 50)
        if asked:
            cards = [card for card in self.cards.values() if card.iccid == asked]
        told = [
            {"iccid": one.iccid, "accNumber": one.msisdn, "imsi": one.imsi, "simStatus": [one.status]}
            | one.more.get("listed", {})
            for one in cards
        ]
        return Answer.json({"resultCode": "0", "resultMsg": "成功", "description": {"simList": told}})

    def _queryCardMainStatus(self, said: dict[str, str]) -> Answer:
        card = self._of(said["access_number"])
        if card is None:
            return Answer.json({"result": "-1", "resultMsg": "号码不存在"})
        told = {"result": "0", "resultMsg": "成功", "authStatus": card.more.get("auth", "1")}
        told["netBlockStatusName"] = "已断网" if card.more.get("cut") else "未断网"
        return Answer.json(told | {"productInfo": [{"productMainStatusCd": card.status}]})

    def _batchQryFlowByMonth(self, said: dict[str, Any]) -> Answer:
        assert said["custNumber"] == CUSTOMER and len(said["accessNumber"]) <= 100
        rows = []
        for number in said["accessNumber"]:
            row = {
                "accessNumber": number,
                "result": "1",
                "unit": "MB",
                "flowAmount": "42.10",
                "month": "202611",
                "status": "0",
            }
            card = self._of(number)
            rows += [row | card.more.get("flow", {})] if card else []
        return Answer.json({"code": 0, "msg": "查询成功", "data": rows})

    def _singleCutNet(self, said: dict[str, str]) -> Answer:
        card = self._of(said["access_number"])
        assert card and said["action"] in {"ADD", "DEL"}
        if card.iccid in self.bad_cards:
            return _xml("<RspType>1</RspType><RspCode>1001</RspCode><RspDesc>该用户欠费</RspDesc>")
        card.more["cut"] = said["action"] == "ADD"
        self.cuts.append((card.iccid, said["action"]))
        serial = f"<GROUP_TRANSACTIONID>{1000 + len(self.cuts)}</GROUP_TRANSACTIONID>"
        return _xml("<RspType>0</RspType><RspCode>0000</RspCode><RspDesc>成功</RspDesc>", serial)

    def _of(self, msisdn: str) -> Card | None:
        return next((card for card in self.cards.values() if card.msisdn == msisdn), None)


def _xml(response: str, more: str = "") -> Answer:
    return Answer(200, f"<SvcCont><Response>{response}</Response>{more}</SvcCont>".encode())
