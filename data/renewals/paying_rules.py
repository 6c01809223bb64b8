"""Payment requests: their states, the sum in Chinese capitals, and until when the money has to be there."""

import calendar
from datetime import date, timedelta

from data.sims.rules import Workdays
from data.words import N_

STATE_WORDS = {"asked": N_("asked for"), "paid": N_("paid"), "withdrawn": N_("withdrawn")}
# A view for people: an open request whose day has passed.
STANDING_WORDS = STATE_WORDS | {"overdue": N_("overdue")}
STANDING_COLOURS = {"asked": "blue", "overdue": "red", "paid": "green", "withdrawn": "gray"}
# Payees paid so are settled at the end of the next month; the others want their money before they act.
_SETTLED_LATER = frozenset({"monthly"})

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("仟", "佰", "拾", "")
_WAN, _YI = 10**4, 10**8
# More than any bank moves in one transfer, and what 亿亿 would begin at.
MOST_FEN = 10**18


def capitals(amount_fen: int) -> str:
    """The sum in Chinese capitals as cheques and transfers want it, such as 壹仟零壹拾元零伍分 for ¥1,010.05.

    Source: the banks' rules for filling in bills (支付结算办法, annex 1): one 零 for a gap of noughts, 整 after 元 and 角,
    none after 分. Where the rules leave a 零 open (a nought at 元 or 万 before a figure at 角 or 仟), none is written.
    Raises ValueError below nought and from MOST_FEN on.
    """
    if not 0 <= amount_fen < MOST_FEN:
        raise ValueError(f"{amount_fen} fen cannot be written in capitals")
    yuan, fen = divmod(amount_fen, 100)
    jiao, fen = divmod(fen, 10)
    whole = f"{_read(yuan)}元" if yuan or not (jiao or fen) else ""
    gap = "零" if yuan and fen and not jiao else ""
    tail = "".join(f"{_DIGITS[digit]}{unit}" for digit, unit in ((jiao, "角"), (fen, "分")) if digit)
    return f"{whole}{gap}{tail}" + ("" if fen else "整")


def _read(number: int) -> str:
    """A whole number in capitals."""
    for unit, word in ((_YI, "亿"), (_WAN, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            return f"{_read(high)}{word}" + (f"{'零' if low * 10 < unit else ''}{_read(low)}" if low else "")
    digits = f"{number:04d}"
    text = "".join(
        _DIGITS[int(digit)] + (place if digit != "0" else "") for digit, place in zip(digits, _PLACES, strict=True)
    )
    while "零零" in text:
        text = text.replace("零零", "零")
    return text.strip("零") or "零"


def due_on(act_by: date, *, way_to_pay: str, today: date, workdays: Workdays) -> date:
    """The working day by which the payee is to be paid; never before `today`.

    `act_by`: the first day on which an order of it must be placed. Who is paid first has his money on the working day
    before that, for a transfer takes one; who is paid by the month, by the last working day of the next month.
    """
    if way_to_pay in _SETTLED_LATER:
        return workdays.at_or_before(_end_of_next_month(today))
    return max(today, workdays.before(act_by, 1))


def _end_of_next_month(day: date) -> date:
    next_month = day.replace(day=calendar.monthrange(day.year, day.month)[1]) + timedelta(days=1)
    return next_month.replace(day=calendar.monthrange(next_month.year, next_month.month)[1])


def standing(state: str, due: date, *, today: date) -> str:
    """The state as people see it: an open request is overdue from the day after its due date."""
    return "overdue" if state == "asked" and due < today else state


def called(request: int) -> str:
    """What people call a payment request."""
    return f"P{request}"
