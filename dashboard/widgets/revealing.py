"""Something secret on the page: after the password, for half a minute, and with a trace in the audit log."""

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.password import password_field
from data.payees import store as payees
from data.payees.rules import grouped
from data.people.rules import Event
from data.renewals import store as renewals
from data.renewals.paying import Request
from data.secrets import SecretError
from data.words import _

_SECONDS = 30


def account_number(told: Request, who: viewer.Viewer) -> None:
    """The whole account number that a payment request is paid to."""
    about = f"payment request {told.id}"
    typed = _asked(_("Show the whole account number"), f"paying:{told.id}:reveal")
    if typed is None:
        return
    try:
        with viewer.told():
            proof = viewer.proved(typed, Event.PAYEE_REVEALED, about)
            with reading.writing() as tx:
                details = payees.as_confirmed(tx, told.payee_change)
                keyring = reading.home().keyring
                found = details and payees.reveal(tx, who.actor, keyring, details=details, object=about, password=proof)
            if found:
                _for_a_while(grouped(found.reveal()))
    except SecretError:
        _shut()


def recharge_card(batch: int, who: viewer.Viewer) -> None:
    """Number and PIN of the recharge card of a batch, for a carrier's hotline."""
    typed = _asked(_("Show number and PIN"), f"batch:{batch}:reveal")
    if typed is None:
        return
    try:
        with viewer.told():
            proof = viewer.proved(typed, Event.RECHARGE_CARD_REVEALED, f"batch {batch}")
            with reading.writing() as tx:
                number, pin = renewals.reveal_card(tx, who.actor, reading.home().keyring, batch=batch, password=proof)
            _for_a_while(f"{_('Number of the card')}: {number.reveal()}\n{_('PIN')}: {pin.reveal()}")
    except SecretError:
        _shut()


def _asked(label: str, key: str) -> str | None:
    """The password typed for it, once; None: nobody asks now."""
    with st.popover(label, icon=":material/visibility:"), st.form(key, border=False, clear_on_submit=True):
        typed = password_field(key)
        sent = st.form_submit_button(_("Show it for {seconds} seconds", seconds=_SECONDS), icon=":material/visibility:")
    return typed if sent else None


def _for_a_while(text: str) -> None:
    # Drawn once: any click draws the page without it, and half a minute later this fragment draws itself empty.
    left = [text]

    @viewer.fragment(run_every=f"{_SECONDS}s")
    def shown() -> None:
        if left:
            st.code(left.pop(), language=None)
        else:
            st.caption(_("Hidden again."))

    shown()


def _shut() -> None:
    st.error(_("It cannot be opened: the key it was sealed with is not in this home."), icon=":material/key_off:")
