"""Typing in a plan-change notice that came by SMS, mail, letter or call: what it says, which cards, its papers."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import reading, viewer
from dashboard.viewer import Viewer
from dashboard.widgets.notices import ENDINGS, kept_paper
from dashboard.widgets.pasting import paste_list
from data.people.rules import Refused
from data.plans import notices as store
from data.plans.notice_rules import KINDS, REACHES, PlanPrice
from data.plans.notices import MOST_SUBJECT, MOST_TEXT, Draft
from data.sims import store as sims
from data.sims.filter import SimFilter
from data.vouchers.mail_rules import Mail, read_mail
from data.vouchers.rules import PaperRefused, fen_of
from data.words import _, day, plural

FORM = "notice"
_PASTED = "notices:paste"
# More plans than this are a price list: the Import page reads it and finds the changes by itself.
_MOST_PLANS = 20


def type_in(who: Viewer) -> None:
    """Draw the form; what is kept opens as a notice."""
    key = f"notices:{viewer.form_key(FORM)}"
    with st.container(border=True):
        files = _files(key)
        mail = next((read_mail(file.getvalue()) for file in files if file.name.lower().endswith(".eml")), Mail())
        if mail.sender or mail.sent_on:
            # As plain text: whoever wrote the mail wrote this, too.
            st.text(" · ".join(filter(None, (mail.sender, day(mail.sent_on)))))
        draft, prices = _draft(key, mail)
        if draft["reach"] != "cards":  # what a pasted list came to stands beside it
            concerned = _concerned(draft, prices)
            st.caption(plural("It concerns {count} SIM in service.", "It concerns {count} SIMs in service.", concerned))
        if st.button(_("Keep the notice"), type="primary", icon=":material/save:", key=f"{key}:keep"):
            with viewer.told():
                told = [PlanPrice(plan, new_fen=_fen(text)) for plan, text in prices.items()]
                with reading.writing() as tx:
                    papers = [kept_paper(tx, file, who) for file in files]
                    made = Draft(**draft, plans=tuple(told))
                    number = store.type_in(tx, who.actor, draft=made, form_key=viewer.form_key(FORM), vouchers=papers)
                viewer.new_form_key(FORM)
                viewer.forget(f"{_PASTED}:pasted")
                st.query_params["notice"] = str(number)
                st.rerun()


def _files(key: str) -> Sequence[Any]:
    most = reading.home().settings.voucher_max_mb
    files = st.file_uploader(
        _("Mail (.eml), screenshot or PDF, up to {limit} MB", limit=most),
        type=ENDINGS,
        accept_multiple_files=True,
        max_upload_size=most,
        key=f"{key}:files",
        help=_("They are kept as they came, as evidence. What a mail says fills the form below."),
    )
    return files or []


def _draft(key: str, mail: Mail) -> tuple[dict[str, Any], dict[int, str]]:
    """What stands in the form: the fields of a Draft, and the new price of each plan as typed."""
    # Another mail is another set of fields: its words stand in them.
    told = f"{key}:{hash(mail)}"
    left, right = st.columns([3, 2])
    with left:
        subject = st.text_input(_("What changes, in a few words"), mail.subject, MOST_SUBJECT, key=f"{told}:subject")
        text = st.text_area(
            _("What was written"),
            mail.text,
            height=190,
            max_chars=MOST_TEXT,
            key=f"{told}:text",
            placeholder=_("Paste the SMS or the letter here"),
        )
    with right:
        kind = st.selectbox(_("About"), list(KINDS), format_func=lambda code: _(KINDS[code]), key=f"{key}:kind")
        effective_on = st.date_input(_("Takes effect"), None, format="YYYY-MM-DD", key=f"{key}:day")
        accounts = reading.read(sims.choices).accounts
        account = st.selectbox(_("Account"), accounts, index=None, placeholder=_("All"), key=f"{key}:account")
    reach = st.segmented_control(
        _("Which SIMs"),
        list(REACHES),
        default="plans",
        required=True,
        format_func=lambda code: _(REACHES[code]),
        key=f"{key}:reach",
    )
    prices = _prices(key, kind)
    pasted = paste_list(_PASTED, open=True) if reach == "cards" else None
    draft = {"kind": kind, "subject": subject or "", "text": text or "", "account": account, "reach": reach}
    return draft | {"effective_on": effective_on, "sim_ids": pasted or ()}, prices


def _prices(key: str, kind: str) -> dict[int, str]:
    plans = dict(reading.read(sims.choices).plans)
    chosen = st.multiselect(
        _("Plans"),
        list(plans),
        format_func=plans.__getitem__,
        max_selections=_MOST_PLANS,
        placeholder=_("Choose plans"),
        key=f"{key}:plans",
    )
    if kind != "price":
        return dict.fromkeys(chosen, "")
    prices = {}
    with st.grid(2, gap="small") as grid:
        for plan in chosen:
            with grid.cell(), st.container(gap="xxsmall"):
                # As plain text: a plan's name comes from a file.
                st.text(plans[plan])
                prices[plan] = st.text_input(_("New price of one term (yuan)"), key=f"{key}:price:{plan}") or ""
    return prices


def _concerned(draft: dict[str, Any], prices: dict[int, str]) -> int:
    """How many SIMs in service it would concern now, by its plans or its account."""
    account, today = draft["account"], reading.today()
    if draft["reach"] == "account":
        return reading.read(sims.totals, SimFilter(account=account), today=today).sims if account else 0
    return sum(reading.read(sims.totals, SimFilter(plan_id=plan, account=account), today=today).sims for plan in prices)


def _fen(text: str) -> int | None:
    try:
        return fen_of(text)
    except PaperRefused as refusal:
        raise Refused(_(refusal.msgid, **refusal.values)) from refusal
