"""What bank data of a payee must look like: company tax number, account number, CNAPS; and how much of a number is shown."""

import re
import unicodedata

from data.words import N_

STATES = {
    "proposed": N_("awaits a second person"),
    "confirmed": N_("confirmed"),
    "refused": N_("not confirmed"),
    "withdrawn": N_("taken back by its maker"),
}
STANDINGS = {
    "confirmed": N_("may be paid"),
    "changing": N_("may be paid; a change waits"),
    "proposed": N_("awaits a second person"),
    "refused": N_("not confirmed"),
    "stopped": N_("payments stopped"),
    "unknown": N_("not in the register"),
}
# Why no money leaves for a payee, by his standing, with the way out.
NOT_PAYABLE = {
    "unknown": N_(
        "{payee} is not in the register of payees. An operator enters the bank data under Payees, an approver confirms them."
    ),
    "proposed": N_("The bank data of {payee} await a second person: an approver confirms them under Payees."),
    "refused": N_(
        "No bank data of {payee} are confirmed. An operator enters them anew under Payees, an approver confirms them."
    ),
    "stopped": N_(
        "Payments to {payee} were stopped; see why under Payees. They go on when two people confirm the bank data anew."
    ),
}

NO_NAME = N_("Type the payee's name as his bank knows it, at most 120 characters")
INVISIBLE = N_("The name holds signs that cannot be seen; type it off instead of pasting it")
TAX_SHAPE = N_("A tax number has 18 digits and capital letters, without I, O, S, V and Z")
TAX_CHECK = N_("The last character of the tax number does not fit the others; compare it with the business licence")
ACCOUNT_SHAPE = N_("An account number has 8 to 30 digits; zeros in front belong to it")
NO_BANK = N_("Name the bank and its opening branch, each at most 120 characters")
CNAPS_SHAPE = N_("A CNAPS number has 12 digits")
LIKE_A_CARD = N_("This looks like a personal bank card: 16 to 19 digits that fit a card's check digit")

_LONGEST = 120
# GB 32100-2015: 31 signs, weights 3^i mod 31, the last one makes the sum a multiple of 31.
_TAX_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_TAX_SHAPE = re.compile(rf"[{_TAX_SIGNS}]{{18}}")
_ACCOUNT_SHAPE = re.compile(r"[0-9]{8,30}")
_CNAPS_SHAPE = re.compile(r"[0-9]{12}")
# What people and bank papers put between groups of digits.
_GAPS = re.compile(r"[\s\-\u2010-\u2015]")


def plain_number(text: str) -> str:
    """A number as it is kept: narrow digits and capitals, without blanks and dashes. Zeros in front stay."""
    return _GAPS.sub("", unicodedata.normalize("NFKC", text)).upper()


def plain_name(text: str) -> str:
    """A name without blanks around it; nothing else about it is changed, for a bank compares it sign by sign."""
    return text.strip()


def name_fault(name: str) -> str | None:
    """What is wrong with a payee's name, as a msgid; None: nothing."""
    if not 0 < len(name) <= _LONGEST:
        return NO_NAME
    # Marks that turn the direction of writing or take no room make two names look like one.
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"} for sign in name):
        return INVISIBLE
    return None


def tax_fault(tax_no: str) -> str | None:
    """What is wrong with a 统一社会信用代码, as a msgid; None: nothing."""
    if not _TAX_SHAPE.fullmatch(tax_no):
        return TAX_SHAPE
    return None if tax_no[-1] == tax_check_sign(tax_no[:17]) else TAX_CHECK


def tax_check_sign(first_17: str) -> str:
    """The 18th sign of a 统一社会信用代码."""
    total = sum(_TAX_SIGNS.index(sign) * pow(3, place, 31) for place, sign in enumerate(first_17))
    return _TAX_SIGNS[-total % 31]


def bank_fault(*, account_no: str, bank: str, opening_bank: str, cnaps: str | None) -> str | None:
    """What is wrong with an account and where it is kept, as a msgid; None: nothing."""
    if not _ACCOUNT_SHAPE.fullmatch(account_no):
        return ACCOUNT_SHAPE
    if not all(0 < len(name) <= _LONGEST for name in (bank, opening_bank)):
        return NO_BANK
    if cnaps is not None and not _CNAPS_SHAPE.fullmatch(cnaps):
        return CNAPS_SHAPE
    return None


def like_a_card(account_no: str) -> bool:
    """Whether an account number could be that of a personal card: 16 to 19 digits that pass Luhn's check."""
    if not 16 <= len(account_no) <= 19:
        return False
    doubled = [int(sign) * (2 if place % 2 else 1) for place, sign in enumerate(reversed(account_no))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def masked(last4: str) -> str:
    """An account number for everybody who is not to see it whole."""
    return f"•••• {last4}"


def grouped(account_no: str) -> str:
    """An account number in groups of four, to be read aloud or typed off."""
    return " ".join(account_no[place : place + 4] for place in range(0, len(account_no), 4))
