"""Lines of letters and the mails that carry them, as tests want them."""

from dataclasses import fields
from datetime import date
from typing import Any

from data.mails.claiming import Mail
from data.reminders.store import Item
from tests.fleet import iccid


def item(n: int = 1, **more: Any) -> Item:
    """A card that ends in a week, unless `more` says otherwise."""
    told: dict[str, Any] = dict.fromkeys(field.name for field in fields(Item))
    told |= {"reminder_id": n, "sim_id": n, "thing": f"sim {n}", "subject": "expiry", "stage": "7", "urgent": False}
    told |= {"on_date": date(2026, 11, 29), "expires_on": date(2026, 11, 29), "act_by": date(2026, 11, 24)}
    told |= {
        "days_left": 7,
        "in_progress": False,
        "cancel_by": date(2027, 2, 27),
        "iccid": iccid(n),
        "carrier": "mobile",
    }
    told |= {"merchant": f"Shop {n}", "terminal_id": f"{n:08d}", "plan": "30MB/年", "price_fen": 1805}
    return Item(**told | more)


def mail(to: int = 1, kind: str = "digest", said: str | None = None) -> Mail:
    told: dict[str, Any] = dict.fromkeys(field.name for field in fields(Mail))
    return Mail(
        **told
        | {"mail_id": 1, "recipient_id": to, "channel": "mail", "kind": kind, "said": said, "tries": 0}
        | {"address": "canary@example.com"}
    )
