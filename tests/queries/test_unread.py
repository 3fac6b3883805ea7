"""Something that records name and nobody could read is a gap where it could carry this data on; vendors' offers are none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.records import Crawl, Gap, Resource, Scope
from lineage.domain.vendors import sold_by, vendor_of
from lineage.graphs.build import graph_of
from tests.conftest import examples
from tests.records import ACCOUNT, REGION, arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl

CRAWL = Crawl(1, "2026-03-01T00:00:00Z", "2026-03-01T00:01:00Z", "arn:x", (ACCOUNT,), (REGION,), (), "0", "1")
RAW, NOBODY = "s3://raw/x/", "s3://nobody/reads/"
EVERYTHING = frozenset((ACCOUNT, REGION, kind.name) for kind in KINDS.values() if kind.list)
BEDROCK = f"arn:aws:bedrock:{REGION}:{ACCOUNT}"


def seen(*records: Resource, holes: tuple[Gap, ...] = (), enumerated: Any = EVERYTHING) -> lineage.Graph:
    """The graph of a crawl whose lists are all complete, except for the given ones."""
    graph = graph_of(records, holes)
    graph.graph["scope"] = Scope((CRAWL,), holes, frozenset(enumerated), places=frozenset({(ACCOUNT, REGION)}))
    return graph


def run(**body: Any) -> Resource:
    return record("trial-component", "run", body)


def execution(**metadata: Any) -> Resource:
    steps = [{"StepName": "Do", "StepStatus": "Succeeded", "Metadata": metadata}]
    execution_arn = arn("pipeline", "p") + "/execution/e"
    return record(
        "pipeline-execution", "p/execution/e", {"PipelineExecutionArn": execution_arn, "PipelineExecutionSteps": steps}
    )


def association(source: str, target: str) -> Resource:
    body = {"SourceArn": source, "DestinationArn": target, "AssociationType": "ContributedTo"}
    return Resource("association", ACCOUNT, REGION, "a", f"{source}/to/{target}", body)


JOB = arn("training-job", "gone")
NAMING = [
    ("a step of a pipeline", execution(TrainingJob={"Arn": JOB}), True),
    ("a step that processes", execution(ProcessingJob={"Arn": arn("processing-job", "gone")}), True),
    ("a check step", execution(QualityCheck={"CheckJobArn": arn("processing-job", "gone")}), True),
    ("a step that only makes a model", execution(Model={"Arn": arn("model", "gone")}), False),
    ("a step that only makes an endpoint", execution(Endpoint={"Arn": arn("endpoint", "gone")}), False),
    ("a step that has Bedrock train", execution(BedrockCustomModel={"Arn": f"{BEDROCK}:custom-model/m"}), True),
    ("a step that has Bedrock import", execution(BedrockModelImport={"Arn": f"{BEDROCK}:imported-model/m"}), False),
    ("a run", run(Source={"SourceArn": JOB}), True),
    ("a run, as who made it", run(MetadataProperties={"GeneratedBy": JOB}), True),
    ("the metadata of a package", record("model-package", "g/1", {"MetadataProperties": {"GeneratedBy": JOB}}), True),
    ("what a package was made from", record("model-package", "g/1", {"SourceUri": JOB}), True),
    ("a lineage entity", record("lineage-artifact", "a", {"Source": {"SourceUri": JOB}}), True),
    ("an association", association(JOB, arn("lineage-artifact", "a")), True),
    ("a job that a tuning job spawned", training("j", {}, TuningJobArn=arn("tuning-job", "gone")), True),
    ("an association from an entity that is gone", association(arn("lineage-artifact", "a"), arn("lineage-artifact", "b")), True),
    ("a job that uses an algorithm that is gone", training("j", {}, AlgorithmSpecification={"AlgorithmName": "gone"}), True),
    ("a job of another account", run(Source={"SourceArn": arn("training-job", "theirs", account="444455556666")}), True),
]  # fmt: skip


@pytest.mark.parametrize(("naming", "hides"), [row[1:] for row in NAMING], ids=[row[0] for row in NAMING])
def test_who_may_have_read_the_data(naming: Resource, hides: bool) -> None:
    """An unread job that a record names may have read any data; an unread thing that reads none hides none."""
    answer = lineage.used(seen(naming), NOBODY)
    assert answer.verdict == ("unknown" if hides else "not-referenced"), answer.scope["holes"]
    assert len(answer.scope["holes"]) == hides
    told = lineage.impact(seen(naming), NOBODY)
    assert [hole["subject"] for hole in told.scope["holes"]] == [hole["subject"] for hole in answer.scope["holes"]]


def test_who_was_read_is_no_hole() -> None:
    """A job that a record names and that was read, a deleted one too, is what its own record says."""
    gone = replace(training("gone", {"train": "s3://other/"}), deleted="2026-02-01T00:00:00Z")
    assert lineage.used(seen(*(naming for _, naming, _ in NAMING[:1]), gone), NOBODY).verdict == "not-referenced"


def test_what_is_told_of_a_job_that_nobody_read() -> None:
    """The gap names the job, who names it, in which field, and why it was not read: each in words of its own."""
    named = run(Source={"SourceArn": JOB})
    theirs = arn("training-job", "theirs", account="444455556666")
    denied = Gap(ACCOUNT, REGION, "DescribeTrainingJob", JOB, "denied", "no")
    for graph, said in (
        (seen(named), ("missing", "a complete list no longer contains it")),
        (seen(run(Source={"SourceArn": theirs})), ("not-crawled", "account 444455556666 in eu-west-1 was not crawled")),
        (seen(named, holes=(denied,)), ("denied", "no")),
        (seen(named, enumerated=EVERYTHING - {(ACCOUNT, REGION, "training-job")}), ("not-enumerated", "")),
    ):
        (hole,) = lineage.used(graph, NOBODY).scope["holes"]
        assert (hole["reason"], said[1] in hole["detail"]) == (said[0], True)
    (hole,) = lineage.used(seen(named), NOBODY).scope["holes"]
    assert (hole["operation"], hole["subject"]) == ("DescribeTrainingJob", JOB)
    assert hole["detail"].startswith("training job gone: trial component run names it in Source.SourceArn, and")


# --- an unread model --------------------------------------------------------------------------------


def transform(name: str, model: str, output: str, hours: tuple[int, int] = (12, 13), source: str = "s3://in/y/") -> Resource:
    """A transform job on the third day."""
    times = dict(zip(("TransformStartTime", "TransformEndTime"), (f"2026-01-03T{hour}:00:00Z" for hour in hours), strict=True))
    reads = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}}}
    body = {"TransformJobStatus": "Completed", "ModelName": model, "TransformInput": reads} | times
    created = {"CreationTime": f"2026-01-03T{hours[0]}:00:00Z"}
    return record("transform-job", name, body | created | {"TransformOutput": {"S3OutputPath": output}})


FIT = processing("fit", {"in": RAW}, {"out": "s3://pm/latest/"})  # on the second day, 8 to 9 o'clock
LATER = processing("fit", {"in": RAW}, {"out": "s3://pm/latest/"}, day="2026-01-04")
TRAINED = [transform("score", "m", "s3://pseudo/"), training("next", {"train": "s3://pseudo/"}, day="2026-01-05")]
SCORED = [transform("score", "m", "s3://scores/")]
SERVED = [one for one in served("s3://pm/latest/model.tar.gz", name="m") if one.kind != "model"]  # names model m-model
DENIED = Gap(ACCOUNT, REGION, "DescribeModel", arn("model", "m"), "denied", "no")
UNLISTED = EVERYTHING - {(ACCOUNT, REGION, "model")}
CAPTURED = [
    record("endpoint-config", "c", {
        "CreationTime": "2026-01-03T10:00:00Z", "ProductionVariants": [{"VariantName": "all", "ModelName": "m"}],
        "DataCaptureConfig": {"DestinationS3Uri": "s3://captured/"},
    }),
    record("endpoint", "e", {"CreationTime": "2026-01-03T10:00:00Z", "EndpointStatus": "InService", "EndpointConfigName": "c"}),
    training("next", {"train": "s3://captured/"}, day="2026-01-05"),
]  # fmt: skip
ENDED = [CAPTURED[0], replace(CAPTURED[1], deleted="2026-01-03T20:00:00Z"), CAPTURED[2]]
# The same endpoint with an unread config: its own record says where it captures.
UNREAD_CONFIG = [
    replace(one, body=dict(one.body) | {"DataCaptureConfig": {"DestinationS3Uri": "s3://captured/"}}) for one in CAPTURED[1:]
]
REFUSED = Gap(ACCOUNT, REGION, "DescribeEndpointConfig", arn("endpoint-config", "c"), "denied", "no")
BASE = {"ModelPackageConfig": {"SourceModelPackageArn": arn("model-package", "g/1")}}
FROM_PACKAGE = [record("model", "m", {"PrimaryContainer": {"ModelPackageName": arn("model-package", "g/1")}}), *TRAINED]
MODELS = [
    ("gone, and what it scored was trained on", [FIT, *TRAINED], {}, RAW, "unknown"),
    ("gone, and nothing leads on", [FIT, *SCORED], {}, RAW, "not-referenced"),
    ("gone, and it only serves", [FIT, *SERVED], {}, RAW, "not-referenced"),
    ("gone, and what was captured was trained on", [FIT, *CAPTURED], {}, RAW, "unknown"),
    ("gone, and what was captured of its endpoint that is gone was trained on", [FIT, *ENDED], {}, RAW, "unknown"),
    ("gone, and its endpoint was gone before the job wrote", [LATER, *ENDED], {}, RAW, "not-referenced"),
    ("denied, and its endpoint was gone before the job wrote", [LATER, *ENDED], {"holes": (DENIED,)}, RAW, "not-referenced"),
    ("gone, and it ran before the job wrote", [LATER, *TRAINED], {}, RAW, "not-referenced"),
    ("gone, and the job wrote nothing", [processing("fit", {"in": RAW}, {}), *TRAINED], {}, RAW, "not-referenced"),
    ("gone, and no job reads the data", [FIT, *TRAINED], {}, NOBODY, "not-referenced"),
    ("gone, and the data is what a job wrote", [FIT, *TRAINED], {}, "s3://pm/latest/model.tar.gz", "unknown"),
    ("denied", [FIT, *TRAINED], {"holes": (DENIED,)}, RAW, "unknown"),
    ("denied, and nothing leads on: the job may have trained it", [FIT, *SERVED], {"holes": (DENIED,)}, RAW, "unknown"),
    ("denied, and nothing names it", [FIT], {"holes": (DENIED,)}, RAW, "unknown"),
    ("denied, and it ran before the job wrote", [LATER, *TRAINED], {"holes": (DENIED,)}, RAW, "not-referenced"),
    ("denied, and no job reads the data", [FIT, *TRAINED], {"holes": (DENIED,)}, NOBODY, "not-referenced"),
    ("not listed", [FIT], {"enumerated": UNLISTED}, RAW, "unknown"),
    ("not listed, and no job reads the data", [FIT, *TRAINED], {"enumerated": UNLISTED}, NOBODY, "not-referenced"),
    ("a package that is gone, from which a training job began", [FIT, training("next", {"train": "s3://o/"}, **BASE)], {}, RAW, "unknown"),
    ("a package that is gone, of which a model was made", [FIT, *FROM_PACKAGE], {}, RAW, "unknown"),
    ("a component that is gone", [FIT, record("inference-component", "ic", {"Specification": {"BaseInferenceComponentName": "base"}})], {}, RAW, "not-referenced"),
    ("a config that is gone, and what was captured was trained on", [FIT, *UNREAD_CONFIG], {}, RAW, "unknown"),
    ("a config that is denied, and what was captured was trained on", [FIT, *UNREAD_CONFIG], {"holes": (REFUSED,)}, RAW, "unknown"),
    ("a config that is gone, and nothing leads on", [FIT, SERVED[1]], {}, RAW, "not-referenced"),
    ("a config that is gone, and its endpoint was gone before the job wrote", [LATER, replace(UNREAD_CONFIG[0], deleted="2026-01-03T20:00:00Z"), UNREAD_CONFIG[1]], {}, RAW, "not-referenced"),
    ("a config that is gone, and no job reads the data", [FIT, *UNREAD_CONFIG], {}, NOBODY, "not-referenced"),
    ("configs were not listed", [FIT], {"enumerated": EVERYTHING - {(ACCOUNT, REGION, "endpoint-config")}}, RAW, "unknown"),
    ("components were not listed", [FIT], {"enumerated": EVERYTHING - {(ACCOUNT, REGION, "inference-component")}}, RAW, "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("records", "scope", "uri", "verdict"), [row[1:] for row in MODELS], ids=[row[0] for row in MODELS])
def test_what_a_model_that_nobody_read_may_hide(records: list[Resource], scope: Any, uri: str, verdict: str) -> None:
    """An unread model hides a use where a job that the data reached may have made it; for a deleted one only where its users
    lead on to training as well."""
    graph = seen(*records, **scope)
    answer = lineage.used(graph, uri)
    assert answer.verdict == verdict, answer.as_json()
    holes = [(hole["operation"], hole["subject"]) for hole in answer.scope["holes"]]
    assert len(holes) == len(set(holes)) == (verdict == "unknown")
    told = {(hole["operation"], hole["subject"]) for hole in lineage.impact(graph, uri).scope["holes"]}
    assert set(holes) <= told


OWN = record("model", "m", {"CreationTime": "2026-01-03T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": NOBODY}})
UNTOLD = "1 model that could not be read may lead on to training: no record shows whether s3://nobody/reads/ holds its weights"


@pytest.mark.parametrize("holes", [(), (DENIED,)], ids=["gone", "denied"])
def test_the_weights_of_a_model_that_nobody_read(holes: tuple[Gap, ...]) -> None:
    """A place that only a lost model loads is unused, because no job reads it; the answer says that it may hold its weights."""
    assert lineage.used(seen(FIT, OWN, *TRAINED), NOBODY).verdict == "used-indirectly"
    graph = seen(FIT, *TRAINED, holes=holes)
    used, impact = lineage.used(graph, NOBODY), lineage.impact(graph, NOBODY)
    assert (used.verdict, UNTOLD in used.caveats) == ("not-referenced", True)
    assert (impact.verdict, UNTOLD in impact.caveats) == (("unknown", False) if holes else ("nothing-found", True))


def test_it_is_told_once_of_how_many_models_the_weights_are_not_known() -> None:
    """However many models and packages may lead on to training, one sentence counts them."""
    more = [transform("again", "n", "s3://pseudo/"), training("tuned", {"train": "s3://o/"}, **BASE)]
    (said,) = [one for one in lineage.used(seen(*TRAINED, *more), NOBODY).caveats if "could not be read" in one]
    assert said.startswith("2 models and 1 model package that could not be read may lead on")
    assert said.endswith("their weights")


@pytest.mark.parametrize(
    ("records", "uri"),
    [([FIT, OWN, *TRAINED], "s3://other/"), ([FIT, *SCORED], NOBODY), ([FIT, *SERVED], NOBODY), ([FIT, *TRAINED], RAW)],
    ids=["it was read", "it led on to nothing", "it only served", "it is a hole"],
)
def test_where_no_weights_are_unknown(records: list[Resource], uri: str) -> None:
    """The answer does not mention weights where no lost model may lead on to training, nor where they are a gap already."""
    graph = seen(*records)
    assert not any("weights" in one for one in (*lineage.used(graph, uri).caveats, *lineage.impact(graph, uri).caveats))


def test_bedrock_takes_models_out() -> None:
    """Where a step makes Bedrock import a model, the data may be in it: `impact` says so, and `used` does not have to."""
    imported = execution(BedrockModelImport={"Arn": f"{BEDROCK}:imported-model/m"})
    assert [hole["subject"] for hole in lineage.impact(seen(FIT, imported), RAW).scope["holes"]] == [
        f"{BEDROCK}:imported-model/m"
    ]
    assert lineage.used(seen(FIT, imported), RAW).verdict == "not-referenced"


# --- all questions ----------------------------------------------------------------------------------


def test_all_questions_tell_the_same_hole() -> None:
    """`used`, `impact`, `datasets` and `trace` report an unread job that a run names, each as the same gap."""
    live = [training("made", {"train": "s3://clean/"}), *served("s3://models/made/output/model.tar.gz")]
    graph = seen(*live, run(Source={"SourceArn": JOB}))
    holdouts = lineage.datasets(graph, "shop", holdouts=[NOBODY])
    assert holdouts.holdouts[0]["verdict"] == "unknown"
    answers = (lineage.used(graph, NOBODY), lineage.impact(graph, NOBODY), lineage.trace(graph, "shop"), holdouts)
    for answer in answers:
        assert [hole["subject"] for hole in answer.scope["holes"] if hole["operation"] == "DescribeTrainingJob"] == [JOB]


# --- vendors ----------------------------------------------------------------------------------------

SOLD = "arn:aws:sagemaker:us-east-1:865070037744:model-package/llm-081bb643f4ae3394a249d913abc6085c"
PUBLIC = f"arn:aws:sagemaker:{REGION}:aws:hub-content/SageMakerPublicHub/Model/llama/1.0.0"
JUMPSTART = "s3://jumpstart-private-cache-prod-us-east-1/llama/artifacts/inference-prepack/v1.1.0/"
PRIVATE = f"arn:aws:sagemaker:{REGION}:444455556666:hub-content/ours/Model/llama/1.0.0"
SHARED = arn("model-package", "g/1", account="444455556666")
OWNERS = [
    (SOLD, True),
    ("arn:aws:sagemaker:us-east-2:057799348421:algorithm/intel-daal-0b39950742dcac47e23d76a813c3d23a", True),
    (PUBLIC.lower(), True),
    (JUMPSTART, True),
    ("s3://jumpstart-cache-prod-eu-west-1/x/model.tar.gz", True),
    ("arn:aws:sagemaker:us-east-2:865070037744:model-package/m", False),  # the account of another region
    (f"arn:aws:sagemaker:{REGION}:aws:hub-content/SageMakerPublicHub/DataSet/d/1.0.0", False),
    ("s3://jumpstart-ours/llama/", False),
    ("s3://my-jumpstart-cache-prod-eu-west-1/llama/", False),
    (PRIVATE, False),
    (SHARED, False),
]


@pytest.mark.parametrize(("node", "vendors"), OWNERS)
def test_whose_it_is(node: str, vendors: bool) -> None:
    """A vendor's offer is recognized by its account; what another account of ours shares is none."""
    assert bool(vendor_of(node)) == vendors


@pytest.mark.parametrize(("account", "sold"), [("999988887777", True), ("111122223333", False)])
def test_what_we_sell_ourselves_has_a_maker_here(account: str, sold: bool) -> None:
    """A package that is sold and shows no artifact is a vendor's, unless its account was crawled."""
    offered = {"sold": True, "empty_parts": ["c"], "account": account}
    assert bool(sold_by(f"arn:aws:sagemaker:eu-west-1:{account}:model-package/p/1", offered, ["111122223333"])) == sold


def model_of(**container: Any) -> list[Resource]:
    return [one if one.kind != "model" else record("model", one.name, dict(one.body) | {"PrimaryContainer": container})
            for one in served("s3://x/")]  # fmt: skip


OFFERED = [
    ("a package on the Marketplace", {"ModelPackageName": SOLD}, SOLD),
    ("a model of AWS's hub", {"ModelDataSource": {"S3DataSource": {"HubAccessConfig": {"HubContentArn": PUBLIC}}}}, PUBLIC.lower()),
    ("an artifact in AWS's bucket", {"ModelDataUrl": JUMPSTART}, JUMPSTART),
]  # fmt: skip


@pytest.mark.parametrize(("container", "vendors"), [row[1:] for row in OFFERED], ids=[row[0] for row in OFFERED])
def test_a_vendors_model_ends_its_branch(container: dict[str, Any], vendors: str) -> None:
    """It is shown as a vendor's, the trace has no break, and no question has a gap for it, though it cannot be read."""
    kind = "model-package" if "package" in vendors else "hub-content"
    denied = Gap("865070037744", "us-east-1", KINDS[kind].describe, vendors, "denied", "no")
    graph = seen(*model_of(**container), holes=(denied,))
    traced = lineage.trace(graph, "shop")
    assert (traced.verdict, traced.breaks, traced.scope["holes"]) == ("traced", [], [])
    assert any("its training data is not known here" in said for said in traced.caveats)
    assert lineage.used(graph, NOBODY).verdict == "not-referenced"
    assert lineage.impact(graph, NOBODY).verdict == "nothing-found"
    assert lineage.datasets(graph, "shop", holdouts=[NOBODY]).holdouts[0]["verdict"] == "not-referenced"


@pytest.mark.parametrize("package", [SHARED, arn("model-package", "g/1")])
def test_what_we_share_ourselves_is_a_hole(package: str) -> None:
    """A package of another account of ours, or a deleted one, breaks the trace, and may be made from what a job wrote."""
    graph = seen(*model_of(ModelPackageName=package), FIT)
    assert lineage.trace(graph, "shop").verdict == "broken"


def test_a_base_model_of_a_vendor_hides_nothing() -> None:
    """A fine-tuned model of AWS's hub raises no doubt about the use of our own data."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": JUMPSTART, "HubAccessConfig": {"HubContentArn": PUBLIC}}}
    tuned = training("tuned", [channel("train", "s3://ours/"), {"ChannelName": "model", "DataSource": source}])
    serverless = training("s", {"train": "s3://ours/"}, ServerlessJobConfig={"BaseModelArn": PUBLIC})
    assert lineage.used(seen(tuned, serverless), NOBODY).verdict == "not-referenced"
    private = training("s", {"train": "s3://ours/"}, ServerlessJobConfig={"BaseModelArn": PRIVATE})
    assert lineage.used(seen(private), NOBODY).verdict == "unknown"


# --- any question, any lost record --------------------------------------------------------------------


EVERY = [(row[1], {}, NOBODY) for row in NAMING]
EVERY = [([one], scope, uri) for one, scope, uri in EVERY] + [row[1:4] for row in MODELS]


@pytest.mark.parametrize(("records", "scope", "uri"), EVERY)
def test_what_is_loaded_for_a_question_is_enough(tmp_path: Path, records: list[Resource], scope: Any, uri: str) -> None:
    """Unread things, and the place where the data was written first, are present however small the graph is."""
    crawl(tmp_path / "s.db", *records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        whole = lineage.graph(snapshot)
        parts = (lineage.around_dataset(snapshot, uri), lineage.around_subject(snapshot, uri))
        for part, ask in zip(parts, (lineage.used, lineage.impact), strict=True):
            for graph in (whole, part):
                graph.graph["scope"] = seen(*records, **scope).graph["scope"]
            assert ask(part, uri).as_json() == ask(whole, uri).as_json()


KEYS = st.sampled_from(["a", "b/", "b/c", "m/", "m/model.tar.gz"])
JOBS = st.lists(st.tuples(st.sampled_from("tps"), KEYS, KEYS, st.integers(1, 4), st.integers(0, 1)), min_size=1, max_size=5)


def estate(jobs: list[Any], loaded: list[str]) -> list[Resource]:
    """Jobs that train, process and score, each with its run, and the models that the last ones use."""
    records = []
    for number, (sort, reads, writes, day, model) in enumerate(jobs):
        name, when = f"j{number}", {"day": f"2026-01-0{day}"}
        uris = {"c": f"s3://x/{reads}"}, f"s3://x/{writes}"
        if sort == "t":
            records.append(training(name, *uris, **when))
        elif sort == "p":
            records.append(processing(name, uris[0], {"o": uris[1]}, **when))
        else:
            records.append(transform(name, f"m{model}", uris[1], source=uris[0]["c"]))
        records.append(record("trial-component", f"{name}-run", {"Source": {"SourceArn": records[-1].arn}}))
    models = enumerate(loaded)
    created = {"CreationTime": "2026-01-01T12:00:00Z"}
    return records + [
        record("model", f"m{n}", created | {"PrimaryContainer": {"ModelDataUrl": f"s3://x/{key}"}}) for n, key in models
    ]


def only_loads_it_itself(answer: lineage.Usage, lost: Resource, jobs: list[Any], loaded: list[str], dataset: str) -> bool:
    """Whether only a model got something from a place, by loading it: by the third day there is no writer or other loader."""
    first = [row["evidence"][0] for row in answer.findings]
    written = [writes for sort, _, writes, day, _ in jobs if day <= 3 or sort == "s"]
    beside = [key for number, key in enumerate(loaded) if lost.name != f"m{number}"]  # what a model loads is one object
    shared = any(key.startswith(dataset) for key in (*written, *beside)) or any(dataset.startswith(key) for key in written)
    return lost.kind == "model" and not shared and all((one["relation"], one["target"]) == ("loads", lost.id) for one in first)


@settings(max_examples=examples(300), deadline=None)
@given(JOBS, st.lists(KEYS, max_size=2), KEYS, st.integers(0, 20), st.booleans())
@example([("t", "a", "a", 4, 0), ("s", "a", "a", 1, 0)], ["b/"], "b/", 4, False)
@example([("t", "a", "a", 4, 0), ("s", "a", "a", 1, 0)], ["m/model.tar.gz", "m/"], "m/model.tar.gz", 4, False)
def test_a_hole_never_makes_a_no(jobs: list[Any], loaded: list[str], dataset: str, which: int, refused: bool) -> None:
    """Whichever record is denied, or gone while another one names it, used data is never called unused.

    A deleted model that leads on to no training may have any maker, and nothing was trained by it. A gap belongs to the
    question forwards from the data: what only the lost model itself loads, and no job made, stays unused; the answer says
    so.
    """
    records, uri = estate(jobs, loaded), f"s3://x/{dataset}"
    lost = records[which % len(records)]
    whole = lineage.used(seen(*records), uri)
    before = whole.verdict
    rest = [one for one in records if one is not lost]
    gap = Gap(ACCOUNT, REGION, KINDS[lost.kind].describe, lost.arn, "denied", "no")
    answer = lineage.used(seen(*rest, holes=(gap,) if refused else ()), uri)
    after = answer.verdict
    sure = ("used", "used-indirectly")
    hidden = before in sure if lost.kind == "model" and not refused else before not in ("not-referenced", "unknown")
    named = refused or lost.kind != "trial-component"  # nothing names a run
    if hidden and only_loads_it_itself(whole, lost, jobs, loaded, dataset):
        trained = any(row["job"]["kind"] == "training-job" for row in whole.findings)
        assert after != "not-referenced" or not trained or any("weights" in one for one in answer.caveats)
        return
    assert not (hidden and named and after == "not-referenced"), (before, after)
