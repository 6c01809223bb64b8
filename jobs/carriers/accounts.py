"""carriers.toml: our accounts at carriers, checked at the door; and the open connection to each."""

import threading
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.carriers import store
from data.home import Home, HomeError
from data.people.rules import SYSTEM
from data.sims.rolling import roll_up
from jobs.carriers import CARRIERS, Carrier
from jobs.carriers.account import Account, NoConnection

__all__ = ["AccountsError", "NoConnection", "connected", "load", "read"]


class AccountsError(HomeError):
    """carriers.toml cannot be used; the message names account, key and way out."""


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
    connector = one.get("connector") if isinstance(one, dict) else None
    if connector not in CARRIERS:
        known = ", ".join(CARRIERS)
        raise AccountsError(f"{path}, account '{name}': connector must be one of {known}")
    model: type[Account] = import_module(CARRIERS[connector].module).ACCOUNT
    try:
        return model.model_validate(one)
    except ValidationError as error:
        first = error.errors()[0]
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
