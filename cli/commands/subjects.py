"""Lists of S3 URIs that a question is asked of: from the command line, from a file or from stdin."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from .options import Decorator

STDIN = "-"


def from_option(text: str, *names: str) -> Decorator:
    """`--from FILE`, or an option of other names that takes such a file; the function is given it as `source`."""
    return click.option(*(names or ("--from",)), "source", metavar="FILE", help=text)


def asked_for(uris: tuple[str, ...], source: str | None) -> list[str]:
    """The S3 URIs of the command line and of a file, each checked. Raises `MalformedName`, with the line of a wrong one."""
    import lineage

    asked = []
    for where, uri in (*(("", uri) for uri in uris), *(_lines(source) if source else ())):
        try:
            lineage.parse_location(uri)
        except lineage.MalformedName as error:
            raise lineage.MalformedName(f"{where}{error}") from error
        asked.append(uri)
    if not asked:
        raise click.UsageError(f"no S3 URI in {_named(source)}" if source else "name an S3 URI, or a file of some with --from")
    return asked


def _lines(source: str) -> Iterator[tuple[str, str]]:
    """Each S3 URI of a file, with where it stands; blank lines and those that begin with # are left out."""
    for number, line in enumerate(_text(source).split("\n"), 1):
        uri = line.strip()
        if uri and not uri.startswith("#"):
            yield f"{_named(source)} line {number}: ", uri


def _text(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise click.FileError(source, error.strerror) from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{_named(source)} is no UTF-8 text: give a file with one S3 URI a line") from error


def _named(source: str | None) -> str:
    return "stdin" if source == STDIN else str(source)
