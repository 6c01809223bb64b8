"""The approver's word: totals typed once per payee, the company's form, the password; or the way back to the maker."""

import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.password import password_field
from data.people import deputies
from data.people.rules import Action, Event
from data.renewals import store as renewals
from data.renewals.store import Status
from data.vouchers import store as vouchers
from data.vouchers.rules import ENDINGS
from data.words import _, day, plural, yuan

APPROVED = "approvals:approved"


def figure(typed: str) -> Decimal | None:
    """A number as people write it: full-width digits, commas and either yuan sign; None: it is none."""
    plain = unicodedata.normalize("NFKC", typed).replace(",", "").replace("¥", "").strip()
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def totals(items: str, amount: str) -> tuple[int, int] | None:
    """A number of SIMs and a sum in yuan as typed: the count and the fen; None where one of them is no such thing."""
    count, sum_yuan = figure(items), figure(amount)
    if count is None or sum_yuan is None or count % 1 or sum_yuan * 100 % 1:
        return None
    return int(count), int(sum_yuan * 100)


def may_approve(who: viewer.Viewer, maker: str) -> bool:
    """Whether to offer the form: an approver or somebody's deputy today, and not the maker."""
    if who.name == maker:
        return False
    if who.may(Action.APPROVE):
        return True
    return bool(reading.read(deputies.stands_in, who.actor.person_id, day=reading.today()))


def approval_form(status: Status, who: viewer.Viewer, *, second: bool) -> None:
    """The form that approves exactly this content. `second`: a line buys once more on purpose, and a reason is due."""
    batch, payees = status.batch, reading.read(renewals.payees, status.batch)
    # The key carries the content: a click on a form that showed other lines reaches nobody.
    key = f"approve:{batch}:{status.content_hash[:16]}"
    with st.form(key, border=False):
        st.caption(_("Type the number of SIMs and the sum once for every payee."))
        typed = {row["payee"]: _payee(row, f"{key}:{place}") for place, row in enumerate(payees)}
        reason = st.text_input(_("Why a second purchase in this cycle"), key=f"{key}:reason") if second else None
        with st.container(horizontal=True, vertical_alignment="bottom"):
            form_no = st.text_input(_("Approval form number (OA)"), key=f"{key}:form_no", max_chars=60, width=220)
            paper = _paper(key)
            password = password_field(key)
            label = plural("Approve {count} SIM", "Approve {count} SIMs", status.items)
            pressed = st.form_submit_button(
                f"{label} · {yuan(status.amount_fen)}", type="primary", icon=":material/verified:"
            )
    if not pressed:
        return
    if any(found is None for found in typed.values()):
        st.error(_("Type the number of SIMs and the sum in yuan for every payee; nothing was approved."))
        return
    home = reading.home()
    with viewer.told():
        proof = viewer.proved(password, Event.BATCH_APPROVED, f"batch {batch}")
        with reading.writing() as tx:
            renewals.approve(
                tx,
                who.actor,
                batch=batch,
                content_hash=status.content_hash,
                settings=home.settings,
                typed={payee: found for payee, found in typed.items() if found},
                password=proof,
                form_no=form_no,
                form_voucher=_filed(tx, who, paper),
                reason=reason,
            )
        viewer.keep(APPROVED, batch)
        st.rerun()


def told_approved() -> None:
    """What this person has just approved, once."""
    batch = viewer.kept(APPROVED)
    if batch is not None:
        viewer.forget(APPROVED)
        st.success(_("Batch {batch} is approved; it starts within seconds.", batch=batch), icon=":material/task_alt:")


def send_back(status: Status, who: viewer.Viewer) -> None:
    """The other word: back to the maker, with the reason."""
    with st.popover(_("Send back"), icon=":material/undo:", key=f"back:{status.batch}:popover"):
        why = st.text_input(_("What is to be changed"), key=f"back:{status.batch}:why", max_chars=200)
        if st.button(_("Send it back to its maker"), type="primary", key=f"back:{status.batch}"):
            with viewer.told():
                with reading.writing() as tx:
                    renewals.send_back(tx, who.actor, batch=status.batch, why=why)
                st.rerun()


def _payee(row: dict[str, Any], key: str) -> tuple[int, int] | None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(width=420, gap="xxsmall"):
            st.text(row["payee"] or _("Payee not known"))
            said = [plural("{count} SIM", "{count} SIMs", row["items"]), yuan(row["amount_fen"])]
            if row["first_act_by"]:
                said.append(_("place by {day}", day=day(row["first_act_by"])))
            st.caption(" · ".join(said))
        # No grey figure in the field: it would look as if it were typed already.
        items = st.text_input(_("SIMs"), key=f"{key}:items", width=140)
        amount = st.text_input(_("Sum in yuan"), key=f"{key}:amount", width=180)
    return totals(items, amount)


def _paper(key: str) -> Any:
    limit = reading.home().settings.voucher_max_mb
    endings = [ending for endings in ENDINGS.values() for ending in endings]
    return st.file_uploader(_("The form's file"), type=endings, max_upload_size=limit, key=f"{key}:paper", width=300)


def _filed(tx: Any, who: viewer.Viewer, paper: Any) -> int | None:
    if paper is None:
        return None
    home = reading.home()
    return vouchers.file_paper(
        tx,
        who.actor,
        content=paper.getvalue(),
        filename=paper.name,
        folder=home.vouchers,
        max_mb=home.settings.voucher_max_mb,
        kind="form",
    ).voucher_id
