"""Vouchers on the page: the archive, what is missing, and filing new papers."""

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.plain import plain
from dashboard.viewer import Viewer
from dashboard.widgets import tables
from dashboard.widgets.heads import empty
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.one_voucher import PROVED, one_paper
from data.people.rules import Action, Refused
from data.vouchers import store as vouchers
from data.vouchers.rules import ENDINGS, KINDS
from data.words import N_, _, plural, yuan

_PAPERS = (
    Column("voucher_id", N_("Voucher"), "count", width=68, pinned=True),
    Column("doc_date", N_("Date"), "date", width=90),
    Column("kind", N_("Kind"), "word", words=KINDS, width=76),
    Column("invoice_no", N_("Invoice number"), width=170),
    Column("seller", N_("Seller"), width=190),
    Column("plan", N_("Plan"), width=165),
    Column("amount_fen", N_("Amount"), "yuan", width=86),
    Column("renewals", N_("Renewals proved"), "count", width=118),
    Column("renewals_fen", N_("Their sum"), "yuan", width=86),
    Column("filename", N_("File name"), width=220),
    Column("filer", N_("Filed by"), width=100),
    Column("filed_at", N_("Filed at"), "moment", width=130),
)
_OWED = (
    Column("payee", N_("Payee"), width=220),
    Column("account", N_("Account"), width=140),
    Column("renewals", N_("Renewals"), "count", width=90),
    Column("amount_fen", N_("Amount"), "yuan", width=120),
    Column("to_30_days", N_("Up to 30 days"), "count", width=110),
    Column("to_60_days", N_("31 to 60 days"), "count", width=110),
    Column("older", N_("Longer"), "count", width=90),
    Column("oldest", N_("Oldest"), "moment", width=130),
)
_OWED_LINES = (*PROVED, Column("days", N_("Days owed"), "count", width=90))


def archive(who: Viewer) -> None:
    """The paper of a link; else search, the papers, and the one that is chosen."""
    asked_for = st.query_params.get("voucher", "")
    if asked_for.isdecimal() and len(asked_for) < 10:
        _linked(int(asked_for), who)
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input(
            _("Contains"),
            key="vouchers:text",
            icon=":material/search:",
            width=300,
            placeholder=_("Number, seller, amount, card, order, file name"),
        )
        kind = st.selectbox(
            _("Kind"),
            list(KINDS),
            index=None,
            format_func=lambda code: _(KINDS[code]),
            key="vouchers:kind",
            placeholder=_("All"),
            width=160,
        )
        days = st.date_input(_("Days"), value=(), key="vouchers:days", format="YYYY-MM-DD", width=230)
        unlinked = st.checkbox(_("Proves nothing yet"), key="vouchers:unlinked")
    asked: dict[str, Any] = {"text": text, "kind": kind, "unlinked": unlinked}
    if len(days) == 2:
        asked |= {"day_from": days[0], "day_to": days[1]}
    place = st.container()
    first = reading.read(vouchers.search, **asked, limit=1, offset=0)
    total = first["total"][0].as_py() if first.num_rows else 0
    if total == 0:
        empty(_("No voucher here"), _("Nothing filed passes this search; papers are filed on the third tab."))
        return
    limit, offset = tables.pager(total, key="vouchers:pager", about=tuple(asked.items()))
    papers = reading.read(vouchers.search, **asked, limit=limit, offset=offset)
    with place:
        # Other papers in sight are another list: an old choice must not point into it.
        seen = hash(tuple(papers["voucher_id"].to_pylist()))
        row = choose_one(papers, _PAPERS, key=f"vouchers:list:{seen}", alt=_("Vouchers"))
    if row is None:
        st.caption(_("Choose a line to see what a paper says and proves."))
        return
    paper = reading.read(vouchers.one, papers["voucher_id"][row].as_py())
    if paper is not None:
        with st.container(border=True):
            one_paper(paper, who)


def _linked(voucher_id: int, who: Viewer) -> None:
    if st.button(_("All vouchers"), icon=":material/arrow_back:", type="tertiary"):
        del st.query_params["voucher"]
        st.rerun()
    paper = reading.read(vouchers.one, voucher_id)
    if paper is None:
        empty(_("There is no voucher {voucher}", voucher=voucher_id), _("Its number may be mistyped."))
        return
    with st.container(border=True):
        one_paper(paper, who)


def missing() -> None:
    """Succeeded renewals without a paper, by payee and age; who gives no invoices stands apart."""
    now = reading.home().clock.now()
    # A read is kept under its arguments, and no age changes within an hour.
    owed = reading.read(vouchers.missing, now=now.replace(minute=0, second=0, microsecond=0))
    gives = owed["gives_invoice"].to_pylist()
    asked = owed.filter(pa.array(gives, pa.bool_()))
    none_given = owed.filter(pa.array([not one for one in gives], pa.bool_()))
    if asked.num_rows == 0:
        empty(_("No voucher is missing"), _("Every renewal that went through has its paper."))
    else:
        count, fen = sum(asked["renewals"].to_pylist()), sum(asked["amount_fen"].to_pylist())
        st.markdown(
            plural(
                "**{count}** renewal has no voucher: {amount}",
                "**{count}** renewals have no voucher: {amount}",
                count,
                amount=yuan(fen),
            )
        )
        row = choose_one(asked, _OWED, key="vouchers:owed", alt=_("Vouchers missing by payee"))
        if row is not None:
            _owed_lines(asked["account"][row].as_py())
    if none_given.num_rows:
        st.subheader(_("None given"), anchor=False)
        st.caption(_("These payees give no invoices; nothing is missing here."))
        listing(none_given, _OWED, key="vouchers:none", alt=_("Renewals at payees that give no invoices"))


def _owed_lines(account: str) -> None:
    now = reading.home().clock.now().replace(minute=0, second=0, microsecond=0)
    first = reading.read(vouchers.missing_lines, account, now=now, limit=1, offset=0)
    place = st.container()
    limit, offset = tables.pager(
        first["total"][0].as_py() if first.num_rows else 0, key="vouchers:owed:pager", about=account
    )
    with place:
        lines = reading.read(vouchers.missing_lines, account, now=now, limit=limit, offset=offset)
        listing(lines, _OWED_LINES, key="vouchers:owed:lines", alt=_("Renewals without a voucher"))


def file_papers(who: Viewer) -> None:
    """Drop papers; what they say of themselves is read by a job, the rest is typed in the archive."""
    if not who.may(Action.FILE_VOUCHER):
        st.info(_("Operators and finance file vouchers; you may search and fetch them."))
        return
    home = reading.home()
    with st.form(f"vouchers:file:{viewer.form_key('voucher')}", border=True):
        kind = st.segmented_control(
            _("Kind"), list(KINDS), default="invoice", required=True, format_func=lambda code: _(KINDS[code])
        )
        files = st.file_uploader(
            _("PDF, XML, OFD, PNG, JPG or EML, up to {limit} MB each", limit=home.settings.voucher_max_mb),
            type=[ending for endings in ENDINGS.values() for ending in endings],
            accept_multiple_files=True,
            max_upload_size=home.settings.voucher_max_mb,
        )
        sent = st.form_submit_button(_("File them"), type="primary", icon=":material/upload:")
    if sent and files:
        viewer.keep("vouchers:told", [_file_one(file, kind or "invoice", who) for file in files])
        viewer.new_form_key("voucher")
        st.rerun()
    for name, filed, refusal in viewer.kept("vouchers:told", []):
        st.text(name)
        if refusal:
            st.error(plain(refusal), icon=":material/block:")
        else:
            _filed(filed)


def _file_one(file: Any, kind: str, who: Viewer) -> tuple[str, vouchers.Filed | None, str]:
    home = reading.home()
    try:
        with reading.writing() as tx:
            filed = vouchers.file_paper(
                tx,
                who.actor,
                content=file.getvalue(),
                filename=file.name,
                folder=home.vouchers,
                max_mb=home.settings.voucher_max_mb,
                kind=kind,
            )
    except Refused as refusal:
        return file.name, None, str(refusal)
    return file.name, filed, ""


def _filed(filed: vouchers.Filed) -> None:
    if filed.known:
        st.info(_("Known: this very file is voucher {voucher}.", voucher=filed.voucher_id), icon=":material/check:")
        return
    st.success(_("Filed as voucher {voucher}.", voucher=filed.voucher_id), icon=":material/task_alt:")
    if _unread(filed.voucher_id):
        viewer.fragment(run_every="1s")(_wait_for)(filed.voucher_id)


def _wait_for(voucher_id: int) -> None:
    # A job reads an XML or OFD within a second or two; then the archive knows more.
    if not _unread(voucher_id):
        st.rerun()
    st.caption(_("The invoice is being read…"))


def _unread(voucher_id: int) -> bool:
    paper = reading.fresh(vouchers.one, voucher_id)
    return paper is not None and paper.read_at is None
