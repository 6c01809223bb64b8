"""What an `[[account]]` at Tencent Cloud IC says."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from jobs.carriers.account import HttpAccount, SecretRef


class TencentAccount(HttpAccount):
    """An account at Tencent Cloud."""

    connector: Literal["tencent_ic"]
    base_url: str = "https://ic.tencentcloudapi.com"
    secret_id: SecretRef
    secret_key: SecretRef
    sdk_app_id: Annotated[int, Field(gt=0)]
    data_packs: Mapping[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)  # name of an add-on → its MB
    plan_names: Mapping[str, str] = Field(default_factory=dict)  # ProductId → the plan's name here; else it is not told
    data_unit: Literal["B", "KB", "MB", "GB"] = "MB"  # what the carrier counts data in; nothing is published
    page_limit: Annotated[int, Field(ge=1, le=100)] = 50
    renew_distance_s: Annotated[float, Field(gt=0)] = 10  # between two calls that renew
    limit_is_early: bool = False  # whether RequestLimitExceeded surely comes before any effect
    call_deadline_s: Annotated[float, Field(gt=0, le=600)] = 60
    rate_per_s: Annotated[float, Field(gt=0, le=10_000)] | None = 10  # of reads; nothing is published
