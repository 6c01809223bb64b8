"""The HTTP client against real sockets: what it knows of the first byte, when it ends, where it goes, what it lets be seen."""

import gc
import gzip
import io
import logging
import socket
import ssl
import threading
import time
import tracemalloc
import warnings
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
import trustme
from pydantic import ValidationError

from jobs.carriers import http
from jobs.carriers.account import HttpAccount
from jobs.carriers.http import Doubt, Http, NeverLeft, Unreadable, checked_url, wire
from jobs.carriers.pacing import Pace
from tests.deadlines import on_time

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
SECRET = "t0p-secret-token"


class Scripted:
    """A server that plays a script on every connection and keeps what it was sent."""

    def __init__(self, script, tls=None):
        self._script, self._tls = script, tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.received: list[bytes] = []
        self.connections = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                sock = self.listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock):
        try:
            sock.settimeout(5)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            self._script(self, sock)
        except OSError:
            pass
        finally:
            sock.close()

    def request(self, sock):
        """Wait for one whole request without a body."""
        data = b""
        while b"\r\n\r\n" not in data:
            got = sock.recv(65_536)
            if not got:
                return False
            data += got
        self.received.append(data)
        return True


def fails_on_time(deadline_s, call, error, match):
    def fails():
        with pytest.raises(error, match=match):
            call(deadline_s)

    on_time(deadline_s, fails)


@contextmanager
def serving(script, tls=None):
    server = Scripted(script, tls)
    try:
        yield server
    finally:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()


@contextmanager
def calling(server, **how):
    scheme = "https" if "ca_file" in how else "http"
    client = Http(
        how.pop("base_url", f"{scheme}://127.0.0.1:{server.port}"),
        pace=how.pop("pace", None) or Pace(None),
        now=lambda: NOW,
        **{"allow_loopback": True} | how,
    )
    try:
        yield client
    finally:
        client.close()


def answering(*answers):
    """A script that answers every request of a connection in turn; None hangs up without a word."""

    def script(server, sock):
        for answer in answers:
            if not server.request(sock):
                return
            if answer is None:
                return
            sock.sendall(answer)

    return script


def test_an_answer_is_read_whole_with_its_headers():
    body = b'{"code": "0"}'
    answer = b"HTTP/1.1 201 Made\r\nX-Kind: odd\r\nContent-Length: 13\r\n\r\n" + body
    said = {"headers": {"Authorization": f"Bearer {SECRET}"}, "content": b"a=1"}
    with serving(answering(answer)) as server, calling(server) as client:
        reply = client.call("POST", "/orders", deadline_s=9, money=True, **said)
    assert (reply.status, reply.headers["x-kind"], reply.told()) == (201, "odd", {"code": "0"})
    sent = server.received[0].lower()
    assert sent.startswith(b"post /orders http/1.1\r\n")
    assert b"accept-encoding: identity" in sent


def test_what_hangs_up_after_the_request_is_a_doubt_and_is_not_repeated():
    with serving(answering(None)) as server, calling(server) as client:
        with pytest.raises(Doubt, match="RemoteProtocolError"):
            client.call("POST", "/", deadline_s=9, money=True)
        time.sleep(0.05)
        assert server.connections == 1


def test_a_reset_on_a_connection_that_was_used_before_is_a_doubt():
    with serving(answering(OK, None)) as server, calling(server) as client:
        client.call("GET", "/", deadline_s=9)
        with pytest.raises(Doubt):
            client.call("GET", "/", deadline_s=9)
        assert (server.connections, len(server.received)) == (1, 2)


def test_an_order_goes_out_on_a_connection_of_its_own():
    with serving(answering(OK, OK, OK)) as server, calling(server) as client:
        client.call("GET", "/", deadline_s=9)
        client.call("GET", "/", deadline_s=9)
        assert server.connections == 1
        client.call("POST", "/", deadline_s=9, money=True)
        client.call("POST", "/", deadline_s=9, money=True)
        assert server.connections == 3


def test_a_client_nobody_has_any_more_closes_its_connections():
    ended = threading.Event()

    def script(server, sock):
        server.request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        if sock.recv(1) == b"":
            ended.set()

    with serving(script) as server, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        client = Http(f"http://127.0.0.1:{server.port}", pace=Pace(None), now=lambda: NOW, allow_loopback=True)
        client.call("GET", "/", deadline_s=9)
        assert not ended.wait(0.1), "it is kept for the next question"
        del client
        gc.collect()
        assert ended.wait(5)
    assert not [one for one in warned if issubclass(one.category, ResourceWarning)]


def test_a_refused_connection_never_left():
    with serving(answering(OK)) as server:
        pass
    with calling(server) as client, pytest.raises(NeverLeft):
        client.call("POST", "/", deadline_s=9, money=True)


def test_a_listener_that_takes_no_connection_never_left_and_ends_at_the_deadline():
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    waiting = []
    for _ in range(3):
        one = socket.socket()
        one.setblocking(False)
        one.connect_ex(full.getsockname())
        waiting.append(one)
    client = Http(f"http://127.0.0.1:{full.getsockname()[1]}", pace=Pace(None), now=lambda: NOW, allow_loopback=True)

    def call(deadline_s):
        client.pace._held_until = 0.0
        client.call("POST", "/", deadline_s=deadline_s, money=True)

    fails_on_time(0.5, call, NeverLeft, "deadline")
    for one in [*waiting, full]:
        one.close()


def test_an_error_before_the_first_byte_never_left_and_one_at_the_first_byte_is_a_doubt(monkeypatch):
    with serving(answering(OK)) as server, calling(server) as client:
        with pytest.raises(NeverLeft):
            client.call("POST", "/", deadline_s=9, money=True, headers={"X-Bad": "a\r\nb"})
        write = wire.Line.write

        def broken(line, buffer, timeout=None):
            wire._work.call.left = False
            line._inner.close()
            write(line, buffer, timeout)

        monkeypatch.setattr(wire.Line, "write", broken)
        client.pace._held_until = 0.0
        with pytest.raises(Doubt):
            client.call("POST", "/", deadline_s=9, money=True)


def dripping(head, byte):
    def script(server, sock):
        server.request(sock)
        sock.sendall(head)
        for _ in range(400):
            sock.sendall(byte)
            time.sleep(0.02)

    return script


DRIPS = {
    "header": (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"z"),
    "status line": (b"HTTP/1.1 2", b"0"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b"z"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nz\r\n"),
    "early hints": (b"HTTP/1.1 103 Early Hints\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


@pytest.mark.parametrize("where", DRIPS)
def test_a_drip_ends_at_the_deadline(where):
    with serving(dripping(*DRIPS[where])) as server, calling(server) as client:
        fails_on_time(0.6, lambda deadline_s: client.call("GET", "/", deadline_s=deadline_s), Doubt, "deadline")


def test_a_slow_handshake_ends_at_the_deadline_and_never_left():
    with serving(dripping(b"", b"")) as server:
        # The handshake waits for a server that says nothing.
        ca = trustme.CA()
        with ca.cert_pem.tempfile() as pem, calling(server, ca_file=pem) as client:

            def call(deadline_s):
                client.pace._held_until = 0.0
                client.call("GET", "/", deadline_s=deadline_s)

            fails_on_time(0.5, call, NeverLeft, "deadline")


def test_a_slow_resolver_ends_at_the_deadline_and_never_left(monkeypatch):
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_a, **_k: time.sleep(1.5) or [])
    client = Http("https://carrier.example", pace=Pace(None), now=lambda: NOW)

    def call(deadline_s):
        client.pace._held_until = 0.0
        client.call("POST", "/", deadline_s=deadline_s, money=True)

    fails_on_time(0.5, call, NeverLeft, "no answer in time")


def test_a_redirect_is_an_answer_and_is_not_followed():
    with serving(answering(OK)) as elsewhere:
        moved = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
        with serving(answering(moved.encode())) as server, calling(server) as client:
            assert client.call("GET", "/", deadline_s=9).status == 302
        time.sleep(0.05)
        assert elsewhere.connections == 0


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    with serving(answering(OK)) as proxy, serving(answering(OK)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with calling(server) as client:
            client.call("GET", "/", deadline_s=9)
        assert (proxy.connections, server.connections) == (0, 1)


def test_cookies_of_an_answer_are_forgotten():
    answer = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: s=1\r\n\r\n")
    with serving(answering(answer, OK)) as server, calling(server) as client:
        client.call("GET", "/", deadline_s=9)
        client.call("GET", "/", deadline_s=9)
    assert b"cookie" not in server.received[1].lower()


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 104857600", b"Transfer-Encoding: chunked", b"X-Without: length"],
    ids=["said", "chunked", "until it closes"],
)
def test_a_hundred_megabytes_are_not_kept(head):
    def script(server, sock):
        server.request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
        piece = b"z" * 2**20
        for _ in range(100):
            sock.sendall(b"100000\r\n" + piece + b"\r\n" if b"chunked" in head else piece)

    with serving(script) as server, calling(server) as client:
        tracemalloc.start()
        with pytest.raises(Unreadable, match="larger"):
            client.call("GET", "/", deadline_s=5)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20 * 2**20


def test_a_packed_bomb_is_not_unpacked():
    body = gzip.compress(b" " * (100 * 2**20), compresslevel=1)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(answering(answer)) as server, calling(server) as client:
        tracemalloc.start()
        with pytest.raises(Unreadable, match="larger"):
            client.call("GET", "/", deadline_s=5)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 20 * 2**20


@pytest.mark.parametrize("packed", [True, False])
def test_a_packed_answer_is_unpacked_and_one_that_ends_early_is_unreadable(packed):
    body = gzip.compress(b'{"code": "0"}' * 1)
    body = body if packed else body[:-6]
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with serving(answering(answer)) as server, calling(server) as client:
        if packed:
            assert client.call("GET", "/", deadline_s=9).told() == {"code": "0"}
        else:
            with pytest.raises(Unreadable):
                client.call("GET", "/", deadline_s=9)


def test_headers_without_end_are_a_doubt():
    answer = b"HTTP/1.1 200 OK\r\nX: " + b"z" * 10**6
    with serving(answering(answer)) as server, calling(server) as client, pytest.raises(Doubt):
        client.call("GET", "/", deadline_s=9)


ADDRESSES = {
    "https://api.example.com/v1/": "https://api.example.com/v1",
    "http://api.example.com": "must begin with https://",
    "ftp://api.example.com": "must begin with https://",
    "https://user:pw@api.example.com": "scheme, host and path only",
    "https://api.example.com/?key=1": "scheme, host and path only",
    "https:///path": "scheme, host and path only",
    "https://127.0.0.1": "allow_loopback",
    "http://localhost:8080": "allow_loopback",
    "https://[::1]": "allow_loopback",
    "https://[::ffff:127.0.0.1]": "allow_loopback",
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_account_may_have_https_addresses_only(url):
    if ADDRESSES[url].startswith("https"):
        assert checked_url(url, allow_loopback=False) == ADDRESSES[url]
    else:
        with pytest.raises(ValueError, match=ADDRESSES[url]):
            checked_url(url, allow_loopback=False)


def test_this_machine_is_allowed_where_the_account_says_so():
    assert checked_url("http://127.0.0.1:8080/", allow_loopback=True) == "http://127.0.0.1:8080"
    with pytest.raises(ValueError, match="https"):
        checked_url("http://api.example.com", allow_loopback=True)


INSIDE = (
    *("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "0.0.0.0", "224.0.0.1"),
    *("::1", "fd00::1", "fe80::1", "fec0::1", "ff02::1", "::"),
    # An address of this house inside another one: mapped, compatible, NAT64, 6to4, Teredo.
    *("::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b:1::8.8.8.8", "2002:a00:1::1", "2001:0:808:808::1"),
)


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_to_an_address_inside_is_not_connected_to(monkeypatch, address):
    monkeypatch.setattr(
        wire.socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", ("8.8.8.8", 1)), (0, 0, 0, "", (address, 1))]
    )
    monkeypatch.setattr(wire.httpcore.SyncBackend, "connect_tcp", lambda *_a, **_k: pytest.fail("connected"))
    client = Http("https://carrier.example", pace=Pace(None), now=lambda: NOW)
    with pytest.raises(NeverLeft, match="no public address"):
        client.call("POST", "/", deadline_s=1, money=True)


@pytest.mark.parametrize(
    "url",
    [
        *("https://2130706433", "https://0x7f000001", "https://0177.0.0.1", "https://127.1", "https://0"),
        *(
            "https://[::ffff:127.0.0.1]",
            "https://[::ffff:7f00:1]",
            "https://[64:ff9b::7f00:1]",
            "https://[2002:7f00:1::]",
        ),
        *(
            "https://①②⑦.0.0.1",
            "https://127。0。0。1",
            "https://169.254.169.254",
            "https://[fe80::1%25eth0]",
            "https://[::]",
        ),
    ],
)
def test_an_address_inside_is_not_called_however_it_is_written(monkeypatch, url):
    monkeypatch.setattr(wire.httpcore.SyncBackend, "connect_tcp", lambda *_a, **_k: pytest.fail("connected"))
    with pytest.raises((NeverLeft, ValueError)):
        Http(url, pace=Pace(None), now=lambda: NOW).call("GET", "/", deadline_s=2)


def test_a_name_that_changes_its_address_is_called_at_the_one_that_was_looked_at(monkeypatch):
    told, connected = iter(["8.8.8.8", "127.0.0.1"]), []
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_a, **_k: [(0, 0, 0, "", (next(told), 1))])

    def connect(_self, address, *_more):
        connected.append(address)
        raise wire.httpcore.ConnectError

    monkeypatch.setattr(wire.httpcore.SyncBackend, "connect_tcp", connect)
    client = Http("https://carrier.example", pace=Pace(None), now=lambda: NOW)
    for _ in range(2):
        with pytest.raises(NeverLeft):
            client.call("GET", "/", deadline_s=1)
    assert connected == ["8.8.8.8"]


def test_an_address_that_says_nothing_leaves_time_for_the_next(monkeypatch):
    addresses = [(0, 0, 0, "", ("8.8.8.8", 1)), (0, 0, 0, "", ("8.8.4.4", 1))]
    monkeypatch.setattr(wire.socket, "getaddrinfo", lambda *_a, **_k: addresses)
    tried = []

    def connect(_self, address, _port, timeout, *_rest):
        tried.append((address, timeout))
        raise wire.httpcore.ConnectTimeout

    monkeypatch.setattr(wire.httpcore.SyncBackend, "connect_tcp", connect)
    with pytest.raises(NeverLeft):
        Http("https://carrier.example", pace=Pace(None), now=lambda: NOW).call("POST", "/", deadline_s=9, money=True)
    assert [address for address, _timeout in tried] == ["8.8.8.8", "8.8.4.4"]
    assert tried[0][1] <= 4.5 < tried[1][1]


def test_a_path_that_names_another_host_is_not_called():
    with serving(answering(OK)) as elsewhere, serving(answering(OK)) as server, calling(server) as client:
        with pytest.raises(NeverLeft, match="another host"):
            client.call("GET", f"http://127.0.0.1:{elsewhere.port}/", deadline_s=9, headers={"Authorization": SECRET})
        client.pace._held_until = 0.0
        client.call("GET", f"//127.0.0.1:{elsewhere.port}/", deadline_s=9)
        assert (elsewhere.connections, server.connections) == (0, 1)


@pytest.mark.parametrize("flaw", ["none", "another host", "expired", "unknown authority"])
def test_behind_a_wrong_certificate_no_byte_of_the_request_is_sent(tmp_path, flaw):
    ca, other = trustme.CA(), trustme.CA()
    issuer = other if flaw == "unknown authority" else ca
    host = "carrier.example" if flaw == "another host" else "127.0.0.1"
    certificate = issuer.issue_cert(host, not_after=datetime(2020, 1, 1, tzinfo=UTC) if flaw == "expired" else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with serving(answering(OK), tls=context) as server, calling(server, ca_file=str(tmp_path / "ca.pem")) as client:
        if flaw == "none":
            assert client.call("POST", "/", deadline_s=9, money=True).status == 200
            return
        with pytest.raises(NeverLeft):
            client.call("POST", "/", deadline_s=9, money=True)
        assert (server.connections, server.received) == (1, [])


def test_no_log_and_no_error_shows_a_secret(monkeypatch):
    said = {"headers": {"Authorization": f"Bearer {SECRET}"}, "params": {"sign": SECRET}, "content": SECRET.encode()}
    bad = {"headers": {"Authorization": f"Bearer {SECRET}\n"}}
    log, root = io.StringIO(), logging.getLogger()
    heard = logging.StreamHandler(log)
    monkeypatch.setattr(root, "handlers", [heard])
    # However loud somebody makes them.
    for name in (None, "httpcore.http11", "httpcore.connection"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
        logging.getLogger(name)._cache.clear()
    with serving(answering(OK, None)) as server, calling(server) as client:
        client.call("GET", "/orders", deadline_s=9, **said)
        for how in (said, bad):
            client.pace._held_until = 0.0
            try:
                client.call("GET", f"/orders/{SECRET}", deadline_s=9, **how)
            except http.CallError:
                logging.getLogger("flowcard").exception("a call failed")
    assert log.getvalue().count("a call failed") == 2
    assert SECRET not in log.getvalue()


def test_too_many_slows_the_pace_and_is_told():
    answer = b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"
    pace = Pace(100)
    with serving(answering(answer)) as server, calling(server, pace=pace) as client:
        reply = client.call("GET", "/", deadline_s=9)
        assert (reply.status, round(reply.wait_s), pace.rate_per_s) == (429, 7, 50)
        with pytest.raises(http.Held) as held:
            client.call("GET", "/", deadline_s=2)
        assert 2 < held.value.wait_s <= 7
        assert len(server.received) == 1


def test_an_address_that_may_not_be_is_told_with_its_key_and_the_way_out():
    said = {"name": "a", "connector": "x", "carrier": "mobile", "payee": "P", "base_url": "https://127.0.0.1:8443/v1/"}
    with pytest.raises(ValidationError) as refused:
        HttpAccount.model_validate(said)
    (error,) = refused.value.errors()
    assert error["loc"] == ("base_url",)
    assert "set allow_loopback = true" in error["msg"]
    with pytest.raises(ValidationError) as refused:
        HttpAccount.model_validate(said | {"payee": [SECRET]})
    assert SECRET not in str(refused.value)
    assert HttpAccount.model_validate(said | {"allow_loopback": True}).base_url == "https://127.0.0.1:8443/v1"
