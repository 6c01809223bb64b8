"""Mails as papers: known by their head, read for whoever types in a notice, and harmless whatever is in them."""

import time
from datetime import date
from email.message import EmailMessage

import pytest

from data.home import Home
from data.people.rules import Actor, Refused
from data.vouchers import store as vouchers
from data.vouchers.mail_rules import Mail, is_mail, read_mail
from data.vouchers.rules import look


def mail(html: bool = False) -> bytes:
    message = EmailMessage()
    message["From"] = "岚海移动物联 <notice@example.cn>"
    message["To"] = "ops@example.cn"
    message["Subject"] = "关于资费调整的通知"
    message["Date"] = "Fri, 20 Nov 2026 09:30:00 +0800"
    if html:
        message.set_content("<style>p{}</style><p>自 <b>2027-01-01</b> 起</p><script>alert(1)</script>", subtype="html")
    else:
        message.set_content("自 2027-01-01 起，\n100M 年包调整为 30 元。\n")
        message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="x.pdf")
    return message.as_bytes()


def test_a_mail_is_known_by_its_head_and_read() -> None:
    assert look(mail(), "资费通知.eml", max_mb=1).format == "eml"
    told = read_mail(mail())
    assert told == Mail(
        "关于资费调整的通知",
        "岚海移动物联 <notice@example.cn>",
        date(2026, 11, 20),
        "自 2027-01-01 起，\n100M 年包调整为 30 元。",
    )
    assert read_mail(mail(html=True)).text == "自 2027-01-01 起"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello there",
        b"Subject: x\r\n\r\nno sender",
        b"From: a@b.cn\r\n\r\nnothing else",
        b"<html>From: a\r\nDate: b\r\n\r\n</html>",
        b"From: a\r\nDate: b\r\nno header line\r\n\r\nx",
        b"From: a\r\nDate: b\r\n\r\n\x00",
        b"From: a\r\nDate: b\r\n",
    ],
)
def test_what_only_looks_like_one_is_none(content: bytes) -> None:
    assert not is_mail(content)


HEAD = b"From: a@b.cn\r\nSubject: x\r\n"
ODD = {
    "a character set nobody has": HEAD + b"Content-Type: text/plain; charset=klingon\r\n\r\nhi",
    "no date": HEAD + b"Date: yesterday\r\n\r\nhi",
    "a date far off": HEAD + b"Date: Fri, 20 Nov 99999 09:30:00 +9999\r\n\r\nhi",
    "a thousand deep": HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)),
    "a long header": HEAD + b"Content-Type: text/plain; " + b"a=b; " * 30_000 + b"\r\n\r\nhi",
    "a long subject": b"From: a@b.cn\r\nDate: x\r\nSubject: " + b"=?utf-8?b?" * 6_000 + b"\r\n\r\nhi",
    "half a part": mail()[:400],
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_mail_says_less_and_breaks_nothing(name: str) -> None:
    began = time.thread_time()
    assert len(read_mail(ODD[name]).text) <= 10_000
    assert time.thread_time() - began < 5


def test_an_approver_files_a_notice_and_nothing_else(home: Home, people: dict[str, Actor]) -> None:
    def file(who: str, kind: str) -> None:
        told = {"content": mail(), "filename": "x.eml", "folder": home.vouchers, "max_mb": 1, "kind": kind}
        with home.db.write() as tx:
            vouchers.file_paper(tx, people[who], **told)

    with pytest.raises(Refused):
        file("approver", "other")
    with pytest.raises(Refused):
        file("finance", "notice")
    file("approver", "notice")
    assert vouchers.search(home.db.read(), unlinked=True).num_rows == 0, "a notice proves no renewal and owes none"
