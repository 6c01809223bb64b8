"""The files a team really has, made up: a terminal ledger as old Excel, and three card lists of three kinds."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import xlwt

# Accounts and plans that every demo home knows (jobs/demo/), so that the cards can be renewed.
ACCOUNTS = (
    ("mobile-main", "中国移动", "898604"),
    ("unicom-main", "中国联通", "898606"),
    ("telecom-main", "中国电信", "898611"),
)


@dataclass(frozen=True)
class Card:
    """One card in one terminal, as the four files tell of it."""

    iccid: str
    msisdn: str
    terminal_id: str
    merchant_no: str
    account: str
    carrier: str
    plan: str
    expires_on: date


def cards(count: int, *, today: date, plans: dict[str, str], seed: int = 7) -> list[Card]:
    """`count` cards that expire within the next 25 days; `plans` names a priced plan per account."""
    dice = random.Random(seed)
    made = []
    for number in range(count):
        account, carrier, prefix = ACCOUNTS[number % 3]
        made.append(
            Card(
                iccid=f"{prefix}{number:013d}{dice.randrange(10)}",
                msisdn=f"1064{dice.randrange(10**3):03d}{number:06d}",
                terminal_id=f"7{number:07d}",
                merchant_no=f"8983301{5311 + number % 40:04d}{number // 2:04d}",
                account=account,
                carrier=carrier,
                plan=plans[account],
                expires_on=today + timedelta(days=8 + dice.randrange(18)),
            )
        )
    return made


def ledger(path: Path, cards: list[Card]) -> Path:
    """The acquirer's terminal ledger: old Excel, a title row, a total at the end; it knows no card and no expiry."""
    book = xlwt.Workbook(encoding="gbk")
    sheet = book.add_sheet("终端台账")
    sheet.write_merge(0, 0, 0, 8, "终端台账导出（内部资料）")
    headers = [
        "POS终端号",
        "商户编号",
        "所属商户",
        "所属服务商",
        "品牌",
        "POS机型号",
        "POS机具序列号",
        "状态",
        "最后签到时间",
    ]
    for column, header in enumerate(headers):
        sheet.write(2, column, header)
    for line, card in enumerate(cards, start=3):
        row = [
            card.terminal_id,
            card.merchant_no,
            f"望江便民超市{int(card.merchant_no[-4:])}店",
            "江城代理",
            "新大陆",
            "ME31",
            f"NL{card.terminal_id}",
            "在用",
            "2026-11-20 18:03:11",
        ]
        for column, value in enumerate(row):
            sheet.write(line, column, value)
    sheet.write(3 + len(cards), 0, "合计")
    sheet.write(3 + len(cards), 1, f"{len(cards)} 台")
    book.save(str(path))
    return path


def platform_list(path: Path, cards: list[Card]) -> Path:
    """A card platform's export: GB18030 text with quotes and decorations, card, plan, expiry, state and cycle usage."""
    headers = "自定义编号,MSISDN,ICCID,激活时间,所属企业,通道编号,卡状态,资费计划,资费总量-和,资费已用流量-和,用量同步时间,服务-失效时间,运营商"
    lines = [
        f"{number},'{card.msisdn},\t{card.iccid},2025/12/1 00:00:00,江城支付,{card.account},正常,{card.plan},30MB,4.25MB,"
        f"2026/11/21 23:59:59,{card.expires_on:%Y/%-m/%-d} 23:59:59,{card.carrier}"
        for number, card in enumerate(cards, start=1)
    ]
    path.write_bytes("\r\n".join([headers, *lines]).encode("gb18030"))
    return path


def agent_list(path: Path, cards: list[Card]) -> Path:
    """An agent's "expiring this month": an HTML table called .xls."""
    head = (
        "<tr>"
        + "".join(
            f"<th>{name}</th>"
            for name in ("卡号", "iccid", "落地名称", "运营商", "卡状态", "服务期止", "流量套餐", "流量使用量(MB)")
        )
        + "</tr>"
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f"<td>{value}</td>"
            for value in (
                card.msisdn,
                card.iccid,
                card.account,
                card.carrier,
                "使用中",
                f"{card.expires_on:%Y年%-m月%-d日}",
                card.plan,
                "3.50",
            )
        )
        + "</tr>"
        for card in cards
    )
    path.write_text(f"<html><meta charset='utf-8'><table>{head}{rows}</table></html>", encoding="utf-8")
    return path


def binding_list(path: Path, cards: list[Card], *, mangled: int = 2) -> Path:
    """Which card sits in which terminal: Excel with a page of instructions first; some ICCIDs became numbers."""
    book = openpyxl.Workbook()
    notes = book.active
    notes.title = "说明"
    notes.append(["请勿修改表头"])
    sheet = book.create_sheet("流量卡")
    sheet.append(["ICCID号", "终端编号", "特约商户编码"])
    for number, card in enumerate(cards):
        iccid: str | float = float(card.iccid) if number < mangled else card.iccid
        sheet.append([iccid, card.terminal_id, card.merchant_no])
    book.save(path)
    return path
