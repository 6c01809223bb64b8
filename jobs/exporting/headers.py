"""What stands above the columns of an export: their canonical names in English, the team's own words in Chinese."""

from data.renewals.records import RECORD_COLUMNS
from data.words import N_, _, language

# Canonical name → what a person reads. Our own import knows both (jobs/importing/aliases.py).
HEADERS = RECORD_COLUMNS | {
    "imsi": N_("IMSI"),
    "supplier": N_("Supplier"),
    "status": N_("Status"),
    "activated_on": N_("First day of use"),
    "expires_on": N_("Expiry date"),
    "act_by": N_("Act by"),
    "cancel_by": N_("Cancelled for good after"),
    "days_left": N_("Days left"),
    "auto_renew": N_("Renews by itself"),
    "renewal_yuan": N_("Price of a term (yuan)"),
    "renewal_months": N_("Term (months)"),
    "quota_mb": N_("Data of the plan (MB)"),
    "used_mb": N_("Used this month (MB)"),
    "left_mb": N_("Left this month (MB)"),
    "as_of": N_("Usage as of"),
    "used_percent": N_("Used (%)"),
    "exhausts_on": N_("Used up on"),
    "overage_yuan": N_("Overage so far (yuan)"),
    "idle_months": N_("Months without use"),
    "city": N_("City"),
    "branch": N_("Branch office"),
    "brand": N_("Brand"),
    "model": N_("Model"),
    "tusn": N_("TUSN"),
    "site": N_("Site"),
    "install_address": N_("Address of the terminal"),
    "networks": N_("Networks it can run"),
    "last_seen_at": N_("Last seen at"),
    "last_trade_on": N_("Last trade on"),
    "monthly_takings_yuan": N_("Monthly takings (yuan)"),
    "contact_name": N_("Contact"),
    "contact_phone": N_("Contact's phone"),
    "agent_no": N_("Agent's number"),
    "sims": N_("Number of cards"),
    "iccids": N_("Its ICCIDs"),
    "next_expires_on": N_("First expiry"),
    "decision": N_("Decision"),
    "purchase_batch": N_("Purchase batch"),
    "pool": N_("Data pool"),
    "tags": N_("Tags"),
    "sheet": N_("Sheet"),
    "line": N_("Line"),
    "column": N_("Column"),
    "value": N_("Value"),
    "refusal": N_("Reason"),
    "reason": N_("Reason code"),
    "carrier_says": N_("The carrier's words"),
    "who_acts": N_("Who acts"),
    "act_until": N_("By when"),
    "support": N_("Whom to call"),
    "finding_id": N_("Finding number"),
    "kind": N_("Kind of finding"),
    "object": N_("What it is about"),
    "detail": N_("Details"),
    "source": N_("Source"),
    "found_at": N_("Found at"),
}


def header(column: str) -> str:
    """The header of a canonical column in the language of the moment."""
    return column if language() == "en" else _(HEADERS[column])
