"""The vendors' own clients as oracles: they pass our stubs' checks, and ask for the same things in the same words as we do.

Their models also know every name we read in an answer. Nothing leaves this machine.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from alibabacloud_linkcard20210520 import models as ali
from alibabacloud_linkcard20210520.client import Client as AliClient
from alibabacloud_tea_openapi.models import Config
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkgsl.v3 import GslClient
from huaweicloudsdkgsl.v3 import model as gsl
from tencentcloud.common.credential import Credential
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.ic.v20190307 import models as ic
from tencentcloud.ic.v20190307.ic_client import IcClient

from jobs.carriers import pacing
from jobs.carriers.alibaba_linkcard import told as alibaba_told
from jobs.carriers.http.fields import Told
from jobs.carriers.huawei_gsl import told as gsl_told
from jobs.carriers.tencent_ic import told as tencent_told
from tests.jobs.carriers.contract import CONNECTORS, connected
from tests.jobs.carriers.stubs.base import Request, Stub, iccid
from tests.jobs.carriers.stubs.tencent_ic import APP

NOV = (date(2026, 11, 1), date(2026, 11, 30))
# Different in every call, or about who asks and how it is packed.
_OF_THE_MOMENT = {"Signature", "SignatureNonce", "Timestamp"}


@pytest.fixture
def stub(connector: str) -> Iterator[Stub]:
    with CONNECTORS[connector]() as started:
        yield started


@pytest.fixture
def carrier(home, stub: Stub, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(pacing, "_paces", {})
    return connected(home, stub, monkeypatch)


def alibaba(stub: Stub) -> AliClient:
    key_id, secret = stub.secrets.values()
    where = stub.base_url.removeprefix("http://")
    return AliClient(Config(access_key_id=key_id, access_key_secret=secret, endpoint=where, protocol="HTTP"))


def tencent(stub: Stub) -> IcClient:
    where = HttpProfile(protocol="http", endpoint=stub.base_url.removeprefix("http://"), reqTimeout=5)
    return IcClient(Credential(*stub.secrets.values()), "", ClientProfile(httpProfile=where))


def huawei(stub: Stub) -> GslClient:
    config = HttpConfig.get_default_config()
    config.timeout = (5, 5)
    who = BasicCredentials(*stub.secrets.values(), project_id=stub.account_keys()["project_id"])
    return (
        GslClient.new_builder().with_http_config(config).with_credentials(who).with_endpoints([stub.base_url]).build()
    )


def told(model: Any, **said: Any) -> Any:
    """A request of Tencent's client."""
    request = model()
    for name, value in said.items():
        setattr(request, name, value)
    return request


def bought(kind: str) -> Callable[[Any, Stub], Any]:
    return lambda carrier, stub: carrier.place([replace(stub.order(1), kind=kind)])


SERIAL = f"R{1:019d}"
# What we ask, and what the vendor's client is told to ask.
ASKED: dict[str, tuple[str, Callable[[Any, Stub], Any], Callable[[Stub], Any]]] = {
    "Renew": (
        "alibaba_linkcard",
        bought("renew"),
        lambda stub: alibaba(stub).renew(
            ali.RenewRequest(iccid=iccid(1), recharge_type="STANDARD", serial_no=SERIAL, buy_num=1)
        ),
    ),
    "StopSingleCard": (
        "alibaba_linkcard",
        bought("suspend"),
        lambda stub: alibaba(stub).stop_single_card(ali.StopSingleCardRequest(iccid=iccid(1))),
    ),
    "ResumeSingleCard": (
        "alibaba_linkcard",
        bought("resume"),
        lambda stub: alibaba(stub).resume_single_card(ali.ResumeSingleCardRequest(iccid=iccid(1))),
    ),
    "GetCardDetail": (
        "alibaba_linkcard",
        lambda carrier, _stub: carrier.cards([iccid(1)]),
        lambda stub: alibaba(stub).get_card_detail(ali.GetCardDetailRequest(iccid=iccid(1))),
    ),
    "ListCardInfo": (
        "alibaba_linkcard",
        lambda carrier, _stub: carrier.list_expiring("2", *NOV),
        lambda stub: alibaba(stub).list_card_info(
            ali.ListCardInfoRequest(
                page_no=2,
                page_size=40,
                expire_time_start="2026-11-01 00:00:00",
                expire_time_end="2026-11-30 23:59:59",
            )
        ),
    ),
    "GetCardFlowInfo": (
        "alibaba_linkcard",
        lambda carrier, _stub: carrier.usage([iccid(1)], date(2026, 10, 1), NOV[1]),
        lambda stub: alibaba(stub).get_card_flow_info(
            ali.GetCardFlowInfoRequest(iccid=iccid(1), date_list=["202610", "202611"])
        ),
    ),
    "ListOrder": (
        "alibaba_linkcard",
        lambda carrier, stub: (carrier.place([stub.order(1)]), carrier.find_order(SERIAL)),
        lambda stub: alibaba(stub).list_order(
            ali.ListOrderRequest(order_id=stub.ledger[0].ref, page_no=1, page_size=10)
        ),
    ),
    "RenewCards": (
        "tencent_ic",
        lambda carrier, stub: carrier.place([stub.order(1), stub.order(2)]),
        lambda stub: tencent(stub).RenewCards(
            told(ic.RenewCardsRequest, Sdkappid=APP, Iccids=[iccid(1), iccid(2)], RenewNum=12)
        ),
    ),
    "DescribeCard": (
        "tencent_ic",
        lambda carrier, _stub: carrier.cards([iccid(1)]),
        lambda stub: tencent(stub).DescribeCard(told(ic.DescribeCardRequest, Sdkappid=APP, Iccid=iccid(1))),
    ),
    "DescribeCards": (
        "tencent_ic",
        lambda carrier, _stub: carrier.list_cards("20"),
        lambda stub: tencent(stub).DescribeCards(told(ic.DescribeCardsRequest, Sdkappid=str(APP), Offset=20, Limit=20)),
    ),
    "sim-cards": (
        "huawei_gsl",
        lambda carrier, _stub: carrier.list_cards("2"),
        lambda stub: huawei(stub).list_sim_cards(
            gsl.ListSimCardsRequest(limit=20, offset=2, sort="expire_time", order="asc")
        ),
    ),
    "one sim-card": (
        "huawei_gsl",
        lambda carrier, _stub: carrier.cards([iccid(1)]),
        lambda stub: huawei(stub).list_sim_cards(
            gsl.ListSimCardsRequest(main_search_type=1, main_search_key=iccid(1), limit=10, offset=1)
        ),
    ),
    "sim-price-plans": (
        "huawei_gsl",
        lambda carrier, _stub: carrier.card_facts([iccid(1)]),
        lambda stub: huawei(stub).list_sim_price_plans(gsl.ListSimPricePlansRequest(sim_card_id=0, iccid=iccid(1))),
    ),
    "price-plans": (
        "huawei_gsl",
        lambda carrier, _stub: carrier.plans(),
        lambda stub: huawei(stub).list_pro_price_plans(gsl.ListProPricePlansRequest(limit=20, offset=1)),
    ),
    "batch-daily-flow": (
        "huawei_gsl",
        lambda carrier, _stub: carrier.usage([iccid(1)], *NOV),
        lambda stub: huawei(stub).list_sim_card_flow_per_day(
            gsl.ListSimCardFlowPerDayRequest(gsl.SimCardFlowPerDayReq(iccids=[iccid(1)], month="2026-11"))
        ),
    ),
}


def said(request: Request) -> dict[str, Any]:
    """What a request asks for, without who asks, when, and how it is packed."""
    asked = {name: value for name, value in request.params.items() if name not in _OF_THE_MOMENT}
    named = {
        name: request.headers.get(name) for name in ("x-tc-action", "x-tc-version", "x-project-id", "content-type")
    }
    if not request.body:
        named.pop("content-type")
    return {
        "how": (request.method, request.path),
        "asked": asked,
        "named": named,
        "body": json.loads(request.body or b"{}"),
    }


@pytest.mark.parametrize(("name", "connector"), [(name, row[0]) for name, row in ASKED.items()])
def test_we_ask_what_the_vendors_client_asks(name, connector, stub, carrier) -> None:
    _connector, ours, theirs = ASKED[name]
    ours(carrier, stub)
    mine = said(stub.requests[-1])
    # The stub checks every signature: what it answers well was signed as the vendor signs.
    answer = theirs(stub)
    assert getattr(getattr(answer, "body", None), "success", True) is True
    assert said(stub.requests[-1]) == mine


@pytest.mark.parametrize(
    ("connector", "ask"),
    [
        ("alibaba_linkcard", lambda stub: alibaba(stub).get_card_detail(ali.GetCardDetailRequest(iccid=iccid(1)))),
        (
            "tencent_ic",
            lambda stub: tencent(stub).DescribeCard(told(ic.DescribeCardRequest, Sdkappid=APP, Iccid=iccid(1))),
        ),
        (
            "huawei_gsl",
            lambda stub: huawei(stub).list_sim_cards(
                gsl.ListSimCardsRequest(limit=20, offset=1, sort="expire_time", order="asc")
            ),
        ),
    ],
)
def test_a_stub_knows_a_wrong_secret_of_the_vendors_client_from_a_right_one(connector, stub, ask, monkeypatch) -> None:
    """Else a stub that checks nothing would pass."""
    wrong = {name: f"{value}x" if number else value for number, (name, value) in enumerate(stub.secrets.items())}
    monkeypatch.setattr(stub, "secrets", wrong)
    with pytest.raises(Exception, match=r"(?i)signature|incorrect|401"):
        ask(stub)


def names_of(model: type[Told]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _read_by(function: Callable[..., Any], receiver: str) -> set[str]:
    return set(re.findall(rf"{receiver}\.get\(['\"](\w+)['\"]\)", inspect.getsource(function)))


def known_to(theirs: Any) -> set[str]:
    """The names a vendor's model reads."""
    if hasattr(theirs, "attribute_map"):
        return set(theirs.attribute_map.values())
    if hasattr(theirs, "from_map"):
        return _read_by(theirs.from_map, "m")
    return _read_by(theirs._deserialize, "params")


READ = [
    (alibaba_told.Card, [ali.ListCardInfoResponseBodyDataList, ali.GetCardDetailResponseBodyDataVsimCardInfo]),
    (alibaba_told.Page, [ali.ListCardInfoResponseBodyData]),
    (alibaba_told.Detail, [ali.GetCardDetailResponseBodyData]),
    (alibaba_told.Flows, [ali.GetCardFlowInfoResponseBodyData]),
    (alibaba_told.Renewed, [ali.RenewResponseBodyData]),
    (alibaba_told.ListedOrder, [ali.ListOrderResponseBodyDataList]),
    (alibaba_told.Orders, [ali.ListOrderResponseBodyData]),
    (tencent_told.Card, [ic.CardInfo]),
    (tencent_told.Page, [ic.CardList]),
    (tencent_told.Sold, [ic.ResRenew, ic.ResOrderIds]),
    (gsl_told.Card, [gsl.SimDeviceVO]),
    (gsl_told.CardList, [gsl.ListSimCardsResponse]),
    (gsl_told.Plan, [gsl.SimPricePlanVO]),
    (gsl_told.UseOfDay, [gsl.SimCardFlowPerDayRsp]),
    (gsl_told.OfferList, [gsl.ListProPricePlansResponse]),
    (gsl_told._Offer, [gsl.ProPricePlanVo]),
    (gsl_told._Use, [gsl.SimCardFlowItem]),
]


@pytest.mark.parametrize(("ours", "theirs"), READ, ids=lambda one: getattr(one, "__name__", ""))
def test_every_name_we_read_is_one_of_the_vendors_models(ours, theirs) -> None:
    known = set().union(*(known_to(one) for one in theirs))
    assert known, "the vendor's model names something"
    assert names_of(ours) <= known
