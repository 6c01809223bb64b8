"""Muting: whoever only reads stops the daily digests, by the link in each of them; what is urgent still comes.

A link stands for one recipient at one address: where either has changed since, it is worth nothing.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.rules import SYSTEM, Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.secrets import Keyring
from data.words import _

Q = Queries.beside(__file__, "muting.sql")

LINK_DAYS = 30
# Who has no sign-in and so no other way to say that this is enough.
ONLY_READ = frozenset({"agent", "branch"})
# No other state takes digests.
LISTENING = frozenset({"verified", "soft_bouncing"})
# 128 bits; the address in a letter stays short.
_SIGNS = 32
# One click is asked for over https only (RFC 8058, section 3.1), and a header has room for plain signs only.
_REACHED = re.compile(r"https://[!-~]+")
_NUMBER = re.compile(r"[0-9]{1,18}")
_BY_LINK = replace(SYSTEM, source="link")


@dataclass(frozen=True)
class Outsider:
    """Whom a link is for."""

    recipient_id: int
    name: str
    language: str
    address: str
    listening: bool  # whether digests go there


def link(keyring: Keyring, public_url: str, *, recipient_id: int, address: str, today: date) -> str:
    """Where the digests to this address are stopped, for LINK_DAYS; "" where nobody outside could follow it."""
    if not _REACHED.fullmatch(public_url):
        return ""
    number, until = str(recipient_id), (today + timedelta(days=LINK_DAYS)).isoformat()
    asked = {"to": number, "until": until, "sign": _signature(keyring, number, address, until)}
    return f"{public_url.rstrip('/')}/unsubscribe?{urlencode(asked)}"


def of_link(reader: Reader, keyring: Keyring, asked: Mapping[str, str], *, today: date) -> Outsider | None:
    """Whom a link's query is for; None: it was changed, is too old, or none of ours.

    A number nobody has is looked up and signed like any other: the answer takes as long.
    """
    number, until = asked.get("to", ""), asked.get("until", "")
    row = reader.row(Q.recipient, recipient_id=int(number) if _NUMBER.fullmatch(number) else None)
    signature = _signature(keyring, number, (row and row["address"]) or "", until)
    signed = hmac.compare_digest(signature.encode(), asked.get("sign", "").encode())
    if not signed or until < today.isoformat() or row is None or row["kind"] not in ONLY_READ:
        return None
    told = {name: row[name] for name in ("recipient_id", "name", "language", "address")}
    return Outsider(**told, listening=row["state"] in LISTENING)


def mute_by_link(tx: Transaction, keyring: Keyring, asked: Mapping[str, str]) -> Outsider | None:
    """Stop the digests a link is for, whoever holds it; once more changes nothing. None: it is no such link."""
    found = of_link(tx, keyring, asked, today=tx.today)
    if found is None:
        return None
    if tx.rows(Q.mute, address=found.address, now=tx.now):
        audit.record(tx, _BY_LINK, Event.ADDRESS_MUTED, f"recipient {found.recipient_id}", address=found.address)
    return replace(found, listening=False)


def mute(tx: Transaction, by: Actor, *, recipient_id: int) -> None:
    """Stop the digests to whoever has asked us to. Raises Refused for people who sign in, and where none go."""
    address = _address(tx, by, recipient_id)
    if not tx.rows(Q.mute, address=address, now=tx.now):
        raise Refused(_("No digests go to this address as it stands"))
    audit.record(tx, by, Event.ADDRESS_MUTED, f"recipient {recipient_id}", address=address)


def unmute(tx: Transaction, by: Actor, *, recipient_id: int) -> None:
    """Let the digests go again, with what still holds of those kept back. Raises Refused where nothing is muted."""
    address = _address(tx, by, recipient_id)
    if not tx.rows(Q.unmute, address=address, now=tx.now):
        raise Refused(_("This address is not muted"))
    audit.record(tx, by, Event.ADDRESS_UNMUTED, f"recipient {recipient_id}", address=address)


def _address(tx: Transaction, by: Actor, recipient_id: int) -> str | None:
    require(tx, by, Action.KEEP_REMINDERS, "recipients")
    row = tx.row(Q.recipient, recipient_id=recipient_id)
    if row is None:
        raise NotThere(_("There is no such recipient"))
    if row["kind"] not in ONLY_READ:
        raise Refused(
            _("Only agents and branches can be muted. Whoever signs in acknowledges, puts off, or hands over.")
        )
    address: str | None = row["address"]
    return address


def _signature(keyring: Keyring, number: str, address: str, until: str) -> str:
    return keyring.signature(f"{number}|{address}|{until}", purpose="mute")[:_SIGNS]
