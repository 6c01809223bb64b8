"""What no log holds: the values of loaded secrets, whatever stands beside the name of one, and lines that are none.

Secrets make themselves known while they live. Every record passes here before any logger's handler sees it.
"""

import logging
import re
import sys
import threading
import traceback
import weakref
from types import TracebackType
from typing import Any, Protocol
from urllib.parse import quote

MASK = "••••"
# Shorter values would punch holes into words and numbers that are no secret.
_SHORTEST = 6
_NAMED = re.compile(
    r"""(?P<name>(?<![\w-])["']?(?:[\w-]*(?:passw(?:or)?d|secret|token|api_?-?key|app_?-?key|access_?-?key|private_?-?key
    |cookie|authorization|signature)[\w-]*|pin|pwd|sid|sign|ak|sk)["']?\s*[:=]\s*)
    (?:(?:bearer|basic)\s+)?(?:"[^"]*"|'[^']*'|[^\s,;&})\]]+)""",
    re.IGNORECASE | re.VERBOSE,
)
# A line that somebody's text would begin is not one of the log.
_CONTROL = {sign: f"\\x{sign:02x}" for sign in (*range(9), *range(10, 32), 127, 0x85)} | {
    sign: f"\\u{sign:04x}" for sign in (0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


class Revealing(Protocol):
    """A secret."""

    def reveal(self) -> str:
        """Its text."""
        ...


_loaded: "weakref.WeakValueDictionary[int, Revealing]" = weakref.WeakValueDictionary()
_changing = threading.RLock()
_plain = logging.getLogRecordFactory()


def know(secret: Revealing) -> None:
    """From now on, while `secret` lives, no log shows its text."""
    with _changing:
        _loaded[id(secret)] = secret


def redacted(text: str) -> str:
    """`text` with every loaded secret, and every value beside a secret's name, masked."""
    with _changing:
        values = {part for secret in _loaded.values() for part in _forms(secret.reveal())}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, MASK)
    return _NAMED.sub(lambda found: found["name"] + MASK, text)


def install() -> None:
    """Let every record of this process, of whichever library, pass here first, and what nobody caught."""
    logging.setLogRecordFactory(_record)
    sys.excepthook = _uncaught
    threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if not issubclass(kind, SystemExit):
        print(redacted("".join(traceback.format_exception(kind, error, trace))), end="", file=sys.stderr, flush=True)


def _forms(text: str) -> set[str]:
    """How a secret may stand in a log: whole, line by line, and as part of an address."""
    parts = {text, *text.splitlines()}
    parts |= {quote(part, safe="") for part in parts}
    return {part for part in parts if len(part) >= _SHORTEST}


def _record(*given: Any, **named: Any) -> logging.LogRecord:
    record = _plain(*given, **named)
    if isinstance(record.args, tuple):
        record.args = tuple(_on_one_line(arg) if isinstance(arg, str) else arg for arg in record.args)
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):
        # Its own handler says that the places do not fit; without the values, which may be secrets.
        record.msg, record.args = f"{record.msg} (its values do not fit)", None
        message = record.getMessage()
    clean = redacted(message)
    if clean != message:
        record.msg, record.args = clean, None
    if record.exc_info and record.exc_info[0]:
        record.exc_text = redacted("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
    if record.stack_info:
        record.stack_info = redacted(record.stack_info)
    return record


def _on_one_line(text: str) -> str:
    return text.translate(_CONTROL)
