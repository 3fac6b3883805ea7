"""An in-toto Statement v1 over the snapshot file and the reports made from it: to be signed with cosign, GPG or KMS.

Its subjects are files by name and SHA-256, its predicate says what the snapshot covers. It is not signed, and proves no more
than that a file is the one that was hashed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from lineage.domain.records import Json
from lineage.errors import LineageError, MalformedName
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import document
from lineage.queries.coverage import coverage
from lineage.queries.every_hole import vouched_for
from lineage.queries.verify import file_digest

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:lineage:coverage:1"


def write_in_toto(chosen: Chosen, subject: Iterable[str] = ()) -> Iterator[str]:
    """The statement about the snapshot and the files named by `subject`. Raises `LineageError` for one that can't be read."""
    if chosen.selector:
        raise MalformedName("in-toto is about files: leave the selector out, and name reports with --subject")
    paths = [chosen.snapshot.path, *map(Path, subject)]
    names = [path.name for path in paths]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MalformedName(f"two files are named {twice[0]}: the statement tells files by their names")
    said = coverage(chosen.snapshot) | (vouched_for(chosen.snapshot, chosen.vouched) if chosen.vouched.said else {})
    predicate = {"producer": chosen.tool} | {name: value for name, value in said.items() if name != "question"}
    statement = {
        "_type": STATEMENT,
        "subject": [_subject(path) for path in sorted(paths, key=lambda path: path.name)],
        "predicateType": PREDICATE,
        "predicate": predicate,
    }
    yield document(statement)


def _subject(path: Path) -> Json:
    try:
        return {"name": path.name, "digest": {"sha256": file_digest(path)}}
    except OSError as error:
        raise LineageError(f"{path}: {error.strerror}: a subject must be a file that can be read") from error
