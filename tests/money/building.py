"""Homes for money tests: people, accounts, plans and cards of one account, made in one go."""

from datetime import UTC, date, datetime
from pathlib import Path

from argon2 import PasswordHasher

from data.clock import MovedClock
from data.database import Query
from data.home import open_home
from data.people import passwords
from data.people import store as people_store
from data.people.rules import Actor, Role
from data.sims.rolling import roll_up
from jobs.carriers import accounts
from tests.money import border

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
EXPIRY = date(2026, 11, 30)
PRICE_FEN = 1200
PEOPLE = {
    "operator": Role.OPERATOR,
    "approver": Role.APPROVER,
    "operator2": Role.OPERATOR,
    "approver2": Role.APPROVER,
}
ACCOUNT = """
[[account]]
name = "{name}"
connector = "{connector}"
carrier = "mobile"
payee = "Test Mobile"
canary_items = 0
breaker_in_row = 10000
breaker_share = 1.0
breaker_window = 1000
breaker_cooldown_s = 1
"""
_CARDS = """
INSERT INTO sim (stem, iccid, msisdn, carrier, account, plan_id, status, activated_on, expires_on, auto_renew, observed_at)
SELECT printf('8986041012345%06d', i), printf('8986041012345%06d7', i), printf('144%08d', i), 'mobile', $account, 1,
    'active', DATE '2025-11-30', $expires_on, false, $now
FROM generate_series(1, $count) t(i)
"""


def sql(text: str) -> Query:
    return Query("test", "", text)


def toml(name: str, connector: str, **keys: object) -> str:
    """One account for carriers.toml."""
    said = {key: f'"{value}"' if isinstance(value, str) else str(value).lower() for key, value in keys.items()}
    lines = ACCOUNT.format(name=name, connector=connector).strip().splitlines()
    kept = [line for line in lines if line.split(" = ")[0] not in said]
    return "\n".join([*kept, *(f"{key} = {value}" for key, value in said.items())]) + "\n"


def make_home(
    path: Path,
    *,
    cards: int,
    accounts_toml: str,
    account: str = "border-a",
    now: datetime | None = NOW,
    expires_on: date = EXPIRY,
) -> None:
    """A closed real home with people, accounts, two plans, and `cards` cards of one account.

    `now`: when it was made; None: by the machine's clock.
    """
    border.install()
    home = open_home(path, create="real")
    home.carriers_file.write_text(accounts_toml, encoding="utf-8")
    if now:
        home.db.clock = MovedClock(now)
    full, passwords._hasher = passwords._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    try:
        password = passwords.chosen("nobody", "three quiet terminals")
        with home.db.write() as tx:
            maker = Actor(0, "tests", Role.SYSTEM, "command line")
            for name, role in PEOPLE.items():
                people_store.add(tx, maker, name=name, role=role, password=password, language="en")
            for plan_id, plan in ((1, "M30"), (2, "M50")):
                tx.run(
                    sql(
                        "INSERT INTO plan (plan_id, plan, carrier, network, quota_bytes, term_months) "
                        "VALUES ($plan_id, $plan, 'mobile', '4G', 31457280, 12)"
                    ),
                    plan_id=plan_id,
                    plan=plan,
                )
                tx.run(
                    sql(
                        "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) "
                        "VALUES ($plan_id, '', 12, $price_fen, DATE '2025-01-01')"
                    ),
                    plan_id=plan_id,
                    price_fen=PRICE_FEN * plan_id,
                )
            tx.run(sql(_CARDS), account=account, count=cards, expires_on=expires_on, now=tx.now)
        accounts.load(home)
        with home.db.write() as tx:
            roll_up(tx)
    finally:
        passwords._hasher = full
        home.close()
