"""The table of connectors whose stubs the contract suite plays, and what its tests share."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

from data.carriers.rules import ABILITY_WORDS
from data.home import Home
from data.renewals.moves import Verdict
from jobs.carriers import CARRIERS, Carrier, Connector, Order, Outcome, accounts, verdict_of
from tests.jobs.carriers.stubs.alibaba_linkcard import Alibaba
from tests.jobs.carriers.stubs.base import Stub
from tests.jobs.carriers.stubs.ctwing import Ctwing
from tests.jobs.carriers.stubs.huawei_gsl import Gsl
from tests.jobs.carriers.stubs.one_nce import OneNceStub
from tests.jobs.carriers.stubs.onelink import OneLink
from tests.jobs.carriers.stubs.plain import Plain
from tests.jobs.carriers.stubs.simboss import SimBossStub
from tests.jobs.carriers.stubs.telecom_cmp import Telecom
from tests.jobs.carriers.stubs.tencent_ic import Tencent
from tests.jobs.carriers.stubs.unicom_cmp import Unicom

# A connector's stub; one row each. `module` of a stub is where the connector lives, if not in CARRIERS.
CONNECTORS: dict[str, type[Stub]] = {
    "test": Plain,
    "alibaba_linkcard": Alibaba,
    "onelink": OneLink,
    "one_nce": OneNceStub,
    "tencent_ic": Tencent,
    "telecom_cmp": Telecom,
    "ctwing": Ctwing,
    "simboss": SimBossStub,
    "unicom_cmp": Unicom,
    "huawei_gsl": Gsl,
}
# What a connector has where its ABILITIES answer yes or partly.
METHODS = {
    "list_cards": "list_cards",
    "read_card": "cards",
    "usage_day": "usage",
    "usage_cycle": "usage",
    "quota": "quota",
    "plans": "plans",
    "balance": "balance",
    "renew": "place",
    "find_order": "find_order",
    "statement": "statement",
}
# Bodies that say nothing, whatever stands in them.
HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "half": b'{"code": "0", "Success": tr',
    "array": b"[1, 2]",
    "text": b'"0"',
    "null": b"null",
    "number": b"1e999999999",
    "twice": b'{"code": "0", "code": "1", "status": "0", "status": "1"}',
    "xml": b"<?xml version='1.0'?><ok>true</ok>",
    "gbk": '{"message": "余额不足"}'.encode("gbk"),
    "other types": b'{"code": 0, "Code": 200, "Success": "true", "status": {}, "message": [], "result": 7, "Data": 7}',
    "nested": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "large": b" " * (6 * 2**20) + b"{}",
}


@dataclass(frozen=True)
class Item:
    """An order as the engine remembers it (data/renewals/moving.py Sent)."""

    order: Order
    obligation: int = 1
    n: int = 1

    @property
    def order_no(self) -> str:
        return self.order.order_no

    @property
    def amount_fen(self) -> int:
        return self.order.amount_fen

    @property
    def iccid(self) -> str:
        return self.order.iccid

    @property
    def new_expiry(self) -> date | None:
        return self.order.new_expiry


def abilities(connector: str) -> Mapping[str, tuple[str, str]]:
    """What a connector of the table declares."""
    told: Mapping[str, tuple[str, str]] = import_module(module(connector)).ABILITIES
    return told


def module(connector: str) -> str:
    """Where a connector of the table lives."""
    return getattr(CONNECTORS[connector], "module", "") or CARRIERS[connector].module


def can(connector: str, ability: str) -> bool:
    """Whether it answers yes or partly."""
    assert ability in ABILITY_WORDS
    return abilities(connector).get(ability, ("no", ""))[0] != "no"


def having(ability: str) -> list[str]:
    """The connectors of the table with this ability."""
    return [name for name in CONNECTORS if can(name, ability)]


def connected(home: Home, stub: Stub, monkeypatch: Any) -> Carrier:
    """The connector on the stub, as carriers.toml and the environment make it."""
    for name, value in stub.secrets.items():
        monkeypatch.setenv(name, value)
    if stub.connector not in CARRIERS:
        monkeypatch.setitem(CARRIERS, stub.connector, Connector(module(stub.connector), "for tests"))
    home.carriers_file.write_text(stub.account_toml(), encoding="utf-8")
    return accounts.connected(home, "stub-a")


def verdict(order: Order, outcome: Outcome, carrier: Carrier, home: Home) -> tuple[Verdict, dict[str, Any]]:
    """What the engine makes of an outcome."""
    return verdict_of(Item(order), outcome, carrier.terms, at=home.clock.now())
