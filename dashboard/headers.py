"""What every answer says to the browser: what may run here, who may frame it, what may be kept.

The one place that knows every script of a page: whatever else calls itself one, out of data or a foreign file, does not run.
"""

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import Message, Send

# Loads the page anew: the guard sends a browser without a session to the sign-in page.
RELOAD = "window.location.reload()"
# Posts the word that stands beside it in the page, and gets the session's next token in the answer's cookie.
FETCH = (
    'fetch("/session",{method:"POST",body:new URLSearchParams('
    '{word:document.querySelector("[data-flowcard-word]").dataset.flowcardWord})})'
)
_FRAMEWORK_PAGE = Path(streamlit.__file__).parent / "static" / "index.html"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)

_ALWAYS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Our own forms have no script at all.
_FORMS = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "object-src 'none'"
)
# Over TLS the browser is told to come by no other way for a year.
_HSTS = "max-age=31536000"
# The framework's own code has its content in its name, and our font and icon are nobody's secret: they may be kept.
_MAY_BE_KEPT = ("/static/", "/app/static/")
_UNCHANGED = 304
# The framework lets any site read what it deems public. Nothing here is.
_FOR_OTHER_SITES = (
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
)


def on(send: Send, connection: HTTPConnection, *, secure: bool, form: bool) -> Send:
    """`send` with our headers on every answer. `secure`: it came over TLS. `form`: one of our own pages of sign-in."""
    path = connection.url.path

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _ALWAYS.items():
                headers[name] = value
            # A download has a stricter one of its own.
            headers.setdefault("Content-Security-Policy", _FORMS if form else _page_policy())
            if secure:
                headers["Strict-Transport-Security"] = _HSTS
            kept = message["status"] == _UNCHANGED or "public" in headers.get("Cache-Control", "")
            if not (kept and path.startswith(_MAY_BE_KEPT)):
                headers["Cache-Control"] = "no-store"
            for name in _FOR_OTHER_SITES:
                if name in headers:
                    del headers[name]
        await send(message)

    return sending


@cache
def _page_policy() -> str:
    """Scripts from here or word for word known; everything else from here alone.

    The framework writes styles as it goes. It would like to compile WebAssembly for its whole numbers, and does without.
    """
    inline = [RELOAD, FETCH, *_INLINE.findall(_FRAMEWORK_PAGE.read_text(encoding="utf-8"))]
    hashes = " ".join(f"'sha256-{_hash(script)}'" for script in inline)
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {hashes}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "form-action 'self'",
            "base-uri 'self'",
            "frame-ancestors 'none'",
        ]
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
