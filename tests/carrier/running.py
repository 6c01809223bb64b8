"""The test carrier from the outside: start it, steer it, kill it, read its files, put its connector into CARRIERS."""

import http.client
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobs.carriers import CARRIERS, Connector

SECRET = "s3cret-of-the-test-carrier"


def install() -> None:
    """Make "test" a connector of this process; carriers.toml may name it from now on."""
    CARRIERS["test"] = Connector("tests.carrier.connector", "The test carrier, over HTTP")


class Carrier:
    """One test carrier, its process and its folder. `stop` and `kill` end the process; `start` goes on with the same books."""

    def __init__(self, folder: Path, *, tls: tuple[Path, Path] | None = None) -> None:
        self.folder = folder
        self._tls = tls
        self._process: subprocess.Popen[str] | None = None
        self.port = self.control_port = 0

    @property
    def base_url(self) -> str:
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self.port}"

    def start(self) -> "Carrier":
        """Start, on the ports it had before; back when it takes calls."""
        server = Path(__file__).with_name("server.py")
        told = [sys.executable, "-I", str(server), "--folder", str(self.folder)]
        told += ["--port", str(self.port), "--control-port", str(self.control_port)]
        if self._tls:
            told += ["--tls", *map(str, self._tls)]
        self._process = subprocess.Popen(told, stdout=subprocess.PIPE, text=True)
        word, *ports = self._process.stdout.readline().split()
        assert word == "ready"
        self.port, self.control_port = map(int, ports)
        return self

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._ended()

    def kill(self) -> None:
        self._process.kill()
        self._ended()

    def _ended(self) -> None:
        self._process.wait(10)
        self._process.stdout.close()
        self._process = None

    def account(self, name: str = "test-a", **keys: Any) -> str:
        """This carrier as an `[[account]]` of carriers.toml. The breaker is wide open: faults are meant here."""
        said = {
            "name": name,
            "connector": "test",
            "carrier": "mobile",
            "payee": "Test Mobile",
            "base_url": self.base_url,
            "allow_loopback": True,
            "secret": SECRET,
            "canary_items": 0,
            "breaker_in_row": 10_000,
            "breaker_share": 1.0,
            "breaker_window": 1_000,
            "breaker_cooldown_s": 1,
            "horizon_s": 60,
            "call_deadline_s": 2,
        } | keys
        return "[[account]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in said.items())

    def fault(self, name: str, **told: Any) -> None:
        """Play a fault: `order_no` or `iccid` (else every order), `call` (else every call), `times`, `on`, its params."""
        self._tell("/fault", {"fault": name, **told})

    def calm(self) -> None:
        """No directed fault any more."""
        self._tell("/calm", {})

    def settings(self, **told: Any) -> None:
        self._tell("/settings", told)

    def put_cards(self, cards: Mapping[str, Mapping[str, Any]]) -> None:
        """ICCID → expires_on (ISO), status, price_fen (None: any)."""
        self._tell("/cards", cards)

    def stats(self) -> Counter[str]:
        return Counter(self._tell("/stats", {}))

    def ledger(self) -> list[dict[str, Any]]:
        """Charges and refunds, from the file."""
        return [line for line in _lines(self.folder / "ledger.jsonl") if line["kind"] in {"charge", "refund"}]

    def requests(self) -> list[dict[str, Any]]:
        """Every arrival at POST /orders, from the file."""
        return _lines(self.folder / "requests.jsonl")

    def charges(self) -> Counter[str]:
        """Charges per order number."""
        return Counter(line["order_no"] for line in self.ledger() if line["kind"] == "charge")

    def fen(self) -> int:
        """What is charged and not refunded."""
        return sum(line["amount_fen"] for line in self.ledger())

    def _tell(self, path: str, told: Mapping[str, Any]) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.control_port, timeout=10)
        try:
            connection.request("POST", path, json.dumps(told), {"Connection": "close"})
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status == 200, said
        return said


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
