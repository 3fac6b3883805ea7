"""Measures the calls of one operation under a limit of calls per second: `python benchmarks/pace.py [--calls N]`.

Runs the real budget of a crawl (`lineage/crawl/aws/pace.py`) on a simulated clock, with a token bucket that refuses calls
that come too fast. So it takes no time, and makes no calls.
"""

from __future__ import annotations

import argparse
import heapq
from dataclasses import dataclass, field

from lineage.crawl.aws.pace import Budget

ALLOWED = (0.5, 1, 2, 5, 10, 20)  # calls a second
BURSTS = (1, 2, 10)  # calls that AWS accepts at once after a pause
AT_ONCE = 16  # calls in progress at the same time


@dataclass
class Clock:
    """A time that passes only during sleep."""

    now: float = 0.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Bucket:
    """What AWS allows: tokens that come back over time."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    counted: float = 0.0

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def takes(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + (now - self.counted) * self.rate)
        self.counted = now
        taken = self.tokens >= 1
        self.tokens -= taken
        return taken


def seconds(calls: int, bucket: Bucket, latency: float) -> float:
    """The seconds until this many calls are answered, with refused ones repeated."""
    clock = Clock()
    budget = Budget(clock.read, clock.sleep)
    under_way: list[tuple[float, bool, float]] = []  # when it is answered, whether it succeeded, when it was sent
    answered = 0
    while answered < calls:
        going_well = sum(well for _, well, _ in under_way)
        if len(under_way) == AT_ONCE or answered + going_well == calls:
            clock.now = max(clock.now, under_way[0][0])
        else:
            sent = budget.wait()
            heapq.heappush(under_way, (clock.now + latency, bucket.takes(clock.now), sent))
        while under_way and under_way[0][0] <= clock.now:
            _, well, sent = heapq.heappop(under_way)
            budget.answered() if well else budget.throttled(sent)
            answered += well
    return clock.now


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--calls", type=int, default=275, help="what 5,000 training jobs take of DescribeEndpointConfig")
    parser.add_argument("--latency", type=float, default=0.2)
    asked = parser.parse_args()
    for rate in ALLOWED:
        took = [seconds(asked.calls, Bucket(rate, burst), asked.latency) for burst in BURSTS]
        print(f"{rate:>4} calls a second: {min(took):.0f} to {max(took):.0f} s")


if __name__ == "__main__":
    main()
