"""How audit entries are chained: pure functions."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

GENESIS = "0" * 64


def canonical(detail: Mapping[str, Any]) -> str:
    """JSON with sorted keys and no spaces; control characters come out escaped, so a log line stays one line."""
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def entry_hash(key: bytes, prev_hash: str, entry: Mapping[str, Any]) -> str:
    """HMAC-SHA256(key, previous hash ‖ canonical JSON of the entry's own fields)."""
    own = {name: entry[name] for name in ("seq", "person_id", "person", "source", "event", "object", "detail")}
    own["ts"] = entry["ts"].isoformat()
    return hmac.new(key, (prev_hash + canonical(own)).encode(), hashlib.sha256).hexdigest()
