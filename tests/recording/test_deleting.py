"""Deletion of an experiment with all that it holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from lineage.errors import NotRecorded, RefusedValue
from lineage.recording import Experiment, Trial, TrialComponent
from lineage.recording.deleting import ATTEMPTS
from lineage.recording.service import BUSY, DENIED, UNREACHABLE, Service
from tests.recording.stand_in import StandIn

# The components in each trial of each experiment.
HELD = {
    "churn": {"c-1": ["own-1", "twice", "shared"], "c-2": ["own-2", "twice"], "c-3": []},
    "fraud": {"f-1": ["shared", "other"]},
}
STEPS = (
    "ListTrials",
    "ListTrialComponents",
    "DisassociateTrialComponent",
    "DeleteTrialComponent",
    "DeleteTrial",
    "DeleteExperiment",
)


@pytest.fixture
def account() -> Iterator[StandIn]:
    with StandIn() as started:
        session = Service(started.session())
        for experiment, trials in HELD.items():
            made = Experiment.create(experiment, session=session)
            for trial, components in trials.items():
                one = made.create_trial(trial)
                for component in components:
                    TrialComponent.create(component, session=session, exist_ok=True)
                    one.add_trial_component(component)
        started.calls.clear()
        yield started


def experiment(account: StandIn, patience: float = 20.0) -> Experiment:
    return Experiment.load("churn", session=Service(account.session(), patience))


def assert_only_the_other_is_left(account: StandIn) -> None:
    """All of churn is gone, and all of fraud is unchanged."""
    assert set(account.experiments) == {"fraud"}
    assert set(account.trials) == {"f-1"}
    assert set(account.components) == {"shared", "other"}
    assert account.components["shared"]["Parents"] == [{"TrialName": "f-1", "ExperimentName": "fraud"}]


def test_components_of_other_experiments_stay(account: StandIn) -> None:
    """Trials are deleted, components with the last trial that holds them, and what another experiment holds stays there."""
    assert experiment(account).delete_all("--force") is None  # type: ignore[func-returns-value]
    assert_only_the_other_is_left(account)


def test_of_a_trial_components_of_other_trials_stay(account: StandIn) -> None:
    """A trial is deleted with those of its components that no other trial of any experiment holds."""
    Trial.load("c-1", session=account.session()).delete_all("--force")
    assert set(account.trials) == {"c-2", "c-3", "f-1"}
    assert set(account.components) == {"own-2", "twice", "shared", "other"}


@pytest.mark.parametrize("action", ["", "force", "--FORCE", None, True])
@pytest.mark.parametrize(("kind", "name", "what"), [(Experiment, "churn", "its trials"), (Trial, "c-1", "no other trial")])
def test_nothing_is_deleted_without_the_word(account: StandIn, action: Any, kind: Any, name: str, what: str) -> None:
    """Without the confirmation word, the call names what would be deleted and the word, and deletes nothing."""
    one = kind.load(name, session=account.session())
    account.calls.clear()
    with pytest.raises(RefusedValue, match=rf"would delete the {kind._row.word} '{name}'.*{what}.*delete_all\('--force'\)"):
        one.delete_all(action)
    assert account.calls == []


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        *((operation, "lost") for operation in STEPS),
        ("DeleteTrialComponent", "ThrottlingException"),
        ("DeleteTrial", "ConflictException"),
        ("DisassociateTrialComponent", "drop"),
    ],
)
def test_what_passes_is_waited_out(account: StandIn, operation: str, code: str) -> None:
    """Throttling, a conflict, a lost request or a lost answer in the middle does not change the result."""
    account.fault(operation, code, times=1 if code == "lost" else 2, after=0 if operation == "DeleteExperiment" else 1)
    experiment(account).delete_all("--force")
    assert_only_the_other_is_left(account)
    assert "AssociateTrialComponent" not in [name for name, _ in account.calls]


@pytest.mark.parametrize(
    ("operation", "code", "cause"),
    [
        *((operation, "ValidationException", "") for operation in STEPS),
        ("DeleteTrialComponent", "ThrottlingException", BUSY),
        ("DeleteTrial", "AccessDeniedException", DENIED),
        ("DisassociateTrialComponent", "drop", UNREACHABLE),
    ],
)
def test_a_second_call_goes_on(account: StandIn, operation: str, code: str, cause: str) -> None:
    """Where deletion fails in the middle, the error says what is left; a second call, from another process, completes it.

    No component is left without a trial through which it could be found again.
    """
    account.fault(operation, code, times=1000, after=0 if operation == "DeleteExperiment" else 1)
    with pytest.raises(NotRecorded, match=r"'churn' is not completely deleted.*again to continue") as failed:
        experiment(account, patience=0.0).delete_all("--force")
    assert failed.value.cause == cause
    told = str(failed.value)
    assert all(f"'{name}'" in told for name in account.trials if name != "f-1" and operation != "ListTrials")
    assert [name for name, one in account.components.items() if not one["Parents"]] == []
    account._faults.clear()
    experiment(account).delete_all("--force")
    assert_only_the_other_is_left(account)


def test_attempts_are_bounded(account: StandIn) -> None:
    """A permanent failure is retried a fixed number of times."""
    account.fault("DeleteExperiment", "ValidationException", times=1000)
    with pytest.raises(NotRecorded):
        experiment(account).delete_all("--force")
    assert [name for name, _ in account.calls].count("DeleteExperiment") == ATTEMPTS


def test_what_is_refused_does_not_stop_the_rest(account: StandIn) -> None:
    """One trial that cannot be deleted keeps itself and its experiment, and is named; the others are deleted."""
    account.fault("DeleteTrial", "AccessDeniedException", times=1000, when=lambda request: request["TrialName"] == "c-2")
    with pytest.raises(NotRecorded, match=r"left: 1 trial \('c-2'\)"):
        experiment(account).delete_all("--force")
    assert set(account.trials) == {"c-2", "f-1"}


def test_a_component_that_is_back_in_its_trial_is_not_told_as_lost(account: StandIn) -> None:
    """A component whose answer to the re-association was lost, and that then already exists there, counts as put back."""
    turns = itertools.cycle([True, False])
    account.fault("DeleteTrialComponent", "AccessDeniedException", times=1000)
    account.fault("AssociateTrialComponent", "lost", times=1000, when=lambda request: next(turns))
    account.fault("AssociateTrialComponent", "ValidationException", times=1000, message="The association already exists")
    with pytest.raises(NotRecorded, match=r"left: 2 trials") as failed:
        experiment(account).delete_all("--force")
    assert "in no trial any more" not in str(failed.value)


def test_what_the_last_attempt_deleted_is_not_told_as_left(account: StandIn) -> None:
    """Each attempt continues where the one before it ended, and the error says what is left after the last."""
    one, turns = experiment(account, patience=0.0), itertools.cycle([False, True])
    for at in range(3):
        one.create_trial(f"more-{at}")
    account.fault("DeleteTrial", "ConflictException", times=1000, when=lambda request: next(turns))
    with pytest.raises(NotRecorded, match=r"left: 3 trials \(") as failed:
        one.delete_all("--force")
    assert {name for name in account.trials if f"'{name}'" in str(failed.value)} == set(account.trials) - {"f-1"}


def test_a_component_that_lost_its_trial_is_named(account: StandIn) -> None:
    """Components that can neither be deleted nor put back are all named, because no list would lead to them."""
    account.fault("DeleteTrialComponent", "AccessDeniedException", times=1000)
    account.fault("AssociateTrialComponent", "AccessDeniedException", times=1000)
    with pytest.raises(NotRecorded, match=r"in no trial any more, delete by name: 3 trial components \(([^)]*)\)") as failed:
        experiment(account).delete_all("--force")
    assert all(f"'{name}'" in str(failed.value) for name in ("own-1", "own-2", "twice"))
    assert account.components["shared"]["Parents"] == [{"TrialName": "f-1", "ExperimentName": "fraud"}]


def test_a_component_that_lost_its_trial_is_tried_again(account: StandIn) -> None:
    """A component that could not be put back is deleted by the next attempt."""
    account.fault("DeleteTrialComponent", "ValidationException")
    account.fault("AssociateTrialComponent", "ValidationException")
    experiment(account).delete_all("--force")
    assert_only_the_other_is_left(account)


def test_a_list_that_lags_behind_leaves_nothing(account: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A component that a list still shows in a trial that is deleted already is deleted, too."""
    pages = Service.pages

    def lagging(self: Service, operation: str, **request: Any) -> Any:
        yield from pages(self, operation, **request)
        if request.get("TrialComponentName") == "twice":
            yield {"TrialSummaries": [{"TrialName": "c-1"}, {"TrialName": "c-2"}]}

    monkeypatch.setattr(Service, "pages", lagging)
    experiment(account).delete_all("--force")
    assert_only_the_other_is_left(account)


def test_what_is_gone_is_no_error(account: StandIn) -> None:
    """An experiment that somebody else deleted meanwhile is deleted."""
    first, second = experiment(account), experiment(account)
    first.delete_all("--force")
    second.delete_all("--force")
    assert_only_the_other_is_left(account)


def test_what_comes_meanwhile_goes_too(account: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trial that is created while the others are deleted is deleted by the next attempt."""
    steadily, one = Service.steadily, experiment(account)
    late = iter([True])

    def slow(self: Service, operation: str, **request: Any) -> Any:
        if operation == "DeleteExperiment" and next(late, False):
            one.create_trial("late").add_trial_component("other")
        return steadily(self, operation, **request)

    monkeypatch.setattr(Service, "steadily", slow)
    one.delete_all("--force")
    assert_only_the_other_is_left(account)


def test_an_error_names_some_of_many(account: StandIn) -> None:
    """An error names the first of many remaining trials, and counts the others."""
    one = experiment(account)
    for at in range(8):
        one.create_trial(f"more-{at}")
    account.fault("DeleteTrial", "AccessDeniedException", times=1000)
    with pytest.raises(NotRecorded, match=r"left: 11 trials \(('[\w-]+', ){4}'[\w-]+' and 6 more\)"):
        one.delete_all("--force")
