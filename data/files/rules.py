"""What can be imported, the columns a file may bring, and what became of its rows."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from data.words import N_

KINDS = {
    "cards": N_("Card list"),
    "merchants": N_("Merchants"),
    "terminals": N_("Terminals"),
    "sims": N_("SIMs"),
    "plans": N_("Plans and prices"),
    "usage": N_("Usage"),
    "receipts": N_("Result sheet of a worklist"),
}

# Every column any file may bring, with the type it has once it was read. What a file lacks is null and changes nothing.
INCOMING: dict[str, type] = {
    "iccid": str,
    "imsi": str,
    "msisdn": str,
    "carrier": str,
    "account": str,
    "supplier": str,
    "plan": str,
    "terminal_id": str,
    "status": str,
    "raw_status": str,
    "activated_on": date,
    "expires_on": date,
    "delivered_on": date,
    "silent_until": date,
    "auto_renew": bool,
    "quota_bytes": int,
    "used_bytes": int,
    "left_bytes": int,
    "as_of": datetime,
    "purchase_batch": str,
    "pool": str,
    "tags": str,
    "merchant_no": str,
    "merchant_name": str,
    "region": str,
    "city": str,
    "address": str,
    "agent_no": str,
    "agent_name": str,
    "contact_name": str,
    "contact_email": str,
    "contact_phone": str,
    "closed": bool,
    "branch": str,
    "brand": str,
    "model": str,
    "serial_no": str,
    "tusn": str,
    "imei": str,
    "site": str,
    "install_address": str,
    "networks": str,
    "last_seen_at": datetime,
    "last_trade_on": date,
    "monthly_takings_fen": int,
    "network": str,
    "term_months": int,
    "price_fen": int,
    "overage_millifen_per_mb": int,
    "channel": str,
    "valid_from": date,
    "valid_to": date,
    "day": date,
    "month": date,
    "row_key": str,
    "batch_no": int,
    "result": str,
    "amount_fen": int,
    "reference": str,
    "reason": str,
    "detail": str,
    "issuer": str,  # the carrier the ICCID's first digits name
    "sheet": str,
    "line": int,
}

# What a person calls the columns a file may bring, under the names a mapping uses.
COLUMN_WORDS = {
    "iccid": N_("ICCID"),
    "imsi": N_("IMSI"),
    "imei": N_("IMEI"),
    "msisdn": N_("Number (MSISDN)"),
    "carrier": N_("Carrier"),
    "account": N_("Account"),
    "supplier": N_("Supplier"),
    "plan": N_("Plan"),
    "terminal_id": N_("Terminal number"),
    "padded_terminal_id": N_("Terminal number, padded to 8"),
    "status": N_("State"),
    "activated_on": N_("First day of use"),
    "expires_on": N_("Expiry date"),
    "delivered_on": N_("Delivered on"),
    "silent_until": N_("Silent period ends"),
    "auto_renew": N_("Renews by itself"),
    "quota_mb": N_("Data of the plan (MB)"),
    "used_mb": N_("Used (MB)"),
    "left_mb": N_("Left (MB)"),
    "as_of": N_("Usage as of"),
    "purchase_batch": N_("Purchase batch"),
    "pool": N_("Pool"),
    "tags": N_("Tags"),
    "merchant_no": N_("Merchant number"),
    "merchant_name": N_("Merchant"),
    "name": N_("Merchant"),
    "region": N_("Region"),
    "city": N_("City"),
    "address": N_("Address"),
    "agent_no": N_("Agent's number"),
    "agent_name": N_("Agent"),
    "contact_name": N_("Contact"),
    "contact_email": N_("Contact's e-mail"),
    "contact_phone": N_("Contact's phone"),
    "merchant_status": N_("State of the merchant"),
    "branch": N_("Branch office"),
    "brand": N_("Brand"),
    "model": N_("Model"),
    "brand_model": N_("Brand and model"),
    "serial_no": N_("Serial number"),
    "tusn": N_("TUSN"),
    "site": N_("Site"),
    "install_address": N_("Address of the terminal"),
    "networks": N_("Networks it can run"),
    "last_seen_at": N_("Last seen at"),
    "last_trade_on": N_("Last trade on"),
    "monthly_takings_yuan": N_("Monthly takings (yuan)"),
    "network": N_("Network"),
    "term_months": N_("Term (months)"),
    "price_yuan": N_("Price (yuan)"),
    "overage_yuan_per_mb": N_("Overage (yuan per MB)"),
    "channel": N_("Channel"),
    "valid_from": N_("Valid from"),
    "valid_to": N_("Valid to"),
    "day": N_("Day"),
    "month": N_("Month"),
    "row_key": N_("Key of the row"),
    "batch_no": N_("Batch"),
    "result": N_("Result"),
    "new_expiry": N_("New expiry date"),
    "amount_yuan": N_("Amount (yuan)"),
    "portal_order_no": N_("Payee's order number"),
    "fail_reason": N_("Reason"),
}

AMBIGUOUS_TERMINAL = N_("{value} is a terminal of several merchants: {candidates}; add the merchant number")
AMBIGUOUS_NUMBER = N_("{value} is the number of several cards: {candidates}; add the ICCID")
UNKNOWN_CARD = N_("No card with the number {value} is known; a new card needs its ICCID")
UNKNOWN_MACHINE = N_("No terminal with the serial number {value} is known; a new terminal needs its terminal number")
MACHINE_ELSEWHERE = N_("The terminal with the serial number {value} stands at {candidates}; add its terminal number")
NO_TERM = N_("A price needs the plan's term in months")
BROKEN = N_("The file could not be read; see the runs on the page Jobs")
KNOWN = N_("This file has been known since {since}; nothing changed")

UPLOAD_COLOURS = {"waiting": "blue", "previewed": "orange", "accepted": "blue", "imported": "green", "refused": "red"}
UPLOAD_WORDS = {
    "waiting": N_("Being read"),
    "previewed": N_("Ready"),
    "accepted": N_("Being imported"),
    "imported": N_("Imported"),
    "refused": N_("Not taken"),
    "discarded": N_("Discarded"),
}


@dataclass(frozen=True)
class Counts:
    """What a file did to the records of its kind: cards, terminals, merchants, plans or figures."""

    new: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.new + other.new, self.changed + other.changed, self.same + other.same)


@dataclass(frozen=True)
class RefusedRow:
    """One row that was not taken: where it stands, what stood there, and why."""

    sheet: str
    line: int
    column: str  # canonical name; "" when the row as a whole is meant
    value: str
    msgid: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layout:
    """A mapping someone named, found again by its headers."""

    name: str
    kind: str
    headers: tuple[str, ...]
    mapping: dict[str, str]
