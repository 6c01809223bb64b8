"""Read what filed invoices say of themselves, so that nobody types a number that stands in the file, and draw papers."""

import os
import threading
from pathlib import Path

from data.home import Home
from data.people.rules import SYSTEM
from data.vouchers import picturing
from data.vouchers import store as vouchers
from data.vouchers.rules import IS_REVERSAL, NOT_AN_INVOICE, SUM_DIFFERS, Remark
from data.vouchers.store import Fields, Voucher
from data.words import later
from jobs.importing.fapiao import Fapiao, FapiaoError
from jobs.importing.papers import pictures, read_invoice
from jobs.importing.refusing import FileRefused


def run(home: Home, stop: threading.Event) -> str | None:
    """Read what is unread and draw what is undrawn.

    1. Take the XML and OFD papers nobody has read. 2. Read number, date, amount, seller and buyer. 3. Fill the fields
    no person has filled, and remark what is odd. 4. Draw the PDFs and photographs nobody has drawn; a crash in the
    middle draws them again.
    """
    read = 0
    for paper in vouchers.unread(home.db.read()):
        if stop.is_set():
            break
        fields, remarks = _read(home, paper)
        with home.db.write() as tx:
            vouchers.read_off(tx, SYSTEM, voucher_id=paper.voucher_id, fields=fields, remarks=remarks)
        read += 1
    for paper in picturing.undrawn(home.db.read()):
        if stop.is_set():
            break
        pages = _draw(home, paper)
        with home.db.write() as tx:
            picturing.drawn(tx, SYSTEM, voucher_id=paper.voucher_id, pages=pages)
    return later("{count} vouchers read", count=read) if read else None


def _read(home: Home, paper: Voucher) -> tuple[Fields | None, list[Remark]]:
    try:
        invoice = read_invoice(home.vouchers / paper.sha256, paper.filename, format=paper.format)
    except FapiaoError:
        # An OFD without its original attached is an ordinary one; an XML that is no invoice is worth a word.
        return None, [Remark(NOT_AN_INVOICE, {})] if paper.format == "xml" else []
    fields = Fields(
        kind="invoice",
        doc_date=invoice.issued_on,
        amount_fen=invoice.gross_fen,
        invoice_no=invoice.number,
        seller=invoice.seller,
        buyer=invoice.buyer,
    )
    return fields, list(_odd(invoice))


def _odd(invoice: Fapiao) -> list[Remark]:
    remarks = []
    if not invoice.adds_up:
        remarks.append(Remark(SUM_DIFFERS, {}))
    if invoice.takes_back:
        remarks.append(Remark(IS_REVERSAL, {"number": invoice.takes_back}))
    return remarks


def _draw(home: Home, paper: Voucher) -> int:
    """Keep its pictures for the owner's eyes only; how many there are."""
    try:
        pages = pictures(home.vouchers / paper.sha256, paper.filename, format=paper.format)
    except FileRefused:
        return 0
    for number, page in enumerate(pages, 1):
        _keep(home.previews / picturing.name_of(paper.sha256, number), page)
    return len(pages)


def _keep(path: Path, content: bytes) -> None:
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    beside.replace(path)
