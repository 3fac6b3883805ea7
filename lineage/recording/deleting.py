"""Deletes an experiment or a trial with everything that only it holds: bounded, and resumable from the service's state.

A component may be in trials of several experiments. It is deleted with the last trial that holds it; before that, it is only
taken out. Something already deleted is not an error. So an interrupted call may be repeated, by anyone.

A component must be in no trial before it can be deleted, and if the deletion then fails, nobody would find it. So it is put
back into its trial; if that fails as well, the error names it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from lineage.errors import AlreadyExists, NotRecorded, NotThere, RecordingError, RefusedValue
from lineage.recording.service import PASSING, Service

FORCE: Final = "--force"
ATTEMPTS: Final = 3  # each starts with a new listing; within one, every call is repeated during the service's patience

_NAMED = 5  # how many of the remaining trials an error names

T = TypeVar("T")


def force(action: str, what: str) -> None:
    """Raises `RefusedValue` without the word that confirms."""
    if action != FORCE:
        raise RefusedValue(f"this would delete {what}; confirm by delete_all({FORCE!r}): {action!r} does not")


def experiment(service: Service, name: str) -> None:
    """Delete an experiment, its trials, and its components that no other experiment holds."""
    work = _Work(service, f"the experiment {name!r}")
    work.until_done(lambda: work.experiment(name))


def trial(service: Service, name: str) -> None:
    """Delete a trial, and its components that no other trial holds."""
    work = _Work(service, f"the trial {name!r}")
    work.until_done(lambda: work.trials([name]))


def disassociate(service: Service, component: str) -> None:
    """Take a component out of all trials that hold it."""
    for name in list(
        _names(service, "Trial", TrialComponentName=component)
    ):  # a list that shrinks while it is read page by page skips some
        _if_there(service, "DisassociateTrialComponent", TrialName=name, TrialComponentName=component)


class _Work:
    """One deletion and its progress."""

    def __init__(self, service: Service, what: str) -> None:
        self.service = service
        self.what = what
        self.left: list[str] = []  # trials
        self.done: set[str] = set()  # trials that are empty now, even if a lagging list says otherwise
        self.loose: dict[str, str] = {}  # components that are in no trial any more and not yet deleted, by their former trial

    def until_done(self, attempt: Callable[[], None]) -> None:
        """Make some attempts. Raises `NotRecorded`, which says what is left."""
        for _ in range(ATTEMPTS):
            try:
                return _each((self.rest, attempt), lambda do: do())
            except RecordingError as error:
                last = error
        raise NotRecorded(f"{self.what} is not completely deleted: {last}{self.told()}", getattr(last, "cause", "")) from last

    def experiment(self, name: str) -> None:
        """Delete all of an experiment, one attempt."""
        self.trials(list(_names(self.service, "Trial", ExperimentName=name)))
        _if_there(self.service, "DeleteExperiment", ExperimentName=name)

    def trials(self, names: list[str]) -> None:
        """Delete each of these trials, one attempt."""
        self.left = names
        _each(names, self.trial)

    def trial(self, name: str) -> None:
        """Delete one trial, one attempt."""
        components = list(_names(self.service, "TrialComponent", TrialName=name))
        _each(components, lambda component: self.component(component, name))
        _if_there(self.service, "DeleteTrial", TrialName=name)
        self.done.add(name.lower())
        self.left = [one for one in self.left if one != name]

    def component(self, name: str, trial: str) -> None:
        """Take a component out of a trial, and delete it if no other trial holds it."""
        holders = {one.lower() for one in _names(self.service, "Trial", TrialComponentName=name)}
        _if_there(self.service, "DisassociateTrialComponent", TrialName=trial, TrialComponentName=name)
        if holders <= self.done | {trial.lower()}:
            self.loose[name] = trial
            self.finish(name)

    def rest(self) -> None:
        """Delete each component that is in no trial any more."""
        _each(list(self.loose), self.finish)

    def finish(self, name: str) -> None:
        """Delete a component that is in no trial any more, or put it back so that the next call finds it."""
        try:
            _if_there(self.service, "DeleteTrialComponent", TrialComponentName=name)
        except RecordingError:
            with contextlib.suppress(RecordingError):
                self.put_back(name)
            raise
        del self.loose[name]

    def put_back(self, name: str) -> None:
        """Put a component back into its former trial."""
        with contextlib.suppress(AlreadyExists):
            self.service.steadily("AssociateTrialComponent", TrialName=self.loose[name], TrialComponentName=name)
        del self.loose[name]

    def told(self) -> str:
        """What is left, and what to do."""
        trials = f"; left: {_some('trial', self.left, _NAMED)}" if self.left else ""
        loose = (
            f"; in no trial any more, delete by name: {_some('trial component', list(self.loose), len(self.loose))}"
            if self.loose
            else ""
        )
        return f"{trials}{loose}. Call delete_all({FORCE!r}) again to continue"


def _each(things: Iterable[T], do: Callable[[T], None]) -> None:
    """Call for each. A refusal does not stop the others, and is raised at the end; an unreachable service stops all."""
    refused = None
    for one in things:
        try:
            do(one)
        except RecordingError as error:
            if getattr(error, "cause", "") in PASSING:
                raise
            refused = error
    if refused:
        raise refused


def _names(service: Service, noun: str, **of: Any) -> Iterator[str]:
    """The names in a list; empty if its parent was deleted."""
    with contextlib.suppress(NotThere):
        for page in service.pages(f"List{noun}s", MaxResults=100, **of):
            for one in page.get(f"{noun}Summaries", ()):
                yield one[f"{noun}Name"]


def _if_there(service: Service, operation: str, **what: Any) -> None:
    """Do something to a thing that may already be deleted."""
    with contextlib.suppress(NotThere):
        service.steadily(operation, **what)


def _some(what: str, names: list[str], most: int) -> str:
    """The number of names, and the first of them."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{len(names)} {what}{'s' if len(names) != 1 else ''} ({', '.join(map(repr, names[:most]))}{more})"
