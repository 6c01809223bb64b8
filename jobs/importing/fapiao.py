"""Digital invoices (数电票): the fields of the tax office's XML, by the paths of domain.md §2; also inside an OFD."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

# An invoice of 2,000 lines is about 2 MB.
_MAX_XML = 10 * 1024 * 1024
_AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,8})?")


class FapiaoError(ValueError):
    """The file is not a digital invoice that can be read."""


@dataclass(frozen=True)
class Fapiao:
    """What a digital invoice says of itself. Amounts in fen; None where it says nothing."""

    number: str | None  # 20 digits
    issued_on: date | None
    net_fen: int | None
    tax_fen: int | None
    gross_fen: int | None
    seller: str | None
    buyer: str | None
    takes_back: str | None  # number of the invoice this one reverses

    @property
    def adds_up(self) -> bool:
        """Whether net and tax are the gross amount, as far as all three are told."""
        if self.net_fen is None or self.tax_fen is None or self.gross_fen is None:
            return True
        return self.net_fen + self.tax_fen == self.gross_fen


def answers(*, path: str, filename: str, format: str) -> Iterator[Any]:
    """In the child: the fields of the one invoice, or {"fault"}."""
    content = Path(path).read_bytes()
    try:
        invoice = read_xml(content) if format == "xml" else read_ofd(content)
    except FapiaoError as error:
        yield {"fault": f"{filename}: {error}"}
        return
    yield {**asdict(invoice), "issued_on": invoice.issued_on and invoice.issued_on.isoformat()}


def from_message(message: dict[str, Any]) -> Fapiao:
    """What `answers` said. Raises FapiaoError for a fault."""
    if "fault" in message:
        raise FapiaoError(message["fault"])
    issued_on = message.pop("issued_on")
    return Fapiao(**message, issued_on=date.fromisoformat(issued_on) if issued_on else None)


def read_xml(content: bytes) -> Fapiao:
    """The invoice in an XML file. Raises FapiaoError for anything else, entities and document types included."""
    if len(content) > _MAX_XML:
        raise FapiaoError("the invoice is too large")
    try:
        root = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise FapiaoError(str(error)) from error
    if _local(root) != "EInvoice":
        raise FapiaoError(f"the root is {_local(root)[:40]}, not EInvoice")
    number = _text(root, "TaxSupervisionInfo", "InvoiceNumber") or _text(root, "Header", "EIid")
    basic = ("EInvoiceData", "BasicInformation")
    return Fapiao(
        number=number if number and re.fullmatch(r"[0-9]{20}", number) else None,
        issued_on=_day(_text(root, "TaxSupervisionInfo", "IssueTime") or _text(root, *basic, "RequestTime")),
        net_fen=_fen(_text(root, *basic, "TotalAmWithoutTax")),
        tax_fen=_fen(_text(root, *basic, "TotalTaxAm")),
        gross_fen=_fen(_text(root, *basic, "TotalTax-includedAmount")),
        seller=_text(root, "EInvoiceData", "SellerInformation", "SellerName"),
        buyer=_text(root, "EInvoiceData", "BuyerInformation", "BuyerName"),
        takes_back=_text(root, "RedEInvoice", "OriginalInvoiceCode"),
    )


def read_ofd(content: bytes) -> Fapiao:
    """The invoice an OFD carries as its attached original_invoice.xml. Raises FapiaoError when it has none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for part in archive.infolist():
                if part.filename.lower().endswith("original_invoice.xml"):
                    with archive.open(part) as file:
                        # What the directory says of its size is not believed.
                        return read_xml(file.read(_MAX_XML + 1))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise FapiaoError(str(error)) from error
    raise FapiaoError("the OFD has no attached original_invoice.xml")


def _local(element: Element) -> str:
    # Namespaces vary from one issuer to the next.
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, *path: str) -> str | None:
    for name in path:
        found = next((child for child in element if _local(child) == name), None)
        if found is None:
            return None
        element = found
    return (element.text or "").strip()[:200] or None


def _fen(text: str | None) -> int | None:
    # nan, inf and exponents are numbers to Decimal and none to us.
    if not text or not _AMOUNT.fullmatch(text):
        return None
    try:
        fen = Decimal(text) * 100
    except InvalidOperation:
        return None
    return int(fen) if fen == fen.to_integral_value() else None


def _day(text: str | None) -> date | None:
    match = re.match(r"(\d{4})[-/年]?(\d{1,2})[-/月]?(\d{1,2})", text or "")
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None
