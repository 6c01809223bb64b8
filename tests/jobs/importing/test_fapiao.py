import threading
from datetime import date

import pytest

from data.home import Home
from data.people.rules import Actor
from data.vouchers import store as vouchers
from data.words import later
from jobs import read_vouchers
from jobs.importing.fapiao import FapiaoError, read_ofd, read_xml
from tests.data.vouchers.test_vouchers import XML, ofd


def invoice(number: str = "24312000000012345678", gross: str = "1234.56", extra: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<f:EInvoice xmlns:f="urn:x"><f:Header><f:EIid>{number}</f:EIid></f:Header>
<f:EInvoiceData>
 <f:SellerInformation><f:SellerName>上海某通信公司</f:SellerName></f:SellerInformation>
 <f:BuyerInformation><f:BuyerName>某支付公司</f:BuyerName></f:BuyerInformation>
 <f:BasicInformation><f:TotalAmWithoutTax>1164.68</f:TotalAmWithoutTax><f:TotalTaxAm>69.88</f:TotalTaxAm>
 <f:TotalTax-includedAmount>{gross}</f:TotalTax-includedAmount><f:RequestTime>2026-11-19 08:00:00</f:RequestTime></f:BasicInformation>
 <f:IssuItemInformation><f:TotaltaxIncludedAmount>1.00</f:TotaltaxIncludedAmount></f:IssuItemInformation>
</f:EInvoiceData>
<f:TaxSupervisionInfo><f:InvoiceNumber>{number}</f:InvoiceNumber><f:IssueTime>2026-11-20 10:11:12</f:IssueTime></f:TaxSupervisionInfo>
{extra}</f:EInvoice>""".encode()


def test_number_date_gross_seller_and_buyer_stand_at_their_paths() -> None:
    read = read_xml(invoice())
    assert (read.number, read.issued_on) == ("24312000000012345678", date(2026, 11, 20))
    assert (read.net_fen, read.tax_fen, read.gross_fen, read.adds_up) == (116468, 6988, 123456, True)
    assert (read.seller, read.buyer, read.takes_back) == ("上海某通信公司", "某支付公司", None)


@pytest.mark.parametrize("amount", ["nan", "inf", "1e5", "12.345", "１２", "", "--1"])
def test_an_amount_that_is_no_amount_is_left_out(amount: str) -> None:
    assert read_xml(invoice(gross=amount)).gross_fen is None


@pytest.mark.parametrize(
    "content",
    [
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><EInvoice>&x;</EInvoice>',
        b'<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://example.invalid/x.dtd"><EInvoice/>',
        b"<svg/>",
        b"<EInvoice>",
        b"",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="no-such"?><EInvoice/>',
    ],
)
def test_other_xml_and_entities_are_not_read(content: bytes) -> None:
    with pytest.raises(FapiaoError):
        read_xml(content)


def test_an_ofd_gives_what_is_attached_to_it() -> None:
    assert read_ofd(ofd({"OFD.xml": b"<OFD/>", "Doc_0/Attachs/original_invoice.xml": invoice()})).gross_fen == 123456
    with pytest.raises(FapiaoError):
        read_ofd(ofd({"OFD.xml": b"<OFD/>"}))


def file_and_read(home: Home, by: Actor, content: bytes, name: str) -> vouchers.Voucher:
    with home.db.write() as tx:
        kept = vouchers.file_paper(tx, by, content=content, filename=name, folder=home.vouchers, max_mb=20)
    assert read_vouchers.run(home, threading.Event()) == later("{count} vouchers read", count=1)
    assert read_vouchers.run(home, threading.Event()) is None
    found = vouchers.one(home.db.read(), kept.voucher_id)
    assert found
    return found


def test_the_job_fills_the_fields_of_a_filed_invoice(home: Home, people: dict[str, Actor]) -> None:
    found = file_and_read(home, people["operator"], invoice(), "a.xml")
    assert (found.invoice_no, found.amount_fen, found.doc_date) == ("24312000000012345678", 123456, date(2026, 11, 20))
    assert found.said() == []


def test_the_same_invoice_as_ofd_says_where_its_number_stands_already(home: Home, people: dict[str, Actor]) -> None:
    first = file_and_read(home, people["operator"], invoice(), "a.xml")
    again = file_and_read(
        home, people["operator"], ofd({"OFD.xml": b"<OFD/>", "x/original_invoice.xml": invoice()}), "a.ofd"
    )
    assert again.invoice_no is None
    assert again.said() == [f"Invoice number 24312000000012345678 is already on voucher {first.voucher_id}"]


def test_what_is_odd_about_an_invoice_is_remarked(home: Home, people: dict[str, Actor]) -> None:
    assert len(file_and_read(home, people["operator"], XML.replace(b"EInvoice", b"Other"), "a.xml").said()) == 1
    taken_back = "<RedEInvoice><OriginalInvoiceCode>24312000000000000001</OriginalInvoiceCode></RedEInvoice>"
    found = file_and_read(home, people["operator"], invoice(gross="1.00", extra=taken_back), "b.xml")
    assert found.said() == [
        "Net and tax do not add up to the gross amount on the invoice",
        "This invoice takes back invoice 24312000000000000001",
    ]
