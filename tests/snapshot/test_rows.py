"""Nodes and edges as rows of their tables."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.canonical import canonical
from lineage.domain.records import Json, Node
from lineage.snapshot.rows import node_row

ATOMS = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = ATOMS | st.lists(ATOMS) | st.dictionaries(st.text(), ATOMS)


@given(st.dictionaries(st.text(), VALUES))
def test_details_are_stored_as_canonical_json(details: Json) -> None:
    """Whatever the details of a node hold, they are stored in the one form that is sealed."""
    *_, stored = node_row(Node("id", "model", "name", details=details))
    assert stored == (canonical(details) if details else "{}")
