"""Merchants, agents and terminals from the rows of a file (data/files/staging.py): found, made where unknown, merged.

A merchant or agent is found by number, else by a name only one has. A terminal is found by merchant and number; a row
without merchant means the only terminal of that number, else the row is refused with the candidates.
"""

from data.database import Queries, Transaction
from data.files.rules import AMBIGUOUS_TERMINAL, MACHINE_ELSEWHERE, UNKNOWN_MACHINE, Counts

Q = Queries.beside(__file__, "merging.sql")


def resolve_agents(tx: Transaction) -> None:
    """Give every row its agent; an unknown one becomes a provisional record and a finding."""
    tx.run(Q.name_agents)
    tx.run(Q.find_agents_by_number)
    tx.run(Q.find_agents_by_name)
    tx.run(Q.add_agents)
    tx.run(Q.find_agents_by_number)
    tx.run(Q.describe_agents)
    tx.run(Q.notice_agents)


def resolve_merchants(tx: Transaction, *, described: bool = False) -> int:
    """Give every row its merchant; unknown ones are made: provisional, with a finding, unless the file describes them.

    Returns the last merchant_id from before.
    """
    last = int(tx.value(Q.last_merchant))
    tx.run(Q.name_merchants)
    tx.run(Q.find_merchants_by_number)
    tx.run(Q.find_merchants_by_name)
    tx.run(Q.add_merchants)
    tx.run(Q.find_merchants_by_number)
    if not described:
        tx.run(Q.fill_merchants)
        tx.run(Q.notice_merchants)
    return last


def resolve_terminals(tx: Transaction, *, described: bool = False) -> int:
    """Give every row its terminal; unknown ones are made, with a finding unless the file describes them.

    Rows whose number is ambiguous are refused. Returns the last terminal_key from before.
    """
    # 1. Rows that say the merchant: theirs, or one that waited for its merchant, or a new one.
    last = int(tx.value(Q.last_terminal))
    tx.run(Q.find_terminals_of_merchants)
    tx.run(Q.adopt_terminals)
    tx.run(Q.find_terminals_of_merchants)
    tx.run(Q.add_terminals_of_merchants)
    tx.run(Q.find_terminals_of_merchants)
    # 2. Rows that lack the merchant or the number: where their card sits, else the only one of that serial or number, else refused.
    tx.run(Q.keep_terminals_of_cards)
    tx.run(Q.find_terminals_by_serial)
    tx.run(Q.adopt_machines)
    tx.run(Q.find_terminals_by_number)
    tx.run(Q.refuse_ambiguous_terminals, msgid=AMBIGUOUS_TERMINAL)
    tx.run(Q.add_terminals_without_merchant)
    tx.run(Q.find_terminals_by_number)
    # 3. What a ledger has not described yet is noticed; what it has is settled.
    if described:
        tx.run(Q.refuse_unknown_machines, msgid=UNKNOWN_MACHINE, elsewhere=MACHINE_ELSEWHERE)
        tx.run(Q.close_unknown_terminals, now=tx.now)
    else:
        tx.run(Q.notice_terminals, last=last)
    return last


def merge_merchants(tx: Transaction, *, last: int) -> Counts:
    """Write what the file says about its merchants; those above `last` are new."""
    tx.run(Q.compare_merchants, last=last)
    counts = Counts(**(tx.row(Q.count_merchants) or {}))
    tx.run(Q.merge_merchants)
    return counts


def merge_terminals(tx: Transaction, *, last: int) -> Counts:
    """Write what the file says about its terminals; those above `last` are new."""
    tx.run(Q.compare_terminals, last=last)
    counts = Counts(**(tx.row(Q.count_terminals) or {}))
    tx.run(Q.merge_terminals)
    return counts


def keep_imeis(tx: Transaction) -> None:
    """Note the devices that a card list says its cards are in, once the cards have their terminals."""
    tx.run(Q.keep_imeis)
