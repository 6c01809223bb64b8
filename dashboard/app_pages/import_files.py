"""Import: drop the files the team has, see what each would do, accept the good rows, and what then does not join."""

import streamlit as st

from dashboard import reading, viewer, widgets
from dashboard.widgets import import_preview
from dashboard.widgets.findings import findings
from dashboard.widgets.join_report import join_report
from data.files import store
from data.people.rules import Action
from data.words import _

# Files on the page; older ones are in the audit log.
SHOWN = 20
BUSY = {"waiting", "accepted"}

who = viewer.enter(Action.IMPORT)
widgets.page_head(_("Import"), _("A file changes only what it brings; nothing goes in before you accept it."))
import_preview.drop_zone(who)


def draw() -> None:
    """The files and the chosen one; drawn again and again only while a job works on one of them."""
    uploads = reading.fresh(store.uploads, limit=SHOWN)
    if busy and not any(upload.state in BUSY for upload in uploads):
        st.rerun()
    chosen = import_preview.file_list(uploads)
    upload = reading.fresh(store.one, chosen.upload_id)
    if upload is not None:
        import_preview.one_file(upload, who)


dropped = reading.fresh(store.uploads, limit=SHOWN)
busy = any(upload.state in BUSY for upload in dropped)
if dropped:
    (viewer.fragment(run_every="1s")(draw) if busy else draw)()
else:
    widgets.empty(
        _("No files yet"),
        _(
            "Card lists, ledgers, price lists and usage as you have them: .xlsx, .xls, .csv, HTML; the inbox folder takes them too."
        ),
    )
join_report()
findings()
