"""Imports files from the inbox folder under saved layouts, so that a nightly ledger needs no person."""

import hashlib
import threading
from pathlib import Path

from data import words
from data.files.rules import BROKEN
from data.home import Home
from data.keeping import name_of
from data.people.rules import SYSTEM
from jobs.importing.taking import Taken, take
from jobs.importing.telling import lines, write_refusals

# A file whose size and time stand still for this long is whole; a copy over the network pauses shorter.
SETTLES_S = 5.0
# Files of one tick; the rest waits for the next one.
_AT_ONCE = 20
# File systems take names of 255 bytes; the time before it and the ending of its report want some of them.
_NAME_BYTES = 220


def run(home: Home, stop: threading.Event) -> str | None:
    """Take every whole file of the inbox.

    1. leave what is still being written, and what starts with a dot, for a later tick;
    2. import the good rows in one transaction;
    3. move the file to inbox/done or inbox/refused, its report and its refused rows beside it.

    A crash between 2 and 3 imports once: the next tick finds the file known and only moves it.
    """
    before = {path: _seen(path) for path in _files(home.inbox)}
    if not before or stop.wait(SETTLES_S):
        return None
    done = refused = 0
    for path, seen in before.items():
        if stop.is_set():
            break
        if not path.exists() or _seen(path) != seen:
            continue
        try:
            taken = take(home, SYSTEM, path=path, filename=name_of(path), source="inbox", accept_good=True)
        except BaseException:
            # Whatever it was, trying again every tick would not mend it and would keep the next file waiting.
            _put_away(home, path, Taken(name_of(path), "refused", error=(BROKEN, {})))
            raise
        _put_away(home, path, taken)
        done, refused = done + (taken.state != "refused"), refused + (taken.state == "refused")
    if done + refused == 0:
        return None
    return words.later("{done} files imported from the inbox, {refused} refused", done=done, refused=refused)


def _files(inbox: Path) -> list[Path]:
    found = [path for path in inbox.iterdir() if path.is_file() and not path.is_symlink()]
    return sorted(path for path in found if not path.name.startswith((".", "~$")))[:_AT_ONCE]


def _seen(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _put_away(home: Home, path: Path, taken: Taken) -> None:
    folder = home.inbox / ("refused" if taken.state == "refused" else "done")
    name = f"{home.clock.now():%Y%m%dT%H%M%S} {_short(name_of(path))}"
    with words.speaking(home.settings.language):
        if taken.refusals:
            write_refusals(taken, folder / f"{name}.refused.csv")
        report = "\n".join([taken.filename, *lines(taken)])
    (folder / f"{name}.report.txt").write_text(f"{report}\n", encoding="utf-8")
    path.replace(folder / name)


def _short(name: str) -> str:
    """The name, cut where its report could not bear it; what was cut stays apart from its like by a digest."""
    whole = name.encode()
    if len(whole) <= _NAME_BYTES:
        return name
    end = f"~{hashlib.sha256(whole).hexdigest()[:8]}{Path(name).suffix}".encode()[:_NAME_BYTES]
    return (whole[: _NAME_BYTES - len(end)] + end).decode(errors="ignore")
