"""A mailbox on a real IMAP server: Debian's dovecot on loopback, with mails put in as a mail server delivers them."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.serving import free_port

HOST, USER, PASSWORD = "localhost", "returned@example.test", "s3cret-of-the-mailbox"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
imap_id_log = *
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
mail_location = maildir:{folder}/Maildir
# A wrong password is answered at once, and the next one too.
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """The server, its folder and the one mailbox in it."""

    named: str = HOST  # whom its certificate names
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="mailbox-")))
    port: int = field(default_factory=free_port)
    _process: Any = field(default=None, repr=False)
    _delivered: int = 0

    def start(self) -> "Dovecot":
        program = _dovecot()
        authority = trustme.CA()
        paper = authority.issue_cert(self.named)
        authority.cert_pem.write_to_path(self.ca_file)
        paper.cert_chain_pems[0].write_to_path(self.folder / "cert.pem")
        paper.private_key_pem.write_to_path(self.folder / "key.pem")
        told = {"folder": self.folder, "user": _whose().pw_name, "group": grp.getgrgid(_whose().pw_gid).gr_name}
        told |= {"password": PASSWORD, "port": self.port}
        (self.folder / "dovecot.conf").write_text(CONFIG.format(**told), encoding="utf-8")
        for name in ("run", "state", "home", "Maildir", "Maildir/cur", "Maildir/new", "Maildir/tmp"):
            (self.folder / name).mkdir()
        self._give(self.folder, *self.folder.rglob("*"))
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            as_whom = {"user": _whose().pw_uid, "group": _whose().pw_gid, "extra_groups": []}
        self._process = subprocess.Popen([program, "-F", "-c", self.folder / "dovecot.conf"], **as_whom)
        self._wait()
        return self

    def stop(self) -> None:
        if self._process:
            self._process.terminate()
            self._process.wait(timeout=10)
        shutil.rmtree(self.folder)

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def settings(self) -> dict[str, str]:
        """Where it is, as the environment says it."""
        password = self.folder / "password"
        password.write_text(PASSWORD)
        said = {"HOST": HOST, "PORT": str(self.port), "USER": USER, "PASSWORD": f"file:{password}"}
        return {f"FLOWCARD_BOUNCE_{key}": value for key, value in said.items()}

    def put(self, *mails: bytes) -> None:
        """Deliver these byte for byte, unseen, in this order."""
        for mail in mails:
            self._delivered += 1
            name = f"{1_700_000_000 + self._delivered}.{self._delivered}.test"
            fresh = self.folder / "Maildir" / "tmp" / name
            fresh.write_bytes(mail)
            self._give(fresh)
            fresh.rename(self.folder / "Maildir" / "new" / name)

    def count(self, which: str = "ALL") -> int:
        """How many mails there are of a kind: ALL, SEEN, UNSEEN."""
        with self._inbox() as box:
            return len(box.uid("SEARCH", which)[1][0].split())

    def flag(self, how: str, flag: str) -> None:
        """Put a flag on every mail (+FLAGS) or take it off (-FLAGS)."""
        with self._inbox() as box:
            box.store("1:*", how, rf"(\{flag})")

    def clear(self) -> None:
        """Empty the mailbox."""
        if self.count():
            self.flag("+FLAGS", "Deleted")
            with self._inbox() as box:
                box.expunge()

    def _inbox(self) -> imaplib.IMAP4_SSL:
        context = ssl.create_default_context(cafile=str(self.ca_file))
        context.check_hostname = self.named == HOST
        box = imaplib.IMAP4_SSL(HOST, self.port, ssl_context=context, timeout=10)
        box.login(USER, PASSWORD)
        box.select("INBOX")
        return box

    @staticmethod
    def _give(*paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                os.chown(path, _whose().pw_uid, _whose().pw_gid)

    def _wait(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            log = self.folder / "log"
            told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            assert self._process.poll() is None, f"dovecot did not start: {told}"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError(f"dovecot does not listen: {told}")


def _whose() -> pwd.struct_passwd:
    """Dovecot opens no mail as root: everything is one user's without rights, or theirs who run the tests."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _dovecot() -> str:
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
    if program is None:
        if os.environ.get("FLOWCARD_REQUIRE_BROWSER") == "1":
            pytest.fail("FLOWCARD_REQUIRE_BROWSER=1, but there is no dovecot on the path")
        pytest.skip("no dovecot on the path")
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    if not version.startswith("2.3."):
        pytest.skip(f"the configuration above is that of dovecot 2.3, here is {version}")
    return program
