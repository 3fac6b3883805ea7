"""What the commands share: the snapshot option, formats, output files."""

from __future__ import annotations

import contextlib
import functools
import gc
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import click

from ..constants import DEFAULT_SNAPSHOT
from ..render.lines import WIDE
from ..render.words import is_screen, say
from .completing import complete_file, complete_kind, complete_list
from .strict import option, twice

if TYPE_CHECKING:
    import lineage

_DATABASE = b"SQLite format 3\x00"  # the first bytes of each file of SQLite
ORDERS = {"asc": "Ascending", "ascending": "Ascending", "desc": "Descending", "descending": "Descending"}

Command = TypeVar("Command", bound=Callable[..., Any])


def uncollected(answering: Command) -> Command:
    """Switch the garbage collector off: an answer has many small objects without cycles, and searching them costs time."""

    @functools.wraps(answering)
    def run(*args: Any, **words: Any) -> Any:
        collecting = gc.isenabled()
        gc.disable()
        try:
            return answering(*args, **words)
        finally:
            if collecting:
                gc.enable()

    return cast("Command", run)


class Decorator(Protocol):
    """Adds options to a command."""

    def __call__(self, command: Command, /) -> Command: ...


def snapshot_option(command: Command) -> Command:
    """`--snapshot` after the command. The function gets the path that applies as `snapshot`."""
    return option(
        "--snapshot",
        metavar="FILE",
        callback=_snapshot_path,
        shell_complete=complete_file,
        help=f"The snapshot file (default: {DEFAULT_SNAPSHOT}; environment: LINEAGE_SNAPSHOT).",
    )(command)


def attestations_option(command: Command) -> Command:
    """`--attestations` and `--no-attestations`.

    The function gets `vouched`: the keyword argument for a question, or nothing.
    """

    @functools.wraps(command)
    def run(*args: Any, attestations: str | None, no_attestations: bool, **words: Any) -> Any:
        if attestations and no_attestations:
            raise click.UsageError("--attestations and --no-attestations exclude each other: give one of them")
        file = None if no_attestations else attestations or os.environ.get("LINEAGE_ATTESTATIONS")
        return command(*args, vouched={"attestations": _attestations(file)} if file else {}, **words)

    bare = option("--no-attestations", is_flag=True, help="Ignore attestations: every gap counts.")
    said = "File of the gaps that people vouch for (environment: LINEAGE_ATTESTATIONS; see `gaps --attest-template`)."
    return option("--attestations", metavar="FILE", shell_complete=complete_file, help=said)(bare(cast("Command", run)))


def _attestations(file: str) -> lineage.Attestations:
    """The attestations of a file, with a warning for each one that does not count today."""
    import lineage

    found = lineage.load_attestations(file)
    for void in found.void():
        say(f"lineage: {void}")
    return found


def _snapshot_path(context: click.Context, _: click.Parameter, value: str | None) -> str:
    named = os.environ.get("LINEAGE_SNAPSHOT")
    said = context.ensure_object(dict)
    said["by_environment"] = bool(named and not value and not said.get("snapshot"))
    return chosen_snapshot(context, value, named or DEFAULT_SNAPSHOT)


def chosen_snapshot(context: click.Context, value: str | None, default: str) -> str:
    """The file of `--snapshot` after the command, or before it, or the default."""
    said = context.ensure_object(dict)
    if value and said.get("snapshot") not in (None, value):
        raise click.UsageError(twice("--snapshot", [str(said["snapshot"]), value]))
    said["snapshot"] = value or said.get("snapshot") or default
    _must_be_local(str(said["snapshot"]))
    return str(said["snapshot"])  # used when a failure is explained


def _must_be_local(file: str) -> None:
    """Refuse file names that would otherwise only be reported as missing."""
    if re.match(r"[a-z0-9]+://", file, re.IGNORECASE):
        copy = f": copy it here with `aws s3 cp {file} .`" if file[:5].lower() == "s3://" else ": download it"
        raise click.UsageError(f"the snapshot must be a local file, and {file} is not{copy}")
    if file.startswith("~") and not Path(file).exists():
        raise click.UsageError(f"the shell did not expand the ~ of {file}: write it without quotes, or give the whole path")


# Formats that only some commands have, with these commands.
_ELSEWHERE = {
    **dict.fromkeys(("dot", "png", "svg"), "`lineage draw` makes pictures"),
    **dict.fromkeys(("cyclonedx", "graphml", "mermaid", "openlineage"), "`lineage export` has it"),
    **dict.fromkeys(("junit", "sarif"), "`lineage check` has it"),
    "pdf": "`lineage report` has it",
}


class Choice(click.Choice[str]):
    """One of a few words. For any other word, the message names similar ones, or all."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            import lineage

            words = [str(word) for word in self.choices]
            if param and param.name == "form" and value in _ELSEWHERE:
                self.fail(f"{value!r} is not valid here: {_ELSEWHERE[value]}", param, ctx)
            listed = f" (expected one of {', '.join(words)})"
            self.fail(f"{value!r} is not valid{lineage.did_you_mean(words, value, listed)}", param, ctx)


class Number(click.IntRange):
    """A whole number in a range; click calls it an integer range."""

    name = "whole number"


def format_option(*names: str, unless: str = "") -> Decorator:
    """`--format`.

    The default is by the extension of the `--out` file, a table on a terminal, or TSV in a pipe.  With the (eager) option that
    `unless` names, something else is written, and the extension means nothing.
    """

    def choose(context: click.Context, _: click.Parameter, value: str | None) -> str:
        out = None if context.params.get(unless) else context.params.get("out")
        return form_of(out, names, value) or ("table" if is_screen(sys.stdout) else "tsv")

    form = option(
        "--format",
        "-f",
        "form",
        type=Choice(names),
        callback=choose,
        help="Output format. Default: by file extension, table on a terminal, TSV otherwise.",
    )
    return lambda command: _wide_option(form(command))


def form_of(out: str | None, names: Iterable[str], asked: str | None = None) -> str:
    """The format that was asked for, otherwise that of the file's extension; empty if it has none.

    Raises `UsageError` for the extension of no format or of another one: no program opens an x.xlsx of tab-separated text. A
    .txt may hold any text.
    """
    suffix = Path(out or "").suffix.removeprefix(".").lower()
    form = _EXTENSIONS.get(suffix, suffix)
    if asked:
        if form in names and suffix != "txt" and asked not in (form, *_ALSO.get(form, ())):
            said = f"its extension says {form}, and --format says {asked}"
            raise click.UsageError(f"{out}: {said}: rename the file, or leave out --format")
        return asked
    if suffix and form not in names:
        known = [name for name, other in _EXTENSIONS.items() if other in names and name not in _ALIASES]
        listed = ", ".join(f".{name}" for name in sorted({*known, *(name for name in names if name not in _UNNAMED)}))
        raise click.UsageError(f"{out}: no format has the extension .{suffix} (expected {listed}): rename it, or add --format")
    return form


# Extensions that differ from the name of their format.
_EXTENSIONS = {"htm": "html", "markdown": "md", "ndjson": "jsonl", "tf": "terraform", "txt": "table", "xml": "junit"}
_ALSO = {"json": ("jsonl", "sarif")}  # formats that may have the extension of another one
_ALIASES = ("htm", "markdown", "ndjson")
_UNNAMED = tuple(_EXTENSIONS[name] for name in ("tf", "txt", "xml"))


def _wide_option(command: Command) -> Command:
    """`--wide`. Code that prints to a terminal finds it in the context."""

    def keep(context: click.Context, _: click.Parameter, wide: bool) -> None:
        context.meta[WIDE] = wide

    said = "Do not fit tables and lines to the terminal: all columns, nothing wrapped."
    return option("--wide", is_flag=True, expose_value=False, callback=keep, help=said)(command)


out_option = option(
    "--out", "-o", metavar="FILE", is_eager=True, shell_complete=complete_file, help="Write to this file (default: -, stdout)."
)


def kind_option(text: str) -> Decorator:
    """`--kind`, which may be repeated, for kinds that have a List call."""

    def known(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
        if not values:
            return values
        import lineage

        wrong = sorted(set(values) - set(lineage.LISTED))
        if wrong:
            meant = lineage.did_you_mean(lineage.LISTED, wrong[0], ": `lineage kinds` lists them")
            raise click.BadParameter(f"no kind {wrong[0]!r}{meant}")
        return values

    return option("--kind", "kinds", metavar="KIND", multiple=True, callback=known, shell_complete=complete_kind, help=text)


_NO_VERDICT = "name at least one verdict"


def fail_on_option(*verdicts: str, more: str = "") -> Decorator:
    """`--fail-on`: the verdicts on which a gate fails."""

    def parse(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
        asked = tuple(filter(None, (word.strip().lower() for value in values for word in value.split(","))))
        if values and not asked:
            raise click.UsageError(f"--fail-on is empty: {_NO_VERDICT}")
        wrong = sorted(set(asked) - set(verdicts))
        if wrong:
            import lineage

            raise click.BadParameter(lineage.no_such("verdict", wrong[0], verdicts))
        return asked

    return option(
        "--fail-on",
        metavar="VERDICT,…",
        multiple=True,
        need=_NO_VERDICT,
        callback=parse,
        shell_complete=complete_list(verdicts),
        help=f"Exit with code 1 if the verdict is one of these: {', '.join(verdicts)}.{more}",
    )


class NotWritten(click.FileError):
    """The output could not be written: why, and what to do."""

    def __init__(self, message: str) -> None:
        super().__init__("")
        self.said = message

    def format_message(self) -> str:
        return self.said


def write(content: str | bytes | Iterable[str], out: str | None) -> None:
    """Write to stdout or to a file. A file is replaced completely or not at all. A device or a pipe is written to directly.

    Content that comes in pieces is written in pieces and is never held in memory as a whole.
    """
    whole = [content] if isinstance(content, (str, bytes)) else content
    data = (piece.encode() if isinstance(piece, str) else piece for piece in whole)
    if out in (None, "", "-"):
        if sys.stdout is None:
            raise NotWritten("stdout is closed: name a file with --out")
        sys.stdout.flush()
        sys.stdout.buffer.writelines(data)
        sys.stdout.buffer.flush()
        return
    try:
        _write_file(data, Path(str(out)))
    except BrokenPipeError:
        raise
    except FileNotFoundError as error:
        folder = Path(str(out)).parent
        raise NotWritten(f"there is no folder {folder}: make it, or name another file") from error
    except IsADirectoryError as error:
        raise NotWritten(f"{out} is a folder: name a file in it") from error
    except OSError as error:
        raise click.FileError(str(out), error.strerror) from error


def _write_file(data: Iterable[bytes], target: Path) -> None:
    if target.is_file() and _is_database(target):
        raise click.UsageError(f"{target} is a database, perhaps the snapshot, and is not overwritten: name another file")
    if target.exists() and not target.is_file():
        with target.open("wb") as device:
            device.writelines(data)
        return
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
    target = target.resolve()  # a link stays a link
    import tempfile  # few commands write a file

    handle, scratch = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(data)
        Path(scratch).chmod(mode)
        Path(scratch).replace(target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(scratch).unlink()
        raise


def write_folder(files: Mapping[str, Iterable[str]], out: str) -> None:
    """Write several files into a new or an empty folder: all of them or none. Nothing in a folder is replaced."""
    target = Path(out)
    if target.exists() and not target.is_dir():
        raise NotWritten(f"{out} is a file: name a folder")
    if target.is_dir() and any(target.iterdir()):
        raise NotWritten(f"{out} is not empty, and a loader would read all that is in it: name a new folder")
    try:
        _write_files(files, target.resolve())
    except FileNotFoundError as error:
        raise NotWritten(f"there is no folder {target.parent}: make it, or name another folder") from error
    except OSError as error:
        raise click.FileError(out, error.strerror) from error


def _write_files(files: Mapping[str, Iterable[str]], target: Path) -> None:
    import shutil
    import tempfile  # few commands write files

    scratch = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        for name, pieces in files.items():
            with (scratch / name).open("w", encoding="utf-8", newline="") as file:
                file.writelines(pieces)
        scratch.chmod(0o777 & ~_umask())
        scratch.replace(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _is_database(target: Path) -> bool:
    with target.open("rb") as file:
        return file.read(len(_DATABASE)) == _DATABASE


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
