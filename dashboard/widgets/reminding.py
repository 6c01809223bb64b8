"""How reminding stands: the figures over its page, the red line when nobody has looked, and the hold of a storm."""

import streamlit as st

from dashboard import reading, viewer
from dashboard.widgets.kpis import Kpi, kpi_row
from data.mails import store as mails
from data.people.rules import Action
from data.reminders import scanning, showing
from data.words import _, day, moment, number, plural


def figures() -> None:
    """The last look at the fleet, what waits, what is in trouble, and who cannot be reached."""
    now = showing_now()
    counts = reading.fresh(mails.counts)
    looked = _("not yet") if now.last_ended_at is None else moment(now.last_ended_at)
    trouble = sum(counts[state]["mails"] for state in ("failed", "unknown") if state in counts)
    kpi_row(
        [
            Kpi(
                _("Last look at the fleet"),
                looked,
                None if now.looked_at is None else plural("{count} SIM", "{count} SIMs", now.looked_at),
            ),
            Kpi(_("Reminders to be sent"), number(now.waiting), _("leave with the next mail") if now.waiting else None),
            Kpi(
                _("Mails in trouble"),
                number(trouble),
                _("not sent, or unclear") if trouble else _("all went out"),
                good=trouble == 0,
            ),
            Kpi(
                _("Addresses to confirm"),
                number(now.unreachable),
                _("nothing is sent to them") if now.unreachable else _("everybody can be reached"),
                good=now.unreachable == 0,
            ),
        ]
    )


def showing_now() -> showing.Standing:
    """How reminding stands now."""
    return reading.read(showing.standing)


def red_line() -> None:
    """What has to be known of reminding on any page that asks: nobody looked for a day, it saw nothing, it is held."""
    if reading.seen_as():
        return  # looks are at the whole fleet, of which this person sees a part
    now = showing_now()
    since = now.silent_since(now=reading.home().clock.now())
    if since is not None:
        st.error(
            _("Nobody has been reminded of anything since {at}: no look at the fleet has ended.", at=moment(since)),
            icon=":material/notifications_off:",
        )
    elif now.blind:
        told = plural("{count} SIM", "{count} SIMs", now.live)
        st.error(
            _("The last look at the fleet saw no SIM, and there are {sims}: nobody was reminded.", sims=told),
            icon=":material/notifications_off:",
        )
    if now.held_since is not None:
        st.warning(
            _(
                "Far more reminders than ever came up on {day} ({made}): all but urgent ones wait since {at}.",
                day=day(now.day),
                made=number(now.made or 0),
                at=moment(now.held_since),
            ),
            icon=":material/thunderstorm:",
        )


def way_out() -> None:
    """Where mail goes from here, when it goes nowhere."""
    home = reading.home()
    if home.settings.mail_host:
        return
    if home.kind == "demo":
        st.caption(
            ":material/science: "
            + _("Demo home: every mail is written as a file into its practice/mails folder, nothing leaves it.")
        )
    else:
        st.warning(
            _(
                "No mail account is set up, so everything waits in the outbox. Set mail_host and mail_user in flowcard.toml."
            ),
            icon=":material/unsubscribe:",
        )


def storm_button(who: viewer.Viewer) -> None:
    """Let what a storm holds back go, for those who may."""
    if showing_now().held_since is None or not who.may(Action.KEEP_REMINDERS):
        return
    with st.popover(_("Let them go"), icon=":material/send:", key="reminders:storm:popover"):
        st.caption(_("Look at the preview and the outbox first: a wrong clock or a bad import looks like this."))
        if st.button(_("Send what is held back"), type="primary", key="reminders:storm"):
            with viewer.told():
                with reading.writing() as tx:
                    scanning.release_storm(tx, who.actor)
                st.rerun()
