"""`datasets`: what data something was made of, and whether holdouts were among it; restricted, and never a false "no"."""

from __future__ import annotations

import json
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import lineage
from lineage.domain.kinds import KINDS
from lineage.domain.names import parse_location
from lineage.domain.records import Gap, Resource, Scope
from lineage.queries.runs.shared_channels import measures
from lineage.snapshot.manifests import Listings, Manifest
from tests.conftest import ROOT, examples
from tests.queries.test_random_estates import CRAWL, JOBS, KEYS, Job, reached, resource
from tests.queries.test_used import _entity, _linked, _logged
from tests.records import ACCOUNT, REGION, arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl
from tests.work import calls, steps

ALL = frozenset((ACCOUNT, REGION, kind) for kind in KINDS)
HOLDOUTS = str(ROOT / "fixtures" / "holdouts.txt")


def known(*records: Resource, holes: tuple[Gap, ...] = (), enumerated: Any = ALL, listings: Any = None) -> lineage.Graph:
    """A graph of an account of which every list came to its end."""
    graph = lineage.graph_of(records, holes, listings)
    graph.graph["scope"] = Scope((CRAWL,), holes, enumerated)
    return graph


def held(node: str, uri: str, *records: Resource, **scope: Any) -> str:
    """What the answer says about one holdout."""
    (row,) = lineage.datasets(known(*records, **scope), node, holdouts=[uri]).holdouts
    return str(row["verdict"])


def gap(operation: str, subject: str = "x", reason: str = "denied") -> Gap:
    return Gap(ACCOUNT, REGION, operation, subject, reason)


ARTIFACT = "s3://models/fit/output/model.tar.gz"
FIT = training("fit", {"train": "s3://prep/x/"}, ARTIFACT)
PREP = processing("prep", {"raw": "s3://raw/x/"}, {"out": "s3://prep/x/"})
LATE = processing("late", {"raw": "s3://raw/late/"}, {"out": "s3://prep/x/"}, day="2026-01-03")
BASE = training("base", {"train": "s3://d/base/"}, "s3://m/base/output/model.tar.gz", day="2026-01-01")
TUNED = training("fit", {"train": "s3://prep/x/", "model": "s3://m/base/output/model.tar.gz"}, ARTIFACT)
REPACK = {"HyperParameters": {"sagemaker_program": '"_repack_script_launcher.sh"'}}
NEVER = {"TrainingStartTime": None, "TrainingEndTime": None, "TrainingJobStatus": "Failed"}
SHOP = served(ARTIFACT)
OTHER = training("other", [channel("train", "s3://d/list", "ManifestFile")])
HIDDEN = training("fit", [channel("train", "s3://prep/x/"), channel("more", "s3://d/list", "ManifestFile")], ARTIFACT)
FEATURES = record(
    "feature-group",
    "features",
    {
        "CreationTime": "2026-01-01T00:00:00Z",
        "OfflineStoreConfig": {"S3StorageConfig": {"ResolvedOutputS3Uri": "s3://prep/x/"}},
    },
)
INGEST = processing("ingest", {"raw": "s3://raw/x/"}, {}, ProcessingOutputConfig={"Outputs": [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "features"}}]})  # fmt: skip
PACKAGE = record("model-package", "g/1", {
    "CreationTime": "2026-01-02T12:00:00Z", "InferenceSpecification": {"Containers": [{"ModelDataUrl": ARTIFACT}]},
    "ModelMetrics": {"ModelQuality": {"Statistics": {"S3Uri": "s3://holdout/statistics.json"}}},
})  # fmt: skip
EXECUTION = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p/execution/e"
STEPS = [{"StepName": "Fit", "Metadata": {"TrainingJob": {"Arn": FIT.arn}}}]
PIPELINE = record("pipeline-execution", "p/execution/e", {"PipelineExecutionArn": EXECUTION, "PipelineExecutionSteps": STEPS, "PipelineParameters": [{"Name": "d", "Value": "s3://secret/x/"}]})  # fmt: skip
OUTRANKED = training("around", {"train": "s3://around/x/"}, "s3://models/fit/", day="2026-01-03")
RUN = _logged("r", "fit", InputArtifacts={"d": {"Value": "s3://noted/x/"}})
ASSOCIATED = [
    _logged("r", "fit"),
    _entity("Artifact", "a", "s3://noted/x/"),
    _linked("artifact/a", "experiment-trial-component/r"),
]
COMPILED = record("compilation-job", "neo", {
    "CompilationJobStatus": "COMPLETED", "CompilationStartTime": "2026-01-03T08:00:00Z", "CompilationEndTime": "2026-01-03T09:00:00Z",
    "InputConfig": {"S3Uri": ARTIFACT}, "ModelArtifacts": {"S3ModelArtifacts": "s3://neo/model.tar.gz"},
})  # fmt: skip
MANY = {"Mode": "MultiModel"}

CASES: list[tuple[str, str, str, list[Resource], str]] = [
    ("its job read it", "endpoint/shop", "s3://prep/x/1.csv", [FIT, *SHOP], "used"),
    ("the same of the model", "model/shop-model", "s3://prep/x/", [FIT, *SHOP], "used"),
    ("the same of the job", "training-job/fit", "s3://prep/x/", [FIT], "used"),
    ("the same of a package", "model-package/g/1", "s3://prep/x/", [FIT, PACKAGE], "used"),
    ("a package is measured on it", "model-package/g/1", "s3://holdout/", [FIT, PACKAGE], "not-referenced"),
    ("another job read it", "endpoint/shop", "s3://d/other/", [FIT, *SHOP, training("t", {"train": "s3://d/other/"})], "not-referenced"),
    ("nobody read it", "endpoint/shop", "s3://nobody/", [FIT, *SHOP], "not-referenced"),
    ("through processing", "endpoint/shop", "s3://raw/x/", [PREP, FIT, *SHOP], "used-indirectly"),
    ("of a processing job itself", "processing-job/prep", "s3://raw/x/", [PREP, FIT, *SHOP], "used"),
    ("through processing that came too late", "endpoint/shop", "s3://raw/late/", [LATE, FIT, *SHOP], "not-referenced"),
    ("through processing of unknown time", "endpoint/shop", "s3://raw/x/", [processing("p", {"r": "s3://raw/x/"}, {"o": "s3://prep/x/"}, ProcessingStartTime=None, ProcessingEndTime=None), FIT, *SHOP], "possible"),
    ("data of the base model", "endpoint/shop", "s3://d/base/", [BASE, TUNED, *SHOP], "used-indirectly"),
    ("the base model itself", "endpoint/shop", "s3://m/base/", [BASE, TUNED, *SHOP], "used-indirectly"),
    ("data of a base model that nobody made", "endpoint/shop", "s3://d/base/", [TUNED, *SHOP], "unknown"),
    ("through a repack job", "endpoint/shop", "s3://prep/x/", [FIT, training("r", {"training": ARTIFACT}, "s3://m/r/output/model.tar.gz", day="2026-01-03", **REPACK), *served("s3://m/r/output/model.tar.gz")], "used"),
    ("through compilation", "endpoint/shop", "s3://prep/x/", [FIT, COMPILED, *served("s3://neo/model.tar.gz")], "used-indirectly"),
    ("through a feature group", "endpoint/shop", "s3://raw/x/", [INGEST, FEATURES, FIT, *SHOP], "used-indirectly"),
    ("another reader of the feature group", "endpoint/shop", "s3://raw/y/", [INGEST, FEATURES, FIT, *SHOP], "not-referenced"),
    ("a job that never started", "training-job/fit", "s3://prep/x/", [training("fit", {"train": "s3://prep/x/"}, **NEVER)], "declared-only"),
    ("a hyperparameter of a job that never started", "training-job/fit", "s3://d/x/", [training("fit", {}, HyperParameters={"d": "s3://d/x/"}, **NEVER)], "declared-only"),
    ("a hyperparameter names it", "endpoint/shop", "s3://d/x/", [training("fit", {}, ARTIFACT, HyperParameters={"d": "s3://d/x/"}), *SHOP], "possible"),
    ("a hyperparameter of another job", "endpoint/shop", "s3://d/x/", [FIT, *SHOP, training("t", {}, HyperParameters={"d": "s3://d/x/"})], "not-referenced"),
    ("its run says so", "endpoint/shop", "s3://noted/x/", [FIT, RUN, *SHOP], "possible"),
    ("a lineage entity of its run says so", "endpoint/shop", "s3://noted/x/", [FIT, *ASSOCIATED, *SHOP], "possible"),
    ("the pipeline that made it names it", "endpoint/shop", "s3://secret/x/", [FIT, PIPELINE, *SHOP], "possible"),
    ("a writer around the artifact", "endpoint/shop", "s3://around/x/", [FIT, OUTRANKED, *SHOP], "possible"),
    ("code", "endpoint/shop", "s3://c/x/", [training("fit", {"code": "s3://c/x/"}, ARTIFACT), *SHOP], "possible"),
    ("its own checkpoint folder", "training-job/fit", "s3://c/x/", [training("fit", {}, CheckpointConfig={"S3Uri": "s3://c/x/"})], "possible"),
    ("an unread manifest upstream", "endpoint/shop", "s3://nobody/", [HIDDEN, *SHOP], "unknown"),
    ("an unread manifest further upstream", "endpoint/shop", "s3://nobody/", [FIT, processing("p", {}, {"o": "s3://prep/x/"}, ProcessingInputs=[{"InputName": "i", "S3Input": {"S3Uri": "s3://d/list", "S3DataType": "ManifestFile"}}]), *SHOP], "unknown"),
    ("an unread manifest of another job", "endpoint/shop", "s3://nobody/", [FIT, OTHER, *SHOP], "not-referenced"),
    ("an unread manifest that was read too late", "training-job/fit", "s3://nobody/", [FIT, processing("p", {}, {"o": "s3://prep/x/"}, day="2026-01-09", ProcessingInputs=[{"InputName": "i", "S3Input": {"S3Uri": "s3://d/list", "S3DataType": "ManifestFile"}}])], "not-referenced"),
    ("a use beside an unread manifest", "endpoint/shop", "s3://prep/x/", [HIDDEN, *SHOP], "used"),
    ("an access point upstream", "endpoint/shop", "s3://d/x/", [training("fit", {"train": "s3://ap-1-s3alias/x/"}, ARTIFACT), *SHOP], "unknown"),
    ("a remote function upstream", "endpoint/shop", "s3://d/x/", [training("fit", {"sagemaker_remote_function_bootstrap": "s3://code/"}, ARTIFACT), *SHOP], "unknown"),
    ("an artifact that nobody made", "endpoint/shop", "s3://nobody/", SHOP, "unknown"),
    ("a model that is gone", "endpoint/shop", "s3://nobody/", [FIT, *SHOP[1:]], "unknown"),
    ("an artifact that only a run tells of", "endpoint/shop", "s3://nobody/", [_logged("r", OutputArtifacts={"m": {"Value": ARTIFACT}}), *SHOP], "unknown"),
    ("an artifact that a failed job may have written", "endpoint/shop", "s3://nobody/", [training("fit", {"train": "s3://prep/x/"}, ARTIFACT, TrainingJobStatus="Failed"), *SHOP], "unknown"),
    ("any model below a prefix", "endpoint/shop", "s3://nobody/", [FIT, *served("s3://models/", **MANY)], "unknown"),
    ("a model that was made anew since", "endpoint/shop", "s3://nobody/", [FIT, record("model", "shop-model", {"CreationTime": "2026-03-01T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": ARTIFACT}}), *SHOP[1:]], "unknown"),
    ("an endpoint that is being updated", "endpoint/shop", "s3://nobody/", [FIT, *SHOP[:2], record("endpoint", "shop", dict(SHOP[2].body) | {"EndpointStatus": "Updating"})], "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "node", "uri", "records", "expected"), CASES, ids=[case[0] for case in CASES])
def test_holdout(title: str, node: str, uri: str, records: list[Resource], expected: str) -> None:
    """Each path by which data got into one product, may have, or did not, has its verdict; a gap upstream rules out a "no"."""
    assert held(node, uri, *records) == expected


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ({}, "not-referenced"),
        ({"holes": (gap("DescribeTrainingJob"),)}, "unknown"),
        ({"holes": (gap("DescribeProcessingJob"),)}, "unknown"),
        ({"holes": (gap("DescribeFeatureGroup"),)}, "unknown"),
        ({"holes": (gap("DescribeModel", "arn:aws:sagemaker:eu-west-1:111122223333:model/another"),)}, "not-referenced"),
        ({"holes": (gap("DescribeExperiment"),)}, "not-referenced"),
        ({"enumerated": frozenset()}, "unknown"),
        ({"enumerated": ALL - {(ACCOUNT, REGION, "processing-job")}}, "unknown"),
        ({"enumerated": ALL - {(ACCOUNT, REGION, "feature-group")}}, "unknown"),
        ({"enumerated": ALL - {(ACCOUNT, REGION, "experiment")}}, "not-referenced"),
    ],
)
def test_what_was_not_read_is_no_no(scope: dict[str, Any], expected: str) -> None:
    """A possible maker that was not listed or described hides a use; something that cannot be a maker does not."""
    assert held("endpoint/shop", "s3://nobody/", PREP, FIT, *SHOP, **scope) == expected


def best(usage: lineage.Usage, job: str) -> str | None:
    return next((row["verdict"] for row in usage.findings if row["job"]["id"] == job), None)


@settings(max_examples=examples(150))
@given(JOBS, KEYS)
def test_a_job_is_answered_as_used_and_as_brute_force_do(jobs: list[Job], dataset: str) -> None:
    """For a job, the restricted answer is what `used` finds for it, and a "no" exactly where keys and times rule it out."""
    graph = known(*(resource(number, job) for number, job in enumerate(jobs)))
    uri, hit = f"s3://x/{dataset}", reached(jobs, dataset)
    usage = lineage.used(graph, uri)
    for number, job in enumerate(jobs):
        (row,) = lineage.datasets(graph, f"{'t' if job[0] else 'p'}{number}", holdouts=[uri]).holdouts
        assert (row["verdict"] in ("not-referenced", "unknown")) == (number not in hit)
        found = best(usage, f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/t{number}")
        assert row["verdict"] == found or found is None


@settings(max_examples=examples(30))
@given(JOBS, KEYS)
def test_a_snapshot_answers_as_its_graph(jobs: list[Job], dataset: str) -> None:
    """The part that is loaded for one product is enough; only input modes and types come from the records alone."""
    records = [*(resource(number, job) for number, job in enumerate(jobs)), *served(f"s3://x/{jobs[0][2][0]}")]
    with tempfile.TemporaryDirectory() as folder:
        crawl(Path(folder) / "s.db", *records)
        with lineage.open_snapshot(Path(folder) / "s.db") as snapshot:
            nodes = [name for _, kind, name in snapshot.names() if kind in ("training-job", "model", "endpoint")]
            graph = lineage.graph(snapshot)
            for node in nodes:
                pair = [
                    lineage.datasets(source, node, holdouts=[f"s3://x/{dataset}"]).as_json() for source in (snapshot, graph)
                ]
                assert _without_fields(pair[0]) == _without_fields(pair[1])


def _without_fields(answer: dict[str, Any]) -> dict[str, Any]:
    rows = [{key: row[key] for key in row if key not in ("input_mode", "data_type")} for row in answer["datasets"]]
    return answer | {"datasets": rows}


def test_the_evidence_goes_from_the_data_to_the_node() -> None:
    """Each edge begins where the one before ended; the variant that it got into is named."""
    (row,) = lineage.datasets(known(PREP, FIT, *SHOP), "shop", holdouts=["s3://raw/x/1.csv"]).holdouts
    ends = [(edge["source"], edge["target"]) for edge in row["evidence"]]
    assert [source for source, _ in ends[1:]] == [target for _, target in ends[:-1]]
    assert (ends[0][0], ends[-1][1].rpartition("/")[2]) == ("s3://raw/x/", "shop")
    assert (row["job"]["name"], row["channel"], row["cover"]) == ("prep", "raw", "all")
    assert [(one["variant"], one["name"], one["sure"]) for one in row["models"]] == [("all", "shop-model", True)]


# --- what it was made of ------------------------------------------------------------------------


def test_many_holdouts_are_not_looked_for_in_all_of_a_making(tmp_path: Path) -> None:
    """The work for one of many holdouts does not grow with unrelated jobs before a model."""

    def work(count: int) -> int:
        jobs = [
            processing(f"p{n}", {"in": f"s3://raw/{n}/"}, {"out": f"s3://prep/{n}/"}, day="2026-01-01") for n in range(count)
        ]
        crawl(tmp_path / f"{count}.db", *jobs, training("j", {"train": "s3://prep/"}))
        with lineage.open_snapshot(tmp_path / f"{count}.db") as snapshot:
            few, many = (
                partial(lineage.datasets, snapshot, "j", holdouts=[f"s3://held/{n}/" for n in range(asked)])
                for asked in (1, 41)
            )
            return calls(many) - calls(few)

    assert work(200) < 1.5 * work(50)


def rows(node: str, *records: Resource, **words: Any) -> dict[str, dict[str, Any]]:
    """The reads of a node, by channel."""
    return {row["channel"]: row for row in lineage.datasets(known(*records, **words), node).datasets}


def test_what_was_read_is_told_with_its_maker() -> None:
    """Direct and indirect reads, who wrote each before, and when it was read."""
    found = rows("shop", PREP, LATE, FIT, *SHOP)
    assert [(name, row["indirect"], row["state"]) for name, row in found.items()] == [
        ("train", False, "read"),
        ("raw", True, "read"),
    ]
    assert [(maker["name"], maker["fit"]) for maker in found["train"]["makers"]] == [("prep", "certain")]
    assert (found["train"]["time"], found["train"]["pinned"]) == ("2026-01-02T10:00:00Z/2026-01-02T11:00:00Z", "no")
    assert found["train"]["models"][0] | {"id": ""} == {"variant": "all", "usage": "production", "id": "", "name": "shop-model"}


def test_base_models_checkpoints_and_code_are_no_data() -> None:
    """Each read has its purpose; what a job only names is shown apart from what it declares."""
    body = {"CheckpointConfig": {"S3Uri": "s3://c/fit/"}, "HyperParameters": {"extra": "s3://named/x/"}}
    reads = {"train": "s3://prep/x/", "model": "s3://m/base/output/model.tar.gz", "code": "s3://c/code.tar.gz"}
    found = lineage.datasets(known(BASE, training("fit", reads, ARTIFACT, **body)), "fit").datasets
    assert {row["uri"]: (row["usage"], row["state"], row["indirect"]) for row in found} == {
        "s3://prep/x/": ("data", "read", False),
        "s3://m/base/output/model.tar.gz": ("model", "read", False),
        "s3://c/fit/": ("checkpoint", "read", False),
        "s3://c/code.tar.gz": ("code", "read", False),
        "s3://named/x/": ("named", "possible", False),
        "s3://d/base/": ("data", "read", True),
    }


def test_what_was_never_read_is_only_declared() -> None:
    """A job that never started has read nothing."""
    assert rows("fit", training("fit", {"train": "s3://d/x/"}, **NEVER))["train"]["state"] == "declared-only"


def test_types_and_modes(tmp_path: Path) -> None:
    """What a snapshot shows of each channel: the type as the record names it, the mode, and how much it covers."""
    file_system = {"FileSystemId": "fs-1", "FileSystemType": "FSxLustre", "DirectoryPath": "/a"}
    dataset = {"DatasetArn": "arn:aws:sagemaker:eu-west-1:aws:hub-content/h/DataSet/d/1.0.0"}
    channels = [
        channel("fast", "s3://d/fast", mode="FastFile"),
        channel("augmented", "s3://d/list", "AugmentedManifestFile", "Pipe"),
        channel("prefix", "s3://d/train"),
        channel("features", "s3://prep/x/"),
        {"ChannelName": "disk", "DataSource": {"FileSystemDataSource": file_system}},
        {"ChannelName": "hub", "DataSource": {"DatasetSource": dataset}},
    ]
    fit = training("fit", channels, AlgorithmSpecification={"TrainingInputMode": "File"})
    crawl(tmp_path / "s.db", INGEST, FEATURES, fit)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        found = {row["channel"]: row for row in lineage.datasets(snapshot, "fit").datasets if not row["indirect"]}
    assert {name: (row["data_type"], row["input_mode"], row["covers"], row["pinned"]) for name, row in found.items()} == {
        "fast": ("prefix", "FastFile", "folder", "no"),
        "augmented": ("augmented manifest", "Pipe", "manifest", "no"),
        "prefix": ("prefix", "File", "prefix", "no"),
        "features": ("feature group", "File", "prefix", "no"),
        "disk": ("file system", None, "folder", "no"),
        "hub": ("hub content", None, None, "version"),
    }


def test_an_endpoint_is_told_by_variant() -> None:
    """Two variants of one job share its row; a field that only one of them knows says which."""
    two = [{"VariantName": name, "ModelName": f"{name}-model"} for name in "ab"]
    models = [record("model", f"{name}-model", {"CreationTime": "2026-02-01T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": url}})
              for name, url in (("a", ARTIFACT), ("b", "s3://m/base/output/model.tar.gz"))]  # fmt: skip
    config = record("endpoint-config", "shop-config", {"CreationTime": "2026-02-01T10:10:00Z", "ProductionVariants": two})
    found = lineage.datasets(known(BASE, TUNED, *models, config, SHOP[2]), "endpoint/shop").datasets
    told = {(row["uri"], row["indirect"]): [one["variant"] for one in row["models"]] for row in found if row["usage"] == "data"}
    assert told == {("s3://prep/x/", False): ["a"], ("s3://d/base/", False): ["b"], ("s3://d/base/", True): ["a"]}


# --- channels that share data ------------------------------------------------------------------


def listed(folder: list[str], *places: str) -> Listings:
    """Manifests, each at its place with the same objects."""
    listings = Listings.in_memory()
    for place in places:
        manifest = Manifest(place, "ManifestFile", f'"{place}"', "2026-01-01T00:00:00Z")
        listings.put(manifest, map(parse_location, folder), "2026-02-01T00:00:00Z")
    return listings


A, B = "s3://d/a.manifest", "s3://d/b.manifest"
PAIRS = [
    ("the same place", channel("train", "s3://d/x/"), channel("test", "s3://d/x/"), ["overlap"]),
    ("one inside the other", channel("train", "s3://d/"), channel("validation", "s3://d/val/"), ["overlap"]),
    ("a prefix that covers more than its folder", channel("train", "s3://d/t"), channel("test", "s3://d/test/"), ["overlap"]),
    ("FastFile means the folder", channel("train", "s3://d/t", mode="FastFile"), channel("test", "s3://d/test/"), []),
    ("two folders", channel("train", "s3://d/train/"), channel("test", "s3://d/test/"), []),
    ("two that are both measured on", channel("validation", "s3://d/x/"), channel("test", "s3://d/x/"), []),
    ("code beside data", channel("code", "s3://d/"), channel("test", "s3://d/x/"), []),
    ("a manifest that was not read", channel("train", "s3://d/lost", "ManifestFile"), channel("test", "s3://d/x/"), ["unknown"]),
    ("an access point", channel("train", "s3://ap-1-s3alias/x/"), channel("test", "s3://d/x/"), ["unknown"]),
    ("two manifests of the same objects", channel("train", A, "ManifestFile"), channel("test", B, "ManifestFile"), ["overlap"]),
    ("a manifest and the folder of its objects", channel("train", A, "ManifestFile"), channel("test", "s3://o/x/"), ["overlap"]),
    ("a manifest and another folder", channel("train", A, "ManifestFile"), channel("test", "s3://o/y/"), []),
]  # fmt: skip


@pytest.mark.parametrize(("title", "one", "other", "expected"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_channels_that_share_data(title: str, one: dict[str, Any], other: dict[str, Any], expected: list[str]) -> None:
    """What a job learns from and what it is measured on share data, surely do not, or it is unknown."""
    listings = listed(["s3://o/x/1.jpg", "s3://o/x/2.jpg"], A, B)
    found = lineage.datasets(known(training("fit", [one, other]), listings=listings), "fit").overlaps
    assert [row["verdict"] for row in found] == expected
    assert all(row["shown"] or row["verdict"] == "unknown" for row in found)


@pytest.mark.parametrize("name", ["validation", "test", "Validation_lst", "valData", "hold-out", "holdout", "eval_set", "TEST"])
def test_what_a_channel_is_measured_on(name: str) -> None:
    """A channel for measuring is recognized by its name, however people write it."""
    assert measures(name)


@pytest.mark.parametrize("name", ["train", "latest", "training", "contest", "values", "features", "evaluated"])
def test_what_a_channel_teaches(name: str) -> None:
    """A name that only contains such a word as letters does not count."""
    assert not measures(name)


# --- on the command line -----------------------------------------------------------------------


@pytest.fixture
def tell(run, account_path: Path):
    """Ask `datasets` about the whole bank."""
    return lambda *words: run("datasets", *words, "--snapshot", str(account_path))


def test_the_formats(tell) -> None:
    """Rows in TSV, CSV and Markdown, one row a line as JSON lines, and all of it as JSON."""
    answer = json.loads(tell("loans-live", "-f", "json").out)
    assert (answer["schema"], answer["question"], answer["verdict"]) == ("lineage.datasets/1", "datasets", "traced")
    lines = [json.loads(line) for line in tell("loans-live", "-f", "jsonl").out.splitlines()]
    assert lines == answer["datasets"]
    tsv = [line.split("\t") for line in tell("loans-live", "-f", "tsv").out.splitlines()]
    assert [row[:5] for row in tsv[:2]] == [
        ["how", "job", "channel", "usage", "uri"],
        ["direct", "Loans-Fit-0042", "train", "data", "s3://bank-ml/loans/train/"],
    ]
    assert (
        len(tell("loans-live", "-f", "csv").out.splitlines()) == len(tell("loans-live", "-f", "md").out.splitlines()) - 1 == 5
    )


def test_holes_and_breaks_are_rows(tell) -> None:
    """Gaps are printed below the findings, in a pipe as well."""
    assert [line.split("\t")[0] for line in tell("vendor-scores", "-f", "tsv").out.splitlines()] == ["how", "broken"]
    assert [line.split("\t")[0] for line in tell("kyc-multi", "-f", "tsv").out.splitlines()][-1] == "hole"


def test_a_list_of_holdouts(tell) -> None:
    """One line each for what made this endpoint only; a gate takes the worst of them."""
    ran = tell("fraud-ab", "--holdouts", HOLDOUTS, "-f", "tsv", "--fail-on", "used")
    told = [line.split("\t")[:3] for line in ran.out.splitlines()[1:]]
    assert (ran.code, [row[1] for row in told]) == (1, ["used", *["not-referenced"] * 4, "used-indirectly"])
    assert tell("loans-live", "--holdouts", HOLDOUTS, "--fail-on", "possible").code == 0
    assert tell("mortgage-tuned", "--holdouts", HOLDOUTS, "--fail-on", "used").code == 4


ONLY_HERE = "not-referenced is about what fraud-ab was made of, as far as that was read: other jobs may have used the same data"


@pytest.mark.parametrize("form", ["table", "tsv", "csv", "md", "jsonl", "json", "html"])
def test_each_format_says_what_not_referenced_is_about(tell, form: str) -> None:
    """A "no" about one endpoint is not one about all jobs: every format says so, or stderr, with the scope."""
    ran = tell("fraud-ab", "--holdouts", HOLDOUTS, "-f", form)
    said = ran.out if form in ("table", "json", "html") else ran.err
    assert ONLY_HERE in said
    assert ("not_read" if form == "json" else "Not read at all: Bedrock") in said


def test_where_nothing_is_a_no_there_is_no_such_note(tell, tmp_path: Path) -> None:
    """If all holdouts were used, no note explains "not-referenced"."""
    (tmp_path / "list.txt").write_text("s3://bank-ml/loans/validation/\n")
    assert "not-referenced is about" not in tell("loans-live", "--holdouts", "list.txt", "-f", "table").out


def test_wrong_usage(tell, tmp_path: Path) -> None:
    """A node of another kind, a gate without holdouts and a wrong list are each refused in one line."""
    (tmp_path / "list.txt").write_text("s3://a/\nnowhere\n")
    assert "loan-default is of another kind (experiment): datasets takes a job" in tell("loan-default").err
    assert "--fail-on needs --holdouts" in tell("loans-live", "--fail-on", "used").err
    ran = tell("loans-live", "--holdouts", "list.txt")
    assert (ran.code, ran.out, "list.txt line 2: 'nowhere' is not an S3 URI" in ran.err) == (2, "", True)
    assert "did you mean loans-live" in tell("loans-life").err


OUT_OF_SIGHT = [
    ("a feature group that is gone", [{"FeatureStoreOutput": {"FeatureGroupName": "gone"}}]),
    ("an access point", [{"S3Output": {"S3Uri": "s3://clean-abcdefghijklmnopqrstuvwxyz0123456789-s3alias/x/"}}]),
]


@pytest.mark.parametrize("outputs", [one[1] for one in OUT_OF_SIGHT], ids=[one[0] for one in OUT_OF_SIGHT])
@pytest.mark.parametrize(("day", "verdict"), [("2026-01-01", "unknown"), ("2026-01-03", "not-referenced")])
def test_a_holdout_whose_trail_is_lost_elsewhere(outputs: list[dict[str, Any]], day: str, verdict: str) -> None:
    """A job's output in an unknown place may be what the model's job read, unless that job had finished by then."""
    job = training("fit", {"train": "s3://clean/x/"})
    prepared = processing("prep", {"in": "s3://raw/"}, {}, day=day, ProcessingOutputConfig={"Outputs": outputs})
    answer = lineage.datasets(known(job, prepared), job.id, holdouts=["s3://raw/"])
    assert [row["verdict"] for row in answer.holdouts] == [verdict]
    assert lineage.used(known(job, prepared), "s3://raw/").verdict == "unknown"


def test_the_other_members_of_a_group_are_not_read(tmp_path: Path) -> None:
    """What an endpoint was made of costs the same, however many runs share the trial of the run that recorded its job."""

    def cost(members: int) -> int:
        parents = {"Parents": [{"TrialName": "trial", "ExperimentName": "fraud"}]}
        others = [record("trial-component", f"r{number}", parents) for number in range(members)]
        own = record("trial-component", "own", parents | {"Source": {"SourceArn": arn("training-job", "fit")}})
        trial = record("trial", "trial", {"ExperimentName": "fraud"})
        fit = training("fit", {"train": "s3://data/"}, "s3://m/model.tar.gz")
        crawl(tmp_path / f"{members}.db", *others, own, trial, fit, *served("s3://m/model.tar.gz"))
        with lineage.open_snapshot(tmp_path / f"{members}.db") as snapshot:
            lineage.datasets(snapshot, "shop")  # what is remembered of the whole file
            with steps(snapshot) as gone:
                lineage.datasets(snapshot, "shop")
        return len(gone)

    assert cost(1000) < 1.1 * cost(10)
