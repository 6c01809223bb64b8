"""What comes back of what was sent: it counts only with the proof that every letter carries."""

import hmac
from dataclasses import dataclass
from datetime import timedelta

from data.audit import store as audit
from data.database import Queries, Transaction
from data.mails import claiming
from data.mails.claiming import Recorded
from data.mails.returning_rules import PROOF_SIGNS, Returned
from data.mails.rules import Outcome
from data.people.rules import Action, Actor, Event
from data.people.store import require
from data.secrets import Keyring
from data.words import N_, later

Q = Queries.beside(__file__, "returning.sql")

CAME_BACK = N_("A mail to it came back: {answer}")
COMPLAINED = N_("Whoever reads it reported a mail from here as unwanted")
# Mail servers try for up to five days before they give a letter back; the reader may be down for a weekend besides.
PROVES_FOR = timedelta(days=7)
# What a server answers that refuses at once.
_REFUSED = 550


@dataclass(frozen=True)
class CameBack:
    """What a returned mail changed."""

    kind: str  # bounced, complained, nothing
    ended: Recorded | None = None  # the letter, where it did not arrive after all


def proof(keyring: Keyring, *, message_id: str, address: str) -> str:
    """What a letter to this address is known by when it comes back: 32 hexadecimal characters. Raises SecretError."""
    return keyring.signature(f"{message_id}|{address}", purpose="bounce")[:PROOF_SIGNS]


def came_back(tx: Transaction, by: Actor, *, returned: Returned, keyring: Keyring) -> CameBack | None:
    """Write down what a returned mail says of its letter; None: it proves nothing. Twice is as good as once.

    1. the letter left within the last seven days, and its proof is that of its own name and address
    2. refused for good: as if its server had refused it at once. A complaint: no more mail goes to that address
    """
    require(tx, by, Action.WORK, "returned mail")
    letter = tx.row(Q.letter, message_id=returned.message_id, since=tx.now - PROVES_FOR)
    if letter is None:
        return None
    wanted = proof(keyring, message_id=returned.message_id, address=letter["address"])
    if not hmac.compare_digest(wanted, returned.proof):
        return None
    if returned.kind == "bounced":
        outcome = Outcome("refused", _REFUSED, later(CAME_BACK, answer=returned.answer))
        return CameBack("bounced", claiming.returned(tx, by, mail_id=letter["mail_id"], outcome=outcome))
    if returned.kind == "complained":
        known = {"address": letter["address"], "reply": later(COMPLAINED), "now": tx.now}
        if tx.run(Q.address_complained, **known):
            audit.record(tx, by, Event.ADDRESS_COMPLAINED, f"address {letter['address']}")
    return CameBack(returned.kind)
