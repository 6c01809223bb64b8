"""From a mail of the outbox and what it carries to what is sent: subject, plain text, HTML, and for some a workbook."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from data.database import Queries, Reader
from data.home import Home
from data.mails.claiming import Mail
from data.reminders import muting
from data.reminders.store import Item
from data.secrets import SecretError
from data.words import _, speaking
from jobs.exporting.names import file_name
from jobs.exporting.writing import workbook
from jobs.letters.filling import To, filled, sorted_out
from jobs.letters.saying import page_language

Q = Queries.beside(__file__)

# Mail clients cut what is longer than 102 kB; head and foot of a letter are within the rest.
HTML_BYTES = 96_000
# A list of more rows is read on the page, not in a letter; fewer where names are so long that these are too much.
_ROWS = (60, 30, 15, 5, 0)

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(enabled_extensions=("html.j2",), default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True)
class Letter:
    """What is sent. Nothing in it is read from anywhere but the rows it was made of."""

    subject: str
    text: str
    html: str
    workbook: bytes | None = None  # of those who cannot sign in: the one attachment
    workbook_name: str = ""
    link: str = ""  # the page that shows all of it; none for those who cannot sign in
    mute_link: str = ""  # where those stop the digests, for nobody else to see


def compose(reader: Reader, *, mail: Mail, items: Sequence[Item], home: Home) -> Letter:
    """The letter of `mail` about `items`, in the recipient's language: it reads what the caller's transaction sees.

    1. The recipient's language: their own, a person's, Chinese for those who cannot sign in, else that of the house.
    2. The sheet: rows by urgency, then by takings at risk, as many as a mail client shows.
    3. HTML, text, and for agents and branches all of their cards as one workbook.
    """
    to = reader.records(To, Q.recipient, recipient_id=mail.recipient_id)[0]
    today = home.clock.today()
    mute_link = _mute_link(home, mail, to, today=today)
    with speaking(to.language or (home.settings.language if to.signs_in else "zh_CN")):
        found = sorted_out(items, today=today)
        sheet_of = partial(
            filled,
            reader,
            mail=mail,
            found=found,
            to=to,
            settings=home.settings,
            mute_link=mute_link,
            now=home.clock.now(),
            today=today,
        )
        for rows in _ROWS:
            sheet = sheet_of(rows=rows)
            html = _TEMPLATES.get_template("letter.html.j2").render(sheet=sheet, language=page_language())
            if len(html.encode()) <= HTML_BYTES:
                break
        text = _TEMPLATES.get_template("letter.txt.j2").render(sheet=sheet)
        sim_ids = sorted({item.sim_id for item in items if item.sim_id is not None})
        book = workbook(home, reader, sim_ids=sim_ids) if sim_ids and not to.signs_in else None
        named = file_name(f"{_('SIMs')}-{today.isoformat()}.xlsx") if book else ""
        return Letter(sheet.subject, text, html, book, named, sheet.link, mute_link)


def _mute_link(home: Home, mail: Mail, to: To, *, today: date) -> str:
    """Of digests to those who only read: all else is urgent, or for people who answer otherwise.

    A key that is locked keeps no digest back.
    """
    if to.signs_in or mail.kind != "digest" or not mail.address:
        return ""
    keyring, public_url = home.keyring, home.settings.public_url
    try:
        return muting.link(keyring, public_url, recipient_id=mail.recipient_id, address=mail.address, today=today)
    except SecretError:
        return ""
