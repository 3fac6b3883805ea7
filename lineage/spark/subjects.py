"""The subjects of a bulk question: a list, a file or a DataFrame of URIs, each checked before anything is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, cast

from lineage.domain.given import texts
from lineage.domain.names import Location, parse_location
from lineage.domain.urls import from_url
from lineage.errors import LineageError, MalformedName

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Subjects: TypeAlias = "Iterable[str] | Path | DataFrame"
"""URIs; the path of a file with one in a line; or a DataFrame with one column."""


class Subject(NamedTuple):
    """A subject as it was given, its position there, and its place."""

    number: int
    given: str
    place: Location


def subjects_in(given: Subjects) -> list[Subject]:
    """All subjects. Raises `MalformedName` with the number of a wrong one, and `LineageError` if there is none."""
    where, uris = _listed(given)
    found = [Subject(number, uri, _place(uri, f"{where}{number}: ")) for number, uri in uris]
    if not found:
        raise LineageError(f"{where.partition(' line')[0] or 'the list'} holds no S3 URI")
    return found


def _listed(given: Subjects) -> tuple[str, list[tuple[int, str]]]:
    """What the number of a subject is called, and the subjects with their numbers."""
    if isinstance(given, Path):
        lines = enumerate(map(str.strip, read_list(given, "one S3 URI per line").split("\n")), 1)
        return f"{given} line ", [(number, line) for number, line in lines if line and not line.startswith("#")]
    if hasattr(given, "toLocalIterator"):
        frame = cast("DataFrame", given)
        if len(frame.columns) != 1:
            raise LineageError(f"subjects are a DataFrame of one column; this one has {', '.join(frame.columns)}")
        return "row ", [(number, _insisted(row[0], number)) for number, row in enumerate(frame.toLocalIterator(), 1)]
    return "subject ", list(enumerate(texts(given, "subjects"), 1))


def _insisted(uri: object, number: int) -> str:
    if not isinstance(uri, str):
        raise LineageError(f"row {number}: subjects are texts, not {uri!r}")
    return uri


def read_list(path: Path, expected: str) -> str:
    """The text of a file that a question comes with. Raises `LineageError`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise LineageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise LineageError(f"{path} is not UTF-8 text (expected {expected})") from None


def _place(uri: str, where: str) -> Location:
    try:
        return parse_location(from_url(uri))
    except MalformedName as error:
        raise MalformedName(f"{where}{error}") from None
