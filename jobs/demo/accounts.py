"""The six accounts of the demo and the carriers.toml that lists them."""

from dataclasses import dataclass
from pathlib import Path

from jobs.demo.cards import CARRIERS


@dataclass(frozen=True)
class DemoAccount:
    """One `[[account]]` of carriers.toml, and its part of the fleet."""

    name: str
    connector: str
    carrier: int  # a place in cards.CARRIERS
    payee: str
    supplier: str
    way_to_pay: str
    last_order_day: int | None
    working_days: int
    cancel_after_days: int
    expiry_rule: str
    gives_invoice: bool
    support: str
    share: float  # of the cards
    lag_days: int  # usage is known up to the day this many days ago
    delay_ms: int = 40  # per order, so that progress can be watched


# Companies and telephone numbers are made up; no carrier gives such numbers to anybody.
ACCOUNTS = (
    DemoAccount(
        "mobile-main", "practice", 0, "岚海移动物联服务有限公司（演示）", "移动直连", "prepaid", 28, 3, 90,
        "from_old_expiry", True, "岚海移动物联 客户经理 400-000-1001", 0.33, 1,
    ),
    DemoAccount(
        "mobile-south", "practice", 0, "岚海移动物联服务有限公司南方分公司（演示）", "移动直连（南方）", "transfer", 20, 3, 90,
        "from_old_expiry", True, "岚海南方 政企专线 400-000-1002", 0.14, 1,
    ),
    DemoAccount(
        "unicom-main", "practice", 1, "青穹联通物联科技有限公司（演示）", "联通直连", "prepaid", None, 1, 90,
        "from_old_expiry", True, "青穹联通物联 工单台 400-000-1003", 0.22, 1,
    ),
    DemoAccount(
        "telecom-main", "practice", 2, "翎川电信物联有限公司（演示）", "电信直连", "monthly", 26, 2, 60,
        "month_end", True, "翎川电信物联 值班 400-000-1004", 0.11, 1,
    ),
    DemoAccount(
        "mobile-agent", "offline", 0, "泊舟物联卡商行（演示）", "泊舟物联", "transfer", 22, 3, 80,
        "from_old_expiry", False, "泊舟物联 微信群 / 140-0000-1005", 0.11, 3,
    ),
    DemoAccount(
        "unicom-agent", "offline", 1, "汀澜通信技术有限公司（演示）", "汀澜通信", "online", 20, 5, 90,
        "from_old_expiry", True, "汀澜通信 客服 400-000-1006", 0.09, 2,
    ),
)  # fmt: skip


_FAULTLESS = [f"{fault}_share = 0.0" for fault in ("refused", "lost", "accepted", "later")]


def write_carriers_file(path: Path, *, faultless: bool = False) -> None:
    """List the accounts in `carriers.toml`, as an operator would. `faultless`: the carrier adds no mishaps of its own."""
    lines = [
        "# The accounts of this demo. Nothing here exists: every order goes to the practice carrier or onto paper."
    ]
    for account in ACCOUNTS:
        lines += [
            "",
            "[[account]]",
            f'name = "{account.name}"',
            f'connector = "{account.connector}"',
            f'carrier = "{CARRIERS[account.carrier]}"',
            f'payee = "{account.payee}"',
            f'way_to_pay = "{account.way_to_pay}"',
            *([f"last_order_day = {account.last_order_day}"] if account.last_order_day else []),
            f"working_days = {account.working_days}",
            f"cancel_after_days = {account.cancel_after_days}",
            f'expiry_rule = "{account.expiry_rule}"',
            f"gives_invoice = {str(account.gives_invoice).lower()}",
            f'support = "{account.support}"',
        ]
        if account.connector == "practice":
            lines += _FAULTLESS if faultless else [f"delay_ms = {account.delay_ms}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
