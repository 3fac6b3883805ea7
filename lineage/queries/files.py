"""Reads the small files that a caller names: policies, baselines, attestations."""

from __future__ import annotations

from pathlib import Path

from lineage.errors import LineageError, MalformedPolicy


def contents(path: str | Path, what: str) -> bytes:
    """The bytes of a file; `what` it is, for the message.

    Raises `MalformedPolicy` if there is no such file, and `LineageError` with the reason if it cannot be read.
    """
    if not isinstance(path, str | Path):
        raise TypeError(f"expected the path of the {what} as a text or a Path; this is an object of type {type(path).__name__}")
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise MalformedPolicy(f"no {what} at {path}") from None
    except OSError as error:
        raise LineageError(f"{path}: {error.strerror}") from None
