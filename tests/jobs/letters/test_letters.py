import zipfile
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest

from data.audit import store as audit
from data.database import Query
from data.home import Home
from data.people.rules import Actor
from data.reminders.store import Item
from data.sims.store import roll_up
from data.words import later
from tests.fleet import iccid, run
from tests.lettering import item

TODAY = date(2026, 11, 22)
# What mail clients show of a letter before they cut it.
CLIPPED_AT = 102_000
HOSTILE = (
    '<script>alert(1)</script><img src="http://evil.example/x.png"></td>\r\nBcc: victim@example.com\r\n\r\n'
    "\u202eevil\u2066\u200b{{ 7*7 }}{% raw %}" + "长" * 10_000
)


def test_a_digest_says_of_each_card_what_to_do_by_when(written) -> None:
    letter = written([item(3)])
    for text in (letter.text, letter.html):
        for said in ("Shop 3", "00000003", "000037", "30MB/年", "expires 2026-11-29 Sun", "7 days left", "¥18.05"):
            assert said in text
        assert "order by 2026-11-24 Tue" in text
        assert "lost after 2027-02-27 Sat" in text
        assert iccid(3) not in text
    assert letter.subject == "1 SIM to renew · 2026-11-22 Sun"
    assert letter.workbook is None


def test_urgent_cards_come_first_then_those_with_most_takings_at_risk(written) -> None:
    later_on = {"expires_on": TODAY + timedelta(days=28), "act_by": TODAY + timedelta(days=24)}
    letter = written(
        [
            item(1, monthly_takings_fen=100, **later_on),
            item(2, monthly_takings_fen=900, **later_on),
            # More a month, but only two of its days are at risk.
            item(3, monthly_takings_fen=5_000, **later_on | {"expires_on": TODAY + timedelta(days=29)}),
            item(4, monthly_takings_fen=None, urgent=True, expires_on=TODAY, act_by=TODAY),
            item(5, act_by=TODAY + timedelta(days=3)),
        ]
    )
    at = [letter.text.index(f"Shop {n}") for n in (4, 5, 2, 1, 3)]
    assert at == sorted(at)
    assert "1 of them urgent" in letter.subject


def test_an_urgent_mail_says_so_first(written) -> None:
    letter = written([item(1, urgent=True), item(2, urgent=True)], kind="urgent")
    assert letter.subject == "Urgent: 2 SIMs to renew · 2026-11-22 Sun"


def test_cards_stand_together_by_carrier_and_expiry_with_count_and_sum(written) -> None:
    letter = written([item(1), item(2, carrier="unicom"), item(3), item(4, price_fen=None)])
    assert "China Mobile · expires 2026-11-29 Sun · 7 days left · 3 SIMs · ¥36.10 · 1 without a price" in letter.text
    assert "China Unicom · expires 2026-11-29 Sun · 7 days left · 1 SIM · ¥18.05" in letter.text


def test_one_card_with_two_dates_stands_in_the_list_once(written) -> None:
    letter = written(
        [item(1), item(2), Item(**vars(item(2)) | {"reminder_id": 9, "subject": "cancel", "urgent": True})]
    )
    assert letter.text.count("Shop 2") == 1
    assert letter.subject.startswith("2 SIMs to renew")


def test_a_card_being_renewed_stands_apart_and_counts_nowhere(written) -> None:
    letter = written([item(1), item(2, in_progress=True)])
    assert letter.subject.startswith("1 SIM to renew")
    renewing = letter.text.index("Renewal in progress, no action")
    assert letter.text.index("Shop 1") < renewing < letter.text.index("Shop 2")
    assert "to renew" not in written([item(2, in_progress=True)]).subject


def test_the_rest_of_a_digest_is_told_by_subject(written) -> None:
    used_as_of = datetime(2026, 11, 21, 15, 10, tzinfo=UTC)
    used = {"used_bytes": 25 << 20, "quota_bytes": 30 << 20, "used_as_of": used_as_of}
    said = later(
        "Batch {batch} by {maker} waits for approval: {cards} cards, {amount}", batch=7, maker="L", cards=9, amount="¥9"
    )
    letter = written(
        [
            item(1, subject="quota", stage="80", **used),
            item(2, subject="failed", stage="0", on_date=date(2026, 11, 20)),
            item(3, subject="review", sim_id=None, thing="batch 7", said=said, on_date=TODAY),
        ]
    )
    assert "25 MB / 30 MB · as of 2026-11-21 23:10" in letter.text
    assert "since 2026-11-20 Fri" in letter.text
    assert "Batch 7 by L waits for approval: 9 cards, ¥9 · 2026-11-22 Sun" in letter.text
    assert letter.subject.startswith("3 matters to look at")


@pytest.mark.parametrize(
    ("to", "left", "said"),
    [
        (1, 5, ["Spare card", "activate it, or send it back, by 2026-11-27 Fri", "then its term starts by itself"]),
        (1, -1, ["its silent period ended on 2026-11-21 Sat", "its term may be running already"]),
        (2, 5, ["沉默期到期", "备用卡", "请于 2026-11-27 周五 前激活或退回", "逾期将自动激活并计费"]),
        (2, -1, ["沉默期已于 2026-11-21 周六 结束", "可能已自动起算计费"]),
    ],
)
def test_a_spare_card_is_told_what_to_do_before_its_term_starts_by_itself(written, to: int, left: int, said) -> None:
    none = dict.fromkeys(("expires_on", "act_by", "cancel_by", "merchant", "terminal_id"))
    spare = item(1, subject="silent", on_date=TODAY + timedelta(days=left), days_left=left, **none)
    letter = written([spare], to=to)
    assert [words for words in said if words not in letter.text or words not in letter.html] == []
    assert "Shop 2" in written([spare, item(2, subject="silent", days_left=5)]).text


def test_escalated_and_handed_over_cards_say_so(written) -> None:
    letter = written([item(1, stage="esc-lead", instead_of="Wang")])
    assert "nobody has acknowledged it yet · instead of Wang" in letter.text


def test_the_one_link_leads_to_the_filtered_page_and_carries_no_token(written) -> None:
    letter = written([item(1), item(2, expires_on=date(2026, 12, 3))])
    assert letter.link == "http://127.0.0.1:8501/expiry?from=2026-11-29&to=2026-12-03&carrier=mobile"
    links = [value for _tag, attrs in _parsed(letter.html) for name, value in attrs if name == "href"]
    assert links == [letter.link]


def test_the_head_of_the_audit_log_stands_in_the_footer(home: Home, people: dict[str, Actor], written) -> None:
    letter = written([item(1)])
    head = str(audit.head(home.db.read()))
    assert head in letter.text
    assert head in letter.html


def test_old_data_is_named_on_top(home: Home, written) -> None:
    seen = home.clock.now() - timedelta(hours=49)
    letter = written([item(1, observed_at=seen), item(2, carrier="unicom", observed_at=home.clock.now())])
    warning = "China Mobile: what we know of these cards is of 2026-11-20 09:00, older than 48 hours."
    assert letter.text.index(warning) < letter.text.index("Shop 1")
    assert warning in letter.html
    assert "China Unicom: what" not in letter.text


def test_every_letter_is_in_the_language_of_whoever_it_is_for(written) -> None:
    chinese = written([item(1)], to=2)
    assert chinese.subject == "1 张卡待续费 · 2026-11-22 周日"
    assert "最晚 2026-11-24 周二 办理" in chinese.text
    assert 'lang="zh-Hans"' in chinese.html
    assert "发送给 华东服务商" in written([item(1)], to=3).text


def test_an_agent_gets_his_own_cards_as_one_workbook_and_no_link(written) -> None:
    letter = written([item(1), item(3), item(5, in_progress=True)], to=3)
    assert letter.workbook
    assert letter.workbook_name == "流量卡-2026-11-22.xlsx"
    assert letter.link == ""
    assert "127.0.0.1" not in letter.html
    head, *lines = list(openpyxl.load_workbook(BytesIO(letter.workbook)).active.iter_rows())
    names = [cell.value for cell in head]
    assert [line[names.index("ICCID")].value for line in lines] == [iccid(n) for n in (1, 3, 5)]
    assert {"运营商", "到期日", "最晚办理日", "终端号", "商户名称"} <= set(names)
    assert not {"账户", "供应商", "标签", "决定"} & set(names)
    assert not [cell for line in lines for cell in line if cell.data_type == "f"]


@pytest.mark.usefixtures("reached_from_outside")
@pytest.mark.parametrize(("language", "said"), [(None, "退订每日汇总"), ("en", "Stop the daily digests")])
def test_an_agents_digest_says_how_to_stop_it_in_the_agents_language(home: Home, written, language, said) -> None:
    with home.db.write() as tx:
        run(tx, "UPDATE recipient SET language = $l WHERE recipient_id = 3", l=language)
    letter = written([item(1)], to=3)
    assert letter.mute_link.startswith("https://cards.example.com/unsubscribe?to=3&until=2026-12-22&sign=")
    assert f"{said}: {letter.mute_link}" in letter.text.splitlines()
    links = [value for _tag, attrs in _parsed(letter.html) for name, value in attrs if name == "href"]
    assert links == [letter.mute_link]
    assert f">{said}</a>" in letter.html
    assert "canary@example.com" not in letter.mute_link
    for other in (written([item(1)], to=3, kind="urgent"), written([item(1)], to=1), written([], to=3, kind="test")):
        assert (other.mute_link, "unsubscribe" in other.text + other.html) == ("", False)


@pytest.mark.parametrize("to", [1, 3])
def test_hostile_names_are_shown_and_do_nothing(tmp_path: Path, written, to: int) -> None:
    real = tmp_path / "secret.txt"
    real.write_text("CANARY FILE", encoding="utf-8")
    for name in (HOSTILE, str(real), "=1+1", "\r\n.\r\nQUIT\r\n"):
        letter = written([item(1, merchant=name, plan=name, terminal_id=name, carrier=name, instead_of=name)], to=to)
        for tag, attrs in _parsed(letter.html):
            assert tag in TAGS, tag
            assert not [one for one, _value in attrs if one.startswith("on") or one in {"src", "srcset", "background"}]
        assert "CANARY FILE" not in letter.html + letter.text
        assert "\r" not in letter.text + letter.html + letter.subject
        assert "\n" not in letter.subject
        assert not set("\u202e\u2066\u200b") & set(letter.text + letter.html)
        assert not [line for line in letter.text.splitlines() if line.startswith("Bcc") or line in {".", "QUIT"}]
        assert (letter.workbook is not None) == (to == 3)


def test_a_name_that_is_a_template_is_only_a_name(written) -> None:
    assert "{{ 7*7 }}{% raw %}" in written([item(1, merchant="{{ 7*7 }}{% raw %}")]).html


@pytest.mark.parametrize("merchant", ["好又多便利店（成都双流区店）", "<&'\">" * 2_000])
def test_a_huge_digest_is_not_cut_by_mail_clients_and_says_how_much_more_there_is(written, merchant: str) -> None:
    things = [item(n, subject="offer", sim_id=None, said=None, thing=merchant) for n in range(9_000, 9_100)]
    under_way = [item(n, merchant=merchant, in_progress=True) for n in range(6_000, 6_100)]
    letter = written([item(n, merchant=merchant, plan=merchant) for n in range(1, 5_001)] + things + under_way)
    assert len(letter.html.encode()) < CLIPPED_AT
    shown = letter.text.split("== Orders")[0].count("card ending")
    assert shown > 0
    assert f"and {5_000 - shown:,} SIMs · ¥{(5_000 - shown) * 18.05:,.2f} more" in letter.text
    assert "5,000 SIMs · ¥90,250.00" in letter.text


def test_a_list_longer_than_anybody_reads_ends_after_sixty(written) -> None:
    letter = written([item(n) for n in range(1, 71)])
    assert letter.text.count("card ending") == letter.html.count("card ending") == 60
    assert "and 10 SIMs · ¥180.50 more" in letter.html


def test_a_letter_fetches_nothing(written) -> None:
    html = written([item(1)]).html
    for word in ("url(", "@import", "<link", "<img", "<script", "<iframe", "<base", "<object"):
        assert word not in html


def test_no_byte_of_a_letter_is_a_secret(home: Home, people: dict[str, Actor], written) -> None:
    with home.db.write() as tx:
        run(tx, "UPDATE sim SET account = 'canary-account', supplier = 'canary-supplier', tags = 'canary-tags'")
        run(
            tx,
            "INSERT INTO address (address, state, code_sha256, since) VALUES ('a@b.c', 'unverified', 'canary-code', $now)",
            now=tx.now,
        )
        roll_up(tx)
    hashes = [
        row["password_hash"]
        for row in home.db.read().rows(Query("t", "", "SELECT password_hash FROM person"))
        if row["password_hash"]
    ]
    assert hashes
    for to in (1, 2, 3):
        letter = written([item(1), item(2, account="canary-account", contact_phone="canary-phone")], to=to)
        sheets = b""
        if letter.workbook:
            with zipfile.ZipFile(BytesIO(letter.workbook)) as book:
                sheets = b"".join(book.read(name) for name in book.namelist())
        sent = (letter.subject + letter.text + letter.html).encode() + sheets
        assert b"canary" not in sent.lower()
        assert not [one for one in hashes if one.encode() in sent]


def test_a_code_stands_alone_and_not_in_the_subject(written) -> None:
    said = later("Type this code on the page Reminders: {code}", code="K7M4Q2")
    letter = written([], kind="verify", said=said)
    assert "K7M4Q2" in letter.text
    assert ">K7M4Q2</div>" in letter.html
    assert "K7M4Q2" not in letter.subject


def test_an_alarm_carries_what_it_hands_on(written) -> None:
    said = later("This was meant for {name}, whose address takes no mail", name="Wang")
    letter = written([item(1)], kind="alarm", said=said)
    assert letter.subject == (
        "Something is wrong · This was meant for Wang, whose address takes no mail · 2026-11-22 Sun"
    )
    assert letter.text.index("This was meant for Wang") < letter.text.index("Shop 1")


def test_a_hostile_name_in_a_sentence_stays_in_it(written) -> None:
    said = later("This was meant for {name}, whose address takes no mail", name=HOSTILE)
    batch = item(1, subject="review", sim_id=None, thing="batch 7", said=said)
    letter = written([batch], kind="alarm", said=said)
    assert not [line for line in letter.text.splitlines() if line.startswith("Bcc")]
    assert {tag for tag, _attrs in _parsed(letter.html)} <= TAGS
    assert len(letter.subject) < 150
    assert letter.subject.isprintable()
    assert len(letter.text) < 2_000


@pytest.mark.parametrize(("kind", "subject"), [("test", "This is a test"), ("heartbeat", "Reminders are at work")])
def test_letters_without_cards_say_their_sentence(written, kind: str, subject: str) -> None:
    letter = written([], kind=kind, said=later("A mail to {name} could not be sent; the outbox says why", name="W"))
    assert letter.subject.startswith(subject)
    assert "A mail to W could not be sent" in letter.html
    assert letter.link == ""


TAGS = {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "span", "h1", "h2", "p", "a"}


def _parsed(html: str) -> list[tuple[str, list[tuple[str, str | None]]]]:
    found: list[tuple[str, list[tuple[str, str | None]]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, attrs))

    Reader().feed(html)
    return found
