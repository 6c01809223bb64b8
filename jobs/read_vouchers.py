"""Read what filed invoices say of themselves, so that nobody types a number that stands in the file."""

import threading

from data.home import Home
from data.people.rules import SYSTEM
from data.vouchers import store as vouchers
from data.vouchers.rules import IS_REVERSAL, NOT_AN_INVOICE, SUM_DIFFERS, Remark
from data.vouchers.store import Fields, Voucher
from data.words import later
from jobs.importing.fapiao import Fapiao, FapiaoError, read_ofd, read_xml


def run(home: Home, stop: threading.Event) -> str | None:
    """Read what is unread.

    1. Take the XML and OFD papers nobody has read. 2. Read number, date, amount, seller and buyer. 3. Fill the fields
    no person has filled, and remark what is odd.
    """
    read = 0
    for paper in vouchers.unread(home.db.read()):
        if stop.is_set():
            break
        fields, remarks = _read(home, paper)
        with home.db.write() as tx:
            vouchers.read_off(tx, SYSTEM, voucher_id=paper.voucher_id, fields=fields, remarks=remarks)
        read += 1
    return later("{count} vouchers read", count=read) if read else None


def _read(home: Home, paper: Voucher) -> tuple[Fields | None, list[Remark]]:
    content = (home.vouchers / paper.sha256).read_bytes()
    try:
        invoice = read_xml(content) if paper.format == "xml" else read_ofd(content)
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
