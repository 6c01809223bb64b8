"""What every `[[account]]` of carriers.toml says; a connector adds its own keys."""

import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from data.carriers.rules import AccountFacts
from data.home import Home
from data.secrets import Keyring, Secret, SecretError
from jobs.carriers import Terms, pacing
from jobs.carriers.http import Http, checked_url

# Longer than this is no key of a carrier but a wrong file.
_LONGEST_SECRET = 16_384


class NoConnection(LookupError):
    """This account has no connection a call could go through; the message names account, key and way out."""


class Account(BaseModel):
    """What every account says."""

    # What somebody typed wrongly may be a secret: no error shows it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    connector: str
    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    carrier: Annotated[str, Field(min_length=1, max_length=40)]
    payee: Annotated[str, Field(min_length=1, max_length=120)]
    way_to_pay: Literal["prepaid", "transfer", "online", "recharge_card", "monthly"] = "prepaid"
    last_order_day: Annotated[int, Field(ge=1, le=31)] | None = None
    working_days: Annotated[int, Field(ge=0, le=60)] = 3
    cancel_after_days: Annotated[int, Field(ge=0, le=3650)] = 90
    silent_months: Annotated[int, Field(ge=1, le=60)] | None = None  # from delivery to the term that starts by force
    expiry_rule: Literal["from_old_expiry", "from_today", "month_end"] = "from_old_expiry"
    gives_invoice: bool = True
    support: str = ""
    canary_items: Annotated[int, Field(ge=0, le=100)] = 3  # the first items of a batch go alone
    breaker_in_row: Annotated[int, Field(ge=1, le=10_000)] = 5  # so many doubts in a row stop the account
    breaker_share: Annotated[float, Field(gt=0, le=1)] = 0.20  # or more than this share of the last `breaker_window`
    breaker_window: Annotated[int, Field(ge=1, le=1_000)] = 50
    breaker_cooldown_s: Annotated[int, Field(ge=1)] = 60  # then one item tries

    def facts(self) -> AccountFacts:
        """What the house may know of it."""
        said = self.model_dump(include=set(AccountFacts.__dataclass_fields__))
        return AccountFacts(account=self.name, **said)


def _reference(text: str) -> str:
    kind, colon, name = text.partition(":")
    if not colon or not name.strip() or kind not in {"env", "file", "secret"}:
        raise ValueError("say where the value stands: env:NAME, file:PATH or secret:NAME; never the value itself")
    if kind == "secret" and not name.isidentifier():
        raise ValueError("a secret's name has letters, digits and _ only, such as secret:aliyun_sk")
    return text


# Where a secret stands: env:NAME (of this process), file:PATH, or secret:NAME (sealed in the home). Never the secret.
SecretRef = Annotated[str, AfterValidator(_reference)]


class HttpAccount(Account):
    """An account whose carrier is spoken to over HTTP."""

    allow_loopback: bool = False  # the address may be one of this machine
    base_url: str
    ca_file: str | None = None  # a certificate authority of the carrier's own, as a PEM file
    call_deadline_s: Annotated[float, Field(gt=0, le=600)] = 30  # of one call in total
    rate_per_s: Annotated[float, Field(gt=0, le=10_000)] | None = (
        None  # calls of all jobs together; None: no limit named
    )
    horizon_s: Annotated[float, Field(ge=0)] = 86_400  # an order may take effect so long after it was sent
    expiry_tolerance_days: Annotated[int, Field(ge=0, le=31)] = 1  # so far a carrier's expiry may lie from ours

    @field_validator("base_url")
    @classmethod
    def _address(cls, url: str, info: ValidationInfo) -> str:
        return checked_url(url, allow_loopback=info.data.get("allow_loopback", False))

    def http(self, *, now: Callable[[], datetime], pace: pacing.Pace | None = None) -> Http:
        """A client for this account's address; `pace`: where its calls are counted otherwise than by account and address."""
        return Http(
            self.base_url,
            pace=pace or pacing.of(f"{self.connector} {self.name} {self.base_url}", self.rate_per_s),
            now=now,
            allow_loopback=self.allow_loopback,
            ca_file=self.ca_file,
        )

    def terms(
        self,
        *,
        orders_per_call: int = 1,
        promises: frozenset[str] = frozenset(),
        query_trusted: bool = False,
        key_life: timedelta | None = None,
        calls_at_once: int = 1,
    ) -> Terms:
        """What the contract says: deadline, horizon, tolerance and rate from here, the rest as the connector knows it."""
        return Terms(
            orders_per_call=orders_per_call,
            promises=promises,
            call_deadline_s=self.call_deadline_s,
            query_trusted=query_trusted,
            horizon=timedelta(seconds=self.horizon_s),
            expiry_tolerance_days=self.expiry_tolerance_days,
            key_life=key_life,
            calls_at_once=calls_at_once,
            rate_per_s=self.rate_per_s,
        )

    def secret_of(self, home: Home, key: str) -> Secret:
        """The secret a key of this account (a SecretRef) points to. Raises NoConnection where there is none."""
        try:
            return secret_at(home, str(getattr(self, key)))
        except NoConnection as error:
            raise NoConnection(f"account '{self.name}', {key}: {error}") from None


def secret_at(home: Home, reference: str) -> Secret:
    """The secret that stands at env:NAME, file:PATH or secret:NAME. Raises NoConnection where there is none."""
    kind, _colon, name = reference.partition(":")
    match kind:
        case "env":
            text = os.environ.get(name, "")
            way_out = f"set {name} in the environment of 'flowcard serve'"
        case "file":
            text = _file_text(Path(name))
            way_out = f"put the value into {name}, readable for 'flowcard serve'"
        case _:
            text = _sealed_text(home, name)
            way_out = f"keep it with 'flowcard carriers keep {name}'"
    if not text.strip():
        raise NoConnection(f"{kind}:{name} holds no value; {way_out}")
    return Secret(text.strip())


def sealed_file(home: Home, name: str) -> Path:
    """Where the home keeps the sealed secret of this name."""
    return home.path / "keys" / f"sealed-{name}"


def kept_secret(keys: Path, name: str) -> Secret:
    """What `keep_secret` sealed in the folder `keys`. Raises FileNotFoundError, and SecretError where it does not open."""
    return Keyring(keys).open((keys / f"sealed-{name}").read_bytes(), table="sealed", column=name, row=0)


def keep_secret(home: Home, name: str, secret: Secret) -> None:
    """Seal `secret` as secret:NAME of this home. Raises ValueError for a name no account could write."""
    _reference(f"secret:{name}")
    _put(sealed_file(home, name), home.keyring.seal(secret, table="sealed", column=name, row=0))


def reseal_kept(home: Home) -> int:
    """Put every secret the home keeps under the key of today; how many were under another. Raises SecretError."""
    moved = 0
    for path in sorted((home.path / "keys").glob("sealed-*")):
        name = path.name.removeprefix("sealed-")
        # A half-written file beside a secret is no name of one.
        if name.isidentifier():
            anew = home.keyring.resealed(path.read_bytes(), table="sealed", column=name, row=0)
            if anew:
                _put(path, anew)
                moved += 1
    return moved


def _put(path: Path, envelope: bytes) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(envelope)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _file_text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_LONGEST_SECRET)
    except (OSError, UnicodeDecodeError):
        return ""


def _sealed_text(home: Home, name: str) -> str:
    try:
        return kept_secret(home.path / "keys", name).reveal()
    except (OSError, SecretError):
        return ""
