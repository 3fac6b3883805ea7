"""Every target of the fuzzer with a few examples; and a broken promise is reported with an example that breaks it."""

from __future__ import annotations

import pytest
from hypothesis import example, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import main
from tests.fuzz.target import Promise, Target
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("one", TARGETS, ids=lambda one: one.name)
def test_a_promise_holds(one: Target) -> None:
    """Each target holds for a few examples, and for all that once failed."""
    assert one.promise.__doc__
    one.run(settings(max_examples=25))


def small() -> Promise:
    """A promise that the numbers from 10 on break."""

    def small(number: int) -> None:
        assert number < 10

    return small


def test_a_promise_that_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """The shortest breaking example is printed, and once pasted it breaks the promise again, before any other is drawn."""
    broken = Target(small(), {"number": st.integers()})
    assert main(["--minutes", "0"], [broken]) == 1
    printed = capsys.readouterr().out
    assert "small" in printed
    assert "@example(number=10)" in printed
    pasted = Target(example(number=10)(small()), {"number": st.just(1)})
    with pytest.raises(AssertionError):
        pasted.run(settings())
    assert (pasted.examples, pasted.latest) == (1, {"number": 10})


def test_promises_that_hold(capsys: pytest.CaptureFixture[str]) -> None:
    """Each target has a line, and with names only the named ones have."""
    both = [Target(small(), {"number": st.just(1)}), Target(test_promises_that_hold, {})]
    assert main(["--minutes", "0", "small"], both) == 0
    assert capsys.readouterr().out == "small: 1 examples, held\n"
    with pytest.raises(SystemExit):
        main(["other"], both)
