"""Plan-change notices of a demo: a mail typed in, a price the carrier's list shows otherwise, an old one acknowledged."""

from datetime import date, timedelta
from email.message import EmailMessage

from data.database import Queries
from data.home import Home
from data.plans import notices, noticing
from data.plans.notice_rules import Offer, PlanPrice
from data.plans.notices import Draft
from data.vouchers import store as vouchers
from jobs.demo.pastbatch import Cast, back_then

Q = Queries.beside(__file__, "notices.sql")

_MAILED, _FOUND, _OLD = "telecom-main", "unicom-main", "mobile-agent"
# A price rises by so much.
_MORE_PERCENT = 8


def make_notices(home: Home, cast: Cast) -> None:
    """What was announced of late.

    1. Six weeks ago an agent stopped selling a plan; the approver has looked at it.
    2. Three days ago a carrier announced by mail what a plan costs from next year on.
    3. Yesterday a carrier's own list showed another price than ours.
    """
    _stopped_selling(home, cast)
    _mailed(home, cast)
    with back_then(home, timedelta(days=1)), home.db.write() as tx:
        for row in tx.rows(Q.usual_plan, account=_FOUND):
            more = _raised(row["price_fen"])
            noticing.offers_told(tx, account=_FOUND, offers=[Offer(row["plan"], row["term_months"], None, more)])


def _stopped_selling(home: Home, cast: Cast) -> None:
    with back_then(home, timedelta(days=42)), home.db.write() as tx:
        for row in tx.rows(Q.rare_plan, account=_OLD):
            draft = Draft(
                "withdrawn",
                f"{row['plan']} 本月底停售",
                text=f"各位客户：{row['plan']} 本月底下架，到期后请改办其他套餐。",
                account=_OLD,
                effective_on=tx.today + timedelta(days=12),
                plans=(PlanPrice(row["plan_id"]),),
            )
            number = notices.type_in(tx, cast.operator, draft=draft, form_key="demo-notice-old")
            notices.acknowledge(tx, cast.approver, notice_id=number, note="到期的卡改办同规格套餐")


def _mailed(home: Home, cast: Cast) -> None:
    with back_then(home, timedelta(days=3)), home.db.write() as tx:
        for row in tx.rows(Q.usual_plan, account=_MAILED):
            first = date(tx.today.year + 1, 1, 1)
            price = _raised(row["price_fen"])
            said = (
                f"自 {first} 起，{row['plan']} 每期价格调整为 {price // 100}.{price % 100:02d} 元，此前办理的不受影响。"
            )
            filed = vouchers.file_paper(
                tx,
                cast.operator,
                content=_mail(said, tx.today),
                filename="关于套餐资费调整的通知.eml",
                folder=home.vouchers,
                max_mb=home.settings.voucher_max_mb,
                kind="notice",
            )
            draft = Draft(
                "price",
                f"{row['plan']} {first.year} 年起涨价 {_MORE_PERCENT}%",
                text=said,
                account=_MAILED,
                effective_on=first,
                plans=(PlanPrice(row["plan_id"], new_fen=price),),
            )
            notices.type_in(tx, cast.operator, draft=draft, form_key="demo-notice", vouchers=[filed.voucher_id])


def _raised(fen: int) -> int:
    return fen * (100 + _MORE_PERCENT) // 1000 * 10


def _mail(said: str, sent_on: date) -> bytes:
    mail = EmailMessage()
    mail["From"] = "翎川电信物联 <notice@example.invalid>"
    mail["To"] = "ops@example.invalid"
    mail["Subject"] = "关于套餐资费调整的通知"
    mail["Date"] = f"{sent_on:%d} {sent_on:%b %Y} 09:30:00 +0800"
    mail.set_content(said)
    return mail.as_bytes()
