"""Fuzz everything that reads input from people or AWS: `python -m tests.fuzz --minutes 10`.

Each target gets an equal part of the time. For each, a line says how many examples were run and whether its promise held. An
example that fails is made as short as possible and printed as `@example(...)`: paste it below the `@target` of that function in
`tests/fuzz/targets.py`, and it runs first from then on, in CI too. Ctrl-C prints the running example: a slow one is a
finding as well.

Exit codes: 0 every promise held, 1 one did not, 2 a wrong option.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from time import monotonic  # how long to run: nothing is asserted about it

from hypothesis import settings

from tests.fuzz.target import Target
from tests.fuzz.targets import TARGETS

# A round of examples, after which the time is checked; the next one draws others.
ROUND = settings(settings.get_profile("anywhere"), max_examples=100, derandomize=False, report_multiple_bugs=False)


def fuzz(one: Target, go_on: Callable[[], bool]) -> bool:
    """Run rounds of a target for the given time, at least one, and print the result. Whether its promise held."""
    try:
        one.run(ROUND)
        while go_on():
            one.run(ROUND)
    except Exception as error:  # noqa: BLE001 - whatever a promise raises, the others are tried too
        print(f"{one.name}: {one.examples} examples, FAILED: {type(error).__name__}\n  {one.as_example()}", flush=True)
        print("".join(traceback.format_exception(error)), file=sys.stderr)
        return False
    print(f"{one.name}: {one.examples} examples, held", flush=True)
    return True


def _for(seconds: float) -> Callable[[], bool]:
    """Whether this many seconds from now are not over."""
    end = monotonic() + seconds
    return lambda: monotonic() < end


def main(arguments: Sequence[str] | None = None, among: Sequence[Target] = TARGETS) -> int:
    parser = argparse.ArgumentParser(
        "python -m tests.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10, help="for all targets together (default: 10)")
    parser.add_argument("targets", nargs="*", help=f"only these (default: all): {', '.join(one.name for one in among)}")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.targets) - {one.name for one in among}:
        parser.error(f"no target {', '.join(sorted(unknown))}")
    chosen = [one for one in among if one.name in asked.targets or not asked.targets]
    held = True
    for one in chosen:
        try:
            held &= fuzz(one, _for(60 * asked.minutes / len(chosen)))
        except KeyboardInterrupt:
            print(f"{one.name}: {one.examples} examples, stopped at\n  {one.as_example()}")
            return 1
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
