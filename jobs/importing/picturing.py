"""In the child: the first pages of a PDF, and photographs, drawn anew as plain pictures; nothing of the file goes along."""

import base64
import io
from collections.abc import Iterator
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it says no types
from PIL import Image, ImageOps, UnidentifiedImageError

from data.words import N_
from jobs.importing.refusing import FileRefused

# What a person compares with a screen: an A4 page in about 110 dots per inch.
_WIDEST, _TALLEST = 1_000, 1_600
_MOST_PAGES = 5
# As the archive takes them (data/vouchers/rules.py); drawn, four bytes each.
_MOST_PIXELS = 80_000_000
NO_PICTURE = N_("No picture can be made of {file}")


def answers(*, path: str, filename: str, format: str) -> Iterator[Any]:
    """{"page": a PNG in base64} for each page. Raises FileRefused."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        for picture in _pages(path) if format == "pdf" else _photo(path):
            out = io.BytesIO()
            picture.save(out, "PNG")
            yield {"page": base64.b64encode(out.getvalue()).decode()}
    except (
        pypdfium2.PdfiumError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        ValueError,
        SyntaxError,
    ) as error:
        raise FileRefused(NO_PICTURE, file=filename) from error


def _pages(path: str) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(path)
    for number in range(min(len(document), _MOST_PAGES)):
        page = document[number]
        width, height = page.get_size()
        # No scripts run and no forms are filled: the page as it is printed.
        scale = min(_WIDEST / max(width, 1), _TALLEST / max(height, 1))
        yield page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
        page.close()


def _photo(path: str) -> Iterator[Image.Image]:
    # Only what the archive takes: none of the other forty readers is asked.
    with Image.open(path, formats=("PNG", "JPEG")) as photo:
        photo.draft("RGB", (_WIDEST, _TALLEST))
        # Small first: every step after it would hold the whole photograph once more.
        photo.thumbnail((_WIDEST, _TALLEST))
        small = ImageOps.exif_transpose(photo)
        plain = Image.new("RGB", small.size, "white")
        shown = small.convert("RGBA")
        plain.paste(shown, mask=shown.getchannel("A"))
        yield plain
