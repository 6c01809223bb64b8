"""What a campaign of hostile files and strings found, as docs/hostile-report.md."""

from typing import Any

FILES = ["| door | files | failures | most memory, server and child, MB | slowest file, s |", "|---|--:|--:|--:|---|"]
PAGES = ["| as | visits | fields typed into | requests | dialogs, scripts, foreign requests, broken pages |", "|---|--:|--:|--:|--:|"]  # fmt: skip
_SAID = """# Hostile files and strings

Made by `make hostile`. Files: bombs, polyglots, archives and papers that lie, through the doors for imports and for vouchers,
each opened by a limited child process. Strings: {strings} naughty ones in every text of a home, drawn by every page in a real
browser, and typed into every field by an operator.

{files}

{pages}
"""


def door(which: str, told: dict[str, Any]) -> None:
    """A door was tried with all its files."""
    cpu_s, _s, name, _outcome = told["slowest"][0]
    FILES.append(
        f"| {which} | {told['files']} | {len(told['failures'])} | {told['self_mb']}, {told['child_mb']} | {name}, {cpu_s:.1f} |"
    )


def walk(who: str, *, visits: int, fields: int, requests: int, caught: int) -> None:
    """Every page was walked as somebody."""
    PAGES.append(f"| {who} | {visits} | {fields} | {requests} | {caught} |")


def text(strings: int) -> str:
    """The whole report."""
    return _SAID.format(strings=strings, files="\n".join(FILES), pages="\n".join(PAGES))
