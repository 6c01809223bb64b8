"""carriers.toml: our accounts at carriers, checked at the door; and the open connection to each."""

import threading
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from data.carriers import store
from data.carriers.rules import AccountFacts
from data.home import Home, HomeError
from data.people.rules import SYSTEM
from data.sims.rolling import roll_up
from jobs.carriers import CARRIERS, Carrier


class AccountsError(HomeError):
    """carriers.toml cannot be used; the message names account, key and way out."""


class NoConnection(LookupError):
    """This account has no connection an order could go through."""


class _Account(BaseModel):
    """What every account says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    carrier: Annotated[str, Field(min_length=1, max_length=40)]
    payee: Annotated[str, Field(min_length=1, max_length=120)]
    way_to_pay: Literal["prepaid", "transfer", "online", "recharge_card", "monthly"] = "prepaid"
    last_order_day: Annotated[int, Field(ge=1, le=31)] | None = None
    working_days: Annotated[int, Field(ge=0, le=60)] = 3
    cancel_after_days: Annotated[int, Field(ge=0, le=3650)] = 90
    expiry_rule: Literal["from_old_expiry", "from_today", "month_end"] = "from_old_expiry"
    gives_invoice: bool = True
    support: str = ""

    def facts(self) -> AccountFacts:
        """What the house may know of it."""
        said = self.model_dump(include=set(AccountFacts.__dataclass_fields__))
        return AccountFacts(account=self.name, **said)


_Share = Annotated[float, Field(ge=0, le=1)]


class PracticeAccount(_Account):
    """An account at the practice carrier, with the faults it plays."""

    connector: Literal["practice"]
    delay_ms: Annotated[int, Field(ge=0, le=60_000)] = 0  # per order
    refused_share: _Share = 0.025  # of the cards, always the same ones
    lost_share: _Share = 0.005  # of the orders: bought, but the answer is lost
    accepted_share: _Share = 0.002  # of the orders: taken first, in effect `accepted_s` later
    accepted_s: Annotated[int, Field(ge=0)] = 30
    later_share: _Share = 0.002  # of the orders: put off once for `later_s`
    later_s: Annotated[int, Field(ge=0)] = 5
    order_key: bool = True  # whether an order number that comes twice is bought once
    query: Literal["good", "none"] = "good"
    horizon_s: Annotated[int, Field(ge=0)] = 2  # it lives in this process: nothing takes effect after a kill


class OfflineAccount(_Account):
    """An account whose orders people place by hand."""

    connector: Literal["offline"]


Account = PracticeAccount | OfflineAccount
_ONE: TypeAdapter[Account] = TypeAdapter(Annotated[Account, Field(discriminator="connector")])


def read(home: Home) -> tuple[Account, ...]:
    """The accounts of the home's carriers.toml; none where there is no file. Raises AccountsError."""
    path = home.carriers_file
    if not path.exists():
        return ()
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise AccountsError(f"{path} is not TOML: {error}; mend that line") from error
    listed = document.pop("account", [])
    if document or not isinstance(listed, list):
        raise AccountsError(
            f"{path}: '{next(iter(document), 'account')}' is not known there; accounts are [[account]] tables"
        )
    accounts = tuple(_checked(path, number, one) for number, one in enumerate(listed, start=1))
    names = [account.name for account in accounts]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise AccountsError(f"{path}: there are two accounts '{twice}'; rename one")
    for account in accounts:
        _fits_home(home, account)
    return accounts


def load(home: Home) -> tuple[Account, ...]:
    """Read carriers.toml and write accounts and abilities into their tables; every start calls this. Raises AccountsError."""
    accounts = read(home)
    abilities = [ability for name, connector in CARRIERS.items() for ability in connector.abilities(name)]
    with home.db.write() as tx:
        if store.keep_accounts(tx, SYSTEM, [account.facts() for account in accounts]):
            # Payee, connector and act-by dates of every card follow its account.
            roll_up(tx)
        if store.abilities(tx) != sorted(abilities, key=lambda one: (one.connector, one.ability)):
            store.keep_abilities(tx, SYSTEM, abilities)
    return accounts


_open: dict[tuple[Path, str], tuple[Home, Account, Carrier]] = {}
_opening = threading.Lock()


def connected(home: Home, name: str) -> Carrier:
    """The connection of an account, opened once and again when the file says otherwise. Raises NoConnection."""
    account = next((account for account in read(home) if account.name == name), None)
    if account is None:
        raise NoConnection(f"account '{name}' is not in {home.carriers_file}; put it back, or take the batch back")
    connect = getattr(import_module(CARRIERS[account.connector].module), "connect", None)
    if connect is None:
        raise NoConnection(f"account '{name}' has connector '{account.connector}', which sends no orders")
    with _opening:
        known = _open.get((home.path, name))
        if known is None or known[0] is not home or known[1] != account:
            known = _open[home.path, name] = (home, account, connect(home, account))
        return known[2]


def _checked(path: Path, number: int, one: Any) -> Account:
    name = one.get("name", f"number {number}") if isinstance(one, dict) else f"number {number}"
    try:
        return _ONE.validate_python(one)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"].startswith("union_tag"):
            known = ", ".join(CARRIERS)
            raise AccountsError(f"{path}, account '{name}': connector must be one of {known}") from error
        key = str(first["loc"][-1]) if first["loc"] else "account"
        if first["type"] == "extra_forbidden":
            raise AccountsError(f"{path}, account '{name}': '{key}' is not known there; remove it") from error
        raise AccountsError(f"{path}, account '{name}': {key}: {first['msg']}; correct it") from error


def _fits_home(home: Home, account: Account) -> None:
    if home.kind == "demo" and account.connector not in {"practice", "offline"}:
        raise AccountsError(
            f"{home.carriers_file}, account '{account.name}': a demo home has no real connector '{account.connector}'; "
            "use practice or offline"
        )
    if home.kind == "real" and account.connector == "practice":
        raise AccountsError(
            f"{home.carriers_file}, account '{account.name}': connector practice is for demo homes; "
            "make one with 'flowcard demo', or name a real connector"
        )
