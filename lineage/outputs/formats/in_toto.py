"""An in-toto Statement v1 over the snapshot file and the reports made from it; `lineage snapshot sign` signs the same.

It is not signed. It proves only that a file is the one that was hashed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.errors import MalformedName
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import document
from lineage.signing.statement import statement


def write_in_toto(chosen: Chosen, subject: Iterable[str] = ()) -> Iterator[str]:
    """The statement about the snapshot, which is verified first, and about the files in `subject`.

    Raises `SnapshotError` for a snapshot that changed since it was sealed, `LineageError` for a file that can't be read.
    """
    if chosen.selector:
        raise MalformedName("in-toto is about files: leave the selector out, and name reports with `lineage export --subject`")
    yield document(statement(chosen.snapshot, chosen.tool, subject, chosen.vouched))
