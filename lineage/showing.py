"""What shows itself in a notebook. How, the room of exports knows, which comes after those that answer: it is asked by name."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Shows:
    """Something that a notebook shows as a picture and a table, and as a line of text where that fails."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return html_of(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:  # noqa: ARG002  (IPython's)
        return bundle_of(self)


def html_of(shown: Any) -> str | None:
    """HTML of a graph or an answer; None of anything else, and where it can't be made: a notebook takes the text then."""
    try:
        html: str | None = import_module("lineage.exports.notebook").html(shown)
    except Exception:  # noqa: BLE001  (what a notebook shows must never raise)
        return None
    return html


def bundle_of(shown: Any) -> dict[str, str]:
    """The forms of an answer that a notebook chooses from: a line of text, and HTML where it can be made."""
    try:
        plain = str(import_module("lineage.exports.notebook").line(shown))
    except Exception:  # noqa: BLE001  (as above)
        plain = f"<{type(shown).__name__}>"
    html = html_of(shown)
    return {"text/plain": plain} | ({"text/html": html} if html else {})


def register(ipython: Any) -> None:
    """Have IPython show our graphs, which are plain networkx graphs and know nothing of it; others stay as they are."""
    formatter = ipython.display_formatter.formatters["text/html"]
    formatter.for_type_by_name("networkx.classes.multidigraph", "MultiDiGraph", html_of)
