"""The Look up page: any number finds the card, a pasted list finds many, what is not found is listed."""

import pytest

ICCID = "8986000000000000002"


@pytest.mark.parametrize("who", ["viewer", "operator", "approver", "administrator"])
def test_without_a_question_the_page_says_where_to_ask(page, fleet, who):
    test = page("look_up", who)
    assert not test.exception
    assert any("Type into the box" in caption.value for caption in test.caption)


@pytest.mark.parametrize(("language", "said"), [("en", "Nothing found"), ("zh_CN", "没有找到")])
def test_nothing_found_says_so(page, fleet, language, said):
    fleet(1)
    test = page("look_up", language=language, q="770099")
    assert said in [head.value for head in test.subheader]


def test_several_hits_are_a_table_that_says_by_which_field(page, fleet):
    fleet(3)
    test = page("look_up", q="89860000")
    table = test.dataframe[0].value
    assert len(table) == 3
    assert set(table["matched"]) == {"ICCID"}


def test_one_hit_answers_the_call_at_once(page, fleet):
    fleet(3)
    test = page("look_up", q=ICCID)
    assert len(test.dataframe[0].value) == 1
    assert "Tell the merchant" in test.warning[0].value


def test_what_was_typed_is_shown_as_plain_text(page, fleet):
    fleet(1, search_text="**8986000000000000001**")
    test = page("look_up", q="**8986")
    assert "**8986" in [text.value for text in test.text]
    assert not any("**8986" in text.value for text in test.markdown)


def test_a_pasted_list_is_a_filter_and_its_strangers_are_listed(page, fleet):
    fleet(5)
    test = page("look_up")
    test.text_area(key="look_up:text").set_value(f"{ICCID}\n1064800000003 \n\nnobody knows this")
    test.form_submit_button[0].click().run()
    assert not test.exception
    assert len(test.dataframe[0].value) == 2
    assert "**2 SIMs found**" in [text.value for text in test.markdown]
    assert "1 line not found" in [caption.value for caption in test.caption]
    assert "nobody knows this" in [text.value for text in test.text]


def test_a_list_of_more_than_5000_lines_is_refused_in_words(page, fleet):
    fleet(1)
    test = page("look_up")
    test.text_area(key="look_up:text").set_value("\n".join(str(number) for number in range(5001)))
    test.form_submit_button[0].click().run()
    assert "5,001 lines are too many" in test.warning[0].value


def test_a_list_that_names_no_card_shows_no_card(page, fleet):
    fleet(3)
    test = page("look_up")
    test.text_area(key="look_up:text").set_value("nobody")
    test.form_submit_button[0].click().run()
    assert not test.dataframe
    assert "**0 SIMs found**" in [text.value for text in test.markdown]
