"""What people read for the codes of reminders, and their recipients."""

from data.reminders.rules import CONCERNED, SUBJECTS, stages_of
from data.words import N_, _, plural

SUBJECT_WORDS = {
    "expiry": N_("Card expires"),
    "cancel": N_("Number lost for good"),
    "silent": N_("Silent period ends"),
    "quota": N_("Share of the quota used"),
    "exhaust": N_("Data about to run out"),
    "balance": N_("Account low"),
    "failed": N_("Renewal failed"),
    "unconfirmed": N_("Renewal unconfirmed"),
    "review": N_("Waits for your approval"),
    "batch": N_("Batch finished or late"),
    "payment": N_("Payment request due"),
    "voucher": N_("Voucher missing"),
    "notice": N_("Plan change announced"),
    "offer": N_("Price that ends"),
}
KIND_WORDS = {
    "person": N_("signs in"),
    "agent": N_("agent's contact"),
    "branch": N_("branch's contact"),
    "chat": N_("chat group"),
}
ADDRESS_WORDS = {
    "unverified": N_("not confirmed yet"),
    "verified": N_("confirmed"),
    "soft_bouncing": N_("not getting through for days"),
    "bounced": N_("refused by its server"),
    "complained": N_("asked us to stop"),
    "muted": N_("muted"),
    "none": N_("no address"),
    "group": N_("group's own bot"),
}
ADDRESS_COLOURS = {
    "verified": "green",
    "group": "green",
    "unverified": "orange",
    "none": "orange",
    "soft_bouncing": "orange",
    "bounced": "red",
    "complained": "red",
    "muted": "gray",
}
STATE_WORDS = {
    "due": N_("due"),
    "in_mail": N_("in the next mail"),
    "done": N_("sent"),
    "skipped_late": N_("skipped, a later one was sent"),
    "moot": N_("settled before it was sent"),
    "suppressed": N_("address takes no mail"),
    "acknowledged": N_("acknowledged"),
    "snoozed": N_("put off"),
}


# Whom a rule may name beside the roles of people.
HEARS_WORDS = {
    "agent": N_("every agent, of its own cards"),
    "branch": N_("every branch, of its own cards"),
    "chat": N_("every chat group"),
    CONCERNED: N_("its maker and its checker"),
}


def stage_words(subject: str, stage: str) -> str:
    """A stage as people say it: "7 days ahead", "on the day", "80%", "told to the lead too"."""
    if stage.startswith("esc-"):
        return _("told to the deputy too") if stage == "esc-deputy" else _("told to the lead too")
    count = int(stage)
    if SUBJECTS[subject].unit == "percent":
        return f"{count}%"
    if SUBJECTS[subject].event:
        return plural("{count} day after", "{count} days after", -count) if count else _("when it happens")
    if count == 0:
        return _("on the day")
    if count < 0:
        return plural("{count} day overdue", "{count} days overdue", -count)
    return plural("{count} day ahead", "{count} days ahead", count)


def stages_words(subject: str, stages: str) -> str:
    """The stages of a rule on one line: "30, 14, 7 days ahead, on the day, 1 day overdue"."""
    found = stages_of(subject, stages)
    if SUBJECTS[subject].unit == "percent":
        return _(", ").join(f"{count}%" for count in found)
    ahead = [str(count) for count in found if count > 1]
    # "30, 14, 1 days ahead" reads well where another goes before it.
    near = [count for count in found if count <= 1]
    if ahead and near[:1] == [1]:
        ahead.append(str(near.pop(0)))
    first = [_("{days} days ahead", days=_(", ").join(ahead))] if ahead else []
    return _(", ").join([*first, *(stage_words(subject, str(count)) for count in near)])
