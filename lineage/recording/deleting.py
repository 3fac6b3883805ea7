"""Deletes an experiment or a trial with all that only it holds: bounded, and resumable from what the service still has.

A component may be in trials of several experiments. It is deleted with the last trial that holds it; before that, it is only
taken out. Whatever is gone already is no error. So a call that broke anywhere may be made again, by whoever.

A component has to be in no trial before it can be deleted, and nobody would find it again if that then failed. So it is put
back into its trial; where that fails as well, the error names it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from lineage.errors import AlreadyExists, NotRecorded, NotThere, RecordingError, RefusedValue
from lineage.recording.service import PASSING, Service

FORCE: Final = "--force"
ATTEMPTS: Final = 3  # each from a new listing; within one, every call is repeated for as long as the service's patience lasts

_NAMED = 5  # how many of the trials that are left an error names

T = TypeVar("T")


def force(action: str, what: str) -> None:
    """Raises `RefusedValue` where the word that confirms is not given."""
    if action != FORCE:
        raise RefusedValue(f"this would delete {what}; confirm by delete_all({FORCE!r}): {action!r} does not")


def experiment(service: Service, name: str) -> None:
    """Delete an experiment, its trials, and those of its components that no other experiment holds."""
    work = _Work(service, f"the experiment {name!r}")
    work.until_done(lambda: work.experiment(name))


def trial(service: Service, name: str) -> None:
    """Delete a trial, and those of its components that no other trial holds."""
    work = _Work(service, f"the trial {name!r}")
    work.until_done(lambda: work.trials([name]))


def disassociate(service: Service, component: str) -> None:
    """Take a component out of all trials that hold it."""
    for name in list(
        _names(service, "Trial", TrialComponentName=component)
    ):  # a list that shrinks while it is paged skips some
        _if_there(service, "DisassociateTrialComponent", TrialName=name, TrialComponentName=component)


class _Work:
    """One deletion, and how far it came."""

    def __init__(self, service: Service, what: str) -> None:
        self.service = service
        self.what = what
        self.left: list[str] = []  # trials
        self.done: set[str] = set()  # trials that hold nothing any more, whatever a list that lags behind says
        self.loose: dict[str, str] = {}  # components that are in no trial any more and not deleted, by the trial they were in

    def until_done(self, attempt: Callable[[], None]) -> None:
        """Some attempts. Raises `NotRecorded` that says what is left."""
        for _ in range(ATTEMPTS):
            try:
                return _each((self.rest, attempt), lambda do: do())
            except RecordingError as error:
                last = error
        raise NotRecorded(f"{self.what} is not wholly deleted: {last}{self.told()}", getattr(last, "cause", "")) from last

    def experiment(self, name: str) -> None:
        """All of an experiment, once."""
        self.trials(list(_names(self.service, "Trial", ExperimentName=name)))
        _if_there(self.service, "DeleteExperiment", ExperimentName=name)

    def trials(self, names: list[str]) -> None:
        """Each of these trials, once."""
        self.left = names
        _each(names, self.trial)

    def trial(self, name: str) -> None:
        """One trial, once."""
        components = list(_names(self.service, "TrialComponent", TrialName=name))
        _each(components, lambda component: self.component(component, name))
        _if_there(self.service, "DeleteTrial", TrialName=name)
        self.done.add(name.lower())
        self.left = [one for one in self.left if one != name]

    def component(self, name: str, trial: str) -> None:
        """A component of a trial: taken out, and deleted where no other trial holds it."""
        holders = {one.lower() for one in _names(self.service, "Trial", TrialComponentName=name)}
        _if_there(self.service, "DisassociateTrialComponent", TrialName=trial, TrialComponentName=name)
        if holders <= self.done | {trial.lower()}:
            self.loose[name] = trial
            self.finish(name)

    def rest(self) -> None:
        """Each component that is in no trial any more."""
        _each(list(self.loose), self.finish)

    def finish(self, name: str) -> None:
        """Delete a component that is in no trial any more, or put it back, so that whoever goes on finds it."""
        try:
            _if_there(self.service, "DeleteTrialComponent", TrialComponentName=name)
        except RecordingError:
            with contextlib.suppress(RecordingError):
                self.put_back(name)
            raise
        del self.loose[name]

    def put_back(self, name: str) -> None:
        """A component, into the trial that it was in."""
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
        return f"{trials}{loose}. Call delete_all({FORCE!r}) again to go on"


def _each(things: Iterable[T], do: Callable[[T], None]) -> None:
    """Do it to each. One that is refused does not stop the others, and raises in the end; a service out of reach does."""
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
    """The names that a list has; none where what it is of is gone."""
    with contextlib.suppress(NotThere):
        for page in service.pages(f"List{noun}s", MaxResults=100, **of):
            for one in page.get(f"{noun}Summaries", ()):
                yield one[f"{noun}Name"]


def _if_there(service: Service, operation: str, **what: Any) -> None:
    """Something done to what may be gone already."""
    with contextlib.suppress(NotThere):
        service.steadily(operation, **what)


def _some(what: str, names: list[str], most: int) -> str:
    """How many there are, and the names of the first."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{len(names)} {what}{'s' if len(names) != 1 else ''} ({', '.join(map(repr, names[:most]))}{more})"
