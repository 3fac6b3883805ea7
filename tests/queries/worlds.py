"""Random small accounts in which things happen one after the other: jobs write over each other, models are deployed in between.

A move happens at its number: the first at 00:00, the next one hour later. Jobs take half an hour, or run into the next moves.
What is drawn are moves; `records` makes of them the records that a crawl would find at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from lineage.domain.records import Resource
from tests.records import channel, record

KEYS = ["s3://m/1/model.tar.gz", "s3://m/2/model.tar.gz", "s3://m/live/model.tar.gz"]
FOLDERS = ["s3://m/live/", "s3://m/1/", "s3://m/"]
DATA = ["s3://d/a/", "s3://d/b/", "s3://d/b/x/", "s3://raw/"]
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
_HOST = st.tuples(st.just("host"), _NUMBER, _KEY)
_PREDICT = st.tuples(st.just("predict"), _HOME, _LASTS, _KEY, _DATA, _DATA, _NUMBER)
MOVES = st.lists(
    st.one_of(_TRAIN, _TRAIN, _PREPARE, _DEPLOY, _DEPLOY, _UPDATE, _SCALE, _HOST, _PREDICT), min_size=2, max_size=8
)
Move = tuple[Any, ...]
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def at(hours: float) -> str:
    """A moment, by how many hours after the beginning it is."""
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
        one = self._add("model", f"m{number}", home, {"CreationTime": at(number), "PrimaryContainer": container})
        self.models.append(one)
        return one

    def _config(self, number: int, home: tuple[str, str], key: str, *, packaged: bool) -> str:
        model = self._model(number, home, key, packaged=packaged)
        variants = [{"VariantName": "v", "ModelName": model.name}]
        config = {"CreationTime": at(number), "ProductionVariants": variants}
        return self._add("endpoint-config", f"c{number}", home, config).name

    def _deploy(self, number: int, home: tuple[str, str], key: str, packaged: bool) -> None:
        body = {
            "EndpointConfigName": self._config(number, home, key, packaged=packaged), "EndpointStatus": "InService",
            "CreationTime": at(number), "LastModifiedTime": at(number + 0.1),
        }  # fmt: skip
        self.endpoints.append(self._add("endpoint", f"e{number}", home, body))

    def _change(self, number: int, which: int, **body: Any) -> None:
        before = self.endpoints[which % len(self.endpoints)]
        self.found.remove(before)
        whole = before.body | body | {"LastModifiedTime": at(number + 0.1)}
        after = self._add("endpoint", before.name, (before.account, before.region), whole)
        self.endpoints[self.endpoints.index(before)] = after

    def _update(self, number: int, which: int, key: str, packaged: bool) -> None:
        if self.endpoints:
            endpoint = self.endpoints[which % len(self.endpoints)]
            home = (endpoint.account, endpoint.region)
            self._change(number, which, EndpointConfigName=self._config(number, home, key, packaged=packaged))

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


def records(moves: list[Move]) -> list[Resource]:
    """The records that a crawl finds after these moves."""
    world = World()
    for number, move in enumerate(moves):
        world.move(number, move)
    return world.found
