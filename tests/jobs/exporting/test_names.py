import pytest

from jobs.exporting.names import file_name, unlike


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("华东服务商.csv", "华东服务商.csv"),
        ("../../etc/passwd.csv", "_.._etc_passwd.csv"),
        ("C:\\a|b?.csv", "C_a_b_.csv"),
        (".csv", "_.csv"),
        ("....csv", "_.csv"),
        ("con.csv", "_con.csv"),
        ("a\u202efdp.csv", "a_fdp.csv"),
        ("a\r\nb.csv", "a_b.csv"),
    ],
)
def test_a_name_people_wrote_becomes_one_harmless_file_name(text: str, name: str) -> None:
    assert file_name(text) == name


def test_a_long_name_keeps_its_ending() -> None:
    assert file_name("字" * 300 + ".xlsx") == "字" * 80 + ".xlsx"


def test_names_that_differ_only_in_case_are_numbered() -> None:
    taken: set[str] = set()
    assert [unlike(taken, name) for name in ("A.csv", "a.csv", "a.csv")] == ["A.csv", "a (2).csv", "a (3).csv"]
