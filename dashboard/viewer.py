"""Who is looking: the session behind the cookie, their language and rights, and every key of session state we own."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NoReturn, ParamSpec, TypeVar

import streamlit as st

from dashboard import headers, reading
from dashboard.menu import FIRST_PAGE
from dashboard.plain import plain
from data import words
from data.disk import DiskError
from data.people import passwords, scopes, sessions
from data.people.passwords import Proof
from data.people.rules import ROLE_LIMITS, ROLE_WORDS, Action, Actor, Event, Refused, Role, WrongPassword, may
from data.words import _

COOKIE = "flowcard_sid"
_RENEWAL = "viewer:renewal"
# What a form's fields of free text are called; numbers, sums, secrets and choices are typed anew.
_DRAFTED = frozenset({"reason", "why", "remark", "note", "reference", "tax_no", "cnaps", "bank", "opening", "text"})
_DRAFT_LASTS = timedelta(hours=12)
_LONGEST_DRAFT = 100_000
# By person; in memory only, the last one of each.
_drafts: dict[int, tuple[datetime, dict[str, str]]] = {}
_here: ContextVar["Viewer"] = ContextVar("viewer")
# The right asked for by the page a session is on: what comes round by itself asks for it again.
_ENTERED = "viewer:entered"
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
    _restore_draft(viewer)
    if not viewer.may(action):
        st.title(_("Not for your role"))
        st.warning(
            _(
                "You are signed in as {name} ({role}); this page is for: {roles}.",
                name=plain(viewer.name),
                role=_(ROLE_WORDS[viewer.role]),
                roles=", ".join(_(ROLE_WORDS[role]) for role in ROLE_LIMITS if may(role, action)),
            )
        )
        st.markdown(_(ROLE_LIMITS[viewer.role]))
        st.page_link(f"app_pages/{FIRST_PAGE.get(viewer.role, 'today')}.py", label=_("Back to my first page"))
        st.stop()
    keep(_ENTERED, action)
    return viewer


def fragment(*, run_every: str | None = None) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """`st.fragment` whose reruns also know the viewer's session, language and rights."""

    def decorate(function: Callable[P, Result]) -> Callable[P, Result]:
        def inside(*args: P.args, **kwargs: P.kwargs) -> Result:
            viewer = _signed_in()
            if viewer is None:
                # What comes round by itself leaves a page alone whose session went idle: somebody may be typing on it.
                _to_sign_in(reload=run_every is None)
            if not viewer.may(kept(_ENTERED, Action.LOOK_UP)):
                st.rerun()  # the whole page is asked for, and says why it is not for this person any more
            return function(*args, **kwargs)

        inside.__qualname__, inside.__module__ = function.__qualname__, function.__module__
        return st.fragment(inside, run_every=run_every)

    return decorate


@contextmanager
def told() -> Iterator[None]:
    """Show a refusal of the store as a sentence instead of an error page. Stands around the transaction."""
    try:
        yield
    except Refused as refusal:
        # It repeats what was typed or filed.
        st.error(plain(str(refusal)), icon=":material/block:")
    except DiskError as trouble:
        st.error(_(trouble.msgid, **trouble.values), icon=":material/hard_drive:")


def proved(typed: str | None, event: Event, object: str) -> Proof:
    """Check the password asked for again before the act `event` on `object`: inside `told`, before its transaction.

    The session gets another token (`fetch_new_token`). Raises Refused.
    """
    home, actor = reading.home(), here().actor
    with passwords.one_try_at_a_time:
        try:
            proof = passwords.prove(home.db.read(), actor, typed, event, object, now=home.clock.now())
        except WrongPassword:
            with home.db.write(quiet=True) as tx:
                passwords.was_wrong(tx, actor)
            raise
    with home.db.write(quiet=True) as tx:
        keep(_RENEWAL, sessions.want_new_token(tx, actor, session_id()))
    return proof


def fetch_new_token() -> None:
    """Let the browser fetch the token that replaces its own, once the password was asked for again."""
    word = kept(_RENEWAL)
    if word is None:
        return
    if not sessions.wants_new_token(reading.home().db.read(), session_id()):
        forget(_RENEWAL)
        return
    # Only our own word stands in it: base64 signs. The script is one the browser was told of (`headers`).
    beside = f'<i data-flowcard-word="{word}"></i>'
    st.html(f"{beside}<script>{headers.FETCH}</script>", unsafe_allow_javascript=True)


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


def session_id() -> str:
    """The session of this tab's socket, as the guard noted it in the place of the cookie's token; "" without one."""
    return str(st.context.cookies.get(COOKIE, ""))


def session_limits() -> dict[str, timedelta]:
    """How long a session lasts without a click, and in any case."""
    settings = reading.home().settings
    return {
        "idle": timedelta(minutes=settings.session_idle_minutes),
        "longest": timedelta(hours=settings.session_hours),
    }


def _signed_in() -> Viewer | None:
    home = reading.home()
    session = sessions.of_socket(home.db.read(), session_id(), now=home.clock.now(), **session_limits())
    if session is None:
        return None
    person = session.person
    language = person.language or browser_language(st.context.locale, home.settings.language)
    words.use(language)
    reading.see_as(scopes.of(home.db.read(), person.person_id))
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
        sessions.sign_out(tx, session_id(), who.actor)
    _to_sign_in()


def _to_sign_in(*, reload: bool = True) -> NoReturn:
    st.info(_("Your session has ended. Sign in again to go on."))
    _keep_draft()
    if reload:
        # The guard sends a browser without a session to the sign-in page and back to this address.
        st.html(f"<script>{headers.RELOAD}</script>", unsafe_allow_javascript=True)
    st.stop()


def _keep_draft() -> None:
    """Keep what somebody typed into a form whose session went idle meanwhile, until they have signed in again."""
    home = reading.home()
    person_id = sessions.owner(home.db.read(), session_id())
    typed = {str(key): value for key, value in st.session_state.items() if _is_draft(str(key), value)}
    if person_id is not None and typed:
        _drafts[person_id] = (home.clock.now(), typed)


def _restore_draft(viewer: Viewer) -> None:
    made_at, typed = _drafts.pop(viewer.actor.person_id, (None, {}))
    if made_at is not None and reading.home().clock.now() - made_at <= _DRAFT_LASTS:
        for key, value in typed.items():
            st.session_state.setdefault(key, value)


def _is_draft(key: str, value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_DRAFT:
        return False
    # A text of one line in a field of that name is a search, which the address remembers.
    named = _DRAFTED.intersection(key.split(":")[1:])
    return bool(named - {"text"}) or (named == {"text"} and "\n" in value)
