"""How fast each operation may be called: a budget that starts careful, learns from throttling and recovers.

SageMaker publishes no rates for its control plane, and they differ by operation, account and region. So each of these has
its own budget, in calls a second: it grows with every answer, and is halved when AWS says `ThrottlingException`.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

FIRST, LEAST, MOST = 25.0, 0.5, 400.0  # calls a second
BURST = 10.0  # calls that may go at once after a rest: AWS counts its limits in token buckets
KNOWN = {"LookupEvents": 2.0}  # calls a second, where AWS says how many (CloudTrail's API reference)
TICK = 1e-6  # seconds: less than that no clock tells
SURGE = 10.0  # calls a second more for each answer, until the first throttling
CREEP = 0.1  # of the rate, so much more for each second of answers after it
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
        self._saved = self._burst  # calls that may go at once
        self._counted = clock()  # when those were last counted
        self._not_before = -math.inf  # when the next call may go at the earliest
        self._cut = 0.0  # when the rate was last halved
        self._surging = True
        self._turn = threading.Lock()  # held by whoever sleeps: the next one sleeps by the rate that holds then
        self._lock = threading.Lock()

    def wait(self) -> float:
        """Sleep until a call may go: when that was, by the budget's own clock."""
        with self._turn:
            while (wait := self._wanting()) > 0:
                self._sleep(wait)
            self._saved -= 1
            return self._counted

    def _wanting(self) -> float:
        """The seconds until a call may go."""
        with self._lock:
            now = self._clock()
            rested, self._counted = now - self._counted, now
            self._saved = min(self._burst, self._saved + (rested and rested * self.rate))
            wait = max((1 - self._saved) / self.rate, self._not_before - now)
            return wait if wait > TICK else 0

    def answered(self) -> None:
        """A call went well."""
        with self._lock:
            self.rate = max(self.rate, min(self._most, self.rate + (SURGE if self._surging else CREEP)))

    def throttled(self, sent: float) -> None:
        """AWS said that a call was too fast. What was sent before it last said so says nothing new."""
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
        """`first` is where each budget starts, in calls a second; infinity is no budget at all."""
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
