"""Failures in a replayed account: which calls a fault hits, and the errors in AWS's words."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

EMPTY_PAGE, REPEATED_TOKEN = "EmptyPage", "RepeatedToken"
SERVER_ERRORS = {"InternalFailure": 500, "ServiceUnavailable": 503}
MESSAGES = {
    "ThrottlingException": "Rate exceeded",
    "UnrecognizedClientException": "The security token included in the request is invalid.",
    "ExpiredTokenException": "The security token included in the request is expired",
    "InternalFailure": "The request processing has failed because of an unknown error, exception or failure.",
    "ServiceUnavailable": "The request has failed due to a temporary failure of the server.",
}


class Failure(Exception):
    """An answer that is an error: a code and a message."""

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        self.message = message or MESSAGES.get(code, code)
        super().__init__(self.message)

    @property
    def status(self) -> int:
        return SERVER_ERRORS.get(self.code, 400)


class Call(NamedTuple):
    """One call, as a fault sees it."""

    service: str
    operation: str
    account: str
    region: str
    names: frozenset[str]  # what it asks for, and the parent it asks about, casefolded
    first_page: bool


@dataclass(slots=True)
class Fault:
    """One line of the file, and how many calls it has met."""

    code: str
    operation: str
    name: str = ""
    region: str = ""
    account: str = ""
    times: int = 0
    every: int = 1
    met: int = field(default=0, repr=False)

    def fits(self, call: Call) -> bool:
        """Whether this fault is about the call."""
        paged = call.operation.startswith(("List", "Search", "LookupEvents"))
        return (
            (self.operation == call.operation or (self.operation == "*" and call.service == "sagemaker"))
            and (not self.name or self.name.casefold() in call.names)
            and self.region in ("", call.region)
            and self.account in ("", call.account)
            and (self.code != EMPTY_PAGE or (paged and call.first_page))
            and (self.code != REPEATED_TOKEN or paged)
        )

    def meet(self) -> bool:
        """Count one more call, and return whether this one is hit."""
        self.met += 1
        return self.met % self.every == 0 and (not self.times or self.met <= self.times)


class Faults:
    """All faults of a file. Many threads may ask at once: each call is counted once."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = sorted(faults, key=lambda fault: not fault.name)
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._faults)

    def strike(self, call: Call) -> str:
        """The code of the first fault that hits the call, or nothing."""
        with self._lock:
            return next((fault.code for fault in self._faults if fault.fits(call) and fault.meet()), "")
