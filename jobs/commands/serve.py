"""`flowcard serve`: resolve the home, see that nobody holds it, become the dashboard's process."""

import os
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from data.home import HomeError, home_path, take_lock
from data.settings import SettingsError, load_settings
from jobs.commands import ERROR, USAGE, HomeOption, fail

_PROJECT = Path(__file__).resolve().parents[2]


def serve(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port on 127.0.0.1")] = 8501,
) -> None:
    """Serve the dashboard and run the jobs until stopped (Ctrl-C)."""
    path = home_path(home)
    try:
        # Only a test: the server takes the lock again, and that one is the real guard.
        take_lock(path, note="flowcard serve").close()
        load_settings(path)
    except HomeError as error:
        fail(str(error), error.exit_code)
    except SettingsError as error:
        fail(str(error), USAGE)
    if not free(port):
        fail(f"port {port} is taken by another program; stop it or choose another with --port", ERROR)
    os.environ["FLOWCARD_HOME"] = str(path)
    os.environ.setdefault("FLOWCARD_PUBLIC_URL", f"http://127.0.0.1:{port}")
    # The framework reads .streamlit/config.toml from the working directory; exec keeps signals arriving here.
    os.chdir(_PROJECT)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, our own arguments


def free(port: int) -> bool:
    """Whether a server may listen on `port`."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def register(parent: typer.Typer) -> None:
    """Put this command under `flowcard`."""
    parent.command()(serve)
