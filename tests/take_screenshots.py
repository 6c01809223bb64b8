"""`make shots`: the README's pictures, from a fresh demo home in a real browser, light and dark."""

import sys
import tempfile
from pathlib import Path

from tests.serving import ROOT, browser, demo, served, settled, sign_in

PICTURES = ROOT / "docs" / "pictures"
# (file, page, language, colour scheme)
SHOTS = [
    ("expiry-light.png", "/expiry", "en-US", "light"),
    ("expiry-dark.png", "/expiry", "zh-CN", "dark"),
    ("today-light.png", "/today", "zh-CN", "light"),
]


def main() -> int:
    """Make the home, take every picture."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        passwords = demo(home)
        with served(home) as server, browser() as opened:
            for file, page, language, scheme in SHOTS:
                window = sign_in(
                    opened, server, "operator", passwords["operator"], path=page, language=language, scheme=scheme
                )
                window.wait_for_timeout(2500)
                settled(window)
                window.screenshot(path=PICTURES / file)
                print(PICTURES / file)
                window.context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
