"""The frame around every page: menu, look-up box, who is signed in, what kind of home this is."""

import re
from pathlib import Path

import streamlit as st

from dashboard import reading, viewer
from dashboard.menu import FIRST_PAGE, PAGES
from dashboard.plain import plain
from dashboard.widgets import brakes
from data.people import store as people
from data.people.rules import ROLE_WORDS, Action
from data.people.scope_rules import KINDS, Scope
from data.words import LANGUAGES, _

_ICON = Path(__file__).parent / "static" / "icon.png"
# Nothing anyone can read out is longer; a pasted list is.
_LONGEST_ASKED = 80
# Of a group of merchants a few are named.
_VALUES_SHOWN = 3


def _menu(who: viewer.Viewer) -> dict[str, list[st.Page]]:
    """The groups this role may see. A local page icon stands first, else icons are fetched from a foreign host."""

    def start() -> None:
        st.switch_page(f"app_pages/{FIRST_PAGE.get(who.role, 'today')}.py")

    # The default page has no address of its own; a start of its own leaves every page its address, in every role.
    groups = {"": [st.Page(start, title="Flowcard", default=True, visibility="hidden")]}
    for row in PAGES:
        page = st.Page(
            f"app_pages/{row.name}.py",
            title=_(row.title),
            icon=row.icon,
            url_path=row.name,
            visibility="hidden" if row.hidden or not who.may(row.action) else "visible",
        )
        groups.setdefault(_(row.group), []).append(page)
    return groups


def _look_up_box() -> None:
    def go() -> None:
        viewer.keep("frame:asked", viewer.kept("frame:box", "").strip())
        viewer.keep("frame:box", "")

    st.text_input(
        _("Look up"),
        key="frame:box",
        on_change=go,
        icon=":material/search:",
        label_visibility="collapsed",
        placeholder=_("Look up a card, number, terminal, serial, merchant or phone; the last 4–8 characters do"),
    )
    asked = viewer.kept("frame:asked")
    if asked:
        viewer.forget("frame:asked")
        if len(asked) > _LONGEST_ASKED:
            st.warning(_("This is too long for one search. Paste a list on Look up, one number per line."))
            return
        st.switch_page("app_pages/look_up.py", query_params={"q": asked})


def _said(part: Scope) -> str:
    told = []
    for kind, word in KINDS.items():
        values = [value for of, value in part.pairs if of == kind]
        more = f" +{len(values) - _VALUES_SHOWN}" if len(values) > _VALUES_SHOWN else ""
        if values:
            # A value may hold anything, Markdown too.
            shown = ", ".join(re.sub(r"([\\`*_\[\]<>:$#|~])", r"\\\1", value) for value in values[:_VALUES_SHOWN])
            told.append(f"{_(word)} {shown}{more}")
    return " · ".join(told)


def _account(who: viewer.Viewer) -> None:
    with st.sidebar.popover(plain(who.name), icon=":material/account_circle:", width="stretch"):
        st.caption(_("Signed in as {name} ({role})", name=plain(who.name), role=_(ROLE_WORDS[who.role])))
        chosen = st.segmented_control(
            _("Language"), list(LANGUAGES), default=who.language, format_func=LANGUAGES.get, key="frame:language"
        )
        if chosen and chosen != who.language:
            with reading.writing() as tx:
                people.choose_language(tx, who.actor, chosen)
            st.rerun()
        st.link_button(_("Change your password"), "/password", icon=":material/key:", width="stretch")
        if st.button(_("Sign out"), icon=":material/logout:", width="stretch", key="frame:sign_out"):
            viewer.leave(who)


st.set_page_config(page_title="Flowcard", page_icon=str(_ICON), layout="wide")
_who = viewer.enter(Action.LOOK_UP)
_page = st.navigation(_menu(_who), expanded=True)
st.logo(str(_ICON), size="large")
_account(_who)
if reading.home().rehearsal:
    st.sidebar.badge(_("Rehearsal"), icon=":material/theater_comedy:", color="orange")
    st.sidebar.caption(_("A copy of your cards: every order goes to the practice carrier, nothing here is real"))
elif reading.home().kind == "demo":
    st.sidebar.caption(_(":material/science: Demo home: made-up data, no real carrier is ever called"))
if _part := reading.seen_as():
    st.sidebar.caption(":material/filter_alt: " + _("You see a part of the fleet: {part}", part=_said(_part)))
with st.container(horizontal=True, vertical_alignment="center"):
    _look_up_box()
    brakes.stop_button(_who)
brakes.standing(_who)
if _trouble := reading.home().db.trouble:
    st.error(_(_trouble.msgid, **_trouble.values), icon=":material/hard_drive:")
_page.run()
viewer.fetch_new_token()
