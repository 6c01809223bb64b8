"""`flowcard serve`: resolve the home, see that nobody holds it, become the dashboard's process."""

import os
import socket
import sys
import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

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
        settings = load_settings(path)
    except HomeError as error:
        fail(str(error), error.exit_code)
    except SettingsError as error:
        fail(str(error), USAGE)
    if not free(port):
        fail(f"port {port} is taken by another program; stop it or choose another with --port", ERROR)
    os.environ["FLOWCARD_HOME"] = str(path)
    if "public_url" not in settings.model_fields_set:
        os.environ["FLOWCARD_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    hosts = allowed_hosts(settings.public_url)
    # The framework reads .streamlit/config.toml from the working directory; exec keeps signals arriving here.
    os.chdir(_PROJECT)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    command += [part for host in hosts for part in ("--server.allowedHosts", host)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, our own arguments


def allowed_hosts(public_url: str) -> list[str]:
    """The names this server answers to: those of .streamlit/config.toml, and the one people reach it by."""
    named = tomllib.loads((_PROJECT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    public = urlsplit(public_url).hostname
    return list(dict.fromkeys([*named["server"]["allowedHosts"], *([public] if public else [])]))


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
