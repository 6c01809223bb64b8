"""The mailbox that returned mail comes to: what nobody has seen yet, read over IMAP inside TLS. Nothing is ever deleted."""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from imap_tools import AND, MailBox
from imap_tools.errors import ImapToolsError, MailboxLoginError, UnexpectedCommandStatusError

from data.home import Home
from data.secrets import Secret
from data.words import N_
from jobs.carriers.account import NoConnection, secret_at
from jobs.mail import ADDRESS, LOOPBACK, UNTRUSTED, MailError

_TROUBLE = (OSError, ValueError, imaplib.IMAP4.error, ImapToolsError)
_WHY_SIGNS = 300

UNREADABLE = N_("The mailbox for returned mail at {host} cannot be read: {why}")
NO_SIGN_IN = N_("{host} does not take the name or password of the mailbox for returned mail: {why}")


@dataclass(frozen=True)
class MailboxAccount:
    """Where returned mail is read."""

    host: str
    port: int
    user: str
    password: Secret
    ca_file: Path | None = None
    timeout_s: float = 15  # of one answer


def mailbox_of(home: Home) -> MailboxAccount | None:
    """The mailbox of a home; None where none is set up. Raises MailError for one that cannot be used."""
    said = home.settings
    if not said.bounce_host:
        return None
    if home.kind == "demo" and said.bounce_host not in LOOPBACK:
        raise MailError(
            N_("bounce_host is {host}, but a demo reads nobody's mail; leave it empty"), host=said.bounce_host
        )
    if not ADDRESS.fullmatch(said.bounce_user):
        raise MailError(
            N_("{name} is '{value}'; give a whole mail address"), name="bounce_user", value=said.bounce_user
        )
    try:
        password = secret_at(home, said.bounce_password)
    except NoConnection as error:
        raise MailError(N_("bounce_password: {why}"), why=str(error)) from error
    return MailboxAccount(said.bounce_host, said.bounce_port, said.bounce_user, password, said.mail_ca_file)


class Mailbox:
    """An open INBOX. Every call raises MailError where the server does not do as it is asked."""

    def __init__(self, account: MailboxAccount) -> None:
        self._account = account
        with self._told():
            context = ssl.create_default_context(cafile=str(account.ca_file) if account.ca_file else None)
            self._box = MailBox(account.host, account.port, timeout=account.timeout_s, ssl_context=context)
        try:
            with self._told():
                self._sign_in()
        except MailError:
            self.close()
            raise

    def unseen(self, *, limit: int) -> list[str]:
        """The uids of mails that nobody has seen, oldest first."""
        with self._told():
            return sorted(self._box.uids(AND(seen=False)), key=int)[:limit]

    def fetch(self, uid: str, *, most_bytes: int) -> bytes:
        """The mail as it came, no more of it than this; it stays unseen. Empty where it is there no more."""
        with self._told():
            # The library's own way takes a mail whole, however large, and reads it itself.
            kind, told = self._box.client.uid("FETCH", uid, f"(BODY.PEEK[]<0.{most_bytes}>)")
            self._agreed(kind, told)
            return next((bytes(one[1]) for one in told if isinstance(one, tuple)), b"")

    def mark_seen(self, uid: str) -> None:
        """It has been read, and is not looked at again."""
        with self._told():
            # The library's own way removes what others have marked for removal.
            self._agreed(*self._box.client.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))

    def close(self) -> None:
        """Sign out and hang up."""
        with suppress(*_TROUBLE):
            self._box.logout()
        with suppress(*_TROUBLE):
            self._box.client.shutdown()

    def _sign_in(self) -> None:
        try:
            self._box.login(self._account.user, self._account.password.reveal(), initial_folder=None)
        except (MailboxLoginError, UnicodeError) as error:
            # A password that no server could be told is wrong, too.
            raise MailError(NO_SIGN_IN, host=self._account.host, why=_why(error)) from None
        client = self._box.client
        if "ID" in client.capabilities:
            # NetEase opens no folder for whoever has not said what program it is.
            client.xatom("ID", '("name" "Flowcard")')
        self._box.folder.set("INBOX")

    @contextmanager
    def _told(self) -> Iterator[None]:
        host = self._account.host
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise MailError(UNTRUSTED, host=host, why=error.verify_message) from error
        except _TROUBLE as error:
            raise MailError(UNREADABLE, host=host, why=_why(error)) from error

    @staticmethod
    def _agreed(kind: str, told: list[object]) -> None:
        if kind != "OK":
            raise imaplib.IMAP4.error(f"{kind} {told}")


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        # Its own words show the sign that could not be said, one of the password's.
        return type(error).__name__
    if isinstance(error, UnexpectedCommandStatusError):
        return b" ".join(line for line in error.command_result[1] if line).decode(errors="replace")[:_WHY_SIGNS]
    return " ".join((str(error) or type(error).__name__).split())[:_WHY_SIGNS]
