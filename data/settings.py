"""Every setting: name, type, default, meaning. Flags > environment > flowcard.toml > defaults."""

import os
import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from data.secrets import OUTSIDE, OUTSIDE_FILE

PREFIX = "FLOWCARD_"
SETTINGS_FILE = "flowcard.toml"
# Read by others than Settings: where the home is, what locks its keys, and what the test suite asks of its machine.
OTHER_NAMES = frozenset({"FLOWCARD_HOME", OUTSIDE, OUTSIDE_FILE, "FLOWCARD_REQUIRE_BROWSER"})


class SettingsError(ValueError):
    """A setting is unknown or has a value that cannot be used; the message names it, the value and the way out."""


class Settings(BaseSettings):
    """What an installation may decide. Field descriptions are the meanings in the README's table."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    today: date | None = Field(None, description="The day to believe in, demo homes and tests only")
    language: Literal["en", "zh_CN"] = Field("zh_CN", description="Language where a person and browser name none")
    memory_mb: int = Field(800, ge=200, le=65536, description="What DuckDB may use before it spills to disk, MB")
    threads: int = Field(2, ge=1, le=64, description="Threads of DuckDB")
    session_idle_minutes: int = Field(30, ge=1, le=1440, description="A session ends after this long without a click")
    session_hours: int = Field(12, ge=1, le=24, description="A session ends after this long in any case")
    public_url: str = Field("http://127.0.0.1:8501", description="How people reach the dashboard, for links")
    due_days: int = Field(30, ge=1, le=180, description="A card is due this many days before it expires")
    idle_months: int = Field(2, ge=1, le=12, description="Whole months without usage that make a card count as unused")
    silent_days: int = Field(90, ge=7, le=730, description="Days without sign-in or trade that make a terminal silent")
    batch_max_yuan: int = Field(500_000, ge=0, description="The most one batch may cost, yuan")
    day_max_yuan: int = Field(2_000_000, ge=0, description="The most all batches of one day may cost, yuan")
    item_max_yuan: int = Field(2_000, ge=0, description="The most one card of a batch may cost, yuan")
    price_jump_percent: int = Field(
        50, ge=0, le=1000, description="How far a card's price per month may be off its last one, percent; 0: any"
    )
    person_day_max_yuan: int = Field(
        1_000_000, ge=0, description="The most the batches that one person made may cost on one day, yuan"
    )
    account_day_max_yuan: int = Field(
        1_000_000, ge=0, description="The most one account may be ordered for on one day, yuan"
    )
    approval_form_needed: bool = Field(
        False, description="An approval must name the company's own form number (OA 审批单号)"
    )
    urgent_cards: int = Field(
        5, ge=0, le=50, description="Stopped cards one person alone may renew at once, the urgent lane; 0: none"
    )
    urgent_yuan: int = Field(200, ge=0, description="The most one urgent renewal may cost, yuan; 0: none")
    urgent_day_yuan: int = Field(
        500, ge=0, description="The most all urgent renewals of one day may cost, yuan; 0: none"
    )
    import_max_mb: int = Field(200, ge=1, le=2048, description="Largest file an import takes, MB")
    import_max_rows: int = Field(2_000_000, ge=1, description="Most rows an import reads")
    voucher_max_mb: int = Field(20, ge=1, le=200, description="Largest voucher, MB")
    reminder_hour: int = Field(
        8, ge=0, le=23, description="From this hour of the day on, Shanghai, its reminders are found and leave"
    )
    mail_host: str = Field("", max_length=253, description="The mail server; empty: nothing leaves")
    mail_port: int = Field(465, ge=1, le=65535, description="Its port")
    mail_tls: Literal["implicit", "starttls"] = Field(
        "implicit", description="How the line to it is encrypted; one that is not is never used"
    )
    mail_ca_file: Path | None = Field(None, description="A certificate authority of the mail servers' own, as PEM")
    mail_user: str = Field("", max_length=254, description="The mail account, an address")
    mail_password: str = Field(
        "", max_length=500, description="Where its password stands: env:NAME, file:PATH or secret:NAME"
    )
    mail_from: str = Field("", max_length=254, description="The address mail comes from; empty: the account's")
    mail_per_minute: int = Field(30, ge=1, le=100_000, description="The most mails in a minute")
    mail_per_hour: int = Field(600, ge=1, le=1_000_000, description="The most mails in an hour")
    bounce_host: str = Field(
        "",
        max_length=253,
        description="The IMAP server of the mailbox that returned mail comes to; empty: none is read",
    )
    bounce_port: int = Field(993, ge=1, le=65535, description="Its port, encrypted from the first byte")
    bounce_user: str = Field(
        "", max_length=254, description="Its account, an address; a mailbox of its own, for what is read is marked seen"
    )
    bounce_password: str = Field(
        "", max_length=500, description="Where its password stands: env:NAME, file:PATH or secret:NAME"
    )
    backups_kept: int = Field(14, ge=1, le=366, description="How many nightly backups are kept in backups/")
    uploads_days: int = Field(
        90, ge=7, le=3650, description="Days after which imported files are removed; result sheets of worklists stay"
    )
    pdf_font: Path | None = Field(None, description="A font file with Chinese signs, for papers as PDF")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of precedence; the toml file of the home comes in through `load_settings`."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=_toml_file)
        return init_settings, env_settings, toml


_toml_file: Path | None = None


def load_settings(home: Path, **flags: Any) -> Settings:
    """The settings of the home at `home`; `flags` win over everything.

    Raises SettingsError for an unknown name or a bad value, wherever it was written.
    """
    global _toml_file
    _refuse_unknown_names()
    _toml_file = home / SETTINGS_FILE
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(_sentence(error, home)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{home / SETTINGS_FILE} is not TOML: {error}; mend that line") from error
    finally:
        _toml_file = None


def _refuse_unknown_names() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHER_NAMES
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise SettingsError(f"{name} is not a setting; unset it, or see the README's table of settings")


def _sentence(error: ValidationError, home: Path) -> str:
    first = error.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else "?"
    if first["type"] == "extra_forbidden":
        return f"'{name}' in {home / SETTINGS_FILE} is not a setting; remove it, or see the README's table of settings"
    where = PREFIX + name.upper()
    return f"{where} is '{first['input']}': {first['msg']}; correct it in the environment or in {home / SETTINGS_FILE}"
