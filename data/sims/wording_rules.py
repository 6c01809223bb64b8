"""The words of cards and terminals as msgids, under their codes (operations.md §2)."""

from data.words import N_

STATUS_WORDS = {
    "stock": N_("In stock"),
    "test": N_("Test period"),
    "silent": N_("Silent period"),
    "active": N_("In service"),
    "stopped_expired": N_("Stopped: expired"),
    "stopped_arrears": N_("Stopped: arrears"),
    "stopped_quota": N_("Stopped: data used up"),
    "stopped_manual": N_("Stopped by us"),
    "stopped_separation": N_("Stopped: card moved to another device"),
    "stopped_area": N_("Stopped: outside its area"),
    "stopped_realname": N_("Stopped: no real name"),
    "stopped_risk": N_("Stopped: risk control"),
    "number_kept": N_("Suspended, number kept"),
    "pre_cancel": N_("About to be cancelled"),
    "cancelled": N_("Number cancelled"),
    "replaced": N_("Card replaced"),
    "lost": N_("Reported lost"),
    "unknown": N_("State not known"),
}

DECISION_WORDS = {
    "renew": N_("Renew it"),
    "decline": N_("Do not renew"),
    "swap": N_("Swap the card"),
    "undecided": N_("Not decided yet"),
}

TERMINAL_STATUS_WORDS = {
    "in_use": N_("In use"),
    "disabled": N_("Disabled"),
    "withdrawn": N_("Withdrawn"),
    "stock": N_("In stock"),
    "repair": N_("In repair"),
}

# Any other carrier is shown as the file wrote it.
CARRIER_WORDS = {
    "mobile": N_("China Mobile"),
    "unicom": N_("China Unicom"),
    "telecom": N_("China Telecom"),
    "broadnet": N_("China Broadnet"),
    "": N_("Carrier not known"),
}

# Quick filters of the Expiry page.
QUICK = {
    "this_week": N_("Must act this week"),
    "due_30": N_("Expires in 30 days"),
    "stopped": N_("Stopped"),
    "cancel_countdown": N_("Countdown to cancellation"),
    "low_data": N_("Low on data"),
}

UNFIT_NETWORK = N_("The terminal cannot run the plan's network")

# Kinds of finding, in the order a person wants to hear of them; what a file brings may be of most of them.
FINDING_KINDS = {
    "money_clock": N_("The machine's clock moved by itself"),
    "money_mass_due": N_("Too many cards ran out at once"),
    "money_theirs_only": N_("Charges that nobody here ordered"),
    "money_duplicate": N_("Orders and cards charged more than once"),
    "money_contradicted": N_("Renewals that a carrier's statement contradicts"),
    "money_differs": N_("Renewals that no statement shows"),
    "money_not_extended": N_("Cards that were paid and not extended after a day"),
    "money_unordered": N_("Cards of payees that run on without an order of ours"),
    "money_breaker": N_("Accounts that stopped sending by themselves"),
    "money_no_answer": N_("Orders without a clear answer for seven days"),
    "money_reply": N_("Replies that name another order, card or amount"),
    "charged_twice": N_("Renewals that seem to be charged twice"),
    "expiry_differs": N_("Carriers' expiries other than expected"),
    "older_expiry": N_("Expiries older than what is known, kept as they were"),
    "identity_differs": N_("Cards whose printed number and identity both differ"),
    "printed_forms": N_("Cards printed in two forms"),
    "card_in_two_rows": N_("Cards that stand in two rows"),
    "card_moved": N_("Cards that moved to another terminal"),
    "came_back": N_("Cards not to be renewed that came to life again"),
    "unfit": N_("Cards whose plan cannot run in their terminal"),
    "falling_usage": N_("Usage that fell within its month"),
    "unknown_card": N_("Cards that no card list describes yet"),
    "unknown_terminal": N_("Terminals that no ledger describes yet"),
    "unknown_merchant": N_("Merchants that are only named"),
    "unknown_agent": N_("Agents that are only named"),
    "unknown_plan": N_("Plans without a description and a price"),
    "unknown_account": N_("Accounts that are not in carriers.toml"),
    "unmapped_status": N_("States that mean nothing we know"),
    "other_account": N_("Cards told by another account than ours"),
    "told_plan": N_("Plans that the carrier changed"),
    "told_device": N_("Cards that are in another device now"),
    "not_listed": N_("Cards that their carrier does not name"),
    "usage_gap": N_("Days without a usage figure"),
}
# What a finding says; the names in braces are keys of finding.detail.
FINDINGS = {
    "money_theirs_only": N_("The statement of {day} books {theirs_fen} that we never ordered: {reference}"),
    "money_duplicate": N_(
        "Charged more than once: {reference}; the statement shows {theirs_fen}, we ordered {ours_fen}"
    ),
    "money_contradicted": N_(
        "{reference}: {state} here, but the statement shows {theirs_fen}, and we count {ours_fen}"
    ),
    "money_differs": N_("{reference}: we count {ours_fen}, but no statement shows it; it would stand in that of {day}"),
    "money_breaker": N_("Sending stopped after {troubles} orders without an answer; one order tries again by itself"),
    "money_no_answer": N_("{order_no}, {ours_fen}: no clear answer for seven days"),
    "money_reply": N_("{order_no}, {ours_fen}: {told}"),
    "money_unordered": N_("It ended on {known}; now the payee's list says {told} ({source}), and nobody ordered it"),
    "money_not_extended": N_("Paid until {expected}, but a day later the carrier says {told}, {status}"),
    "unknown_plan": N_("The plan {plan} has no description and no price yet"),
    "unknown_merchant": N_("The merchant {merchant_no} is named but not described yet"),
    "unknown_agent": N_("The agent {agent_no} is named but not described yet"),
    "unknown_terminal": N_("The terminal {terminal_id} is named but not described yet"),
    "unknown_card": N_("The card {iccid} is named, but no card list describes it yet"),
    "unknown_account": N_("The account {account} is not in carriers.toml"),
    "unmapped_status": N_("The state “{raw_status}” means nothing we know"),
    "other_account": N_("The account {told} lists it, but for us it belongs to {ours}; nothing was taken over"),
    "told_plan": N_("The carrier's plan was {before}, now it is {after}"),
    "told_device": N_("The carrier saw it in device {before}, now in {after}"),
    "not_listed": N_("A whole reading of account {account} did not name it"),
    "usage_gap": N_("No figure for {days} days between {first} and {last}"),
    "older_expiry": N_("{source} says {told}, but {known} is newer knowledge"),
    "printed_forms": N_("One card under two printed numbers: {before} and {after}"),
    "identity_differs": N_("{field} was {before}, now {after}: two cards may share one number"),
    "card_in_two_rows": N_("The card stands in {rows} rows that do not agree"),
    "card_moved": N_("The card was in terminal {before}, a file now puts it into {after}"),
    "falling_usage": N_("The usage fell from {before} to {after}: new cycle, swap or correction"),
    "unfit": N_("The plan {plan} cannot run in terminal {terminal_id}: {reason}"),
    "came_back": N_("{evidence}: decide again"),
    "expiry_differs": N_("We expected {expected}, the carrier says {told}"),
    "money_clock": N_(
        "The clock of this machine was set by {jumped_s} seconds; nothing is sent until an approver lets it go on"
    ),
    "money_mass_due": N_(
        "{cards} of {live} cards in use ran out since {since}; nothing is sent until an approver has looked and lets it go on"
    ),
    "charged_twice": N_("The carrier seems to have charged twice: {orders}"),
}

# The lines of the report after an import (operations.md §3), in their order.
JOIN_REPORT = {
    "terminals_joined": N_("Terminals with a card and an expiry"),
    "cards_without_terminal": N_("Cards without a terminal, and their yearly cost"),
    "terminals_without_card": N_("Terminals without a card"),
    "terminals_with_two_cards": N_("Terminals with two cards"),
    "card_in_two_rows": N_("Cards that stand in two rows"),
    "expired": N_("Expired cards"),
    "cancel_soon": N_("Cards with fewer than 30 days to cancellation"),
    "plans_without_price": N_("Plans without a price"),
    "merchants_without_contact": N_("Merchants without a contact"),
    "unfit": N_("Cards whose plan cannot run in their terminal"),
}

# Other lists a link may open, beside the lines of the report.
LISTS = {
    "to_place": N_("To be placed today"),
    "dark": N_("Terminals in use whose card is stopped"),
    "went_dark": N_("Went dark since the last working day"),
    "at_risk": N_("Due, and nothing under way"),
    "over_quota": N_("Over quota"),
    "idle": N_("Cards without use"),
    "not_worth": N_("Proposed not to be renewed"),
    "ask_again": N_("Not renewed, and soon gone for good"),
}

# Which field a search found.
MATCHED = {
    "iccid": N_("ICCID"),
    "msisdn": N_("Card number"),
    "terminal_id": N_("Terminal"),
    "serial_no": N_("Serial number"),
    "merchant_no": N_("Merchant number"),
    "imei": N_("IMEI"),
    "imsi": N_("IMSI"),
    "contact_phone": N_("Phone"),
    "contact_name": N_("Contact"),
    "merchant": N_("Merchant"),
    "other": N_("Another number"),
}

# What happened to a card, as its timeline tells it (data/sims/history.py); the names in braces are keys of its detail.
HAPPENINGS = {
    "change:expires_on": N_("Expiry {before} → {after}"),
    "change:silent_until": N_("End of the silent period {before} → {after}"),
    "change:status": N_("Status {before} → {after}"),
    "change:plan": N_("Plan {before} → {after}"),
    "change:terminal": N_("Terminal {before} → {after}"),
    "change:account": N_("Account {before} → {after}"),
    "change:decision": N_("Decision {before} → {after}"),
    "change:decision_reason": N_("Reason of the decision: {after}"),
    "change:decision_evidence": N_("Evidence for the decision: {after}"),
    "change:decision_confirmed": N_("Asked once more before the number is gone: it stays not renewed"),
    "renewal:proposed": N_("Renewal of {months} months for {amount} proposed, batch {batch}"),
    "renewal:approved": N_("Renewal approved, batch {batch}"),
    "renewal:pending": N_("Renewal ready to be sent"),
    "renewal:submitted": N_("Renewal sent to the carrier"),
    "renewal:unknown": N_("Renewal sent, result not confirmed"),
    "renewal:succeeded": N_("Renewal confirmed"),
    "renewal:failed": N_("Renewal failed"),
    "renewal:cancelled": N_("Renewal taken back"),
    "renewal:needs_review": N_("Renewal needs a person's eye"),
    # What was ordered is no renewal: a stop, another plan, add-on data.
    "order:proposed": N_("Proposed for {amount}, batch {batch}: {ordered}"),
    "order:approved": N_("Approved, batch {batch}: {ordered}"),
    "order:submitted": N_("Sent to the carrier: {ordered}"),
    "order:unknown": N_("Sent, result not confirmed: {ordered}"),
    "order:succeeded": N_("Carried out: {ordered}"),
    "order:failed": N_("Not carried out: {ordered}"),
    "order:cancelled": N_("Taken back: {ordered}"),
    "order:needs_review": N_("Needs a person's eye: {ordered}"),
    "note:note": N_("Note: {text}"),
    "voucher:invoice": N_("Invoice filed: {filename}"),
    "voucher:bank_slip": N_("Bank slip filed: {filename}"),
    "voucher:screenshot": N_("Screenshot filed: {filename}"),
    "voucher:other": N_("Paper filed: {filename}"),
    "finding:opened": N_("Found: {text}"),
}
