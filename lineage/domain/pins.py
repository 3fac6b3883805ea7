"""Which content of a place a run read: written by the recording side, read by the audit.

A run's input names only a place. The run also has a parameter, `lineage.content.NAME` for the input NAME. Its text is a JSON
object: the number of objects, and a digest over their keys, versions or ETags and sizes. It does not repeat the place: a reader
that looks for places in parameters would count it as another one. Anyone who may write a run may write this: it is `logged`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Final

from lineage.domain.nesting import parsed_text

PREFIX: Final = "lineage.content."
SCHEMA: Final = "lineage.content/1"
_TEXT, _FLAG = (str, type(None)), (bool,)
# The type of each value of a pin; anybody may have written it.
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "objects": (int,),
    "digest": (str,),
    "size": (int, type(None)),
    **dict.fromkeys(("complete", "given", "versioned"), _FLAG),
    **dict.fromkeys(("version", "etag", "sha256"), _TEXT),
}
_NAMES_A_PLACE: Final = ("://", "arn:")


@dataclass(frozen=True, slots=True)
class Pin:
    """What was at a place when a run read it. For a single object, `version`, `etag` and `sha256` may be known."""

    objects: int  # the number of objects; a lower bound if not `complete`
    digest: str  # "sha256:…" over the listing (`digest_of`), or the one that the person who logged it gave
    complete: bool = True  # False: there were more objects than were listed, and the digest covers those listed
    given: bool = False  # True: the person who logged it said so, and nothing was listed
    versioned: bool = False  # True: the digest covers version ids, so each content can be fetched again
    size: int | None = None  # bytes
    version: str | None = None
    etag: str | None = None
    sha256: str | None = None  # hexadecimal, from S3 or from the bytes of the file

    def text(self) -> str:
        """The text of the parameter."""
        said = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        return json.dumps({"schema": SCHEMA, **said}, separators=(",", ":"))

    def source_types(self) -> list[dict[str, str]]:
        """The same as the `SourceTypes` of a lineage artifact: the only part of it in the artifact's List summary."""
        exact = (("S3Version", self.version), ("S3ETag", self.etag))
        own = [{"SourceIdType": kind, "Value": value} for kind, value in exact if value]
        return [*own, {"SourceIdType": "Custom", "Value": f"{SCHEMA} {self.objects} {self.digest}"[:256]}]


def parameter_of(name: str) -> str:
    """The name of the parameter that pins the input with this name."""
    return f"{PREFIX}{name}"


def read_pin(text: Any) -> Pin | None:
    """A pin from the text of a parameter; None if it is not one.

    A text that names a place is never a pin: it may be the only trace of the data there.
    """
    try:
        said = parsed_text(text)
        if said.pop("schema") != SCHEMA:
            return None
        names_a_place = any(mark in json.dumps(said, ensure_ascii=False).casefold() for mark in _NAMES_A_PLACE)
        known = {name: said[name] for name in Pin.__slots__ if name in said}
        pin = Pin(**known)
    except (TypeError, ValueError, KeyError, AttributeError, RecursionError):
        return None
    sound = all(type(getattr(pin, name)) in types for name, types in _TYPES.items()) and pin.objects >= 0
    return pin if sound and not names_a_place else None


def is_pin(name: str, text: Any) -> bool:
    """Whether a parameter pins an input: both its name and its text must fit."""
    return name.startswith(PREFIX) and read_pin(text) is not None


def digest_of(listing: Iterable[tuple[str, str, int]]) -> str:
    """The digest of a listing: the key, the version or ETag, and the size of each object, in the order of keys."""
    digest = hashlib.sha256()
    for key, version, size in listing:
        digest.update(f"{key}\t{version}\t{size}\n".encode())
    return f"sha256:{digest.hexdigest()}"
