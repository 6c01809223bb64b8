"""The test carrier: its own process on real TCP, seeded, with a ledger that outlives kills.

    python tests/carrier/server.py --folder DIR --port 0 --control-port 0 [--tls CERT KEY]

prints `ready <port> <control port>`. The carrier speaks on the first port, tests steer it through the second
(POST /fault, /settings, /cards; GET /stats). To add a fault: a row in `faults.py`, and where its answer is of a new kind a
function in `playing.py`. Only the standard library, so that nothing of ours is on both sides of the wire.
"""

import argparse
import hashlib
import json
import socket
import ssl
import sys
import threading
import time
from collections import Counter, deque
from datetime import UTC, date, datetime
from http.client import parse_headers
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).parent))  # -I leaves it out

from books import Books, Lines, later
from faults import FAULTS
from playing import ANSWERS, Gone, send

_DEFAULTS = {
    "key": True,  # Idempotency-Key is honoured
    "query": "good",  # good, stale, down, lying
    "stale_s": 0.0,
    "stale_honest": True,  # a stale answer says how old it is
    "horizon_s": 2.0,
    "latency_ms": 0,
    "rate_per_s": None,
    "token_ttl_s": 3600,
    "now": None,  # an instant at which the carrier's clock stands; null: the machine's
    "seed": 0,
    "mix": {},
}


class Carrier:
    """Everything the carrier knows and how it behaves."""

    def __init__(self, folder: Path) -> None:
        self.books = Books(folder)
        self.requests = Lines(folder / "requests.jsonl", sync=False)
        self._settings_file = folder / "settings.json"
        self.settings = dict(_DEFAULTS)
        if self._settings_file.exists():
            self.settings |= json.loads(self._settings_file.read_text())
        self.lock = threading.Lock()
        self.calls = Counter(line["order_no"] for line in self.requests.at_start)
        self.directed: list[dict] = []
        self.stats: Counter[str] = Counter()
        self._tokens: dict[str, float] = {}
        self._recent: deque[float] = deque()
        self._refs = len(self.books.charges)

    def now(self) -> datetime:
        told = self.settings["now"]
        return datetime.fromisoformat(told) if told else datetime.now(UTC)

    def put_settings(self, told: dict) -> None:
        if unknown := set(told) - set(_DEFAULTS):
            raise KeyError(f"no such settings: {unknown}")
        self.settings = self.settings | told
        fresh = self._settings_file.with_suffix(".new")
        fresh.write_text(json.dumps(self.settings))
        fresh.rename(self._settings_file)

    def direct(self, told: dict) -> None:
        if told.get("fault") not in FAULTS:
            raise KeyError(f"no such fault: {told.get('fault')}")
        with self.lock:
            self.directed.append({"on": "orders", "times": None, **told})

    def play(self, on: str, order: dict, call: int) -> tuple[str, dict] | None:
        """The fault of this call: a directed one, else one of the mix by hash of seed, order number and call."""
        with self.lock:
            for told in self.directed:
                if told["on"] == on and _meant(told, order, call) and told["times"] != 0:
                    if told["times"]:
                        told["times"] -= 1
                    self.stats[told["fault"]] += 1
                    return told["fault"], told
            if on != "orders":
                return None
            dice = hashlib.sha256(f"{self.settings['seed']}|{order['order_no']}|{call}".encode()).digest()
            thrown = int.from_bytes(dice[:6], "big") / 2**48
            for name, share in self.settings["mix"].items():
                thrown -= share
                if thrown < 0:
                    self.stats[name] += 1
                    return name, {"delay_s": self.settings["horizon_s"] * 0.8, "code": "BALANCE_LOW", "status": None}
        return None

    def token(self) -> dict:
        with self.lock:
            self.stats["tokens"] += 1
            token = f"T{self.stats['tokens']}x{time.monotonic_ns():x}"
            self._tokens[token] = time.monotonic() + self.settings["token_ttl_s"]
        return {"code": "0", "token": token, "expires_in": self.settings["token_ttl_s"]}

    def admitted(self, authorization: str) -> bool:
        return self._tokens.get(authorization.removeprefix("Bearer "), 0.0) > time.monotonic()

    def forget_tokens(self) -> None:
        with self.lock:
            self._tokens.clear()

    def over_rate(self) -> bool:
        """Count a call; whether it is one too many within any second."""
        with self.lock:
            now = time.monotonic()
            self._recent.append(now)
            while self._recent[0] <= now - 1:
                self._recent.popleft()
            self.stats["most_per_s"] = max(self.stats["most_per_s"], len(self._recent))
            return bool(self.settings["rate_per_s"]) and len(self._recent) > self.settings["rate_per_s"]

    def arrived(self, order: dict, body: bytes) -> int:
        """Log an arrival at POST /orders; which call for this order number it is, from 1."""
        said = {name: order.get(name) for name in ("account", "order_no", "iccid", "amount_fen")}
        with self.lock:
            self.stats["arrivals"] += 1
            self.calls[order.get("order_no")] += 1
            call = self.calls[order.get("order_no")]
        at = {"ts": self.now().isoformat(), "monotonic": time.monotonic(), "call": call}
        self.requests.append(at | said | {"body_sha256": hashlib.sha256(body).hexdigest()})
        return call

    def take(self, order: dict, body: bytes, call: int, fault: str | None, params: dict) -> dict:
        """Let an order take effect, or tell what became of it before."""
        key, now = self.settings["key"], self.now()
        there = self.books.charges.get(order["order_no"])
        if key and there:
            if there[0]["body_sha256"] != hashlib.sha256(body).hexdigest():
                return {"http": 422, "code": "KEY_MISMATCH"}
            if self.books.standing(there[0], now) == "late":
                return {"http": 409, "code": "IN_PROGRESS"}
            return self.told(there[0], now)
        card = self.books.cards.get(order["iccid"])
        if card is None:
            return {"http": 400, "code": "CARD_UNKNOWN"}
        if card.get("price_fen") not in (None, order["amount_fen"]):
            return {"http": 400, "code": "PRICE_CHANGED"}
        with self.lock:
            self._refs += 1
            ref = f"C{self._refs:07d}{time.monotonic_ns() % 10**6:06d}"
        line = {
            "kind": "order" if fault == "f17_accepted_fails" else "charge",
            "account": order["account"],
            "order_no": order["order_no"],
            "iccid": order["iccid"],
            "kind_of_order": order["kind"],
            "months": order["months"],
            "amount_fen": self._charged(order["amount_fen"], fault, params),
            "ref": ref,
            "ts": now.isoformat(),
            "effective_at": now.isoformat(),
            "refund_at": None,
            "accepted": fault in {"f17_accepted", "f17_accepted_fails"},
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "call": call,
            "fault": fault,
        }
        delay = params.get("delay_s", self.settings["horizon_s"] * 0.8)
        if fault in {"f15_late", "f17_accepted", "f17_accepted_fails"}:
            line["effective_at"] = later(now, delay)
        if fault in {"f17_accepted_refunded", "f17_refunded"}:
            line |= {"refund_at": later(now, delay), "accepted": fault == "f17_accepted_refunded"}
            line["effective_at"] = line["refund_at"] if line["accepted"] else line["effective_at"]
        return self.told(self.books.know_once(line, key=key), now)

    @staticmethod
    def _charged(amount_fen: int, fault: str | None, params: dict) -> int:
        if fault in {"f18_partial", "f18_partial_silent"}:
            return params.get("amount_fen", amount_fen // 2)
        return params.get("amount_fen", amount_fen) if fault == "f22_price_changed" else amount_fen

    def told(self, line: dict, now: datetime) -> dict:
        """What is said of an order."""
        said = {name: line[name] for name in ("order_no", "ref", "iccid", "amount_fen")}
        expiry = self.books.expiry(line["iccid"], now) if line["kind_of_order"] == "renew" else None
        status = self.books.standing(line, now)
        return said | {"code": "0", "status": status, "expires_on": expiry and expiry.isoformat()}

    def replica(self) -> tuple[datetime, str]:
        """The instant that queries see, and the one they claim to see."""
        now = self.now()
        if self.settings["query"] != "stale":
            return now, now.isoformat()
        seen = later(now, -self.settings["stale_s"])
        return datetime.fromisoformat(seen), seen if self.settings["stale_honest"] else now.isoformat()

    def find(self, order_no: str) -> dict:
        """The query by our order number, as good as the settings let it be."""
        now, as_of = self.replica()
        lines = [line for line in self.books.charges.get(order_no, []) if datetime.fromisoformat(line["ts"]) <= now]
        lines = [line for line in lines if self.books.standing(line, now) != "late"]
        if not lines or self.settings["query"] == "lying":
            return {"http": 404, "code": "ORDER_UNKNOWN", "as_of": as_of}
        return self.told(lines[0], now) | {"as_of": as_of}


def _meant(told: dict, order: dict, call: int) -> bool:
    about = told.get("order_no") or told.get("iccid") or "*"
    return about in {"*", order.get("order_no"), order.get("iccid")} and told.get("call") in (None, call)


def _handle(carrier: Carrier, sock: socket.socket, method: str, target: str, headers, body: bytes) -> None:
    """One request at the carrier's own port."""
    carrier.stats["requests"] += 1
    carrier.books.write_due_refunds(carrier.now())
    url = urlsplit(target)
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    if carrier.settings["latency_ms"]:
        time.sleep(carrier.settings["latency_ms"] / 1000)
    if (method, url.path) == ("POST", "/token"):
        carrier.stats["token_calls"] += 1
        _answer(carrier, sock, "token", carrier.token)
    elif carrier.over_rate():
        ANSWERS["too_many"](sock, {}, {"retry_after": 1})
    elif (method, url.path) == ("POST", "/orders"):
        _order(carrier, sock, headers, body)
    elif not carrier.admitted(headers.get("Authorization", "")):
        ANSWERS["token_expired"](sock, {}, {})
    elif url.path.startswith("/orders/"):
        carrier.stats["queries"] += 1
        if carrier.settings["query"] == "down":
            ANSWERS["error_5xx"](sock, {}, {"status": 503})
        else:
            order_no = url.path.removeprefix("/orders/")
            _answer(carrier, sock, "query", lambda: carrier.find(order_no), order_no=order_no)
    elif url.path == "/cards":
        _answer(carrier, sock, "cards", lambda: _cards(carrier, asked["iccid"].split(",")))
    elif url.path == "/statement":
        day = date.fromisoformat(asked["day"])
        _answer(carrier, sock, "statement", lambda: _statement(carrier, day))
    else:
        send(sock, 404, b'{"code":"NO_SUCH_PATH"}')


def _answer(carrier: Carrier, sock: socket.socket, on: str, told, **about: str) -> None:
    fault = carrier.play(on, about, 1)
    if fault:
        ANSWERS[FAULTS[fault[0]].answer](sock, told(), fault[1])
    else:
        ANSWERS["plain"](sock, told(), {})


def _cards(carrier: Carrier, iccids: list[str]) -> dict:
    now, as_of = carrier.replica()
    known = [iccid for iccid in iccids if iccid in carrier.books.cards]
    rows = [
        {
            "iccid": iccid,
            "expires_on": (day := carrier.books.expiry(iccid, now)) and day.isoformat(),
            "status": carrier.books.cards[iccid].get("status", "active"),
        }
        for iccid in known
    ]
    return {"code": "0", "cards": rows, "as_of": as_of}


def _statement(carrier: Carrier, day: date) -> dict:
    now = carrier.now()
    return {"code": "0", "lines": carrier.books.statement(day, now), "as_of": now.isoformat()}


def _order(carrier: Carrier, sock: socket.socket, headers, body: bytes) -> None:
    """One order: log it, admit it, let its fault play."""
    order = json.loads(body)
    call = carrier.arrived(order, body)
    name, params = carrier.play("orders", order, call) or (None, {})
    params = {key: value for key, value in params.items() if value is not None}
    if name == "f13_token_expired":
        carrier.forget_tokens()
    if not carrier.admitted(headers.get("Authorization", "")):
        ANSWERS["token_expired"](sock, {}, {})
        return
    if carrier.settings["key"] and headers.get("Idempotency-Key") != order["order_no"]:
        send(sock, 400, b'{"code":"KEY_MISSING"}')
        return
    if name is None:
        ANSWERS["plain"](sock, carrier.take(order, body, call, None, {}), {})
        return
    fault = FAULTS[name]
    answer = {}
    if params.get("charged", fault.charged) or name == "f17_accepted_fails":
        answer = carrier.take(order, body, call, name, params)
        if name == "f14_twice":
            carrier.take(order, body, carrier.arrived(order, body), name, params)
    if fault.answer == "other" and answer.get("code") == "0":
        answer |= {
            "f11_other_order": {"order_no": "R" + "A" * 20 + "01"},
            "f11_other_amount": {"amount_fen": answer["amount_fen"] + 100},
            "f11_other_iccid": {"iccid": "89860499999999999999"},
        }[name]
    ANSWERS[fault.answer](sock, answer, params)


def _control(carrier: Carrier, sock: socket.socket, method: str, target: str, _headers, body: bytes) -> None:
    """One request of a test at the control port."""
    carrier.books.write_due_refunds(carrier.now())
    told = json.loads(body or b"{}")
    doors = {
        "/fault": lambda: carrier.direct(told),
        "/calm": carrier.directed.clear,
        "/settings": lambda: carrier.put_settings(told),
        "/cards": lambda: carrier.books.put_cards(told),
        "/stats": lambda: None,
    }
    try:
        doors[target]()
    except KeyError as error:
        send(sock, 400, json.dumps({"error": str(error)}).encode())
        return
    send(sock, 200, json.dumps(dict(carrier.stats)).encode())


def _serve(carrier: Carrier, listener: socket.socket, handle, tls: ssl.SSLContext | None) -> None:
    while True:
        sock, _address = listener.accept()
        threading.Thread(target=_connection, args=(carrier, sock, handle, tls), daemon=True).start()


def _connection(carrier: Carrier, sock: socket.socket, handle, tls: ssl.SSLContext | None) -> None:
    """Requests of one connection, one after another, until either side ends it."""
    sock.settimeout(30)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        if tls:
            sock = tls.wrap_socket(sock, server_side=True)
        file = sock.makefile("rb")
        while line := file.readline(65_536):
            method, target, _version = line.decode("latin-1").split()
            headers = parse_headers(file)
            body = file.read(int(headers.get("Content-Length") or 0))
            handle(carrier, sock, method, target, headers, body)
            if headers.get("Connection", "").lower() == "close":
                break
    except (Gone, OSError, ValueError):
        pass
    finally:
        sock.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    tls = None
    if told.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*told.tls)
    carrier = Carrier(told.folder)
    listener = socket.create_server(("127.0.0.1", told.port), backlog=128)
    control = socket.create_server(("127.0.0.1", told.control_port), backlog=128)
    threading.Thread(target=_serve, args=(carrier, control, _control, None), daemon=True).start()
    print("ready", listener.getsockname()[1], control.getsockname()[1], flush=True)
    _serve(carrier, listener, _handle, tls)


if __name__ == "__main__":
    main()
