"""OneLink v5 as a stub: a token, a transaction number per call, one envelope, jobs over lists of cards, payments at a link."""

import re
from decimal import Decimal
from typing import Any, ClassVar

from tests.jobs.carriers.stubs.base import Answer, Card, Request, Stub

APP_ID, PASSWORD = "200000000000001", "pass-word-of-the-stub"
_PACKAGES = {"0": 1000, "1": 1000, "2": 3000, "3": 3000}
_WRITES = ("/order/", "/recharge/", "/change/")
_NAMES = """
recharge_fields = { order = "orderNo", link = "payUrl", state = "payStatus", amount = "chargeMoney" }
recharge_states = { "2" = "paid", "3" = "failed" }
offering_fields = { plan = "offeringName", expires_on = "expireDate" }
stop_reasons = { "1" = "stopped_manual", "2" = "stopped_arrears" }
add_ons = { "A-100" = "0", "A-500" = "2" }
"""


class OneLink(Stub):
    """Payments count as made at once; jobs end at `end_jobs`."""

    connector = "onelink"
    token_path = "/get/token"
    secrets: ClassVar = {"ONELINK_ID": APP_ID, "ONELINK_PASSWORD": PASSWORD}

    def __init__(self, cards: int = 45) -> None:
        super().__init__(cards)
        self.seen: set[str] = set()
        self.jobs: dict[str, dict[str, str]] = {}  # number → MSISDN → status
        self.job_state = "2"
        self.payment_state = "2"
        self.locked: set[str] = set()
        self.codes: dict[str, str] = {}  # ICCID → what a job says of the card

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status = "2"
        return card

    def account_keys(self) -> dict[str, Any]:
        return {"app_id": "env:ONELINK_ID", "password": "env:ONELINK_PASSWORD"}

    def account_toml(self, name: str = "stub-a") -> str:
        return super().account_toml(name) + _NAMES

    def is_order(self, request: Request) -> bool:
        return request.path.startswith(_WRITES)

    def handle(self, request: Request) -> Answer:
        said = request.params if request.method == "GET" else {name: str(told) for name, told in request.told().items()}
        assert re.fullmatch(APP_ID + r"2026\d{10}\d{8}", said["transid"]), said["transid"]
        assert said["transid"] not in self.seen, "a transaction number comes twice"
        self.seen.add(said["transid"])
        if request.path == "/get/token":
            assert (said["appid"], said["password"]) == (APP_ID, PASSWORD)
            return _ok({"token": self.new_token(), "ttl": 3600})
        if said["token"] not in self.tokens:
            return _no("12021")
        answer: Answer = getattr(self, "_" + re.sub(r"\W", "_", request.path.strip("/")))(said)
        return answer

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "not_our_card"

    def odd_answer(self) -> bytes:
        return b'{"status": "77777", "message": "?", "result": []}'

    def wrong_answer(self) -> bytes:
        return b'{"status": "0", "message": "", "result": []}'

    # Reads --------------------------------------------------------------------------------------------------------------

    def _query_sim_status(self, said: dict[str, str]) -> Answer:
        card = self.cards.get(said["iccid"])
        return _ok({"cardStatus": card.status, "lastChangeDate": "20260101000000"}) if card else _no("12010")

    def _query_sim_stop_reason(self, said: dict[str, str]) -> Answer:
        return _ok({"platformType": "CT", "stopReason": self.cards[said["iccid"]].more.get("reason", " ")})

    def _query_sim_basic_info(self, said: dict[str, str]) -> Answer:
        card = self.cards[said["iccid"]]
        return _ok({"msisdn": card.msisdn, "imsi": card.imsi, "iccid": card.iccid, "activeDate": "2025-12-31 00:00:00"})

    def _query_ordered_offerings(self, said: dict[str, str]) -> Answer:
        card = self.cards[said["iccid"]]
        main = {"offeringName": card.plan, "expireDate": card.expires_on and f"{card.expires_on:%Y%m%d}235959"}
        return _ok({"offeringName": "older", "expireDate": "20251231235959"}, main)

    def _query_sim_data_usage_daily_batch(self, said: dict[str, str]) -> Answer:
        assert re.fullmatch(r"\d{8}", said["queryDate"])
        return self._used(said)

    def _query_sim_data_usage_monthly_batch(self, said: dict[str, str]) -> Answer:
        assert re.fullmatch(r"\d{6}", said["queryDate"])
        return self._used(said)

    def _used(self, said: dict[str, str]) -> Answer:
        asked = said["iccids"].split("_")
        assert len(asked) <= 100
        cards = [self.cards[one] for one in asked]
        told = [{"iccid": one.iccid, "dataAmount": one.more.get("kb", str(one.used_bytes // 1024))} for one in cards]
        return _ok({"dataAmountList": told})

    def _query_sim_data_margin(self, said: dict[str, str]) -> Answer:
        card = self.cards[said["iccid"]]
        total, used = card.quota_bytes // 1024, card.used_bytes // 1024
        told = {"totalAmount": str(total), "useAmount": str(used), "remainAmount": str(total - used)}
        return _ok({"accmMarginList": [told]})

    def _query_balance_info(self, said: dict[str, str]) -> Answer:
        return _ok({"amount": f"{Decimal(self.balance_fen) / 100:.2f}"})

    def _query_sim_batch_result(self, said: dict[str, str]) -> Answer:
        lines = [{"resultId": one, "status": status} for one, status in self.jobs[said["jobId"]].items()]
        return _ok({"jobStatus": self.job_state, "resultList": lines if self.job_state not in {"0", "1"} else []})

    def _query_sim_account_recharge_result(self, said: dict[str, str]) -> Answer:
        lines = [line for line in self.ledger if line.ref == said["orderNo"]]
        told = [(line.ref, f"{Decimal(line.amount_fen) / 100:.2f}") for line in lines]
        return _ok(*({"orderNo": ref, "chargeMoney": yuan, "payStatus": self.payment_state} for ref, yuan in told))

    # Writes -------------------------------------------------------------------------------------------------------------

    def _recharge_sim_account(self, said: dict[str, str]) -> Answer:
        assert said["entityType"] == "1" and said["paymentType"] == "ALIPAY-WEB"
        (card,) = self._of([said["entityId"]])
        if refused := self._refused([card]):
            return refused
        placed = self.charge("", card.iccid, 12, amount_fen=int(Decimal(said["chargeMoney"]) * 100))
        return _ok({"orderNo": placed.ref, "payUrl": f"https://pay.example/{placed.ref}"})

    def _order_gprspackage_order_batch(self, said: dict[str, str]) -> Answer:
        assert said["maincommoDity"] == "0"
        cards = self._of(said["msisdns"].split("_"))
        if refused := self._refused(cards):
            return refused
        for card in cards:
            self.charge("", card.iccid, 0, amount_fen=_PACKAGES[said["packageType"]])
        return self._job(cards)

    def _change_sim_status_batch(self, said: dict[str, str]) -> Answer:
        assert said["operType"] in {"9", "11"} and said["reason"] == "01"
        cards = self._of(said["msisdns"].split("_"))
        if refused := self._refused(cards):
            return refused
        for card in cards:
            card.status, card.more["reason"] = ("4", "1") if said["operType"] == "9" else ("2", " ")
        return self._job(cards)

    def _of(self, msisdns: list[str]) -> list[Card]:
        assert len(msisdns) <= 100
        by_msisdn = {card.msisdn: card for card in self.cards.values()}
        return [by_msisdn[one] for one in msisdns]

    def _refused(self, cards: list[Card]) -> Answer | None:
        if self.bad_cards & {card.iccid for card in cards}:
            return _no("12010")
        return _no("13012") if self.locked & {card.iccid for card in cards} else None

    def _job(self, cards: list[Card]) -> Answer:
        number = f"J{len(self.jobs) + 1:08d}"
        self.jobs[number] = {card.msisdn: self.codes.get(card.iccid, "0") for card in cards}
        return _ok({"jobId": number})


def _ok(*result: dict[str, Any]) -> Answer:
    return Answer.json({"status": "0", "message": "正确", "result": list(result)})


def _no(code: str) -> Answer:
    return Answer.json({"status": code, "message": "错误", "result": []})
