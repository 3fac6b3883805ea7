"""Where a folder of Parquet is: on this machine, or on S3 by pyarrow's own client."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, ParamSpec, Protocol, TypeVar

from lineage.domain.text import one_line
from lineage.errors import LineageError

UNFINISHED: Final = ".unfinished-"  # how the folder begins in which an export is written; readers ignore what begins with a dot
_S3: Final = "s3://"
_KEYS: Final = re.compile("^s3://[^/]*@")
"""How a URI begins that has keys in it: nobody is told these."""
_DEEP: Final = 4  # the steps of a path: the table, the account, the region and the file
_TRIES: Final = 20  # of putting a file into a folder that others delete
Words = ParamSpec("Words")
Given = TypeVar("Given")


class Store(Protocol):
    """A folder. Paths in it are relative, with slashes."""

    @property
    def name(self) -> str:
        """How people call it."""
        ...

    def whole(self, path: str) -> str:
        """A path as other programs take it."""
        ...

    def names(self, folder: str) -> list[str]:
        """The names in a folder inside it; none if it is not there."""
        ...

    def files(self) -> set[str]:
        """The paths of all files of Parquet."""
        ...

    def read(self, path: str) -> bytes:
        """The content of a file."""
        ...

    def scratch(self) -> Path:
        """A new local folder for files that are put here later; it is removed by who asked for it."""
        ...

    def put(self, local: Path, path: str) -> None:
        """Put a local file here. Who reads the path sees the earlier content until all of the new one is there."""
        ...

    def delete(self, path: str) -> None:
        """Delete a file, if it is there."""
        ...


def pyarrow(part: str = "") -> Any:
    """pyarrow, or a module of it. Raises `LineageError` if it is not installed."""
    from importlib import import_module

    try:
        return import_module(f"pyarrow{part}")
    except ImportError:
        raise LineageError("Parquet needs pyarrow: pip install 'sagemaker-lineage[parquet]'") from None


def store_at(folder: str | Path) -> Store:
    """The folder at a path, or at an `s3://` URI."""
    return _InS3(str(folder)) if str(folder).startswith(_S3) else _Local(Path(folder))


def tells_why(do: Callable[Words, Given]) -> Callable[Words, Given]:
    """What a disk or S3 refuses is a `LineageError` of one line."""

    @wraps(do)
    def run(*given: Words.args, **named: Words.kwargs) -> Given:
        try:
            return do(*given, **named)
        except OSError as error:
            reason = error.strerror or str(error).partition(" (Request ID")[0]
            where = f"{error.filename}: " if error.filename else ""
            raise LineageError(one_line(f"{where}{reason}")) from None

    return run


class _Local:
    """A folder on this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def name(self) -> str:
        return str(self._root)

    def whole(self, path: str) -> str:
        return str(self._root / path)

    def names(self, folder: str) -> list[str]:
        with suppress(FileNotFoundError, NotADirectoryError):
            return [path.name for path in (self._root / folder).iterdir()]
        return []

    def files(self) -> set[str]:
        # not by `glob`, which does not expect that others delete folders
        found = (Path(at, name).relative_to(self._root) for at, _, names in os.walk(self._root) for name in names)
        return {path.as_posix() for path in found if len(path.parts) == _DEEP and path.suffix == ".parquet"}

    def read(self, path: str) -> bytes:
        return (self._root / path).read_bytes()

    def scratch(self) -> Path:
        self._root.mkdir(exist_ok=True)
        return Path(mkdtemp(dir=self._root, prefix=UNFINISHED))

    def put(self, local: Path, path: str) -> None:
        target = self._root / path
        for left in reversed(range(_TRIES)):
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                local.replace(target)
            except FileNotFoundError:  # an export of another account has deleted the folder, which was empty
                if not left:
                    raise
            else:
                return

    def delete(self, path: str) -> None:
        target = self._root / path
        target.unlink(missing_ok=True)
        with suppress(OSError):  # not empty, or not there
            for folder in target.relative_to(self._root).parents[:-1]:
                (self._root / folder).rmdir()


class _InS3:
    """A prefix in S3."""

    def __init__(self, uri: str) -> None:
        """`uri` may have the parameters of pyarrow's S3FileSystem, `?region=…&endpoint_override=…`, and keys: `s3://KEY:SECRET@bucket`."""
        fs = pyarrow(".fs")
        self.name = _KEYS.sub(_S3, uri.partition("?")[0].rstrip("/"))
        try:
            self._files, root = fs.FileSystem.from_uri(uri)
        except ValueError as error:
            raise LineageError(f"{self.name}: {one_line(str(error))}") from None
        self._root: str = root.rstrip("/")
        if not self._root:
            raise LineageError(f"{self.name} names no bucket (expected s3://bucket/prefix/)")
        self._select: Any = fs.FileSelector
        self._is_file: Any = fs.FileType.File

    def whole(self, path: str) -> str:
        return f"{_S3}{self._root}/{path}"

    def names(self, folder: str) -> list[str]:
        return [path.rpartition("/")[2] for path in self._under(folder)]

    def files(self) -> set[str]:
        return {path for path in self._under("") if path.endswith(".parquet")}

    def _under(self, folder: str) -> Iterator[str]:
        inside = self._select(f"{self._root}/{folder}".rstrip("/"), allow_not_found=True, recursive=True)
        found = self._files.get_file_info(inside)
        return (one.path.removeprefix(f"{self._root}/") for one in found if one.type == self._is_file)

    def read(self, path: str) -> bytes:
        with self._files.open_input_stream(f"{self._root}/{path}") as file:
            content: bytes = file.read()
            return content

    def scratch(self) -> Path:
        return Path(mkdtemp(prefix=UNFINISHED))

    def put(self, local: Path, path: str) -> None:
        with local.open("rb") as source, self._files.open_output_stream(f"{self._root}/{path}") as target:
            shutil.copyfileobj(source, target, 1 << 20)

    def delete(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._files.delete_file(f"{self._root}/{path}")


@contextmanager
def scratch_of(store: Store) -> Iterator[Path]:
    """A local folder for what is put into a store, removed at the end."""
    folder = store.scratch()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
