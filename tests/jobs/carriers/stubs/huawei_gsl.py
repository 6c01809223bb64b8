"""Huawei GSL's protocol as a stub: its signature, pages whose offset counts pages, lists without an envelope."""

import hashlib
import hmac
import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from data.clock import HOME_ZONE
from tests.jobs.carriers.stubs.base import Answer, Card, Request, Stub

ACCESS, SECRET = "access-of-the-stub", "s3cret-of-the-gsl-stub"
_MB = 2**20


class Gsl(Stub):
    """Cards, their plans and use. It sells nothing."""

    connector = "huawei_gsl"
    carrier = "mobile"
    secrets: ClassVar[Mapping[str, str]] = {"GSL_AK": ACCESS, "GSL_SK": SECRET}

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status = ("20", "14/4", "11", "30")[number % 4]
        card.more["auto_renew"] = number % 2
        return card

    def account_keys(self) -> dict[str, Any]:
        return {
            "access_key": "env:GSL_AK",
            "secret_key": "env:GSL_SK",
            "project_id": "0123456789abcdef",
            "rate_per_s": 5000,
            "list_rate_per_s": 5000,
            "page_size": 20,
        }

    def is_order(self, request: Request) -> bool:
        return False

    def handle(self, request: Request) -> Answer:
        if not _signed(request):
            return Answer.json({"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication"}, 401)
        match request.method, request.path:
            case "GET", "/v1/sim-cards":
                return self._list(request.params)
            case "GET", "/v1/sim-price-plans":
                assert request.params["sim_card_id"] == "0"
                card = self.cards[request.params["iccid"]]
                old = {"price_plan_id": "p0", "status": 5, "auto_renew": 1}
                return Answer.json([old, {"price_plan_id": "p1", "status": 2, "auto_renew": card.more["auto_renew"]}])
            case "POST", "/v1/sim-cards/batch-daily-flow":
                return self._flow(request.told())
        assert (request.method, request.path) == ("GET", "/v1/price-plans")
        plan = {"price_plan_id": "p1", "price_plan_name": "1G一年", "flow_total": 1024, "package_type": 1}
        add_on = {"price_plan_id": "p2", "flow_total": 100, "package_type": 2, "period": 7, "period_type": 10}
        plans = [plan | {"period": 1, "period_type": 50, "price": 1200}, add_on | {"price": 300}]
        return Answer.json({"limit": 20, "offset": 1, "count": 2, "price_plans": plans})

    def _list(self, params: Mapping[str, str]) -> Answer:
        size, page = int(params["limit"]), int(params["offset"])
        assert 10 <= size <= 500 and page >= 1
        found = list(self.cards.values())
        if "main_search_key" in params:
            assert params["main_search_type"] == "1"
            found = [card for card in found if params["main_search_key"] in card.iccid]
        else:
            assert (params["sort"], params["order"]) == ("expire_time", "asc")
            found.sort(key=lambda card: (card.expires_on or date.max, card.iccid))
        rows = [_card(card) for card in found[(page - 1) * size : page * size]]
        # Success of this list may be 201.
        return Answer.json({"limit": size, "offset": page, "count": len(found), "sim_cards": rows}, 201)

    def _flow(self, said: Mapping[str, Any]) -> Answer:
        assert len(said["iccids"]) <= 100
        first = date.fromisoformat(f"{said['month']}-01")
        days = [first + timedelta(days=n) for n in range(monthrange(first.year, first.month)[1])]
        known = [one for one in said["iccids"] if one in self.cards]
        return Answer.json(
            [
                {"date": day.isoformat(), "sim_flow": [{"iccid": one, "flow": 1.5} for one in known]}
                for day in days
                if day < self.now.date()
            ]
        )


def _signed(request: Request) -> bool:
    """Whether the signature is right, counted from what arrived and from nothing of the connector."""
    found = re.fullmatch(
        rf"SDK-HMAC-SHA256 Access={ACCESS}, SignedHeaders=([a-z;-]+), Signature=([0-9a-f]{{64}})",
        request.headers.get("authorization", ""),
    )
    if not found or not {"host", "x-sdk-date"} <= set(found[1].split(";")):
        return False
    lines = [request.method, request.path + "/", "&".join(sorted(request.raw_query.split("&")))]
    lines += [f"{name}:{request.headers[name]}" for name in found[1].split(";")]
    lines += ["", found[1], hashlib.sha256(request.body).hexdigest()]
    hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = f"SDK-HMAC-SHA256\n{request.headers['x-sdk-date']}\n{hashed}".encode()
    return hmac.new(SECRET.encode(), text, "sha256").hexdigest() == found[2]


def _card(card: Card) -> dict[str, Any]:
    status, _slash, reason = card.status.partition("/")
    midnight = card.expires_on and datetime.combine(card.expires_on, time(), HOME_ZONE).astimezone(UTC)
    return {
        "sim_card_id": 7,
        "cid": "c7",
        "iccid": card.iccid,
        "msisdn": card.msisdn,
        "imsi": card.imsi,
        "imei": "",
        "sim_status": int(status),
        "operator_status": int(reason or -1),
        "act_date": "2025-12-01T16:00:00.000Z",
        "expire_time": f"{midnight:%Y-%m-%dT%H:%M:%S}.000Z" if midnight else None,
        "price_plan_name": card.plan,
        "flow_used": card.used_bytes / _MB,
        "flow_left": (card.quota_bytes - card.used_bytes) / _MB,
        "real_named": True,
    }
