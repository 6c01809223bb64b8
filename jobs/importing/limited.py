"""The one way a stranger's file is opened: in a child process of its own, held to memory, time and length of answer."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.words import N_
from jobs.importing import child
from jobs.importing.refusing import FileRefused

log = logging.getLogger("flowcard")
# On a busy machine a second of the processor takes several by the clock.
_CLOCK_PER_CPU = 6
_MB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """What one file may cost."""

    memory_mb: int  # address space of the child
    seconds: int  # of the processor
    answer_mb: int  # what it may send back


def answers(task: str, path: Path, filename: str, *, limits: Limits, **request: Any) -> Iterator[Any]:
    """What the child's `task` says about the file at `path`, message by message.

    Raises FileRefused with what the task refuses, and with the limit that was reached.
    """
    asked = {
        **request,
        "task": task,
        "path": str(path),
        "filename": filename,
        "limits": {"memory_mb": limits.memory_mb, "seconds": limits.seconds},
    }
    # The child needs no setting and no secret of ours.
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1"}
    with subprocess.Popen(  # noqa: S603 - our own file, no shell
        [sys.executable, "-I", child.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        bufsize=_MB,
        pipesize=_MB,
    ) as process:
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        alarm = threading.Timer(limits.seconds * _CLOCK_PER_CPU, end)
        alarm.start()
        try:
            _ask(process, asked)
            yield from _heard(process, filename, limits)
        except _EndedError:
            code = process.wait()
            log.warning("the child for %s ended with %s", task, code)
            raise _reached(filename, limits, code, late=late.is_set()) from None
        finally:
            alarm.cancel()
            process.kill()


class _EndedError(Exception):
    """The child ended without a last word."""


def _ask(process: subprocess.Popen[bytes], asked: dict[str, Any]) -> None:
    if process.stdin is None:
        raise _EndedError
    try:
        process.stdin.write(json.dumps(asked).encode())
        process.stdin.close()
    except OSError as error:
        raise _EndedError from error


def _heard(process: subprocess.Popen[bytes], filename: str, limits: Limits) -> Iterator[Any]:
    left = limits.answer_mb * _MB
    while process.stdout is not None:
        line = process.stdout.readline(left + 1)
        left -= len(line)
        if left < 0:
            raise FileRefused(
                N_("{file} unpacks to more than {limit} MB of text; split it, or keep the columns you need"),
                file=filename,
                limit=f"{limits.answer_mb:,}",
            )
        if not line.endswith(b"\n"):
            raise _EndedError
        message = json.loads(line.decode("utf-8", "surrogatepass"))
        if isinstance(message, dict):
            if "end" in message:
                return
            if "refused" in message:
                raise FileRefused(message["refused"], **message["values"])
            if "failed" in message:
                log.warning("the child refused a file: %s %s", message["failed"], message.get("where", ""))
                raise _too_much_memory(filename, limits) if message["failed"] == "memory" else _breaks(filename)
        yield message
    raise _EndedError


def _reached(filename: str, limits: Limits, code: int, *, late: bool) -> FileRefused:
    if late or code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return FileRefused(
            N_("{file} takes more than {limit} seconds to open; save only its cells as a new .xlsx or .csv"),
            file=filename,
            limit=limits.seconds,
        )
    # Libraries not written in Python end the process when no more memory is given.
    return _too_much_memory(filename, limits) if code in {-signal.SIGABRT, -signal.SIGTRAP} else _breaks(filename)


def _too_much_memory(filename: str, limits: Limits) -> FileRefused:
    return FileRefused(
        N_("{file} needs more than {limit} MB of memory to open; save only its cells as a new .xlsx or .csv"),
        file=filename,
        limit=f"{limits.memory_mb:,}",
    )


def _breaks(filename: str) -> FileRefused:
    return FileRefused(
        N_("{file} breaks the program that opens it; save it anew with another program and try again"), file=filename
    )
