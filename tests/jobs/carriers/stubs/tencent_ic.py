"""Tencent IC's protocol as a stub: JSON at one address, TC3 signatures, errors inside HTTP 200, no memory of orders."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from tests.jobs.carriers.stubs.base import Answer, Card, Request, Stub

KEY_ID, SECRET, APP = "AKID-of-the-stub", "s3cret-of-the-tencent-stub", 1400000001


def signature(body: bytes, headers: Mapping[str, str], secret: str) -> str:
    """What the signature of these headers and this body has to be, by the vendor's recipe."""
    names = "content-type;host"
    canonical = ["POST", "/", "", *[f"{name}:{headers[name].lower()}" for name in names.split(";")], "", names]
    canonical.append(hashlib.sha256(body).hexdigest())
    stamp = headers["x-tc-timestamp"]
    day = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
    hashed = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    text = f"TC3-HMAC-SHA256\n{stamp}\n{day}/ic/tc3_request\n{hashed}"

    def step(key: bytes, word: str) -> bytes:
        return hmac.new(key, word.encode("utf-8"), hashlib.sha256).digest()

    key = step(step(step(("TC3" + secret).encode(), day), "ic"), "tc3_request")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


class Tencent(Stub):
    """POST / with the action in a header."""

    connector = "tencent_ic"
    secrets: ClassVar[Mapping[str, str]] = {"STUB_TC_ID": KEY_ID, "STUB_TC_KEY": SECRET}

    def __init__(self, cards: int = 45) -> None:
        super().__init__(cards)
        self.renewals: list[dict[str, Any]] = []
        self.failing: set[str] = set()  # cards that are left out of a call without a word

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status, card.more = "2", {"AutoRenew": 0, "AllowArrears": 0, "CertificationState": 0, "Type": 1}
        return card

    def account_keys(self) -> dict[str, Any]:
        return {
            "secret_id": "env:STUB_TC_ID",
            "secret_key": "env:STUB_TC_KEY",
            "sdk_app_id": APP,
            "page_limit": 20,
            "renew_distance_s": 0.01,
            "rate_per_s": 1000,
        }

    def is_order(self, request: Request) -> bool:
        return request.headers.get("x-tc-action") in {"RenewCards", "PayForExtendData"}

    def handle(self, request: Request) -> Answer:
        assert (request.method, request.path, request.raw_query) == ("POST", "/", "")
        headers = request.headers
        assert (headers["content-type"], headers["x-tc-version"]) == ("application/json", "2019-03-07")
        found = re.fullmatch(
            r"TC3-HMAC-SHA256 Credential=([^/]+)/[\d-]{10}/ic/tc3_request, SignedHeaders=content-type;host, "
            r"Signature=([0-9a-f]{64})",
            headers["authorization"],
        )
        if not found or found.groups() != (KEY_ID, signature(request.body, headers, SECRET)):
            return no("AuthFailure.SignatureFailure")
        said = request.told()
        if said["Sdkappid"] != (str(APP) if headers["x-tc-action"] == "DescribeCards" else APP):
            return no("ResourceNotFound.AppNotFound")
        answer: Answer = getattr(self, f"_{headers['x-tc-action']}")(said)
        return answer

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "not_our_card"

    def odd_answer(self) -> bytes:
        return no("FailedOperation").body

    def _RenewCards(self, said: dict[str, Any]) -> Answer:
        assert list(said) == ["Sdkappid", "Iccids", "RenewNum"] and type(said["RenewNum"]) is int
        if len(said["Iccids"]) > 100:
            return no("InvalidParameterValue")
        with self.lock:
            if not set(said["Iccids"]) <= set(self.cards) - self.bad_cards:
                return no("ResourceNotFound")
            self.renewals.append(said)
            wanted = [card for card in said["Iccids"] if card not in self.failing]
            return yes({"OrderIds": [self.charge("", card, said["RenewNum"]).ref for card in wanted]})

    def _PayForExtendData(self, said: dict[str, Any]) -> Answer:
        assert sorted(said) == ["ExtentData", "Iccid", "Sdkappid"] and type(said["ExtentData"]) is int
        return yes({"OrderIds": [self.charge("", said["Iccid"], 0, amount_fen=said["ExtentData"]).ref]})

    def _DescribeCards(self, said: dict[str, Any]) -> Answer:
        page = self.page(said["Offset"], said["Limit"])
        return yes({"Total": str(len(self.cards)), "List": [self._info(card) for card in page]})

    def _DescribeCard(self, said: dict[str, Any]) -> Answer:
        card = self.cards.get(said["Iccid"])
        return yes(self._info(card)) if card else no("ResourceNotFound")

    def _info(self, card: Card) -> dict[str, Any]:
        return {
            "Iccid": card.iccid,
            "Msisdn": card.msisdn,
            "Imsi": card.imsi,
            "Imei": None,
            "Sdkappid": str(APP),
            "Teleoperator": 1,
            "CardStatus": int(card.status),
            "NetworkStatus": None,
            "ActivitedTime": "2024-01-01 08:00:00",
            "ProductId": card.plan,
            "PoolId": None,
            "DataUsedInPeriod": card.used_bytes / 2**20,
            "DataTotalInPeriod": card.quota_bytes // 2**20,
            "ProductExpiredTime": f"{card.expires_on} 23:59:59" if card.expires_on else None,
            "OrderId": "old",
        } | card.more


def yes(data: Any) -> Answer:
    """A yes and its data."""
    return Answer.json({"Response": {"Data": data, "RequestId": "req-1"}})


def no(code: str) -> Answer:
    """A no, under HTTP 200."""
    return Answer.json({"Response": {"Error": {"Code": code, "Message": "refused"}, "RequestId": "req-1"}})
