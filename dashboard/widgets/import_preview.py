"""Dropped files: keeping them, what each would do, correcting what it is taken for, and saying yes or no."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import reading, viewer
from dashboard.viewer import Viewer
from dashboard.widgets import tables
from dashboard.widgets.exporting import export_button
from dashboard.widgets.listing import Column, choose_one, listing
from data.files import layouts, store
from data.files.rules import COLUMN_WORDS, KINDS, KNOWN, UPLOAD_COLOURS, UPLOAD_WORDS
from data.files.store import Preview, Upload
from data.keeping import keep_bytes
from data.sims.rules import FINDING_KINDS
from data.words import N_, _, number, plural, spoken

_TYPES = ["csv", "txt", "tsv", "xls", "xlsx", "htm", "html"]
_COLUMNS_A_ROW = 4
_REMARKS_SHOWN = 12

_FILES = (
    Column("filename", N_("File"), width=230),
    Column("kind", N_("Kind"), "word", words=KINDS, width=110),
    Column("state", N_("State"), "badge", words=UPLOAD_WORDS, colours=UPLOAD_COLOURS, width=100),
    Column("rows_new", N_("New"), "count", width=75),
    Column("rows_changed", N_("Changed"), "count", width=75),
    Column("rows_same", N_("The same"), "count", width=75),
    Column("rows_refused", N_("Rows refused"), "count", width=85),
    Column("person", N_("Who"), width=90),
    Column("uploaded_at", N_("Dropped at"), "moment", width=130),
)
_REFUSED = (
    Column("sheet", N_("Sheet"), width=90),
    Column("line", N_("Line"), "count", width=70),
    Column("column", N_("Column"), width=140),
    Column("value", N_("Value"), width=200),
    Column("reason", N_("Reason"), width=520),
)


def drop_zone(who: Viewer) -> None:
    """Several files at once; each is kept under its hash with a row, and a job reads it."""
    turn = viewer.kept("import:turn", 0)
    files = st.file_uploader(
        _("Drop card lists, ledgers, price lists and usage"),
        type=_TYPES,
        accept_multiple_files=True,
        key=f"import:drop:{turn}",
    )
    if not files:
        return
    with viewer.told():
        for file in files:
            content = file.getbuffer()
            sha256, size = keep_bytes(reading.home().incoming, content)
            with reading.writing() as tx:
                store.keep_upload(tx, who.actor, sha256=sha256, filename=file.name, size=size, source="page")
        # A new drop zone: the kept files are in the list now, and are not kept again at the next click.
        viewer.keep("import:turn", turn + 1)
        st.rerun()


def file_list(uploads: list[Upload]) -> Upload:
    """What was dropped lately; the chosen one, else the newest a job works on or a person has to decide about."""
    rows = [{column.name: getattr(upload, column.name) for column in _FILES} for upload in uploads]
    row = choose_one(pa.Table.from_pylist(rows), _FILES, key="import:files", alt=_("Dropped files"))
    if row is not None:
        return uploads[row]
    wants = [
        [upload for upload in uploads if upload.state in states] for states in ({"waiting", "accepted"}, {"previewed"})
    ]
    return next((found[0] for found in wants if found), uploads[0])


def one_file(upload: Upload, who: Viewer) -> None:
    """Everything about one file, and what may be done with it now."""
    with st.container(border=True):
        st.text(upload.filename)
        if upload.state in {"waiting", "accepted"}:
            st.skeleton(height=120)
            st.caption(_(UPLOAD_WORDS[upload.state]))
            return
        preview = Preview.from_json(upload.preview)
        _headline(upload, preview)
        if upload.state in {"previewed", "refused"}:
            _buttons(upload, preview, who)
            _corrections(upload, preview, who)
        _refused(upload)
        _noticed(preview)
        _samples(preview, open=upload.state != "imported")


def _headline(upload: Upload, preview: Preview) -> None:
    if upload.error:
        # A file's own words may hold Markdown: they are shown as text.
        st.badge(_(UPLOAD_WORDS["refused"]), color="red", icon=":material/block:")
        st.text(spoken(upload.error))
        return
    if preview.known_since and upload.state == "previewed":
        st.info(_(KNOWN, since=preview.known_since[:10]), icon=":material/history:")
    st.subheader(
        _(
            "{new} new, {changed} changed, {same} the same, {refused} refused",
            new=number(upload.rows_new or 0),
            changed=number(upload.rows_changed or 0),
            same=number(upload.rows_same or 0),
            refused=number(upload.rows_refused or 0),
        ),
        anchor=False,
    )


def _buttons(upload: Upload, preview: Preview, who: Viewer) -> None:
    good = (upload.rows_new or 0) + (upload.rows_changed or 0)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if upload.state == "previewed":
            st.button(
                plural("Accept {count} good row", "Accept {count} good rows", good),
                type="primary",
                icon=":material/check:",
                disabled=good == 0,
                key=f"import:accept:{upload.upload_id}",
                on_click=partial(_do, store.accept, who, upload_id=upload.upload_id),
            )
        st.button(
            _("Discard"),
            icon=":material/delete:",
            key=f"import:discard:{upload.upload_id}",
            on_click=partial(_do, store.discard, who, upload_id=upload.upload_id),
        )
        if upload.state == "previewed" and preview.mapping:
            with st.popover(_("Save as layout"), icon=":material/bookmark:"):
                _save_layout(upload, who)


def _save_layout(upload: Upload, who: Viewer) -> None:
    st.caption(_("Files with the same headers, in the inbox too, are then read this way."))
    with st.form(f"import:layout:{upload.upload_id}", border=False):
        name = st.text_input(_("Name"), value=upload.layout or "", max_chars=80)
        if st.form_submit_button(_("Save")):
            _do(layouts.save_layout, who, name=name, upload_id=upload.upload_id)


def _corrections(upload: Upload, preview: Preview, who: Viewer) -> None:
    """What the file is taken for, and which of its columns is which; a change has it read again."""
    key = f"import:kind:{upload.upload_id}"

    def other_kind() -> None:
        _do(store.choose, who, upload_id=upload.upload_id, kind=viewer.kept(key))

    kinds = list(KINDS)
    st.selectbox(
        _("What the file holds"),
        kinds,
        index=kinds.index(upload.kind) if upload.kind in kinds else None,
        format_func=lambda code: _(KINDS[code]),
        placeholder=_("Choose"),
        key=key,
        on_change=other_kind,
    )
    if not preview.columns:
        return
    with (
        st.expander(_("Columns"), icon=":material/view_column:", expanded=upload.state == "refused"),
        st.form(f"import:columns:{upload.upload_id}", border=False),
    ):
        chosen = _column_boxes(upload, preview)
        if st.form_submit_button(_("Read again"), icon=":material/refresh:"):
            _do(store.choose, who, upload_id=upload.upload_id, kind=upload.kind, mapping=chosen)
            st.rerun()


def _column_boxes(upload: Upload, preview: Preview) -> dict[str, str]:
    # Columns per month of a wide usage file are not chosen one by one; they stay as they were recognised.
    chosen = {name: header for name, header in preview.mapping.items() if name not in preview.columns}
    for start in range(0, len(preview.columns), _COLUMNS_A_ROW):
        names = preview.columns[start : start + _COLUMNS_A_ROW]
        for place, name in zip(st.columns(_COLUMNS_A_ROW), names, strict=False):
            header = preview.mapping.get(name)
            picked = place.selectbox(
                _(COLUMN_WORDS.get(name, name)),
                preview.headers,
                index=preview.headers.index(header) if header in preview.headers else None,
                placeholder="–",
                key=f"import:column:{upload.upload_id}:{name}",
            )
            if picked:
                chosen[name] = picked
    return chosen


def _noticed(preview: Preview) -> None:
    found = preview.findings
    said = [f"{_(msgid)}: {number(found[kind])}" for kind, msgid in FINDING_KINDS.items() if kind in found]
    for remark in preview.remarks[:_REMARKS_SHOWN]:
        where = f"{remark['column']}: " if remark["column"] else ""
        said.append(f"{where}{spoken(remark['reason'])} ({number(remark['count'])})")
    if said:
        with st.expander(_("What was noticed"), icon=":material/info:", expanded=True):
            for line in said:
                st.text(line)


def _samples(preview: Preview, *, open: bool) -> None:
    if preview.samples:
        with st.expander(_("First rows"), icon=":material/table_rows:", expanded=open):
            st.dataframe(pa.Table.from_pylist(preview.samples), hide_index=True, alt=_("First rows of the file"))


def _refused(upload: Upload) -> None:
    total = reading.fresh(store.count_refusals, upload_id=upload.upload_id)
    if not total:
        return
    key = f"import:refused:{upload.upload_id}"
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(_("Refused rows"), anchor=False)
        export_button("refusals", {"upload_id": upload.upload_id}, _("Refused rows as a file"), key)
    place = st.container()
    limit, offset = tables.pager(total, key=f"{key}:pager", about=upload.upload_id)
    rows = reading.fresh(store.refusals, upload_id=upload.upload_id, limit=limit, offset=offset)
    reasons = [spoken(reason) for reason in rows["reason"].to_pylist()]
    with place:
        listing(
            tables.replaced(rows, reason=pa.array(reasons, pa.string())),
            _REFUSED,
            key=f"{key}:rows",
            alt=_("Refused rows"),
        )


def _do(verb: Callable[..., object], who: Viewer, **what: Any) -> None:
    with viewer.told(), reading.writing() as tx:
        verb(tx, who.actor, **what)
