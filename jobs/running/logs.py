"""What one run writes to the log, kept beside the log itself for whoever looks at that run."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from data.clock import HOME_ZONE
from data.redacting import redacted

# The newest lines of a run, and what each may be long: a job that complains of every card fills no table.
_MOST_LINES = 200
_MOST_LINE = 2_000

_lines: ContextVar[deque[str] | None] = ContextVar("lines", default=None)


class _Keeper(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        lines = _lines.get()
        if lines is not None:
            lines.append(self.format(record))

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, HOME_ZONE).strftime("%H:%M:%S")
        text = super().format(record)
        return redacted(f"{when} {record.levelname} {text}")[:_MOST_LINE]


_keeper = _Keeper()


@contextmanager
def kept() -> Iterator[deque[str]]:
    """Lines that this thread writes to our loggers inside the with-block, newest last."""
    logger = logging.getLogger("flowcard")
    if _keeper not in logger.handlers:
        logger.addHandler(_keeper)
    lines: deque[str] = deque(maxlen=_MOST_LINES)
    token = _lines.set(lines)
    try:
        yield lines
    finally:
        _lines.reset(token)
