"""Papers: a payment request as a person signs it. One record of what stands on it, written by Excel's writer or by Typst."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import typst
from rustpy_xlsxwriter import FastExcel, Format

from data.files.exports_rules import (
    FONT_GONE,
    NO_FONT,
    PAPER_MAX_ROWS,
    PAPERS,
    TOO_MANY_FOR_PDF,
    XLSX_MAX_ROWS,
    ExportRefused,
)
from data.files.exports_store import Export
from data.home import Home
from data.payees import store as payees
from data.payees.rules import grouped
from data.people.rules import SYSTEM
from data.renewals import paying
from data.renewals.paying import Request
from data.renewals.paying_rules import STATE_WORDS, called, capitals
from data.renewals.rules import WAY_TO_PAY_WORDS
from data.words import N_, _, day, language, moment, number, yuan
from jobs.exporting.footers import audit_line, printed

_TEMPLATE = Path(__file__).with_name("payment_request.typ")
# Signs that nobody sees but that turn, hide or break a line: on a paper about money every sign is seen.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+")
_COLUMNS = {
    "place": N_("No."),
    "iccid": N_("ICCID"),
    "terminal_id": N_("Terminal"),
    "merchant": N_("Merchant"),
    "plan": N_("Plan"),
    "months": N_("Months"),
    "amount": N_("Amount (yuan)"),
    "old_expiry": N_("Expiry before"),
    "new_expiry": N_("Expiry as ordered"),
}
_LIST_FORMATS = {"amount": "0.00", "old_expiry": "yyyy-mm-dd", "new_expiry": "yyyy-mm-dd"}


@dataclass(frozen=True)
class Paper:
    """What stands on a paper, in the language of the moment."""

    title: str
    reference: str
    state: str
    fields: tuple[tuple[str, str], ...]  # label, content
    columns: tuple[str, ...]  # of the attached list
    rows: tuple[dict[str, Any], ...]  # by the keys of _COLUMNS; amounts in yuan, exact


def write_paper(home: Home, export: Export, work: Path) -> tuple[Path, str, int]:
    """The written file inside `work`, its title, and how many rows the attached list has. Raises ExportRefused."""
    paper = _PAPERS[export.what](home, export)
    writers: dict[str, Callable[[Home, Paper, Path], Path]] = {"pdf": _pdf, "xlsx": _xlsx}
    return writers[export.format](home, paper, work), f"{paper.title}-{paper.reference}", len(paper.rows)


def _payment_request(home: Home, export: Export) -> Paper:
    """A payment request with the whole account number: what finance pays by.

    Raises ExportRefused for one that is not to be paid as it stands.
    """
    number_ = int(export.filter["request"])
    told = paying.one(home.db.read(), number_)
    if told is None or told.state == "withdrawn":
        raise ExportRefused(N_("Payment request {request} was taken back, or there is none"), request=called(number_))
    if told.stale:
        raise ExportRefused(
            N_("Payment request {request} holds no longer as it was asked: withdraw it and ask anew"),
            request=called(number_),
        )
    listed = paying.listed(home.db.read(), told.id, limit=XLSX_MAX_ROWS).to_pylist()
    rows = tuple(
        {
            "place": place,
            **{name: row[name] for name in ("iccid", "terminal_id", "merchant", "plan", "months")},
            "amount": Decimal(row["amount_fen"]) / 100,
            **{name: row[name] for name in ("old_expiry", "new_expiry")},
        }
        for place, row in enumerate(listed, start=1)
    )
    columns = tuple(_(label) for label in _COLUMNS.values())
    return Paper(
        _(PAPERS[export.what]), called(told.id), _(STATE_WORDS[told.state]), _fields(home, told), columns, rows
    )


def _fields(home: Home, told: Request) -> tuple[tuple[str, str], ...]:
    details = payees.as_confirmed(home.db.read(), told.payee_change)
    if details is None:
        raise ExportRefused(N_("The bank data of payment request {request} are gone"), request=called(told.id))
    with home.db.write(quiet=True) as tx:
        account = payees.reveal(tx, SYSTEM, home.keyring, details=details, object=f"payment request {told.id}")
    fields = [
        (_("Payee"), told.payee),
        (_("Tax number"), details.tax_no),
        (_("Account number"), grouped(account.reveal())),
        (_("Bank"), details.bank),
        (_("Opening bank"), details.opening_bank),
        (_("CNAPS number"), details.cnaps or ""),
        (_("Sum"), yuan(told.amount_fen)),
        (_("Sum in capitals"), capitals(told.amount_fen)),
        (_("Remark on the transfer"), str(told.batch)),
        (_("To be paid by"), day(told.due_on)),
        (_("Way to pay"), _(WAY_TO_PAY_WORDS.get(told.way_to_pay, told.way_to_pay))),
        (_("Number of orders"), number(told.items)),
        (_("Asked for by"), f"{told.asker} · {moment(told.asked_at)}"),
    ]
    if told.state == "paid":
        fields += [(_("Paid by"), f"{told.ender} · {told.reference}")]
    return tuple(fields)


_PAPERS: dict[str, Callable[[Home, Export], Paper]] = {"payment_request": _payment_request}


def _xlsx(home: Home, paper: Paper, work: Path) -> Path:
    """Two sheets: the request, and the attached list."""
    target = work / "paper.xlsx"
    heads = (_("Item"), _("Content"))
    request = [dict(zip(heads, field, strict=True)) for field in (*paper.fields, (_("State"), paper.state))]
    formats = {
        paper.columns[list(_COLUMNS).index(name)]: Format().set_num_format(format)
        for name, format in _LIST_FORMATS.items()
    }
    book = FastExcel(str(target)).format(bold_headers=True, datetime_format="yyyy-mm-dd hh:mm:ss").freeze(row=1)
    under = printed(home)
    book.sheet(f"{paper.title} {paper.reference}"[:31], iter(request), column_width=28, page_setup=under)
    book.sheet(_("Attached list")[:31], _cells(paper), column_formats=formats, column_width=16, page_setup=under)
    book.save()
    return target


def _cells(paper: Paper) -> Iterator[dict[str, Any]]:
    for row in paper.rows:
        yield dict(zip(paper.columns, row.values(), strict=True))


def _pdf(home: Home, paper: Paper, work: Path) -> Path:
    """A4: the request on the first page, the list behind it."""
    if len(paper.rows) > PAPER_MAX_ROWS:
        raise ExportRefused(TOO_MANY_FOR_PDF, rows=number(len(paper.rows)), most=number(PAPER_MAX_ROWS))
    fonts, family = _font(home, work)
    data = {
        "font": family,
        "language": language(),
        "title": paper.title,
        "reference": paper.reference,
        "state": paper.state,
        "fields": [[_seen(text) for text in field] for field in paper.fields],
        "list_title": _("Attached list"),
        "columns": paper.columns,
        "rows": [[_seen(_text(value)) for value in row.values()] for row in paper.rows],
        "footer": audit_line(home),
        "signatures": [_("Asked for by"), _("Checked by"), _("Paid by")],
    }
    target = work / "paper.pdf"
    # Texts go in as JSON and are texts there: nothing anybody wrote is ever read as markup.
    made = typst.compile(
        _TEMPLATE.read_bytes(),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        font_paths=fonts,
        ignore_system_fonts=True,
    )
    target.write_bytes(made)
    return target


def _font(home: Home, work: Path) -> tuple[typst.Fonts, str]:
    """The settings' font and no other, and the family to ask it for."""
    font = home.settings.pdf_font
    if font is None:
        raise ExportRefused(NO_FONT)
    folder = work / "font"
    folder.mkdir()
    (folder / f"font{font.suffix}").symlink_to(font.resolve())
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(folder)])
    found = fonts.fonts()
    if not found:
        raise ExportRefused(FONT_GONE, font=font.name)
    # A collection holds a family for each script; the mainland's signs are in the one called SC.
    chinese = [one.family for one in found if one.family.endswith(" SC") and "Mono" not in one.family]
    return fonts, (chinese or [found[0].family])[0]


def _text(value: Any) -> str:
    if isinstance(value, date):
        return day(value)
    return "" if value is None else f"{value:,}" if isinstance(value, Decimal) else str(value)


def _seen(text: str) -> str:
    return _UNSEEN.sub("�", text)
