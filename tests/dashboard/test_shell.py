"""The shell around the pages: what strangers find at every address, what every answer tells the browser, what errors say."""

import re
from collections.abc import Iterator
from unittest.mock import MagicMock

import httpx
import pytest
import websockets.sync.client
from streamlit.web.server.starlette.starlette_app import create_streamlit_routes
from websockets.exceptions import ConnectionClosed, InvalidStatus

from data.database import Query
from data.home import open_home
from tests.conftest import PASSWORD, ROOT, add_people
from tests.serving import Served, browser, chromium, served, settled, sign_in

CANARY = "CANARY-7f3a9c"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
HTML = {"accept": "text/html"}
# What stands at the address of a route's place in braces: something that is there, and something that is not.
PLACES = ("1", "../../keys/audit")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home in which everything private bears the canary."""
    path = tmp_path_factory.mktemp("shell") / "home"
    home = open_home(path, create="real")
    people = add_people(home)
    with home.db.write() as tx:
        sim = "INSERT INTO sim (stem, iccid, carrier, account, status, observed_at) VALUES ($i, $i, 'mobile', $c, 'active', $now)"
        tx.run(Query("test", "", sim), i=f"8986{CANARY}", c=CANARY, now=tx.now)
    for folder in ("exports", "inbox", "files/incoming", "files/vouchers", "files/previews", "journal", "keys"):
        (path / folder / "1").write_text(CANARY, encoding="utf-8")
    assert people
    home.close()
    with served(path) as running:
        yield running


@pytest.fixture(scope="module")
def cookie(server: Served) -> dict[str, str]:
    answer = httpx.post(
        f"{server.url}/sign-in", data={"name": "viewer", "password": PASSWORD}, headers={"origin": server.url}
    )
    return {"cookie": f"flowcard_sid={answer.cookies['flowcard_sid']}"}


def addresses() -> list[str]:
    """Every address there is: our routes and the framework's as they stand in the app, pages, files, traversals."""
    from dashboard.app import _ROUTES
    from dashboard.menu import PAGES

    found = set()
    for route in [*_ROUTES, *create_streamlit_routes(MagicMock())]:
        path = getattr(route, "path", None) or "/"
        found |= {re.sub(r"\{[^}]*\}", place, path) for place in PLACES}
    found |= {f"/{row.name}" for row in PAGES}
    found |= {f"/{name}" for name in ("flowcard.duckdb", "keys/audit", "exports/1", "files/vouchers/1", ".env", "~")}
    found |= {"/app/static/icon.png", "/app/static/../gate.py", "/app/static/%2e%2e/%2e%2e/gate.py", "//evil.example/"}
    found |= {"/static/../../../../../../etc/passwd", "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/static/"}
    found |= {"/_stcore/stream", "/_stcore/upload_file/1/1", "/_stcore/script-health-check", "/_stcore/../today"}
    return sorted(found)


def test_a_stranger_finds_no_private_byte_at_any_address(server: Served) -> None:
    asked = addresses()
    assert {"/x/1", "/v/1", "/metrics", "/today"} <= set(asked) and any("media" in path for path in asked)
    cookies = ("flowcard_sid=1", "__Host-sid=1", "flowcard_sid=' OR 1=1 --")
    ways = [(method, {}) for method in METHODS]
    ways += [("GET", HTML), *(("GET", {"cookie": cookie}) for cookie in cookies)]
    answers = 0
    with httpx.Client() as client:
        for path in asked:
            for method, way in ways:
                # As typed: the client would tidy the dots away.
                url = httpx.URL(server.url).copy_with(raw_path=path.encode())
                answer = client.request(method, url, headers={**way, "origin": server.url})
                told = f"{method} {path} {way}: {answer.status_code}"
                assert CANARY not in answer.text and "root:" not in answer.text, told
                assert open_to_all(path) or answer.status_code in {303, 401, 404, 400}, told
                assert answer.status_code != 303 or answer.headers["location"].startswith("/sign-in?next="), told
                answers += 1
    assert answers > 900


def open_to_all(path: str) -> bool:
    return path in {"/sign-in", "/set-up", "/reset", "/unsubscribe", "/healthz"} or path.startswith("/static")


@pytest.mark.parametrize("path", ["/_stcore/stream", "/", "/static/x", "/sign-in", "/healthz", "/_stcore/agent/x"])
def test_a_stranger_gets_no_socket_at_any_address(server: Served, path: str) -> None:
    with pytest.raises((InvalidStatus, ConnectionClosed)), websockets.sync.client.connect(f"ws{server.url[4:]}{path}"):
        raise AssertionError("a socket was opened")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_a_page_of_another_site_opens_no_socket_and_sends_nothing(
    server: Served, cookie: dict[str, str], origin: str
) -> None:
    headers = {**cookie, "origin": origin}
    with pytest.raises(InvalidStatus) as refused:
        websockets.sync.client.connect(f"ws{server.url[4:]}/_stcore/stream", additional_headers=headers)
    assert refused.value.response.status_code == 403
    for method in ("POST", "PUT", "DELETE"):
        assert httpx.request(method, f"{server.url}/_stcore/upload_file/1/1", headers=headers).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "[::1]"])
def test_an_unknown_host_gets_neither_page_nor_socket(server: Served, cookie: dict[str, str], host: str) -> None:
    assert httpx.get(f"{server.url}/", headers={**cookie, "host": host}).status_code == 400
    with pytest.raises(InvalidStatus):
        websockets.sync.client.connect(
            f"ws{server.url[4:]}/_stcore/stream",
            additional_headers={**cookie, "host": host, "origin": f"http://{host}"},
        )


def test_every_answer_of_every_status_carries_the_headers(server: Served, cookie: dict[str, str]) -> None:
    def asked(method: str, path: str, **headers: str) -> httpx.Response:
        return httpx.request(method, server.url + path, headers=headers)

    script = re.search(r'src="\./(static/js/[^"]+)"', httpx.get(server.url + "/", headers=cookie).text)
    assert script
    whole = asked("GET", f"/{script[1]}")
    answers = [
        whole,
        asked("GET", "/", **cookie),
        asked("GET", f"/{script[1]}", range="bytes=0-9"),
        asked("GET", "/today", **HTML),
        asked("GET", f"/{script[1]}", **{"if-none-match": whole.headers["etag"]}),
        asked("GET", "/today"),
        asked("GET", "/healthz", host="evil.example"),
        asked("POST", "/sign-in", origin="http://evil.example"),
        asked("GET", "/_stcore/metrics"),
        asked("GET", "/nowhere/at/all", **cookie),
        asked("GET", "/static/nothing.js"),
        asked("POST", "/healthz"),
        asked("GET", "/sign-in"),
        asked("GET", "/x/1", **cookie),
        asked("GET", "/media/1.png", **cookie),
        asked("GET", "/_stcore/host-config", **cookie),
    ]
    assert {200, 206, 303, 304, 400, 401, 403, 404, 405} <= {answer.status_code for answer in answers}
    for answer in answers:
        told = f"{answer.request.method} {answer.request.url} {answer.status_code}"
        headers, policy = answer.headers, answer.headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff", told
        assert headers["x-frame-options"] == "DENY", told
        assert headers["referrer-policy"] == "same-origin", told
        assert headers["cross-origin-resource-policy"] == "same-origin", told
        assert "frame-ancestors 'none'" in policy or policy.startswith("sandbox"), told
        assert "script-src 'self' 'unsafe" not in policy and "unsafe-eval" not in policy and "*" not in policy, told
        assert "access-control-allow-origin" not in headers, told
        kept = answer.request.url.path.startswith("/static/js/index")
        assert ("no-store" in headers.get("cache-control", "")) != kept, told
        assert "strict-transport-security" not in headers, "said over plain HTTP it means nothing"


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "/_stcore/upload_file/x/y", b""),
        ("PUT", "/_stcore/upload_file/x/y", b"\xff\xfe"),
        ("POST", "/sign-in", b"\xff" * 100),
        ("POST", "/sign-in", b"name=" + b"a" * 100_000),
        ("GET", "/x/99999999999999999999", b""),
        ("GET", "/v/" + "9" * 400, b""),
        ("GET", "/media/%00", b""),
        ("GET", "/%ff%fe", b""),
        ("GET", "/component/x/../../../etc/passwd", b""),
        ("GET", "/?" + "a=1&" * 5000, b""),
    ],
    ids=range(10),
)
def test_what_cannot_be_answered_is_refused_without_details(
    server: Served, cookie: dict[str, str], method: str, path: str, content: bytes
) -> None:
    headers = {**cookie, "origin": server.url, "content-type": "application/x-www-form-urlencoded"}
    answer = httpx.request(method, server.url + path, content=content, headers=headers)
    assert not details(answer.text), answer.text[:300]


@pytest.mark.parametrize("frame", [b"\xff" * 40, b"", "text", b"\x0a\x05abcd"], ids=range(4))
def test_a_broken_frame_is_answered_without_details(server: Served, cookie: dict[str, str], frame: bytes | str) -> None:
    url = f"ws{server.url[4:]}/_stcore/stream"
    with websockets.sync.client.connect(url, additional_headers={**cookie, "origin": server.url}) as socket:
        socket.send(frame)
        try:
            told = socket.recv(timeout=1)
        except (TimeoutError, ConnectionClosed) as end:
            told = str(end)
        assert not details(told if isinstance(told, str) else told.decode("latin-1"))


def details(text: str) -> list[str]:
    """What an error must not say: where the code is, what runs it, what it asked of the database."""
    return re.findall(rf"Traceback|File \"|{re.escape(str(ROOT))}|site-packages|SELECT |\d+\.\d+\.\d+[^.\d]", text)


@pytest.mark.browser
def test_pages_need_nothing_the_policy_forbids_and_what_data_would_run_does_not(server: Served) -> None:
    chromium()
    with browser() as opened:
        page = sign_in(opened, server, "operator", PASSWORD, language="en-US")
        page.add_init_script(
            "window.refused=[];document.addEventListener('securitypolicyviolation',e=>refused.push(e.blockedURI+' '+e.violatedDirective))"
        )
        foreign: list[str] = []
        page.on("request", lambda asked: foreign.append(asked.url) if not is_ours(asked.url, server) else None)
        for name in ("today", "usage", "import_files"):
            page.goto(f"{server.url}/{name}")
            page.wait_for_selector("[data-testid=stSidebarNav]")
            settled(page)
            # The framework tries whether it may compile WebAssembly, and does without.
            assert set(page.evaluate("refused")) <= {"wasm-eval script-src"}, name
        assert foreign == []
        ran = page.evaluate(
            """() => { window.ran = [];
            const script = document.createElement('script'); script.text = 'ran.push(1)'; document.body.append(script);
            const image = document.createElement('img'); image.setAttribute('onerror', 'ran.push(2)'); image.src = 'x:'; document.body.append(image);
            try { setTimeout('ran.push(3)', 0) } catch {}
            const far = document.createElement('img'); far.src = 'https://evil.example/x.png'; document.body.append(far);
            const frame = document.createElement('iframe'); frame.src = 'https://evil.example/'; document.body.append(frame);
            return new Promise(done => setTimeout(() => done([ran, refused.length]), 300)) }"""
        )
        assert ran[0] == []
        assert ran[1] >= 5
        # Signing out runs the one script that the policy knows: the tab finds itself at the sign-in page.
        page.get_by_text("operator", exact=True).click()
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_selector("#password")


def is_ours(url: str, server: Served) -> bool:
    return url.startswith((server.url, "data:", "blob:"))
