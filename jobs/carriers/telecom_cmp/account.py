"""What an account at China Telecom's older platform says of itself; what nobody has confirmed about it is a key here."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from data.renewals.rules import REASONS
from jobs.carriers.account import HttpAccount, SecretRef


def _reason(word: str) -> str:
    if word not in REASONS:
        raise ValueError("a refusal's text leads to one of " + ", ".join(REASONS))
    return word


class TelecomAccount(HttpAccount):
    """An account at China Telecom's older platform (自管理门户).

    The platform itself speaks plain HTTP over a private line: `base_url` is the end of the TLS tunnel or gateway to it.
    """

    connector: Literal["telecom_cmp"]
    user_id: SecretRef
    password: SecretRef
    key: SecretRef  # nine characters
    rate_per_s: Annotated[float, Field(gt=0, le=10_000)] | None = 8  # 500 a minute
    user_name: Literal["user_id", "userId"] = "user_id"  # how the parameter is spelt
    password_name: Literal["passWord", "password"] = "passWord"  # noqa: S105  a name, no password
    signed_fields: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # method → what else is signed
    encrypted_methods: tuple[str, ...] = ("getTelephone", "getSIMList")  # answered in the cipher, perhaps
    status_field: str = "productMainStatusCd"
    list_fields: dict[Literal["iccid", "msisdn", "imsi", "status"], str] = Field(default_factory=dict)
    balance_number: str = ""  # a number of this account, by which the balance is asked
    # What the carrier calls what we order: "PLAN/MONTHS" of a renewal or the add-on's plan → its plan's number.
    renewals: dict[str, Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")]] = Field(default_factory=dict)
    add_ons: dict[str, Annotated[str, Field(pattern=r"^[0-9A-Za-z]{1,32}$")]] = Field(default_factory=dict)
    # A piece of the carrier's text → why it refused. What stands in no row is a doubt.
    refusals: dict[str, Annotated[str, AfterValidator(_reason)]] = Field(default_factory=dict)
