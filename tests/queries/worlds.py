"""Random small accounts in which things happen in sequence: jobs overwrite each other, models are deployed in between.

A move happens at its number: the first at 00:00, the next one hour later. Jobs take half an hour, or run into the next
moves. Moves are drawn; `records` turns them into the records that a crawl would find at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from lineage.domain.records import Resource
from tests.records import channel, record

KEYS = ["s3://m/1/model.tar.gz", "s3://m/2/model.tar.gz", "s3://m/live/model.tar.gz"]
FOLDERS = ["s3://m/live/", "s3://m/1/", "s3://m/"]
DATA = ["s3://d/a/", "s3://d/b/", "s3://d/b/x/", "s3://raw/"]
CHECKPOINTS = ["s3://ck/", "s3://ck/1/"]
HOMES = [("111122223333", "eu-west-1"), ("111122223333", "us-east-1"), ("444455556666", "eu-west-1")]

_DATA, _KEY, _HOME = st.sampled_from(DATA), st.sampled_from(KEYS), st.sampled_from(HOMES)
_LASTS = st.sampled_from([30, 30, 90, 150])
_NUMBER = st.integers(0, 3)
_TRAIN = st.tuples(
    st.just("train"), _HOME, _LASTS, st.lists(_DATA, max_size=2, unique=True), st.none() | _KEY, _KEY,
    st.sampled_from(["Completed", "Completed", "Completed", "Failed"]),
)  # fmt: skip
_PREPARE = st.tuples(
    st.just("prepare"), _HOME, _LASTS, st.lists(_DATA | _KEY, max_size=2, unique=True), st.sampled_from([*DATA, *FOLDERS]),
    st.sampled_from(["EndOfJob", "EndOfJob", "Continuous"]), st.none() | st.none() | st.sampled_from([*DATA, *KEYS, *FOLDERS]),
)  # fmt: skip
_DEPLOY = st.tuples(st.just("deploy"), _HOME, _KEY, st.booleans())
_UPDATE = st.tuples(st.just("update"), _NUMBER, _KEY, st.booleans())
_SCALE = st.tuples(st.just("scale"), _NUMBER)
_AGAIN = st.tuples(st.just("again"), _NUMBER, _KEY, st.booleans())
_PEND = st.tuples(st.just("pend"), _NUMBER, _KEY, st.booleans(), st.sampled_from(["Updating", "UpdateRollbackFailed"]))
_HOST = st.tuples(st.just("host"), _NUMBER, _KEY)
_SPREAD = st.tuples(st.just("spread"), _HOME, st.sampled_from(FOLDERS), st.booleans())
_SPOT = st.tuples(
    st.just("spot"), _HOME, st.lists(_DATA, max_size=2, unique=True), st.none() | _KEY, _KEY, st.booleans(),
    st.none() | st.sampled_from(CHECKPOINTS),
)  # fmt: skip
_PREDICT = st.tuples(st.just("predict"), _HOME, _LASTS, _KEY, _DATA, _DATA, _NUMBER)
MOVES = st.lists(
    st.one_of(_TRAIN, _TRAIN, _SPOT, _PREPARE, _DEPLOY, _DEPLOY, _SPREAD, _UPDATE, _AGAIN, _PEND, _SCALE, _HOST, _PREDICT),
    min_size=2,
    max_size=8,
)
Move = tuple[Any, ...]
_TWICE = [
    ("Downloading", 0.2),
    ("Training", 0.3),
    ("Interrupted", 0.6),
    ("Downloading", 1.2),
    ("Training", 1.4),
    ("Completed", 1.7),
]
"""The steps of a spot job, each with its hour after the job was created."""
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def at(hours: float) -> str:
    """A moment, given by the hours since the beginning."""
    return (_BEGINNING + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class World:
    """The records that moves lead to."""

    found: list[Resource] = field(default_factory=list)
    endpoints: list[Resource] = field(default_factory=list)
    models: list[Resource] = field(default_factory=list)

    def move(self, number: int, move: Move) -> None:
        what, *said = move
        getattr(self, f"_{what}")(number, *said)

    def _add(self, kind: str, name: str, home: tuple[str, str], body: dict[str, Any]) -> Resource:
        one = record(kind, name, body, account=home[0], region=home[1])
        self.found.append(one)
        return one

    def _train(
        self, number: int, home: tuple[str, str], lasts: int, reads: list[str], base: str | None, writes: str, status: str
    ) -> None:
        channels = [channel(f"c{i}", uri) for i, uri in enumerate(reads)] + ([channel("model", base)] if base else [])
        body = {
            "TrainingJobStatus": status, "CreationTime": at(number), "TrainingStartTime": at(number),
            "TrainingEndTime": at(number + lasts / 60), "InputDataConfig": channels,
            "ModelArtifacts": {"S3ModelArtifacts": writes}, "EnableNetworkIsolation": True,
        }  # fmt: skip
        self._add("training-job", f"job{number}", home, body)

    def _spot(
        self, number: int, home: tuple[str, str], reads: list[str], base: str | None, writes: str, cut: bool, keeps: str | None
    ) -> None:
        """A job that was interrupted and downloaded again an hour later, or that was stopped in its first download."""
        parts = [("Downloading", 0.2), ("Stopped", 0.3)] if cut else _TWICE
        steps = [
            {"Status": what, "StartTime": at(number + begin), "EndTime": at(number + end)}
            for (what, begin), (_, end) in pairwise(parts)
        ]
        channels = [channel(f"c{i}", uri, mode="File") for i, uri in enumerate(reads)]
        body = {
            "TrainingJobStatus": "Stopped" if cut else "Completed", "CreationTime": at(number), "TrainingStartTime": at(number + 0.2),
            "TrainingEndTime": at(number + parts[-1][1]), "SecondaryStatusTransitions": steps,
            "InputDataConfig": channels + ([channel("model", base, mode="File")] if base else []),
            "ModelArtifacts": {"S3ModelArtifacts": writes}, "EnableNetworkIsolation": True,
            "CheckpointConfig": {"S3Uri": keeps} if keeps else {},
        }  # fmt: skip
        self._add("training-job", f"job{number}", home, body)

    def _prepare(
        self, number: int, home: tuple[str, str], lasts: int, reads: list[str], writes: str, mode: str, names: str | None
    ) -> None:
        inputs = [{"InputName": f"i{i}", "S3Input": {"S3Uri": uri, "S3DataType": "S3Prefix"}} for i, uri in enumerate(reads)]
        outputs = [{"OutputName": "o", "S3Output": {"S3Uri": writes, "S3UploadMode": mode}}]
        body = {
            "ProcessingJobStatus": "Completed", "CreationTime": at(number), "ProcessingStartTime": at(number),
            "ProcessingEndTime": at(number + lasts / 60), "ProcessingInputs": inputs,
            "ProcessingOutputConfig": {"Outputs": outputs}, "Environment": {"PLACE": names} if names else {}, "NetworkConfig": {"EnableNetworkIsolation": True},
        }  # fmt: skip
        self._add("processing-job", f"job{number}", home, body)

    def _model(self, number: int, home: tuple[str, str], key: str, *, packaged: bool = False) -> Resource:
        container: dict[str, Any] = {"ModelDataUrl": key}
        if packaged:
            spec = {"InferenceSpecification": {"Containers": [container]}, "CreationTime": at(number)}
            container = {"ModelPackageName": self._add("model-package", f"g/{number}", home, spec).arn}
        one = self._of(number, home, container)
        self.models.append(one)
        return one

    def _of(self, number: int, home: tuple[str, str], container: dict[str, Any]) -> Resource:
        return self._add("model", f"m{number}", home, {"CreationTime": at(number), "PrimaryContainer": container})

    def _config(self, number: int, home: tuple[str, str], key: str, *, packaged: bool) -> str:
        return self._runs(number, home, self._model(number, home, key, packaged=packaged))

    def _runs(self, number: int, home: tuple[str, str], model: Resource) -> str:
        variants = [{"VariantName": "v", "ModelName": model.name}]
        config = {"CreationTime": at(number), "ProductionVariants": variants}
        return self._add("endpoint-config", f"c{number}", home, config).name

    def _deploy(self, number: int, home: tuple[str, str], key: str, packaged: bool) -> None:
        self._serve(number, home, self._config(number, home, key, packaged=packaged))

    def _serve(self, number: int, home: tuple[str, str], config: str) -> None:
        body = {
            "EndpointConfigName": config, "EndpointStatus": "InService",
            "CreationTime": at(number), "LastModifiedTime": at(number + 0.1),
        }  # fmt: skip
        self.endpoints.append(self._add("endpoint", f"e{number}", home, body))

    def _spread(self, number: int, home: tuple[str, str], folder: str, many: bool) -> None:
        """An endpoint whose model is all that lies in a folder: one model of many files, or many models."""
        container = {"ModelDataUrl": folder, "Mode": "MultiModel"}
        if not many:
            source = {"S3Uri": folder, "S3DataType": "S3Prefix", "CompressionType": "None"}
            container = {"ModelDataSource": {"S3DataSource": source}}
        self._serve(number, home, self._runs(number, home, self._of(number, home, container)))

    def _change(self, number: int, which: int, **body: Any) -> None:
        before = self.endpoints[which % len(self.endpoints)]
        self.found.remove(before)
        kept = {name: value for name, value in before.body.items() if name != "PendingDeploymentSummary"}
        whole = kept | {"EndpointStatus": "InService", "LastModifiedTime": at(number + 0.1)} | body
        after = self._add("endpoint", before.name, (before.account, before.region), whole)
        self.endpoints[self.endpoints.index(before)] = after

    def _update(self, number: int, which: int, key: str, packaged: bool) -> None:
        if self.endpoints:
            endpoint = self.endpoints[which % len(self.endpoints)]
            home = (endpoint.account, endpoint.region)
            self._change(number, which, EndpointConfigName=self._config(number, home, key, packaged=packaged))

    def _again(self, number: int, which: int, key: str, packaged: bool) -> None:
        """An endpoint that was deleted and created again under its name."""
        if self.endpoints:
            endpoint = self.endpoints[which % len(self.endpoints)]
            config = self._config(number, (endpoint.account, endpoint.region), key, packaged=packaged)
            self.found = [one for one in self.found if one.body.get("EndpointArn") != endpoint.arn or one == endpoint]
            self._change(number, which, EndpointConfigName=config, CreationTime=at(number))

    def _pend(self, number: int, which: int, key: str, packaged: bool, status: str) -> None:
        """An update that is pending, or that could not be rolled back from every instance."""
        if self.endpoints:
            endpoint = self.endpoints[which % len(self.endpoints)]
            config = self._config(number, (endpoint.account, endpoint.region), key, packaged=packaged)
            pending = {"EndpointConfigName": config, "StartTime": at(number)}
            self._change(number, which, EndpointStatus=status, PendingDeploymentSummary=pending)

    def _scale(self, number: int, which: int) -> None:
        if self.endpoints:
            self._change(number, which)

    def _host(self, number: int, which: int, key: str) -> None:
        if self.endpoints:
            endpoint = self.endpoints[which % len(self.endpoints)]
            home = (endpoint.account, endpoint.region)
            body = {
                "EndpointArn": endpoint.arn, "VariantName": "v", "InferenceComponentStatus": "InService",
                "CreationTime": at(number), "LastModifiedTime": at(number),
                "Specification": {"ModelName": self._model(number, home, key).name},
            }  # fmt: skip
            self._add("inference-component", f"i{number}", home, body)

    def _predict(self, number: int, home: tuple[str, str], lasts: int, key: str, reads: str, writes: str, which: int) -> None:
        """A transform job, of an earlier model of its account and region or of a new one."""
        here = [model for model in self.models if (model.account, model.region) == home]
        model = here[which % len(here)] if here and which else self._model(number, home, key)
        source = {"DataSource": {"S3DataSource": {"S3Uri": reads, "S3DataType": "S3Prefix"}}}
        body = {
            "TransformJobStatus": "Completed", "ModelName": model.name, "CreationTime": at(number),
            "TransformStartTime": at(number), "TransformEndTime": at(number + lasts / 60), "TransformInput": source,
            "TransformOutput": {"S3OutputPath": writes},
        }  # fmt: skip
        self._add("transform-job", f"job{number}", home, body)


def seen_at(hours: float, found: list[Resource]) -> list[Resource]:
    """What a crawl reads of these records at a moment at which some jobs still run."""
    return [_as_it_ran(one, at(hours)) for one in found]


def _as_it_ran(one: Resource, moment: str) -> Resource:
    ends = {name for name, value in one.body.items() if name.endswith("EndTime") and value > moment}
    if not ends:
        return one
    status = next(name for name in one.body if name.endswith("JobStatus"))
    body = {name: value for name, value in one.body.items() if name not in ends} | {status: "InProgress"}
    if steps := [step for step in body.get("SecondaryStatusTransitions", ()) if step["StartTime"] <= moment]:
        last = {name: value for name, value in steps[-1].items() if name != "EndTime" or value <= moment}
        body["SecondaryStatusTransitions"] = [*steps[:-1], last]
    return record(one.kind, one.name, body, account=one.account, region=one.region)


def records(moves: list[Move]) -> list[Resource]:
    """The records that a crawl finds after these moves."""
    world = World()
    for number, move in enumerate(moves):
        world.move(number, move)
    return world.found
