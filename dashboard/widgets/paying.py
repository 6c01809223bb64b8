"""Payment requests on the page: what may be asked for, the requests by due date, one of them, and marking it as paid."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.exporting import export_button
from dashboard.widgets.heads import section
from dashboard.widgets.kpis import Kpi, kpi_row
from dashboard.widgets.listing import Column, choose_one, listing
from dashboard.widgets.revealing import account_number
from dashboard.widgets.situations import facts
from data.database import Row
from data.files.exports_rules import NO_FONT, PAPER_FORMATS
from data.payees.rules import NOT_PAYABLE, masked
from data.people.rules import Action
from data.renewals import paying
from data.renewals.paying import MOST_TEXT, Request
from data.renewals.paying_rules import STANDING_COLOURS, STANDING_WORDS, called, capitals, standing
from data.renewals.rules import WAY_TO_PAY_WORDS
from data.sims.holidays import workdays
from data.vouchers import store as vouchers
from data.words import N_, _, day, moment, number, plural, yuan

_WAITING = (
    Column("payee", N_("Payee"), pinned=True, width=230),
    Column("batch", N_("Batch"), "count", width=70),
    Column("items", N_("Number of orders"), "count", width=125),
    Column("amount_fen", N_("Amount"), "yuan", width=120),
    Column("act_by", N_("Act by"), "date", width=110),
    Column("way_to_pay", N_("Way to pay"), "word", words=WAY_TO_PAY_WORDS, width=140),
    Column("why_not", N_("Why it cannot be paid"), width=420),
)
_REQUESTS = (
    Column("reference", N_("Request"), pinned=True, width=70),
    Column("payee", N_("Payee"), width=210),
    Column("batch", N_("Batch"), "count", width=65),
    Column("standing", N_("State"), "badge", words=STANDING_WORDS, colours=STANDING_COLOURS, width=95),
    Column("due_on", N_("To be paid by"), "date", width=110),
    Column("amount_fen", N_("Amount"), "yuan", width=110),
    Column("items", N_("Number of orders"), "count", width=125),
    Column("asker", N_("Asked for by"), width=95),
    Column("asked_at", N_("Asked for at"), "moment", width=130),
    Column("ender", N_("Paid or withdrawn by"), width=130),
    Column("ended_at", N_("Paid or withdrawn at"), "moment", width=135),
    Column("bank_no", N_("Bank's number"), width=130),
)
LISTED = (
    Column("iccid", N_("ICCID"), "card", pinned=True, width=185),
    Column("terminal_id", N_("Terminal"), width=95),
    Column("merchant", N_("Merchant"), width=185),
    Column("plan", N_("Plan"), width=170),
    Column("months", N_("Months"), "count", width=70),
    Column("amount_fen", N_("Amount"), "yuan", width=90),
    Column("old_expiry", N_("Expiry before"), "date", width=110),
    Column("new_expiry", N_("Expiry as ordered"), "date", width=130),
)
_LIST_ROWS = 500
_OVERDUE = (
    Column("open", N_("Request"), "link", pinned=True, width=80),
    Column("payee", N_("Payee"), width=240),
    Column("batch", N_("Batch"), "count", width=80),
    Column("due_on", N_("To be paid by"), "date", width=120),
    Column("amount_fen", N_("Amount"), "yuan", width=120),
    Column("asker", N_("Asked for by"), width=120),
)
# Open ones come first, by their day: whoever has more that are late has the page itself.
_OVERDUE_ROWS = 50


def figures(told: dict[str, Any], rows: Sequence[Row]) -> None:
    """What is to be asked for, what is open, what is late, what was lately paid."""
    late = plural("{count} request", "{count} requests", told["overdue"])
    kpi_row(
        [
            Kpi(_("Not asked for yet"), yuan(sum(row["amount_fen"] for row in rows))),
            Kpi(
                _("To be paid"),
                yuan(told["open_fen"]),
                delta=plural("{count} request", "{count} requests", told["open"]),
            ),
            Kpi(_("Overdue"), yuan(told["overdue_fen"]), delta=late, good=False if told["overdue"] else None),
            Kpi(_("Paid within 30 days"), yuan(told["paid_fen"])),
        ]
    )


def waiting(rows: Sequence[Row], who: viewer.Viewer) -> None:
    """Payees and batches nobody has asked for yet, and the button that asks."""
    shown = [{**row, "why_not": _why_not(row)} for row in rows]
    place = choose_one(pa.Table.from_pylist(shown), _WAITING, key="paying:waiting", alt=_("Not asked for yet"))
    if not who.may(Action.REQUEST_PAYMENT):
        return
    if place is None or place >= len(rows):
        st.caption(_("Choose a line: its payment can be asked for."))
        return
    row = rows[place]
    label = _("Ask for {amount} to {payee}", amount=yuan(row["amount_fen"]), payee=row["payee"])
    if st.button(label, type="primary", icon=":material/request_quote:", key="paying:ask"):
        with viewer.told():
            calendar = reading.read(workdays)
            with reading.writing() as tx:
                paying.ask(tx, who.actor, batch=row["batch"], payee=row["payee"], workdays=calendar)
            st.rerun()


def _why_not(row: Row) -> str | None:
    msgid = NOT_PAYABLE.get(row["payee_standing"])
    return _(msgid, payee=row["payee"]) if msgid else None


def requests(found: Sequence[Request], *, today: date) -> Request | None:
    """The requests; the chosen one."""
    rows = [
        {
            **{column.name: getattr(one, column.name) for column in _REQUESTS if hasattr(one, column.name)},
            "reference": called(one.id),
            "bank_no": one.reference,
            "standing": standing(one.state, one.due_on, today=today),
        }
        for one in found
    ]
    key = f"paying:requests:{hash(tuple(one.id for one in found))}"
    place = choose_one(pa.Table.from_pylist(rows), _REQUESTS, key=key, alt=_("Payment requests"))
    return None if place is None else found[place]


def overdue(today: date) -> None:
    """Requests whose day has passed, for Today; nothing without any."""
    found = reading.read(paying.requests, limit=_OVERDUE_ROWS)
    rows = [
        {**vars(one), "open": f"/payment_requests#{called(one.id)}"}
        for one in found
        if standing(one.state, one.due_on, today=today) == "overdue"
    ]
    if rows:
        with section(_("Payments that are overdue"), _("asked for, and not paid by their day")):
            listing(pa.Table.from_pylist(rows), _OVERDUE, key="today:overdue", alt=_("Payments that are overdue"))


def one_request(told: Request, who: viewer.Viewer) -> None:
    """One request: bank data and sum, its papers, its list, and what may be done with it."""
    title = _("Payment request {request}", request=called(told.id))
    with section(title, _(STANDING_WORDS[standing(told.state, told.due_on, today=reading.today())])) as controls:
        with controls:
            _papers(told, who)
            if told.state == "asked":
                _verbs(told, who)
        warnings(told)
        facts(bank_facts(told), columns=3)
        if who.may(Action.SEE_BANK_ACCOUNTS) and told.state != "withdrawn":
            account_number(told, who)
        if told.voucher_id is not None:
            address = {"voucher": str(told.voucher_id)}
            label = _("Voucher {voucher}", voucher=told.voucher_id)
            st.page_link("app_pages/vouchers.py", label=label, icon=":material/receipt_long:", query_params=address)
        rows = reading.read(paying.listed, told.id, limit=_LIST_ROWS)
        listing(rows, LISTED, key=f"paying:{told.id}:list", alt=_("Attached list"))
        if told.items > rows.num_rows:
            st.caption(
                _(
                    "The first {rows} of {total}; the files hold all.",
                    rows=number(rows.num_rows),
                    total=number(told.items),
                )
            )


def warnings(told: Request) -> None:
    """What speaks against paying it as it stands."""
    if told.state == "asked" and told.bank_changed:
        st.warning(
            _(
                "The payee's bank data changed after this was asked, or payments to him were stopped: withdraw it and ask anew."
            ),
            icon=":material/account_balance:",
        )
    if told.state == "asked" and told.gone:
        said = plural(
            "{count} of its orders failed or was taken back ({amount}): withdraw it and ask anew.",
            "{count} of its orders failed or were taken back ({amount}): withdraw it and ask anew.",
            told.gone,
            amount=yuan(told.gone_fen),
        )
        st.warning(said, icon=":material/production_quantity_limits:")


def bank_facts(told: Request) -> list[tuple[str, str | None]]:
    """Label and content of everything a request says; the account number as its last four."""
    where = reading.read(paying.bank, told.payee_change)
    ended = f"{told.ender} · {moment(told.ended_at)}" if told.ender else None
    pairs: list[tuple[str, str | None]] = [
        (_("Payee"), told.payee),
        (_("Sum"), yuan(told.amount_fen)),
        (_("Sum in capitals"), capitals(told.amount_fen)),
        (_("Account number"), masked(where.account_last4) if where else None),
        (_("Bank"), where.bank if where else None),
        (_("Opening bank"), where.opening_bank if where else None),
        (_("CNAPS number"), where.cnaps if where else None),
        (_("Tax number"), where.tax_no if where else None),
        (_("Remark on the transfer"), str(told.batch)),
        (_("To be paid by"), day(told.due_on)),
        (_("Way to pay"), _(WAY_TO_PAY_WORDS.get(told.way_to_pay, told.way_to_pay))),
        (_("Number of orders"), number(told.items)),
        (_("Asked for by"), f"{told.asker} · {moment(told.asked_at)}"),
    ]
    if told.state == "paid":
        pairs += [(_("Paid by"), ended), (_("Bank's number"), told.reference)]
    if told.state == "withdrawn":
        pairs += [(_("Withdrawn by"), ended), (_("Why it was taken back"), told.reason)]
    return pairs


def line(place: int, row: Row) -> str:
    """One row of the attached list as text: what is always as long comes first, so that the columns stand in line."""
    known = (
        row["iccid"],
        row["terminal_id"] or "-",
        row["months"],
        yuan(row["amount_fen"]),
        day(row["new_expiry"]) or "-",
    )
    return f"{place:>4}  {known[0]:<20}  {known[1]:<10}  {known[2]:>3}  {known[3]:>10}  {known[4]:<10}  {row['plan']}"


def _papers(told: Request, who: viewer.Viewer) -> None:
    address = {"request": str(told.id)}
    st.page_link("app_pages/payment_request.py", label=_("Printable"), icon=":material/print:", query_params=address)
    if not who.may(Action.SEE_BANK_ACCOUNTS) or told.stale or told.state == "withdrawn":
        return
    font = reading.home().settings.pdf_font
    formats = PAPER_FORMATS if font else tuple(one for one in PAPER_FORMATS if one != "pdf")
    note = None if font else _(NO_FONT)
    key = f"paying:{told.id}:paper"
    export_button("payment_request", address | {"request": told.id}, _("PDF or Excel"), key, formats=formats, note=note)


def _verbs(told: Request, who: viewer.Viewer) -> None:
    if who.may(Action.MARK_PAID) and told.asked_by != who.actor.person_id and not told.bank_changed:
        with st.popover(_("Mark as paid"), icon=":material/payments:"):
            _pay(told, who)
    if who.may(Action.REQUEST_PAYMENT):
        with st.popover(_("Withdraw"), icon=":material/undo:"):
            _withdraw(told, who)


def _pay(told: Request, who: viewer.Viewer) -> None:
    home = reading.home()
    with st.form(f"paying:{told.id}:pay", border=False):
        reference = st.text_input(_("Bank's number of the payment"), max_chars=MOST_TEXT)
        slip = st.file_uploader(
            _("Bank slip"), type=["pdf", "png", "jpg", "jpeg", "ofd"], max_upload_size=home.settings.voucher_max_mb
        )
        label = _("Paid: {amount} to {payee}", amount=yuan(told.amount_fen), payee=told.payee)
        sent = st.form_submit_button(label, type="primary", icon=":material/check:")
    if sent:
        with viewer.told():
            with reading.writing() as tx:
                paper = slip and vouchers.file_paper(
                    tx,
                    who.actor,
                    content=slip.getvalue(),
                    filename=slip.name,
                    folder=home.vouchers,
                    max_mb=home.settings.voucher_max_mb,
                    kind="bank_slip",
                )
                voucher = paper.voucher_id if paper else None
                paying.paid(tx, who.actor, request=told.id, reference=reference, voucher_id=voucher)
            st.rerun()


def _withdraw(told: Request, who: viewer.Viewer) -> None:
    with st.form(f"paying:{told.id}:withdraw", border=False):
        reason = st.text_input(_("Why it is taken back"), max_chars=MOST_TEXT)
        sent = st.form_submit_button(_("Withdraw {request}", request=called(told.id)), icon=":material/undo:")
    if sent:
        with viewer.told():
            with reading.writing() as tx:
                paying.withdraw(tx, who.actor, request=told.id, reason=reason)
            st.rerun()
