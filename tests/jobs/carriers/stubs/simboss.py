"""SIMBoss's protocol as a stub: signed forms, details in batches, recharges by card with their price."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote_plus

from tests.jobs.carriers.stubs.base import Answer, Card, Request, Stub

APP, SECRET = "app-of-the-stub", "s3cret-of-the-simboss-stub"
_MB = 2**20
_PAGE = 20


class SimBossStub(Stub):
    """Recharge alone or combined; `keyed`: the account uses the combined call."""

    connector = "simboss"
    carrier = "unicom"
    secrets: ClassVar[Mapping[str, str]] = {"SIMBOSS_APP": APP, "SIMBOSS_SECRET": SECRET}
    keyed = False

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status = "activation" if number % 5 else "deactivation"
        return card

    def account_keys(self) -> dict[str, Any]:
        keys: dict[str, Any] = {"app_id": "env:SIMBOSS_APP", "app_secret": "env:SIMBOSS_SECRET"}
        return keys | {"combined_months": 12} if self.keyed else keys

    def account_toml(self, name: str = "stub-a") -> str:
        return super().account_toml(name) + '[account.rate_plans]\nP-12 = "8801"\n'

    def is_order(self, request: Request) -> bool:
        return request.path in {"/device/recharge", "/combine/device/recharge/batch"}

    def handle(self, request: Request) -> Answer:
        said = request.form()
        if not _signed(request.body.decode()) or said["appid"] != APP:
            return _no("1001", "签名错误")
        return self._recharge(said) if self.is_order(request) else self._told(request.path, said)

    def _told(self, path: str, said: Mapping[str, str]) -> Answer:
        match path:
            case "/device/recharge/records":
                return _yes([_record(line) for line in self.ledger if line.iccid == said["iccid"]])
            case "/device/detail/batch":
                asked = said["iccids"].split(",")
                assert len(asked) <= 100
                return _yes([_card(self.cards[one]) for one in asked if one in self.cards])
            case "/device/iccid/list":
                page = int(said["pageNo"])
                cards = [card.iccid for card in self.page((page - 1) * _PAGE, _PAGE)]
                return _yes({"page": {"pageNo": page, "pageSize": _PAGE, "total": len(self.cards)}, "list": cards})
        assert path == "/user/dashboard/get"
        return _yes({"balance": self.balance_fen / 100})

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "insufficient_balance"

    def odd_answer(self) -> bytes:
        return '{"code": "4711", "message": "请稍后再试", "detail": "", "data": null, "success": false}'.encode()

    def wrong_answer(self) -> bytes:
        return b'{"code": "0", "message": "", "data": {"iccid": "1"}, "success": false}'

    def _recharge(self, said: Mapping[str, str]) -> Answer:
        card, key = said.get("iccid") or said["iccids"], said.get("idempotentId")
        assert said["ratePlanId"] == "8801" and key in {None, said["externalOrder"]}
        if card in self.bad_cards:
            return _no("2005", "账户余额不足,请充值")
        if key is None or self.placed(key) is None:
            self.charge(said["externalOrder"], card, int(said.get("month", 12)))
        return _yes("充值提交成功")


def _signed(body: str) -> bool:
    fields = sorted(unquote_plus(part) for part in body.split("&") if not part.startswith("sign="))
    sign = next(part[5:] for part in body.split("&") if part.startswith("sign="))
    return hashlib.sha256(("&".join(fields) + SECRET).encode()).hexdigest() == sign


def _card(card: Card) -> dict[str, Any]:
    return {
        "iccid": card.iccid,
        "imsi": card.imsi,
        "msisdn": card.msisdn,
        "imei": "",
        "status": card.status,
        "imeiStatus": card.more.get("imei", "NORMAL"),
        "startDate": "2025-12-01 00:00:00",
        "expireDate": "2035-12-31 23:59:59",
        "ratePlanExpirationDate": f"{card.expires_on} 23:59:59" if card.expires_on else None,
        "ratePlanId": 8801,
        "iratePlanName": "1G一年",
        "usedDataVolume": card.used_bytes / _MB,
        "totalDataVolume": card.quota_bytes / _MB,
        "lastSyncDate": "2026-11-22 09:00:00",
        "cardPoolId": None,
        "realNameCertifystatus": "pass",
    }


def _record(line: Any) -> dict[str, Any]:
    return {
        "iccid": line.iccid,
        "externalOrder": line.order_no,
        "price": line.amount_fen / 100,
        "period": line.months,
        "createTime": "2026-11-22 10:00:00",
    }


def _yes(data: Any) -> Answer:
    return Answer.json({"code": "0", "message": "成功", "detail": "", "data": data, "success": True})


def _no(code: str, message: str) -> Answer:
    return Answer.json({"code": code, "message": message, "detail": "", "data": None, "success": False})
