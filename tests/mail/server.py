"""The mail sink: a real mail server on real TCP, in a process of its own, that fails as it is told.

    python tests/mail/server.py --folder DIR --port 0 --cert CERT --key KEY [--starttls | --plain]

prints `ready PORT`. DIR/accepted.jsonl holds every letter it took, one line each, on the disk before anything else happens:
the truth for all counts. DIR/faults.json, read at every step, is a list of {"fault": NAME, "to": ADDRESS or null,
"times": N or null, "seconds": S}; the names are in STEPS.
"""

import argparse
import asyncio
import json
import logging
import os
import ssl
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, syntax

USER, PASSWORD = "flowcard@example.test", "s3cret-of-the-mail-sink"
# Fault → the step at which it happens. "4xx" and "5xx" answer so and mean it; the others are said below.
STEPS = {
    **dict.fromkeys(
        ("banner 421", "banner 554", "banner drop", "banner huge", "banner endless", "banner slow"), "banner"
    ),
    **dict.fromkeys(("auth 454", "auth 535", "auth drop"), "auth"),
    **dict.fromkeys(("mail 421", "mail 451", "mail 550", "mail drop", "mail slow"), "mail"),
    **dict.fromkeys(("rcpt 452", "rcpt 550", "rcpt drop", "rcpt slow"), "rcpt"),
    **dict.fromkeys(("data 451", "data 554", "data drop"), "data"),
    "letter drop": "letter",  # in the middle of the letter: nothing is kept
    **dict.fromkeys(("end 452", "end 554"), "end"),  # after the letter: nothing is kept
    # After the letter has been kept, what the sender learns of it:
    **dict.fromkeys(("ack drop", "ack slow", "ack garbage", "ack endless"), "ack"),
    **dict.fromkeys(("quit drop", "quit slow", "quit endless"), "quit"),
}


class Faults:
    """What the file tells, each as often as it says."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._played: Counter[str] = Counter()

    def at(self, step: str, to: str | None = None) -> tuple[str, float] | None:
        """(how, seconds) of the fault to play now."""
        told = json.loads(self._path.read_text()) if self._path.exists() else []
        for one in told:
            name = json.dumps(one, sort_keys=True)
            open_still = one.get("times") is None or self._played[name] < one["times"]
            if STEPS[one["fault"]] == step and one.get("to") in (None, to) and open_still:
                self._played[name] += 1
                return one["fault"].split(" ", 1)[1], one.get("seconds", 30.0)
        return None


class Sink(SMTP):
    """aiosmtpd's server, failing where it is told."""

    def __init__(self, folder: Path, faults: Faults, **how) -> None:
        super().__init__(self, **how)
        self._folder, self._faults = folder, faults
        self._sessions = folder / "sessions"

    async def _played(self, step: str, to: str | None = None) -> bool:
        """Play the fault of this step, if there is one; whether that was the answer."""
        fault = self._faults.at(step, to)
        if fault is None:
            return False
        how, seconds = fault
        match how:
            case "drop":
                self.transport.abort()
            case "slow":
                await asyncio.sleep(seconds)
                return False
            case "huge":
                await self.push("220 " + "x" * 20_000)
            case "endless":
                while self.transport is not None and not self.transport.is_closing():
                    self._writer.write(b"220-once more\r\n" if step == "banner" else b"250-once more\r\n")
                    await self._writer.drain()
                    await asyncio.sleep(0.01)
            case "garbage":
                await self.push("what?")
            case _:
                await self.push(f"{how} as told")
                if step == "banner" or how == "421":
                    self.transport.close()
        return True

    async def _handle_client(self) -> None:
        with self._sessions.open("a") as file:
            file.write(".")
        if not await self._played("banner"):
            await super()._handle_client()

    @syntax("AUTH <mechanism>")
    async def smtp_AUTH(self, arg):
        if not await self._played("auth"):
            await super().smtp_AUTH(arg)

    @syntax("MAIL FROM: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_MAIL(self, arg):
        if not await self._played("mail"):
            await super().smtp_MAIL(arg)

    @syntax("RCPT TO: <address>", extended=" [SP <mail-parameters>]")
    async def smtp_RCPT(self, arg):
        if not await self._played("rcpt", arg.split("<")[-1].rstrip(">")):
            await super().smtp_RCPT(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg):
        to = self.envelope.rcpt_tos[0] if self.envelope.rcpt_tos else None
        if await self._played("data", to):
            return
        if self._faults.at("letter", to):
            await self.push("354 go on")
            await self._reader.readuntil(b"\r\n")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)

    @syntax("QUIT")
    async def smtp_QUIT(self, arg):
        if not await self._played("quit"):
            await super().smtp_QUIT(arg)

    async def handle_DATA(self, _server, _session, envelope):
        to = envelope.rcpt_tos[0]
        if await self._played("end", to):
            return ""
        self._keep(envelope)
        if await self._played("ack", to):
            return ""
        return "250 taken"

    async def push(self, status) -> None:
        # What a fault has answered already is not answered again.
        if status:
            await super().push(status)

    def _keep(self, envelope) -> None:
        letter = message_from_bytes(envelope.content, policy=policy.default)
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "message_id": letter["message-id"],
            "session": len(self._sessions.read_bytes()),
            "content": envelope.content.decode("latin-1"),
        }
        with (self._folder / "accepted.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


def _authenticated(_server, _session, _envelope, _mechanism, data) -> AuthResult:
    said = (data.login, data.password)
    return AuthResult(success=said == (USER.encode(), PASSWORD.encode()), handled=False)


async def serve(told: argparse.Namespace) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(told.cert, told.key)
    faults = Faults(told.folder / "faults.json")
    implicit = not (told.starttls or told.plain)

    def sink() -> Sink:
        how = {"hostname": "sink.example.test", "authenticator": _authenticated, "timeout": 120}
        # Without TLS of its own the library does not know that the line is encrypted already.
        how |= {"tls_context": tls} if told.starttls else {"auth_require_tls": False}
        return Sink(told.folder, faults, **how)

    loop = asyncio.get_running_loop()
    # A server that is told to forget TLS altogether asks for a password in clear.
    server = await loop.create_server(sink, "127.0.0.1", told.port, ssl=tls if implicit else None)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--cert", type=Path, required=True)
    parser.add_argument("--key", type=Path, required=True)
    parser.add_argument("--starttls", action="store_true")
    parser.add_argument("--plain", action="store_true")
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    asyncio.run(serve(parser.parse_args()))
