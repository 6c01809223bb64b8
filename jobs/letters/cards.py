"""The cards of a letter: which comes first, what belongs together, and what is said of each."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from data.reminders.store import Item
from data.sims.today import AHEAD_DAYS
from data.words import _, megabytes, moment, plural, yuan
from jobs.letters.saying import carrier, dated, left, listed, name
from jobs.letters.sheets import Group, Row

# Red: within a day; amber: within a week. Of a number that is lost once its days are over: a week, a month.
_TONES = ("red", "amber", "")
_RED_DAYS, _AMBER_DAYS = 1, 7
_LOST_RED_DAYS, _LOST_AMBER_DAYS = 7, 30


def ending(items: Iterable[Item], *, today: date) -> list[Item]:
    """Of each card what presses most, in the order to act: urgency, then takings × days at risk."""
    first: dict[int | None, Item] = {}
    for item in sorted(items, key=lambda item: _order(item, today)):
        first.setdefault(item.sim_id, item)
    return list(first.values())


def grouped(items: Sequence[Item], *, today: date, rows: int) -> tuple[Group, ...]:
    """By carrier and expiry in the order of the first card of each: the first `rows` cards, and the sums of all."""
    groups: dict[tuple[str, date | None], list[Item]] = {}
    for item in items:
        groups.setdefault((item.carrier or "", item.expires_on), []).append(item)
    shown = {item.sim_id for item in items[:rows]}
    found = []
    for (code, expires_on), members in groups.items():
        here = tuple(_ending_row(item, today) for item in members if item.sim_id in shown)
        days = (expires_on - today).days if expires_on else None
        if here:
            found.append(
                Group(
                    here,
                    title=listed([carrier(code), _expiry(expires_on, today)]),
                    tag="" if days is None else left(days),
                    tone=_tone(days, _RED_DAYS, _AMBER_DAYS),
                    total=summed(members),
                )
            )
    return tuple(found)


def summed(items: Sequence[Item]) -> str:
    """How many cards, what they cost, and how many of them have no price."""
    unpriced = sum(item.price_fen is None for item in items)
    amount = yuan(total_fen(items)) if unpriced < len(items) else ""
    without = plural("{count} without a price", "{count} without a price", unpriced) if unpriced else ""
    return listed([plural("{count} SIM", "{count} SIMs", len(items)), amount, without])


def total_fen(items: Sequence[Item]) -> int:
    """What they cost as far as it is known, in fen."""
    return sum(item.price_fen or 0 for item in items)


def tone(item: Item, today: date) -> str:
    """How pressing a card that ends is, by the day that counts: the one to order by, later that of losing its number."""
    if _ended(item, today):
        return _tone(_days(item.cancel_by, today), _LOST_RED_DAYS, _LOST_AMBER_DAYS)
    return _tone(_days(item.act_by or item.expires_on, today), 0, _AMBER_DAYS)


def pressing(items: Sequence[Item], *, today: date) -> int:
    """How many cannot wait until tomorrow."""
    return sum(item.urgent or tone(item, today) == "red" for item in items)


def under_way(item: Item) -> Row:
    """A card that is being renewed."""
    return _row(item, price=yuan(item.price_fen), first=_("expires {day}", day=dated(item.expires_on)))


def _of_use(item: Item) -> Row:
    used = megabytes(item.used_bytes)
    if item.quota_bytes:
        used = f"{used} / {megabytes(item.quota_bytes)}"
    ends = item.subject == "exhaust" and item.exhausts_on
    first = _("used up on {day}", day=dated(item.exhausts_on)) if ends else ""
    second = _("as of {moment}", moment=moment(item.used_as_of)) if item.used_as_of else ""
    return _row(item, price=used, first=first, tone="amber", second=second)


def _of_renewal(item: Item) -> Row:
    first = _("since {day}", day=dated(item.on_date))
    return _row(item, price=yuan(item.price_fen), first=first, tone="red" if item.urgent else "amber")


def _of_silence(item: Item) -> Row:
    day = dated(item.on_date)
    if item.days_left < 0:
        told, then = _("its silent period ended on {day}", day=day), _("its term may be running already")
    else:
        told, then = _("activate it, or send it back, by {day}", day=day), _("then its term starts by itself")
    pressing_ = _tone(item.days_left, _RED_DAYS, _AMBER_DAYS)
    return _row(item, price=yuan(item.price_fen), first=told, tone=pressing_, second=then, unplaced=_("Spare card"))


# How a card is told of that does not end, by subject.
OF_SUBJECT: dict[str, Callable[[Item], Row]] = {
    "silent": _of_silence,
    "quota": _of_use,
    "exhaust": _of_use,
    "failed": _of_renewal,
    "unconfirmed": _of_renewal,
}


def _ending_row(item: Item, today: date) -> Row:
    lost = _("lost after {day}", day=dated(item.cancel_by)) if item.cancel_by else ""
    act_by = _("order by {day}", day=dated(item.act_by)) if item.act_by and not _ended(item, today) else ""
    first, *second = [part for part in (act_by, lost) if part] or [""]
    price = yuan(item.price_fen) or _("no price")
    return _row(item, price=price, first=first, tone=tone(item, today), second=listed(second))


def _row(item: Item, *, price: str, first: str, tone: str = "", second: str = "", unplaced: str = "") -> Row:
    about = [
        _("terminal {terminal}", terminal=name(item.terminal_id)) if item.terminal_id else "",
        _("card ending {digits}", digits=(item.iccid or "")[-6:]),
        name(item.plan),
        _("nobody has acknowledged it yet") if item.stage.startswith("esc-") else "",
        _("instead of {name}", name=name(item.instead_of)) if item.instead_of else "",
    ]
    where = name(item.merchant) or unplaced or _("No merchant known")
    return Row(where, listed(about), price, first, tone, second)


def _order(item: Item, today: date) -> tuple[bool, int, int, date, int]:
    at_risk = (item.monthly_takings_fen or 0) * _days_at_risk(item, today)
    return not item.urgent, _TONES.index(tone(item, today)), -at_risk, item.on_date, item.reminder_id


def _days_at_risk(item: Item, today: date) -> int:
    """Of the coming thirty days, those on which its terminal stands still if nobody acts."""
    days = _days(item.expires_on, today)
    return AHEAD_DAYS if days is None else max(0, min(AHEAD_DAYS, AHEAD_DAYS - 1 - days))


def _ended(item: Item, today: date) -> bool:
    return item.expires_on is not None and item.expires_on < today


def _expiry(expires_on: date | None, today: date) -> str:
    if expires_on is None:
        return _("expiry not known")
    told = dated(expires_on)
    return _("expired {day}", day=told) if expires_on < today else _("expires {day}", day=told)


def _days(value: date | None, today: date) -> int | None:
    return (value - today).days if value else None


def _tone(days: int | None, red: int, amber: int) -> str:
    if days is None:
        return ""
    return "red" if days <= red else "amber" if days <= amber else ""
