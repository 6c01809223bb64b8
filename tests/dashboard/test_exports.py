"""The Exports page: one's own files only, a link once written, a sentence when not."""

from datetime import timedelta

import pytest

from data.files import exports_store as exports
from data.files.exports_rules import TOO_MANY_ROWS, ExportRefused
from data.people.rules import SYSTEM


def asked(home, by, **more):
    with home.db.write() as tx:
        return exports.ask_export(tx, by, **{"what": "sims", "format": "csv", "filters": {}, **more})


def shown(test):
    return test.dataframe[0].value


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "administrator"])
@pytest.mark.parametrize(("language", "title"), [("en", "No exports yet"), ("zh_CN", "还没有导出")])
def test_without_exports_the_page_says_where_they_come_from(home, page, role, language, title):
    test = page("exports", role, language=language)
    assert not test.exception
    assert title in [head.value for head in test.subheader]


def test_a_person_sees_only_what_they_asked_for(home, people, page):
    asked(home, people["viewer"])
    asked(home, people["operator"], what="renewals")
    test = page("exports", "viewer")
    assert not test.exception
    assert shown(test)["what"].tolist() == ["SIMs"]


def test_a_written_file_has_a_link_a_failed_one_its_reason_an_old_one_neither(home, people, page):
    written, failed, _waiting = (asked(home, people["viewer"]) for _ in range(3))
    with home.db.write() as tx:
        exports.written(tx, SYSTEM, export_id=written, filename="SIMs.csv", rows=1824, sha256="0")
        exports.failed(tx, SYSTEM, export_id=failed, reason=ExportRefused(TOO_MANY_ROWS, rows="2,000,000"))
    rows = shown(page("exports", "viewer")).set_index("export_id")
    assert rows.loc[str(written), "link"] == f"/x/{written}#SIMs.csv"
    assert rows.loc[str(written), "rows_written"] == "1,824"
    assert "choose CSV" in rows.loc[str(failed), "error"]
    assert rows["link"].notna().tolist() == [False, False, True]
    home.clock.move(timedelta(days=8))
    rows = shown(page("exports", "viewer")).set_index("export_id")
    assert (rows["link"].notna().any(), rows.loc[str(written), "error"]) == (False, "removed")
