"""How a letter writes what it is about: days with their weekday, what is left of them, names as they may be shown."""

import re
from datetime import date

from data.sims.rules import CARRIER_WORDS
from data.words import N_, _, day, language, plural

# What nobody sees but what turns, hides or breaks a line; spaces of all kinds go with it.
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
# A name of this many signs is told from every other.
NAME_SIGNS = 40

_WEEKDAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


def name(text: str | None, signs: int = NAME_SIGNS) -> str:
    """A name, plan or number that somebody else wrote: on one line, every sign of it seen, not longer than `signs`."""
    clean = _UNSEEN.sub(" ", text or "").strip()
    return clean if len(clean) <= signs else clean[: signs - 1].rstrip() + "…"


def dated(value: date | None) -> str:
    """2026-11-29 as "2026-11-29 Sun"; nothing where there is no day."""
    return f"{day(value)} {_(_WEEKDAYS[value.weekday()])}" if value else ""


def left(days: int) -> str:
    """How many days are left, as people say it."""
    if days == 0:
        return _("today")
    if days < 0:
        return plural("{count} day overdue", "{count} days overdue", -days)
    return plural("{count} day left", "{count} days left", days)


def carrier(code: str) -> str:
    """A carrier as a person names it; one we do not know as it is written."""
    return _(CARRIER_WORDS[code]) if code in CARRIER_WORDS else name(code) or _("Carrier not known")


def listed(parts: list[str]) -> str:
    """Parts of one line, empty ones left out."""
    return " · ".join(part for part in parts if part)


def page_language() -> str:
    """The language of the moment as HTML names it."""
    return {"zh_CN": "zh-Hans"}.get(language(), language())
