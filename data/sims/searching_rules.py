"""How words are folded before they are compared: full-width forms to half-width, ideographic spaces, upper-case."""

# Full-width ASCII (U+FF01–U+FF5E) and the ideographic space, and what they stand for. SQL folds with the same two.
WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
NARROW = "".join(chr(code) for code in range(0x21, 0x7F)) + " "
_TABLE = str.maketrans(WIDE, NARROW)


def folded(text: str) -> str:
    """`text` as it stands in search_text."""
    return text.translate(_TABLE).strip().upper()
