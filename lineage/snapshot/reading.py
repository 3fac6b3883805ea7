"""One SQLite file: crawls, the records they found, the gaps they left, and the graph joined from them.

Records are stored by content: a later crawl adds versions and removes none. `replace_graph` joins nodes and edges
again at the end of each crawl, in the transaction that commits the crawl, so they always agree.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar, cast

from lineage.domain.called import argument
from lineage.domain.lists import followed, standing
from lineage.domain.opaque import silence
from lineage.domain.records import Counted, Counts, Scope
from lineage.domain.text import counted
from lineage.errors import SnapshotError
from lineage.snapshot.bulk import BulkTables
from lineage.snapshot.compared import ComparedTables
from lineage.snapshot.connection import connect, damaged
from lineage.snapshot.damage import OF_ODD_ROWS, damages, structure, unlike
from lineage.snapshot.earlier import EARLIER
from lineage.snapshot.graph import GraphTables
from lineage.snapshot.ledger import LedgerTables
from lineage.snapshot.manifests import Listings
from lineage.snapshot.merging import MergedTables
from lineage.snapshot.records import RecordTables
from lineage.snapshot.schema import APPLICATION_ID, SCHEMA_VERSION, create
from lineage.snapshot.seals import Hashed, hashed, rows_of
from lineage.snapshot.tables import Row
from lineage.snapshot.writing import Recording

T = TypeVar("T")
QuestionT = TypeVar("QuestionT", bound=Callable[..., Any])
_OFFERED = ("close", "path", "scope")
_SILENT = "SELECT id, kind, name, account, region FROM silent JOIN node USING (id) ORDER BY id"


def open_snapshot(path: str | Path) -> Snapshot:
    """Open a snapshot file to read it. Raises `SnapshotError` for a missing file, another file or a newer schema."""
    if isinstance(path, Snapshot):
        raise TypeError("this is an open snapshot already: ask it as it is")
    if not isinstance(path, str | Path):
        what = type(path).__name__
        raise TypeError(f"open_snapshot takes the path of a file, as 'lineage.db'; this is an object of type {what}")
    return Snapshot(path)


def _insist_file(path: Path) -> None:
    """Raise `SnapshotError` if there is no file to read."""
    if not path.exists():
        raise SnapshotError(f"no snapshot at {path}: {_advice(str(path))}")
    if path.is_dir():
        raise SnapshotError(f"{path} is a folder: name the snapshot file in it")


def _advice(missing: str) -> str:
    """What to do if there is no snapshot: after the demo, its file is probably meant."""
    if missing == "lineage.db" and Path("demo.db").is_file():
        return f"demo.db is here: add {argument('path', value='demo.db')}, or read your account with `lineage crawl`"
    return f"make one with `lineage crawl --snapshot {missing}`, or name another; `lineage demo` makes one to try"


def insist_snapshot(given: object, *, also: str = "") -> None:
    """Raise `TypeError` if a question gets neither a snapshot nor what it `also` takes. The error says what it expects."""
    if isinstance(given, Snapshot):
        return
    file = str(given) if isinstance(given, Path) or (isinstance(given, str) and given.endswith(_ENDING)) else _DEFAULT
    raise TypeError(
        f"ask a snapshot, lineage.open_snapshot({file!r}){also}; this is {_called(given, is_graph_taken=bool(also))}"
    )


_ENDING, _DEFAULT = ".db", "lineage.db"


def _called(given: object, *, is_graph_taken: bool) -> str:
    """What something that is no snapshot is: most often the path of one, or a graph of one."""
    if isinstance(given, str):
        return f"the text {given!r}"
    if isinstance(given, Path):
        return f"the path {str(given)!r}"
    is_graph = isinstance(getattr(given, "graph", None), dict) and not is_graph_taken
    return "a graph, which has no records" if is_graph else f"an object of type {type(given).__name__}"


def asks_snapshot(question: QuestionT) -> QuestionT:
    """A question that looks first whether it is asked of a snapshot."""

    @wraps(question)
    def asked(snapshot: Snapshot, *words: Any, **named: Any) -> Any:
        insist_snapshot(snapshot)
        return question(snapshot, *words, **named)

    return cast("QuestionT", asked)


def _begin(path: Path) -> None:
    """An empty file that only its owner may read, because a snapshot is sensitive. SQLite's side files inherit its mode."""
    with suppress(OSError):  # SQLite reports what is wrong with the path
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _stamp(path: Path) -> tuple[int, ...]:
    """Values that change when a file is replaced or written to; another file at the path has another number."""
    with suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
    return ()


def _insist_no_log(path: Path) -> None:
    """Raise `SnapshotError` if a write-ahead log is beside a file, because SQLite would read it in place of the file's content.

    lineage writes none. Whatever digest or signature the file has, it says nothing of the log.
    """
    log = Path(f"{path.resolve()}-wal")
    with suppress(FileNotFoundError):
        if log.stat().st_size:
            raise SnapshotError(
                f"{path}: {log.name} lies beside it, and lineage never writes one: SQLite would read it in place of the file. "
                "Close the program that has the file open, or move the log away"
            )


class Snapshot(GraphTables, RecordTables, LedgerTables, MergedTables, BulkTables, ComparedTables):
    """An open snapshot file. Use it as a context manager, or call `close`."""

    def __init__(self, path: str | Path, *, writing: bool = False) -> None:
        """Open the file to read it; or, `writing`, prepare a new one that the first `recording` creates."""
        path = Path(path)
        self._existed = path.exists()
        if not writing:
            _insist_file(path)
        elif not self._existed:
            _begin(path)
        _insist_no_log(path)
        number = _stamp(path)[:2]
        mode = "rwc" if writing else "rw"  # rw even to read: this rolls back what a killed crawl left unfinished
        super().__init__(connect(path, mode), path)
        self._is_open = True
        self._remembered_at: tuple[int, int] | None = None
        self._remembered: dict[str, object] = {}
        try:
            self._db.execute(f"PRAGMA query_only = {int(not writing)}")
            self._check(empty=writing)
        except BaseException:
            self.close()
            raise
        self._opened = (*number, *_stamp(self.path)[2:])  # a file that replaced it meanwhile has another number

    def insist_untouched(self) -> None:
        """Raise `SnapshotError` if the file at the path was replaced or changed since it was opened."""
        _insist_no_log(self.path)
        if _stamp(self.path) != self._opened:
            raise SnapshotError(f"{self.path} was written to or replaced while it was read: run the command again")

    def __repr__(self) -> str:
        """The file, and how many crawls are in it. Those of a snapshot that another thread opened cannot be counted."""
        try:
            stands = f": {counted(len(self.crawls()), 'crawl')}" if self._is_open else ": closed"
        except SnapshotError:
            stands = ""
        return f"<Snapshot {self.path}{stands}>"

    def __dir__(self) -> list[str]:
        """What Tab offers. To ask a snapshot there are the functions of the package; the other methods are for those."""
        return [*(name for name in super().__dir__() if name.startswith("_")), *_OFFERED]

    def __reduce__(self) -> NoReturn:
        raise TypeError("a snapshot can't be copied or sent to another process: open one in each process and thread")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            if isinstance(error, OF_ODD_ROWS) and self.holds_crawls() and (found := next(self.damages(), "")):
                raise damaged(self.path, found) from error
        finally:
            self.close()

    def close(self) -> None:
        """Close the file; a new one without any recording is not left behind."""
        self._db.close()
        self._is_open = False
        if not self._existed and self.path.exists() and not self.path.stat().st_size:
            self.path.unlink()

    def holds_crawls(self) -> bool:
        """Whether anything was ever recorded here."""
        return bool(self._one("PRAGMA application_id") == APPLICATION_ID)

    def _check(self, *, empty: bool) -> None:
        """Raise `SnapshotError` for another database, another schema, and an empty file where it may not be `empty`."""
        application, version = (self._one(f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if application != APPLICATION_ID and self._one("SELECT count(*) FROM sqlite_master"):
            raise SnapshotError(f"{self.path} is a database, but not a lineage snapshot: name another file")
        if version > SCHEMA_VERSION:
            raise SnapshotError(
                f"{self.path} was written by a newer lineage (schema {version}, this one reads {SCHEMA_VERSION}): "
                "upgrade sagemaker-lineage"
            )
        if application == APPLICATION_ID and version < SCHEMA_VERSION:
            raise SnapshotError(
                f"{self.path} was written by an earlier lineage (schema {version}, this one writes {SCHEMA_VERSION}): "
                + (f"run `lineage snapshot upgrade {self.path}`" if version == EARLIER else "crawl into a new file")
            )
        if application == APPLICATION_ID and (odd := unlike(self._db)):
            raise damaged(self.path, odd)
        if application != APPLICATION_ID and not empty:
            raise SnapshotError(f"{self.path} is empty: fill it with `lineage crawl --snapshot {self.path}`")

    # --- writing --------------------------------------------------------------------------------

    @contextmanager
    def recording(self) -> Iterator[Recording]:
        """A transaction that stores one crawl: all of it or, on any exception, nothing, not even a new file."""
        fresh = not self._one("SELECT count(*) FROM sqlite_master")
        try:
            self._db.execute("BEGIN IMMEDIATE")
            if fresh:
                create(self._db)
            yield Recording(self._db, self.path)
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    # --- reading --------------------------------------------------------------------------------

    def sealed(self) -> dict[str, tuple[str, bytes]]:
        """By table, its digest and the mark of each row in the newest seal. None while a crawl is running."""
        return {name: (digest, rows) for name, digest, rows in self._rows("SELECT name, digest, rows FROM sealed")}

    def hashed(self, table: str, ends: list[int]) -> Hashed:
        """The current state of a table, hashed like a seal."""
        return hashed(table, rows_of(self._db, table), ends)

    def rows_of(self, table: str) -> Iterator[Row]:
        """The rows of a table that are sealed, in the order of their key."""
        yield from rows_of(self._db, table)

    def structure(self) -> Iterator[str]:
        """What SQLite itself finds wrong with the file."""
        return structure(self._db)

    def damages(self) -> Iterator[str]:
        """What is wrong with the file, as far as can be told: takes as long as reading all of it."""
        return damages(self._db)

    def remembered(self, what: str, read: Callable[[], T]) -> T:
        """What `read` gives, read again only when somebody has written to the file since."""
        at = self._one("PRAGMA data_version"), self._db.total_changes  # by others, and by this connection
        if self._remembered_at != at:
            self._remembered_at, self._remembered = at, {}
        if what not in self._remembered:
            self._remembered[what] = read()
        return cast("T", self._remembered[what])

    def scope(self) -> Scope:
        """What was looked at, and what could not be read. A list counts once the graph holds its results."""
        return self.remembered("scope", self._scope)

    def _scope(self) -> Scope:
        known = self._rows("SELECT id FROM node WHERE observed AND id IN (SELECT subject FROM question WHERE reason != '')")
        subjects = frozenset(row[0] for row in known)
        lists, crawls = self.enumerations(), tuple(self.crawls())
        stand = standing(lists, self.ran_since(followed(lists, crawls)))
        walked = {
            (account, region) for crawl in crawls if crawl.roots for account in crawl.accounts for region in crawl.regions
        }
        places = frozenset(walked | {one.key[:2] for one in lists})
        lookups = tuple(one for one in self.lookups() if one.finished and one.joined)
        counted = tuple(self._counted(places))
        jobs, isolated = (sum(getattr(one.counts, f"{how}training_jobs") for one in counted) for how in ("", "isolated_"))
        silent = tuple(silence(*row) for row in self.silent_rows())
        return Scope(
            crawls,
            tuple(self.gaps(lists)),
            stand.complete,
            subjects,
            places,
            jobs,
            isolated,
            lookups,
            silent=silent,
            counted=counted,
            outdated=stand.outdated,
        )

    def silent_rows(self) -> Iterator[Row]:
        """The jobs that read something that no field of them names: each by id, kind, name, account and region."""
        return self._rows(_SILENT)

    def _counted(self, places: Iterable[tuple[str, str]]) -> Iterator[Counted]:
        """What was read from each account and region, if anything. Jobs of other accounts that records named count too."""
        columns = f"account, region, {', '.join(Counts._fields)}"
        rows = self._sound("counted", columns, self._rows(f"SELECT {columns} FROM counted"))  # noqa: S608  (our own words)
        known = {(account, region): Counts(*numbers) for account, region, *numbers in rows}
        for account, region in sorted({*places, *known}):
            yield Counted(account, region, known.get((account, region), Counts()))

    def modified(self, places: Iterable[str]) -> dict[str, str]:
        """S3's modification times of the objects whose digests were asked for."""
        rows = self._select("place, modified", "content", "place", places)
        return {place: str(modified) for place, modified in rows if modified}

    def listings(self) -> Listings:
        """What manifests list; usable after the snapshot is closed. One object for all questions opens the file once."""
        return self.remembered("listings", lambda: Listings(self.path))
