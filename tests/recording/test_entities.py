"""Experiments, trials and components, for users who write them by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest

from lineage.domain.experiments import RUN_TAG, SortOrderType
from lineage.errors import AlreadyExists, NotThere, RefusedValue
from lineage.recording import Experiment, Trial, TrialComponent
from lineage.recording.limits import ARTIFACTS, PARAMETERS
from lineage.recording.service import Service
from tests.recording.stand_in import StandIn

KINDS = (Experiment, Trial, TrialComponent)
NUMPY = SimpleNamespace(item=lambda: 0.5)  # a scalar of numpy
TEAM = {"Key": "team", "Value": "risk"}


@pytest.fixture
def account() -> Iterator[StandIn]:
    with StandIn() as started:
        yield started


@pytest.fixture
def session(account: StandIn) -> Service:
    return Service(account.session())


def make(kind: Any, name: str, session: Service, **words: Any) -> Any:
    """One of any of the three; a trial is in `churn`."""
    if kind is Trial:
        Experiment.create("churn", session=session, exist_ok=True)
        words = {"experiment_name": "churn"} | words
    return kind.create(name, session=session, **words)


def held(account: StandIn, kind: Any) -> dict[str, Any]:
    return {Experiment: account.experiments, Trial: account.trials, TrialComponent: account.components}[kind]


def operations(account: StandIn) -> list[str]:
    """The operations since the last look."""
    names = [name for name, _ in account.calls]
    account.calls.clear()
    return names


def many(account: StandIn, session: Service, number: int) -> None:
    """Experiments e-0 to e-N, as if they had existed before."""
    Experiment.create("e-0", session=session)
    first = account.experiments["e-0"]
    for at in range(1, number):
        account.experiments[f"e-{at}"] = first | {
            "ExperimentName": f"e-{at}",
            "ExperimentArn": f"{first['ExperimentArn'][:-1]}{at}",
        }
    operations(account)


# --- create and load ------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_created_can_be_loaded(account: StandIn, session: Service, kind: Any) -> None:
    """Load returns the values given to create; so does the object from create, without a load."""
    created = make(kind, "Churn-1", session, display_name="Who-leaves", tags=[TEAM])
    loaded = kind.load("Churn-1", session=session)
    noun = kind._row.noun
    for one in (created, loaded):
        assert (one.display_name, one.tags) == ("Who-leaves", [TEAM])
        assert one.creation_time == loaded.creation_time
        assert one._state.value(f"{noun}Arn") == held(account, kind)["churn-1"][f"{noun}Arn"]


def test_attributes_are_plain(session: Service) -> None:
    """Names, ARN and description are text, and times have a zone."""
    experiment = Experiment.create("churn", description="who leaves", session=session)
    trial = experiment.create_trial("first")
    assert experiment.experiment_arn.endswith(":experiment/churn")
    assert (experiment.experiment_name, experiment.description, experiment.source) == ("churn", "who leaves", None)
    assert experiment.last_modified_time.tzinfo
    assert (trial.trial_name, trial.experiment_name) == ("first", "churn")
    assert trial.trial_arn.endswith("/first")


def test_what_the_service_says_alone_can_not_be_changed(session: Service) -> None:
    """A name, an ARN and a time cannot be set by mistake."""
    experiment = Experiment.create("churn", session=session)
    for name in ("experiment_name", "experiment_arn", "creation_time"):
        with pytest.raises(AttributeError, match=f"{name} can't be changed"):
            setattr(experiment, name, "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", ["Churn-1", "churn-1", "CHURN-1"])
def test_names_are_unique_without_case(account: StandIn, session: Service, kind: Any, again: str) -> None:
    """A second entity of a name, in any case, is refused with the existing name; exist_ok loads that one."""
    make(kind, "Churn-1", session, display_name="mine")
    with pytest.raises(AlreadyExists, match="'Churn-1' already exists"):
        make(kind, again, session)
    there = make(kind, again, session, display_name="yours", exist_ok=True)
    assert there.display_name == "mine"
    assert [one[f"{kind._row.noun}Name"] for one in held(account, kind).values()] == ["Churn-1"]
    assert there._name == "Churn-1"


def test_exist_ok_creates_what_is_not_there(account: StandIn, session: Service) -> None:
    """With exist_ok, a new one is created by one call."""
    assert Experiment.create("churn", session=session, exist_ok=True).experiment_name == "churn"
    assert operations(account) == ["CreateExperiment"]


@pytest.mark.parametrize("exist_ok", [True, False])
def test_a_trial_of_another_experiment_is_never_taken(session: Service, exist_ok: bool) -> None:
    """A trial of that name in another experiment is refused, with the experiment's name, with or without exist_ok."""
    Experiment.create("Fraud", session=session).create_trial("first")
    Experiment.create("churn", session=session)
    with pytest.raises(AlreadyExists, match="'first' already exists, in the experiment 'Fraud'"):
        Trial.create("first", "churn", session=session, exist_ok=exist_ok)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_told(session: Service, kind: Any) -> None:
    """Loading, changing or deleting a missing entity gives one error with the name, the region, and what to do."""
    gone = make(kind, "other", session)
    gone.delete()
    gone.display_name = "x"
    for ask in (lambda: kind.load("other", session=session), gone.save, gone.delete):
        with pytest.raises(NotThere, match=rf"no {kind._row.word} 'other' in eu-west-1.*{kind.__name__}.list\(\)") as refused:
            ask()
        assert refused.value.__suppress_context__


def test_a_trial_needs_its_experiment(session: Service) -> None:
    """A trial of a missing experiment is refused with both names, and with their order, which is another one in the SDKs."""
    with pytest.raises(
        NotThere, match="'first' was not created: .*'churn' does not exist.*create that first .*trial's name first"
    ):
        Trial.create("first", "churn", session=session)


@pytest.mark.parametrize("name", ["", "a_b", "-a", "a-", "a b", "ü", "a" * 121, None, 7])
def test_a_bad_name_is_refused_before_anything_is_sent(account: StandIn, session: Service, name: Any) -> None:
    """A name that the service refuses raises RefusedValue, wherever it is given, and no call is made."""
    trial = Trial(session, {"TrialName": "t"}, whole=True)
    asks: list[Any] = [
        lambda: Experiment.load(name, session=session),
        lambda: Trial.load(name, session=session),
        lambda: TrialComponent.load(name, session=session),
        lambda: trial.add_trial_component(name),
        lambda: trial.remove_trial_component(name),
        lambda: Experiment.create(name, session=session),
        lambda: Trial.create(name, "churn", session=session),
        lambda: Trial.create("first", name, session=session),
        lambda: TrialComponent.create(name, session=session),
    ]
    given: list[Any] = [
        lambda: Experiment.create("churn", name, session=session),
        lambda: Trial.list(name, session=session),
        lambda: Trial.list(trial_component_name=name, session=session),
        lambda: TrialComponent.list(trial_name=name, session=session),
    ]
    for ask in asks + (given if name is not None else []):
        with pytest.raises(RefusedValue):
            ask()
    assert account.calls == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: Experiment.create("churn", description="a" * 3073, session=session),
        lambda session: Experiment.create("churn", description="two\nlines", session=session),
        lambda session: Experiment.create("churn", tags=[{"team": "risk"}], session=session),  # type: ignore[list-item]
        lambda session: Experiment.search(max_results=0, session=session),
        lambda session: TrialComponent.list(experiment_name="churn", trial_name="first", session=session),
    ],
)
def test_other_bad_values_are_refused_before_anything_is_sent(account: StandIn, session: Service, ask: Any) -> None:
    """Descriptions, tags and filters that the service refuses are refused at the call."""
    with pytest.raises(RefusedValue):
        ask(session)
    assert account.calls == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_callers_tags_are_never_changed(account: StandIn, session: Service, kind: Any) -> None:
    """The caller's list is unchanged, and only a component is marked as a run."""
    tags = [TEAM, dict(RUN_TAG)]
    one = make(kind, "churn-1", session, tags=tags)
    assert tags == [TEAM, RUN_TAG]
    recorded = [TEAM, RUN_TAG] if kind is TrialComponent else [TEAM]
    assert held(account, kind)["churn-1"]["Tags"] == recorded
    one.tags.append({"Key": "mine", "Value": "x"})
    assert one.tags == recorded


def test_tags_are_fetched_when_they_are_asked_for(account: StandIn, session: Service) -> None:
    """Loading fetches no tags; reading them twice fetches them once."""
    Experiment.create("churn", tags=[TEAM], session=session)
    operations(account)
    experiment = Experiment.load("churn", session=session)
    assert (experiment.tags, experiment.tags) == ([TEAM], [TEAM])
    assert operations(account) == ["DescribeExperiment", "ListTags"]


def test_any_session_will_do(account: StandIn) -> None:
    """A boto3 session works, and so does one of the SDK, which holds one."""
    Experiment.create("churn", session=account.session())
    assert Experiment.load("churn", session=SimpleNamespace(boto_session=account.session())).experiment_name == "churn"


def test_repr_is_one_line_and_asks_nothing(account: StandIn, session: Service) -> None:
    """The printed form shows its name and known values, on one line, and makes no call."""
    experiment = Experiment.create("churn", "Who-leaves", session=session)
    loaded = TrialComponent.create("churn-1", session=session)
    loaded.status = "Completed"
    operations(account)
    known = Trial(session, {"TrialName": "t", "CreationTime": datetime(2026, 1, 2, 3, 4, tzinfo=UTC)}, whole=False)
    assert repr(experiment) == "Experiment('churn', display_name='Who-leaves')"
    assert repr(known) == "Trial('t', creation_time=2026-01-02T03:04Z)"
    assert repr(loaded) == "TrialComponent('churn-1', status='Completed')"
    assert account.calls == []


# --- list and search ------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [Experiment.list, Experiment.search])
def test_pages_are_fetched_when_they_are_needed(account: StandIn, session: Service, ask: Any) -> None:
    """All pages are given, each fetched when its first item is needed, and no call is made for each experiment."""
    many(account, session, 230)
    found = ask(session=session)
    assert account.calls == []
    assert len([repr(one) + one.experiment_name for one in islice(found, 100)]) == 100
    assert len(account.calls) == 1
    assert len(list(found)) == 130
    assert len(account.calls) == 3


def test_what_a_summary_lacks_is_fetched_once(account: StandIn, session: Service) -> None:
    """A field that a list lacks is fetched from the own record when it is read; a field that it has is not."""
    Experiment.create("churn", description="who leaves", session=session)
    operations(account)
    [one] = Experiment.list(session=session)
    assert (one.experiment_name, one.display_name, one.source) == ("churn", "churn", None)
    assert one.creation_time
    assert operations(account) == ["ListExperiments"]
    assert (one.description, one.description, one.created_by) == ("who leaves", "who leaves", None)
    assert operations(account) == ["DescribeExperiment"]


def test_lists_are_filtered_and_sorted(session: Service) -> None:
    """Each filter of a list gives what it names."""
    churn, fraud = (Experiment.create(name, session=session) for name in ("churn", "fraud"))
    first, second = churn.create_trial("first"), churn.create_trial("second")
    fraud.create_trial("third")
    component = TrialComponent.create("shared", session=session)
    TrialComponent.create("alone", session=session)
    first.add_trial_component(component)
    second.add_trial_component("shared")
    by_name = {"sort_by": "Name", "sort_order": SortOrderType.ASCENDING}
    assert [one.experiment_name for one in Experiment.list(**by_name, session=session)] == ["churn", "fraud"]  # type: ignore[arg-type]
    assert [one.trial_name for one in churn.list_trials(**by_name)] == ["first", "second"]  # type: ignore[arg-type]
    assert {one.trial_name for one in Trial.list(session=session)} == {"first", "second", "third"}
    assert [one.trial_name for one in Trial.list("churn", created_after=second.creation_time, session=session)] == ["second"]
    assert {one.trial_name for one in component.list_trials()} == {"first", "second"}
    assert [one.trial_component_name for one in second.list_trial_components()] == ["shared"]
    assert [one.trial_component_name for one in TrialComponent.list(experiment_name="churn", session=session)] == ["shared"]
    first.remove_trial_component(component)
    assert [one.trial_name for one in component.list_trials()] == ["second"]


def test_components_are_listed_by_their_job(account: StandIn, session: Service) -> None:
    """`source_arn` gives the component of a job."""
    for name in ("of-a-job", "other"):
        TrialComponent.create(name, session=session)
    arn = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/xgb"
    account.components["of-a-job"]["Source"] = {"SourceArn": arn, "SourceType": "SageMakerTrainingJob"}
    [one] = TrialComponent.list(source_arn=arn, session=session)
    assert (one.trial_component_name, one.source) == ("of-a-job", account.components["of-a-job"]["Source"])


@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: SimpleNamespace(to_boto=lambda: it)])
def test_search_takes_the_apis_dict_or_what_makes_one(account: StandIn, session: Service, wrap: Any) -> None:
    """A search gives whole records: tags, parameters and parents need no further call."""
    trial = Experiment.create("churn", session=session).create_trial("first")
    for name in ("churn-1", "churn-2"):
        component = TrialComponent.create(name, tags=[TEAM], session=session)
        component.parameters["eta"] = 0.1
        component.save()
        trial.add_trial_component(component)
    expression = {"Filters": [{"Name": "TrialComponentName", "Operator": "Equals", "Value": "churn-1"}]}
    operations(account)
    [one] = TrialComponent.search(wrap(expression), session=session)
    assert (one.trial_component_name, one.tags, one.parameters) == ("churn-1", [TEAM], {"eta": 0.1})
    assert one.parents == [{"ExperimentName": "churn", "TrialName": "first"}]
    assert operations(account) == ["Search"]


@pytest.mark.parametrize(("most", "given", "calls"), [(1, 1, 1), (100, 100, 1), (130, 130, 2), (500, 230, 3)])
def test_max_results_is_the_most_that_a_search_gives(
    account: StandIn, session: Service, most: int, given: int, calls: int
) -> None:
    """A search ends after `max_results`, and fetches no page after it."""
    many(account, session, 230)
    assert len(list(Experiment.search(max_results=most, session=session))) == given
    assert len(account.calls) == calls


@pytest.mark.parametrize(("kind", "resource"), [(Trial, "ExperimentTrial"), (Experiment, "Experiment")])
def test_each_searches_its_own(account: StandIn, session: Service, kind: Any, resource: str) -> None:
    """A search of trials finds trials, sorted as requested."""
    for name in ("b", "a"):
        make(kind, name, session)
    found = kind.search(None, f"{kind._row.noun}Name", "Ascending", session=session)
    assert [one._name for one in found if one._name != "churn"] == ["a", "b"]
    assert account.calls[-1][1]["Resource"] == resource


# --- save -----------------------------------------------------------------------------------------


def test_only_what_changed_is_sent(account: StandIn, session: Service) -> None:
    """A save sends the changed attribute alone, and nothing where nothing changed, or it changed back."""
    Experiment.create("churn", "Churn", "who leaves", session=session)
    experiment = Experiment.load("churn", session=session)
    operations(account)
    experiment.save()
    experiment.description = "who leaves"
    experiment.save()
    assert account.calls == []
    experiment.description = "who stays"
    experiment.save()
    experiment.save()
    assert account.calls == [("UpdateExperiment", {"ExperimentName": "churn", "Description": "who stays"})]
    assert experiment.description == "who stays"


def test_only_changed_keys_are_sent(account: StandIn, session: Service) -> None:
    """For parameters and artifacts, changed and new keys are sent, and missing ones are removed."""
    component = TrialComponent.create("churn-1", session=session)
    component.parameters = {"eta": 0.1, "depth": 6, "how": "hist"}
    component.input_artifacts["train"] = "s3://bank/train/", "text/csv"
    component.output_artifacts["model"] = "s3://bank/model/"
    component.save()
    again = TrialComponent.load("churn-1", session=session)
    assert again.parameters == {"eta": 0.1, "depth": 6.0, "how": "hist"}
    assert again.input_artifacts["train"].media_type == "text/csv"
    assert again.output_artifacts["model"].value == "s3://bank/model/"
    operations(account)
    again.parameters["depth"] = 8
    again.parameters["eta"] = 0.1
    again.parameters["seed"] = NUMPY
    del again.parameters["how"]
    again.input_artifacts.clear()
    again.save()
    again.save()
    sent = {"Parameters": {"depth": {"NumberValue": 8.0}, "seed": {"NumberValue": 0.5}}, "ParametersToRemove": ["how"]}
    wanted = {"TrialComponentName": "churn-1", **sent, "InputArtifactsToRemove": ["train"]}
    assert account.calls == [("UpdateTrialComponent", wanted)]
    assert again.parameters == TrialComponent.load("churn-1", session=session).parameters


def test_two_writers_keep_each_others_keys(account: StandIn, session: Service) -> None:
    """What another process wrote since is neither written back nor removed, even where this one read it in between."""
    mine = TrialComponent.create("churn-1", session=session)
    mine.parameters["a"] = 1
    yours = TrialComponent.load("churn-1", session=session)
    yours.parameters.update(b=2, c=3)
    yours.save()
    assert mine.creation_time
    mine.save()
    yours.parameters["b"] = 4
    yours.save()
    mine.parameters["a"] = 5
    mine.save()
    recorded = TrialComponent.load("churn-1", session=session).parameters
    assert recorded == {"a": 5, "b": 4, "c": 3}


def test_a_component_of_a_list_can_be_saved(account: StandIn, session: Service) -> None:
    """An entity from a list is changed like a loaded one: by its changed keys, after one Describe."""
    made = TrialComponent.create("churn-1", session=session)
    made.parameters.update(a=1, b=2)
    made.save()
    [listed] = TrialComponent.list(session=session)
    operations(account)
    listed.parameters["b"] = 3
    listed.save()
    assert account.calls[0][0] == "DescribeTrialComponent"
    assert account.calls[1:] == [
        ("UpdateTrialComponent", {"TrialComponentName": "churn-1", "Parameters": {"b": {"NumberValue": 3.0}}})
    ]


def test_status_and_times_are_sent(session: Service, far_from_utc: None) -> None:
    """A status is given as its word or with a message, which is kept to one line; a time without a zone is local."""
    component = TrialComponent.create("churn-1", session=session)
    component.status, component.start_time = "InProgress", datetime(2026, 1, 2)  # noqa: DTZ001
    component.save()
    component.status = {"PrimaryStatus": "Failed", "Message": "first\nsecond"}
    component.end_time = datetime(2026, 1, 3, tzinfo=UTC)
    component.save()
    loaded = TrialComponent.load("churn-1", session=session)
    assert loaded.status == {"PrimaryStatus": "Failed", "Message": "first second"}
    assert (loaded.start_time, loaded.end_time) == (datetime(2026, 1, 1, 15, tzinfo=UTC), datetime(2026, 1, 3, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("parameters", {"eta": float("nan")}),
        ("parameters", {"note": "x" * 2501}),
        ("parameters", {f"p{at}": at for at in range(PARAMETERS + 1)}),
        ("parameters", None),
        ("input_artifacts", {f"a{at}": "s3://bank/" for at in range(ARTIFACTS + 1)}),
        ("output_artifacts", {"model": ("s3://bank/", "no type")}),
        ("status", "Done"),
        ("status", {"PrimaryStatus": "Completed", "Reason": "x"}),
        ("start_time", "yesterday"),
        ("display_name", "a_b"),
        ("display_name", None),
    ],
)
def test_a_bad_value_is_refused_and_all_kept(account: StandIn, session: Service, name: str, value: Any) -> None:
    """One bad value keeps all from being sent; once it is corrected, all are sent."""
    component = TrialComponent.create("churn-1", session=session)
    component.end_time = datetime(2026, 1, 3, tzinfo=UTC)
    operations(account)
    setattr(component, name, value)
    with pytest.raises(RefusedValue):
        component.save()
    assert account.calls == []
    component._state.given.pop(name)
    component.save()
    assert [list(request) for _, request in account.calls] == [["TrialComponentName", "EndTime"]]


def test_what_looks_like_a_secret_is_not_kept(account: StandIn, session: Service) -> None:
    """A secret is cut out before it is sent, and the component then shows what was recorded."""
    component = TrialComponent.create("churn-1", session=session)
    component.parameters["db_password"] = "hunter2-hunter2"
    component.save()
    assert "hunter2" not in repr(account.components) + repr(component.parameters)
    experiment = Experiment.create("churn", description="login with password=hunter2-hunter2", session=session)
    assert experiment.description == "login with password=(redacted)"
    experiment.description = "now token=hunter2-hunter2"
    experiment.save()
    assert "hunter2" not in repr(account.calls) + repr(experiment.description)


# --- components -----------------------------------------------------------------------------------


def test_parents_are_told(account: StandIn, session: Service) -> None:
    """A loaded component knows its trials and their experiments as they are now."""
    component = TrialComponent.create("shared", session=session)
    assert component.parents == []
    for name in ("churn", "fraud"):
        Experiment.create(name, session=session).create_trial(f"of-{name}").add_trial_component(component)
    wanted = [{"ExperimentName": name, "TrialName": f"of-{name}"} for name in ("churn", "fraud")]
    assert sorted(TrialComponent.load("shared", session=session).parents, key=str) == wanted


@pytest.mark.parametrize("code", [None, "lost", "ValidationException"])
def test_a_component_is_put_into_a_trial_once(account: StandIn, session: Service, code: str | None) -> None:
    """Putting a component into a trial again is no error, whether the service accepts it or says that it already exists."""
    trial = Experiment.create("churn", session=session).create_trial("first")
    component = TrialComponent.create("churn-1", session=session)
    trial.add_trial_component(component)
    if code:
        account.fault("AssociateTrialComponent", code, message="The association already exists")
    trial.add_trial_component("CHURN-1")
    assert account.components["churn-1"]["Parents"] == [{"ExperimentName": "churn", "TrialName": "first"}]


def test_metrics_are_told(account: StandIn, session: Service) -> None:
    """Metrics are returned as SageMaker sums them up; without any the list is empty."""
    component = TrialComponent.create("churn-1", session=session)
    assert component.metrics == []
    when = datetime.now(UTC).timestamp()
    data = [{"MetricName": "auc", "Value": value, "Timestamp": when, "Step": 0} for value in (0.5, 0.9)]
    session.call("BatchPutMetrics", TrialComponentName="churn-1", MetricData=data)
    [metric] = TrialComponent.load("churn-1", session=session).metrics
    assert (metric["MetricName"], metric["Last"], metric["Count"]) == ("auc", 0.9, 2)


def test_a_component_in_a_trial_is_deleted_by_the_word(account: StandIn, session: Service) -> None:
    """Deleting a component inside a trial is refused, with what to do; force_disassociate removes it from the trial first."""
    trial = Experiment.create("churn", session=session).create_trial("first")
    component = TrialComponent.create("churn-1", session=session)
    trial.add_trial_component(component)
    with pytest.raises(RefusedValue, match="force_disassociate=True"):
        component.delete()
    component.delete(force_disassociate=True)
    assert account.components == {}
    assert list(trial.list_trial_components()) == []


def test_a_full_experiment_says_how_it_is_deleted(session: Service) -> None:
    """Deleting an experiment with trials is refused, with what to do."""
    experiment = Experiment.create("churn", session=session)
    experiment.create_trial("first")
    with pytest.raises(RefusedValue, match=r"delete_all\('--force'\)"):
        experiment.delete()


def test_a_trial_needs_no_name(account: StandIn, session: Service) -> None:
    """Trials without a name get one each, which begins with the prefix."""
    experiment = Experiment.create("churn", session=session)
    names = {experiment.create_trial().trial_name, experiment.create_trial().trial_name}
    assert len(names) == 2
    assert all(name.startswith("Trial-2") for name in names)
    assert experiment.create_trial(trial_name_prefix="night").trial_name.startswith("night-")


@pytest.mark.parametrize("code", ["ThrottlingException", "ConflictException", "drop"])
def test_what_passes_is_waited_out(account: StandIn, session: Service, code: str) -> None:
    """Throttling, a conflict or a lost connection in the middle costs time, and nothing else."""
    for operation in ("CreateExperiment", "DescribeExperiment", "UpdateExperiment", "ListExperiments", "ListTags"):
        account.fault(operation, code, times=2)
    Experiment.create("churn", session=session)
    experiment = Experiment.load("churn", session=session)
    experiment.description = "who leaves"
    experiment.save()
    assert [(one.description, one.tags) for one in Experiment.list(session=session)] == [("who leaves", [])]
