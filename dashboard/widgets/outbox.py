"""The outbox on the page: what waits, left or did not and why, one mail as it was sent, and the test mail."""

from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.plain import plain
from dashboard.widgets import tables
from dashboard.widgets.heads import section
from dashboard.widgets.listing import Column, choose_one
from dashboard.widgets.situations import facts
from data.mails import rules
from data.mails import store as mails
from data.people.rules import Action
from data.reminders import showing
from data.words import N_, _, moment, number, told

_WORDS = {state.value: word for state, word in rules.STATE_WORDS.items()}
_COLOURS = {
    "queued": "blue",
    "held": "orange",
    "sending": "blue",
    "sent": "green",
    "unknown": "orange",
    "failed": "red",
    "moot": "gray",
}
_MAILS = (
    Column("mail_id", N_("Number"), "count", width=55, pinned=True),
    Column("recipient", N_("To"), width=145),
    Column("kind", N_("What"), "word", words=rules.KIND_WORDS, width=108),
    Column("state", N_("State"), "badge", words=_WORDS, colours=_COLOURS, width=130),
    Column("why", N_("Why it waits, or what was answered"), width=262),
    Column("items", N_("Reminders in it"), "count", width=72),
    Column("ended_at", N_("Left at"), "moment", width=122),
    Column("tries", N_("Tries"), "count", width=50),
    Column("next_try", N_("Next try"), "moment", width=122),
    Column("made_at", N_("Written at"), "moment", width=122),
)
_CHANNELS: dict[mails.Channel, str] = {"mail": N_("By mail"), "chat": N_("To chat groups")}
_TEST, _TEST_SHOWN = "reminders:test", "reminders:test:shown"
# What a person may let go by hand; everything else waits for what holds it.
_RELEASABLE = frozenset({"quiet", "storm"})


def outbox(who: viewer.Viewer) -> None:
    """Every mail, newest first, of one state or of all; the chosen one in full."""
    _stops(who)
    with section(_("Outbox"), _("one mail per recipient and day, urgent ones at once")) as place:
        with place:
            _stop_button(who)
            _test_button(who)
            state = _state()
        _test_told()
        total = reading.fresh(mails.count_outbox, state=state)
        if not total:
            st.caption(_("No mail stands like this.") if state else _("Nothing has been written yet."))
            return
        above = st.container()
        limit, offset = tables.pager(total, key="reminders:outbox", about=state)
        with above, st.skeleton(height=200):
            found = reading.fresh(mails.outbox, state=state, limit=limit, offset=offset)
            chosen = choose_one(
                _with_why(found), _MAILS, key=f"reminders:outbox:{state}:{offset}", alt=_("Mails of the outbox")
            )
    if chosen is not None:
        _one(found["mail_id"][chosen].as_py(), who)


def _state() -> str | None:
    counts = reading.fresh(mails.counts)
    there = [code for code in _WORDS if code in counts]
    chosen: str | None = st.selectbox(
        _("State"),
        there,
        None,
        format_func=lambda code: f"{_(_WORDS[code])} · {number(counts[code]['mails'])}",
        placeholder=_("All"),
        label_visibility="collapsed",
        key="reminders:state",
        width=220,
    )
    return chosen


def _with_why(found: pa.Table) -> pa.Table:
    why = [_why(row) for row in found.select(["state", "held_for", "last_reply"]).to_pylist()]
    next_try = [
        row["next_try"] if row["state"] in {"queued", "unknown"} else None
        for row in found.select(["state", "next_try"]).to_pylist()
    ]
    return tables.replaced(
        found, why=pa.array(why, pa.string()), next_try=pa.array(next_try, pa.timestamp("us", "UTC"))
    )


def _why(mail: dict[str, Any]) -> str | None:
    if mail["state"] == "held":
        return _(rules.HELD_WORDS.get(mail["held_for"], mail["held_for"]))
    return told(mail["last_reply"]) if mail["last_reply"] else None


def _one(mail_id: int, who: viewer.Viewer) -> None:
    mail = reading.fresh(mails.one, mail_id)
    if mail is None:
        return
    with section(_("Mail {number}", number=mail_id), _(_WORDS[mail["state"]])) as place:
        if mail["state"] == "held" and mail["held_for"] in _RELEASABLE and who.may(Action.KEEP_REMINDERS):
            with place:
                if st.button(_("Send it now"), type="primary", icon=":material/send:", key=f"reminders:go:{mail_id}"):
                    _done(who, mails.release, mail_id=mail_id)
        facts(
            [
                (_("To"), mail["recipient"]),
                (_("Address"), mail["address"]),
                (_("What"), _(rules.KIND_WORDS[mail["kind"]])),
                (_("Why it waits, or what was answered"), _why(mail)),
                (_("Written at"), moment(mail["made_at"])),
                (_("Left at"), moment(mail["ended_at"]) or None),
            ]
        )
        # A code proves an address only while nobody but its owner can read it.
        if mail["body"] and mail["kind"] != "verify":
            with st.container(border=True, height=320):
                st.text(mail["body"])


def _stops(who: viewer.Viewer) -> None:
    for stop in reading.fresh(mails.stops):
        with st.container(horizontal=True, vertical_alignment="center"):
            why = _(rules.STOPPED_WORDS.get(stop["reason"], stop["reason"]))
            st.error(
                _(
                    "{channel} nothing leaves since {at}: {why}.",
                    channel=_(_CHANNELS[stop["channel"]]),
                    at=moment(stop["since"]),
                    why=plain(why),
                ),
                icon=":material/unsubscribe:",
            )
            if who.may(Action.KEEP_REMINDERS) and st.button(_("Go on sending"), key=f"reminders:on:{stop['channel']}"):
                _done(who, mails.go_on, channel=stop["channel"])


def _stop_button(who: viewer.Viewer) -> None:
    stopped = {stop["channel"] for stop in reading.fresh(mails.stops)}
    left = [channel for channel in _CHANNELS if channel not in stopped]
    if not left or not who.may(Action.KEEP_REMINDERS):
        return
    with st.popover(_("Stop sending"), icon=":material/front_hand:", key=f"reminders:stop:{len(left)}"):
        st.caption(_("Nothing leaves, by mail or to chat groups, until somebody lets it go on; it waits here."))
        if st.button(_("Stop now"), type="primary", key="reminders:stop:now"):
            with viewer.told():
                with reading.writing() as tx:
                    for channel in left:
                        mails.stop(tx, who.actor, channel=channel)
                st.rerun()


def _test_button(who: viewer.Viewer) -> None:
    if not who.may(Action.KEEP_REMINDERS):
        return
    # Once one was asked for it is another popover, which stands closed: what became of the test is under it.
    key = f"reminders:test:popover:{viewer.kept(_TEST, 0)}"
    with st.popover(_("Test mail"), icon=":material/outgoing_mail:", key=key):
        ready = {
            row["recipient_id"]: f"{row['name']} · {row['address'] or row['secret_name']}"
            for row in reading.read(showing.recipients)
            if row["active"] and row["address_state"] in {"verified", "group"}
        }
        if not ready:
            st.caption(_("Nobody has a confirmed address yet: confirm one under Recipients first."))
            return
        number = st.selectbox(_("To"), list(ready), format_func=ready.get, key="reminders:test:to", width=320)
        if st.button(_("Send a test"), type="primary", key="reminders:test:send") and number is not None:
            with viewer.told():
                with reading.writing() as tx:
                    viewer.keep(_TEST, mails.ask(tx, who.actor, recipient_id=number, kind="test"))
                st.rerun()


def _test_told() -> None:
    if viewer.kept(_TEST) is not None:
        _watch_test()


@viewer.fragment(run_every="2s")
def _watch_test() -> None:
    """What became of the test mail, as soon as it is known."""
    mail = reading.fresh(mails.one, viewer.kept(_TEST))
    if mail is None:
        return
    if mail["state"] != viewer.kept(_TEST_SHOWN, mail["state"]):
        viewer.keep(_TEST_SHOWN, mail["state"])
        st.rerun()  # the list below shows it, too
    viewer.keep(_TEST_SHOWN, mail["state"])
    with st.container(horizontal=True, vertical_alignment="center"):
        to = plain(mail["address"] or mail["recipient"])
        said = plain(_why(mail) or "")
        match mail["state"]:
            case "sent":
                st.success(_("The test to {to} has left: {said}", to=to, said=said), icon=":material/mark_email_read:")
            case "queued" if not mail["tries"]:
                st.info(_("The test to {to} is on its way …", to=to), icon=":material/hourglass_top:")
            case "sending":
                st.info(_("The test to {to} is being handed over …", to=to), icon=":material/hourglass_top:")
            case "held":
                st.warning(_("The test to {to} waits: {said}", to=to, said=said), icon=":material/pause_circle:")
            case _:
                st.error(_("The test to {to} did not go out: {said}", to=to, said=said), icon=":material/error:")
        if st.button(_("Close"), type="tertiary", key="reminders:test:close"):
            viewer.forget(_TEST)
            st.rerun()


def _done(who: viewer.Viewer, verb: Any, **what: Any) -> None:
    with viewer.told():
        with reading.writing() as tx:
            verb(tx, who.actor, **what)
        st.rerun()
