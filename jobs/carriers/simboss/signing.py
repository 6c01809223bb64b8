"""How SIMBoss wants a form signed: SHA-256 over its sorted fields and the secret."""

import hashlib
from collections.abc import Mapping
from urllib.parse import urlencode

from data.secrets import Secret

# What stands between the fields and the secret; clients of the carrier disagree.
JOINS = {"direct": "", "ampersand": "&"}


def joined(fields: Mapping[str, str]) -> str:
    """The fields sorted by name, as they are signed: equal fields give equal text."""
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields))


def signature(fields: Mapping[str, str], secret: Secret, *, join: str = "direct") -> str:
    """The `sign` of these fields, in lower-case hex."""
    return hashlib.sha256(f"{joined(fields)}{JOINS[join]}{secret.reveal()}".encode()).hexdigest()


def form(fields: Mapping[str, str], secret: Secret, *, join: str) -> bytes:
    """The body of a call."""
    return urlencode({**fields, "sign": signature(fields, secret, join=join)}).encode()
