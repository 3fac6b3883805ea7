"""The answers about three accounts stay the same, byte for byte, unless somebody meant to change them."""

from __future__ import annotations

from pathlib import Path

from tests.queries.answers import HEAD, LIST, answers


def test_every_answer_is_the_one_that_was_given_before(tmp_path: Path) -> None:
    """Each question about the bank, about one record of each kind and about a generated account has the answer in the list."""
    before = LIST.read_text(encoding="utf-8").splitlines()
    changed = [line.rpartition("\t")[0] for line in sorted({HEAD, *answers(tmp_path)} ^ {*before})]
    assert not changed, "if that is meant, `python -m tests.queries.answers` writes the list anew"
