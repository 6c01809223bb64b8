"""A letter as it stands on the line to a mail server."""

from datetime import datetime
from email import policy
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage, Message
from email.policy import Policy
from email.utils import format_datetime

from data.mails.returning_rules import PROOF
from jobs.letters.composing import Letter


class _OnOneLine(UnstructuredHeader, BaseHeader):
    """A header whose one long word the library would write as encoded pieces, which no reader takes for a link."""

    def fold(self, *, policy: "Policy[Message[str, str]]") -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _OnOneLine)
# Seven bits: a server need not offer more.
_POLICY = policy.SMTP.clone(cte_type="7bit", header_factory=_HEADERS)
_XLSX = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def message(letter: Letter, *, sender: str, to: str, message_id: str, proof: str, now: datetime) -> bytes:
    """The letter in bytes: plain text first, HTML beside it, and the one list the letter itself names."""
    made = EmailMessage(policy=_POLICY)
    made["From"] = f"Flowcard <{sender}>"
    made["To"] = to
    # Whatever would begin another header is a blank.
    made["Subject"] = _writable(" ".join(letter.subject.split()))
    made["Date"] = format_datetime(now)
    made["Message-ID"] = message_id
    if proof:  # by which it is known when it comes back: data/mails/returning.py
        made[PROOF] = proof
    made["Auto-Submitted"] = "auto-generated"
    if letter.mute_link:
        # RFC 8058: the mail program itself posts there, at one click.
        made["List-Unsubscribe"] = f"<{letter.mute_link}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(_writable(letter.text))
    made.add_alternative(_writable(letter.html), subtype="html")
    if letter.workbook is not None:
        made.add_attachment(letter.workbook, maintype="application", subtype=_XLSX, filename=letter.workbook_name)
    return made.as_bytes()


def _writable(text: str) -> str:
    """`text` with a question mark for each half of a sign, which no encoding has."""
    return text.encode("utf-8", errors="replace").decode()
