"""What stories in a browser share: the server of their home, a browser, and a person's hands on a page.

A story brings the module's fixtures `home` and `passwords`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.serving import Served, browser, served


@pytest.fixture(scope="module")
def server(home: Path, passwords: dict[str, str]) -> Iterator[Served]:
    assert passwords
    with served(home) as running:
        yield running


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened
