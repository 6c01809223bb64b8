"""How Tencent Cloud wants a call signed: TC3-HMAC-SHA256 over type, host and body."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlsplit

from data.secrets import Secret

_ALGORITHM, _SERVICE = "TC3-HMAC-SHA256", "ic"
_TYPE = "application/json"
_USUAL_PORTS = {"https": 443, "http": 80}


def signature(body: bytes, *, host: str, secret: Secret, at: datetime) -> str:
    """The signature of a POST to `/`, in hexadecimal; its day is one of UTC."""
    day = f"{at.astimezone(UTC):%Y-%m-%d}"
    canonical = f"POST\n/\n\ncontent-type:{_TYPE}\nhost:{host}\n\ncontent-type;host\n{hashlib.sha256(body).hexdigest()}"
    text = "\n".join(
        (
            _ALGORITHM,
            str(int(at.timestamp())),
            f"{day}/{_SERVICE}/tc3_request",
            hashlib.sha256(canonical.encode()).hexdigest(),
        )
    )
    key = f"TC3{secret.reveal()}".encode()
    for part in (day, _SERVICE, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def headers(action: str, body: bytes, *, host: str, key_id: Secret, secret: Secret, at: datetime) -> dict[str, str]:
    """The headers of a call; none of them but the type may be sent otherwise than here."""
    scope = f"{at.astimezone(UTC):%Y-%m-%d}/{_SERVICE}/tc3_request"
    signed = signature(body, host=host, secret=secret, at=at)
    return {
        "Content-Type": _TYPE,
        "X-TC-Action": action,
        "X-TC-Version": "2019-03-07",
        "X-TC-Timestamp": str(int(at.timestamp())),
        "Authorization": (
            f"{_ALGORITHM} Credential={key_id.reveal()}/{scope}, SignedHeaders=content-type;host, Signature={signed}"
        ),
    }


def host_of(base_url: str) -> str:
    """The Host header of calls to a base URL."""
    parts = urlsplit(base_url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port in {None, _USUAL_PORTS[parts.scheme]} else f"{host}:{parts.port}"
