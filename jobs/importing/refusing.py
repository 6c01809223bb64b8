"""What is said about a file, a row or a column: refusals with the way out, remarks on what was changed."""

from dataclasses import dataclass, field
from typing import Any

from data.words import _


class InputError(Exception):
    """Something of a file cannot be taken; `msgid` and `values` are the sentence for a person."""

    def __init__(self, msgid: str, **values: Any) -> None:
        super().__init__(msgid)
        self.msgid = msgid
        self.values = values

    def __str__(self) -> str:
        return _(self.msgid, **self.values)


class FileRefused(InputError):
    """The file as a whole cannot be read; nothing of it was taken."""


class ValueRefused(InputError):
    """One value cannot be what its column says; its row is refused."""


@dataclass(frozen=True)
class Refusal:
    """Why one row stays outside."""

    sheet: str  # '' in text files
    line: int  # 1-based, as the person's program shows it
    column: str  # the header as in the file
    value: str  # as in the file
    reason: str  # msgid
    values: dict[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """The reason in the language of the moment."""
        return _(self.reason, **self.values)


@dataclass(frozen=True)
class Remark:
    """What was changed or looked odd in one column, counted, with the first example."""

    column: str  # the header as in the file; '' where it is about rows
    reason: str  # msgid
    count: int  # rows it happened in
    sheet: str  # of the example
    line: int
    value: str  # the example, as in the file
    values: dict[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """The remark in the language of the moment."""
        return _(self.reason, **self.values)
