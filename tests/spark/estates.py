"""Accounts whose data, models and gaps only meet across accounts, with generated ones: a snapshot and an export of each."""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

import lineage
from lineage.domain.names import Location
from lineage.domain.records import Content, Crawl, Gap, Resource
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.reading import Snapshot
from tests.queries.worlds import DATA, KEYS, MOVES, Move, records
from tests.records import REGION, arn, channel, processing, record, served, training
from tests.swept import swept

MERGED = "all.db"
WORLDS = 6
Home = tuple[str, str]
ONE, TWO, THREE = "100000000001", "100000000002", "000000000003"  # the last one begins with zeros


def of(account: str, *found: Resource) -> list[Resource]:
    """The same records in another account."""
    return [dataclasses.replace(one, account=account, arn=arn(one.kind, one.name, account)) for one in found]


def moves(number: int) -> list[list[Move]]:
    """Some generated histories, the same each time."""
    drawn: list[list[Move]] = []

    @settings(
        max_examples=6 * number, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @seed(7)
    @given(MOVES)
    def draw(one: list[Move]) -> None:
        drawn.append(one)

    draw()
    return sorted(drawn, key=len, reverse=True)[:number]


def renamed(value: Any, world: int) -> Any:
    """A value with the buckets and accounts of one of many worlds."""
    if isinstance(value, dict):
        return {key: renamed(one, world) for key, one in value.items()}
    if isinstance(value, list):
        return [renamed(one, world) for one in value]
    if not isinstance(value, str):
        return value
    accounts = re.sub("(11112222|44445555)(?:3333|6666)", rf"\g<1>{world:04}", value)
    return re.sub(r"s3://(\w+)", rf"s3://\g<1>-{world}", accounts)


def generated() -> dict[Home, list[Resource]]:
    """Accounts and regions of several worlds that share nothing."""
    homes: dict[Home, list[Resource]] = defaultdict(list)
    for world, one in enumerate(moves(WORLDS)):
        for found in records(one):
            body = renamed(dict(found.body), world)
            told = dataclasses.replace(found, account=renamed(found.account, world), arn=renamed(found.arn, world), body=body)
            homes[told.account, told.region].append(told)
    return homes


TABLE = {"Catalog": "AwsDataCatalog", "Database": "sagemaker_featurestore", "TableName": "features_1690000000"}
STORE = {
    "S3StorageConfig": {"S3Uri": "s3://shared/features/", "ResolvedOutputS3Uri": "s3://shared/features/1/"},
    "DataCatalogConfig": TABLE,
}
FEATURES = of(ONE, record("feature-group", "features", {"CreationTime": "2025-12-01T00:00:00Z", "OfflineStoreConfig": STORE}))
PACKAGE = of(ONE, record("model-package", "group/1", {
    "CreationTime": "2026-01-03T00:00:00Z",
    "InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://shared/models/fit/output/model.tar.gz"}]},
}))  # fmt: skip
DENIED = training("denied", {"train": "s3://shared/denied/"})
EXECUTION = arn("pipeline-execution", "p/execution/e", ONE)
HALF = of(ONE, record("pipeline-execution", "p/execution/e", {"CreationTime": "2026-01-01T00:00:00Z"}))
NO_STEPS = Gap(ONE, REGION, "DescribePipelineExecution", EXECUTION, "denied", "no steps")
REUSED = training("reused", {"train": "s3://shared/reused/"})
NEWER = training("newer", {"train": "s3://shared/newer/"}, TrainingJobStatus="InProgress")
SINCE = {"Source": {"SourceArn": arn("training-job", "reused", ONE)}, "CreationTime": "2026-06-02T12:00:00Z"}
ODD: dict[str, list[Any]] = {
    ONE: [
        *HALF, NO_STEPS,  # both accounts have half of it, so nobody has read the rest
        *of(ONE, REUSED),  # a name that was given again after this account was read
        *of(ONE, training("fit", {"train": "s3://shared/clean/"}, "s3://shared/models/fit/output/model.tar.gz")),
        *of(ONE, training("broad", {"train": "s3://shared/gr"})),  # a prefix that ends in the middle of names
        *of(ONE, training("listed", [channel("train", "s3://shared/lists/m.manifest", "ManifestFile")])),
        *of(ONE, DENIED),
        *of(ONE, training("hub", {"train": "s3://hub/"}), training("umlaut", {"train": "s3://shared/löhne/größe/"})),
        *FEATURES, *PACKAGE,
    ],
    TWO: [
        *of(TWO, processing("clean", {"raw": "s3://shared/raw/"}, {"out": "s3://shared/clean/part/"}, day="2026-01-01")),
        *of(TWO, processing("makes", {"raw": "s3://shared/raw2/"}, {"out": "s3://hub/deep/er/"}, day="2026-01-01")),
        *of(TWO, training("again", {"train": "s3://shared/models/fit/output/"}, day="2026-01-05")),  # another's model as data
        *of(TWO, record("model", "made", {
            "CreationTime": "2026-02-01T00:00:00Z", "PrimaryContainer": {"ModelPackageName": PACKAGE[0].arn},
        })),
        *of(TWO, record("transform-job", "say", {
            "TransformJobStatus": "Completed", "ModelName": "made", "CreationTime": "2026-02-02T11:00:00Z",
            "TransformStartTime": "2026-02-02T12:00:00Z", "TransformEndTime": "2026-02-02T13:00:00Z",
            "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://shared/questions/"}}},
            "TransformOutput": {"S3OutputPath": "s3://shared/said/"},
        })),
        *of(TWO, *served("s3://shared/copied/model.tar.gz", name="copied")),
        *of(TWO, training("tuned", {"model": "s3://shared/copied/model.tar.gz", "train": "s3://shared/extra/"}, day="2026-03-01")),
        # only this account has the jobs, and the other one what they name
        *of(ONE, training("by-name", {"train": "s3://else/"}, day="2026-02-06", HyperParameters={"fg_name": '"Features"'})),
        *of(ONE, training("child", {"train": "s3://else/"}, day="2026-02-06", Environment={"PARENT_TRAINING_JOB": "fit"})),
        *HALF, NO_STEPS,
        *of(TWO, record("trial-component", "run", SINCE)),
        *(Gap(ONE, REGION, "DescribeTrainingJob", arn("training-job", name, ONE), "denied", "no") for name in ("denied", "reused")),
    ],
    THREE: [
        *of(THREE, processing("quiet", {"entrypoint": "s3://shared/run.sh"}, {"out": "s3://shared/quiet/"}, day="2026-01-01")),  # read something that no field names
        *of(THREE, training("late", {"train": "s3://shared/clean/part/x.csv"}, day="2026-04-01")),
        *of(THREE, training("early", {"train": "s3://shared/clean/"}, day="2025-12-01")),
        *of(THREE, training("student", {"train": "s3://shared/said/"}, day="2026-02-05")),  # of what another's model said
        *of(THREE, training("named", {"train": "s3://else/"}, Environment={"FROM": "s3://shared/named/"})),
        *of(THREE, training("learns", {"train": "s3://shared/quiet/"}, day="2026-01-03")),
        *of(THREE, training("queries", {"train": "s3://else/"}, day="2026-02-06", Environment={"TABLE": TABLE["TableName"]})),
        *of(THREE, training("told", {"train": "s3://else/"}, day="2026-02-06", Environment={
            "BY": arn("processing-job", "makes", TWO), "GROUP": FEATURES[0].arn,
        })),
    ],
}  # fmt: skip
_ASKED = (
    "raw/", "raw2/", "clean/", "clean/part/", "clean/part/x.csv", "models/fit/output/model.tar.gz", "copied/", "extra/", "quiet/",
    "green/x", "gr", "g", "löhne/größe/ü.csv", "löhne/", "listed/one.csv", "listed/", "lists/", "features/1/", "denied/", "nowhere/",
    "named/x", "said/",
)  # fmt: skip


def subjects() -> list[str]:
    """What is asked: places that are read, written, around and inside these, and such that no record names."""
    own = [f"s3://shared/{key}" for key in _ASKED]
    worlds = [renamed(uri, world) for world in range(WORLDS) for uri in (*DATA, *KEYS, "s3://m/", "s3://raw/new/x")]
    return [*own, "s3://shared", "s3://hub/deep/er/x", "s3://hub/other/", "s3://no-such-bucket/x/", own[0], *worlds]


def exported(folder: Path) -> None:
    """Write a snapshot and an export of each account and region, and one snapshot of all."""
    files = []
    homes = generated() | {(account, REGION): found for account, found in ODD.items()}
    for number, (home, found) in enumerate(sorted(homes.items())):
        files.append(folder / f"{'_'.join(home)}.db")
        if home[0] in (ONE, TWO):
            _with_contents(files[-1], home[0])
        day = f"2026-06-{1 + number % 28:02}"
        unfinished = ["training-job"] if home[0] == THREE else []
        swept(files[-1], found, [home], f"{day}T00:00:00Z", f"{day}T00:01:00Z", unfinished=unfinished)
        if home[0] == ONE:  # which leaves its other lists older than a job
            swept(files[-1], of(ONE, NEWER), [home], f"{day}T12:00:00Z", f"{day}T12:01:00Z", kinds=["training-job"])
        with lineage.open_snapshot(files[-1]) as snapshot:
            lineage.export_parquet(snapshot, folder / "estate")
    lineage.merge_snapshots(files, folder / MERGED)


def _with_contents(path: Path, account: str) -> None:
    """What S3 said to a crawl: one account read the manifest, and each knows the content of its own objects."""
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(Crawl(0, "2026-05-31T00:00:00Z", None, "arn:x", (account,), (REGION,), (), "0 (replayed)", "1"))
        if account == TWO:
            manifest = Manifest("s3://shared/lists/m.manifest", "ManifestFile", "e1", "2026-01-01T00:00:00Z")
            recording.listings.put(manifest, [Location("s3://shared", "listed/one.csv")], "2026-05-31T00:00:00Z")
        place = "models/fit/output" if account == ONE else "copied"
        seen = ("2026-01-02T11:00:00Z" if account == ONE else "2026-01-04T00:00:00Z", "2026-05-31T00:00:00Z")
        recording.keep_content(Content(f"s3://shared/{place}/model.tar.gz", ("sha256:same",), *seen))
        recording.finish("2026-05-31T00:01:00Z")
