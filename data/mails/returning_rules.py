"""What a mail says that came back: about which letter of ours, and whether it was refused for good or complained of."""

import re
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import Message
from email.parser import BytesParser
from typing import Literal

# Of a mail no more is read: what is longer returns a letter with its list, and report and letter's head stand before that.
MOST_BYTES = 262_144
# The header that every letter of ours carries, and how many hexadecimal characters stand there.
PROOF, PROOF_SIGNS = "X-Flowcard-Proof", 32
_MOST_TYPE = 2_000
_MOST_ANSWER = 300
# The parser goes over a type's parameters again for each semicolon in quotes: a long one would keep it busy for minutes.
_TYPE = re.compile(rb"^content-type:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_OURS = re.compile(r"<[0-9a-f]{32}@[A-Za-z0-9.-]{1,255}>")
_SIGNED = re.compile(rf"[0-9a-f]{{{PROOF_SIGNS}}}")
_FOR_GOOD = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
# Of a person who wants no more; RFC 5965 has others ("not-spam"), which say nothing of that kind.
_COMPLAINTS = frozenset({"abuse", "fraud", "opt-out"})


@dataclass(frozen=True)
class Returned:
    """What a returned mail says of one letter that carries a Message-ID and a proof like ours."""

    kind: Literal["bounced", "complained", "nothing"]  # nothing: a delay, a success, a trouble that passes
    message_id: str
    proof: str
    answer: str = ""  # of the server that refused it


def read(content: bytes) -> Returned | None:
    """What a mail says of a letter of ours; None: nothing. Never raises, whatever it is handed.

    Delivery reports are RFC 3464, complaints RFC 5965: a multipart/report with the letter or its headers in it.
    """
    lines = content[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if any(len(found[0]) > _MOST_TYPE for found in _TYPE.finditer(lines)):
        return None
    try:
        return _said(_parsed(lines))
    # A mail may be nested a thousand deep, in a character set nobody has, with headers that are none.
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError, MessageError):
        return None


def _parsed(lines: bytes) -> Message:
    # The modern policy takes seconds over one long header; this one leaves headers as they are.
    return BytesParser(policy=policy.compat32).parsebytes(lines)


def _said(mail: Message) -> Returned | None:
    if mail.get_content_type() != "multipart/report":
        return None
    parts = {part.get_content_type(): part for part in reversed(_inside(mail))}
    letter = _letter(parts)
    if letter is None:
        return None
    message_id, proof = _field(letter, "message-id"), _field(letter, PROOF)
    if not _OURS.fullmatch(message_id) or not _SIGNED.fullmatch(proof):
        return None
    if "message/delivery-status" in parts:
        return _delivery(_inside(parts["message/delivery-status"]), message_id, proof)
    if "message/feedback-report" in parts:
        told = {_word(_field(report, "feedback-type")) for report in _inside(parts["message/feedback-report"])}
        return Returned("complained" if told & _COMPLAINTS else "nothing", message_id, proof)
    return None


def _inside(part: Message) -> list[Message]:
    return [inner for inner in part.get_payload() if isinstance(inner, Message)] if part.is_multipart() else []


def _letter(parts: dict[str, Message]) -> Message | None:
    """The head of what was returned: it stands there whole, or its headers alone."""
    if "message/rfc822" in parts:
        return next(iter(_inside(parts["message/rfc822"])), None)
    if "text/rfc822-headers" in parts:
        head = parts["text/rfc822-headers"].get_payload(decode=True)
        return _parsed(head) if isinstance(head, bytes) else None
    return None


def _delivery(blocks: list[Message], message_id: str, proof: str) -> Returned:
    """What the report says of each address the letter was passed on to; it is lost only where all of them say so."""
    told = [block for block in blocks if "action" in block]
    lost = [
        block
        for block in told
        if _word(_field(block, "action")) == "failed" and _FOR_GOOD.match(_field(block, "status"))
    ]
    if not lost or len(lost) < len(told):
        return Returned("nothing", message_id, proof)
    _kind, _semicolon, answer = _field(lost[0], "diagnostic-code").partition(";")
    return Returned("bounced", message_id, proof, answer.strip()[:_MOST_ANSWER] or _field(lost[0], "status"))


def _word(text: str) -> str:
    """The word itself, without the remark that may stand behind it in brackets."""
    return text.partition("(")[0].strip().lower()


def _field(part: Message, name: str) -> str:
    """One line of what a person can read; "" where there is none."""
    return "".join(sign for sign in " ".join(str(part.get(name, "")).split()) if sign.isprintable())
