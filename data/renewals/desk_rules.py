"""The words of the desks where people settle what no machine can: differences, reviews, paid cards, retries."""

from data.words import N_

# What a comparison with a carrier's statement finds.
CLASSES = {
    "theirs_only": N_("theirs only"),
    "duplicate": N_("duplicate"),
    "amount_differs": N_("amount differs"),
    "ours_only": N_("ours only"),
}

# Why it does not match.
WHYS = {
    "strange": N_("No order of ours"),
    "failed_charged": N_("Counts as not bought here, and was charged"),
    "second": N_("A second deduction for this card within two months"),
    "twice": N_("One purchase, charged more than once"),
    "amount": N_("Another amount than ordered"),
    "refunded": N_("Charged, and given back later"),
    "card": N_("Booked for another card"),
    "paper": N_("The paper's amount is not the sum of the renewals it proves"),
    "missing": N_("No statement shows it"),
}

# What people may say became of a renewal.
VERDICTS = {
    "succeeded": N_("It took effect"),
    "failed": N_("It had no effect"),
}

# How a card stands whose renewal went through.
OUTCOMES = {
    "waiting": N_("to be read"),
    "verified": N_("runs on"),
    "not_extended": N_("paid, not extended"),
    "closed": N_("settled by hand"),
}
