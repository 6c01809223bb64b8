"""The button that asks for a file, and the link that appears once a job has written it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard import reading, viewer
from data.files import exports_store
from data.files.exports_rules import FORMAT_WORDS, FORMATS, SPLITS
from data.people.rules import Action, Actor
from data.words import _, language, plural


def export_button(
    what: str,
    filters: Mapping[str, Any],
    label: str,
    key: str,
    *,
    splits: bool = False,
    formats: Sequence[str] = FORMATS,
    note: str | None = None,
) -> None:
    """A menu that asks for `what` under the page's own `filters` (JSON-able, its order included), then the link to it.

    The file is written by a job and fetched from a route; nothing of it is held here. `note` stands in the menu.
    """
    who = viewer.here()
    if not who.may(Action.EXPORT):
        return
    with st.popover(label, icon=":material/download:"):
        format = st.segmented_control(
            _("Format"),
            formats,
            default=formats[0],
            required=True,
            format_func=FORMAT_WORDS.__getitem__,
            key=f"{key}:format",
        )
        split_by = _split(key) if splits else None
        if note:
            st.caption(note)
        if st.button(
            _("Write the file"), type="primary", icon=":material/download:", key=f"{key}:ask", width="stretch"
        ):
            with viewer.told(), reading.writing() as tx:
                asked = exports_store.ask_export(
                    tx,
                    who.actor,
                    what=what,
                    format=format or formats[0],
                    filters=filters,
                    split_by=split_by,
                    language=language(),
                )
                viewer.keep(f"{key}:export", (asked, filters))
        # The link belongs to the rows it was asked for; under another filter it would promise the wrong ones.
        export_id, of_filters = viewer.kept(f"{key}:export", (None, None))
        if export_id is not None and of_filters == filters:
            _progress(export_id, who.actor)


def _split(key: str) -> str | None:
    return st.selectbox(
        _("Split"),
        list(SPLITS),
        index=None,
        format_func=lambda code: _(SPLITS[code]),
        placeholder=_("One file"),
        key=f"{key}:split",
    )


def _progress(export_id: int, by: Actor) -> None:
    # Only a file that is still being written is worth asking about every second.
    found = reading.fresh(exports_store.one, export_id)
    if found is not None and found.state == "waiting":
        viewer.fragment(run_every="1s")(_poll)(export_id)
    else:
        _outcome(export_id, by)


def _poll(export_id: int) -> None:
    found = reading.fresh(exports_store.one, export_id)
    if found is not None and found.state != "waiting":
        st.rerun()
    st.caption(_("The file is being written…"))


def _outcome(export_id: int, by: Actor) -> None:
    found = reading.fresh(exports_store.one, export_id)
    if found is None or found.person_id != by.person_id:
        return
    if found.state == "failed":
        st.error(found.why_failed(), icon=":material/error:")
        return
    st.link_button(
        plural("Fetch {count} row", "Fetch {count} rows", found.rows_written or 0),
        f"/x/{export_id}",
        icon=":material/file_download:",
        width="stretch",
    )
