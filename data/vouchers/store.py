"""Filing papers, saying what they say, linking them to the renewals they prove, and finding what is missing."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.audit import store as audit
from data.clock import HOME_ZONE
from data.database import Queries, Reader, Row, Transaction
from data.keeping import keep_bytes
from data.people.rules import Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.sims.rules import folded
from data.vouchers.rules import KINDS, NUMBER_TAKEN, PaperRefused, Remark, invoice_key, kept_name, look
from data.words import _

Q = Queries.beside(__file__)
# Formats that say what they say: a job reads them (jobs/read_vouchers.py).
READABLE = frozenset({"xml", "ofd"})
# Kinds that others may file beside those who file vouchers.
_FILED_BY = {"form": Action.FILE_FORM, "notice": Action.KEEP_NOTICES}


@dataclass(frozen=True)
class Voucher:
    """One paper."""

    voucher_id: int
    sha256: str
    filename: str
    format: str
    bytes: int
    kind: str
    doc_date: date | None
    plan: str | None
    amount_fen: int | None
    invoice_no: str | None
    seller: str | None
    buyer: str | None
    note: str | None
    remarks: str
    filed_by: int
    filed_at: datetime
    read_at: datetime | None
    filer: str | None

    def said(self) -> list[str]:
        """What is odd about the paper, as sentences in the language of the moment."""
        return said(self.remarks)


@dataclass(frozen=True)
class Filed:
    """What became of a file."""

    voucher_id: int
    known: bool  # these very bytes were filed before
    format: str


@dataclass(frozen=True)
class Fields:
    """What a paper says."""

    kind: str = "invoice"
    doc_date: date | None = None
    plan: str | None = None
    amount_fen: int | None = None  # gross
    invoice_no: str | None = None
    seller: str | None = None
    buyer: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Suggestion:
    """Renewals a paper may prove: their sum is its amount."""

    batch: int
    payee: str
    plan: str | None  # None: every plan of the batch at this payee
    order_no: str | None  # None: more than one renewal
    iccid: str | None
    renewals: int
    amount_fen: int
    day: date
    obligations: list[int]
    same_payee: bool


def said(remarks: str) -> list[str]:
    """The remarks of a row as sentences in the language of the moment."""
    return [_(remark["msgid"], **remark["values"]) for remark in json.loads(remarks)]


def file_paper(
    tx: Transaction, by: Actor, *, content: bytes, filename: str, folder: Path, max_mb: int, kind: str = "invoice"
) -> Filed:
    """Keep a file byte for byte. Raises Refused with the reason when it is not one we take.

    The bytes are on disk before the row: a row never points at nothing. An approver files approval forms and notices, too.
    """
    require(tx, by, _FILED_BY.get(kind, Action.FILE_VOUCHER), filename[:80])
    try:
        paper = look(content, filename, max_mb=max_mb)
    except PaperRefused as refusal:
        # A fault inside the sentence is a sentence of its own.
        values = {name: _(str(value)) if name == "fault" else value for name, value in refusal.values.items()}
        raise Refused(_(refusal.msgid, **values)) from refusal
    digest = hashlib.sha256(content).hexdigest()
    known = tx.value(Q.voucher_by_hash, sha256=digest)
    if known is not None:
        return Filed(int(known), known=True, format=paper.format)
    keep_bytes(folder, content)
    voucher_id = int(
        tx.value(
            Q.add_voucher,
            sha256=digest,
            filename=kept_name(filename),
            format=paper.format,
            bytes=len(content),
            kind=_known_kind(kind),
            remarks=_as_json(paper.remarks),
            filed_by=by.person_id,
            now=tx.now,
            read_at=None if paper.format in READABLE else tx.now,
        )
    )
    audit.record(tx, by, Event.VOUCHER_FILED, f"voucher {voucher_id}", sha256=digest, bytes=len(content))
    return Filed(voucher_id, known=False, format=paper.format)


def describe(tx: Transaction, by: Actor, *, voucher_id: int, fields: Fields) -> None:
    """Say what the paper says. Raises Refused for an invoice number without its shape, or one another paper carries."""
    require(tx, by, Action.FILE_VOUCHER, f"voucher {voucher_id}")
    invoice_no = None
    if fields.invoice_no and fields.invoice_no.strip():
        invoice_no = invoice_key(fields.invoice_no)
        if invoice_no is None:
            raise Refused(
                _("'{text}' is no invoice number: 20 digits, or code and number", text=fields.invoice_no.strip()[:40])
            )
        other = tx.value(Q.voucher_with_number, invoice_no=invoice_no, voucher_id=voucher_id)
        if other is not None:
            raise Refused(_(NUMBER_TAKEN, number=invoice_no, voucher=other))
    if fields.amount_fen is not None and fields.amount_fen < 0 and fields.kind != "invoice":
        raise Refused(_("Only an invoice may have a negative amount"))
    values = {**_columns(fields), "kind": _known_kind(fields.kind), "invoice_no": invoice_no}
    if not tx.run(Q.describe, voucher_id=voucher_id, **values):
        raise NotThere(_("There is no voucher {voucher}", voucher=voucher_id))
    audit.record(tx, by, Event.VOUCHER_DESCRIBED, f"voucher {voucher_id}", **values)


def read_off(
    tx: Transaction, by: Actor, *, voucher_id: int, fields: Fields | None, remarks: Sequence[Remark] = ()
) -> None:
    """What a job read in the paper itself: fills what nobody has filled, and remembers what was odd."""
    require(tx, by, Action.WORK, f"voucher {voucher_id}")
    paper = one(tx, voucher_id)
    if paper is None:
        return
    fields, remarks = fields or Fields(kind=paper.kind), list(remarks)
    if fields.invoice_no:
        other = tx.value(Q.voucher_with_number, invoice_no=fields.invoice_no, voucher_id=voucher_id)
        if other is not None:
            # The same invoice comes as PDF, OFD and XML; the number stays with the paper that had it first.
            remarks.append(Remark(NUMBER_TAKEN, {"number": fields.invoice_no, "voucher": other}))
            fields = Fields(**{**_columns(fields), "invoice_no": None})
    odd = json.loads(paper.remarks) + json.loads(_as_json(remarks))
    tx.run(Q.fill, voucher_id=voucher_id, now=tx.now, remarks=json.dumps(odd, ensure_ascii=False), **_columns(fields))


def link(tx: Transaction, by: Actor, *, voucher_id: int, obligations: Iterable[int]) -> int:
    """Say that this paper proves these renewals (succeeded ones only); how many were new."""
    require(tx, by, Action.FILE_VOUCHER, f"voucher {voucher_id}")
    if one(tx, voucher_id) is None:
        raise NotThere(_("There is no voucher {voucher}", voucher=voucher_id))
    wanted = sorted(set(obligations))
    linked = tx.run(Q.link, voucher_id=voucher_id, obligations=wanted)
    audit.record(tx, by, Event.VOUCHER_LINKED, f"voucher {voucher_id}", renewals=linked, obligations=wanted)
    return linked


def unlink(tx: Transaction, by: Actor, *, voucher_id: int, obligations: Iterable[int]) -> int:
    """Take links back; how many there were."""
    require(tx, by, Action.FILE_VOUCHER, f"voucher {voucher_id}")
    wanted = sorted(set(obligations))
    gone = tx.run(Q.unlink, voucher_id=voucher_id, obligations=wanted)
    audit.record(tx, by, Event.VOUCHER_UNLINKED, f"voucher {voucher_id}", renewals=gone, obligations=wanted)
    return gone


def fetch(tx: Transaction, by: Actor, voucher_id: int) -> Voucher:
    """The paper, for someone who may have it; leaves a trace. Raises Refused.

    A payee's proof shows a whole account number: it is for those who type it off, and for finance.
    """
    require_sight(tx, by, voucher_id)
    paper = one(tx, voucher_id)
    if paper is None:
        raise NotThere(_("There is no voucher {voucher}", voucher=voucher_id))
    audit.record(tx, by, Event.VOUCHER_FETCHED, f"voucher {voucher_id}", sha256=paper.sha256)
    return paper


def require_sight(reader: Reader, by: Actor, voucher_id: int) -> None:
    """Raise Refused for who may not see this paper, as a file or as a picture."""
    proof = reader.value(Q.is_proof, voucher_id=voucher_id)
    require(reader, by, Action.SEE_PROOFS if proof else Action.SEE, f"voucher {voucher_id}")


def one(reader: Reader, voucher_id: int) -> Voucher | None:
    """One paper."""
    return reader.record(Voucher, Q.voucher_by_id, voucher_id=voucher_id)


def unread(reader: Reader, *, limit: int = 50) -> list[Voucher]:
    """Papers whose own words no job has read yet."""
    return reader.records(Voucher, Q.unread, limit=limit)


def search(
    reader: Reader,
    *,
    text: str = "",
    kind: str | None = None,
    unlinked: bool = False,
    day_from: date | None = None,
    day_to: date | None = None,
    limit: int = 50,
    offset: int = 0,
) -> pa.Table:
    """Papers, newest first, with how many renewals each proves; column `total` counts all that match."""
    return reader.arrow(
        Q.search,
        text=folded(text),
        kind=kind,
        unlinked=unlinked,
        day_from=day_from,
        day_to=day_to,
        limit=limit,
        offset=offset,
    )


def links(reader: Reader, voucher_id: int, *, limit: int = 200, offset: int = 0) -> pa.Table:
    """The renewals a paper proves."""
    return reader.arrow(Q.links_of, voucher_id=voucher_id, limit=limit, offset=offset)


def of_card(reader: Reader, sim_id: int, *, limit: int) -> list[Row]:
    """The papers that prove a card's renewals, newest first: voucher_id and kind."""
    return reader.rows(Q.of_card, sim_id=sim_id, limit=limit)


def missing(reader: Reader, *, now: datetime) -> pa.Table:
    """Succeeded renewals without a paper, per account: how many, how much, how long owed; and who gives no invoices."""
    return reader.arrow(Q.missing, now=now)


def missing_lines(reader: Reader, account: str, *, now: datetime, limit: int = 50, offset: int = 0) -> pa.Table:
    """The renewals one account owes papers for, oldest first; column `total` counts all."""
    return reader.arrow(Q.missing_lines, account=account, now=now, limit=limit, offset=offset)


def suggestions(reader: Reader, voucher_id: int, *, limit: int = 20) -> list[Suggestion]:
    """Renewals this paper may prove: same amount, near its date, same payee first."""
    return reader.records(Suggestion, Q.suggestions, voucher_id=voucher_id, zone=HOME_ZONE.key, limit=limit)


def _columns(fields: Fields) -> dict[str, Any]:
    texts = {name: (value.strip() or None) if isinstance(value, str) else value for name, value in vars(fields).items()}
    return {**texts, "kind": fields.kind}


def _known_kind(kind: str) -> str:
    if kind not in KINDS:
        raise Refused(_("There is no kind of paper called {kind}", kind=kind))
    return kind


def _as_json(remarks: Iterable[Remark]) -> str:
    return json.dumps([{"msgid": one.msgid, "values": one.values} for one in remarks], ensure_ascii=False)
