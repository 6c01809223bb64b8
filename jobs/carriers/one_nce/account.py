"""What an `[[account]]` at 1NCE says."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from jobs.carriers.account import HttpAccount, SecretRef

PAYMENT_METHODS = ("banktransfer", "creditcard", "monthlyinvoice", "boleto")


class OneNceAccount(HttpAccount):
    """An account at 1NCE."""

    connector: Literal["one_nce"]
    client_id: SecretRef
    client_secret: SecretRef
    payment_method: Annotated[str, Field(validate_default=True)] = ""
    extension_months: Annotated[int, Field(ge=1, le=240)]  # so long an extension lasts by the contract; no call says it
    product_id: Annotated[int, Field(ge=1)] | None = None  # of an extension; None: the card's own product
    api_version: Literal["v1", "v2"] = "v1"  # of reading a card and its data; orders are v1 always
    rate_per_s: Annotated[float, Field(gt=0, le=10_000)] | None = 10
    orders_rate_per_s: Annotated[float, Field(gt=0, le=10_000)] = 1 / 3  # of reading orders and products
    # How the list of orders is asked for with the newest first; the direction's sign is not confirmed.
    orders_sort: Annotated[str, Field(pattern=r"^[-+a-z_,:]{1,40}$")] = "-order_date"

    @field_validator("payment_method")
    @classmethod
    def _chosen(cls, method: str) -> str:
        if method not in PAYMENT_METHODS:
            known = ", ".join(PAYMENT_METHODS)
            raise ValueError(
                f"choose one of {known}; without it the carrier writes an invoice for bank transfer and says nothing"
            )
        return method
