"""Pictures of papers, so that nobody has to open a stranger's file to see what it shows."""

from data.database import Queries, Reader, Transaction
from data.people.rules import Action, Actor, NotThere
from data.people.store import require
from data.vouchers.store import Voucher, one, require_sight
from data.words import _

Q = Queries.beside(__file__, "picturing.sql")


def undrawn(reader: Reader, *, limit: int = 20) -> list[Voucher]:
    """PDFs and photographs no job has drawn yet."""
    return reader.records(Voucher, Q.undrawn, limit=limit)


def drawn(tx: Transaction, by: Actor, *, voucher_id: int, pages: int) -> None:
    """Say that so many pages were drawn; 0: none could be."""
    require(tx, by, Action.WORK, f"voucher {voucher_id}")
    tx.run(Q.drawn, voucher_id=voucher_id, pages=pages, now=tx.now)


def pages(reader: Reader, voucher_id: int) -> int | None:
    """How many pages of the paper were drawn; None: nobody has tried yet."""
    found = reader.value(Q.pages, voucher_id=voucher_id)
    return None if found is None else int(found)


def fetch_page(reader: Reader, by: Actor, voucher_id: int, page: int) -> str:
    """The name of the picture of one page, for someone who may see the paper. Raises Refused."""
    require_sight(reader, by, voucher_id)
    if shows_account(reader, voucher_id):
        require(reader, by, Action.SEE_BANK_ACCOUNTS, f"voucher {voucher_id}")
    paper, drawn_pages = one(reader, voucher_id), pages(reader, voucher_id) or 0
    if paper is None or not 1 <= page <= drawn_pages:
        raise NotThere(_("There is no picture of page {page} of voucher {voucher}", page=page, voucher=voucher_id))
    return name_of(paper.sha256, page)


def shows_account(reader: Reader, voucher_id: int) -> bool:
    """Whether the paper proves a payee's bank data, and so shows a whole account number."""
    return reader.value(Q.shows_account, voucher_id=voucher_id) is not None


def name_of(sha256: str, page: int) -> str:
    """What the picture of a page is called in the home."""
    return f"{sha256}-{page}.png"
