"""What an `[[account]]` at Alibaba Cloud says."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jobs.carriers.account import HttpAccount, SecretRef


class AlibabaAccount(HttpAccount):
    """An account at Alibaba Cloud."""

    connector: Literal["alibaba_linkcard"]
    base_url: str = "https://linkcard.aliyuncs.com"
    access_key_id: SecretRef
    access_key_secret: SecretRef
    monthly_plans: frozenset[str] = frozenset()  # names of plans that are bought by the month
    yearly_plans: frozenset[str] = frozenset()  # names of plans that are bought by the year
    offer_codes: Mapping[str, str] = Field(default_factory=dict)  # name of an add-on → OfferCode
    resend_same_serial: bool = True
    key_life_s: Annotated[float, Field(gt=0)] = 86_400
    calls_at_once: Annotated[int, Field(ge=1, le=16)] = 4
    rate_per_s: Annotated[float, Field(gt=0, le=10_000)] | None = 20  # of the whole cloud account, sub-users included

    @model_validator(mode="after")
    def _one_period_each(self) -> Self:
        both = sorted(self.monthly_plans & self.yearly_plans)
        if both:
            raise ValueError(f"'{both[0]}' is in monthly_plans and in yearly_plans; take it out of one")
        return self

    def period(self, plan: str) -> int | None:
        """Months of one period of a plan; None: the account does not say."""
        if plan in self.monthly_plans:
            return 1
        return 12 if plan in self.yearly_plans else None
