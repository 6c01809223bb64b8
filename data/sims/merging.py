"""Cards from the rows of a file (data/files/staging.py): found by ICCID stem, else MSISDN, else IMSI; made, compared, merged."""

import pyarrow as pa

from data.database import Queries, Transaction
from data.files.rules import AMBIGUOUS_NUMBER, UNKNOWN_CARD, Counts

Q = Queries.beside(__file__, "merging.sql")


def find_sims(tx: Transaction, *, refusing: bool = True) -> None:
    """Give every row the stem of its card. Rows that name no card, or several, are refused.

    Not `refusing`: the rows are a ledger's own and stay; a card it names by an unknown number is noticed.
    """
    tx.run(Q.find_owners)
    tx.run(Q.find_by_msisdn)
    tx.run(Q.infer_carriers)
    if not refusing:
        tx.run(Q.notice_unknown_numbers)
        return
    tx.run(Q.refuse_ambiguous_numbers, msgid=AMBIGUOUS_NUMBER)
    tx.run(Q.find_by_imsi)
    tx.run(Q.refuse_unknown_cards, msgid=UNKNOWN_CARD)


def add_sims(tx: Transaction, *, described: bool = True) -> int:
    """Make the cards nobody has named before, with a finding unless the file describes them.

    Returns the last sim_id from before.
    """
    last = int(tx.value(Q.last_sim))
    tx.run(Q.add_sims, now=tx.now)
    if described:
        tx.run(Q.remember_terminals)
        tx.run(Q.close_described_cards, now=tx.now)
    else:
        tx.run(Q.notice_new_cards, last=last)
    return last


def link_terminals(tx: Transaction, *, source: str) -> list[int]:
    """A ledger's cards and their terminals, nothing else of the row; the cards that are not as they were."""
    tx.run(Q.keep_cards_only)
    find_sims(tx, refusing=False)
    merge_sims(tx, last=add_sims(tx, described=False), source=source)
    return changed_ids(tx)


def merge_sims(tx: Transaction, *, last: int, source: str) -> Counts:
    """Write what the file says about its cards; those above `last` are new.

    A file is an observation: an older one moves neither state nor usage, and none moves an expiry behind a succeeded
    renewal or a later carrier reading (house.md, settled); that becomes a finding instead.
    """
    tx.run(Q.compare, last=last, now=tx.now)
    counts = Counts(**(tx.row(Q.count) or {}))
    tx.run(Q.keep_changes, source=source, now=tx.now)
    tx.run(Q.notice, source=source)
    tx.run(Q.merge, now=tx.now)
    tx.run(Q.touch, now=tx.now)
    tx.run(Q.keep_cycle_usage)
    tx.run(Q.close_agreed, now=tx.now)
    return counts


def notice_repeats(tx: Transaction, repeats: pa.Table) -> None:
    """Rows at `sheet`, `line` have later rows about the same card that say something else: a finding each."""
    with tx.frame("repeats", repeats):
        tx.run(Q.notice_repeats)


def changed_ids(tx: Transaction) -> list[int]:
    """The cards that are not as they were, and those beside them in a terminal, in the transaction of `merge_sims`."""
    return [row["sim_id"] for row in tx.rows(Q.changed_ids)]
