"""The child process in which strangers' files are opened: it takes its limits first, then answers in lines of JSON.

`python -I child.py` reads one request from its standard input: {"task", "limits": {"memory_mb", "seconds"}, …}; what else
stands there goes to the task. It ends with {"end": true}, {"refused": msgid, "values": {}} or {"failed": what}; a parser
that breaks ends this process only.
"""

import gc
import importlib
import json
import resource
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

# Each module has `answers(**request)`, a generator of messages.
_TASKS = {"tables": "jobs.importing.opening", "invoice": "jobs.importing.fapiao", "picture": "jobs.importing.picturing"}
# After the first word, a little time to say so.
_GRACE_S = 2
_MOST_FILES = 64


def main() -> None:
    """Answer the one request."""
    sys.excepthook = _broken
    request: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    _hold(**request.pop("limits"))
    # It lives for one file: nothing is worth collecting.
    gc.disable()
    sys.path.insert(0, str(Path(__file__).parents[2]))
    refusing = importlib.import_module("jobs.importing.refusing")
    task = importlib.import_module(_TASKS[request.pop("task")])
    try:
        for message in task.answers(**request):
            _say(message)
    except refusing.InputError as refused:
        _say({"refused": refused.msgid, "values": refused.values})
    except MemoryError:
        _say({"failed": "memory"})
    else:
        _say({"end": True})
    sys.stdout.flush()


def _hold(*, memory_mb: int, seconds: int) -> None:
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory_mb << 20, memory_mb << 20),
        (resource.RLIMIT_CPU, seconds, seconds + _GRACE_S),
        (resource.RLIMIT_CORE, 0, 0),
        # Nothing is written but the answer, and that is a pipe; nobody is called to help.
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
        (resource.RLIMIT_NOFILE, _MOST_FILES, _MOST_FILES),
    ):
        resource.setrlimit(kind, (soft, hard))


def _say(message: Any) -> None:
    line = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
    # A file's name may hold bytes that are no text.
    sys.stdout.buffer.write(line.encode("utf-8", "surrogatepass") + b"\n")


def _broken(kind: type[BaseException], _error: BaseException, trace: TracebackType | None) -> None:
    """What broke and where, for our log; not what the file says."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    what = "memory" if issubclass(kind, MemoryError) else "broken"
    _say({"failed": what, "where": f"{kind.__name__} {where}"})
    sys.stdout.flush()


if __name__ == "__main__":
    main()
