"""Reads the XML some carriers still send: no entities, no documents within documents, prefixes cut off, depth bounded."""

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from jobs.carriers.http.errors import Unreadable

# Prefixes of names stand for nothing here: carriers do not declare them.
_PREFIX = re.compile(r"(</?)[A-Za-z_][\w.-]*:")
_DEEPEST = 30


def parsed_xml(text: str) -> dict[str, Any]:
    """The root by its name. An element with children is a dict of lists, one without is its text; attributes are dropped.

    Raises Unreadable.
    """
    try:
        root = fromstring(_PREFIX.sub(r"\1", text))
    except (ParseError, DefusedXmlException, ValueError):
        raise Unreadable("the answer is not the XML it should be") from None
    return {root.tag: _element(root, _DEEPEST)}


def _element(element: Element, depth: int) -> Any:
    if not depth:
        raise Unreadable("the answer is nested too deep")
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        found.setdefault(child.tag, []).append(_element(child, depth - 1))
    return found
