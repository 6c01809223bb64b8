"""The modules beside these tests, for the tests too."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import report
from naughty import STRINGS


def pytest_sessionfinish(exitstatus: int) -> None:
    """A whole campaign leaves its report."""
    if os.environ.get("TESTS_HOSTILE") == "campaign" and exitstatus == 0:
        path = Path(__file__).parents[2] / "docs/hostile-report.md"
        path.write_text(report.text(len(STRINGS)), encoding="utf-8")
