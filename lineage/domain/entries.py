"""Reads a TOML file that people write, key by key; each error is one sentence that says where. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from lineage.domain.canonical import bytes_digest
from lineage.domain.spelling import did_you_mean
from lineage.errors import MalformedPolicy


class Entries:
    """One file being read; `what` is the everyday name of a part of it."""

    def __init__(self, path: str, data: bytes, what: str) -> None:
        """Raises `MalformedPolicy` if the data is not TOML."""
        import tomllib  # few questions come with such a file

        self.path = path
        self._what = what
        try:
            text = data.decode("utf-8-sig")
            self.said = tomllib.loads(text)
        except (
            ValueError,
            RecursionError,
        ) as error:  # not TOML, not text, a number too long, or brackets nested too deeply
            raise MalformedPolicy(f"{path} is not TOML: {error}") from None
        self.lines = text.splitlines()
        self.digest = bytes_digest(data)

    def line_of(self, table: str, number: int) -> int:
        """The line where the n-th `[[table]]` begins; the first line if the table is written in another form."""
        heads = [at for at, line in enumerate(self.lines, 1) if line.partition("#")[0].strip() == f"[[{table}]]"]
        return heads[number - 1] if number <= len(heads) else 1

    def rows(self, said: dict[str, Any], key: str, of: type, what: str) -> list[Any]:
        """The list under a key, each element of one type; empty if there is none."""
        found = said.get(key, [])
        self.must(isinstance(found, list) and all(isinstance(one, of) for one in found), key, f"must be {what}")
        return list(found)

    def known(self, said: dict[str, Any], keys: Sequence[str], where: str) -> None:
        """Raise an error if there are other keys."""
        listed = f"; the keys are {', '.join(keys)}"
        for key in said:
            self.must(key in keys, f"{where}{key}", f"is not a key of {self._what}{did_you_mean(keys, key, listed)}")

    def day(self, where: str, said: object) -> date:
        """The day that a date or a text names; a time is refused."""
        if isinstance(said, date) and not isinstance(said, datetime):
            return said
        try:
            return date.fromisoformat(str(said))
        except (ValueError, RecursionError):
            raise self.wrong(where, f"{_shown(said, str)} is not a day (expected one like 2027-06-30)") from None

    def one_of(self, where: str, said: object, known: Sequence[str], advice: str = "") -> str:
        """The text, which must be one of some."""
        meant = did_you_mean(known, said, f"; {advice}" if advice else "") if isinstance(said, str) else ""
        words = meant.removeprefix("; ") or advice or f"it is one of {', '.join(known)}"
        self.must(said in known, where, f"must not be {_shown(said)}: {words}")
        return str(said)

    def must(self, holds: bool, where: str, said: str) -> None:
        """Raise an error unless the condition holds."""
        if not holds:
            raise self.wrong(where, said)

    def wrong(self, where: str, said: str) -> MalformedPolicy:
        """An error about a part of the file."""
        return MalformedPolicy(f"{self.path}: {where} {said}")


def _shown(said: object, write: Callable[[object], str] = repr) -> str:
    """The value as an error message shows it; a placeholder if it is too long or too deep for Python to print."""
    try:
        return write(said)
    except (ValueError, RecursionError):
        return "something that long or deep"


def text_of(said: object) -> str:
    """A text without surrounding space; empty for anything else."""
    return said.strip() if isinstance(said, str) else ""
