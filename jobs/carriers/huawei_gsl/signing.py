"""How Huawei Cloud wants a call signed: SDK-HMAC-SHA256 over path, sorted query, headers and body."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

from data.secrets import Secret

_SCHEME = "SDK-HMAC-SHA256"


def authorization(
    method: str,
    path: str,
    *,
    query: Mapping[str, str],
    headers: Mapping[str, str],
    body: bytes,
    access_key: Secret,
    secret_key: Secret,
) -> str:
    """The `Authorization` of a call with these headers (names in lower case, x-sdk-date among them), all of them signed."""
    names = ";".join(sorted(headers))
    canonical = [
        method,
        f"{path.rstrip('/')}/",
        "&".join(f"{_encoded(name)}={_encoded(query[name])}" for name in sorted(query)),
        "".join(f"{name}:{headers[name].strip()}\n" for name in sorted(headers)),
        names,
        hashlib.sha256(body).hexdigest(),
    ]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    text = f"{_SCHEME}\n{headers['x-sdk-date']}\n{digest}"
    signature = hmac.new(secret_key.reveal().encode(), text.encode(), hashlib.sha256).hexdigest()
    return f"{_SCHEME} Access={access_key.reveal()}, SignedHeaders={names}, Signature={signature}"


def stamp(now: datetime) -> str:
    """`X-Sdk-Date`, in UTC."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _encoded(text: str) -> str:
    return quote(text, safe="~")
