"""What every `[[account]]` of carriers.toml says; a connector adds its own keys."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from data.carriers.rules import AccountFacts


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
