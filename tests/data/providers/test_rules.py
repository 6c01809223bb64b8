"""What may be said of a provider."""

import pytest

from data.providers import rules
from data.renewals.rules import WAY_TO_PAY_WORDS


@pytest.mark.parametrize(
    "url",
    [
        "https://portal.example.com",
        "https://portal.example.com:8443/cards?x=1#top",
        "https://xn--fiq228c.example.cn/a/b",
    ],
)
def test_an_address_of_a_portal_is_taken(url):
    assert rules.portal_fault(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portal.example.com",
        "http://portal.example.com",
        "javascript:alert(1)",
        "https://",
        "https://user@portal.example.com",
        "https://user:pin@portal.example.com",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://门户.example.com/",
        "https://portal.example.com/门户",
        "https://portal.example.com/\u202e",
        "https://portal.example.com/ x",
        "https://portal.example.com\\@evil.example",
        "https://portal.example.com:99999/",
        "https://portal.example.com:0/",
        "https://portal.example.com/<b>",
        "https://-portal.example.com/",
        "https://portal.example.com/" + "x" * 300,
    ],
)
def test_what_is_no_address_of_a_portal_is_refused(url):
    assert rules.portal_fault(url) == rules.BAD_PORTAL


def test_lines_may_end_and_nothing_else_hides():
    assert not rules.hides_signs("王经理 140-0000-1005\n微信群")
    assert all(rules.hides_signs(f"a{sign}b") for sign in "\t\r\x00\u200b\u202e\ufeff")


def test_every_way_to_pay_has_its_usual_steps():
    assert set(rules.USUAL_STEPS) == set(WAY_TO_PAY_WORDS)
