"""The content that a run logged for what it read, in a few words."""

from __future__ import annotations

from typing import Any

from .words import plural

_SHOWN = len("sha256:") + 8  # of a digest
_MOST = 3


def content_said(content: dict[str, Any]) -> str:
    """`content sha256:1a2b3c4d…, 12 objects`, with a note on what is less certain."""
    digest = content["digest"]
    shown = f"{digest[:_SHOWN]}…" if len(digest) > _SHOWN else digest
    objects = plural(content["objects"], "object")
    if content["given"]:
        return f"content {shown}, as was given" + (f", {objects}" if content["objects"] else "")
    return f"content {shown}, {objects if content['complete'] else f'that of the first {objects}'}"


def contents_said(contents: list[dict[str, Any]]) -> str:
    """The same for several runs, each with its run."""
    said = [f"{content_said(one)}, as run {one['run_name']} logged" for one in contents[:_MOST]]
    more = [f"{len(contents) - _MOST} more"] if len(contents) > _MOST else []
    return f"  ({'; '.join([*said, *more])})" if said else ""
