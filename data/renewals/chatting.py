"""A worklist as text for a chat: what a payee's own group can take, in pieces no chat cuts off."""

from collections.abc import Iterator, Sequence

from data.database import Row
from data.words import _, day, number, yuan

# A WeCom text holds 2,048 bytes; some are for "(12/34)".
MOST_BYTES = 2_048
_ROOM = 24


def chat_texts(rows: Sequence[Row], *, reference: str, payee: str, most: int = MOST_BYTES) -> list[str]:
    """The rows of `rows_of_worklist` as texts of at most `most` bytes, none of which tears a row.

    A row: terminal number, card number, plan, months, sum. The head says who, how many, how much, until when.
    """
    if not rows:
        return []
    said = {"list": reference, "payee": payee, "cards": number(len(rows)), "amount": yuan(_fen(rows))}
    head = _("{payee}: list {list}, {cards} cards, {amount}; please do by {day}", **said, day=day(rows[0]["answer_by"]))
    pieces = list(_pieces(head, [_line(row) for row in rows], most - _ROOM))
    if len(pieces) == 1:
        return pieces
    return [f"({place}/{len(pieces)}) {piece}" for place, piece in enumerate(pieces, start=1)]


def _fen(rows: Sequence[Row]) -> int:
    return sum(row["amount_fen"] for row in rows)


def _line(row: Row) -> str:
    months = _("{months} months", months=row["months"])
    card = row["msisdn"] or row["iccid"]
    # Names are as long as people make them; a line is short.
    parts = [row["terminal_id"] or "–", card, str(row["plan"])[:60], months, yuan(row["amount_fen"])]
    return " ".join(parts)


def _pieces(head: str, lines: Sequence[str], most: int) -> Iterator[str]:
    """Head and lines, cut between lines; each piece opens with the head."""
    piece, size = [head], len(head.encode())
    for line in lines:
        more = 1 + len(line.encode())
        if size + more > most and len(piece) > 1:
            yield "\n".join(piece)
            piece, size = [head], len(head.encode())
        piece.append(line)
        size += more
    yield "\n".join(piece)
