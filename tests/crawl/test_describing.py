"""What a crawl asks for one record at a time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lineage.crawl.describing import REFERRING, far
from lineage.domain.canonical import canonical
from lineage.domain.kinds import KINDS, VERSIONED
from tests.records import arn, record

PACKAGE = arn("model-package", "p/1")
PATHS = [
    (kind, reference.path) for kind in REFERRING for reference in KINDS[kind].references if reference.to in VERSIONED
]  # fmt: skip


def body_of(steps: list[str], value: Any) -> Any:
    """A body in which a path leads to a value."""
    if not steps:
        return value
    inner = body_of(steps[1:], value)
    name = steps[0].rstrip("[]{}")
    return {name: [inner] if steps[0].endswith("[]") else json.dumps(inner) if steps[0].endswith("{}") else inner}


@pytest.mark.parametrize(("kind", "path"), PATHS)
def test_a_record_that_may_refer_to_what_no_list_gives_is_looked_at(kind: str, path: str) -> None:
    """The JSON of a record that names a package of another account, or hub content, holds a word by which it is chosen."""
    body = body_of(path.split("."), PACKAGE)
    assert [named.arn for named in far(record(kind, "x", body))] == [PACKAGE]
    escaped = canonical(body).replace('Arn\\"', '\\\\u0041rn\\"')  # a document may write its names in another way
    assert any(word in escaped for word in REFERRING[kind])
