"""What bank data must look like."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.payees import rules

# Made-up company numbers whose last sign fits.
VALID = ("91310000MA1FL0AB21", "91440300MA5DA12B3N")
SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("tax_no", VALID)
def test_a_tax_number_whose_last_sign_fits_is_taken(tax_no):
    assert rules.tax_fault(tax_no) is None


@given(st.text(SIGNS, min_size=17, max_size=17), st.integers(0, 16), st.sampled_from(SIGNS))
def test_every_single_slip_in_a_tax_number_is_found(first, place, sign):
    whole = first + rules.tax_check_sign(first)
    assert rules.tax_fault(whole) is None
    slipped = whole[:place] + sign + whole[place + 1 :]
    assert rules.tax_fault(slipped) == (None if slipped == whole else rules.TAX_CHECK)


@given(st.text(SIGNS, min_size=17, max_size=17), st.integers(0, 16))
def test_two_neighbours_that_changed_places_are_found(first, place):
    whole = first + rules.tax_check_sign(first)
    swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
    assert rules.tax_fault(swapped) == (None if swapped == whole else rules.TAX_CHECK)


@pytest.mark.parametrize(
    "tax_no",
    ["", VALID[0][:-1], VALID[0] + "1", VALID[0].lower(), "9131000OMA1FL0AB21", "９1310000MA1FL0AB21", f"{VALID[0]}\n"],
)
def test_what_has_not_the_shape_of_a_tax_number_is_said_so(tax_no):
    assert rules.tax_fault(tax_no) == rules.TAX_SHAPE


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0012 3456 7890 1234", "0012345678901234"),
        ("００１２－３４５６７８", "0012345678"),
        ("91310000ma1fl0ab21", "91310000MA1FL0AB21"),
        (" 1022\u20149000\u30000001 ", "102290000001"),
    ],
)
def test_a_number_is_kept_narrow_without_gaps_and_with_its_zeros(typed, kept):
    assert rules.plain_number(typed) == kept


def fault(account_no="00000000", bank="B", opening_bank="O", cnaps="102290000001"):
    return rules.bank_fault(account_no=account_no, bank=bank, opening_bank=opening_bank, cnaps=cnaps)


@pytest.mark.parametrize("length", range(34))
def test_an_account_number_has_eight_to_thirty_digits(length):
    assert fault("0" * length) == (None if 8 <= length <= 30 else rules.ACCOUNT_SHAPE)


@pytest.mark.parametrize("account_no", ["1234567x", "12345678\n", "١٢٣٤٥٦٧٨", "-12345678", "12345678.0", "1e10000000"])
def test_what_is_no_digit_is_no_account_number(account_no):
    assert fault(account_no) == rules.ACCOUNT_SHAPE


def test_bank_branch_and_cnaps_have_their_shapes():
    assert fault() is None and fault(cnaps=None) is None
    assert fault(bank="") == fault(opening_bank="x" * 121) == rules.NO_BANK
    for cnaps in ("", "10229000000", "1022900000011", "10229000000X"):
        assert fault(cnaps=cnaps) == rules.CNAPS_SHAPE


@pytest.mark.parametrize("sign", ["\u200b", "\u202e", "\u2066", "\ufeff", "\x00", "\n", "\ue000", "\u2028"])
def test_a_name_with_unseen_signs_is_not_taken(sign):
    assert rules.name_fault("泊舟物联卡商行（演示）") is None
    assert rules.name_fault(f"泊舟{sign}物联卡商行") == rules.INVISIBLE


def test_a_name_has_a_length():
    assert rules.name_fault("") == rules.name_fault("长" * 121) == rules.NO_NAME
    assert rules.name_fault("长" * 120) is None


def test_a_personal_card_is_recognised():
    assert rules.like_a_card("6222021234567890"[:15] + luhn_end("622202123456789"))
    assert not rules.like_a_card("0012345678901234") and not rules.like_a_card("18")


def luhn_end(first):
    return next(sign for sign in string.digits if rules.like_a_card(first + sign))


def test_a_number_with_its_check_digit_looks_like_a_card_and_its_neighbour_does_not():
    # A made-up number whose check digit was worked out by hand.
    assert rules.like_a_card("4539578763621486") and not rules.like_a_card("4539578763621487")


def test_shown_is_the_end_and_read_aloud_are_groups_of_four():
    assert rules.masked("1234") == "•••• 1234"
    assert rules.grouped("001234567890123") == "0012 3456 7890 123"


def test_every_standing_without_payment_says_why_and_every_other_has_its_word():
    assert set(rules.STANDINGS) - set(rules.NOT_PAYABLE) == {"confirmed", "changing"}
