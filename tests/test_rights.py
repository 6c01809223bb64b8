"""Who may do what, cell by cell: stores, pages and routes against the policy written down here; strangers included."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from streamlit.testing.v1 import AppTest

from dashboard import viewer
from dashboard.menu import PAGES
from data import home as house
from data.database import Query
from data.files import exports_store as exports
from data.home import Home
from data.people import sessions
from data.people import store as people_store
from data.people.rules import MAY, SYSTEM, Action, Actor, Role
from data.renewals import stopping
from data.vouchers import picturing
from data.vouchers import store as vouchers
from tests.rights import ROOT, lets_in, unsigned_calls, writing_functions

V, D, F, O, A, C, X, S = (  # noqa: E741 - the columns of the table below
    *(Role.VIEWER, Role.DESK, Role.FIELD, Role.OPERATOR, Role.APPROVER, Role.FINANCE, Role.ADMINISTRATOR, Role.SYSTEM),
)
SIGNING_IN = (V, D, F, O, A, C, X)

# The policy, as people agreed on it (docs of the house: security, roles). MAY must be this and nothing else.
POLICY: dict[Action, set[Role]] = {
    Action.LOOK_UP: {V, D, F, O, A, C, X, S},
    Action.SEE: {V, O, A, C, X, S},
    Action.SWAP: {F},
    Action.IMPORT: {O, S},
    Action.DECIDE: {O},
    Action.KEEP_NOTICES: {O, A},
    Action.PROPOSE: {O},
    Action.APPROVE: {A},
    Action.DEPUTISE: {O, A},
    Action.FILE_FORM: {O, A},
    Action.CANCEL_BATCH: {O, A},
    Action.NOTE: {O, A},
    Action.REVIEW: {A},
    Action.MARK_PAID: {C},
    Action.REQUEST_PAYMENT: {O, C},
    Action.SEE_BANK_ACCOUNTS: {C, S},
    Action.REVEAL_PIN: {A},
    Action.SEE_PROOFS: {O, A, C},
    Action.KEEP_PROVIDERS: {O},
    Action.PROPOSE_PAYEE: {O},
    Action.CONFIRM_PAYEE: {A},
    Action.STOP_PAYEE: {O, A, C},
    Action.SEND_WORKLIST: {O},
    Action.STOP_RENEWALS: {O, A, X, S},
    Action.RELEASE_RENEWALS: {A},
    Action.FILE_VOUCHER: {O, C},
    Action.EXPORT: {V, O, A, C, X, S},
    Action.RUN_JOBS: {O, X},
    Action.KEEP_REMINDERS: {O, X},
    Action.MANAGE_PEOPLE: {X},
    Action.READ_AUDIT: {A, X},
    Action.WORK: {S},
}

# What each writing function asks for, as `subject.file.function`.
ASKS: dict[str, Action] = {
    f"{subject}.{name}": action
    for subject, action, names in (
        ("audit.verifying", Action.READ_AUDIT, "ask_to_verify"),
        ("carriers.refreshing", Action.WORK, "keep_sync keep_balance"),
        ("carriers.store", Action.WORK, "keep_accounts keep_abilities"),
        ("files.exports_store", Action.EXPORT, "ask_export fetch"),
        ("files.exports_store", Action.WORK, "written failed"),
        ("files.layouts", Action.IMPORT, "save_layout"),
        ("files.store", Action.IMPORT, "keep_upload choose accept discard imported refuse"),
        ("files.store", Action.WORK, "previewed"),
        ("mails.store", Action.KEEP_REMINDERS, "ask release stop go_on"),
        ("mails.store", Action.WORK, "queue alarm sign_of_life"),
        (
            "mails.claiming",
            Action.WORK,
            "next_mail claim moot postpone record returned recover roll_over retry_unknown",
        ),
        ("mails.returning", Action.WORK, "came_back"),
        ("payees.store", Action.PROPOSE_PAYEE, "propose withdraw"),
        ("payees.store", Action.CONFIRM_PAYEE, "confirm refuse"),
        ("payees.store", Action.STOP_PAYEE, "stop"),
        ("payees.store", Action.SEE_BANK_ACCOUNTS, "reveal"),
        ("payees.store", Action.WORK, "reseal"),
        ("people.deputies", Action.APPROVE, "name_deputy end_deputy entitled"),
        ("people.store", Action.MANAGE_PEOPLE, "add"),
        ("people.scopes", Action.MANAGE_PEOPLE, "give"),
        ("people.store", Action.LOOK_UP, "choose_language"),
        ("people.keeping", Action.MANAGE_PEOPLE, "invite reset set_role disable enable"),
        ("people.keeping", Action.LOOK_UP, "change_password"),
        ("people.passwords", Action.LOOK_UP, "was_wrong"),
        ("people.sessions", Action.LOOK_UP, "want_new_token"),
        ("plans.notices", Action.KEEP_NOTICES, "type_in add_paper acknowledge"),
        ("plans.notices", Action.WORK, "find"),
        ("providers.store", Action.KEEP_PROVIDERS, "keep"),
        ("renewals.approving", Action.APPROVE, "approve"),
        ("renewals.approving", Action.CANCEL_BATCH, "send_back"),
        ("renewals.breaking", Action.WORK, "try_one count"),
        ("renewals.claiming", Action.WORK, "claim"),
        ("renewals.differences", Action.NOTE, "close_differences"),
        ("renewals.moving", Action.WORK, "record finish"),
        ("renewals.noting", Action.NOTE, "note"),
        ("renewals.noting", Action.PROPOSE, "retry_repaired"),
        ("renewals.offline", Action.MARK_PAID, "mark_paid"),
        ("renewals.offline", Action.SEND_WORKLIST, "send_worklist hand_over"),
        ("renewals.paying", Action.REQUEST_PAYMENT, "ask withdraw"),
        ("renewals.paying", Action.MARK_PAID, "paid"),
        ("renewals.proposing", Action.PROPOSE, "propose propose_due"),
        ("renewals.receiving", Action.WORK, "verify_by_lists"),
        ("renewals.recharging", Action.PROPOSE, "recharge"),
        ("renewals.recharging", Action.REVEAL_PIN, "reveal_card"),
        ("renewals.recharging", Action.WORK, "reseal_cards"),
        ("renewals.reconciling", Action.WORK, "keep_statement match"),
        ("renewals.replaying", Action.STOP_RENEWALS, "restored"),
        ("renewals.rereading", Action.WORK, "keep_statuses"),
        ("renewals.resending", Action.WORK, "claim_again"),
        ("renewals.reviewing", Action.REVIEW, "state_review refuse_review confirm_review"),
        ("renewals.stopping", Action.CANCEL_BATCH, "cancel"),
        ("renewals.stopping", Action.WORK, "take_back_late"),
        ("renewals.stopping", Action.APPROVE, "resume"),
        ("renewals.stopping", Action.STOP_RENEWALS, "pause stop"),
        ("renewals.stopping", Action.RELEASE_RENEWALS, "release"),
        ("renewals.urgent", Action.PROPOSE, "order_urgently"),
        ("renewals.urgent", Action.APPROVE, "see_urgent"),
        ("renewals.verifying", Action.WORK, "keep_looks"),
        ("renewals.verifying", Action.NOTE, "take_on_verifications write_on_verifications close_verifications"),
        ("reminders.choosing", Action.KEEP_REMINDERS, "keep_rule drop_rule keep_recipient send_code verify_address"),
        ("reminders.choosing", Action.LOOK_UP, "hand_over end_hand_over accept_hand_over"),
        ("reminders.muting", Action.KEEP_REMINDERS, "mute unmute"),
        ("reminders.scanning", Action.WORK, "scan"),
        ("reminders.scanning", Action.KEEP_REMINDERS, "release_storm"),
        ("reminders.store", Action.LOOK_UP, "acknowledge snooze"),
        ("runs.store", Action.RUN_JOBS, "ask"),
        ("runs.store", Action.WORK, "prune backed_up put_back"),
        ("mails.pruning", Action.WORK, "forget_texts"),
        ("sims.deciding", Action.DECIDE, "decide answer_proposals confirm_declined"),
        ("sims.findings", Action.DECIDE, "close_findings"),
        ("vouchers.store", Action.FILE_VOUCHER, "file_paper describe link unlink"),
        ("vouchers.store", Action.WORK, "read_off"),
        ("vouchers.picturing", Action.WORK, "drawn"),
        ("vouchers.store", Action.SEE, "fetch"),
    )
    for name in names.split()
}
# What an argument changes: the function, the argument, and what is asked then.
ASKS_WITH: tuple[tuple[str, dict[str, Any], Action], ...] = (
    ("renewals.stopping.pause", {"reason": "canary"}, Action.WORK),
    ("vouchers.store.file_paper", {"kind": "form"}, Action.FILE_FORM),
    ("vouchers.store.file_paper", {"kind": "notice"}, Action.KEEP_NOTICES),
    ("files.exports_store.ask_export", {"what": "payment_request"}, Action.SEE_BANK_ACCOUNTS),
)
# Steps inside the functions above, which have asked: no page calls them (test below).
INNER = {
    *("audit.store.record", "people.store.require", "people.store.require_keeper", "people.passwords.reauthenticate"),
    *("renewals.approving.place", "renewals.claiming.allowed", "renewals.claiming.state_of_sound"),
    "renewals.moving.made",
}


@pytest.fixture
def cast(home: Home, people: dict[str, Actor]) -> dict[Role, Actor]:
    """One person per role as a page knows them, the system, and a batch to be asked about."""
    add = Query(
        "t",
        "",
        """INSERT INTO batch (id, form_key, maker, content_hash, items, refused, amount_fen, state, proposed_at)
           VALUES (1, 'f', $maker, 'x', 1, 0, 100, 'proposed', now())""",
    )
    with home.db.write() as tx:
        tx.run(add, maker=people["operator2"].person_id)
    persons = {actor.role: replace(actor, source="page") for name, actor in people.items() if not name.endswith("2")}
    return persons | {Role.SYSTEM: SYSTEM}


def cells() -> Iterator[tuple[str, dict[str, Any], Action]]:
    yield from ((name, {}, action) for name, action in ASKS.items())
    yield from ASKS_WITH


def mismatches(home: Home, cast: dict[Role, Actor]) -> list[str]:
    """The cells in which a store lets in whom the policy keeps out, or the other way round."""
    functions = writing_functions()
    wrong = []
    for name, told, action in cells():
        for role, by in cast.items():
            if lets_in(home, functions[name], by, **told) != (role in POLICY[action]):
                wrong.append(f"{name} {told or ''} as {role.value}")
        for nobody in STRANGERS:
            if lets_in(home, functions[name], nobody, **told):
                wrong.append(f"{name} {told or ''} as {nobody.name}, claiming to be {nobody.role.value}")
    return wrong


# Who is no person here, whatever he says he is.
STRANGERS = [
    Actor(10**6, "nobody", Role.APPROVER, "page"),
    Actor(10**6, "nobody", Role.SYSTEM, "job"),
    Actor(SYSTEM.person_id, "system", Role.SYSTEM, "page"),
    Actor(SYSTEM.person_id, "system", Role.OPERATOR, "page"),
]


def test_the_table_of_rights_is_the_policy() -> None:
    assert {action: set(roles) for action, roles in MAY.items()} == POLICY


def test_every_writing_function_of_every_store_has_its_line() -> None:
    assert set(writing_functions()) == set(ASKS) | INNER


def test_no_store_lets_in_whom_the_policy_keeps_out(home: Home, cast: dict[Role, Actor]) -> None:
    assert mismatches(home, cast) == []


def test_a_store_that_forgets_to_ask_is_found(
    home: Home, cast: dict[Role, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stopping, "require", lambda *_anything: None)
    found = {cell.split()[0] for cell in mismatches(home, cast)}
    assert found == {
        f"renewals.stopping.{name}" for name in ("cancel", "take_back_late", "resume", "pause", "stop", "release")
    }


def test_a_right_too_many_is_found(home: Home, cast: dict[Role, Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MAY, Action.REVIEW, frozenset({Role.APPROVER, Role.ADMINISTRATOR}))
    assert {cell.split(" ", 1)[0] for cell in mismatches(home, cast)} == {
        f"renewals.reviewing.{name}" for name in ("state_review", "refuse_review", "confirm_review")
    }


def test_what_an_actor_says_of_his_role_is_worth_nothing(home: Home, cast: dict[Role, Actor]) -> None:
    forged = {role: replace(cast[Role.DESK], role=role) for role in cast if role is not Role.DESK}
    functions = writing_functions()
    let_in = {
        name for name, told, _action in cells() for by in forged.values() if lets_in(home, functions[name], by, **told)
    }
    assert let_in == {name for name, action in ASKS.items() if Role.DESK in POLICY[action]}


def test_whoever_was_sent_away_is_let_in_nowhere(home: Home, cast: dict[Role, Actor]) -> None:
    with home.db.write() as tx:
        tx.run(Query("t", "", "UPDATE person SET active = false"))
    functions = writing_functions()
    let_in = [
        f"{name} as {by.role.value}"
        for name, told, _action in cells()
        for by in cast.values()
        if by.role is not Role.SYSTEM and lets_in(home, functions[name], by, **told)
    ]
    assert let_in == []


def test_pages_say_who_asks_wherever_they_write() -> None:
    # Before somebody is signed in there is nobody to name.
    signing_in = {
        "keeping.make_setup_link",
        "keeping.set_up",
        "keeping.choose_password",
        "sessions.renew",
        "muting.mute_by_link",
    }
    signing_in |= {f"sessions.{name}" for name in ("sign_in", "sign_in_refused", "sign_in_slowed", "touch", "sign_out")}
    assert {call for call in unsigned_calls("dashboard") if call.split(": ")[1] not in signing_in} == set()
    inner = {name.rsplit(".", 1)[1] for name in INNER} - {"record"}
    for path in (ROOT / "dashboard").rglob("*.py"):
        called = {
            getattr(node.func, "attr", getattr(node.func, "id", ""))
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]) == "tx"
        }
        assert not called & inner, path


# Pages ------------------------------------------------------------------------------------------------------------------


def gate_of(page: Path) -> str:
    """The right a page asks for, from the call that is its first statement but imports, names and definitions."""
    for node in ast.parse(page.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef) or ast.unparse(node).startswith(("'", '"')):
            continue
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) else None
        if isinstance(value, ast.Call) and ast.unparse(value.func) == "viewer.enter":
            return ast.unparse(value.args[0]).removeprefix("Action.") if value.args else "SEE"
        names = {ast.unparse(target) for target in node.targets} if isinstance(node, ast.Assign) else {""}
        # A name in capitals is a constant; anything else would happen before it is known who looks.
        assert all(name.isupper() for name in names), (
            f"{page.name}: {ast.unparse(node)[:60]} stands before viewer.enter"
        )
    raise AssertionError(f"{page.name} never asks who looks")


def test_every_page_asks_first_for_the_right_that_the_menu_names() -> None:
    asked = {row.name: gate_of(ROOT / f"dashboard/app_pages/{row.name}.py") for row in PAGES}
    assert asked == {row.name: row.action.name for row in PAGES}


# The others differ from these by rows of the table only; every page run as every role would take minutes.
@pytest.mark.parametrize("role", (D, X), ids=lambda role: role.value)
def test_every_page_opens_for_whom_it_is_and_for_nobody_else(
    home: Home, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    entered = viewer.enter

    def let_in(action: Action = Action.SEE) -> viewer.Viewer:
        who = entered(action)
        if action is not Action.LOOK_UP or frames:  # the frame's own question comes first
            st.title("let in")
            st.stop()
        frames.append(who)
        return who

    monkeypatch.setattr(viewer, "enter", let_in)
    opened = set()
    for row in PAGES:
        frames: list[viewer.Viewer] = []
        titles = [title.value for title in page(row.name, role.value).title]
        assert titles in (["let in"], ["Not for your role"]), row.name
        opened |= {row.name} if titles == ["let in"] else set()
    assert opened == {row.name for row in PAGES if role in POLICY[row.action]}


def test_no_page_opens_for_a_stranger(
    home: Home, page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    page("exports", "viewer")
    monkeypatch.setattr(viewer, "session_id", lambda: "made-up")
    for row in PAGES:
        test = AppTest.from_file(str(ROOT / "dashboard" / "frame.py"), default_timeout=30)
        test.switch_page(f"app_pages/{row.name}.py")
        assert "Your session has ended" in test.run().info[0].value
        assert not test.title and not test.sidebar.children


# Routes -----------------------------------------------------------------------------------------------------------------

# Who gets an answer from which address: a right, or None for whoever is signed in. The others are open to strangers.
ROUTES: dict[str, Action | None] = {
    "/x/{export_id:int}": Action.EXPORT,
    "/v/{voucher_id:int}": Action.SEE,
    "/v/{voucher_id:int}/{page:int}": Action.SEE,
    "/metrics": None,
    "/password": None,
    "/session": None,
}
OPEN = {"/healthz", "/sign-in", "/set-up", "/reset", "/unsubscribe"}


def test_every_route_answers_whom_it_is_for_and_nobody_else(home: Home, people: dict[str, Actor]) -> None:
    from dashboard import app, gate

    house.install(home)
    routes = {route.path: route for route in app._ROUTES if isinstance(route, Route)}
    assert set(routes) == set(ROUTES) | OPEN
    server = httpx.ASGITransport(Starlette(routes=app._ROUTES, middleware=[Middleware(gate.Guard)]))  # type: ignore[arg-type]

    async def get(path: str, token: str) -> int:
        async with httpx.AsyncClient(transport=server, base_url="http://localhost") as client:
            return (await client.get(path, headers={"cookie": f"{viewer.COOKIE}={token}"})).status_code

    with home.db.write() as tx:
        voucher = vouchers.file_paper(
            tx, people["operator"], content=b"%PDF-1.7 %%EOF", filename="a.pdf", folder=home.vouchers, max_mb=1
        ).voucher_id
    wrong = []
    for role in (*SIGNING_IN, None):
        token, export = "", 1
        if role:
            with home.db.write() as tx:
                person = people_store.by_name(tx, role.value)
                assert person
                token = sessions.sign_in(tx, person, address="").token
                if role in POLICY[Action.EXPORT]:
                    export = exports.ask_export(tx, people[role.value], what="sims", format="csv", filters={})
                    exports.written(tx, SYSTEM, export_id=export, filename="a.csv", rows=0, sha256="0")
                    (home.exports / f"{export}.csv").write_bytes(b"iccid")
        for path, action in ROUTES.items():
            address = path.replace("{export_id:int}", str(export)).replace("{voucher_id:int}", str(voucher))
            address = address.replace("{page:int}", "1")
            # No picture has been drawn of it; what replaces a token is posted.
            answer = {"/v/{voucher_id:int}/{page:int}": 404, "/session": 405}.get(path, 200)
            wanted = 401 if role is None else answer if action is None or role in POLICY[action] else 403
            if (status := anyio.run(get, address, token)) != wanted:
                wrong.append(f"{path} as {role}: {status}")
    assert wrong == []


def test_the_picture_of_a_payees_proof_is_for_who_sees_whole_account_numbers(
    home: Home, cast: dict[Role, Actor]
) -> None:
    add = """INSERT INTO payee_change (payee_id, tax_no, bank, opening_bank, account_last4, account_blind, account_sealed,
        proof, state, proposed_by, proposed_at) VALUES (1, 'x', 'x', 'x', '1234', 'x', ''::BLOB, 1, 'proposed', 2, now())"""
    asked = picturing.fetch_page
    assert lets_in(home, asked, cast[V], voucher_id=1, page=1)
    with home.db.write() as tx:
        tx.run(Query("t", "", add))
    assert [role.value for role in SIGNING_IN if lets_in(home, asked, cast[role], voucher_id=1, page=1)] == [
        role.value for role in SIGNING_IN if role in POLICY[Action.SEE_BANK_ACCOUNTS]
    ]
