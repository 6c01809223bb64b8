"""The approval: exactly these lines, by another person; the obligations are made and the money is set aside."""

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from data.audit import store as audit
from data.database import Queries, Reader, Row, Transaction
from data.people import deputies
from data.people.passwords import Proof, reauthenticate
from data.people.rules import Action, Actor, Event, Refused, Role, may
from data.people.store import require
from data.renewals import capping, rules, stopping
from data.renewals.moves import BatchState, may_become
from data.settings import Settings
from data.words import _, moment, number, yuan

Q = Queries(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
Typed = Mapping[str, tuple[int, int]]  # payee → number of SIMs and sum in fen, as the approver typed them
# A form number is read by people and stands in the records.
MOST_FORM_NO = 60


def approve(
    tx: Transaction,
    by: Actor,
    *,
    batch: int,
    content_hash: str,
    settings: Settings,
    typed: Typed | None = None,
    password: Proof | None = None,
    form_no: str | None = None,
    form_voucher: int | None = None,
    reason: str | None = None,
) -> None:
    """Approve exactly this content: the obligations are made and the money is set aside.

    1. the right, his own or as a deputy; another person than the maker; from a page the password and the totals typed
    2. the caps of a batch, of an item, and of everybody's, a person's and an account's day, under the writer lock
    3. the company's own form, where the settings want one; a reason where a line is a deliberate second purchase
    4. compare and set on state and content hash; the hash is computed again from the lines
    5. no line's card is on its way elsewhere
    6. adopt what failed or was taken back, make what is new

    `typed`: every payee's number and sum, obligatory from a page. `form_voucher`: the form's file, a voucher_id.
    Raises Refused in words.
    """
    found = stopping.known(tx, batch)
    acting_for = deputies.entitled(tx, by, f"batch {batch}", maker=found["maker"], day=tx.today)
    if not may_become(BatchState(found["state"]), BatchState.APPROVED):
        raise Refused(_why_not_approved(found))
    reauthenticate(tx, by, password, Event.BATCH_APPROVED, f"batch {batch}")
    _check_typed(tx, by, batch=batch, typed=typed)
    capping.within_caps(tx, batch=found, settings=settings)
    form_no = _form(tx, form_no, form_voucher, needed=settings.approval_form_needed)
    second = _second_purchases(tx, batch=batch, acting_for=acting_for, reason=reason)
    said = {"checker": by.person_id, "acting_for": acting_for, "form_no": form_no, "form_voucher": form_voucher}
    if not tx.rows(Q.approve_batch, batch=batch, content_hash=content_hash, now=tx.now, **said):
        raise Refused(_("This batch has changed since you looked at it; look again"))
    keys = sound_keys(tx, batch, content_hash=content_hash)
    place(tx, by, batch=batch, maker=found["maker"], keys=keys)
    noted = {"acting_for": acting_for, "form_no": form_no, "second_purchases": second or None, "reason": reason}
    audit.record(
        tx,
        by,
        Event.BATCH_APPROVED,
        f"batch {batch}",
        content_hash=content_hash,
        amount_fen=found["amount_fen"],
        **{name: value for name, value in noted.items() if value is not None},
    )


def send_back(tx: Transaction, by: Actor, *, batch: int, why: str) -> None:
    """Turn a proposed batch down with the reason; its cards are free for another proposal. Raises Refused."""
    require(tx, by, Action.CANCEL_BATCH, f"batch {batch}")
    found = stopping.known(tx, batch)
    if not why.strip():
        raise Refused(_("Say why, so that the maker knows what to change"))
    if found["state"] != BatchState.PROPOSED.value:
        raise Refused(_why_not_approved(found))
    stopping.move(tx, batch, BatchState.CANCELLED)
    tx.run(Q.note_batch, batch=batch, note=f"{by.name}: {why.strip()[:200]}")
    audit.record(tx, by, Event.BATCH_SENT_BACK, f"batch {batch}", why=why.strip()[:200])


def still_entitled(guard: Row) -> bool:
    """Whether who let this batch go may still do so, by the row of `guard_of_batch`.

    The approver; or the deputy, if his deputyship held on the day of approval, has not been taken back, and the one he
    stands for is an approver still; or, in the urgent lane, the maker alone.
    """
    if guard["urgent"]:
        return bool(guard["maker_active"]) and may(Role(guard["maker_role"]), Action.PROPOSE)
    if not guard["active"]:
        return False
    if guard["acting_for"] is None:
        return may(Role(guard["role"]), Action.APPROVE)
    absent = bool(guard["for_active"]) and may(Role(guard["for_role"]), Action.APPROVE)
    return absent and bool(guard["deputy_holds"]) and may(Role(guard["role"]), Action.DEPUTISE)


def payees(reader: Reader, batch: int) -> list[Row]:
    """Who is paid by this batch: payee ('' unknown), items, amount_fen, first_act_by; largest sum first."""
    return reader.rows(Q.payees, batch=batch)


def content_is_approved(reader: Reader, batch: int) -> bool:
    """Whether the lines, hashed again now, are what the approver saw."""
    row = stopping.known(reader, batch)
    lines = (rules.content(line)[1:] for line in reader.rows(Q.orderable_lines, batch=batch))
    return bool(row["approved_hash"] == row["content_hash"] == rules.content_hash(lines))


def sound_keys(tx: Transaction, batch: int, *, content_hash: str) -> dict[int, str]:
    """The obligation key of every orderable line. Raises Refused if a line changed or its card is on its way elsewhere."""
    contents = [rules.content(line) for line in tx.rows(Q.orderable_lines, batch=batch)]
    if rules.content_hash(content[1:] for content in contents) != content_hash:
        raise Refused(_("The lines of this batch are not what was proposed; nothing was approved"))
    taken = tx.value(Q.conflicts, batch=batch)
    if taken:
        raise Refused(_("{n} cards of this batch are in another batch by now; propose it again", n=number(taken)))
    return {content[0]: content[1] for content in contents}


def place(tx: Transaction, by: Actor, *, batch: int, maker: int, keys: Mapping[int, str]) -> None:
    """Adopt what failed or was taken back, make what is new, set its money aside: everything waits for the worker."""
    said = {"batch": batch, "now": tx.now, "actor": by.name, "maker": maker, "day": tx.today}
    said["evidence"] = f'{{"batch":{batch}}}'
    for query in (Q.keep_past, Q.adopted_events, Q.adopt_placements, Q.adopt_reservations, Q.adopt_states):
        tx.run(query, **said)
    stems = [key.split("|")[1] for key in keys.values()]
    with tx.frame("keys", pa.table({"line": list(keys), "key": list(keys.values()), "stem": stems})):
        tx.run(Q.add_obligations, **said)
    for query in (Q.add_placements, Q.add_reservations, Q.new_events, Q.new_states):
        tx.run(query, **said)


def _why_not_approved(found: Row) -> str:
    if found["checker_name"]:
        return _(
            "{name} approved this batch already, {when}", name=found["checker_name"], when=moment(found["approved_at"])
        )
    return _("This batch does not wait for approval: it is {state}", state=_(rules.BATCH_WORDS[found["state"]]))


def _check_typed(tx: Transaction, by: Actor, *, batch: int, typed: Typed | None) -> None:
    if typed is None and by.source != "page":
        return
    asked = {row["payee"]: (row["items"], row["amount_fen"]) for row in payees(tx, batch)}
    typed = typed or {}
    for payee, (items, amount_fen) in asked.items():
        if typed.get(payee) != (items, amount_fen):
            raise Refused(
                _(
                    "For {payee} the number and the sum typed are not those of the batch, {n} and {amount}; nothing was approved",
                    payee=payee or _("Payee not known"),
                    n=number(items),
                    amount=yuan(amount_fen),
                )
            )
    if set(typed) - set(asked):
        raise Refused(_("This batch has changed since you looked at it; look again"))


def _form(tx: Transaction, form_no: str | None, voucher: int | None, *, needed: bool) -> str | None:
    form_no = (form_no or "").strip() or None
    if needed and form_no is None:
        raise Refused(_("Give the number of the company's approval form (OA)"))
    if form_no and len(form_no) > MOST_FORM_NO:
        raise Refused(_("A form number has at most {most} characters", most=MOST_FORM_NO))
    if voucher is not None and tx.row(Q.form_paper, voucher_id=voucher) is None:
        raise Refused(_("Voucher {voucher} is no approval form", voucher=voucher))
    return form_no


def _second_purchases(tx: Transaction, *, batch: int, acting_for: int | None, reason: str | None) -> int:
    """How many lines buy a second time on purpose: an approver's word only, in his own right and with a reason."""
    count = int(tx.value(Q.second_purchases, batch=batch))
    if count and acting_for is not None:
        raise Refused(_("A second purchase for one cycle needs the approver himself, not his deputy"))
    if count and not (reason and reason.strip()):
        raise Refused(
            _("{n} cards have this purchase already in this cycle; say why they get a second one", n=number(count))
        )
    return count
