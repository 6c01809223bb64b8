"""What may be said of a provider, and the usual steps of each way to pay one."""

import re
import unicodedata
from urllib.parse import urlsplit

from data.words import N_

KINDS = {"carrier": N_("carrier"), "agent": N_("agent"), "institution": N_("institution")}
OFFICIAL = {True: N_("official channel"), False: N_("unofficial channel")}
INVOICE_HABITS = {
    "special": N_("special invoice"),
    "general": N_("general invoice"),
    "none": N_("gives no invoice"),
}
# What is usually done, step by step; a provider's own list begins with it.
USUAL_STEPS: dict[str, tuple[str, ...]] = {
    "prepaid": (
        N_("Look up the balance; it covers the list"),
        N_("Top up in time: finance pays into the prepaid account"),
        N_("Hand the list over and name the batch"),
        N_("Compare what was drawn down with the list"),
    ),
    "transfer": (
        N_("Ask for the payment; the bank data come from the register of payees"),
        N_("Finance pays and gives the batch number as remark"),
        N_("Send the bank slip with the list"),
        N_("Read a fresh card list back in"),
    ),
    "online": (
        N_("Open the portal by the link given here, never by one from a message"),
        N_("Upload the list, compare number and sum"),
        N_("Pay there and keep the screenshot as proof"),
        N_("Read a fresh card list back in"),
    ),
    "recharge_card": (
        N_("Count the cards needed and their face values"),
        N_("Enter each one at its SIM; it is sealed at once"),
        N_("After two refusals stop and call the seller"),
    ),
    "monthly": (
        N_("Hand the list over and name the batch"),
        N_("Compare the month's bill with the batches"),
        N_("Ask for the payment by the day agreed"),
    ),
}

NO_NAME = N_("Type the provider's name, at most 120 characters")
INVISIBLE = N_("A field holds signs that cannot be seen; type it off instead of pasting it")
TOO_LONG = N_("A field holds more than {most} characters")
BAD_PORTAL = N_("'{url}' is no address of a portal; write it such as https://portal.example.com/cards")
NO_WAY = N_("Choose at least one way to pay")

MOST_NAME = 120
MOST_TEXT = 2_000
_MOST_URL = 300
_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")


def portal_fault(url: str) -> str | None:
    """What is wrong with the address of a portal, as a msgid with {url}; None: nothing. It becomes a link that people trust."""
    if len(url) > _MOST_URL or not url.isascii() or not url.isprintable() or re.search(r"[\s\\<>\"'`{}|^]", url):
        return BAD_PORTAL
    try:
        parts = urlsplit(url)
        sound = parts.scheme == "https" and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        return BAD_PORTAL
    return None if sound and _HOST.fullmatch(parts.hostname or "") else BAD_PORTAL


def hides_signs(text: str) -> bool:
    """Whether a text holds signs that take no room or turn the direction of writing; lines may end."""
    return any(
        unicodedata.category(sign) in {"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"} for sign in text if sign != "\n"
    )
