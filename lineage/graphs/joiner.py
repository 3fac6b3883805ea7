"""Which code joins a graph: only the same code knows how to change a graph that it joined before."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from lineage.domain.version import __version__

_JOINS = ("domain", "graphs", "snapshot")  # the parts of the package on which the graph depends


@cache
def joiner() -> str:
    """The version of lineage with a digest of the code: between two releases many builds have one version."""
    digest = sha256()
    for part in _JOINS:
        for path, code in _code(files("lineage") / part, part):
            digest.update(f"{path}\n{sha256(code).hexdigest()}\n".encode())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def _code(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for one in sorted(folder.iterdir(), key=lambda one: one.name):
        if one.is_dir():
            yield from _code(one, f"{path}/{one.name}")
        elif one.name.endswith(".py"):
            yield f"{path}/{one.name}", one.read_bytes()
