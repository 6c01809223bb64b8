"""Why a card cannot be ordered for, what stands beside a line that can, and the caps of one item."""

from dataclasses import dataclass

from data.words import N_

# Why a card cannot be ordered for; which holds is judged in previewing.sql, in this order.
REFUSALS = {
    "not_live": N_("The card is cancelled, replaced or reported lost"),
    "not_in_use": N_("The card is in stock, in its test or in its silent period"),
    "declined": N_("The card is not to be renewed"),
    "no_expiry": N_("The expiry date is not known"),
    "auto_renew": N_("The carrier renews this card by itself (auto-renew is on)"),
    "no_account": N_("The card's account is empty or not in carriers.toml"),
    "not_able": N_("The account's connection cannot do this"),
    "no_recharge": N_("The account is not paid by recharge card, and its connection takes none"),
    "pin_lock": N_("Two recharge cards were refused: the account takes no other before someone says it is mended"),
    "not_running": N_("The card does not run: only a running card can have this"),
    "plan_over": N_("The card's main plan has ended: renew it first"),
    "stop_forbids": N_("The carrier stopped this card for a reason that we cannot lift; ask its support"),
    "not_stopped": N_("The card is not stopped"),
    "no_plan": N_("No plan is chosen"),
    "other_carrier": N_("The plan is of another carrier than the card"),
    "not_add_on": N_("The plan is no add-on"),
    "not_main": N_("The plan is no main plan"),
    "same_plan": N_("The card has this plan already"),
    "plan_unfit": N_("The plan cannot run in the card's terminal"),
    "no_amount": N_("There is no recharge card with an amount"),
    "other_batch": N_("The card is already in another open batch"),
    "already_renewed": N_("This term has been renewed already"),
    "already_bought": N_("The card has this already in this cycle; a second one needs an approver's word"),
    "charged": N_("A carrier's statement shows a charge for its failed renewal: settle that difference first"),
    "not_repaired": N_("The last try failed, and nobody has said that the cause is mended"),
    "no_price": N_("The plan has no valid price"),
    "bad_months": N_("The months are no multiple of the plan's term"),
    "off_list": N_("The price is not within the plan's listed prices"),
    "item_cap": N_("One item may not cost that much"),
    "price_jump": N_("The price per month is too far from what this card cost the last time"),
}

# Warnings stand beside a line and refuse nothing: the approver sees them. The first that holds, in this order.
WARNINGS = {
    "far_ahead": N_("The card expires more than 60 days from now; was it renewed elsewhere?"),
    "second": N_("A deliberate second purchase in this cycle"),
    "price_off": N_("The price is not what this card cost the last time"),
    "below_plan": N_("The recharge card holds less than one term of the plan costs"),
}


@dataclass(frozen=True)
class ItemCaps:
    """What one item may cost at most; the settings of the home say so."""

    item_max_yuan: int = 2000
    price_jump_percent: int = 50  # how far a month may be from what the card's last one cost; 0: any
