"""China Telecom's older platform as a stub: every sign checked with a DES library's cipher, XML for queries, JSON for orders."""

import json
from decimal import Decimal
from typing import Any, ClassVar

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from tests.jobs.carriers.stubs.base import Answer, Card, Request, Stub

USER, PASSWORD, KEY = "user-of-the-stub", "pass-word-of-the-stub", "abc123ABC"
_STANDARD = (63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4)
_ALTERED = (28, 20, 12, 4, 61, 53, 45, 37, 29, 21, 13, 5, 62, 54, 46, 38, 30, 22, 14, 6, 63, 55, 47, 39, 31, 23, 15, 7)
_SIGNED = {"orderFlow": ("flowValue",), "disabledNumber": ("acctCd", "orderTypeId")}
_PLANS = {"2007": 12, "2008": 24, "3001": 0}
_NAMES = """
list_fields = { iccid = "iccid", msisdn = "accNumber", imsi = "imsi", status = "simStatus" }
renewals = { "P-12/12" = "2007", "P-12/24" = "2008" }
add_ons = { "A-100" = "3001" }
refusals = { "欠费" = "arrears", "套餐互斥" = "plan_unsuitable" }
"""


def bent(piece: bytes) -> bytes:
    """The key under which a DES library does what the carrier's table does."""
    bits = f"{int.from_bytes(piece, 'big'):064b}"
    changed = list(bits)
    for standard, altered in zip(_STANDARD, _ALTERED, strict=True):
        changed[standard - 1] = bits[altered - 1]
    return int("".join(changed), 2).to_bytes(8, "big")


def enciphered(text: str, *keys: str) -> str:
    """The carrier's cipher by a library, with bent keys."""

    def blocks(said: str) -> list[bytes]:
        packed = said.encode("utf-16-be")
        return [packed[start : start + 8].ljust(8, b"\0") for start in range(0, len(packed), 8)]

    whole = b"".join(blocks(text))
    for key in keys:
        for piece in blocks(key):
            engine = Cipher(TripleDES(bent(piece) * 3), modes.ECB()).encryptor()
            whole = engine.update(whole) + engine.finalize()
    return whole.hex().upper()


class Telecom(Stub):
    """Orders take effect at once; their answer names a serial number."""

    connector = "telecom_cmp"
    carrier = "telecom"
    secrets: ClassVar = {"TELECOM_USER": USER, "TELECOM_PASSWORD": PASSWORD, "TELECOM_KEY": KEY}

    def __init__(self, cards: int = 60) -> None:
        super().__init__(cards)
        self.hidden_list = False  # whether its list comes in the cipher

    def card(self, number: int) -> Card:
        card = super().card(number)
        card.status = "4"
        return card

    def account_keys(self) -> dict[str, Any]:
        keys = {"user_id": "env:TELECOM_USER", "password": "env:TELECOM_PASSWORD", "key": "env:TELECOM_KEY"}
        return keys | {"rate_per_s": 1000, "balance_number": "14900000001"}

    def account_toml(self, name: str = "stub-a") -> str:
        return super().account_toml(name) + _NAMES

    def is_order(self, request: Request) -> bool:
        return request.params.get("method") in _SIGNED

    def handle(self, request: Request) -> Answer:
        said = request.params
        method = said["method"]
        keys = KEY[:3], KEY[3:6], KEY[6:]
        numbers = [said[name] for name in ("access_number", "iccid") if name in said]
        assert len(numbers) == (method != "getSIMList")
        values = sorted([*numbers, USER, PASSWORD, method, *(said[name] for name in _SIGNED.get(method, ()))])
        assert said["user_id"] == USER and said["passWord"] == enciphered(PASSWORD, *keys)
        assert said["sign"] == enciphered(",".join(values), *keys), values
        assert (request.path == "/m2m_ec/app/serviceAccept.do") == (method == "orderFlow")
        answer: Answer = getattr(self, f"_{method}")(said)
        return answer

    def refuse(self, card: str) -> str:
        self.one_bad_card(card)
        return "plan_unsuitable"

    def odd_answer(self) -> bytes:
        return b"<root><IRESULT>100008</IRESULT><SMSG>?</SMSG></root>"

    # Reads --------------------------------------------------------------------------------------------------------------

    def _getSIMList(self, said: dict[str, str]) -> Answer:
        cards = self.page((int(said["pageIndex"]) - 1) * 50, 50)
        told = [
            {"iccid": one.iccid, "accNumber": one.msisdn, "imsi": one.imsi, "simStatus": [one.status]} for one in cards
        ]
        page = {"resultCode": "0", "description": {"simList": told}}
        if self.hidden_list:
            return Answer(200, enciphered(json.dumps(page), KEY[:3], KEY[3:6], KEY[6:]).encode())
        return Answer.json(page)

    def _queryCardMainStatus(self, said: dict[str, str]) -> Answer:
        card = self.cards.get(said["iccid"])
        if card is None:
            return Answer.json({"result": "-1", "resultMsg": "号码不存在"})
        return Answer.json({"result": "0", "productInfo": [{"productMainStatusCd": card.status}]})

    def _queryPakage(self, said: dict[str, str]) -> Answer:
        card = self.cards[said["iccid"]]
        ends = f"<END_TIME>{card.expires_on:%Y%m%d}235959</END_TIME>" if card.expires_on else ""
        total, used = card.quota_bytes // 1024, card.used_bytes // 1024
        return _xml(
            "<web:CurrAcuRsp><CumulRspList><OFFER_ID>1</OFFER_ID><OFFER_NAME>以前</OFFER_NAME>"
            "<CUMULATION_TOTAL>0</CUMULATION_TOTAL><CUMULATION_ALREADY>0</CUMULATION_ALREADY>"
            "<CUMULATION_LEFT>0</CUMULATION_LEFT><END_TIME>20251231235959</END_TIME></CumulRspList>"
            f"<CumulRspList><OFFER_ID>2007</OFFER_ID><OFFER_NAME>{card.plan}</OFFER_NAME>"
            f"<CUMULATION_TOTAL>{total}</CUMULATION_TOTAL><CUMULATION_ALREADY>{used}</CUMULATION_ALREADY>"
            f"<CUMULATION_LEFT>{total - used}</CUMULATION_LEFT><UNIT_NAME>KB</UNIT_NAME>{ends}</CumulRspList>"
            "</web:CurrAcuRsp><IRESULT>0</IRESULT><SMSG>成功</SMSG>"
        )

    def _queryTrafficByDate(self, said: dict[str, str]) -> Answer:
        assert said["startDate"][:6] == said["endDate"][:6], "within one calendar month"
        card = self.cards[said["iccid"]]
        return _xml(f"<IRESULT>0</IRESULT><TOTAL_BYTES_CNT>{card.more.get('flow', '12.50MB')}</TOTAL_BYTES_CNT>")

    def _queryBalance(self, said: dict[str, str]) -> Answer:
        assert said["access_number"] == "14900000001"
        yuan = f"{Decimal(self.balance_fen) / 100:.2f}"
        return _xml(f"<IRESULT>0</IRESULT><ACCOUNTBALANCE>{yuan}</ACCOUNTBALANCE><USERBALANCE>0.00</USERBALANCE>")

    # Writes -------------------------------------------------------------------------------------------------------------

    def _orderFlow(self, said: dict[str, str]) -> Answer:
        card = self._of(said["access_number"])
        if card.iccid in self.bad_cards:
            return Answer.json({"Checkout": "订购失败:套餐互斥"})
        months = _PLANS[said["flowValue"]]
        placed = self.charge("", card.iccid, months, amount_fen=None if months else 1000)
        return Answer.json({"info": "success", "GROUP_TRANSACTIONID": placed.ref})

    def _disabledNumber(self, said: dict[str, str]) -> Answer:
        card = self._of(said["access_number"])
        card.status = {"19": "5", "20": "4"}[said["orderTypeId"]]
        return _xml("<RspType>0</RspType><RspCode>0000</RspCode><GROUP_TRANSACTIONID>1000000252</GROUP_TRANSACTIONID>")

    def _of(self, msisdn: str) -> Card:
        return next(card for card in self.cards.values() if card.msisdn == msisdn)


def _xml(inner: str) -> Answer:
    return Answer(200, f'<?xml version="1.0" encoding="GBK"?><root>{inner}</root>'.encode("gbk"))
