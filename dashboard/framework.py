"""How the framework must run: an environment variable or an edited file that opens what we promise closed stops the start."""

import ipaddress
from typing import Any

from streamlit import config

from data.settings import SettingsError

# The reasons stand in .streamlit/config.toml.
MUST: dict[str, Any] = {
    "global.developmentMode": False,
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.enableAgentApi": False,
    "server.enableStaticServing": True,
    "server.fileWatcherType": "none",
    "server.trustedUserHeaders": {},
    "server.corsAllowedOrigins": [],
    "server.baseUrlPath": "",
    "client.showErrorDetails": "none",
    "client.toolbarMode": "minimal",
    "client.disableDataExport": True,
    "browser.gatherUsageStats": False,
    "runner.magicEnabled": False,
    "logger.enableRich": False,
}


def check() -> None:
    """Compare the running values with what must be. Raises SettingsError that names the first one that differs."""
    for name, must in MUST.items():
        told = config.get_option(name)
        if told != must:
            raise SettingsError(f"{name} is {told!r} where it must be {must!r}; {_way_out(name)}")
    hosts = config.get_option("server.allowedHosts")
    if not hosts or any("*" in host for host in hosts):
        raise SettingsError(f"server.allowedHosts is {hosts!r}; name every host, {_way_out('server.allowedHosts')}")
    address = config.get_option("server.address") or "every address"
    if not _is_this_machine(address):
        raise SettingsError(
            f"server.address is {address}; listen on 127.0.0.1 and let a TLS proxy on this machine stand in front"
        )


def _way_out(name: str) -> str:
    section, key = name.split(".")
    spelled = "".join(f"_{sign}" if sign.isupper() else sign for sign in key)
    return f"mend .streamlit/config.toml or unset STREAMLIT_{section.upper()}_{spelled.upper()}"


def _is_this_machine(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
