"""What an account at China Mobile OneLink says of itself; what nobody has confirmed about the carrier is a key here."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from data.sims.rules import STATUS_WORDS
from jobs.carriers.account import HttpAccount, SecretRef


def _state(word: str) -> str:
    if word not in STATUS_WORDS:
        raise ValueError("a stop reason leads to one of " + ", ".join(STATUS_WORDS))
    return word


class OneLinkAccount(HttpAccount):
    """An account at China Mobile OneLink, v5."""

    connector: Literal["onelink"]
    base_url: str = "https://api.iot.10086.cn/v5/ec"
    app_id: SecretRef
    password: SecretRef
    http_method: Literal["GET", "POST"] = "GET"
    token_ttl_s: Annotated[int, Field(ge=60, le=86_400)] = 3000  # no token is used longer, whatever it says of itself
    write_lock_min: Annotated[int, Field(ge=0, le=1440)] = 30  # so long a card takes no second order of the same kind
    batch_size: Annotated[int, Field(ge=1, le=100)] = 20  # cards in one job
    # Which of the carrier's names hold what, in the answers nobody has seen yet.
    offering_fields: dict[Literal["plan", "expires_on"], Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict
    )
    recharge_fields: dict[Literal["order", "link", "state", "amount"], Annotated[str, Field(min_length=1)]] = Field(
        default_factory=dict
    )
    # Its word for a payment → what it means; its reason of a stop → a state such as stopped_arrears.
    recharge_states: dict[str, Literal["paid", "failed"]] = Field(default_factory=dict)
    stop_reasons: dict[str, Annotated[str, AfterValidator(_state)]] = Field(default_factory=dict)
    payment_type: Literal["ALIPAY-WAP", "ALIPAY-WEB", "ALIPAY-BANK", "WEIXIN-JSAPI", "WEIXIN-NATIVE"] = "ALIPAY-WEB"
    return_url: str = ""  # where the payment page sends the payer afterwards
    # Our plan → its package: 0 and 1 cost 10 yuan, 2 and 3 cost 30.
    add_ons: dict[str, Literal["0", "1", "2", "3"]] = Field(default_factory=dict)
    main_offering: Literal["0", "1"] = "0"
