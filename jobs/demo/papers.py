"""Invoices for what was renewed, as the tax office's XML would look."""

from datetime import date, datetime, timedelta
from xml.sax.saxutils import escape

from data.clock import HOME_ZONE
from data.database import Row
from data.home import Home
from data.people.rules import Actor
from data.vouchers import store as vouchers
from jobs.demo.pastbatch import Q

_TAX_PERCENT = 6  # data service, ordinarily
BUYER = "流卡演示支付有限公司（虚构）"


def file_papers(home: Home, by: Actor, *, owed: int = 0) -> None:
    """File one invoice per batch, account and plan for what was renewed, but for the newest `owed` renewals."""
    with home.db.write() as tx:
        for group in tx.rows(Q.renewed, owed=owed):
            number = f"{group['day']:%y}440{group['obligations'][0]:015d}"
            filed = vouchers.file_paper(
                tx,
                by,
                content=_invoice(number, group),
                filename=f"dzfp_{number}_{group['account']}.xml",
                folder=home.vouchers,
                max_mb=home.settings.voucher_max_mb,
            )
            fields = vouchers.Fields(
                doc_date=_issued(group["day"]),
                plan=group["plan"],
                amount_fen=group["amount_fen"],
                invoice_no=number,
                seller=group["payee"],
                buyer=BUYER,
            )
            vouchers.describe(tx, by, voucher_id=filed.voucher_id, fields=fields)
            vouchers.link(tx, by, voucher_id=filed.voucher_id, obligations=group["obligations"])


def _issued(day: date) -> date:
    return day + timedelta(days=2)


def _invoice(number: str, group: Row) -> bytes:
    gross = group["amount_fen"]
    net = (gross * 100 + (100 + _TAX_PERCENT) // 2) // (100 + _TAX_PERCENT)
    issued = datetime.combine(_issued(group["day"]), datetime.min.time(), HOME_ZONE).replace(hour=10)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<EInvoice>
  <Header><EIid>{number}</EIid><InherentLabel><GeneralOrSpecialVAT>
    <LabelCode>02</LabelCode><LabelName>普通发票</LabelName></GeneralOrSpecialVAT></InherentLabel></Header>
  <EInvoiceData>
    <SellerInformation><SellerName>{escape(group["payee"])}</SellerName></SellerInformation>
    <BuyerInformation><BuyerName>{escape(BUYER)}</BuyerName></BuyerInformation>
    <BasicInformation>
      <TotalAmWithoutTax>{_yuan(net)}</TotalAmWithoutTax><TotalTaxAm>{_yuan(gross - net)}</TotalTaxAm>
      <TotalTax-includedAmount>{_yuan(gross)}</TotalTax-includedAmount>
      <RequestTime>{issued:%Y-%m-%d %H:%M:%S}</RequestTime></BasicInformation>
    <IssuItemInformation><ItemName>*电信服务*流量卡续费 {escape(group["plan"])}</ItemName>
      <Quantity>{len(group["obligations"])}</Quantity><Amount>{_yuan(net)}</Amount><TaxRate>0.06</TaxRate>
      <TotaltaxIncludedAmount>{_yuan(gross)}</TotaltaxIncludedAmount></IssuItemInformation>
  </EInvoiceData>
  <TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber>
    <IssueTime>{issued:%Y-%m-%d %H:%M:%S}</IssueTime></TaxSupervisionInfo>
</EInvoice>
""".encode()


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
