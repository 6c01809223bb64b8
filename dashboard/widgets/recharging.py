"""The masked form for one recharge card of one SIM: number, PIN and amount go in, and are shown to nobody again."""

import streamlit as st

from dashboard import reading, viewer
from data.people.rules import Action
from data.renewals import store as renewals
from data.renewals.rules import RECHARGE_LENGTHS, REFUSALS
from data.renewals.store import RechargeCard
from data.secrets import Secret
from data.sims.store import SimNow
from data.words import N_, _, number, yuan

# Longer than any card prints; the store looks at the shape.
_MOST_CHARACTERS = 60
_MOST_REMARK = 200
_MADE = "recharge:made"
_TOLD = N_(
    "Batch {batch}: {amount} by recharge card wait for another person's approval. Number and PIN are sealed and shown"
    " to nobody again."
)


def recharge_button(sim: SimNow) -> None:
    """A popover that takes a recharge card for this SIM, for those who may propose."""
    if not viewer.here().may(Action.PROPOSE):
        return
    with st.popover(_("Recharge by card"), icon=":material/password:", key="recharge:popover"):
        refusal = _refusal(sim)
        if refusal:
            st.caption(_(REFUSALS[refusal]))
        else:
            _form(sim)


def recharged(sim: SimNow) -> None:
    """What became of the card just entered for this SIM."""
    of_sim, made, odd = viewer.kept(_MADE, (None, None, False))
    if of_sim != sim.sim_id:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            ":material/lock: " + _(_TOLD, batch=made.batch, amount=yuan(made.amount_fen)),
            width="stretch",
        )
        st.page_link(
            "app_pages/batches.py",
            label=_("Open batch {batch}", batch=made.batch),
            icon=":material/arrow_forward:",
            query_params={"batch": str(made.batch)},
        )
    if odd:
        usual = RECHARGE_LENGTHS[sim.carrier]
        st.warning(
            _(
                "This carrier's cards usually have {number} and PINs {pin} characters; this one has not. Take the batch"
                " back if it was mistyped.",
                number=usual[0],
                pin=usual[1],
            ),
            icon=":material/rule:",
        )


def _refusal(sim: SimNow) -> str | None:
    """Why this SIM takes no recharge card, whatever it holds."""
    wish = {"kind": "recharge", "sim_ids": (sim.sim_id,), "amount_fen": 1, "caps": reading.item_caps()}
    return next(iter(reading.read(renewals.preview, **wish, today=reading.today()).refused), None)


def _form(sim: SimNow) -> None:
    with st.form("recharge:form", border=False, clear_on_submit=True):
        card_number = st.text_input(
            _("Number of the card"),
            type="password",
            max_chars=_MOST_CHARACTERS,
            autocomplete="off",
            key="recharge:number",
        )
        pin = st.text_input(
            _("PIN"), type="password", max_chars=_MOST_CHARACTERS, autocomplete="off", key="recharge:pin"
        )
        most = reading.home().settings.item_max_yuan
        amount = st.number_input(
            _("Amount on the card (yuan)"), 1, max(1, most), value=None, step=10, key="recharge:amount",
            help=_("One term of the plan costs {price}", price=yuan(sim.price_fen)) if sim.price_fen else None,
        )  # fmt: skip
        remark = st.text_input(_("Remark"), max_chars=_MOST_REMARK, key="recharge:remark")
        sent = st.form_submit_button(_("Submit for review"), type="primary", icon=":material/fact_check:")
    if not sent:
        return
    if not (card_number and pin and amount):
        st.warning(_("Type number, PIN and amount of the card; at most {most} yuan.", most=number(most)))
        return
    _enter(sim, RechargeCard(Secret(card_number), Secret(pin), int(amount) * 100), remark or None)


def _enter(sim: SimNow, card: RechargeCard, remark: str | None) -> None:
    with viewer.told():
        with reading.writing() as tx:
            made = renewals.recharge(
                tx,
                viewer.here().actor,
                sim_id=sim.sim_id,
                card=card,
                keyring=reading.home().keyring,
                form_key=viewer.form_key("recharge"),
                note=remark,
                caps=reading.item_caps(),
            )
        if made.batch is None:
            st.warning(_("The SIM takes no recharge card any more; look again at why."))
            return
        viewer.new_form_key("recharge")
        viewer.keep(_MADE, (sim.sim_id, made, renewals.odd_shape(card, sim.carrier)))
        st.rerun()
