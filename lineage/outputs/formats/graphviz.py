"""Graphviz DOT: the picture of what was chosen, as text."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.pictures.dot import to_dot


def write_dot(chosen: Chosen) -> Iterator[str]:
    """The text, in one piece."""
    yield to_dot(chosen.graph, title=chosen.selector)
