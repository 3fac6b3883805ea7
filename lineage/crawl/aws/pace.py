"""How fast each operation may be called: a budget that starts low, learns from throttling and recovers.

SageMaker publishes no rates for its control plane, and they differ by operation, account and region. So each of these has
its own budget, in calls a second: it grows with every answer, and is halved when AWS says `ThrottlingException`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

FIRST, LEAST, MOST = 25.0, 0.5, 400.0  # calls a second
BURST = 10.0  # calls that may be made at once after a rest: AWS's limits are token buckets
KNOWN = {"LookupEvents": 2.0}  # calls a second, if AWS documents them (CloudTrail's API reference)
TICK = 1e-6  # seconds: the resolution of a clock
SURGE = 10.0  # calls a second more for each answer, until the first throttling
CREEP = 0.1  # share of the rate that is added for each second of answers after it
THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "SlowDown",
}


class Budget:
    """The calls a second of one operation. Safe to use from many threads."""

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        first: float = FIRST,
        most: float = MOST,
    ) -> None:
        self.rate = first
        self._most = most
        self._burst = min(BURST, most / 2)
        self._clock = clock
        self._sleep = sleep
        self._saved = self._burst  # calls that may be made at once
        self._counted = clock()  # when they were last counted
        self._not_before = -math.inf  # the earliest time of the next call
        self._cut = 0.0  # when the rate was last halved
        self._surging = True
        self._turn = threading.Lock()  # held by the sleeping thread, so the next one sleeps by the rate of that time
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Sleep until a call may be made; returns that time by the budget's own clock."""
        with self._turn:
            while (wait := self._wanting()) > 0:
                self._sleep(wait)
            self._saved -= 1
            return self._counted

    def _wanting(self) -> float:
        """The seconds until a call may be made."""
        with self._lock:
            now = self._clock()
            rested, self._counted = now - self._counted, now
            self._saved = min(self._burst, self._saved + (rested and rested * self.rate))
            wait = max((1 - self._saved) / self.rate, self._not_before - now)
            return wait if wait > TICK else 0

    def answered(self) -> None:
        """A call succeeded."""
        with self._lock:
            self.rate = max(self.rate, min(self._most, self.rate + (SURGE if self._surging else CREEP)))

    def throttled(self, sent: float) -> None:
        """AWS throttled a call. A call sent before the last throttling tells nothing new."""
        with self._lock:
            if sent <= self._cut:
                return
            self.rate = max(LEAST, self.rate / 2)
            self._surging = False
            self._cut = self._clock()
            self._not_before = self._cut + 1 / self.rate
            self._saved = 0.0


class Pace:
    """The budgets of one account: one for each region and operation."""

    def __init__(self, first: float = FIRST) -> None:
        """`first` is the start of each budget, in calls a second; infinity means no limit."""
        self._first = first
        self._budgets: dict[tuple[str, str], Budget] = {}
        self._lock = threading.Lock()

    def of(self, region: str, operation: str) -> Budget:
        """The budget of one operation in one region."""
        with self._lock:
            if (region, operation) not in self._budgets:
                most = KNOWN.get(operation, MOST)
                first = self._first if math.isinf(self._first) else min(self._first, most)
                self._budgets[region, operation] = Budget(first=first, most=most)
            return self._budgets[region, operation]
