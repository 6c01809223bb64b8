"""The columns of each kind: which concept fills them, how a cell is read, what they become, and what identifies a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from jobs.importing import amounts, coded, dates, identifiers
from jobs.importing.sheets import Cell
from jobs.importing.values import Notes, tidy_text

STRING, WHOLE, DAY, YES_NO = pa.string(), pa.int64(), pa.date32(), pa.bool_()
INSTANT = pa.timestamp("us", tz="UTC")

# The canonical name under which a column of terminal numbers is taken with its short ones padded to 8 digits.
PADDED_TERMINAL_ID = "padded_terminal_id"


@dataclass(frozen=True)
class Field:
    """One canonical column of a kind."""

    parse: Callable[[Cell, Notes], Any]  # raises ValueRefused; several outputs: a tuple
    outputs: tuple[tuple[str, pa.DataType], ...]  # columns of the table it makes
    concept: str  # the key of ALIASES


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    fields: dict[str, Field]  # canonical name -> field
    identity: tuple[tuple[str, ...], ...]  # a row needs all names of at least one of these
    needs: tuple[str, ...] = ()  # and the file needs one of these columns
    filled: tuple[str, ...] = ()  # columns that, where the file has them, no row may leave empty


def _field(
    parse: Callable[[Cell, Notes], Any], output: str, type_: pa.DataType = STRING, concept: str | None = None
) -> Field:
    return Field(parse, ((output, type_),), concept or output)


def _text(*names: str) -> dict[str, Field]:
    return {name: _field(tidy_text, name) for name in names}


_CARD = {
    "iccid": Field(identifiers.parse_iccid, (("iccid", STRING), ("stem", STRING)), "iccid"),
    "msisdn": _field(identifiers.parse_msisdn, "msisdn"),
}
_CARRIER = {"carrier": _field(coded.parse_carrier, "carrier")}
_QUOTA = {"quota_mb": _field(amounts.parse_bytes, "quota_bytes", WHOLE, "quota_mb")}
_USED = {
    "used_mb": _field(amounts.parse_bytes, "used_bytes", WHOLE, "used_mb"),
    "as_of": _field(dates.parse_instant, "as_of", INSTANT),
}
_MERCHANT_NO = {"merchant_no": _field(identifiers.parse_merchant_no, "merchant_no")}
_AGENT = {"agent_no": _field(identifiers.parse_other_number, "agent_no"), **_text("agent_name")}
_CONTACT = {**_text("contact_name"), "contact_phone": _field(coded.parse_phone, "contact_phone")}
_TERMINAL_ID = {
    "terminal_id": _field(identifiers.parse_terminal_id, "terminal_id"),
    # No header means it: only a person takes a column so.
    PADDED_TERMINAL_ID: _field(identifiers.parse_padded_terminal_id, "terminal_id", STRING, PADDED_TERMINAL_ID),
}
_SERIAL_NO = {"serial_no": _field(identifiers.parse_other_number, "serial_no")}
_IMEI = {"imei": _field(identifiers.parse_imei, "imei")}

_SIMS = Kind(
    fields={
        **_CARD,
        "imsi": _field(identifiers.parse_imsi, "imsi"),
        **_IMEI,
        **_CARRIER,
        **_text("account", "supplier", "plan"),
        **_TERMINAL_ID,
        **_MERCHANT_NO,
        **_SERIAL_NO,
        "status": Field(coded.parse_card_status, (("status", STRING), ("raw_status", STRING)), "status"),
        "activated_on": _field(dates.parse_day, "activated_on", DAY),
        "expires_on": _field(dates.parse_day, "expires_on", DAY),
        "delivered_on": _field(dates.parse_day, "delivered_on", DAY),
        "silent_until": _field(dates.parse_day, "silent_until", DAY),
        "auto_renew": _field(coded.parse_yes_no, "auto_renew", YES_NO),
        **_QUOTA,
        **_USED,
        "left_mb": _field(amounts.parse_left_bytes, "left_bytes", WHOLE, "left_mb"),
        **_text("purchase_batch", "pool", "tags"),
    },
    identity=(("iccid",), ("msisdn",), ("imsi",)),
)

KINDS: dict[str, Kind] = {
    "cards": _SIMS,
    "sims": _SIMS,
    "terminals": Kind(
        fields={
            **_TERMINAL_ID,
            **_MERCHANT_NO,
            **_text("merchant_name"),
            **_AGENT,
            **_text("branch", "brand", "model"),
            "brand_model": Field(coded.parse_brand_model, (("brand", STRING), ("model", STRING)), "brand_model"),
            **_SERIAL_NO,
            "tusn": _field(identifiers.parse_other_number, "tusn"),
            **_IMEI,
            **_text("site"),
            "install_address": _field(tidy_text, "install_address"),
            **_text("region", "city"),
            "networks": _field(coded.parse_networks, "networks"),
            "status": Field(coded.parse_terminal_status, (("status", STRING), ("raw_status", STRING)), "status"),
            "last_seen_at": _field(dates.parse_instant, "last_seen_at", INSTANT),
            "last_trade_on": _field(dates.parse_day, "last_trade_on", DAY),
            "monthly_takings_yuan": _field(amounts.parse_fen, "monthly_takings_fen", WHOLE, "monthly_takings_yuan"),
            **_CONTACT,
            **_CARD,
        },
        identity=(("terminal_id",), (PADDED_TERMINAL_ID,), ("serial_no",)),
    ),
    "merchants": Kind(
        fields={
            **_MERCHANT_NO,
            "name": _field(tidy_text, "merchant_name", STRING, "merchant_name"),
            **_text("region", "city", "address"),
            **_AGENT,
            **_CONTACT,
            "contact_email": _field(coded.parse_mail, "contact_email"),
            "merchant_status": _field(coded.parse_merchant_closed, "closed", YES_NO, "merchant_status"),
        },
        identity=(("merchant_no",),),
    ),
    "plans": Kind(
        fields={
            **_text("plan"),
            **_CARRIER,
            "network": _field(coded.parse_networks, "network"),
            **_QUOTA,
            "term_months": _field(amounts.parse_months, "term_months", WHOLE),
            "price_yuan": _field(amounts.parse_price_fen, "price_fen", WHOLE, "price_yuan"),
            "overage_yuan_per_mb": _field(
                amounts.parse_millifen, "overage_millifen_per_mb", WHOLE, "overage_yuan_per_mb"
            ),
            **_text("channel"),
            "valid_from": _field(dates.parse_day, "valid_from", DAY),
            "valid_to": _field(dates.parse_day, "valid_to", DAY),
        },
        identity=(("plan",),),
    ),
    "usage": Kind(
        fields={
            **_CARD,
            "imsi": _field(identifiers.parse_imsi, "imsi"),
            "day": _field(dates.parse_day, "day", DAY),
            "month": _field(dates.parse_month, "month", DAY),
            **_USED,
        },
        identity=(("iccid",), ("msisdn",), ("imsi",)),
        needs=("used_mb",),
        filled=("day", "month"),
    ),
    "receipts": Kind(
        fields={
            **_text("row_key"),
            "batch_no": _field(amounts.parse_whole, "batch_no", WHOLE),
            "iccid": _CARD["iccid"],
            "result": _field(coded.parse_result, "result"),
            "new_expiry": _field(dates.parse_day, "expires_on", DAY, "new_expiry"),
            "amount_yuan": _field(amounts.parse_fen, "amount_fen", WHOLE, "amount_yuan"),
            "portal_order_no": _field(tidy_text, "reference", STRING, "portal_order_no"),
            "fail_reason": Field(coded.parse_reason, (("reason", STRING), ("detail", STRING)), "fail_reason"),
        },
        identity=(("row_key",), ("iccid", "batch_no")),
        needs=("result",),
    ),
}

# Concepts that one kind keeps under another's place: a ledger's plain address is where its terminals stand.
STAND_INS = {
    "terminals": {"address": "install_address", "name": "merchant_name"},
    "merchants": {"install_address": "address", "name": "merchant_name", "status": "merchant_status"},
    "plans": {"networks": "network", "name": "plan"},
    "cards": {},
    "sims": {},
    "usage": {},
    "receipts": {},
}

# What makes two rows of one file the same record.
ONE_RECORD = {
    "cards": ("stem", "msisdn", "imsi"),
    "sims": ("stem", "msisdn", "imsi"),
    "terminals": ("terminal_id", "serial_no"),
    "merchants": ("merchant_no",),
    "plans": ("plan",),
    "usage": ("stem", "msisdn", "imsi"),
    "receipts": ("row_key", "stem"),
}
# And what belongs to that key besides the first of them that is there.
ONE_RECORD_WITH = {
    "terminals": ("merchant_no", "merchant_name"),
    "plans": ("carrier", "channel", "term_months", "valid_from"),
    "usage": ("day", "month"),
    "receipts": ("batch_no",),
}
