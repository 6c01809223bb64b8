"""The strict wrapper around yagmail: one recipient, one letter, one line to the server, and never a guess about what arrived.

yagmail holds account, TLS and time-outs and signs in. The conversation is had here, step by step, so that every way it can
end has a name: `sent`, `retry` (it never left, or later), `refused`, `unknown` (it left, and nobody knows), `credential`
(the account itself is refused: nothing more goes out through it).
"""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yagmail

from data.home import Home
from data.mails.rules import Outcome
from data.secrets import Secret
from data.words import N_, ToldError, later
from jobs.carriers.account import NoConnection, secret_at

# Plain ASCII, nothing quoted: whatever else an address may be by the book, mail to it is not worth the risk.
ADDRESS = re.compile(r"[A-Za-z0-9._%+=-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_READY, _GO_AHEAD = 220, 354
_ANSWER_SIGNS = 300
_GOODBYE_S, _CUT_EVERY_S = 2.0, 0.1

UNREACHABLE = N_("{host} cannot be reached or broke off before the letter was handed over: {why}")
UNTRUSTED = N_("The certificate of {host} is not to be trusted: {why}")
NO_SIGN_IN = N_("{host} does not take the name or password of the mail account: {answer}")
NO_SENDER = N_("{host} does not take mail from our address: {answer}")
NO_RECIPIENT = N_("{host} does not take mail for this address: {answer}")
NO_LETTER = N_("{host} does not take the letter: {answer}")
NOT_NOW = N_("{host} asks to come back later: {answer}")
UNCLEAR = N_("The letter was handed over and nothing was heard of it: it may have arrived ({why})")
TAKEN = N_("{host} took it: {answer}")
NO_ADDRESS = N_("This is no address that mail can go to")


class MailError(ToldError):
    """The settings of the mail account cannot be used; the message names the setting and the way out."""


@dataclass(frozen=True)
class MailAccount:
    """How mail leaves."""

    host: str
    port: int
    tls: Literal["implicit", "starttls"]
    user: str
    password: Secret
    sender: str
    ca_file: Path | None = None
    timeout_s: float = 15  # of one step of the conversation
    deadline_s: float = 60  # of one letter in total

    @property
    def domain(self) -> str:
        """Ours, in what names a letter."""
        return self.sender.rpartition("@")[2]


def account_of(home: Home) -> MailAccount | None:
    """The mail account of a home; None where none is set up. Raises MailError for one that cannot be used."""
    said = home.settings
    if not said.mail_host:
        return None
    if home.kind == "demo" and said.mail_host not in LOOPBACK:
        raise MailError(N_("mail_host is {host}, but a demo mails nobody; leave it empty"), host=said.mail_host)
    for name, address in (("mail_user", said.mail_user), ("mail_from", said.mail_from or said.mail_user)):
        if not ADDRESS.fullmatch(address):
            raise MailError(N_("{name} is '{value}'; give a whole mail address"), name=name, value=address)
    try:
        password = secret_at(home, said.mail_password)
    except NoConnection as error:
        raise MailError(N_("mail_password: {why}"), why=str(error)) from error
    sender = said.mail_from or said.mail_user
    return MailAccount(
        said.mail_host, said.mail_port, said.mail_tls, said.mail_user, password, sender, said.mail_ca_file
    )


class _Client(yagmail.SMTP):  # type: ignore[misc]
    """yagmail's, known by its connection before that connects: a deadline can end a banner that never does."""

    @property
    def connection(self) -> Any:
        kind = super().connection

        def connected(host: str, port: str, **how: Any) -> Any:
            self.smtp = kind(**how)
            self.smtp._host = host  # whom the certificate must name  # noqa: SLF001
            code, banner = self.smtp.connect(host, int(port))
            if code != _READY:
                raise ConnectionError(_told(code, banner))
            return self.smtp

        return connected

    @property
    def signing_in(self) -> bool:
        """Whether the line stood and was encrypted, and only name and password were left to say."""
        return self.is_closed is False


class _Ended(Exception):
    """The conversation has come to its end."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.kind)
        self.outcome = outcome


@dataclass
class Line:
    """A line to the mail server, opened when needed and kept from one letter to the next; never used by two threads."""

    account: MailAccount
    _client: _Client | None = field(default=None, repr=False)

    def send(self, content: bytes, *, to: str) -> Outcome:
        """Send one letter to one address. Never raises, and is over by the account's deadline.

        1. an address that is none of the plain kind is refused here
        2. sign in; a line that has gone stale meanwhile is opened anew, once
        3. sender, recipient, then the letter; from there on a loss is `unknown`
        """
        if not ADDRESS.fullmatch(to):
            return Outcome("refused", code=553, reply=later(NO_ADDRESS))
        with self._over_by(self.account.deadline_s):
            stale = self._client is not None
            outcome = self._tried(content, to)
            if stale and outcome.kind == "retry" and outcome.code is None:
                outcome = self._tried(content, to)
            return outcome

    def close(self) -> None:
        """Say good-bye, for as long as that takes a server that is well, and hang up."""
        client = self._client
        if client is None:
            return
        with self._over_by(_GOODBYE_S), suppress(OSError, ValueError):
            client.close()
        self._drop()

    @contextmanager
    def _over_by(self, seconds: float) -> Iterator[None]:
        """Whoever still waits for the server when these seconds are over gets no answer, nor on any line opened since."""
        done = threading.Event()

        def watch() -> None:
            wait = seconds
            while not done.wait(wait):
                self._cut()
                wait = _CUT_EVERY_S

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def _tried(self, content: bytes, to: str) -> Outcome:
        handed_over = False
        try:
            talk = self._signed_in().smtp
            self._accepted(talk.docmd(f"MAIL FROM:<{self.account.sender}>"), NO_SENDER, kind="credential")
            self._accepted(talk.docmd(f"RCPT TO:<{to}>"), NO_RECIPIENT)
            handed_over = True
            self._accepted(talk.docmd("DATA"), NO_LETTER, good=_GO_AHEAD)
            talk.send(re.sub(rb"(?m)^\.", b"..", content) + (b"" if content.endswith(b"\r\n") else b"\r\n") + b".\r\n")
            answer = talk.getreply()
            self._accepted(answer, NO_LETTER)
            return Outcome("sent", reply=later(TAKEN, host=self.account.host, answer=_told(*answer)))
        except _Ended as ended:
            self._drop()
            return ended.outcome
        except (OSError, ValueError) as error:
            self._drop()
            if handed_over:
                return Outcome("unknown", reply=later(UNCLEAR, why=_why(error)))
            return Outcome("retry", reply=later(UNREACHABLE, host=self.account.host, why=_why(error)))

    def _signed_in(self) -> "_Client":
        """The open line. Raises _Ended where there is something wrong with account or certificate."""
        if self._client is not None:
            return self._client
        account = self.account
        context = ssl.create_default_context(cafile=str(account.ca_file) if account.ca_file else None)
        implicit = account.tls == "implicit"
        client = self._client = _Client(
            user=account.user,
            password=account.password.reveal(),
            host=account.host,
            port=account.port,
            smtp_ssl=implicit,
            smtp_starttls=False if implicit else {"context": context},
            soft_email_validation=False,
            timeout=account.timeout_s,
            local_hostname=account.domain,
            **({"context": context} if implicit else {}),
        )
        try:
            client.login()
        except ssl.SSLCertVerificationError as error:
            said = later(UNTRUSTED, host=account.host, why=error.verify_message)
            raise _Ended(Outcome("retry", reply=said)) from error
        except (OSError, ValueError) as error:
            # A password that no server could be told is wrong, too.
            wrong = getattr(error, "smtp_code", 0) >= 500 or isinstance(error, UnicodeError)
            if client.signing_in and wrong:
                said = later(NO_SIGN_IN, host=account.host, answer=_why(error))
                raise _Ended(Outcome("credential", reply=said)) from error
            raise
        return client

    def _accepted(
        self, answer: tuple[int, bytes], sentence: str, *, kind: str = "refused", good: int | None = None
    ) -> None:
        """Raise _Ended unless the server agrees. What it says of account and sender says nothing of the address."""
        code, told = answer[0], {"host": self.account.host, "answer": _told(*answer)}
        if code == good or (good is None and 200 <= code < 300):
            return
        of_the_address = code if kind == "refused" else None
        if 500 <= code < 600:
            raise _Ended(Outcome(kind, code=of_the_address, reply=later(sentence, **told)))
        if 400 <= code < 500:
            raise _Ended(Outcome("retry", code=of_the_address, reply=later(NOT_NOW, **told)))
        raise ConnectionError(told["answer"])

    def _cut(self) -> None:
        client = self._client
        sock = client and client.smtp and client.smtp.sock
        if sock:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        client.is_closed = True
        if client.smtp:
            with suppress(OSError):
                client.smtp.close()


def _told(code: int, text: bytes | str) -> str:
    said = text.decode("utf-8", errors="replace") if isinstance(text, bytes) else text
    return " ".join(f"{code} {said}".split())[:_ANSWER_SIGNS]


def _why(error: Exception) -> str:
    code = getattr(error, "smtp_code", None)
    if code is not None:
        return _told(code, getattr(error, "smtp_error", b""))
    return " ".join((str(error) or type(error).__name__).split())[:_ANSWER_SIGNS]
