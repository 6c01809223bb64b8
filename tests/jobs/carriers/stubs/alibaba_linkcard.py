"""Linkcard's protocol as a stub: everything in the query, HMAC-SHA1, an envelope that says no under HTTP 200."""

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl, quote_plus

from tests.jobs.carriers.stubs.base import Answer, Card, Placed, Request, Stub

KEY_ID, SECRET = "LTAI-of-the-stub", "s3cret-of-the-linkcard-stub"


def signature(query: str, secret: str) -> str:
    """What a query's Signature has to be; made from the decoded parameters by the vendor's recipe."""
    pairs = sorted(
        pair for pair in parse_qsl(query, keep_blank_values=True, strict_parsing=True) if pair[0] != "Signature"
    )

    def rfc3986(text: str) -> str:
        return quote_plus(text).replace("+", "%20").replace("*", "%2A").replace("%7E", "~")

    text = "POST&%2F&" + rfc3986("&".join(f"{rfc3986(name)}={rfc3986(value)}" for name, value in pairs))
    return base64.b64encode(hmac.new((secret + "&").encode(), text.encode(), "sha1").digest()).decode()


class Alibaba(Stub):
    """POST / with the parameters in the query and an empty body."""

    connector = "alibaba_linkcard"
    secrets: ClassVar[Mapping[str, str]] = {"STUB_ALI_AK": KEY_ID, "STUB_ALI_SK": SECRET}
    dedupes = True  # one SerialNo is bought once

    def __init__(self, cards: int = 45) -> None:
        super().__init__(cards)
        self.nonces: set[str] = set()
        self.statuses: dict[str, str] = {}  # carrier's order number → its status in the list
        self.bought: list[dict[str, str]] = []

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status, card.more = "30", {"OsStatus": "100", "Period": "1112"}
        return card

    def account_keys(self) -> dict[str, Any]:
        return {
            "access_key_id": "env:STUB_ALI_AK",
            "access_key_secret": "env:STUB_ALI_SK",
            "yearly_plans": ["P-12"],
            "monthly_plans": ["P-1"],
            "rate_per_s": 1000,
        }

    def is_order(self, request: Request) -> bool:
        return request.params.get("Action") == "Renew"

    def handle(self, request: Request) -> Answer:
        said = request.params
        assert (request.method, request.path, request.body) == ("POST", "/", b"")
        assert request.headers["content-length"] == "0"
        common = {name: said[name] for name in ("Version", "Format", "SignatureMethod", "SignatureVersion")}
        assert list(common.values()) == ["2021-05-20", "json", "HMAC-SHA1", "1.0"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", said["Timestamp"])
        if said["AccessKeyId"] != KEY_ID or said["Signature"] != signature(request.raw_query, SECRET):
            return Answer.json({"Code": "SignatureDoesNotMatch", "Message": "m", "RequestId": "R", "HostId": "h"}, 400)
        with self.lock:
            if said["SignatureNonce"] in self.nonces:
                return Answer.json({"Code": "SignatureNonceUsed", "RequestId": "R"}, 400)
            self.nonces.add(said["SignatureNonce"])
        act = getattr(self, f"_{said['Action']}")
        iccid = said.get("Iccid")
        if iccid is not None and iccid not in self.cards:
            return no("IccidNotExist")
        answer: Answer = act(said)
        return answer

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "plan_unsuitable"

    def odd_answer(self) -> bytes:
        return no("BusinessProcessError", "余额不足").body

    def wrong_answer(self) -> bytes:
        return yes({"OrderNo": "2145000000009", "SerialNo": "R-of-somebody-else"}).body

    def _Renew(self, said: dict[str, str]) -> Answer:
        if said["Iccid"] in self.bad_cards:
            return no("DataLevelCanNotEmpty")
        with self.lock:
            known = self.placed(said["SerialNo"]) if self.dedupes else None
            placed = known or self._sold(said)
        return yes({"OrderNo": placed.ref, "SerialNo": said["SerialNo"]})

    def _sold(self, said: dict[str, str]) -> Placed:
        self.bought.append(said)
        card = self.cards[said["Iccid"]]
        period = {"1101": 1, "1103": 3, "1106": 6, "1112": 12}[card.more["Period"]]
        renewed = said["RechargeType"] == "STANDARD"
        placed = self.charge(said["SerialNo"], said["Iccid"], int(said["BuyNum"]) * period if renewed else 0)
        self.statuses[placed.ref] = "completed"
        return placed

    def _ListOrder(self, said: dict[str, str]) -> Answer:
        assert said["PageSize"] in {"10", "15", "25", "40"}
        found = [
            {"OrderId": ref, "OrderType": "RENEW", "OrderStatus": status, "BuyNum": 1, "CredentialNo": "C1"}
            for ref, status in self.statuses.items()
            if said.get("OrderId") in {None, ref}
        ]
        return yes({"List": found, "PageNo": 1, "PageSize": 10, "PageCount": 1, "Total": len(found)})

    def _ListCardInfo(self, said: dict[str, str]) -> Answer:
        assert said["PageSize"] in {"10", "15", "25", "40"}
        number, size = int(said["PageNo"]), int(said["PageSize"])
        listed = [card for card in self.cards.values() if self._wanted(card, said)]
        page = [self._info(card) for card in listed[(number - 1) * size : number * size]]
        count = -(-len(listed) // size)
        return yes({"List": page, "PageNo": number, "PageSize": size, "PageCount": count, "Total": len(listed)})

    def _GetCardDetail(self, said: dict[str, str]) -> Answer:
        info = self._info(self.cards[said["Iccid"]])
        return yes({"VsimCardInfo": info | {"DeviceImei": "861234567890123"}, "ListPsimCards": []})

    def _GetCardFlowInfo(self, said: dict[str, str]) -> Answer:
        asked = [value for name, value in said.items() if name.startswith("DateList.")]
        assert 1 <= len(asked) <= 6
        days = {
            "ListDayFlow": [{"Day": f"{asked[-1]}05", "Flow": "1.50MB"}, {"Day": f"{asked[-1]}06", "Flow": "0.00MB"}]
        }
        flows = [{"Month": month, "FlowCount": "130.00MB"} | (days if month == asked[-1] else {}) for month in asked]
        return yes({"ListCardMonthFlow": flows, "ListPackageDTO": []})

    def _StopSingleCard(self, said: dict[str, str]) -> Answer:
        self.cards[said["Iccid"]].status = "35"
        self.cards[said["Iccid"]].more["OsStatus"] = "200"
        return yes(True)

    def _ResumeSingleCard(self, said: dict[str, str]) -> Answer:
        self.cards[said["Iccid"]].status = "30"
        self.cards[said["Iccid"]].more["OsStatus"] = "100"
        return yes(True)

    def _wanted(self, card: Card, said: dict[str, str]) -> bool:
        expires = f"{card.expires_on} 23:59:59"
        return said.get("ExpireTimeStart", "") <= expires <= said.get("ExpireTimeEnd", "9")

    def _info(self, card: Card) -> dict[str, Any]:
        return {
            "Iccid": card.iccid,
            "Imsi": [card.imsi],
            "Msisdn": [card.msisdn],
            "Vendor": "CMCC",
            "Status": card.status,
            "ActiveTime": "2024-01-01 08:00:00",
            "ExpireTime": f"{card.expires_on} 23:59:59" if card.expires_on else "",
            "PeriodAddFlow": f"{card.used_bytes / 2**20:.2f}MB",
            "PeriodRestFlow": f"{(card.quota_bytes - card.used_bytes) / 2**20:.2f}MB",
            "FlowLatestModifiedTime": "2026-11-21 23:59:59",
            "IsAutoRecharge": False,
            "CredentialNo": "C1",
            "DataType": "singlecard",
        } | card.more


def yes(data: Any) -> Answer:
    """A yes and its data."""
    return Answer.json({"Code": "200", "Success": True, "RequestId": "R1", "ErrorMessage": "", "Data": data})


def no(code: str, text: str = "refused") -> Answer:
    """A no, under HTTP 200."""
    return Answer.json({"Code": code, "Success": False, "RequestId": "R1", "ErrorMessage": text})
