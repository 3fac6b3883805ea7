"""Lines without a terminal, with their full text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.tree import Tree

from cli.render.lines import _drawn, hole_lines, printed, printed_in_pieces, styled
from lineage.domain.records import Resource
from tests.records import training
from tests.snapshot.test_file import crawl
from tests.work import grows_straight


@pytest.mark.parametrize(("number", "shown", "more"), [(3, 3, []), (50, 50, []), (1_234, 50, ["1,184 more: no-channels"])])
def test_many_holes_of_one_reason_are_counted(number: int, shown: int, more: list[str]) -> None:
    """Of many gaps with one reason some are shown, and the rest are counted; the few with another reason are shown."""
    common = {"account": "1", "region": "r", "operation": ""}
    holes = [common | {"subject": f"j{at}", "reason": "no-channels", "detail": f"job {at}"} for at in range(number)]
    other = common | {"subject": "x", "reason": "denied", "detail": "not for you"}
    lines = printed(*hole_lines([*holes, other]), colour=False).splitlines()
    assert (sum("  job " in line for line in lines), lines[-1]) == (shown, "  1 r  denied  not for you")
    assert [line for line in lines if "more" in line] == [f"  … and {one}; --format json lists them all" for one in more]


@pytest.mark.parametrize("text", ["x" * 12_000, "   two  words  ", "[bold]:smile: 4711 é ✓", ""])
def test_a_line_is_what_its_pieces_say(text: str) -> None:
    """Without a terminal nothing is cut, coloured or read as markup; only trailing spaces are left out."""
    assert printed(styled(("used", "bold red"), text), styled("next"), colour=False) == f"{f'used{text}'.rstrip()}\nnext\n"


def test_what_no_line_should_hold_is_marked() -> None:
    """An end of line becomes a space, and terminal controls become pictures or escapes, because other people choose names."""
    line = styled("a\tb\a\nd\x1b[31m", ("c\x9b", "bold"))
    assert printed(line, colour=False) == "a b␇ d␛[31mc\\u009b\n"


def test_a_key_of_s3_steers_no_terminal_and_makes_no_line(run: Any, tmp_path: Path) -> None:
    """A key with an escape and a line end stays in its line, in tables, in lines, and in what a check says on stderr."""
    key = "s3://d/x\x1b[2Jy\nlineage check: 0 errors/"
    crawl(tmp_path / "s.db", training("j", {"train": key}))
    shown = "s3://d/x␛[2Jy lineage check: 0 errors/"
    for verb in (("ls", "kind:dataset"), ("show", "training-job/j"), ("check", "training-job/j")):
        ran = run(*verb, "-f", "table", "--snapshot", "s.db")
        assert "\x1b" not in ran.out + ran.err
        assert not any(line.startswith("lineage check: 0 errors/") for line in (ran.out + ran.err).splitlines())
        assert shown in ran.out
    assert shown in run("check", "training-job/j", "-o", "x.json", "--snapshot", "s.db").err


def test_many_holes_that_are_alike_are_folded() -> None:
    """Of many deleted jobs the first are shown and the rest counted; notes that differ, or say what was read, are complete."""
    where = {"account": "1", "region": "r"}
    gone = [
        where | {"operation": "DescribeTrainingJob", "subject": f"j{n}", "reason": "missing", "detail": f"job {n}"}
        for n in range(9)
    ]
    reads = [
        where | {"operation": "", "subject": f"efs://{n}", "reason": "unresolved", "detail": f"reads {n}"} for n in range(9)
    ]
    told = [line.plain for line in hole_lines([*gone, *reads, gone[0] | {"reason": "denied"}])]
    assert told[:5] == [f"  1 r  missing  DescribeTrainingJob j{n}: job {n}" for n in range(5)]
    assert told[5] == "  … and 4 more: DescribeTrainingJob missing; --format json lists them all"
    assert told[6:] == [*(f"  1 r  unresolved  reads {n}" for n in range(9)), "  1 r  denied  DescribeTrainingJob j0: job 0"]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ([], "1 training job read s3://d/x/"),
        ([training("b", {}, HyperParameters={"d": "s3://d/x/"})], "1 training job read s3://d/x/; 1 more may have read it"),
    ],
    ids=["nobody else", "one else"],
)
def test_more_are_others(run: Any, tmp_path: Path, others: list[Resource], said: str) -> None:
    """A job that read the data, and also names it, is counted once, by its most certain use."""
    both = training("a", {"train": "s3://d/x/"}, HyperParameters={"d": "s3://d/x/"})
    crawl(tmp_path / "s.db", both, *others)
    told = run("used", "s3://d/x/", "-f", "table", "--snapshot", str(tmp_path / "s.db")).out.splitlines()[0]
    assert told.endswith((said, said.replace("1 training", "at least 1 training")))


def test_many_lines_are_printed_in_pieces() -> None:
    """Ten thousand lines come in pieces with the text of all of them, and no line is asked for before its piece is wanted."""
    asked: list[int] = []
    lines = (styled(("line ", "bold"), f"{number}") for number in range(10_000) if not asked.append(number))  # type: ignore[func-returns-value]
    pieces = printed_in_pieces(lines, colour=False)
    assert next(pieces).startswith("line 0\nline 1\n")
    assert len(asked) < 2000
    assert "".join(pieces).endswith("\nline 9999\n")


LABELS = st.text(st.sampled_from("ab · 漢é\u200d\x1b "), max_size=6)
GROWN = st.lists(st.tuples(LABELS, st.integers(0, 8)), max_size=8)


@given(LABELS, GROWN)
def test_a_tree_has_the_text_that_rich_draws(head: str, grown: list[tuple[str, int]]) -> None:
    """A tree that is printed without colours has the guides of rich, whatever its shape and its labels."""
    branches = [Tree(styled((head, "bold")))]
    for label, above in grown:
        branches.append(branches[above % len(branches)].add(styled(label)))
    assert printed(branches[0], colour=False) == _drawn([branches[0]], terminal=False)


def test_a_deep_tree_keeps_its_labels_and_takes_no_longer_for_each_line() -> None:
    """A chain of thousands of trainings is printed whole, and a line takes the same work however deep it is."""

    def chain(depth: int) -> Callable[[], str]:
        tree = branch = Tree(styled("0"))
        for number in range(1, depth):
            branch = branch.add(styled(f"{number}"))
        return lambda: printed(tree, colour=False)

    assert grows_straight(chain, 1500)
    assert chain(3000)().endswith("└── 2999\n")
