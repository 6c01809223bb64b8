"""Whom the demo buys from and who is paid: providers, payees with their proofs, and two changes that await a second person."""

from datetime import timedelta

from data.database import Transaction
from data.home import Home
from data.payees import rules
from data.payees import store as payees
from data.payees.store import BankData
from data.providers import store as providers
from data.providers.store import Facts
from data.secrets import Secret
from data.vouchers import store as vouchers
from data.words import speaking
from jobs.demo.accounts import ACCOUNTS, DemoAccount
from jobs.demo.pastbatch import Cast, back_then

# Nobody has such banks: the numbers begin with regions and banks that do not exist.
_BANKS = ("枕溪银行（演示）", "云阶商业银行（演示）", "晴川农商行（演示）")
_BRANCHES = ("望星支行", "听澜支行", "荷塘支行", "松间支行", "月坪支行", "杏林支行", "半山支行")
_NEWCOMER = "砚北流量卡经营部（演示）"
_PROVIDERS = (
    Facts(
        name="岚海移动物联（演示）",
        kind="carrier",
        official=True,
        invoice_habit="special",
        contacts="客户经理 400-000-1001\n南方政企专线 400-000-1002",
        portal="https://lanhai.example.com/iot",
        portal_keeper="运营专员（主账号），复核主管（备用）",
        outlets="深圳望星路营业厅（工作日 9:00–17:00）",
        invoice_delay_days=7,
        last_order_day=20,
        working_days=3,
        refund_rule="未生效的订单当月可退，已生效不退",
        answer_hours=4,
    ),
    Facts(
        name="青穹联通物联（演示）",
        kind="carrier",
        official=True,
        invoice_habit="special",
        contacts="工单台 400-000-1003",
        portal="https://qingqiong.example.com/cmp",
        portal_keeper="运营专员",
        invoice_delay_days=10,
        working_days=1,
        refund_rule="不退，可转下期",
        answer_hours=8,
    ),
    Facts(
        name="翎川电信物联（演示）",
        kind="carrier",
        official=True,
        invoice_habit="general",
        contacts="值班 400-000-1004",
        portal="https://lingchuan.example.com/m2m",
        portal_keeper="运营专员",
        invoice_delay_days=20,
        last_order_day=26,
        working_days=2,
        refund_rule="次月账单冲减",
        answer_hours=24,
    ),
    Facts(
        name="泊舟物联（演示）",
        kind="agent",
        official=False,
        invoice_habit="none",
        contacts="王经理 140-0000-1005\n微信群“泊舟-续费”",
        last_order_day=22,
        working_days=3,
        refund_rule="办错可换卡，不退款",
        answer_hours=1,
        note="不支持开发票；只收对公转账",
    ),
    Facts(
        name="汀澜通信（演示）",
        kind="agent",
        official=True,
        invoice_habit="general",
        contacts="客服 400-000-1006",
        portal="https://tinglan.example.com/agent",
        portal_keeper="财务",
        invoice_delay_days=15,
        last_order_day=20,
        working_days=5,
        refund_rule="七天内未办理可退",
        answer_hours=24,
    ),
    Facts(
        name="澜桥收单机构（演示）",
        kind="institution",
        official=True,
        invoice_habit="general",
        contacts="机具部 400-000-1007",
        outlets="广州听澜大道 3 楼",
        working_days=10,
        note="随机具提供的卡，由机构统一续费",
    ),
)
# The accounts of each of them. The institution has none.
_OWN = (("mobile-main", "mobile-south"), ("unicom-main",), ("telecom-main",), ("mobile-agent",), ("unicom-agent",), ())


def make_providers(home: Home, cast: Cast) -> None:
    """Write down the providers, and the bank data of everybody an account names, proposed and confirmed."""
    by_name = {account.name: account for account in ACCOUNTS}
    with speaking("zh_CN"), home.db.write() as tx:
        for facts, own in zip(_PROVIDERS, _OWN, strict=True):
            ways = _ways([by_name[name] for name in own])
            providers.keep(tx, cast.operator, provider_id=None, facts=facts, ways=ways, accounts=own)
        for place, payee in enumerate(_named()):
            change = _propose(home, tx, cast, payee, place)
            account = Secret(_account_no(place))
            payees.confirm(tx, cast.approver, home.keyring, change_id=change, account=account)


def change_payees(home: Home, cast: Cast) -> None:
    """Of late: a change of bank data that was refused, one that awaits a second person, and a newcomer who does."""
    agent, other = ACCOUNTS[-2].payee, ACCOUNTS[-1].payee
    with back_then(home, timedelta(days=40)), home.db.write() as tx:
        change = _propose(home, tx, cast, other, 7, tax=_place(other), note="对方邮件通知更换账户")
        payees.refuse(tx, cast.approver, change_id=change, reason="电话核实：对方没有更换账户，邮件为冒充")
    with back_then(home, timedelta(days=1)), home.db.write() as tx:
        _propose(home, tx, cast, agent, 8, tax=_place(agent), note="开户行搬迁，已电话核实")
        _propose(home, tx, cast, _NEWCOMER, 9, note="拟新增的代理商")


def _ways(own: list[DemoAccount]) -> dict[str, str]:
    return {way: providers.usual_steps(way) for way in dict.fromkeys([*(one.way_to_pay for one in own), "transfer"])}


def _propose(
    home: Home, tx: Transaction, cast: Cast, payee: str, place: int, *, tax: int | None = None, note: str | None = None
) -> int:
    """The `place`-th made-up account; `tax`: the place of the company's number, where it has one already."""
    tax_no, account_no, cnaps = _tax_no(place if tax is None else tax), _account_no(place), f"9992900000{place:02d}"
    paper = vouchers.file_paper(
        tx,
        cast.operator,
        content=_permit(("Account permit - demo", tax_no, rules.grouped(account_no), cnaps)),
        filename=f"开户许可证-{place + 1:02d}.pdf",
        folder=home.vouchers,
        max_mb=home.settings.voucher_max_mb,
        kind="other",
    )
    bank = _BANKS[place % len(_BANKS)]
    branch = f"{bank.removesuffix('（演示）')}{_BRANCHES[place % len(_BRANCHES)]}"
    data = BankData(tax_no, Secret(account_no), bank, branch, cnaps, paper.voucher_id, note)
    return payees.propose(tx, cast.operator, home.keyring, payee=payee, data=data)


def _named() -> list[str]:
    """Whom accounts name as payee, each once."""
    return list(dict.fromkeys(account.payee for account in ACCOUNTS))


def _place(payee: str) -> int:
    return _named().index(payee)


def _tax_no(place: int) -> str:
    first = f"91990000DEMA{place:05d}"
    return first + rules.tax_check_sign(first)


def _account_no(place: int) -> str:
    return f"0099000{(place + 1) * 479_001_599 % 10**9:09d}"


def _permit(lines: tuple[str, ...]) -> bytes:
    """A one-page PDF of plain ASCII lines: what the second person types the account number off."""
    shown = b"BT /F1 18 Tf 72 740 Td 30 TL " + b" T* ".join(f"({line}) Tj".encode("ascii") for line in lines) + b" ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    paper, starts = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        starts.append(len(paper))
        paper += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    return paper + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (count, table, count, len(paper))
    )
