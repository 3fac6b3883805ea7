"""Which content of a place a run read, as the recording side writes it down and the audit reads it.

A run's input says a place alone. Beside it the run has a parameter, `lineage.content.NAME` for the input NAME, whose text
is a JSON object: how many objects there were, and a digest over their keys, versions or ETags and sizes. It does not name
the place again: whoever reads parameters for places would take it for another one. Whoever may write a run may write this:
it is `logged`.
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
# What each value of a pin may be; anybody may have written it.
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
    """What was at a place when a run read it. Of a single object `version`, `etag` and `sha256` may be known."""

    objects: int  # how many were there; where not `complete`, at least so many
    digest: str  # "sha256:…" over the listing (`digest_of`), or what whoever logged it gave
    complete: bool = True  # False: there were more objects than were looked at, and the digest is of those looked at
    given: bool = False  # True: whoever logged it said so, and nobody looked
    versioned: bool = False  # True: the digest is over version ids, so that each content can be had again
    size: int | None = None  # bytes
    version: str | None = None
    etag: str | None = None
    sha256: str | None = None  # hexadecimal, as S3 or the file's own bytes tell it

    def text(self) -> str:
        """The text of the parameter."""
        said = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) != one.default}
        return json.dumps({"schema": SCHEMA, **said}, separators=(",", ":"))

    def source_types(self) -> list[dict[str, str]]:
        """The same as the `SourceTypes` of a lineage artifact, whose List summary tells nothing else of it."""
        exact = (("S3Version", self.version), ("S3ETag", self.etag))
        own = [{"SourceIdType": kind, "Value": value} for kind, value in exact if value]
        return [*own, {"SourceIdType": "Custom", "Value": f"{SCHEMA} {self.objects} {self.digest}"[:256]}]


def parameter_of(name: str) -> str:
    """The name of the parameter that pins the input of some name."""
    return f"{PREFIX}{name}"


def read_pin(text: Any) -> Pin | None:
    """A pin from the text of a parameter; None where it is none.

    A text that names a place is none, whatever else it says: it may be the only trace of what is there.
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
    """Whether a parameter pins an input, by its name and its text; what is only called alike is any parameter."""
    return name.startswith(PREFIX) and read_pin(text) is not None


def digest_of(listing: Iterable[tuple[str, str, int]]) -> str:
    """The digest of a listing, of each object its key, its version or ETag, and its size, in the order of keys."""
    digest = hashlib.sha256()
    for key, version, size in listing:
        digest.update(f"{key}\t{version}\t{size}\n".encode())
    return f"sha256:{digest.hexdigest()}"
