"""Titles of pages and sections, and what stands where there is nothing to show."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def page_head(title: str, caption: str | None = None) -> DeltaGenerator:
    """The page's title with a quiet line beside it; returns the place at the right for the page's own controls."""
    return _head(title, caption, level=st.title)


@contextmanager
def section(title: str, caption: str | None = None, *, tall: bool = False) -> Iterator[DeltaGenerator]:
    """A card: what is drawn inside stands under its title. Yields the place at the right of the title for controls.

    `tall` makes cards in neighbouring columns end on one line. Data never goes into `title` or `caption`: they read Markdown.
    """
    with st.container(border=True, height="stretch" if tall else "content"):
        yield _head(title, caption, level=st.subheader)


def empty(title: str, text: str, page: str | None = None, label: str | None = None) -> None:
    """What would be here, why it is not, and the page that brings it (`page` is a name in app_pages)."""
    with st.container(border=True, horizontal_alignment="center", gap="small"):
        st.space("small")
        st.subheader(title, width="content", anchor=False, text_alignment="center")
        st.caption(text, width="content", text_alignment="center")
        if page and label:
            st.page_link(f"app_pages/{page}.py", label=label, icon=":material/arrow_forward:")
        st.space("small")


def _head(title: str, caption: str | None, *, level: Callable[..., DeltaGenerator]) -> DeltaGenerator:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
            level(title, width="content", anchor=False)
            if caption:
                st.caption(caption, width="content")
        return st.container(horizontal=True, vertical_alignment="center", gap="small", width="content")
