"""The rehearsal: a sandbox with a copy of a home's cards, where every account is at the practice carrier.

What comes along: agents, merchants, terminals, plans, prices, cards with their history, usage. What does not: people,
sessions, batches, orders, money, papers, files, keys, credentials.
"""

import json
import shutil
import threading
from datetime import date
from pathlib import Path
from typing import Any

from data.audit import store as audit
from data.clock import SystemClock
from data.database import FILE_NAME, Database, DatabaseError, Queries, Query, Reader
from data.home import REHEARSAL_FILE, Home, HomeError, HomeHeld, at_rest, open_home
from data.people.rules import SYSTEM, Event
from data.settings import SETTINGS_FILE, Settings, load_settings
from data.words import number
from jobs import roll_up
from jobs.carriers.account import Account
from jobs.carriers.accounts import load as load_accounts
from jobs.demo import SignIn, add_people, fleet

Q = Queries.beside(__file__)

# What comes along, and which columns of it; beside these what happened to the cards.
_TABLES = {
    "agent": "*",
    "merchant": "*",
    "terminal": "*",
    "terminal_model": "*",
    "plan": "*",
    "price": "* EXCLUDE (price_id)",
    "sim": "* REPLACE (NULL::BIGINT AS decided_by)",
    "usage_day": "*",
    "usage_month": "*",
}
# Of a hundred orders that go wrong, how the practice carrier fails them.
_FAULTS = {"refused_share": 0.4, "lost_share": 0.2, "accepted_share": 0.2, "later_share": 0.2}
_DELAY_MS = 5  # per order, so that progress can be watched
_HOLIDAYS_FILE = "holidays.toml"
# Settings that are the real home's own: its day, its address, and its mail, of which a rehearsal sends and reads none.
_NOT_TAKEN = frozenset({"today", "public_url", "mail_host", "bounce_host"})


class RehearsalError(HomeError):
    """The sandbox cannot be made. The message says why and what to do."""


def make_rehearsal(source: Path, folder: Path, *, faults: float, today: date | None = None) -> list[SignIn]:
    """Make a sandbox home at `folder` from the home at `source`; who can sign in there.

    1. The source's files are copied while nobody has it open; nothing in it is written.
    2. An empty demo home, with the source's settings and the day to believe in.
    3. The copy's cards and usage, the accounts with their faults, one person per role.
    4. The joined view, and the mark that this is a rehearsal. A sandbox that could not be finished is removed.

    `faults`: the share of orders that go wrong. Raises RehearsalError, HomeMissing and HomeHeld.
    """
    if folder.exists():
        raise RehearsalError(
            f"{folder} exists; serve it with 'flowcard serve --home {folder}', delete it, or choose another --folder"
        )
    if source in folder.parents:
        raise RehearsalError(f"{folder} is inside the home {source}; choose a --folder outside of it")
    copy = folder / "backups" / "source"
    try:
        _copy(source, copy)
        _write_settings(source, folder, today)
        home = open_home(folder, create="demo", note="flowcard rehearse")
        try:
            signs = _fill(home, copy, faults=faults)
        finally:
            home.close()
        shutil.rmtree(copy)
        told = {"of": str(source), "faults": faults, "today": today.isoformat() if today else None}
        (folder / REHEARSAL_FILE).write_text(json.dumps(told, ensure_ascii=False) + "\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return signs


def _copy(source: Path, copy: Path) -> None:
    try:
        with at_rest(source):
            copy.mkdir(parents=True, mode=0o700)
            for name in (FILE_NAME, f"{FILE_NAME}.wal"):
                if (source / name).exists():
                    shutil.copyfile(source / name, copy / name)
    except HomeHeld as error:
        raise HomeHeld(
            f"{error.where} is held by {error.holder}, and only a home at rest can be copied whole; "
            "stop it while the copy is made, or name a copy of its folder made at rest: --home COPY",
            error.where,
            error.holder,
        ) from error
    except OSError as error:
        raise RehearsalError(f"{source} cannot be copied to {copy}: {error.strerror}") from error


def _write_settings(source: Path, folder: Path, today: date | None) -> None:
    settings = load_settings(source)
    told = {
        name: getattr(settings, name)
        for name, field in Settings.model_fields.items()
        if name not in _NOT_TAKEN and getattr(settings, name) != field.default
    }
    lines = [f"{name} = {_toml(value)}" for name, value in told.items()]
    if today:
        lines.append(f"today = {today.isoformat()}")
    (folder / SETTINGS_FILE).write_text("\n".join([*lines, ""]), encoding="utf-8")
    if (source / _HOLIDAYS_FILE).exists():
        shutil.copyfile(source / _HOLIDAYS_FILE, folder / _HOLIDAYS_FILE)


def _fill(home: Home, copy: Path, *, faults: float) -> list[SignIn]:
    (copy / "exports").mkdir()
    try:
        known = Database.open(copy, clock=SystemClock(), audit_key=b"", memory_mb=home.settings.memory_mb)
    except DatabaseError as error:
        raise RehearsalError(str(error)) from error
    try:
        known.migrate(kind="real")  # a home of an older version becomes one of this, in the copy
        for table, columns in _TABLES.items():
            _take(home, known, table, Q.copied.fill(columns=columns, table=table), folder=copy / "exports")
        _take(home, known, "sim_change", Q.copied_changes, folder=copy / "exports")
        home.carriers_file.write_text(_carriers_file(known.read(), faults), encoding="utf-8")
    finally:
        known.close()
    with home.db.write() as tx:
        fleet.skip_ids(tx)
        cards = tx.value(Q.cards)
    load_accounts(home)
    signs = add_people(home)
    roll_up.run(home, threading.Event())
    with home.db.write() as tx:
        audit.record(tx, SYSTEM, Event.REHEARSAL_MADE, "rehearsal", sims=number(cards), faults=faults)
    return signs


def _take(home: Home, known: Database, table: str, query: Query, *, folder: Path) -> None:
    file = folder / f"{table}.parquet"
    known.copy_to(query, file, format="parquet")
    with home.db.write(quiet=True) as tx:
        tx.run(Q.taken.fill(table=table), file=str(file))
    file.unlink()


def _carriers_file(reader: Reader, faults: float) -> str:
    """Every account of the copy at the practice carrier; without credentials, which were never in the database."""
    lines = ["# The accounts of a rehearsal: every order goes to the practice carrier."]
    for row in reader.rows(Q.accounts):
        told = {name: row[name] for name in Account.model_fields if row.get(name) is not None}
        told |= {"name": row["account"], "connector": "practice", "delay_ms": _DELAY_MS}
        told |= {name: round(faults * share, 6) for name, share in _FAULTS.items()}
        lines += ["", "[[account]]", *(f"{name} = {_toml(value)}" for name, value in told.items())]
    return "\n".join([*lines, ""])


def _toml(value: Any) -> str:
    # What JSON writes of a text, a number or a truth is TOML too.
    return json.dumps(value, ensure_ascii=False)
