"""A small fleet put straight into the tables, with names chosen to trip whoever writes files."""

from datetime import date

from data.database import Query, Transaction
from data.home import Home
from data.sims.store import roll_up

ACCOUNTS = (
    ("mobile-main", "mobile", "中国移动上海", "prepaid", True),
    ("agent-li", "unicom", "李记通信", "transfer", False),
)
AGENTS = ("华东服务商", "=cmd|'/c calc'!A1")
MERCHANTS = ("好又多便利店", "＋1 超市", "@张记面馆", "-2 网吧", "a/b\\c", '"=1+1"', "\t=1", "普通")


def run(tx: Transaction, sql: str, **params: object) -> None:
    tx.run(Query("test", "", sql), **params)


def iccid(n: int) -> str:
    return f"89860012345{n:08d}7"


def stock(home: Home, *, sims: int = 40) -> None:
    """Accounts, agents, merchants, terminals and cards, rolled up."""
    with home.db.write() as tx:
        for account, carrier, payee, way, invoice in ACCOUNTS:
            run(
                tx,
                "INSERT INTO account BY NAME SELECT $account AS account, 'practice' AS connector, $carrier AS carrier, $payee AS payee,"
                " $way AS way_to_pay, 1 AS working_days, 90 AS cancel_after_days, 'from_old_expiry' AS expiry_rule,"
                " $invoice AS gives_invoice, '10086' AS support",
                account=account,
                carrier=carrier,
                payee=payee,
                way=way,
                invoice=invoice,
            )
        for n, name in enumerate(AGENTS, 1):
            run(tx, "INSERT INTO agent (agent_id, agent_no, name) VALUES ($n, $no, $name)", n=n, no=f"A{n}", name=name)
        for n, name in enumerate(MERCHANTS, 1):
            run(
                tx,
                "INSERT INTO merchant (merchant_id, merchant_no, name, region, city, agent_id, contact_phone)"
                " VALUES ($n, $no, $name, '华东', '上海', $agent, '+86 138')",
                n=n,
                no=f"00{n:013d}",
                name=name,
                agent=None if n == len(MERCHANTS) else 1 + n % 2,
            )
        run(
            tx,
            "INSERT INTO plan (plan_id, plan, carrier, quota_bytes, term_months) VALUES (1, '30MB/年', 'mobile', 31457280, 12)",
        )
        run(
            tx,
            "INSERT INTO price (plan_id, channel, term_months, price_fen, valid_from) VALUES (1, '', 12, 1805, '2026-01-01')",
        )
        for n in range(1, sims + 1):
            merchant = 1 + n % len(MERCHANTS)
            run(
                tx,
                "INSERT INTO terminal (terminal_key, terminal_id, merchant_id, branch, serial_no) VALUES ($n, $tid, $m, $branch, $sn)",
                n=n,
                tid=f"{n:08d}",
                m=merchant,
                branch="上海" if n % 3 else None,
                sn=f"00SN{n}",
            )
            run(
                tx,
                "INSERT INTO sim BY NAME SELECT $n AS sim_id, $iccid[1:19] AS stem, $iccid AS iccid, $msisdn AS msisdn,"
                " 'mobile' AS carrier, 'mobile-main' AS account, 1 AS plan_id, $n AS terminal_key, 'active' AS status,"
                " $expires::DATE AS expires_on, 12345678 AS used_bytes, $now AS as_of, false AS auto_renew, $now AS observed_at",
                n=n,
                iccid=iccid(n),
                msisdn=f"14400000{n:05d}",
                expires=date(2026, 12, 1 + n % 28),
                now=tx.now,
            )
        roll_up(tx)
