"""`lineage merge`."""

from __future__ import annotations

from pathlib import Path

import lineage
from tests.collect.test_merge import two


def test_a_merge_says_what_it_made(run, tmp_path: Path) -> None:
    """It names the new file, the merged ones and the seal, and `snapshot info` and `verify` tell the files apart."""
    a, b = two(tmp_path)
    ran = run("merge", str(a), str(b), "-o", "all.db")
    seal = lineage.snapshot_info(tmp_path / "all.db").crawls[-1]["seal"]
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"all.db holds {a} and {b}; its seal is {seal}: keep it somewhere else, or sign the file\n"
    there = {path.name: lineage.snapshot_info(path).crawls[0]["seal"] for path in (a, b)}
    info = run("snapshot", "info", "all.db", "-f", "table").out
    assert [line.strip() for line in info.splitlines() if line.strip().startswith("from")] == [
        f"from  crawl 1 of {name}, {digest}" for name, digest in there.items()
    ]
    verified = run("snapshot", "verify", "all.db", "-f", "table", "--digest", there["a.db"])
    assert verified.code == 4
    assert verified.out.startswith("PROVED IN PART  what was given proves part of all.db, and nothing that came later\n")
    assert "Note: what a.db wrote up to its crawl 1 is proved by the digest" in verified.out
    assert "  merged a.db  1 crawl\n  merged b.db  1 crawl\n" in verified.out


def test_a_merge_that_is_refused_is_one_line(run, tmp_path: Path) -> None:
    """A refused merge says why in one line, and writes nothing."""
    a, b = two(tmp_path)
    ran = run("merge", str(a), str(a), "-o", "all.db")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "was given" in ran.err
    ran = run("merge", str(a), str(b), "-o", "-")
    assert (ran.code, ran.err) == (2, "lineage: a merge writes a file: name it with --out (see lineage merge --help)\n")
    assert not (tmp_path / "-").exists()
    assert not (tmp_path / "all.db").exists()
