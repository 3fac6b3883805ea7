"""Texts in Base64, in which programs pass whole configurations: only those in which an S3 URI is. Pure."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from typing import Final

# How `s3://` is written in Base64, by the number of bytes after a multiple of three at which it begins; and the number of
# characters from the beginning of those four to the first one of the mark. Other characters depend on the bytes around it.
_MARKS: Final = {"czM6Ly": 0, "MzOi8v": 2, "zMzovL": 3}
_RUN = re.compile(r"[A-Za-z0-9+/_-]+")


def texts_in_base64(text: str) -> Iterator[str]:
    """The decoded texts of the parts of a text that are Base64, standard or URL-safe, and hold an S3 URI."""
    if not any(mark in text for mark in _MARKS):
        return
    for run in _RUN.findall(text):
        plain = run.replace("-", "+").replace("_", "/")
        for begin in {(run.find(mark) - shift) % 4: None for mark, shift in _MARKS.items() if mark in run}:
            whole = plain[begin : begin + (len(plain) - begin) // 4 * 4]
            rest = plain[begin + len(whole) :]
            tail = b64decode(rest.ljust(4, "=")) if len(rest) > 1 else b""
            yield (b64decode(whole) + tail).decode(errors="replace")
