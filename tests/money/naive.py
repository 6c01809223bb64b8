"""The naive engine, the bar to beat: a new order number for every try, another try after every doubt.

    python tests/money/naive.py PORT ACCOUNT FOLDER COUNT KEY

buys COUNT cards, eight at a time, and keeps what it believes in FOLDER/naive.jsonl. Killed and started again it goes on
with whatever it has not written down, as such programs do. Only the standard library, so that it starts quickly.
"""

import http.client
import json
import os
import secrets
import socket
import sys
import threading
from pathlib import Path
from queue import Empty, SimpleQueue

TRIES = 3
TIMEOUT_S = 0.4
PRICE_FEN = 1200


def iccid(number: int) -> str:
    return f"8986041012345{number:06d}7"


class Naive:
    """It trusts what it reads and repeats what it does not."""

    def __init__(self, port: int, account: str, folder: Path, *, key: bool) -> None:
        self._port, self._account, self._key = port, account, key
        self._path = folder / "naive.jsonl"
        self._lock = threading.Lock()
        self._token = json.loads(self._post("/token", {}, {})[1])["token"]

    def left(self, count: int) -> list[int]:
        """The cards it has no word about."""
        known = {line["card"] for line in believed(self._path)}
        return [number for number in range(1, count + 1) if number not in known]

    def buy(self, number: int) -> None:
        word = "failed"
        for _ in range(TRIES):
            try:
                status, body = self._order(number)
                said = json.loads(body)
            except (OSError, ValueError, http.client.HTTPException):
                continue
            if status == 401:
                self._token = json.loads(self._post("/token", {}, {})[1])["token"]
            elif status == 200 and said.get("code") == "0":
                word = "bought"
                break
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"card": number, "word": word}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _order(self, number: int) -> tuple[int, bytes]:
        order_no = "N" + secrets.token_hex(10).upper()
        order = {"order_no": order_no, "account": self._account, "kind": "renew", "iccid": iccid(number), "plan": "M30"}
        order |= {"months": 12, "amount_fen": PRICE_FEN, "currency": "CNY"}
        headers = {"Authorization": f"Bearer {self._token}"} | ({"Idempotency-Key": order_no} if self._key else {})
        return self._post("/orders", order, headers)

    def _post(self, path: str, told: dict[str, object], headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TIMEOUT_S)
        connection.connect()
        # A time-out of a socket is per read; a slow drip would defeat it.
        deadline = threading.Timer(TIMEOUT_S, connection.sock.shutdown, [socket.SHUT_RDWR])
        deadline.start()
        try:
            connection.request("POST", path, json.dumps(told), headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            deadline.cancel()
            connection.close()


def believed(path: Path) -> list[dict[str, object]]:
    """What it has written down: card, and "bought" or "failed"."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def main() -> None:
    port, account, folder, count, key = sys.argv[1:]
    naive = Naive(int(port), account, Path(folder), key=key == "key")
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in naive.left(int(count)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                naive.buy(waiting.get_nowait())
            except Empty:
                return

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
