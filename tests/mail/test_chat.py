"""Groups of WeCom and DingTalk: within 2,048 bytes and twenty a minute, through the same outbox."""

import logging
import threading
from dataclasses import dataclass

import pytest

from data.mails import rules
from data.mails import store as mails
from data.people.rules import SYSTEM
from data.secrets import Secret
from data.words import later, speaking
from jobs import chat, send_outbox
from jobs.chat import MOST_BYTES
from tests.mail.bots import standing_in
from tests.mail.building import House, insert

WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=566cc69da782ec33"
SIGNED = DINGTALK + "&secret=SEC0123456789abcdef"
KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"


@pytest.fixture
def bots(monkeypatch):
    with standing_in(monkeypatch) as server:
        yield server


@dataclass(frozen=True)
class Letter:
    text: str
    link: str = "https://cards.example.cn/expiry"


def long_letter(rows):
    lines = [f"- 杭州第{n}便利店 · 终端 T{n:07d} · 卡尾号 {n:06d} · 30M · ¥15.00" for n in range(rows)]
    link = "在 Flowcard 中打开: https://cards.example.cn/expiry"
    return Letter("\n".join([f"{rows} 张卡待续费", link, "", "== 待续费 ==", *lines, "", "-- ", "请勿回复。"]))


def test_a_letter_that_fits_is_said_whole_but_for_its_foot():
    said = chat.text(long_letter(3), things=3)
    assert said.startswith("3 张卡待续费\n在 Flowcard 中打开")
    assert said.endswith("卡尾号 000002 · 30M · ¥15.00")


@pytest.mark.parametrize("rows", [30, 40, 60])
def test_a_long_one_is_cut_with_how_many_more_there_are_and_where(rows):
    with speaking("zh_CN"):
        said = chat.text(long_letter(rows), things=500)
    assert len(said.encode()) <= MOST_BYTES
    shown = said.count("\n- ")
    assert shown > 10
    assert said.splitlines()[-2:] == [f"还有 {500 - shown} 条", "https://cards.example.cn/expiry"]
    assert said.count("https://") == 1


def test_one_endless_line_is_cut_too():
    said = chat.text(Letter("长" * 5_000), things=0)
    assert 0 < len(said.encode()) <= MOST_BYTES


@pytest.mark.parametrize(
    "address", [WECOM, f"wecombot://{KEY}", DINGTALK, SIGNED, "dingtalk://SEC0123456789abcdef@566cc69da782ec33"]
)
def test_what_a_group_is_told_arrives_once_as_it_was_written(bots, address):
    outcome = chat.send(Secret(address), "三张卡今天到期\n- <b>甲</b> & {x} :smile:")
    assert outcome.kind == "sent"
    assert bots.heard == ["三张卡今天到期\n- <b>甲</b> & {x} :smile:"]
    assert ("sign=" in bots.paths[0]) == ("SEC" in address)


ANSWERS = {
    "ok": ((200, {"errcode": 0}), "sent"),
    "WeCom: not so fast": ((200, {"errcode": 45009, "errmsg": "api freq out of limit"}), "retry"),
    "DingTalk: not so fast": ((200, {"errcode": 130101, "errmsg": "send too fast"}), "retry"),
    "WeCom: no such bot": ((200, {"errcode": 93000, "errmsg": "invalid webhook url"}), "refused"),
    "DingTalk: no keyword": ((200, {"errcode": 310000, "errmsg": "keywords not in content"}), "refused"),
    "too many": ((429, {}), "retry"),
    "forbidden": ((403, {}), "refused"),
    "moved": ((302, {}), "unknown"),
    "broken": ((502, b"<html>"), "unknown"),
    "no JSON": ((200, b"<html>"), "unknown"),
    "drop": ("drop", "unknown"),
    "slow": ("slow", "unknown"),
}


@pytest.mark.parametrize("address", [WECOM, DINGTALK], ids=["WeCom", "DingTalk"])
@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_has_one_name_and_costs_one_message(bots, name, address, monkeypatch):
    monkeypatch.setattr(chat, "_TIMEOUT_S", 0.3)
    bots.answer, kind = ANSWERS[name]
    assert chat.send(Secret(address), "x").kind == kind
    assert len(bots.heard) == 1


def test_a_bot_that_is_not_there_is_tried_later(bots, monkeypatch):
    monkeypatch.setattr("apprise.plugins.wecombot.NotifyWeComBot.notify_url", "http://127.0.0.1:1/?key={key}")
    assert chat.send(Secret(WECOM), "x").kind == "retry"
    monkeypatch.setattr("apprise.plugins.wecombot.NotifyWeComBot.notify_url", "http://no-such.invalid/?key={key}")
    assert chat.send(Secret(WECOM), "x").kind == "retry"


@pytest.mark.parametrize(
    "address",
    ["", "json://127.0.0.1/x", "mailto://a:b@example.cn", "file:///etc/passwd", f"wecombot://{KEY}?verify=no", f"{WECOM}&redirect=yes",
     "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + KEY, "https://evil.example/cgi-bin/webhook/send?key=" + KEY],
)  # fmt: skip
def test_nothing_but_the_two_bots_is_ever_called(bots, address):
    assert chat.send(Secret(address), "x").kind == "refused"
    assert bots.heard == []


def test_no_log_holds_a_bot_s_key(bots, caplog):
    with caplog.at_level(logging.INFO):
        bots.answer = (500, {})
        chat.send(Secret(WECOM), "x")
        bots.answer = "drop"
        chat.send(Secret(WECOM), "x")
    assert KEY not in caplog.text


def group(house, bots_at, count):
    said = later("Today's look saw no card at all; nothing but urgent mail leaves before somebody says so")
    with house.home.db.write() as tx:
        secret = f"file:{bots_at}"
        insert(
            tx,
            "recipient",
            recipient_id=9,
            kind="chat",
            name="运营群",
            secret_name=secret,
            language="zh_CN",
            active=True,
            made_at=tx.now,
        )
        for n in range(count):
            mails.queue(
                tx, SYSTEM, recipient_id=9, kind="alarm", slot=rules.slot("alarm", tx.now, cause=f"{n}"), said=said
            )


def test_a_group_gets_twenty_a_minute_from_the_outbox(tmp_path, bots):
    (tmp_path / "bot").write_text(WECOM)
    with House(tmp_path / "home").open() as house:
        group(house, tmp_path / "bot", 25)
        house.send()
        assert len(bots.heard) == 20
        house.wait(seconds=61)
        house.send()
        assert len(bots.heard) == 25
        assert all("今天" in said or "卡" in said for said in bots.heard)
        assert house.states() == {"sent": 25}


def test_a_group_whose_secret_is_gone_waits_and_says_so(tmp_path, bots):
    with House(tmp_path / "home").open() as house:
        group(house, tmp_path / "nothing", 1)
        house.send()
        [row] = house.rows("SELECT state, last_reply FROM mail")
        assert row["state"] == "queued"
        assert "holds no value" in row["last_reply"]


def test_a_demo_mails_nobody_and_writes_its_letters_down(tmp_path, bots):
    (tmp_path / "bot").write_text(WECOM)
    with House(tmp_path / "home").open(kind="demo") as house:
        house.build(recipients=1, cards=1).look()
        group(house, tmp_path / "bot", 1)
        house.send()
        assert house.states() == {"sent": 2}
        assert bots.heard == []
        written = sorted(path.suffix for path in (house.path / "practice" / "mails").iterdir())
        assert written == [".eml", ".txt"]


def test_a_demo_refuses_a_mail_server_that_is_not_on_this_machine(tmp_path):
    with House(tmp_path / "home").open(kind="demo", mail_host="mail.example.cn", mail_user="a@example.cn") as house:
        house.build(recipients=1, cards=1).look()
        house.send()
        assert {row["held_for"] for row in house.rows("SELECT held_for FROM mail WHERE kind = 'digest'")} == {
            "no_account"
        }
        assert not (house.path / "practice" / "mails").exists()


def test_a_real_home_without_an_account_holds_its_mail_and_says_so(tmp_path):
    with House(tmp_path / "home").open() as house:
        house.build(recipients=1, cards=1).look()
        assert house.send() is None
        assert house.rows("SELECT state, held_for FROM mail") == [{"state": "held", "held_for": "no_account"}]
        # Looking at what waits, every few seconds, makes no page read anew.
        seen = house.home.db.version
        assert house.send() is None
        assert house.home.db.version == seen


def test_an_account_that_cannot_be_used_is_an_alarm_and_makes_no_page_read_anew(tmp_path):
    told = {"mail_host": "mail.example.cn", "mail_user": "a@example.cn", "mail_password": "env:NO_SUCH_NAME"}
    with House(tmp_path / "home").open(**told) as house:
        house.build(recipients=3, cards=1).look()
        house.send()
        assert {row["held_for"] for row in house.rows("SELECT held_for FROM mail")} == {"no_account"}
        [alarm] = house.rows("SELECT said FROM mail WHERE kind = 'alarm'")
        assert "NO_SUCH_NAME holds no value" in alarm["said"]
        seen = house.home.db.version
        house.send()
        assert house.home.db.version == seen


def test_a_mail_that_cannot_be_put_into_words_lets_the_others_leave(tmp_path, monkeypatch):
    with House(tmp_path / "home").open(kind="demo") as house:
        house.build(recipients=2, cards=1).look()
        real = send_outbox.letters.compose

        def broken(*given, mail, **named):
            if mail.recipient_id == 1:
                raise ValueError("a letter of its own")
            return real(*given, mail=mail, **named)

        monkeypatch.setattr(send_outbox.letters, "compose", broken)
        with pytest.raises(ValueError, match="of its own"):
            send_outbox.run(house.home, threading.Event())
        house.send()
        assert house.states() == {"queued": 1, "sent": 1}
