"""How the test carrier answers: one function per kind of answer, on a raw socket, so that anything can go wrong."""

import base64
import gzip
import json
import select
import socket
import struct
import time
from collections.abc import Callable

_PHRASES = {200: "OK", 307: "Temporary Redirect", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}


class Gone(Exception):
    """The connection is over."""


def send(sock: socket.socket, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
    """One whole answer."""
    sock.sendall(head(status, body, headers) + body)


def head(status: int, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    said = {"Content-Type": "application/json", "Content-Length": str(len(body))} | (headers or {})
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Odd')}", *(f"{name}: {value}" for name, value in said.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def reset(sock: socket.socket) -> None:
    """Close with RST instead of FIN."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    raise Gone


def _silence(sock: socket.socket, _answer: dict, params: dict) -> None:
    """Hold the line until the other side hangs up, at most `hold_s`."""
    select.select([sock], [], [], params.get("hold_s", 20))
    raise Gone


def _error_5xx(sock: socket.socket, _answer: dict, params: dict) -> None:
    send(sock, params.get("status", 500), json.dumps({"code": "INTERNAL", "message": "internal error"}).encode())


def _cut(sock: socket.socket, answer: dict, params: dict) -> None:
    body = json.dumps(answer).encode()
    keep = params.get("keep", len(body) // 2)
    if params.get("chunked"):
        lead = head(200, body, {"Transfer-Encoding": "chunked"}).replace(
            f"Content-Length: {len(body)}\r\n".encode(), b""
        )
        sock.sendall(lead + f"{len(body):x}\r\n".encode() + body[:keep])
    else:
        sock.sendall(head(200, body) + body[:keep])
    raise Gone


def _proxy_page(sock: socket.socket, _answer: dict, params: dict) -> None:
    page = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
    send(sock, params.get("status", 502), page, {"Content-Type": "text/html"})


def _dripped(sock: socket.socket, data: bytes, params: dict) -> None:
    ends = time.monotonic() + params.get("hold_s", 20)
    for position in range(len(data)):
        if time.monotonic() > ends:
            break
        sock.sendall(data[position : position + 1])
        if select.select([sock], [], [], params.get("drip_s", 0.03))[0]:
            break
    raise Gone


def _drip_headers(sock: socket.socket, answer: dict, params: dict) -> None:
    body = json.dumps(answer).encode()
    # One endless header line: no answer is ever whole before the deadline.
    _dripped(sock, b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 5_000 + b"\r\n" + head(200, body) + body, params)


def _drip_body(sock: socket.socket, answer: dict, params: dict) -> None:
    body = json.dumps(answer | {"padding": "z" * 5_000}).encode()
    sock.sendall(head(200, body))
    _dripped(sock, body, params)


def _odd_body(sock: socket.socket, _answer: dict, params: dict) -> None:
    status = params.get("status", 200)
    if mb := params.get("huge_mb"):
        # Valid JSON all along: only a limit ends it.
        sock.sendall(head(status, b"", {"Content-Length": str(mb * 2**20)}) + b'{"code":"')
        for _ in range(mb):
            sock.sendall(b"0" * 2**20)
        raise Gone
    if mb := params.get("bomb_mb"):
        body = gzip.compress(b'{"code":"0","padding":"' + b" " * (mb * 2**20) + b'"}', compresslevel=1)
        send(sock, status, body, {"Content-Encoding": "gzip"})
        return
    body = base64.b64decode(params["body"]) if "body" in params else b'{"code": '
    send(sock, status, body, params.get("headers"))


def _schema(sock: socket.socket, _answer: dict, params: dict) -> None:
    send(sock, 200, json.dumps({"result": [1, 2, 3], "ok": True}).encode())


def _code(sock: socket.socket, _answer: dict, params: dict) -> None:
    body = {"code": params.get("code", "PRICE_CHANGED"), "message": "as the fault says"}
    send(sock, params.get("status", 200), json.dumps(body).encode())


def _too_many(sock: socket.socket, _answer: dict, params: dict) -> None:
    told = {"Retry-After": str(params["retry_after"])} if params.get("retry_after") is not None else {}
    send(sock, 429, json.dumps({"code": "TOO_MANY"}).encode(), told)


def _token_expired(sock: socket.socket, _answer: dict, _params: dict) -> None:
    send(sock, 401, json.dumps({"code": "TOKEN_EXPIRED"}).encode())


def _redirect(sock: socket.socket, _answer: dict, params: dict) -> None:
    send(sock, 307, b"", {"Location": params.get("location", "http://127.0.0.1:9/orders")})


def _plain(sock: socket.socket, answer: dict, _params: dict) -> None:
    answer = dict(answer)
    send(sock, answer.pop("http", 200), json.dumps(answer).encode())


ANSWERS: dict[str, Callable[[socket.socket, dict, dict], None]] = {
    "plain": _plain,
    "other": _plain,
    "silence": _silence,
    "error_5xx": _error_5xx,
    "reset": lambda sock, _answer, _params: reset(sock),
    "cut": _cut,
    "proxy_page": _proxy_page,
    "drip_headers": _drip_headers,
    "drip_body": _drip_body,
    "odd_body": _odd_body,
    "schema": _schema,
    "code": _code,
    "too_many": _too_many,
    "token_expired": _token_expired,
    "redirect": _redirect,
}
