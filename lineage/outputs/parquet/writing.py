"""Writes a snapshot into a folder of Parquet: a file for each table, account and region, and at last the list of them."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lineage.domain.canonical import digest_of
from lineage.domain.names import HOME
from lineage.domain.times import utc
from lineage.domain.version import __version__
from lineage.errors import LineageError
from lineage.outputs.parquet.folder import LISTS, Home, id_of, list_name, lists_in, path_of, replaced_by
from lineage.outputs.parquet.store import Store, pyarrow, scratch_of, store_at, tells_why
from lineage.outputs.parquet.tables import FLAG, MOMENT, PARTS, SCHEMA, TABLES, TEXT, TEXTS, WHOLE, Table
from lineage.snapshot.bulk import Batch
from lineage.snapshot.reading import Snapshot, asks_snapshot

_GROUP: Final = 100_000  # rows of a row group, and rows that are kept in memory
_OPEN: Final = 200  # files that are open at once
_ID: Final = 12  # characters of the id of an export
_BETWEEN: Final = "\0"  # an account and a region; no text in a snapshot has it
_IN_HOME: Final = (("account", "named"), ("region", "there"))  # the groups of `HOME`
_AS_WRITTEN: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d\d[1-9]|\.\d[1-9]0|\.[1-9]00)?Z$"
"""A time that can be written again from its timestamp: the milliseconds are there if they are not zero."""


@asks_snapshot
@tells_why
def export_parquet(snapshot: Snapshot, folder: str | Path) -> dict[str, Any]:
    """Write a snapshot into a folder of Parquet, here or on S3 (`s3://bucket/prefix/`), and return the list of its files.

    What the folder holds of the same accounts and regions is replaced, and nothing else. The list of the new files is written
    last: until then, whoever goes by the lists sees the earlier state. Raises `LineageError`.
    """
    pyarrow()
    store = store_at(folder)
    places = snapshot.scope().places
    name, made = list_name(places), _id(snapshot)
    replaced_by(places, name, lists_in(store), store.name)
    with scratch_of(store) as scratch:
        files = [file for table in TABLES for file in _written(snapshot, table, made, scratch)]
        snapshot.insist_untouched()
        return _published(store, scratch, name, _list_of(snapshot, made, files))


def _id(snapshot: Snapshot) -> str:
    """The same for the same content, as its seal proves. While a crawl is running, or was interrupted, it has none."""
    seal = _seal(snapshot)
    return digest_of([seal, SCHEMA, __version__]).removeprefix("sha256:")[:_ID] if seal else secrets.token_hex(_ID // 2)


def _seal(snapshot: Snapshot) -> str | None:
    """The digest of the newest seal; None while a crawl is running."""
    return snapshot.seals()[-1].digest if snapshot.sealed() else None


def _list_of(snapshot: Snapshot, made: str, files: list[dict[str, Any]]) -> dict[str, Any]:
    crawls = snapshot.crawls()
    keys = ("id", "started", "finished", "accounts", "regions", "replayed")
    return {
        "schema": SCHEMA,
        "id": made,
        "tool": {"name": "sagemaker-lineage", "version": __version__},
        "places": sorted(snapshot.scope().places),
        "crawls": [{key: getattr(crawl, key) for key in keys} for crawl in crawls],
        "seal": _seal(snapshot),
        "tables": {name: _described(table, files, name) for name, table in TABLES.items()},
        "files": files,
    }


def _described(table: Table, files: list[dict[str, Any]], name: str) -> dict[str, Any]:
    rows = sum(file["rows"] for file in files if file["table"] == name)
    return {"rows": rows, "columns": [column._asdict() for column in table.written]}


def _published(store: Store, scratch: Path, name: str, said: dict[str, Any]) -> dict[str, Any]:
    """Put the files into the folder, then the list, and only then delete what it replaces."""
    new = [file["path"] for file in said["files"]]
    try:
        for path in new:
            store.put(scratch / path, path)
        replaced, old = _listed(store, scratch, name, said)
    except BaseException:
        with suppress(OSError, LineageError):  # what went wrong first is told
            _withdraw(store, new)
        raise
    for path in (*(f"{LISTS}/{other}" for other in sorted(replaced - {name})), *old):
        store.delete(path)
    return said


def _listed(store: Store, scratch: Path, name: str, said: dict[str, Any]) -> tuple[set[str], list[str]]:
    """Put the list into the folder, which now may hold more lists than before.

    Gives the names of the lists that it replaces, and the files to delete: theirs, and those that an earlier export was to
    delete when it was killed.
    """
    replaced = replaced_by(frozenset(map(tuple, said["places"])), name, lists_in(store), store.name)
    here = store.files()
    left = {one for export in replaced for one in export.said["replaces"]} & set(map(id_of, here))
    gone = {export.id for export in replaced} | left
    said["replaces"] = sorted(gone - {said["id"]})
    local = scratch / name
    local.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    store.put(local, f"{LISTS}/{name}")
    named = {file["path"] for file in said["files"]}
    return {export.name for export in replaced}, sorted(path for path in here - named if id_of(path) in gone)


def _withdraw(store: Store, paths: list[str]) -> None:
    """Delete files that no list names."""
    listed = {path for export in lists_in(store) for path in export.paths()}
    for path in paths:
        if path not in listed:
            store.delete(path)


# --- one table ------------------------------------------------------------------------------------------


def _written(snapshot: Snapshot, name: str, made: str, scratch: Path) -> list[dict[str, Any]]:
    """Write the files of a table; one without rows if it has none, because readers insist on a file."""
    table = TABLES[name]
    parts = _Parts(scratch, name, table, made)
    for batch in table.read(snapshot):
        parts.add(batch)
    return parts.close() or parts.without_rows(min(snapshot.scope().places, default=(None, None)))


class _Parts:
    """The files of a table while they are written, one for each account and region.

    Rows are kept until there are enough for a row group, and of many files only some are open: a further one begins if an
    account comes again.
    """

    def __init__(self, scratch: Path, name: str, table: Table, made: str) -> None:
        self._pa, self._pq, self._pc = pyarrow(), pyarrow(".parquet"), pyarrow(".compute")
        self._scratch, self._name, self._table, self._made = scratch, name, table, made
        types = {TEXT: "string", FLAG: "bool_", WHOLE: "int64"}
        self._types = {word: getattr(self._pa, of)() for word, of in types.items()}
        element = self._pa.field("element", self._pa.string())
        self._types |= {MOMENT: self._pa.timestamp("us", "UTC"), TEXTS: self._pa.list_(element)}
        self._schema = self._pa.schema([(column.name, self._types[column.type]) for column in table.written])
        self._kept: dict[Home, list[Any]] = {}
        self._writers: dict[Home, Any] = {}
        self._files: dict[str, dict[str, Any]] = {}

    def add(self, batch: Batch) -> None:
        """Add rows to the parts of their accounts and regions."""
        arrays = self._arrays(batch)
        rows = self._pa.record_batch([arrays[name] for name in self._schema.names], schema=self._schema)
        homes = self._homes(arrays)
        distinct = homes.dictionary.to_pylist()
        for number, home in enumerate(distinct):
            own = rows if len(distinct) == 1 else rows.filter(self._pc.equal(homes.indices, number))
            account, _, region = home.partition(_BETWEEN)
            self._kept.setdefault((account or None, region or None), []).append(own)
        while sum(map(_rows, self._kept.values())) >= _GROUP:
            self._flush(max(self._kept, key=lambda home: _rows(self._kept[home])))

    def _open(self, home: Home) -> Any:
        """The writer of a part of this account and region, whose use is the last one now."""
        if home in self._writers:
            self._writers[home] = self._writers.pop(home)
            return self._writers[home]
        if len(self._writers) >= _OPEN:
            self._writers.pop(next(iter(self._writers))).close()
        number = sum((file["account"], file["region"]) == home for file in self._files.values())
        path = path_of(self._name, home, number, self._made)
        (self._scratch / path).parent.mkdir(parents=True, exist_ok=True)
        self._writers[home] = self._pq.ParquetWriter(self._scratch / path, self._schema, compression="zstd")
        account, region = home
        self._files[path] = {"table": self._name, "account": account, "region": region, "path": path, "rows": 0}
        return self._writers[home]

    def close(self) -> list[dict[str, Any]]:
        """Write what is left, and say which files there are."""
        for home in sorted(self._kept, key=str):
            self._flush(home)
        while self._writers:
            self._writers.popitem()[1].close()
        return [self._files[path] | {"bytes": (self._scratch / path).stat().st_size} for path in sorted(self._files)]

    def without_rows(self, home: Home) -> list[dict[str, Any]]:
        """Write one file without rows."""
        self._open(home)
        return self.close()

    def _flush(self, home: Home) -> None:
        rows = self._pa.Table.from_batches(self._kept.pop(home))
        self._open(home).write_table(rows, row_group_size=_GROUP)
        last = [file for file in self._files.values() if (file["account"], file["region"]) == home][-1]
        last["rows"] += rows.num_rows

    # --- values ---------------------------------------------------------------------------------------

    def _arrays(self, batch: Batch) -> dict[str, Any]:
        """The columns of the file, and those of its path if rows have them."""
        codes = self._pa.array(batch.codes, self._pa.int32())
        types = {column.name: column.type for column in self._table.columns} | dict.fromkeys(PARTS, TEXT)
        made = {name: array for name, values in batch.columns.items() for name, array in self._typed(name, types[name], values)}
        for name, values in batch.shared.items():
            made |= {one: array.take(codes) for one, array in self._typed(name, types[name], values)}
        return made | {"snapshot": self._pa.repeat(self._made, len(next(iter(batch.columns.values()))))}

    def _typed(self, name: str, of: str, values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
        if of == MOMENT:
            yield from zip((name, f"{name}_text"), self._moments(values), strict=True)
        else:
            yield name, self._pa.array(map(bool, values) if of == FLAG else values, self._types[of])

    def _homes(self, arrays: dict[str, Any]) -> Any:
        """The account and region of each row as one text, as a dictionary."""
        found = [arrays[part] for part in PARTS] if PARTS[0] in arrays else self._named_by(arrays)
        if not found:
            return self._pa.repeat(_BETWEEN, len(arrays["snapshot"])).dictionary_encode()
        known = [self._pc.fill_null(array, "") for array in found]
        return self._pc.binary_join_element_wise(*known, _BETWEEN).dictionary_encode()

    def _named_by(self, arrays: dict[str, Any]) -> list[Any]:
        """The account and region that the first end with an account names."""
        found: list[Any] = []
        for end in self._table.ends:
            lacking = self._pc.is_null(found[0]) if found else None
            said = self._pc.extract_regex(arrays[end].filter(lacking) if found else arrays[end], HOME)
            own = [self._pc.coalesce(*(self._part(said, name) for name in names)) for names in _IN_HOME]
            found = [self._pc.replace_with_mask(array, lacking, one) for array, one in zip(found, own, strict=False)] or own
        return found

    def _part(self, said: Any, name: str) -> Any:
        part = self._pc.struct_field(said, name)
        return self._pc.if_else(self._pc.equal(part, ""), None, part)

    def _moments(self, values: Sequence[str | None]) -> tuple[Any, Any]:
        """Timestamps, and the texts that say more than these: that a time is unknown, or how it was written."""
        texts = self._pa.array(values, self._types[TEXT])
        plain = self._pc.match_substring_regex(texts, _AS_WRITTEN)
        others = self._pc.if_else(plain, None, texts)
        if not self._pc.any(self._pc.greater(self._pc.utf8_length(others), 0)).as_py():
            with suppress(ValueError):  # a day that no month has
                return self._pc.if_else(plain, texts, None).cast(self._types[MOMENT]), others
        found = [_moment(value) for value in values]  # one by one, for few are written otherwise
        others = self._pa.array(map(_unless_same, values, found), self._types[TEXT])
        return self._pa.array(found, self._types[MOMENT]), others


def _rows(batches: Iterable[Any]) -> int:
    return sum(batch.num_rows for batch in batches)


def _moment(text: str | None) -> datetime | None:
    """The moment that a text names, in UTC; None if it names none."""
    try:
        found = datetime.fromisoformat(text or "")
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _unless_same(text: str | None, moment: datetime | None) -> str | None:
    return None if text is None or (moment and utc(moment) == text) else text
