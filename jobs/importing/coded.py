"""Values that are words: states, carriers, networks, yes and no, brands, addresses of mail; each to its code."""

import re
import unicodedata

from data.words import N_
from jobs.importing.refusing import ValueRefused
from jobs.importing.sheets import Cell
from jobs.importing.values import Notes, tidy, tidy_text
from jobs.importing.words_of_files import (
    CARD_STATUS,
    CARRIER,
    MERCHANT_CLOSED,
    NETWORK_ORDER,
    NETWORKS,
    REASON_WORDS,
    RESULT,
    TERMINAL_STATUS,
    YES_NO,
    codes,
    plain,
)

_CARD_STATUS = codes(CARD_STATUS)
_TERMINAL_STATUS = codes(TERMINAL_STATUS)
_CARRIER = codes(CARRIER)
_YES_NO = codes(YES_NO)
_RESULT = codes(RESULT)
_MERCHANT_CLOSED = codes(MERCHANT_CLOSED)
_MAIL = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\"]+")
_BRACKETED = re.compile(r"\(.*?\)$")
# Makers whose names stand before the model without a space between.
_BRANDS = (
    "新大陆",
    "百富",
    "联迪",
    "惠尔丰",
    "华智融",
    "升腾",
    "优博讯",
    "商米",
    "新国都",
    "魔方",
    "天喻",
    "银联",
    "PAX",
    "SUNMI",
)


def parse_card_status(cell: Cell, notes: Notes) -> tuple[str | None, str] | None:
    """A card's common state and the source's own word."""
    return _status(cell, notes, _CARD_STATUS, "unknown")


def parse_terminal_status(cell: Cell, notes: Notes) -> tuple[str | None, str] | None:
    """A terminal's state and the source's own word; a word nobody knows changes no state."""
    return _status(cell, notes, _TERMINAL_STATUS, None)


def _status(cell: Cell, notes: Notes, words: dict[str, str], otherwise: str | None) -> tuple[str | None, str] | None:
    raw = tidy_text(cell, notes)
    if raw is None:
        return None
    word = plain(raw)
    code = words.get(word) or words.get(_BRACKETED.sub("", word))
    if code is None:
        notes.add(N_("The state '{value}' is none we know; kept as written"), value=raw)
    return code or otherwise, raw


def parse_carrier(cell: Cell, notes: Notes) -> str | None:
    """mobile, unicom, telecom or broadnet; another one as written."""
    text = tidy_text(cell, notes)
    if text is None or plain(text) in {"未知", "运营商未知", "carriernotknown", "unknown"}:
        return None
    code = _CARRIER.get(plain(text)) or _CARRIER.get(plain(text).removeprefix("中国")[:2])
    if code is None:
        notes.add(N_("The carrier '{value}' is none we know; kept as written"), value=text)
    return code or text


def parse_yes_no(cell: Cell, notes: Notes) -> bool | None:
    """是 and 否 in their many forms."""
    text = tidy(str(cell), notes) if cell is not None else None
    if text is None:
        return False if cell is not None and plain(str(cell)) == "无" else None
    answer = _YES_NO.get(plain(text))
    if answer is None:
        raise ValueRefused(N_("'{value}' is neither yes nor no; write 是 or 否, or empty the cell"), value=text)
    return answer


def parse_merchant_closed(cell: Cell, notes: Notes) -> bool | None:
    """Whether a merchant's state says that it is out of business; a word nobody knows says neither."""
    text = tidy_text(cell, notes)
    if text is None:
        return None
    closed = _MERCHANT_CLOSED.get(plain(text))
    if closed is None:
        notes.add(N_("The merchant's state '{value}' is none we know; left out"), value=text)
    return closed


def parse_networks(cell: Cell, notes: Notes) -> str | None:
    """What a machine can run, in order: 2G/3G/4G."""
    text = tidy_text(cell, notes)
    if text is None:
        return None
    wide = unicodedata.normalize("NFKC", text).upper().replace(" ", "").replace("-", "")
    found = {network for word, runs in NETWORKS if word in wide for network in runs}
    if not found:
        notes.add(N_("The network '{value}' is none we know; left out"), value=text)
        return None
    return "/".join(network for network in NETWORK_ORDER if network in found)


def parse_brand_model(cell: Cell, notes: Notes) -> tuple[str | None, str] | None:
    """品牌型号 in one cell, cut after the brand."""
    text = tidy_text(cell, notes)
    if text is None:
        return None
    for brand in _BRANDS:
        if text.upper().startswith(brand) and len(text) > len(brand):
            return text[: len(brand)], text[len(brand) :].lstrip(" -_/·")
    cut = re.split(r"[\s/\-_·]+", text, maxsplit=1)
    return (cut[0], cut[1]) if len(cut) == 2 else (None, text)


def parse_result(cell: Cell, notes: Notes) -> str | None:
    """What a payee says of one row of a worklist: ok, fail or pending; an empty cell is pending."""
    text = tidy_text(cell, notes)
    if text is None:
        return None
    code = _RESULT.get(plain(text))
    if code is None:
        raise ValueRefused(N_("'{value}' is no result; write ok, fail or pending"), value=text)
    return code


def parse_reason(cell: Cell, notes: Notes) -> tuple[str | None, str] | None:
    """Why a payee did not do it: a key of REASONS where his words name one, and the words."""
    text = tidy_text(cell, notes)
    if text is None:
        return None
    said = plain(text)
    return next((code for word, code in REASON_WORDS if plain(word) in said), None), text


def parse_mail(cell: Cell, notes: Notes) -> str | None:
    """One address of mail."""
    text = tidy(str(cell), notes) if cell is not None else None
    if text is None:
        return None
    if not _MAIL.fullmatch(text):
        raise ValueRefused(N_("'{value}' is no mail address; correct it or empty the cell"), value=text)
    return text


def parse_phone(cell: Cell, notes: Notes) -> str | None:
    """A person's number as written, narrow."""
    text = tidy_text(cell, notes)
    return unicodedata.normalize("NFKC", text) if text else None
