"""What an account at CTWing says of itself; what nobody has confirmed about the carrier is a key here."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from data.renewals.rules import REASONS
from jobs.carriers.account import HttpAccount, SecretRef


def _reason(word: str) -> str:
    if word not in REASONS:
        raise ValueError("a refusal's text leads to one of " + ", ".join(REASONS))
    return word


class CtwingAccount(HttpAccount):
    """An account at China Telecom CTWing (5G CMP)."""

    connector: Literal["ctwing"]
    base_url: str = "https://cmp-api.ctwing.cn:20164"
    app_key: SecretRef
    app_secret: SecretRef
    cust_number: str = ""  # our company's number there, by which the use of many cards is asked
    sign_body: Literal["raw", "flattened"] = "raw"  # what of a body is signed: its bytes, or its fields as k=v
    timestamp_zone: Literal["Asia/Shanghai", "UTC"] = "Asia/Shanghai"
    # Which of the carrier's names hold what in its list of cards.
    list_fields: dict[
        Literal["iccid", "msisdn", "imsi", "status", "plan", "expires_on"], Annotated[str, Field(min_length=1)]
    ] = Field(default_factory=dict)
    # A piece of the carrier's text → why it refused. What stands in no row is a doubt.
    refusals: dict[str, Annotated[str, AfterValidator(_reason)]] = Field(default_factory=dict)
