"""How Alibaba Cloud wants a call signed: every parameter in the query, HMAC-SHA1 over their sorted form."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from data.secrets import Secret

VERSION = "2021-05-20"


def joined(params: Mapping[str, str]) -> str:
    """The parameters sorted by name and encoded by RFC 3986: equal parameters give equal text."""
    return "&".join(f"{_encoded(name)}={_encoded(params[name])}" for name in sorted(params))


def signature(params: Mapping[str, str], secret: Secret) -> str:
    """The `Signature` of a POST with these parameters, in Base64."""
    text = f"POST&{_encoded('/')}&{_encoded(joined(params))}"
    # The vendor takes HMAC-SHA1 and nothing else here.
    digest = hmac.new(f"{secret.reveal()}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def signed(params: Mapping[str, str], *, key_id: Secret, secret: Secret, now: datetime, nonce: str) -> dict[str, str]:
    """Everything the query of a call holds. `now` is in UTC; a `nonce` is used once."""
    told = {
        "Version": VERSION,
        "Format": "json",
        "AccessKeyId": key_id.reveal(),
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": nonce,
        "Timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        **params,
    }
    return told | {"Signature": signature(told, secret)}


def _encoded(text: str) -> str:
    return quote(text, safe="~")
