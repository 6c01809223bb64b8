"""Who is looking: the session behind the cookie, their language and rights, and every key of session state we own."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn, ParamSpec, TypeVar

import streamlit as st

from dashboard import reading
from dashboard.menu import FIRST_PAGE
from data import words
from data.disk import DiskError
from data.people import store as people
from data.people.rules import ROLE_LIMITS, ROLE_WORDS, Action, Actor, Refused, Role, WrongPassword, may
from data.people.store import Person
from data.words import _

COOKIE = "flowcard_sid"
_here: ContextVar["Viewer"] = ContextVar("viewer")
P = ParamSpec("P")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Viewer:
    """The signed-in person of this rerun."""

    actor: Actor
    language: str

    @property
    def name(self) -> str:
        """Their sign-in name."""
        return self.actor.name

    @property
    def role(self) -> Role:
        """What they are here."""
        return self.actor.role

    def may(self, action: Action) -> bool:
        """Whether to offer it; the store checks again when it is done."""
        return may(self.actor.role, action)


def here() -> Viewer:
    """The viewer this rerun has entered as: what a widget asks which actions to offer, without reading the session again."""
    return _here.get()


def enter(action: Action = Action.SEE) -> Viewer:
    """The viewer, read anew from the session row; sets the language. Stops the page for anyone who may not see it."""
    viewer = _signed_in()
    if viewer is None:
        _to_sign_in()
    if not viewer.may(action):
        st.title(_("Not for your role"))
        st.warning(
            _(
                "You are signed in as {name} ({role}); this page is for: {roles}.",
                name=viewer.name,
                role=_(ROLE_WORDS[viewer.role]),
                roles=", ".join(_(ROLE_WORDS[role]) for role in ROLE_LIMITS if may(role, action)),
            )
        )
        st.markdown(_(ROLE_LIMITS[viewer.role]))
        st.page_link(f"app_pages/{FIRST_PAGE.get(viewer.role, 'today')}.py", label=_("Back to my first page"))
        st.stop()
    return viewer


def fragment(*, run_every: str | None = None) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """`st.fragment` whose reruns also know the viewer's session and language."""

    def decorate(function: Callable[P, Result]) -> Callable[P, Result]:
        def inside(*args: P.args, **kwargs: P.kwargs) -> Result:
            if _signed_in() is None:
                _to_sign_in()
            return function(*args, **kwargs)

        inside.__qualname__, inside.__module__ = function.__qualname__, function.__module__
        return st.fragment(inside, run_every=run_every)

    return decorate


@contextmanager
def told() -> Iterator[None]:
    """Show a refusal of the store as a sentence instead of an error page. Stands around the transaction."""
    try:
        yield
    except WrongPassword as refusal:
        # The refusal rolled its transaction back; the try is remembered in one of its own.
        with reading.writing() as tx:
            people.reauthentication_refused(tx, here().actor)
        st.error(str(refusal), icon=":material/block:")
    except Refused as refusal:
        st.error(str(refusal), icon=":material/block:")
    except DiskError as trouble:
        st.error(_(trouble.msgid, **trouble.values), icon=":material/hard_drive:")


def kept(key: str, default: Any = None) -> Any:
    """What this session keeps under `key` ("page:what")."""
    return st.session_state.get(key, default)


def keep(key: str, value: Any) -> None:
    """Keep `value` for this session under `key`."""
    st.session_state[key] = value


def forget(key: str) -> None:
    """Drop what is kept under `key`."""
    st.session_state.pop(key, None)


def form_key(form: str) -> str:
    """The key of one confirm form: however often it is sent, it is one act. Stays until `new_form_key`."""
    key = f"form:{form}"
    if key not in st.session_state:
        st.session_state[key] = uuid.uuid4().hex
    return str(st.session_state[key])


def new_form_key(form: str) -> None:
    """The act is done; the next form is another one."""
    forget(f"form:{form}")


def session_token() -> str:
    """The cookie of this tab's handshake; "" without one."""
    return str(st.context.cookies.get(COOKIE, ""))


def session_of(token: str) -> tuple[Person, bool] | None:
    """The person behind a cookie, read anew, and whether the session wants touching; None when it is over."""
    home = reading.home()
    return people.whose(
        home.db.read(),
        token,
        now=home.clock.now(),
        idle=timedelta(minutes=home.settings.session_idle_minutes),
        longest=timedelta(hours=home.settings.session_hours),
    )


def _signed_in() -> Viewer | None:
    home, token = reading.home(), session_token()
    found = session_of(token)
    if found is None:
        return None
    person, wants_touch = found
    if wants_touch:
        with home.db.write(quiet=True) as tx:
            people.touch(tx, token)
    language = person.language or browser_language(st.context.locale, home.settings.language)
    words.use(language)
    viewer = Viewer(person.actor("page"), language)
    _here.set(viewer)
    return viewer


def browser_language(locale: str | None, default: str) -> str:
    """The catalogue for a browser's locale such as "zh-CN"."""
    if not locale:
        return default
    return "zh_CN" if locale.lower().startswith("zh") else "en"


def leave(who: Viewer) -> NoReturn:
    """End the session for every tab that shares it; the cookie is worth nothing from here on."""
    with reading.writing() as tx:
        people.sign_out(tx, session_token(), who.actor)
    _to_sign_in()


def _to_sign_in() -> NoReturn:
    st.info(_("Your session has ended. Sign in again to go on."))
    # The guard sends a browser without a session to the sign-in page and back to this address.
    st.html("<script>window.location.reload()</script>", unsafe_allow_javascript=True)
    st.stop()
