"""A mail kept as a file (.eml): what makes one, and what it says, for whoever types in a notice."""

import re
from dataclasses import dataclass
from datetime import date
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.utils import parsedate_to_datetime

# The head of a mail stands in its first lines.
_HEAD = 65_536
_HEADER = re.compile(rb"[!-9;-~]{1,76}:")
_SURE = frozenset({b"from", b"date", b"subject", b"message-id", b"received", b"mime-version"})
# What a carrier writes stands before its attachments; no more of a mail is read.
_READ = 262_144
_MOST_HEADER = 2_000
_MOST_TEXT = 10_000
_MOST_SUBJECT = 200
_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True)
class Mail:
    """What a mail says; empty where it says nothing that can be read."""

    subject: str = ""
    sender: str = ""
    sent_on: date | None = None
    text: str = ""


def is_mail(content: bytes) -> bool:
    """Whether these bytes begin with the head of a mail: header lines up to an empty one, From and another among them."""
    head = re.split(rb"\r?\n\r?\n", content[:_HEAD].lstrip(b"\xef\xbb\xbf"), maxsplit=1)
    if len(head) < 2 or b"\0" in content:
        return False
    lines = [line for line in head[0].splitlines() if not line.startswith((b" ", b"\t"))]
    names = {line.partition(b":")[0].lower() for line in lines if _HEADER.match(line)}
    return all(_HEADER.match(line) for line in lines) and b"from" in names and len(names & _SURE) >= 2


def read_mail(content: bytes) -> Mail:
    """Its subject, sender, day and plain text. Never raises: what cannot be read is left out."""
    try:
        # The modern policy takes seconds over one long header; this one leaves headers as they are.
        mail = BytesParser(policy=policy.compat32).parsebytes(content[:_READ])
        return Mail(_header(mail, "subject")[:_MOST_SUBJECT], _header(mail, "from"), _day(mail), _text(mail))
    # A mail may be nested a thousand deep, in a character set nobody has, with headers that are none.
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MessageError):
        return Mail()


def _header(mail: Message, name: str) -> str:
    return " ".join(str(make_header(decode_header(_raw(mail, name)))).split())


def _raw(mail: Message, name: str) -> str:
    told = str(mail.get(name, ""))
    return told if len(told) <= _MOST_HEADER else ""


def _day(mail: Message) -> date | None:
    told = _raw(mail, "date")
    try:
        return parsedate_to_datetime(told).date() if told else None
    except (ValueError, TypeError, ArithmeticError):
        return None


def _text(mail: Message) -> str:
    """The first plain part, else the first HTML one without its tags."""
    found: dict[str, Message] = {}
    for part in mail.walk():
        if _raw(part, "content-type") or "content-type" not in part:
            found.setdefault(part.get_content_type(), part)
    chosen = found.get("text/plain") or found.get("text/html")
    body = chosen.get_payload(decode=True) if chosen is not None else None
    if chosen is None or not isinstance(body, bytes):
        return ""
    text = body.decode(chosen.get_content_charset("utf-8"), errors="replace")
    if chosen.get_content_type() == "text/html":
        text = _TAG.sub(" ", text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:_MOST_TEXT]
