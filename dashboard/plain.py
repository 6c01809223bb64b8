"""Other people's words inside a line that reads Markdown: shown sign for sign, never as a link, a picture or a format."""

import re

# Before any of these a backslash makes it a sign like others; the rest mean something only at the start of a line.
_SIGNS = re.compile(r"([\\`*_\[\]<~|$&])|^([#>+\-=]|\d+(?=[.)]))")
# What is made into a link, an icon or a colour even then, for that happens after the signs were read: an invisible
# joiner, which no line breaks at, stands between.
_JOINTS = re.compile(r"(:)(?=[A-Za-z/\\])|(www)(?=\\?\.)|(@)")
_JOINER = "\u2060"


def plain(text: str) -> str:
    """`text` for a caption, a title, a label, a message: as it is written, on one line."""
    marked = _SIGNS.sub(_marked, " ".join(text.split()))
    return _JOINTS.sub(lambda found: found[0] + _JOINER, marked)


def _marked(found: re.Match[str]) -> str:
    # A figure cannot be marked, what follows it can: "1." begins a list.
    return f"{found[0]}{_JOINER}" if found[0].isdecimal() else f"\\{found[0]}"
