"""The pace: careful at first, slower where AWS throttles, and fast again when it may be."""

from __future__ import annotations

import math
import threading

import pytest

from lineage.crawl.aws.pace import BURST, FIRST, LEAST, MOST, Budget, Pace


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def run(budget: Budget, clock: Clock, allowed: float, seconds: float) -> tuple[int, int]:
    """Call as fast as the budget allows: how many calls succeeded, and how many were throttled."""
    answered = throttled = 0
    tokens, seen, end = allowed, clock.now, clock.now + seconds
    while clock.now < end:
        sent = budget.wait()
        tokens, seen = min(allowed, tokens + (clock.now - seen) * allowed), clock.now
        if tokens >= 1:
            tokens -= 1
            answered += 1
            budget.answered()
        else:
            throttled += 1
            budget.throttled(sent)
    return answered, throttled


@pytest.mark.parametrize("allowed", [2, 10, 50])
def test_it_finds_the_rate_that_is_allowed(allowed: float) -> None:
    """Within a minute most of the allowed rate is used, and few calls are throttled."""
    clock = Clock()
    answered, throttled = run(Budget(clock, clock.sleep), clock, allowed, 60)
    assert answered > 0.7 * allowed * 60
    assert throttled < 0.2 * answered


def test_it_recovers() -> None:
    """Where the limit rises again, more calls are made."""
    clock = Clock()
    budget = Budget(clock, clock.sleep)
    run(budget, clock, 1, 30)
    slow = budget.rate
    run(budget, clock, 100, 60)
    assert budget.rate > 10 * slow


def test_it_starts_careful_and_has_limits() -> None:
    """A short burst goes at once, later calls at the first rate; no rate leaves the limits."""
    clock = Clock()
    budget = Budget(clock, clock.sleep)
    for _ in range(int(BURST)):
        assert budget.wait() == 100
    budget.wait()
    assert clock.now == pytest.approx(100 + 1 / FIRST)
    for _ in range(1000):
        budget.answered()
    assert budget.rate == MOST
    for _ in range(50):
        clock.now += 10
        budget.throttled(clock.now)
    assert budget.rate == LEAST


def test_who_waits_learns_too() -> None:
    """Waiting calls go at the rate that holds when their turn comes, not at the rate when they began to wait."""
    clock, answers = Clock(), threading.Event()

    def sleep(seconds: float) -> None:
        answers.wait()
        clock.sleep(seconds)

    budget = Budget(clock, sleep, first=2.0)
    waiting = [threading.Thread(target=budget.wait) for _ in range(int(BURST) + 20)]
    for one in waiting:
        one.start()
    for _ in range(100):
        budget.answered()
    answers.set()
    for one in waiting:
        one.join()
    assert clock.now - 100 < 5  # ten seconds at the first rate


def test_one_burst_is_one_lesson() -> None:
    """Calls that were sent before the rate was cut do not cut it again."""
    clock = Clock()
    budget = Budget(clock, clock.sleep)
    sent = [budget.wait() for _ in range(10)]
    for moment in sent:
        budget.throttled(moment)
    assert budget.rate == FIRST / 2


def test_each_operation_and_region_has_its_own() -> None:
    """What one operation learns slows no other one; an operation without a limit never waits."""
    pace = Pace()
    pace.of("eu-west-1", "ListModels").throttled(math.inf)
    assert pace.of("eu-west-1", "ListModels").rate == FIRST / 2
    assert pace.of("us-east-1", "ListModels").rate == pace.of("eu-west-1", "ListTrials").rate == FIRST
    free = Pace(math.inf).of("eu-west-1", "ListModels")
    free.throttled(free.wait())
    free.answered()
    assert free.rate == math.inf
