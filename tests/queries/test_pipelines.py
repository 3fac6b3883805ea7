"""Pipelines: which experiment an execution belongs to, what its steps made, and which execution really ran them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.crawl.replay.session import replay_session
from lineage.domain.kinds import KINDS
from lineage.domain.pipelines import Name, experiment_names, parse_definition
from lineage.domain.records import Resource
from lineage.domain.references import hits
from lineage.errors import MalformedDefinition, UnknownNode
from lineage.graphs.build import graph_of
from lineage.queries.impact import impact
from lineage.queries.runs.executions import OPAQUE, made_by
from tests.conftest import BANK
from tests.estate import account, line
from tests.records import ACCOUNT, REGION, arn, record, served, training
from tests.snapshot.test_file import crawl

DAY = "2025-06-01"
PIPELINE = arn("pipeline", "p")
FIT = arn("training-job", "fit")


def at(execution: str, pipeline: str = "p") -> str:
    return f"{arn('pipeline', pipeline)}/execution/{execution}"


def run(execution: str, *steps: dict[str, Any], pipeline: str = "p", **body: Any) -> Resource:
    """An execution as a crawl would keep it."""
    common = {
        "PipelineArn": arn("pipeline", pipeline), "PipelineExecutionArn": at(execution, pipeline),
        "PipelineExecutionStatus": "Succeeded", "CreationTime": f"{DAY}T08:00:00Z", "PipelineExecutionSteps": list(steps),
    }  # fmt: skip
    return record("pipeline-execution", f"{pipeline}/execution/{execution}", common | body)


def step(name: str = "Fit", made: str = FIT, member: str = "TrainingJob", **body: Any) -> dict[str, Any]:
    return {"StepName": name, "StepStatus": "Succeeded", "Metadata": {member: {"Arn": made}}} | body


def cached(source: str) -> dict[str, Any]:
    return {"CacheHitResult": {"SourcePipelineExecutionArn": at(source)}}


def left_out(source: str) -> dict[str, Any]:
    return {"SelectiveExecutionResult": {"SourcePipelineExecutionArn": at(source)}}


def defined(config: Any, **more: Any) -> str:
    return json.dumps({"Version": "2020-12-01", "PipelineExperimentConfig": config} | more)


def pipeline(definition: str, **body: Any) -> Resource:
    common = {
        "PipelineDefinition": definition,
        "CreationTime": "2025-01-01T00:00:00Z",
        "LastModifiedTime": "2025-01-02T00:00:00Z",
    }
    return record("pipeline", "p", common | body)


# --- the names of a definition --------------------------------------------------------------------

E1 = {"PipelineExecutionArn": at("e1"), "PipelineParameters": [{"Name": "Team", "Value": "risk"}]}
JOIN = {"On": "-", "Values": ["a", {"Get": "Parameters.Team"}]}
DEFAULTS = [
    {"Name": "Team", "DefaultValue": "none"},
    {"Name": "Round", "DefaultValue": 3},
    {"Name": "Half", "DefaultValue": 0.5},
]


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("custom", "custom"),
        (None, "P"),
        ({"Get": "Execution.PipelineName"}, "P"),
        ({"Get": "Execution.PipelineExecutionId"}, "e1"),
        ({"Get": "Parameters.Team"}, "risk"),
        ({"Get": "Parameters.Round"}, "3"),
        ({"Std:Join": JOIN}, "a-risk"),
        (JOIN, "a-risk"),
        ({"Std:Join": {"On": "-", "Values": ["x", {"Std:Join": JOIN}, JOIN, 7]}}, "x-a-risk-a-risk-7"),
        ({"Values": ["a", "b"]}, "ab"),
        ({"Get": "Execution.PipelineArn"}, "it would be 'arn:"),
        ({"Get": "Execution.PipelineExecutionArn"}, "it would be 'arn:"),
        ({"Get": "Execution.StartDateTime"}, "Execution.StartDateTime: how SageMaker writes a time"),
        ({"Std:Join": {"On": "-", "Values": [{"Get": "Execution.CurrentDateTime"}]}}, "Execution.CurrentDateTime: how"),
        ({"Get": "Execution.Mood"}, "Execution.Mood is unknown for this execution"),
        ({"Get": "Parameters.Half"}, "how SageMaker writes the value of parameter Half, 0.5"),
        ({"Get": "Parameters.Absent"}, "parameter Absent has no value and no default"),
        ({"Get": "PipelineExperimentConfig.TrialName"}, "PipelineExperimentConfig.TrialName is unknown"),
        ({"Std:JsonGet": {"Path": "x"}}, "the value of Std:JsonGet is unknown"),
        ({"Std:Join": "x"}, "the value of Std:Join is unknown"),
        ({"On": 3, "Values": []}, "the value of On, Values is unknown"),
        (True, "the value of true is unknown"),
        ("", "it would be ''"),
        ("a_b", "it would be 'a_b', which is not a valid name"),
        ("x" * 121, "it would be 'xxx"),
    ],
)
def test_a_name(expression: Any, name: str) -> None:
    """Each expression gives its name, for the experiment as for the trial; an unknown one gives the reason."""
    found = experiment_names(defined({"ExperimentName": expression, "TrialName": "t"}, Parameters=DEFAULTS), E1, "P")
    if found.experiment.text is None:
        assert found.experiment.reason.startswith(name)
        assert not found.experiment.known
    else:
        assert found == (Name(name), Name("t"))
    if expression is not None:
        swapped = experiment_names(defined({"ExperimentName": "t", "TrialName": expression}, Parameters=DEFAULTS), E1, "P")
        assert swapped.trial == found.experiment


def test_the_default_trial_is_the_execution() -> None:
    """A config without names gives the pipeline's name, from its ARN as a fallback, and the execution's id."""
    assert experiment_names(defined({}), E1) == (Name("p"), Name("e1"))


@pytest.mark.parametrize("definition", [defined(None), "{}", {"Steps": []}])
def test_no_experiment(definition: Any) -> None:
    """Null, or no config at all, asks for no experiment: that is known, not unknown."""
    assert experiment_names(definition, E1) == (Name(None, "the definition asks for no experiment"),) * 2


def test_a_region_without_experiments() -> None:
    """Where SageMaker has no Experiments there is none, whatever the definition says."""
    there = {"PipelineExecutionArn": at("e1").replace(REGION, "ap-south-2")}
    assert experiment_names(defined({}), there).experiment == Name(None, "there is no SageMaker Experiments in ap-south-2")


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("no JSON", "the definition is not JSON"),
        ("[" * 100_000, "the definition is not JSON"),
        ("[]", "the definition is not a JSON object"),
        ('"x"', "the definition is not a JSON object"),
        ('{"Version": "2031-01-01"}', "the definition has version '2031-01-01'; this lineage knows only 2020-12-01"),
        ('{"PipelineExperimentConfig": []}', "the PipelineExperimentConfig of the definition is not an object"),
        (defined({"ExperimentName": {"Get": "Execution.PipelineExecutionId"}, "TrialName": 1.5}), None),
    ],
)
def test_a_bad_definition(definition: str, reason: str | None) -> None:
    """An unreadable definition gives no name, says why, and raises nothing."""
    found = experiment_names(definition, E1)
    if reason:
        assert found == (Name(None, reason, known=False),) * 2
    else:
        assert found == (Name("e1"), Name(None, "the value of 1.5 is unknown", known=False))


def test_an_execution_of_which_nothing_is_known() -> None:
    """An execution without an ARN, and malformed parameters, give unknown names."""
    config = {"ExperimentName": {"Get": "Parameters.Team"}}
    found = experiment_names(defined(config, Parameters="x"), {"PipelineParameters": ["y", {"Name": "Team"}]})
    assert [one.known for one in found] == [False, False]


def test_parse_definition_refuses() -> None:
    """A call for the definition itself raises an error that the caller can catch."""
    with pytest.raises(MalformedDefinition, match="not a JSON object"):
        parse_definition("3")


WORDS = st.text("ab1", min_size=1, max_size=3)
PARTS = st.recursive(
    WORDS | st.sampled_from([{"Get": "Parameters.Team"}, {"Get": "Execution.PipelineExecutionId"}]),
    lambda part: st.builds(
        lambda on, values, bare: {"On": on, "Values": values} if bare else {"Std:Join": {"On": on, "Values": values}},
        st.sampled_from(["", "-", "x"]), st.lists(part, min_size=1, max_size=3), st.booleans(),
    ),
    max_leaves=8,
)  # fmt: skip


def resolved(expression: Any) -> str | None:
    return experiment_names(defined({"ExperimentName": expression}), E1).experiment.text


def respelt(expression: Any) -> Any:
    """The same with every join in its other spelling."""
    if not isinstance(expression, dict) or "Get" in expression:
        return expression
    join = expression.get("Std:Join", expression)
    other = {"On": join["On"], "Values": [respelt(value) for value in join["Values"]]}
    return other if "Std:Join" in expression else {"Std:Join": other}


@given(st.sampled_from(["", "-", "x"]), st.lists(PARTS, min_size=1, max_size=3))
def test_a_join_joins(on: str, parts: list[Any]) -> None:
    """A join is its parts joined, at any depth; both spellings mean the same; a join of one part is that part."""
    join = {"Std:Join": {"On": on, "Values": parts}}
    known = [resolved(part) for part in parts]
    assert resolved(join) == on.join(known) if all(known) and len(on.join(known)) <= 120 else True
    assert resolved(respelt(join)) == resolved(join)
    assert resolved({"On": on, "Values": [join]}) == resolved(join)


# --- lists ----------------------------------------------------------------------------------------


def test_pipelines_of_the_bank(account_path: Path) -> None:
    """Each pipeline is listed with its executions, also one that only an execution names."""
    with lineage.open_snapshot(account_path) as snapshot:
        found = {one.name: (one.executions, one.observed, one.last_execution) for one in lineage.list_pipelines(snapshot)}
        executions = lineage.list_executions(snapshot, "RENEWAL-price")
    assert found == {"Renewal-Price": (3, True, "2026-10-19T08:00:00Z"), "credit-risk": (1, False, None)}
    assert [(one.name, one.experiment, one.trial) for one in executions] == [
        (name, "renewals-uk", f"weekly-{name}") for name in ("y2rj7l5s8pg1", "t9zc3v6b0nf5", "w4hq8d2m1xk7")
    ]
    assert {one.started_by for one in executions} == {f"arn:aws:sts::{ACCOUNT}:assumed-role/bank-ml/renewals"}


def entry(execution: str, name: str = "p", **body: Any) -> dict[str, Any]:
    body = {
        "PipelineArn": arn("pipeline", name),
        "PipelineExecutionArn": at(execution, name),
        "PipelineExecutionStatus": "Succeeded",
    } | body
    return line("pipeline-execution", f"{name}/execution/{execution}", body, extras={"PipelineExecutionSteps": [step()]})


def test_executions_outlive_their_pipeline(tmp_path: Path) -> None:
    """A pipeline that was deleted is listed with its executions, all of them marked."""
    both = [line("pipeline", name, {"PipelineDefinition": "{}", "PipelineStatus": "Active"}) for name in ("p", "q")]
    for records in ([*both, entry("e1"), entry("e2", "q")], [both[1], entry("e2", "q")]):
        lineage.crawl_estate(tmp_path / "s.db", session=replay_session(account(tmp_path, records=records)))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        pipelines = {one.name: one for one in lineage.list_pipelines(snapshot)}
        (execution,) = lineage.list_executions(snapshot, "p")
        loaded = lineage.load_execution(snapshot, "e1")
        (kept,) = lineage.list_executions(snapshot, "q")
    assert pipelines["p"].deleted
    assert execution.deleted == pipelines["p"].deleted
    assert (loaded.execution, [one["name"] for one in loaded.steps]) == (execution, ["Fit"])
    assert (pipelines["q"].deleted, kept.deleted) == (None, None)


def test_a_pipeline_name_that_was_used_again(tmp_path: Path) -> None:
    """An execution from before a pipeline of its name was created again was deleted with the old one."""
    crawl(
        tmp_path / "s.db",
        pipeline(defined({}), CreationTime="2025-07-01T00:00:00Z"),
        run("old"),
        run("new", CreationTime="2025-08-01T00:00:00Z"),
    )
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = {one.name: one.deleted for one in lineage.list_executions(snapshot, "p")}
        old = lineage.load_execution(snapshot, "old")
    assert found == {"new": None, "old": "2025-07-01T00:00:00Z"}
    assert old.definition["which"] == "none"


def test_what_only_tags_name(tmp_path: Path) -> None:
    """An execution that only a job's tag names is shown with that job, as not observed, and its names as unknown."""
    tag = {"Key": "sagemaker:pipeline-execution-arn", "Value": at("e9", "gone")}
    crawl(tmp_path / "s.db", training("j", {}, Tags=[tag]))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (found,) = lineage.list_pipelines(snapshot)
        loaded = lineage.load_execution(snapshot, "e9")
    assert (found.name, found.observed, found.executions) == ("gone", False, 1)
    assert [(one["name"], one["said_by"]) for one in loaded.others] == [("j", "Tags[].Value")]
    assert (loaded.experiment["name"], loaded.experiment["known"], loaded.findings) == (None, False, [])


# --- steps ----------------------------------------------------------------------------------------


def loaded(folder: Path, *records: Resource, execution: str = "b") -> lineage.ExecutionSteps:
    crawl(folder / "s.db", *records)
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        return lineage.load_execution(snapshot, execution)


def ran(found: lineage.ExecutionSteps) -> list[tuple[Any, ...]]:
    return [(one["ran"]["how"], one["ran"]["execution"].rpartition("/")[2], one["ran"]["known"]) for one in found.steps]


SELECTED = {"SelectiveExecutionConfig": {"SourcePipelineExecutionArn": at("a"), "SelectedSteps": [{"StepName": "Serve"}]}}


@pytest.mark.parametrize(
    ("records", "expected", "why"),
    [
        ([run("b", step())], ("", "b", True), ""),
        ([run("a", step()), run("b", step(**cached("a")))], ("cached", "a", True), ""),
        ([run("a", step()), run("b", step(**left_out("a")))], ("selective", "a", True), ""),
        ([run("a", step()), run("c", step(**cached("a"))), run("b", step(**left_out("c")))], ("selective", "a", True), ""),
        ([run("b", step(**cached("a")))], ("cached", "a", False), "execution a was not read: it may have run the step"),
        ([run("c", step(**cached("a"))), run("b", step(**cached("c")))], ("cached", "a", False), "execution a was not read"),
        ([run("a", step("Other")), run("b", step(**cached("a")))], ("cached", "a", False), "no step of that name was read in execution a"),
        ([run("a", step(**cached("b"))), run("b", step(**cached("a")))], ("cached", "b", False), "the executions name each other in a cycle"),
        ([run("b", step(**cached("b")))], ("cached", "b", False), "the executions name each other in a cycle"),
        ([run("a", step()), run("b", step(), **SELECTED)], ("selective", "a", True), ""),
        ([run("a", step(made=arn("training-job", "other"))), run("b", step(), **SELECTED)], ("", "b", True), ""),
        ([run("a", step("Serve")), run("b", step("Serve"), **SELECTED)], ("", "b", True), ""),
        ([run("b", step(), **SELECTED)], ("", "b", True), ""),
    ],
    ids=["ran", "cached", "selective", "two hops", "not read", "not read after a hop", "no such step", "circle", "itself",
         "by the config", "by the config, of another job", "selected", "by the config, not read"],
)  # fmt: skip
def test_where_a_step_ran(tmp_path: Path, records: list[Resource], expected: tuple[Any, ...], why: str) -> None:
    """A step leads to the execution that ran it, over as many as reused it, and says where that is unknown."""
    found = loaded(tmp_path, *records)
    assert ran(found) == [expected]
    assert found.steps[0]["ran"]["why"].startswith(why) if why else not found.steps[0]["ran"]["why"]


def test_the_way_to_who_ran_it(tmp_path: Path) -> None:
    """The executions in between are shown in their order."""
    found = loaded(tmp_path, run("a", step()), run("c", step(**cached("a"))), run("b", step(**cached("c"))))
    assert found.steps[0]["ran"]["through"] == [at("c")]


def test_who_ran_it_is_gone(tmp_path: Path) -> None:
    """After a complete list, an execution that is not in it is shown as gone, not as unread."""
    records = [line("pipeline", "p", {"PipelineDefinition": "{}", "PipelineStatus": "Active"}), entry("b")]
    records[1]["extras"]["PipelineExecutionSteps"][0] |= cached("a")
    lineage.crawl_estate(tmp_path / "s.db", session=replay_session(account(tmp_path, records=records)))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert "no longer exists" in lineage.load_execution(snapshot, "b").steps[0]["ran"]["why"]


def test_every_metadata_member_is_told() -> None:
    """Each resource and place that a step's metadata names as its product is shown; a Lambda function existed before."""
    for reference in KINDS["pipeline-execution"].references:
        start, _, path = reference.path.partition(".Metadata.")
        if not path or reference.relation not in ("member-of", "writes"):
            continue
        member, *inner = path.split(".")
        made = FIT if reference.relation == "member-of" else "s3://b/x"
        value: Any = made
        for name in reversed(inner):
            value = {"k" if name == "*" else name: value}
        found = [(one["member"], one["id"]) for one in made_by({"StepName": "s", "Metadata": {member: value}})]
        assert found == ([] if member == "Lambda" else [(member, made)]), start


@pytest.mark.parametrize("member", [*OPAQUE, "Condition", "Fail"])
def test_opaque_steps(tmp_path: Path, member: str) -> None:
    """Steps whose work SageMaker keeps no record of say so; a condition shows its outcome, a failed step the reason."""
    metadata = {"Condition": {"Outcome": "True"}, "Fail": {"ErrorMessage": "too bad"}}.get(member, {"ClusterId": "j-1"})
    (row,) = loaded(tmp_path, run("b", {"StepName": "s", "Metadata": {member: metadata}})).steps
    assert (row["type"], row["opaque"], row["metadata"]) == (member, OPAQUE.get(member), {member: metadata})
    assert (row["outcome"], row["failure"]) == (metadata.get("Outcome"), metadata.get("ErrorMessage"))


def test_steps_in_their_order(tmp_path: Path) -> None:
    """Steps come in the order of their start, unstarted ones last, with the type that the definition says."""
    steps = [{"StepName": "Serve"}, step("Fit", StartTime=f"{DAY}T09:00:00Z"), step("Prepare", StartTime=f"{DAY}T08:00:00Z")]
    known = pipeline(defined({}, Steps=[{"Name": "Serve", "Type": "Endpoint"}, "x"]))
    found = loaded(tmp_path, known, run("b", *steps)).steps
    assert [(one["name"], one["type"]) for one in found] == [
        ("Prepare", "TrainingJob"),
        ("Fit", "TrainingJob"),
        ("Serve", "Endpoint"),
    ]


LONG = "TrainTheVeryBestModelOfAllModels"  # 34 characters are the most that fit beside a name of 63


@pytest.mark.parametrize(
    ("name", "of", "fits"),
    [
        ("pipelines-b-Fit-aB3dE5gH7j", "Fit", True),
        ("b-Fit-aB3dE5gH7j", "Fit", True),
        ("pipelines-b-Fit-aB3dE5gH7j-001-1a2b3c4d", "Fit", False),
        ("pipelines-b-FitMore-aB3dE5gH7j", "Fit", False),
        ("pipelines-b-Fit-aB3dE5gH7j", "FitMore", False),
        ("pipelines-c-Fit-aB3dE5gH7j", "Fit", False),
        ("fit-by-hand", "Fit", False),
        (f"pipelines-{'b' * 12}-{LONG[:29]}-aB3dE5gH7j", LONG, True),
    ],
)
def test_earlier_attempts(tmp_path: Path, name: str, of: str, fits: bool) -> None:
    """A job named by Pipelines' scheme shows the names of a step; one that is not the step's last job is an earlier attempt."""
    execution = "b" * 12 if of == LONG else "b"
    found = loaded(
        tmp_path, training(name, {}), training("fit", {}), run(execution, step(of, AttemptCount=2)), execution=execution
    )
    assert [(one["name"], one["inferred"]) for one in found.steps[0]["earlier_attempts"]] == ([(name, "name")] if fits else [])


def test_a_tag_makes_an_earlier_attempt_surer(tmp_path: Path) -> None:
    """A job that its tag ties to the execution as well says so; one without such a name is shown beside the steps."""
    tags = [{"Key": "sagemaker:pipeline-execution-arn", "Value": at("b")}]
    jobs = [training(name, {}, Tags=tags) for name in ("pipelines-b-Fit-aB3dE5gH7j", "own-name", "fit")]
    found = loaded(tmp_path, *jobs, run("b", step(AttemptCount=2)))
    assert [(one["name"], one["inferred"]) for one in found.steps[0]["earlier_attempts"]] == [(jobs[0].name, "tag and name")]
    assert [(one["name"], one["said_by"]) for one in found.others] == [("own-name", "Tags[].Value")]


# --- names compared with what exists --------------------------------------------------------------

SAYS = {"PipelineExperimentConfig": {"ExperimentName": "Exp", "TrialName": "Tri"}}
THERE = [record("experiment", "exp", {}), record("trial", "tri", {"ExperimentName": "EXP"})]
SAME = pipeline(defined({"ExperimentName": "exp", "TrialName": "tri"}))


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([SAME, run("b", **SAYS)], []),
        ([pipeline(defined(None)), run("b", **SAYS)], ["the execution says Exp, and the definition gives none (the definition asks for no experiment)", "the execution says Tri, and the definition gives none (the definition asks for no experiment)"]),
        ([pipeline(defined({"ExperimentName": "other", "TrialName": "tri"})), run("b", **SAYS)], ["the execution says Exp, and the definition gives other"]),
        ([pipeline(defined({"ExperimentName": "other", "TrialName": "tri"}), LastModifiedTime="2025-09-01T00:00:00Z"), run("b", **SAYS)], ["the execution says Exp, and the latest definition, which may be a later one, gives other"]),
        ([pipeline(defined({"ExperimentName": {"Get": "Parameters.X"}, "TrialName": "tri"})), run("b", **SAYS)], []),
        ([pipeline("no JSON"), run("b", **SAYS)], []),
        ([SAME, run("b", **SAYS), record("trial", "late", {"ExperimentName": "exp", "Source": {"SourceArn": at("b")}})], ["trial late says that this execution made it"]),
        ([SAME, run("b", step(), **SAYS), training("fit", {}, ExperimentConfig={"ExperimentName": "exp", "TrialName": "mine"})], ["training job fit is in trial mine, and the execution in Tri"]),
        ([SAME, run("a", step()), run("b", step(**cached("a")), **SAYS), training("fit", {}, ExperimentConfig={"TrialName": "mine"})], []),
        ([pipeline(defined(None)), run("b", step()), training("fit", {}, ExperimentConfig={"ExperimentName": "own"})], ["training job fit is in experiment own, and the execution in none"]),
    ],
    ids=["all fits", "none", "other", "changed since", "not resolved", "no JSON", "other trial", "other job", "reused", "a job with its own"],
)  # fmt: skip
def test_mismatches(tmp_path: Path, records: list[Resource], said: list[str]) -> None:
    """The execution's own statement wins; a difference to the definition or to what exists is reported."""
    found = loaded(tmp_path, *THERE, *records)
    assert [one["said"] for one in found.findings] == said
    if "PipelineExperimentConfig" in next(one for one in records if one.name.endswith("/b")).body:
        assert (found.experiment["name"], found.experiment["said_by"], found.trial["name"]) == ("Exp", "execution", "Tri")


def test_a_trial_of_another_experiment(tmp_path: Path) -> None:
    """A trial that existed before, in another experiment, is reported."""
    found = loaded(tmp_path, SAME, run("b", **SAYS), record("trial", "tri", {"ExperimentName": "else"}))
    assert [one["said"] for one in found.findings] == ["trial Tri belongs to experiment else, and not to Exp"]
    assert (found.experiment["exists"], found.trial["exists"]) == (None, True)


def test_names_by_the_definition(tmp_path: Path) -> None:
    """An execution without names of its own gets those of the definition; the answer says where they come from."""
    found = loaded(tmp_path, pipeline(defined({"TrialName": JOIN})), run("b", PipelineParameters=E1["PipelineParameters"]))
    assert [(one["name"], one["said_by"]) for one in (found.experiment, found.trial)] == [
        ("p", "definition"),
        ("a-risk", "definition"),
    ]
    assert (found.execution.experiment, found.execution.trial) == ("p", "a-risk")
    assert found.definition == {"which": "own", "modified": "2025-01-02T00:00:00Z", "note": ""}


def test_the_definition_of_its_time(tmp_path: Path) -> None:
    """A version that a crawl saw unchanged after the execution's start is its own; else the latest is shown as the latest."""
    early, late = (
        pipeline(defined({"ExperimentName": name}), LastModifiedTime=when)
        for name, when in (("v1", "2025-01-02T00:00:00Z"), ("v2", "2026-03-01T00:00:00Z"))
    )
    runs = [run("b"), run("later", CreationTime="2026-02-01T00:00:00Z"), run("first", CreationTime="2024-01-01T00:00:00Z")]
    crawl(tmp_path / "s.db", early, *runs)
    crawl(tmp_path / "s.db", late)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = {name: lineage.load_execution(snapshot, name) for name in ("b", "later", "first")}
    assert {name: (one.experiment["name"], one.definition["which"]) for name, one in found.items()} == {
        "b": ("v1", "own"), "later": ("v2", "latest"), "first": (None, "none"),
    }  # fmt: skip
    assert "may have run another one" in found["later"].definition["note"]


def test_steps_that_were_refused_are_a_gap(tmp_path: Path) -> None:
    """Where the steps could not be listed, the answer has the gap, and does not look like an execution without steps."""
    records = [line("pipeline", "p", {"PipelineDefinition": "{}", "PipelineStatus": "Active"}), entry("b")]
    fault = {"fault": "AccessDeniedException", "operation": "ListPipelineExecutionSteps"}
    lineage.crawl_estate(tmp_path / "s.db", session=replay_session(account(tmp_path, fault, records=records)))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = lineage.load_execution(snapshot, "b")
    assert (found.steps, [one["reason"] for one in found.gaps]) == ([], ["denied"])


# --- the graph ------------------------------------------------------------------------------------

MADE = training("fit", {"train": "s3://data/x/"})
SERVED = served("s3://models/fit/output/model.tar.gz")


def traced(*records: Resource) -> lineage.Trace:
    return lineage.trace(graph_of([MADE, *SERVED, *records]), "shop")


@pytest.mark.parametrize(
    ("records", "who", "reused"),
    [
        ([run("a", step())], ["a"], []),
        ([run("a", step()), run("b", step(**cached("a")))], ["a"], ["b"]),
        ([run("a", step()), run("b", step(**left_out("a")))], ["a"], ["b"]),
        ([run("a", step()), run("c", step(**cached("a"))), run("b", step(**left_out("c")))], ["a"], ["b", "c"]),
        ([run("b", step(**cached("a")))], ["a"], ["b"]),
        ([run("c", step(**cached("a"))), run("b", step(**left_out("c")))], ["a"], ["b", "c"]),
        ([run("b", step(**cached("a")), step("Prepare", arn("processing-job", "prep"), "ProcessingJob", **cached("z")))], ["a"], ["b"]),
        ([run("a", step(AttemptCount=2)), training("pipelines-a-Fit-aB3dE5gH7j", {}, TrainingJobStatus="Failed")], ["a"], []),
    ],
    ids=["ran", "cached", "selective", "two hops", "not read", "not read after a hop", "another step of another one", "retried"],
)  # fmt: skip
def test_trace_names_who_ran_it(records: list[Resource], who: list[str], reused: list[str]) -> None:
    """The execution that really ran a job is its maker; those that reused it are called that, and come after it."""
    answer = traced(*records)
    (job,) = answer.training_jobs
    assert job["name"] == "fit"
    assert job["ran_in"] == [at(one) for one in who]
    assert job["reused_by"] == [at(one) for one in reused]
    assert [(row["id"], row["reused"]) for row in answer.pipeline_executions] == [
        *((at(one), False) for one in who), *((at(one), True) for one in reused),
    ]  # fmt: skip


def test_trace_prints_who_ran_it(account_path: Path, tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person reads which execution ran the job and which reused it, and a script gets the same in its columns."""
    out = run("trace", "renewal-price", "--snapshot", str(account_path), "-f", "table").out
    told = "renewal-price/execution/w4hq8d2m1xk7, reused by renewal-price/execution/t9zc3v6b0nf5 and renewal-price/execution/y2rj7l5s8pg1"
    assert f"ran in pipeline execution {told}" in out
    rows = [
        one.split("\t") for one in run("trace", "renewal-price", "--snapshot", str(account_path), "-f", "tsv").out.splitlines()
    ]
    assert {row[5].rpartition("/")[2] for row in rows if row[1:4] == ["member-of", "Fit", "reused"]} == {
        "w4hq8d2m1xk7", "t9zc3v6b0nf5", "y2rj7l5s8pg1",
    }  # fmt: skip


def test_a_package_of_the_one_that_reused() -> None:
    """An execution that reused the job and registered the package is the maker of the package, and not of the job."""
    package = record(
        "model-package",
        "g/1",
        {"InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://models/fit/output/model.tar.gz"}]}},
    )
    model, *rest = served("", ModelPackageName=package.arn)
    del model.body["PrimaryContainer"]["ModelDataUrl"]
    runs = [run("a", step()), run("b", step(**cached("a")), step("Register", package.arn, "RegisterModel"))]
    answer = lineage.trace(graph_of([MADE, package, model, *rest, *runs]), "shop")
    assert [(row["id"], row["reused"]) for row in answer.pipeline_executions] == [(at("a"), False), (at("b"), False)]
    assert (answer.training_jobs[0]["ran_in"], answer.training_jobs[0]["reused_by"]) == ([at("a")], [at("b")])


def test_impact_of_who_only_reused() -> None:
    """What an execution reused belongs to it only possibly; what it made itself is certain."""
    runs = [run("a", step()), run("b", step(**cached("a")))]
    graph = graph_of([MADE, *SERVED, *runs])
    sure = {name: {row["name"]: row["sure"] for row in impact(graph, at(name)).reached} for name in "ab"}
    assert (sure["a"]["fit"], sure["a"]["shop"]) == (True, True)
    assert (sure["b"]["fit"], sure["b"]["shop"]) == (False, False)
    assert "p/execution/b" not in sure["a"]


def test_impact_of_an_execution_that_was_not_read() -> None:
    """What only the reusing execution shows is a lead, and is kept, like everything else about that execution."""
    other = training("other", {})
    runs = [run("b", step(**cached("a")), step("More", other.arn))]
    assert {row["name"]: row["sure"] for row in impact(graph_of([MADE, other, *SERVED, *runs]), at("a")).reached}.keys() >= {
        "fit"
    }
    assert "other" not in {row["name"] for row in impact(graph_of([MADE, other, *SERVED, *runs]), at("a")).reached}


def test_who_took_a_query_over_has_not_written() -> None:
    """The named output of a cached Athena step was written by the execution that ran it, where that was read."""
    athena = {"StepName": "Query", "Metadata": {"Athena": {"S3OutputLocation": "s3://data/x/"}}}
    runs = [run("a", athena), run("b", athena | cached("a"), CreationTime="2025-06-02T00:00:00Z")]
    answer = traced(*runs)
    makers = {edge["source"] for edge in answer.evidence if edge["relation"] == "writes" and edge["target"] == "s3://data/x/"}
    assert makers == {at("a")}
    assert {edge["source"] for edge in traced(runs[1]).evidence if edge["target"] == "s3://data/x/"} == {at("b")}


def test_the_table_tells_a_reuse() -> None:
    """A field below a reused step says so, in the record of the execution that reused it and in no other."""
    found = [
        (hit.role, hit.usage)
        for one in (step(), step("Cached", **cached("a")), step("Selective", **left_out("a")), step("Empty", CacheHitResult={}))
        for hit in hits(KINDS["pipeline-execution"], {"PipelineExecutionSteps": [one]})
        if hit.value == FIT
    ]
    assert found == [("Fit", ""), ("Cached", "reused"), ("Selective", "reused"), ("Empty", "")]


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def ask_all(run, account_path: Path):
    return lambda *arguments: run("pipelines", *arguments, "--snapshot", str(account_path))


@pytest.mark.parametrize("arguments", [(), ("Renewal-Price",), ("renewal-price", "y2rj7l5s8pg1")], ids=len)
def test_each_format(ask_all, arguments: tuple[str, ...]) -> None:
    """Each format has one line for each row, and JSON its schema."""
    rows = {0: 2, 1: 3, 2: 4}[len(arguments)]
    for form, more in (("tsv", 1), ("csv", 1), ("md", 2), ("jsonl", 0)):
        ran = ask_all(*arguments, "-f", form)
        assert (ran.code, len(ran.out.splitlines())) == (0, rows + more), form
    answer = json.loads(ask_all(*arguments, "-f", "json").out)
    schema, member = (("pipelines", "pipelines"), ("executions", "executions"), ("execution", "steps"))[len(arguments)]
    assert (answer["schema"], answer["question"], len(answer[member])) == (f"lineage.{schema}/1", "pipelines", rows)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("renewal-prise",), "did you mean Renewal-Price?"),
        (("renewal-price", "y2rj7l5s8pg2"), "did you mean y2rj7l5s8pg1?"),
        (("credit-risk", "nowhere"), "no pipeline execution 'nowhere' in the snapshot"),
        ((at("x", "nowhere"),), "no pipeline execution 'nowhere/execution/x' in "),
    ],
)
def test_unknown_names(ask_all, arguments: tuple[str, ...], said: str) -> None:
    """An unknown pipeline or execution exits with 2 and one line, with near names."""
    ran = ask_all(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err


def test_every_name_of_an_execution(ask_all) -> None:
    """An execution is found by its id, its display name, its ARN alone, and each of these beside its pipeline."""
    own = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/Renewal-Price/execution/y2rj7l5s8pg1"
    ways = [
        ("Renewal-Price", "y2rj7l5s8pg1"),
        ("Renewal-Price", "renewals-2026-10-19"),
        (own,),
        (arn("pipeline", "Renewal-Price"), own),
    ]
    assert len({ask_all(*way, "-f", "json").out for way in ways}) == 1


def test_nothing_to_list(tmp_path: Path) -> None:
    """A snapshot without pipelines lists none, and says so when a question names one."""
    crawl(tmp_path / "s.db", MADE)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert lineage.list_pipelines(snapshot) == []
        with pytest.raises(UnknownNode, match="the snapshot holds no pipelines"):
            lineage.list_executions(snapshot, "p")
        with pytest.raises(UnknownNode, match="the snapshot holds none"):
            lineage.load_execution(snapshot, "e")


def test_a_walk_from_an_endpoint_never_has_all_pipelines(run, tmp_path: Path, ask_all) -> None:
    """A snapshot crawled from an endpoint never lists pipelines as if there were none; a whole one has no such gap."""
    lineage.crawl_endpoints(tmp_path / "lineage.db", ["loans-live"], replay=BANK)
    ask = ("pipelines", "-f")
    table = run(*ask, "table").out.splitlines()
    assert table[:2] == ["There are no pipelines, as far as was read.", "Note: 1 gap could hide more pipelines:"]
    for form in ("tsv", "csv", "md", "jsonl"):
        assert run(*ask, form).err.splitlines() == [*table[1:], "lineage: there are no pipelines, as far as was read"]
    assert [hole["reason"] for hole in json.loads(run(*ask, "json").out)["scope"]["holes"]] == ["not-enumerated"]
    for arguments in ((), ("Renewal-Price",)):
        assert json.loads(ask_all(*arguments, "-f", "json").out)["scope"]["holes"] == []
        assert ask_all(*arguments, "-f", "table").out.splitlines()[-1].startswith("Looked at: account 111122223333, ")
