"""One voucher: what it says, what is odd about it, what it proves and what it may prove."""

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.plain import plain
from dashboard.viewer import Viewer
from dashboard.widgets import tables
from dashboard.widgets.listing import Column, choose_one, listing
from data.people.rules import Action, Refused
from data.vouchers import picturing
from data.vouchers import store as vouchers
from data.vouchers.rules import KINDS, PaperRefused, fen_of
from data.vouchers.store import Fields, Voucher
from data.words import N_, _, moment, plural, yuan

PROVED = (
    Column("order_no", N_("Renewal number"), width=210),
    Column("batch", N_("Batch"), "count", width=70),
    Column("iccid", N_("ICCID"), width=185),
    Column("terminal_id", N_("Terminal"), width=95),
    Column("merchant", N_("Merchant"), width=180),
    Column("plan", N_("Plan"), width=130),
    Column("amount_fen", N_("Amount"), "yuan", width=100),
    Column("ended_at", N_("Finished at"), "moment", width=130),
)
# What a job draws; an XML has no looks, and an OFD is read by its XML.
DRAWN = frozenset({"pdf", "png", "jpg"})
_SUGGESTED = (
    Column("payee", N_("Payee"), width=220),
    Column("batch", N_("Batch"), "count", width=70),
    Column("plan", N_("Plan"), width=150),
    Column("renewals", N_("Renewals"), "count", width=90),
    Column("order_no", N_("Renewal number"), width=210),
    Column("iccid", N_("ICCID"), width=185),
    Column("amount_fen", N_("Amount"), "yuan", width=110),
    Column("day", N_("Renewed on"), "date", width=110),
)


def one_paper(paper: Voucher, who: Viewer) -> None:
    """Everything about one paper, and what may be done with it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(_("Voucher {voucher}", voucher=paper.voucher_id), anchor=False)
        st.link_button(_("Fetch the original"), f"/v/{paper.voucher_id}", icon=":material/file_download:")
    st.text(paper.filename)
    st.caption(
        _(
            "{format}, {size} KB, filed by {name} at {moment}; SHA-256 {sha256}…",
            format=paper.format.upper(),
            size=max(1, paper.bytes // 1024),
            name=plain(paper.filer or ""),
            moment=moment(paper.filed_at),
            sha256=paper.sha256[:16],
        )
    )
    for sentence in paper.said():
        st.warning(plain(sentence), icon=":material/flag:")
    _pictures(paper, who)
    if paper.buyer:
        st.text(_("Buyer: {buyer}", buyer=paper.buyer))
    if who.may(Action.FILE_VOUCHER):
        _description(paper, who)
    proved = reading.read(vouchers.links, paper.voucher_id)
    if proved.num_rows:
        st.markdown(plural("It proves **{count}** renewal", "It proves **{count}** renewals", proved.num_rows))
        ticked = listing(
            proved,
            PROVED,
            key=f"vouchers:proved:{paper.voucher_id}",
            alt=_("Renewals this paper proves"),
            id_column="obligation",
        )
        if (
            ticked
            and who.may(Action.FILE_VOUCHER)
            and st.button(plural("Take {count} back", "Take {count} back", len(ticked)), icon=":material/link_off:")
        ):
            with viewer.told(), reading.writing() as tx:
                vouchers.unlink(tx, who.actor, voucher_id=paper.voucher_id, obligations=ticked)
            tables.clear_selection(f"vouchers:proved:{paper.voucher_id}")
            st.rerun()
    if who.may(Action.FILE_VOUCHER):
        _suggested(paper, who)


def _pictures(paper: Voucher, who: Viewer) -> None:
    """The drawn pages, each behind its guarded address; ours are the only words in the line."""
    if paper.format not in DRAWN:
        return
    pages = reading.read(picturing.pages, paper.voucher_id)
    hidden = not who.may(Action.SEE_BANK_ACCOUNTS) and reading.read(picturing.shows_account, paper.voucher_id)
    if hidden:
        st.caption(_("It shows a whole account number; whoever fetches the original leaves a trace."))
    elif pages is None:
        st.caption(_("Its picture is being made…"))
    elif pages == 0:
        st.caption(_("No picture can be made of it; fetch the original to look at it."))
    else:
        with st.expander(_("Picture"), expanded=True, icon=":material/image:"), st.container(height=480, border=False):
            for page in range(1, pages + 1):
                alt = _("Page {page} of voucher {voucher}", page=page, voucher=paper.voucher_id)
                st.markdown(f"![{alt}](/v/{paper.voucher_id}/{page})")


def _description(paper: Voucher, who: Viewer) -> None:
    # The row's own values are part of the key: what a job has read meanwhile stands in the form.
    with st.form(f"vouchers:describe:{paper.voucher_id}:{hash(paper)}", border=False):
        left, middle, right = st.columns(3)
        kind = left.selectbox(
            _("Kind"), list(KINDS), index=list(KINDS).index(paper.kind), format_func=lambda code: _(KINDS[code])
        )
        doc_date = middle.date_input(_("Date"), value=paper.doc_date, format="YYYY-MM-DD")
        amount = right.text_input(_("Amount (yuan)"), value="" if paper.amount_fen is None else yuan(paper.amount_fen))
        number = left.text_input(_("Invoice number"), value=paper.invoice_no or "")
        seller = middle.text_input(_("Seller"), value=paper.seller or "")
        plan = right.text_input(_("Plan"), value=paper.plan or "")
        note = st.text_input(_("Remark"), value=paper.note or "")
        if st.form_submit_button(_("Keep"), icon=":material/save:"):
            with viewer.told():
                fields = Fields(kind, doc_date, plan, _fen(amount), number, seller, paper.buyer, note)
                with reading.writing() as tx:
                    vouchers.describe(tx, who.actor, voucher_id=paper.voucher_id, fields=fields)
                st.rerun()


def _suggested(paper: Voucher, who: Viewer) -> None:
    found = reading.read(vouchers.suggestions, paper.voucher_id) if paper.amount_fen is not None else []
    if not found:
        st.caption(
            _("No renewal without a voucher has this amount.")
            if paper.amount_fen is not None
            else _("With its amount the paper can be matched to renewals.")
        )
        return
    st.markdown(_("It may prove"))
    rows = pa.Table.from_pylist([{column.name: getattr(one, column.name) for column in _SUGGESTED} for one in found])
    row = choose_one(
        rows,
        _SUGGESTED,
        key=f"vouchers:suggested:{paper.voucher_id}:{len(found)}",
        alt=_("Renewals this paper may prove"),
    )
    if row is None:
        return
    chosen = found[row]
    label = plural(
        "Link {count} renewal · {amount}",
        "Link {count} renewals · {amount}",
        chosen.renewals,
        amount=yuan(chosen.amount_fen),
    )
    if st.button(label, type="primary", icon=":material/link:"):
        with viewer.told(), reading.writing() as tx:
            vouchers.link(tx, who.actor, voucher_id=paper.voucher_id, obligations=chosen.obligations)
        st.rerun()


def _fen(text: str) -> int | None:
    try:
        return fen_of(text)
    except PaperRefused as refusal:
        raise Refused(_(refusal.msgid, **refusal.values)) from refusal
