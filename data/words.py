"""The only way words reach a person: gettext catalogues read through Babel, in the language of the moment.

The msgid is the English sentence. `locale/zh_CN.po` translates every one, `locale/en.po` holds plural forms only.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from data.clock import HOME_ZONE

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
_LOCALE = Path(__file__).parent / "locale"
# This catalogue has every sentence.
_COMPLETE = "zh_CN"
_language: ContextVar[str] = ContextVar("language", default="en")


def use(language: str) -> None:
    """Speak `language` from here on in this thread. An unknown one becomes English."""
    _language.set(language if language in LANGUAGES else "en")


def language() -> str:
    """The language being spoken in this thread."""
    return _language.get()


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` inside the with-block."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def N_(msgid: str) -> str:  # noqa: N802 - gettext's own name for "translate later"
    """Mark a sentence of a table for the catalogues; whoever shows it calls `_`."""
    return msgid


def _(msgid: str, **values: Any) -> str:
    """The sentence in the language of the moment, its {names} filled with `values`."""
    message = _catalogue(language()).get(msgid)
    text = str(message.string) if message and message.string else msgid
    return text.format(**values) if values else text


def later(msgid: str, /, **values: Any) -> str:
    """A sentence kept for whoever reads it, in whatever language: canonical JSON of msgid and values."""
    kept = {"msgid": msgid, "values": values}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)


def spoken(kept: str) -> str:
    """What `later` kept, in the language of the moment."""
    content = json.loads(kept)
    return _(content["msgid"], **content["values"])


def told(text: str) -> str:
    """What `later` kept, in the language of the moment; every other text, such as a carrier's, as it stands."""
    try:
        content = json.loads(text)
        # Only our own sentences are filled: braces in somebody else's are no names of ours.
        return _(content["msgid"], **content["values"]) if content["msgid"] in _catalogue(_COMPLETE) else text
    except (ValueError, TypeError, LookupError, AttributeError):
        return text


class ToldError(Exception):
    """An error whose message is for a person: a msgid, and the values that fill it."""

    def __init__(self, msgid: str, /, **values: object) -> None:
        super().__init__(msgid.format(**values))
        self.msgid = msgid
        self.values = values


def plural(one: str, many: str, count: int, **values: Any) -> str:
    """`one` or `many` as the language counts; `{count}` is filled with the grouped number."""
    catalogue = _catalogue(language())
    message = catalogue.get(one)
    forms = message.string if message and isinstance(message.string, tuple) else (one, many)
    index = 0 if len(forms) == 1 or count == 1 else 1
    return str(forms[index] or (one, many)[index]).format(count=number(count), **values)


def number(value: float) -> str:
    """1824 as "1,824", which is how both languages group; Babel's own writer would cost a page ten milliseconds."""
    return f"{int(value) if value == int(value) else value:,}"


def yuan(fen: int | None) -> str:
    """2736000 fen as "¥27,360.00"; nothing where there is no amount."""
    if fen is None:
        return ""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 100)
    return f"{sign}¥{whole:,}.{rest:02d}"


_GB = 1024**3


def megabytes(count: int | None) -> str:
    """Bytes as "12.5 MB" (1 MB = 1024 KB); nothing where there is no figure."""
    if count is None:
        return ""
    return f"{number(round(count / 1024 / 1024, 1))} MB"


def gigabytes(count: int) -> str:
    """What a fleet uses, in bytes, as "41.5 GB" (1 GB = 1024 MB); less than one as megabytes."""
    return f"{number(round(count / _GB, 1))} GB" if count >= _GB else megabytes(count)


def day(value: date | None) -> str:
    """2026-11-22 as "2026-11-22"; ISO everywhere, so that a date means one thing in every language."""
    return value.isoformat() if value else ""


def weekday(value: date) -> str:
    """The day's name."""
    names = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
    return _(names[value.weekday()])


def moment(value: datetime | None, zone: ZoneInfo = HOME_ZONE) -> str:
    """An instant as "2026-11-22 09:30" in the viewer's zone."""
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M") if value else ""


@cache
def _catalogue(language: str) -> "Catalog":
    # Half of what a child process that opens a file would take to start, and it says nothing itself.
    from babel.messages.pofile import read_po

    with (_LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)
