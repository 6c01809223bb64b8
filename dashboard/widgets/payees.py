"""Payees on the page: the register, what awaits a second person, one payee's history, and the forms of both persons."""

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.password import password_field
from data.payees import rules
from data.payees import store as payees
from data.payees.store import BankData, Change
from data.people.rules import Action, Event, Refused
from data.secrets import Secret
from data.vouchers import store as vouchers
from data.vouchers.rules import ENDINGS
from data.words import N_, _, moment

_MOST = 120
_SAID = "payees:said"
_COLOURS = {
    "confirmed": "green",
    "changing": "blue",
    "proposed": "orange",
    "unknown": "red",
    "refused": "red",
    "stopped": "red",
    "withdrawn": "gray",
}
_TAX_NO, _BANK, _OPENING_BANK = N_("Tax number"), N_("Bank"), N_("Opening bank")
_CNAPS, _ACCOUNT_NO = N_("CNAPS number"), N_("Account number")
_PAYEES = (
    Column("name", N_("Payee"), pinned=True, width=245),
    Column("standing", N_("Standing"), "badge", words=rules.STANDINGS, colours=_COLOURS, width=190),
    Column("accounts", N_("Accounts"), width=120),
    Column("bank", _BANK, width=150),
    Column("opening_bank", _OPENING_BANK, width=150),
    Column("account_no", _ACCOUNT_NO, width=112),
    Column("confirmed_by", N_("Confirmed by"), width=105),
    Column("confirmed_at", N_("Confirmed at"), "moment", width=130),
)
_HISTORY = (
    Column("proposed_at", N_("Proposed at"), "moment", pinned=True, width=130),
    Column("state", N_("Standing"), "badge", words=rules.STATES, colours=_COLOURS, width=160),
    Column("proposer", N_("Proposed by"), width=100),
    Column("decider", N_("Second person"), width=105),
    Column("decided_at", N_("Decided at"), "moment", width=130),
    Column("account_no", _ACCOUNT_NO, width=105),
    Column("bank", _BANK, width=120),
    Column("opening_bank", _OPENING_BANK, width=180),
    Column("cnaps", _CNAPS, width=120),
    Column("tax_no", _TAX_NO, width=175),
    Column("proof", N_("Proof"), "count", width=70),
    Column("note", N_("Remark"), width=180),
    Column("reason", N_("Why not"), width=200),
)
_COMPARED = (
    Column("what", N_("Bank data"), pinned=True, width=140),
    Column("now", N_("Confirmed now"), width=330),
    Column("proposed", N_("Proposed"), width=330),
)


def said() -> None:
    """What this person has just done, once."""
    told = viewer.kept(_SAID)
    if told:
        viewer.forget(_SAID)
        for icon, sentence in told:
            st.info(sentence, icon=icon)


def register(rows: pa.Table) -> dict[str, Any] | None:
    """Everybody in the register or named by an account; the chosen one, or the one a link names."""
    place = choose_one(_with_number(rows), _PAYEES, key="payees:register", alt=_("Payees"))
    if place is not None:
        return rows.slice(place, 1).to_pylist()[0]
    asked = st.query_params.get("payee", "")
    return next((row for row in rows.to_pylist() if row["name"] == asked), None)


def _with_number(rows: pa.Table) -> pa.Table:
    ends = [None if end is None else rules.masked(end) for end in rows["account_last4"].to_pylist()]
    return tables.replaced(rows, account_no=pa.array(ends, pa.string()))


def one_payee(row: dict[str, Any], who: viewer.Viewer) -> None:
    """One payee: why nothing is paid to him, everything that was ever said, and what this person may do."""
    found = reading.read(payees.changes, payee=row["name"])
    with section(_("Bank data and their history"), _("newest first; only what was confirmed last counts")) as controls:
        st.text(row["name"])
        if row["standing"] in rules.NOT_PAYABLE:
            # Names read Markdown in a warning; here they are plain text.
            st.text(_(rules.NOT_PAYABLE[row["standing"]], payee=row["name"]))
        if row["stop_reason"]:
            at, why = moment(row["stopped_at"]), row["stop_reason"]
            st.text(_("{name} stopped payments on {at}: {why}", name=row["stopped_by"], at=at, why=why))
        if found:
            history = pa.Table.from_pylist([vars(one) for one in found])
            listing(_with_number(history), _HISTORY, key="payees:history", alt=_("History of the bank data"))
        with controls:
            if row["payee_id"] is not None and row["standing"] != "stopped" and who.may(Action.STOP_PAYEE):
                _stop(row, who)
    if who.may(Action.PROPOSE_PAYEE) and not any(one.state == "proposed" for one in found):
        with section(_("Propose bank data"), _("another person confirms them before anything is paid")):
            proposal_form(row["name"], who)


def _stop(row: dict[str, Any], who: viewer.Viewer) -> None:
    with st.popover(_("Stop payments"), icon=":material/front_hand:"):
        why = st.text_input(_("Why"), max_chars=200, key=f"payees:{row['payee_id']}:why")
        if st.button(_("Pay him nothing more"), type="primary", key=f"payees:{row['payee_id']}:stop"):
            with viewer.told():
                with reading.writing() as tx:
                    payees.stop(tx, who.actor, payee_id=row["payee_id"], reason=why)
                st.rerun()


def proposal_form(name: str | None, who: viewer.Viewer) -> None:
    """The first person's form; `name`: of a payee we know, None: of a new one."""
    key = f"payees:propose:{name or ''}"
    with st.form(key, border=False):
        payee = name or st.text_input(
            _("Payee, as his bank names him"), max_chars=_MOST, key=f"{key}:name", placeholder=""
        )
        left, middle, right = st.columns(3)
        tax_no = left.text_input(_(_TAX_NO), max_chars=40, key=f"{key}:tax_no")
        account = middle.text_input(_(_ACCOUNT_NO), max_chars=60, autocomplete="off", key=f"{key}:account")
        cnaps = right.text_input(_("CNAPS number, where the bank asks for it"), max_chars=40, key=f"{key}:cnaps")
        bank = left.text_input(_(_BANK), max_chars=_MOST, key=f"{key}:bank")
        opening_bank = middle.text_input(_("Opening bank, the branch in full"), max_chars=_MOST, key=f"{key}:opening")
        note = right.text_input(_("Remark"), max_chars=200, key=f"{key}:note")
        paper = st.file_uploader(
            _("The paper that shows them: account permit, licence, letter with a seal"),
            type=[ending for endings in ENDINGS.values() for ending in endings],
            max_upload_size=reading.home().settings.voucher_max_mb,
            key=f"{key}:paper",
        )
        sent = st.form_submit_button(_("Submit for review"), type="primary", icon=":material/fact_check:")
    if not sent:
        return
    with viewer.told():
        with reading.writing() as tx:
            data = BankData(tax_no, Secret(account), bank, opening_bank, cnaps or None, _filed(tx, who, paper), note)
            payees.propose(tx, who.actor, reading.home().keyring, payee=payee or "", data=data)
        told = [(":material/fact_check:", _("Proposed: another person confirms it, and then it counts."))]
        if rules.like_a_card(rules.plain_number(account)):
            told.append((":material/credit_card:", _(rules.LIKE_A_CARD)))
        viewer.keep(_SAID, told)
        st.rerun()


def _filed(tx: Any, who: viewer.Viewer, paper: Any) -> int:
    if paper is None:
        raise Refused(_("Add the paper that shows these bank data"))
    home = reading.home()
    limits = {"folder": home.vouchers, "max_mb": home.settings.voucher_max_mb, "kind": "other"}
    return vouchers.file_paper(tx, who.actor, content=paper.getvalue(), filename=paper.name, **limits).voucher_id


def waiting(change: Change, who: viewer.Viewer) -> None:
    """One proposal beside what counts now, with the word of the second person or the way back of the first."""
    before = reading.read(payees.confirmed, change.payee)
    fields = {_TAX_NO: "tax_no", _BANK: "bank", _OPENING_BANK: "opening_bank", _CNAPS: "cnaps"}
    rows = [
        {"what": _(label), "now": getattr(before, name, None), "proposed": getattr(change, name)}
        for label, name in fields.items()
    ]
    ends = {
        "now": rules.masked(before.account_last4) if before else None,
        "proposed": rules.masked(change.account_last4),
    }
    rows.append({"what": _(_ACCOUNT_NO), **ends})
    schema = pa.schema([(name, pa.string()) for name in ("what", "now", "proposed")])
    with section(_("Awaits a second person")) as controls:
        if who.may(Action.SEE_PROOFS):
            controls.link_button(_("Fetch the proof"), f"/v/{change.proof}", icon=":material/file_download:")
        proposed = _("Proposed by {name} on {at}", name=change.proposer, at=moment(change.proposed_at))
        with st.container(gap="xxsmall"):
            st.text(change.payee)
            st.text(f"{proposed} · {change.note}" if change.note else proposed)
        listing(
            pa.Table.from_pylist(rows, schema), _COMPARED, key=f"payees:{change.change_id}", alt=_("Proposed bank data")
        )
        if change.twins:
            st.warning(
                _("Another payee has the same account number; compare both papers:"), icon=":material/content_copy:"
            )
            st.text(change.twins)
        if change.proposed_by == who.actor.person_id:
            _withdraw(change, who)
        elif who.may(Action.CONFIRM_PAYEE):
            _decide(change, who)


def _withdraw(change: Change, who: viewer.Viewer) -> None:
    if st.button(_("Take it back"), icon=":material/undo:", key=f"payees:{change.change_id}:withdraw"):
        with viewer.told():
            with reading.writing() as tx:
                payees.withdraw(tx, who.actor, change_id=change.change_id)
            st.rerun()


def _decide(change: Change, who: viewer.Viewer) -> None:
    key = f"payees:{change.change_id}"
    with st.form(f"{key}:confirm", border=False):
        st.caption(_("Type the account number off the proof, not off this page: both have to say the same."))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            account = st.text_input(
                _("Account number on the proof"), max_chars=60, autocomplete="off", key=f"{key}:account", width=300
            )
            password = password_field(key)
            pressed = st.form_submit_button(_("Confirm"), type="primary", icon=":material/verified:")
    if pressed:
        with viewer.told():
            proof = viewer.proved(password, Event.PAYEE_CONFIRMED, f"change {change.change_id}")
            with reading.writing() as tx:
                about = {"change_id": change.change_id, "account": Secret(account), "password": proof}
                payees.confirm(tx, who.actor, reading.home().keyring, **about)
            viewer.keep(_SAID, [(":material/verified:", _("Confirmed: from now on he is paid by these bank data."))])
            st.rerun()
    with st.popover(_("Refuse"), icon=":material/block:", key=f"{key}:popover"):
        why = st.text_input(_("Why"), max_chars=200, key=f"{key}:reason")
        if st.button(_("Refuse this change"), type="primary", key=f"{key}:refuse"):
            with viewer.told():
                with reading.writing() as tx:
                    payees.refuse(tx, who.actor, change_id=change.change_id, reason=why)
                st.rerun()
