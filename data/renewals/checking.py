"""What must be true of the audit, the journal and the money tables, and where it is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.disk import DiskError
from data.renewals import comparing, journal, rules
from data.settings import Settings
from data.words import N_, _, number, yuan

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# Each is found by its key, about 2,500 in a second; of more obligations so many are looked up, evenly spread.
_MOST_LOOKED_UP = 10_000
_CAP_WORDS = {
    "day": N_("all of today"),
    "person": N_("batches of {which}"),
    "account": N_("account {which}"),
    "batch": N_("batch {which}"),
    "item": N_("renewal {which}"),
}


@dataclass(frozen=True)
class Checked:
    """One thing that was looked at."""

    what: str
    wrong: str | None  # what is wrong and where; None: it is in order


def check(tx: Transaction, *, journal_folder: Path, settings: Settings) -> Iterator[Checked]:
    """Look at everything, one thing after the other. Nothing is written; the transaction lends its key and its view."""
    unreadable = _unreadable(tx)
    yield Checked(_("Database file"), unreadable)
    if unreadable:
        return
    yield Checked(_("Audit chain"), _audit(tx))
    broken = _journal(journal_folder)
    yield Checked(_("Money journal"), broken)
    yield Checked(_("States and their events"), _states(tx))
    yield from _both_truths(tx, journal_folder, broken)
    yield Checked(_("Keys and order numbers"), comparing.numbers_fault(tx))
    yield Checked(_("Index of the obligations"), index_fault(tx))
    yield Checked(_("Approved lines and the money set aside"), _lines(tx))
    yield Checked(_("Money behind every live renewal"), _live(tx))
    yield Checked(_("Caps of today"), _caps(tx, settings))
    yield Checked(_("Four eyes on every batch"), _eyes(tx, settings))


def _both_truths(tx: Transaction, folder: Path, broken: str | None) -> Iterator[Checked]:
    try:
        if broken:
            raise journal.JournalBroken(_("not compared: the journal is broken"))
        told = comparing.told(tx, folder)
        states, requests = comparing.states_fault(tx, told), comparing.requests_fault(tx, told)
    except journal.JournalBroken as error:
        states = requests = str(error)
    yield Checked(_("States and the journal"), states)
    yield Checked(_("What was sent and the journal"), requests)


def _unreadable(reader: Reader) -> str | None:
    """Read every value of every table once: each block of the file is compared with its checksum."""
    try:
        for row in reader.rows(Q.tables):
            reader.rows(Q.read_whole.fill(table=row["table_name"]))
    except DiskError as error:
        return _(error.msgid, **error.values)
    return None


def _audit(tx: Transaction) -> str | None:
    broken = audit.first_broken(tx, tx.audit_key)
    return _("entry {seq} is not what was written", seq=broken) if broken else None


def _journal(folder: Path) -> str | None:
    try:
        journal.verify_folder(folder)
    except journal.JournalBroken as error:
        return str(error)
    return None


def _states(reader: Reader) -> str | None:
    found = reader.row(Q.states_off)
    if found is None:
        return None
    return _(
        "{off} wrong; first renewal {obligation}: it is {state}, its last event says {told}",
        off=number(found["off"]),
        obligation=found["obligation"],
        state=_state(found["st"]),
        told=_state(found["told"]),
    )


def _state(code: str | None) -> str:
    return _(rules.STATE_WORDS[code]) if code else _("missing")


def index_fault(reader: Reader, *, at_most: int = _MOST_LOOKED_UP) -> str | None:
    """Which obligations their own key does not find; of more than `at_most` so many are looked up. None: all found."""
    rows = reader.rows(Q.obligations_to_look_up, at_most=at_most)
    lost = [row["id"] for row in rows if reader.value(Q.id_by_digest, digest=rules.digest(row["key"])) != row["id"]]
    if not lost:
        return None
    return _(
        "{off} of {looked_up} are not found by their key; first renewal {obligation}",
        off=number(len(lost)),
        looked_up=number(len(rows)),
        obligation=min(lost),
    )


def _lines(reader: Reader) -> str | None:
    found, money = reader.row(Q.lines_off), reader.rows(Q.money_of_lines)[0]
    if found:
        return _(
            "{off} wrong; first line {line} of batch {batch}",
            off=number(found["off"]),
            line=found["line"],
            batch=found["batch"],
        )
    if money["lines_fen"] != money["reserved_fen"]:
        lines, reserved = yuan(money["lines_fen"]), yuan(money["reserved_fen"])
        return _("the lines come to {lines}, held, spent and released to {reserved}", lines=lines, reserved=reserved)
    return None


def _live(reader: Reader) -> str | None:
    found = reader.row(Q.live_without_money)
    if found is None:
        return None
    return _(
        "{off} have nothing set aside; first renewal {obligation}",
        off=number(found["off"]),
        obligation=found["obligation"],
    )


def _caps(tx: Transaction, settings: Settings) -> str | None:
    """Today's only: what the caps of earlier days were, nobody can say any more."""
    most = {
        "day": settings.day_max_yuan,
        "person": settings.person_day_max_yuan,
        "account": settings.account_day_max_yuan,
        "batch": settings.batch_max_yuan,
        "item": settings.item_max_yuan,
    }
    for row in tx.rows(Q.set_aside_today, today=tx.today):
        if row["amount_fen"] > most[row["cap"]] * 100:
            told = {"amount": yuan(row["amount_fen"]), "most": yuan(most[row["cap"]] * 100)}
            whose = _(_CAP_WORDS[row["cap"]], which=row["which"])
            return _("{whose}: {amount} is set aside, {most} is the most", whose=whose, **told)
    return None


def _eyes(tx: Transaction, settings: Settings) -> str | None:
    found = tx.row(Q.eyes_off)
    if found:
        return _("{off} wrong; first batch {batch}", off=number(found["off"]), batch=found["id"])
    urgent = tx.row(Q.urgent_off, cards=settings.urgent_cards, most_fen=settings.urgent_yuan * 100, today=tx.today)
    if urgent:
        return _("urgent batch {batch} is larger than the lane", batch=urgent["id"])
    if tx.value(Q.urgent_today, today=tx.today) > settings.urgent_day_yuan * 100:
        return _("today's urgent batches come to more than the lane takes in a day")
    return None
