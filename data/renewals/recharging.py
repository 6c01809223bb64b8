"""Recharge cards: number and PIN are sealed before they are stored and used once; to show one takes an approver's password."""

import re
from dataclasses import dataclass
from pathlib import Path

from data.audit import store as audit
from data.database import Queries, Reader, Transaction
from data.people.passwords import Proof, reauthenticate
from data.people.rules import Action, Actor, Event, NotThere, Refused
from data.people.store import require
from data.renewals import rules
from data.renewals.proposing import Proposed, propose
from data.renewals.rules import ItemCaps
from data.secrets import Keyring, Secret
from data.words import _, moment

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
# What a carrier could print on a card; the lengths it usually prints are RECHARGE_LENGTHS, and only warned about.
_SHAPE = re.compile(r"[0-9A-Za-z]{4,40}")
_PLACE = {"table": "recharge_pin", "column": "sealed"}
_CAPS = ItemCaps()


@dataclass(frozen=True)
class RechargeCard:
    """A recharge card as a person types it off."""

    number: Secret
    pin: Secret
    face_fen: int

    def sealed_text(self) -> Secret:
        """Number and PIN, a line each: what an order carries to the connector."""
        return Secret(f"{_plain(self.number)}\n{_plain(self.pin)}")


@dataclass(frozen=True)
class Entered:
    """What a recharge card may be spoken of as."""

    last4: str  # of its number
    face_fen: int


def recharge(
    tx: Transaction,
    by: Actor,
    *,
    sim_id: int,
    card: RechargeCard,
    keyring: Keyring,
    form_key: str,
    note: str | None = None,
    caps: ItemCaps = _CAPS,
) -> Proposed:
    """Make a batch that recharges one SIM with one card; another person approves it. The card is sealed first.

    A SIM that takes none makes no batch, and keeps no card. Raises Refused for a card that was entered before.
    """
    require(tx, by, Action.PROPOSE, "")
    for part in (card.number, card.pin):
        if not _SHAPE.fullmatch(_plain(part)):
            raise Refused(_("Number and PIN of a recharge card are 4 to 40 letters and digits; type them off again"))
    blind = keyring.blind(_plain(card.number))
    known = tx.row(Q.card_by_blind, blind=blind)
    made = propose(
        tx, by, kind="recharge", sim_ids=(sim_id,), amount_fen=card.face_fen, caps=caps, form_key=form_key, note=note
    )
    if made.batch is None or (known and known["batch"] == made.batch):
        return made
    if known and not known["free"]:
        raise Refused(
            _(
                "This recharge card was entered before, by {name} on {when}, for batch {batch}",
                name=known["name"],
                when=moment(known["entered_at"]),
                batch=known["batch"],
            )
        )
    pin_id = known["pin_id"] if known else int(tx.value(Q.next_pin_id))
    tx.run(
        Q.keep_pin,
        pin_id=pin_id,
        blind=blind,
        last4=_plain(card.number)[-4:],
        sealed=keyring.seal(card.sealed_text(), row=pin_id, **_PLACE),
        face_fen=card.face_fen,
        batch=made.batch,
        line=tx.value(Q.orderable_line, batch=made.batch),
        entered_by=by.person_id,
        now=tx.now,
    )
    audit.record(tx, by, Event.RECHARGE_CARD_ENTERED, f"batch {made.batch}", face_fen=card.face_fen)
    return made


def recharge_card(reader: Reader, keyring: Keyring, *, obligation: int) -> Secret | None:
    """Number and PIN for the order of an item, a line each; None: it has no card. Raises SecretError."""
    found = reader.row(Q.pin_of_item, obligation=obligation)
    return keyring.open(found["sealed"], row=found["pin_id"], **_PLACE) if found else None


def reveal_card(
    tx: Transaction, by: Actor, keyring: Keyring, *, batch: int, password: Proof | None = None
) -> tuple[Secret, Secret]:
    """Number and PIN of the recharge card of a batch, for a carrier's hotline; leaves a trace. Raises Refused, SecretError."""
    object = f"batch {batch}"
    require(tx, by, Action.REVEAL_PIN, object)
    reauthenticate(tx, by, password, Event.RECHARGE_CARD_REVEALED, object)
    found = tx.row(Q.pin_of_batch, batch=batch)
    if found is None:
        raise NotThere(_("This batch has no recharge card"))
    number, pin = keyring.open(found["sealed"], row=found["pin_id"], **_PLACE).reveal().split("\n")
    audit.record(tx, by, Event.RECHARGE_CARD_REVEALED, object, card=found["last4"])
    return Secret(number), Secret(pin)


def reseal_cards(tx: Transaction, by: Actor, keyring: Keyring) -> int:
    """Put every card under the keyring's key of today; how many were under another. Raises SecretError."""
    require(tx, by, Action.WORK, "secrets")
    moved = 0
    for row in tx.rows(Q.sealed_cards):
        anew = keyring.resealed(row["sealed"], row=row["pin_id"], **_PLACE)
        if anew:
            moved += tx.run(Q.seal_card_anew, pin_id=row["pin_id"], sealed=anew)
    audit.record(tx, by, Event.SECRETS_RESEALED, "secrets", what="recharge cards", count=moved, key=keyring.current())
    return moved


def entered(reader: Reader, batch: int) -> Entered | None:
    """The recharge card of a batch, as far as anyone may know it."""
    return reader.record(Entered, Q.entered, batch=batch)


def odd_shape(card: RechargeCard, carrier: str) -> bool:
    """Whether number or PIN are not as long as the carrier usually prints them."""
    usual = rules.RECHARGE_LENGTHS.get(carrier)
    return usual is not None and (len(_plain(card.number)), len(_plain(card.pin))) != usual


def _plain(part: Secret) -> str:
    """As printed, without the blanks and dashes people type between groups."""
    return re.sub(r"[\s-]", "", part.reveal())
