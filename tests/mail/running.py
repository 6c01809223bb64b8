"""The mail sink from the outside: start it, tell it what to do wrong, kill it, read what it took."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme

from data.secrets import Secret
from jobs.mail import MailAccount
from tests.mail.server import PASSWORD, USER

HOST = "localhost"


@dataclass
class Accepted:
    """One letter the sink took."""

    to: str
    message_id: str
    session: int
    content: bytes

    @property
    def letter(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


@dataclass
class Sink:
    """One sink, its process and its folder; `start` goes on with the same books, at the same port."""

    folder: Path
    way: str = ""  # "", "--starttls", "--plain"
    named: str = HOST  # whom its certificate names
    expired: bool = False
    port: int = 0
    _process: Any = field(default=None, repr=False)

    def start(self) -> "Sink":
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.ca_file.exists():
            self._certify()
        told = [sys.executable, "-I", str(Path(__file__).with_name("server.py")), "--folder", str(self.folder)]
        told += [
            "--port",
            str(self.port),
            "--cert",
            str(self.folder / "cert.pem"),
            "--key",
            str(self.folder / "key.pem"),
        ]
        told += [self.way] * bool(self.way)
        self._process = subprocess.Popen(told, stdout=subprocess.PIPE, text=True)
        word, port = self._process.stdout.readline().split()
        assert word == "ready"
        self.port = int(port)
        return self

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process.stdout.close()
            self._process = None

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def account(self, **how: Any) -> MailAccount:
        """How mail leaves for this sink, in short time."""
        tls = "implicit" if self.way == "" else "starttls"
        told = {"host": HOST, "port": self.port, "tls": tls, "user": USER, "password": Secret(PASSWORD), "sender": USER}
        return MailAccount(**told | {"ca_file": self.ca_file, "timeout_s": 0.5, "deadline_s": 2.0} | how)

    def settings(self) -> str:
        """The same as lines of flowcard.toml."""
        tls = "implicit" if self.way == "" else "starttls"
        password = self.folder / "password"
        password.write_text(PASSWORD)
        said = {"host": HOST, "port": self.port, "tls": tls, "user": USER, "password": f"file:{password}"}
        said |= {"ca_file": str(self.ca_file), "per_minute": 100_000, "per_hour": 1_000_000}
        return "".join(f"mail_{key} = {json.dumps(value)}\n" for key, value in said.items())

    def fault(self, *faults: str, **how: Any) -> None:
        """Play these, for ever or so many `times`, of one address `to` or of any."""
        fresh = self.folder / "faults.new"
        fresh.write_text(json.dumps([{"fault": fault, **how} for fault in faults]))
        fresh.replace(self.folder / "faults.json")

    def accepted(self) -> list[Accepted]:
        """Every letter it ever took, from the file."""
        path = self.folder / "accepted.jsonl"
        lines = [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
        return [
            Accepted(one["to"][0], one["message_id"], one["session"], one["content"].encode("latin-1"))
            for one in lines
            if len(one["to"]) == 1
        ]

    def copies(self) -> Counter[str]:
        """How many copies of each letter, by its Message-ID."""
        return Counter(one.message_id for one in self.accepted())

    def sessions(self) -> int:
        path = self.folder / "sessions"
        return len(path.read_bytes()) if path.exists() else 0

    def _certify(self) -> None:
        from datetime import UTC, datetime, timedelta

        authority = trustme.CA()
        until = datetime.now(UTC) - timedelta(days=1) if self.expired else None
        paper = authority.issue_cert(self.named, not_after=until)
        authority.cert_pem.write_to_path(self.ca_file)
        paper.cert_chain_pems[0].write_to_path(self.folder / "cert.pem")
        paper.private_key_pem.write_to_path(self.folder / "key.pem")
