"""Behind the nginx of docs/nginx.conf: TLS, sign-in, the page's socket, the cookie and the headers, the address that counts."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
import websockets.sync.client
from websockets.exceptions import InvalidStatus

from data.database import Query
from data.home import open_home
from tests.conftest import PASSWORD, ROOT, add_people
from tests.serving import Served, browser, chromium, free_port, settled

# Chromium looks up whatever ends in .localhost on this machine.
NAME = "cards.localhost"
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


@dataclass
class Proxied:
    """A server behind a running nginx."""

    server: Served
    port: int
    plain_port: int
    context: ssl.SSLContext
    folder: Path

    @property
    def url(self) -> str:
        return f"https://{NAME}:{self.port}"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request over TLS, as a browser at that name would send it."""
        headers = {"host": f"{NAME}:{self.port}", **more.pop("headers", {})}
        with httpx.Client(verify=self.context) as client:
            return client.request(
                method,
                f"https://127.0.0.1:{self.port}{path}",
                headers=headers,
                extensions={"sni_hostname": NAME},
                **more,
            )

    def sign_in(self, **headers: str) -> httpx.Response:
        form = {"name": "operator", "password": PASSWORD}
        return self.ask("POST", "/sign-in", data=form, headers={"origin": self.url, **headers})


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        if os.environ.get("FLOWCARD_REQUIRE_BROWSER") == "1":
            pytest.fail("FLOWCARD_REQUIRE_BROWSER=1, but there is no nginx on the path")
        pytest.skip("no nginx on the path")
    folder = tmp_path_factory.mktemp("nginx")
    home = open_home(folder / "home", create="real")
    add_people(home)
    home.close()
    port, plain_port = free_port(), free_port()
    (folder / "home" / "flowcard.toml").write_text(f'public_url = "https://{NAME}:{port}"\n', encoding="utf-8")
    server = Served(folder / "home").start()
    authority = trustme.CA()
    certificate = authority.issue_cert(NAME)
    certificate.cert_chain_pems[0].write_to_path(folder / "fullchain.pem")
    certificate.private_key_pem.write_to_path(folder / "privkey.pem")
    site = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")
    for theirs, ours in {
        "cards.example.com": NAME,
        "listen 80": f"listen 127.0.0.1:{plain_port}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "127.0.0.1:8501": f"127.0.0.1:{server.port}",
        "/etc/ssl/flowcard": str(folder),
        "/var/log/nginx": str(folder),
    }.items():
        assert theirs in site
        site = site.replace(theirs, ours)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user), encoding="utf-8")
    process = subprocess.Popen([nginx, "-c", folder / "nginx.conf", "-e", folder / "error.log"])
    context = ssl.create_default_context()
    authority.configure_trust(context)
    try:
        until_it_listens(process, port)
        yield Proxied(server, port, plain_port, context, folder)
    finally:
        process.terminate()
        process.wait(timeout=10)
        server.stop()


def until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx did not start"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def test_the_cookie_of_tls_belongs_to_this_host_alone(proxied: Proxied) -> None:
    cookie = proxied.sign_in().headers["set-cookie"]
    assert cookie.startswith("__Host-sid=")
    assert {"secure", "httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()


def test_every_answer_of_tls_says_to_come_by_tls_only(proxied: Proxied) -> None:
    cookie = {"cookie": proxied.sign_in().headers["set-cookie"].split(";")[0]}
    answers = [proxied.ask("GET", "/", headers=cookie), proxied.ask("GET", "/today"), proxied.ask("GET", "/sign-in")]
    assert [answer.status_code for answer in answers] == [200, 401, 200]
    for answer in answers:
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_plain_http_leads_to_tls_and_a_foreign_name_nowhere(proxied: Proxied) -> None:
    answer = httpx.get(f"http://127.0.0.1:{proxied.plain_port}/today?q=1", headers={"host": NAME})
    assert (answer.status_code, answer.headers["location"]) == (308, f"https://{NAME}/today?q=1")
    with pytest.raises(httpx.RemoteProtocolError):
        proxied.ask("GET", "/", headers={"host": "evil.example"})
    assert httpx.get(f"{proxied.server.url}/sign-in", headers={"host": "evil.example"}).status_code == 400


def test_a_cookie_without_tls_is_no_cookie_with_it(proxied: Proxied) -> None:
    form = {"name": "operator", "password": PASSWORD}
    told = httpx.post(f"{proxied.server.url}/sign-in", data=form, headers={"origin": proxied.server.url})
    token = told.cookies["flowcard_sid"]
    assert proxied.ask("GET", "/", headers={"cookie": f"flowcard_sid={token}"}).status_code == 401
    assert proxied.ask("GET", "/", headers={"cookie": f"__Host-sid={token}"}).status_code == 200


def test_the_socket_goes_through_for_whoever_is_signed_in_from_our_own_page(proxied: Proxied) -> None:
    cookie = {"cookie": proxied.sign_in().headers["set-cookie"].split(";")[0]}

    def connect(**headers: str) -> websockets.sync.client.ClientConnection:
        sock = socket.create_connection(("127.0.0.1", proxied.port))
        return websockets.sync.client.connect(
            f"wss://{NAME}:{proxied.port}/_stcore/stream", sock=sock, ssl=proxied.context, additional_headers=headers
        )

    with connect(**cookie, origin=proxied.url) as opened:
        assert opened.protocol.state.name == "OPEN"
    for headers in ({}, {"origin": proxied.url}, {**cookie, "origin": "https://evil.example"}):
        with pytest.raises(InvalidStatus) as refused:
            connect(**headers)
        assert refused.value.response.status_code == 403


def test_the_proxys_log_holds_no_query(proxied: Proxied) -> None:
    proxied.ask("GET", "/reset?token=canary-in-a-link")
    log = proxied.folder / "flowcard.log"
    # The proxy writes its line after the answer has left.
    deadline = time.monotonic() + 10
    while '"GET /reset"' not in log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, "the request is not in the proxy's log"
        time.sleep(0.05)
    assert "canary" not in log.read_text(encoding="utf-8")


@pytest.mark.browser
def test_a_page_lives_behind_it(proxied: Proxied) -> None:
    chromium()
    with browser() as opened:
        page = opened.new_context(ignore_https_errors=True, locale="en-US").new_page()
        page.goto(proxied.url + "/today")
        page.fill("#name", "operator")
        page.fill("#password", PASSWORD)
        page.click("button")
        page.wait_for_selector("[data-testid=stSidebarNav]")
        settled(page)
        assert page.url == proxied.url + "/today"
        assert page.evaluate("window.isSecureContext")
        assert [cookie["name"] for cookie in page.context.cookies() if cookie["httpOnly"]] == ["__Host-sid"]


def test_what_a_browser_claims_about_itself_is_dropped(proxied: Proxied) -> None:
    answer = proxied.sign_in(
        **{
            "x-forwarded-for": "6.6.6.6",
            "x-forwarded-proto": "http",
            "forwarded": "for=7.7.7.7",
            "x-real-ip": "8.8.8.8",
        }
    )
    assert answer.headers["set-cookie"].startswith("__Host-sid=")
    # The last test here: the records are read once the server has stopped.
    proxied.server.stop()
    home = open_home(proxied.server.home)
    said = str(home.db.read().rows(Query("test", "", "SELECT * FROM audit"))) + str(
        home.db.read().rows(Query("test", "", "SELECT * FROM session"))
    )
    home.close()
    assert "127.0.0.1" in said
    assert not re.search(r"6\.6\.6\.6|7\.7\.7\.7|8\.8\.8\.8", said)
