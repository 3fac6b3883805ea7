"""Opens a run: makes or finds its experiment, its group and its component, and puts the component into the group.

Every step may be repeated: a process that is killed between two of them, or that begins at the same time as another,
ends with the same run. The component's name alone does not identify the run: experiment `a` with run `b-c` and experiment
`a-b` with run `c` have the same one. So its groups are compared, and a run of another experiment is never written to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from lineage.domain.experiments import RUN_TAG, component_of, group_of
from lineage.domain.names import parse_arn
from lineage.domain.status import RunStatus
from lineage.errors import AlreadyExists, NotThere, RefusedValue
from lineage.recording import limits
from lineage.recording.service import Service, now

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a run, the display names of it and its experiment, and the tags of new entities."""

    experiment: str
    run: str
    experiment_shown: str | None = None
    run_shown: str | None = None
    tags: list[Json] = field(default_factory=list)
    begins: bool = True  # whether this process sets the run to InProgress

    @property
    def component(self) -> str:
        return component_of(self.experiment, self.run)

    @property
    def group(self) -> str:
        return group_of(self.experiment)

    @property
    def config(self) -> dict[str, str]:
        """The `ExperimentConfig` that adds a job to this run: `RunName` is the component's name, a key."""
        return {"ExperimentName": self.experiment, "TrialName": self.group, "RunName": self.component}

    def as_json(self) -> Json:
        return asdict(self)


def named(
    experiment: str, run: str, experiment_shown: str | None, run_shown: str | None, tags: Any, *, begins: bool = True
) -> Names:
    """The names of a run, each checked for what the SDK can read again. Raises `RefusedValue`.

    They are written in lower case; the given spelling becomes the display name, unless another one is given.
    """
    return Names(
        limits.run_name(experiment, "experiment"),
        limits.run_name(run),
        limits.display_name(experiment_shown, "experiment") or (experiment if experiment != experiment.lower() else None),
        limits.display_name(run_shown, "run") or run,
        limits.tags(tags),
        begins,
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A run as the service has it."""

    arn: str
    record: Mapping[str, Any] = field(repr=False)

    @property
    def account(self) -> str:
        return parse_arn(self.arn).account


def open_run(service: Service, names: Names) -> Opened:
    """Make or find all of a run. Raises `RefusedValue` if its names belong to another run, else like `Service.steadily`."""
    _must_be_free(service, names)
    _experiment(service, names)
    _group(service, names)
    made = _component(service, names)
    if made:
        _join(service, names)
    else:
        _claim(service, names)
        if names.begins:
            status = {"PrimaryStatus": RunStatus.IN_PROGRESS, "Message": ""}
            service.steadily("UpdateTrialComponent", TrialComponentName=names.component, Status=status)
    return found_run(service, names)


def found_run(service: Service, names: Names) -> Opened:
    """An existing run. Raises `NotThere`, with what to do."""
    try:
        record = service.steadily("DescribeTrialComponent", TrialComponentName=names.component)
    except NotThere:
        raise NotThere(
            f"no run {names.run!r} is in the experiment {names.experiment!r}: `Run` makes one, `list_runs` lists them"
        ) from None
    return Opened(record["TrialComponentArn"], record)


def belongs(service: Service, names: Names) -> bool:
    """Whether a component with that name is a run of that experiment, and not of another one whose name begins alike."""
    groups = _groups(service, names)
    return names.group.lower() in {group.lower() for group in groups} or any(
        _experiment_of(service, group) == names.experiment for group in groups
    )


def _must_be_free(service: Service, names: Names) -> None:
    """Check before anything is made: an existing component with that name must be in the run's own group, if in any."""
    try:
        groups = _groups(service, names)
    except NotThere:
        return
    if groups and names.group.lower() not in {group.lower() for group in groups}:
        raise _of_another(service, names, groups)


def _of_another(service: Service, names: Names, groups: list[str]) -> RefusedValue:
    others = ", ".join(sorted({_experiment_of(service, group) for group in groups}))
    return RefusedValue(
        f"the component {names.component!r} is of the experiment {others!r}: as the run {names.run!r} of "
        f"{names.experiment!r} it would be overwritten; give the run another name"
    )


def _experiment(service: Service, names: Names) -> None:
    shown = {"DisplayName": names.experiment_shown} if names.experiment_shown else {}
    tags = _without_run_tag(names.tags)
    try:
        service.steadily("CreateExperiment", ExperimentName=names.experiment, **shown, **tags)
    except AlreadyExists:
        there = service.steadily("DescribeExperiment", ExperimentName=names.experiment)["ExperimentName"]
        if there != names.experiment:
            raise RefusedValue(
                f"the experiment {there!r} exists in mixed case: the SDK looks for runs in lower case and would not find "
                f"them in it; record into an experiment of another name"
            ) from None


def _group(service: Service, names: Names) -> None:
    tags = _without_run_tag(names.tags)
    try:
        service.steadily("CreateTrial", TrialName=names.group, ExperimentName=names.experiment, **tags)
    except AlreadyExists:
        owner = _experiment_of(service, names.group)
        if owner != names.experiment:
            raise RefusedValue(
                f"the group {names.group!r} is of the experiment {owner!r}: no run of {names.experiment!r} can be recorded"
            ) from None


def _component(service: Service, names: Names) -> bool:
    """Whether it was made now."""
    own = [tag for tag in names.tags if tag["Key"] != RUN_TAG["Key"]]
    shown = {"DisplayName": names.run_shown} if names.run_shown else {}
    begun = {"Status": {"PrimaryStatus": RunStatus.IN_PROGRESS}, "StartTime": now()} if names.begins else {}
    try:
        service.steadily(
            "CreateTrialComponent", TrialComponentName=names.component, Tags=[*own, dict(RUN_TAG)], **shown, **begun
        )
    except AlreadyExists:
        return False
    return True


def _claim(service: Service, names: Names) -> None:
    """A component with that name existed: it must be this run, or one that another process is making into this run."""
    groups = _groups(service, names)
    if names.group.lower() in {group.lower() for group in groups}:
        return
    if groups:
        raise _of_another(service, names, groups)
    record = service.steadily("DescribeTrialComponent", TrialComponentName=names.component)
    tags = service.steadily("ListTags", ResourceArn=record["TrialComponentArn"])["Tags"]
    if RUN_TAG not in tags:
        raise RefusedValue(
            f"a component {names.component!r} exists that is not a run and is in no experiment: give the run another name"
        )
    _join(service, names)


def _join(service: Service, names: Names) -> None:
    """Put the component into the group; no error if it is already in it."""
    try:
        service.steadily("AssociateTrialComponent", TrialComponentName=names.component, TrialName=names.group)
    except AlreadyExists:
        return


def _groups(service: Service, names: Names) -> list[str]:
    pages = service.pages("ListTrials", TrialComponentName=names.component)
    return [str(trial["TrialName"]) for page in pages for trial in page.get("TrialSummaries") or ()]


def _experiment_of(service: Service, group: str) -> str:
    return str(service.steadily("DescribeTrial", TrialName=group)["ExperimentName"])


def _without_run_tag(tags: list[Json]) -> Json:
    """Anything with that tag looks like a run: no experiment and no group may have it."""
    own = [tag for tag in tags if tag["Key"] != RUN_TAG["Key"]]
    return {"Tags": own} if own else {}
