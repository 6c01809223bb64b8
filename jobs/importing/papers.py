"""What a voucher says of itself and what it looks like, found out in a limited child process."""

import base64
from pathlib import Path

from jobs.importing.fapiao import Fapiao, FapiaoError, from_message
from jobs.importing.limited import Limits, answers
from jobs.importing.refusing import FileRefused

# A page of 1,000 x 1,600 points is some 200 kB, a photograph 3 MB.
_PICTURE = Limits(memory_mb=512, seconds=8, answer_mb=32)
_INVOICE = Limits(memory_mb=512, seconds=10, answer_mb=1)


def read_invoice(path: Path, filename: str, *, format: str) -> Fapiao:
    """The invoice in an XML or OFD. Raises FapiaoError for anything else, also for one that reaches a limit."""
    try:
        for message in answers("invoice", path, filename, limits=_INVOICE, format=format):
            return from_message(message)
    except FileRefused as refused:
        raise FapiaoError(refused.msgid) from refused
    raise FapiaoError("nothing was said")


def pictures(path: Path, filename: str, *, format: str) -> list[bytes]:
    """The first pages as PNG, none larger than a screen. Raises FileRefused when no picture can be made."""
    found = answers("picture", path, filename, limits=_PICTURE, format=format)
    return [base64.b64decode(message["page"]) for message in found]
