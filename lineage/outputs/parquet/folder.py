"""A folder of Parquet, as its own lists say: which exports it holds, and which files each has.

Each export has one list, a JSON in `_lineage/`, which is written last. Files that no list names are of an export that is not
finished, or was replaced. An export replaces those of the same accounts and regions, and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from lineage.errors import LineageError
from lineage.outputs.parquet.store import Store, store_at, tells_why
from lineage.outputs.parquet.tables import PARTS, SCHEMA, TABLES

LISTS: Final = "_lineage"
NOWHERE: Final = "__HIVE_DEFAULT_PARTITION__"  # Hive's word for null, which every reader knows
_KEYS: Final = {"schema", "id", "places", "replaces", "files"}
Home = tuple[str | None, str | None]
Places = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Export:
    """One export in a folder: the name of its list, and what the list says."""

    name: str
    said: dict[str, Any]

    @property
    def id(self) -> str:
        """What distinguishes the files of this export."""
        return str(self.said["id"])

    @property
    def places(self) -> Places:
        """The accounts and regions that its crawls looked at."""
        return frozenset((account, region) for account, region in self.said["places"])

    def paths(self, table: str = "") -> list[str]:
        """The paths of its files in the folder, of one table or of all."""
        return [file["path"] for file in self.said["files"] if table in ("", file["table"])]


@tells_why
def parquet_files(folder: str | Path, table: str) -> list[str]:
    """The files of one table in a folder of Parquet, in a local folder or on S3, as any reader takes them.

    Raises `LineageError` if the folder holds no export, one of a newer lineage, or two of one account and region, or if a file
    is missing.
    """
    if table not in TABLES:
        raise LineageError(f"there is no table {table!r} (expected one of {', '.join(TABLES)})")
    store = store_at(folder)
    return [store.whole(path) for export in exports_in(store) for path in export.paths(table)]


def exports_in(store: Store) -> list[Export]:
    """The exports that count. Raises `LineageError` if they are not whole, or contradict each other."""
    known = lists_in(store)
    if not known:
        raise LineageError(f"{store.name} holds no finished export: `lineage export -f parquet -o {store.name}` writes one")
    replaced = {one for export in known for one in export.said["replaces"]}
    current = [export for export in known if export.id not in replaced]
    owner: dict[tuple[str, str], Export] = {}
    for export in current:
        for place in sorted(export.places):
            if place in owner:
                both = f"{owner[place].name} and {export.name} in {store.name}/{LISTS}"
                raise LineageError(f"{both} both hold account {' '.join(place)}: delete one of them")
            owner[place] = export
    here = store.files()
    for path in (path for export in current for path in export.paths()):
        if path not in here:
            raise LineageError(f"{store.name} is not whole: {path} is missing: export that account again")
    return current


def lists_in(store: Store) -> list[Export]:
    """All lists in a folder, by name. Raises `LineageError` for one that is of a newer lineage, or is none."""
    return [Export(name, _said(store, f"{LISTS}/{name}")) for name in sorted(store.names(LISTS)) if _is_list(name)]


def _is_list(name: str) -> bool:
    """Whether a file among the lists is one: other programs leave hidden files anywhere."""
    return name.endswith(".json") and not name.startswith(".")


def _said(store: Store, path: str) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(store.read(path))
        family, number = str(said["schema"]).rsplit("/", 1)
        version = int(number)
    except (ValueError, LookupError, TypeError):
        family, version = "", 0
    ours, newest = SCHEMA.rsplit("/", 1)
    if family == ours and version > int(newest):
        newer = f"schema {version}, this one reads {newest}"
        raise LineageError(f"{store.name} was written by a newer lineage ({newer}): upgrade sagemaker-lineage")
    if family != ours or not said.keys() >= _KEYS:
        raise LineageError(f"{store.whole(path)} is not the list of an export: delete it, and export that account again")
    return said


def list_name(places: Iterable[tuple[str, str]]) -> str:
    """The name of the list of an export: the account and region, or how many and a digest of all."""
    every = sorted(places)
    if len(every) == 1:
        return f"{'_'.join(quote(one, safe='') for one in every[0])}.json"
    return f"{len(every)}-places_{hashlib.sha256(json.dumps(every).encode()).hexdigest()[:12]}.json"


def replaced_by(places: Places, name: str, known: Iterable[Export], folder: str) -> list[Export]:
    """The exports that one of these places replaces. Raises `LineageError` if it would replace only a part of one."""
    others = [export for export in known if export.name == name or export.places & places]
    for export in others:
        if export.name != name and not export.places <= places:
            also = ", ".join(" ".join(place) for place in sorted(export.places - places))
            raise LineageError(f"{folder} holds one export of this account together with {also}: name another folder")
    return others


def path_of(table: str, home: Home, number: int, made: str) -> str:
    """Where a file of a partition is in the folder, as Hive names partitions; `made` is the id of its export."""
    parts = (f"{part}={NOWHERE if value is None else quote(value, safe='')}" for part, value in zip(PARTS, home, strict=True))
    return "/".join([table, *parts, f"part-{number}-{made}.parquet"])


def id_of(path: str) -> str:
    """The id of the export that a file is of."""
    return path.rpartition("-")[2].removesuffix(".parquet")
