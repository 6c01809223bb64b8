"""What an `[[account]]` says whose carrier is spoken to over HTTP; a connector adds its own keys."""

from pydantic import ValidationInfo, field_validator

from jobs.carriers.account import Account
from jobs.carriers.http import checked_url


class WireAccount(Account):
    """An account at an address."""

    allow_loopback: bool = False  # the address may be one of this machine
    base_url: str
    ca_file: str | None = None  # a certificate authority of the carrier's own, as a PEM file

    @field_validator("base_url")
    @classmethod
    def _address(cls, url: str, info: ValidationInfo) -> str:
        return checked_url(url, allow_loopback=info.data.get("allow_loopback", False))
