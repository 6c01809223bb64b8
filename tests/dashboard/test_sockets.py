"""An open socket whose session somebody ends: one last rerun, then the line is cut; and what counts as a click."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
import websockets.sync.client
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus

from dashboard import gate, sockets
from data import home as house
from data.home import Home, open_home
from data.people import keeping, sessions
from data.people import store as people_store
from data.people.rules import Actor, Role
from data.people.sessions import Opened, Session
from tests.conftest import PASSWORD, add_people
from tests.serving import Served, served

CLICK = BackMsg(rerun_script=ClientState()).SerializeToString()
BY_ITSELF = BackMsg(rerun_script=ClientState(is_auto_rerun=True)).SerializeToString()
BOSS = Actor(0, "command line", Role.SYSTEM, "command line")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "_LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(sockets, "_GRACE_S", 0.3)


@pytest.fixture
def opened(home: Home, people: dict[str, Actor], quick: None) -> Iterator[Opened]:
    house.install(home)
    person = people_store.by_name(home.db.read(), "viewer")
    assert person
    with home.db.write() as tx:
        yield_this = sessions.sign_in(tx, person, address="")
    yield yield_this
    house.install(None)


def heard(home: Home, opened: Opened, said: list[bytes], then) -> tuple[list, list]:  # type: ignore[no-untyped-def,type-arg]
    """What the app hears on a socket on which a browser says `said`, after which `then` happens; and what is sent."""
    session = sessions.of_socket(
        home.db.read(),
        opened.session_id,
        now=home.clock.now(),
        idle=timedelta(minutes=30),
        longest=timedelta(hours=12),
    )
    assert isinstance(session, Session)
    got, sent = [], []

    async def run() -> None:
        browser: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        for message in said:
            browser.put_nowait({"type": "websocket.receive", "bytes": message})

        async def send(message):  # type: ignore[no-untyped-def]
            sent.append(message)

        async def app(_scope, receive, _send):  # type: ignore[no-untyped-def]
            for _message in said:
                got.append(await receive())
            if then:
                then()
            else:
                browser.put_nowait({"type": "websocket.disconnect", "code": 1001})
            while got[-1]["type"] != "websocket.disconnect" if got else True:
                got.append(await receive())

        await asyncio.wait_for(sockets.until_over(app, {}, browser.get, send, session=session), 5)

    asyncio.run(run())
    return got, sent


@pytest.mark.parametrize("how", ["disable", "set_role", "reset", "sign_out", "change_password"])
def test_whoever_is_put_out_is_told_once_and_then_cut_off(home, people, opened, how):
    def put_out():
        with home.db.write() as tx:
            whom = people["viewer"].person_id
            if how == "sign_out":
                sessions.sign_out(tx, opened.session_id, people["viewer"])
            elif how == "change_password":
                new = people_store.NewPassword("hashed")
                keeping.change_password(tx, people["viewer"], new=new, password=None, session_id="another")
            else:
                more = {"role": Role.OPERATOR} if how == "set_role" else {}
                getattr(keeping, how)(tx, BOSS, person_id=whom, **more)

    got, sent = heard(home, opened, [CLICK], put_out)
    assert [message["type"] for message in got] == ["websocket.receive", "websocket.receive", "websocket.disconnect"]
    asked = BackMsg()
    asked.ParseFromString(got[1]["bytes"])
    assert asked.WhichOneof("type") == "rerun_script"
    assert sent == [{"type": "websocket.close", "code": 1008}]
    assert not sockets._open


def test_a_socket_that_nobody_ends_hears_its_browser_and_nothing_else(home, people, opened):
    got, sent = heard(home, opened, [CLICK, BY_ITSELF, b"no message of theirs"], None)
    assert [message.get("bytes") for message in got] == [CLICK, BY_ITSELF, b"no message of theirs", None]
    assert not sent and not sockets._open


@pytest.mark.parametrize(("message", "stays"), [(CLICK, True), (BY_ITSELF, False)])
def test_a_click_keeps_a_session_awake_and_a_page_that_refreshes_itself_does_not(home, people, opened, message, stays):
    home.clock.move(timedelta(minutes=20))

    def alive() -> bool:
        lasts = {"idle": timedelta(minutes=30), "longest": timedelta(hours=12)}
        return bool(sessions.of_token(home.db.read(), opened.token, now=home.clock.now(), **lasts))

    heard(home, opened, [message], None)
    home.clock.move(timedelta(minutes=20))
    assert alive() is stays


def test_a_click_that_comes_too_late_wakes_nobody(home, people, opened):
    sockets_session = opened.session_id
    home.clock.move(timedelta(minutes=31))
    sockets._touch(sockets_session)
    found = sessions.of_socket(
        home.db.read(), sockets_session, now=home.clock.now(), idle=timedelta(minutes=30), longest=timedelta(hours=12)
    )
    assert found is None


def test_what_a_browser_calls_its_session_never_reaches_a_script(home, people, opened):
    from starlette.requests import HTTPConnection

    header = f"flowcard_sid=x; __Host-sid=y; theme=dark; flowcard_sid={opened.token}".encode()
    for scheme, wanted in (("http", opened.session_id), ("https", None)):
        scope = {"type": "http", "scheme": scheme, "path": "/", "query_string": b"", "server": ("localhost", 80)}
        connection = HTTPConnection({**scope, "headers": [(b"host", b"localhost"), (b"cookie", header)]})
        inner = HTTPConnection(gate._as_the_app_sees_it(connection, gate._session_of(connection)))
        assert inner.cookies == {"theme": "dark"} | ({"flowcard_sid": wanted} if wanted else {})
        assert opened.token not in str(inner.headers)


def test_over_tls_only_the_host_cookie_counts(home, people, opened):
    from starlette.requests import HTTPConnection

    for scheme, name, known in (
        ("https", "__Host-sid", True),
        ("wss", "__Host-sid", True),
        ("https", "flowcard_sid", False),
        ("http", "flowcard_sid", True),
        ("http", "__Host-sid", False),
    ):
        scope = {"type": "websocket" if scheme == "wss" else "http", "scheme": scheme, "path": "/", "query_string": b""}
        headers = [(b"host", b"localhost"), (b"cookie", f"{name}={opened.token}".encode())]
        connection = HTTPConnection({**scope, "headers": headers, "server": ("localhost", 443)})
        assert bool(gate._session_of(connection)) is known, (scheme, name)


# On a running server -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = tmp_path_factory.mktemp("sockets") / "home"
    home = open_home(path, create="real")
    add_people(home)
    home.close()
    with served(path) as running:
        yield running
    while _clients:
        _clients.pop().close()


_clients: list[httpx.Client] = []


def signed_in(server: Served, name: str, password: str = PASSWORD, **more: dict[str, str]) -> httpx.Client:
    client = httpx.Client(base_url=server.url, headers={"origin": server.url, **more})
    _clients.append(client)
    assert client.post("/sign-in", data={"name": name, "password": password}).status_code == 303
    return client


def socket_of(server: Served, client: httpx.Client) -> websockets.sync.client.ClientConnection:
    cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = f"ws://127.0.0.1:{server.port}/_stcore/stream"
    return websockets.sync.client.connect(url, additional_headers={"cookie": cookie}, max_size=None)


def text_until_closed(socket: websockets.sync.client.ClientConnection) -> tuple[str, int]:
    seen = ""
    try:
        while True:
            message = ForwardMsg()
            message.ParseFromString(socket.recv(timeout=20))  # type: ignore[arg-type]
            seen += str(message)
    except ConnectionClosed as closed:
        return seen, closed.rcvd.code if closed.rcvd else 0


def test_a_changed_password_ends_every_other_session_and_its_open_socket(server: Served) -> None:
    elsewhere, here = signed_in(server, "viewer"), signed_in(server, "viewer")
    with socket_of(server, elsewhere) as socket:
        socket.send(CLICK)
        form = {"password": PASSWORD, "new": "quite another sentence", "again": "quite another sentence"}
        old = dict(here.cookies)
        assert here.post("/password", data=form).status_code == 303
        seen, code = text_until_closed(socket)
    assert code == 1008
    assert "location.reload" in seen
    assert httpx.get(server.url, cookies=dict(elsewhere.cookies)).status_code == 401
    assert httpx.get(server.url, cookies=old).status_code == 401
    assert here.get("/").status_code == 200
    with pytest.raises(InvalidStatus):
        socket_of(server, elsewhere)
    signed_in(server, "viewer", "quite another sentence")


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"password": "wrong", "new": "a b c d e f g", "again": "a b c d e f g"}, "not your password"),
        ({"password": PASSWORD, "new": "short", "again": "short"}, "shorter than 12"),
        ({"password": PASSWORD, "new": "password12345", "again": "password12345"}, "guessed first"),
        ({"password": PASSWORD, "new": "three quiet things", "again": "three quiet thinks"}, "the same twice"),
    ],
)
def test_a_password_is_changed_with_the_present_one_and_for_a_good_one_only(
    server: Served, form: dict[str, str], fault: str
) -> None:
    client = signed_in(server, "operator2")
    client.headers["accept-language"] = "en"
    answer = client.post("/password", data=form)
    assert (answer.status_code, fault in answer.text) == (400, True)
    assert client.get("/").status_code == 200


def test_signing_in_over_a_session_ends_it(server: Served) -> None:
    client = signed_in(server, "operator")
    first = dict(client.cookies)
    assert client.post("/sign-in", data={"name": "operator", "password": PASSWORD}).status_code == 303
    assert dict(client.cookies) != first
    assert httpx.get(server.url, cookies=first).status_code == 401


def test_behind_tls_the_cookie_belongs_to_this_host_alone(server: Served) -> None:
    headers = {"origin": server.url.replace("http", "https"), "x-forwarded-proto": "https"}
    answer = httpx.post(f"{server.url}/sign-in", data={"name": "approver", "password": PASSWORD}, headers=headers)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sid=")
    assert all(part in cookie for part in ("; Secure", "; HttpOnly", "; Path=/", "; SameSite=strict"))
    assert "Domain" not in cookie
    token = cookie.split("=", 1)[1].split(";", 1)[0]
    secure = {"cookie": f"__Host-sid={token}", "x-forwarded-proto": "https"}
    assert httpx.get(server.url, headers=secure).status_code == 200
    assert (
        httpx.get(server.url, headers={"cookie": f"flowcard_sid={token}"} | {"x-forwarded-proto": "https"}).status_code
        == 401
    )


def test_a_form_that_weighs_more_than_a_form_is_not_read(server: Served) -> None:
    big = {"name": "viewer", "password": "x" * 20_000}
    assert httpx.post(f"{server.url}/sign-in", data=big, headers={"origin": server.url}).status_code == 403


def test_the_word_for_a_new_token_cannot_be_guessed(server: Served) -> None:
    client = signed_in(server, "approver2")
    assert client.post("/session", data={"word": "guess"}).status_code == 403
    assert httpx.post(f"{server.url}/session", data={"word": ""}, headers={"origin": server.url}).status_code == 401


def test_a_link_nobody_made_opens_nothing(server: Served) -> None:
    assert httpx.get(f"{server.url}/reset?token=made-up").status_code == 404
    form = {"new": "quite another sentence", "again": "quite another sentence"}
    answer = httpx.post(f"{server.url}/reset?token=made-up", data=form, headers={"origin": server.url})
    assert answer.status_code == 404


def test_a_guesser_is_told_to_wait_and_how_long(server: Served) -> None:
    form = {"name": "finance", "password": "guess"}
    answers = [httpx.post(f"{server.url}/sign-in", data=form, headers={"origin": server.url}) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    right = {"name": "finance", "password": PASSWORD}
    assert httpx.post(f"{server.url}/sign-in", data=right, headers={"origin": server.url}).status_code == 429
