"""Reads the small files that a caller names: policies, baselines, attestations."""

from __future__ import annotations

from pathlib import Path

from lineage.errors import LineageError


def contents(path: str | Path) -> bytes:
    """The bytes of a file. Raises `LineageError` with the file and the reason if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise LineageError(f"{path}: {error.strerror}: look at its name, and at the folder from which it is read") from None
    except OSError as error:
        raise LineageError(f"{path}: {error.strerror}") from None
