"""Lists of S3 URIs to ask about: from the command line, from a file or from stdin."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from ..render.words import a_kind
from .filters import is_made
from .options import Decorator
from .strict import option

if TYPE_CHECKING:
    import lineage

STDIN = "-"
# An ARN of SageMaker, what a pasted URL shows, or `kind/name`.
_NAMED = re.compile(r"(?P<arn>arn:[a-z-]+:sagemaker:.*:)?(?P<kind>[a-z-]+)(?::\d*/[^/]*)?/(?P<name>.+)")
_NAME = re.compile(r"[A-Za-z0-9-]+")  # of an endpoint; a bucket with a key has a slash


def from_option(text: str, *names: str) -> Decorator:
    """`--from FILE`, or an option with another name for such a file; it repeats. The function gets the files as `sources`."""
    return option(*(names or ("--from",)), "sources", metavar="FILE", multiple=True, help=text)


exact_option = option(
    "--exact", is_flag=True, help="Take each S3 URI as written, even if it looks like a typo of one that records name."
)


class AskedFor(NamedTuple):
    """An S3 URI to ask about, and where it was written: the file, with its SHA-256. Empty for an argument."""

    where: str
    uri: str
    file: str = ""
    digest: str = ""


def insisted(snapshot: lineage.Snapshot, asked: Sequence[AskedFor], *, exact: bool) -> list[str]:
    """The S3 URIs. Raises `MalformedName` for one that is probably a mistake, with the place where it is written.

    Mistakes are a typo of a location that records name, a wildcard, text after the URI, and an impossible bucket; with `exact`
    only the last.
    """
    import lineage

    places = lineage.NamedPlaces.of(snapshot)
    for one in asked:
        try:
            places.asked(one.uri, exact=exact)
        except lineage.MalformedName as error:
            raise lineage.MalformedName(f"{one.where}{error}") from error
    return [lineage.from_url(one.uri) for one in asked]


def of_policy(policy: lineage.Policy | None) -> list[AskedFor]:
    """The S3 URIs that a policy names as holdouts, each with its line."""
    import lineage

    lines = policy.lines.items() if policy else ()
    return [AskedFor(f"{policy.file} line {line}: ", uri) for uri, line in lines if policy and lineage.is_location(uri)]


def asked_for(uris: tuple[str, ...], sources: tuple[str, ...]) -> list[AskedFor]:
    """The S3 URIs of the command line and of files. Raises `MalformedName` with the line of a wrong one."""
    import lineage

    asked = [AskedFor("", uri) for uri in uris]
    for source in dict.fromkeys(sources):
        asked += _listed(source)
    if not asked:
        raise click.UsageError("missing S3 URI: name one, or a file of them with --from")
    for one in asked:
        try:
            lineage.parse_location(lineage.from_url(one.uri))
        except lineage.MalformedName as error:
            node = f": for an endpoint ask `lineage datasets {shlex.quote(one.uri)}`" if _NAME.fullmatch(one.uri) else ""
            raise lineage.MalformedName(f"{one.where}{_not_data(one.uri) or f'{error}{node}'}") from error
    return asked


def _not_data(asked: str) -> str:
    """What to say of a URL, an ARN or a name of something that is not data; empty where it may be a misspelt location."""
    import lineage

    if lineage.shows_nothing(asked):
        return "this URL names no data: open the bucket or the folder in the S3 console and copy its URL, or give its S3 URI"
    found = _NAMED.fullmatch(lineage.from_url(asked))
    if not found or found["kind"] not in lineage.KINDS:
        return ""
    kind, name = found["kind"], found["name"]
    node = shlex.quote(asked if found["arn"] and "/" in name else f"{kind}/{name}")
    made = f"`lineage datasets {node}` lists its data, " if is_made(kind) else ""
    return f"{name!r} is {a_kind(kind)}, not data: give an S3 URI; {made}`lineage impact {node}` tells what it led to"


def _listed(source: str) -> list[AskedFor]:
    """The S3 URIs of a file. One that holds none is refused: it may be the wrong file, and a gate would pass."""
    if listed := list(_lines(source)):
        return listed
    raise click.UsageError(f"{_named(source)} holds no S3 URI")


def _lines(source: str) -> Iterator[AskedFor]:
    """Each S3 URI of a file, with its line. Blank lines and lines that begin with # are skipped."""
    import lineage

    data = _read(source)
    file, digest = Path(_named(source)).name, lineage.bytes_digest(data)
    for number, line in enumerate(_text(source, data).split("\n"), 1):
        uri = line.strip()
        if uri and not uri.startswith("#"):
            yield AskedFor(f"{_named(source)} line {number}: ", uri, file, digest)


def _read(source: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
    except OSError as error:
        raise click.FileError(source, error.strerror) from error


def _text(source: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{_named(source)} is not UTF-8 text (expected one S3 URI per line)") from error


def _named(source: str) -> str:
    return "stdin" if source == STDIN else source
