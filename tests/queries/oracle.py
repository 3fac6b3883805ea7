"""Brute-force oracle over the records of `worlds.py`: what made each endpoint and where data went. It calls nothing of
`lineage`.

The rules are those of the design, in the same order:

* A reader of data gets what was written before it finished reading. This is certain where the write ended before the read began
  and possible where the two overlap. It never holds where the write began after the read ended.
* A channel whose data is the declared artifact of another training job reads a model, not data.
* A model is read where it runs. A deployment reads from the latest creation time of its endpoint, config and model, without
  end. An endpoint whose config is younger than itself was updated to it, at an unknown time up to LastModifiedTime. A component
  reads from its own and its model's creation on, a transform job while it runs. It writes while it runs.
* For one key, the last write of a training job's own artifact that ended before the run opened is certain. Any write there
  before that one began is impossible. A later write, while it ran, is possible.
* A job that wrote a folder around the key may have left the key alone, so that write makes nothing impossible. Beside a certain
  writer of the exact key it is possible. Of several folders the last before the run is certain and earlier ones are possible.
* A failed job may have written nothing: it is never certain, and makes nothing impossible.
* A training job reads its channels in each of its downloads, where its record lists them. A job that was stopped in its only
  download wrote nothing, and possibly used what it read. While it runs it reads and writes its checkpoint folder.
* A model that is a folder, or a folder of many models, reads all that lies in the folder. A later write of one key does not
  replace a writer of another key or of a folder. Where several jobs wrote into the folder, the records allow both.
* The target of a pending endpoint update, or of one that could not be rolled back, is possibly read from its config's creation
  on.
* A place that a job names only in its environment, neither as an input nor below an output, is possibly read and written while
  it ran. It is never certain and makes nothing impossible. A place that two jobs only name is no path between them.
* Where data reached a job that only names a place, and that place leads to no training, the data may have gone further:
  unknown.
* A chain is as certain as its least certain step.

Where the records allow both, `certain` and `possible` are both right: an endpoint that was updated at an unknown time during
a write, a job that read the model at an unknown time of its run during a write, a failed job between a write and the run,
folders that were written at the same time, and a key that two jobs wrote at the same second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

Record = dict[str, Any]
NEVER = "9999"
CERTAIN, POSSIBLE = "certain", "possible"
Fit = frozenset[str]
"""The answers that are right: both, where the records leave room for both; none of them where it is impossible."""
_SURE, _MAYBE, _EITHER, _NOT = frozenset({CERTAIN}), frozenset({POSSIBLE}), frozenset({CERTAIN, POSSIBLE}), frozenset[str]()


class Write(NamedTuple):
    """A write of a job to a place in a window of time. `key`: its own artifact; `well`: it completed; `named`: only named."""

    job: str
    place: str
    opens: str
    closes: str
    key: bool
    well: bool
    named: bool = False


class Read(NamedTuple):
    """A read of a place in a window of time. `settled`: when it had surely read once, if that is before the end."""

    place: str
    opens: str
    closes: str
    model: bool
    settled: str = ""
    many: bool = False  # all keys with this prefix, not the one key
    doubt: bool = False  # whether it ever read it is unknown
    named: bool = False


class Oracle:
    """One or several accounts. Names are unique among all of them."""

    def __init__(self, records: Iterable[tuple[str, Record]]) -> None:
        """Each record with its kind."""
        self._all = list(records)
        self.jobs = {name: job for kind, name, job in self._named() if kind.endswith("-job")}
        self.endpoints = {name: one for kind, name, one in self._named() if kind == "endpoint"}
        self.trained = {name for kind, name, _ in self._named() if kind == "training-job"}
        self.writes = [write for kind, name, job in self._named() for write in _written(kind, name, job)]
        self._fed: dict[str, dict[str, Fit]] = {}
        self._past: dict[str, list[Read]] = {}

    def _named(self) -> Iterator[tuple[str, str, Record]]:
        nouns = {
            "training-job": "TrainingJob", "processing-job": "ProcessingJob", "transform-job": "TransformJob", "model": "Model",
            "model-package": "ModelPackage", "endpoint": "Endpoint", "endpoint-config": "EndpointConfig",
            "inference-component": "InferenceComponent",
        }  # fmt: skip
        for kind, body in self._all:
            yield kind, body[f"{nouns[kind]}Name"], body

    def _one(self, wanted: str, name: str) -> Record:
        (found,) = [body for kind, one, body in self._named() if (kind, one) == (wanted, name)]
        return found

    # --- who read what, and when ------------------------------------------------------------------

    def reads(self, reader: str) -> list[Read]:
        """What a job or an endpoint read, including the models that ran in it."""
        if reader in self._past:
            return self._past[reader]
        if reader in self.endpoints:
            return list(self._served(self.endpoints[reader]))
        job = self.jobs[reader]
        if "TransformJobName" in job:
            times = job["TransformStartTime"], job["TransformEndTime"]
            source = job["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
            run = Read(self._artifact(self._one("model", job["ModelName"])), *times, model=True)
            return [Read(source, *times, self._is_artifact(source, reader)), run]
        if "TrainingJobName" in job:
            return self._trained_with(reader, job)
        times = job["ProcessingStartTime"], job["ProcessingEndTime"]
        places = [one["S3Input"]["S3Uri"] for one in job["ProcessingInputs"]]
        named = [Read(place, *times, model=False, named=True) for place in _only_named(job)]
        models = [self._is_artifact(place, reader) for place in places]
        declared = [Read(place, *times, model, many=True) for place, model in zip(places, models, strict=True)]
        return [*declared, *named]

    def _trained_with(self, reader: str, job: Record) -> list[Read]:
        """What a training job read in each download. The program of a job that was stopped early never had the data."""
        downloads = [step for step in job.get("SecondaryStatusTransitions", ()) if step["Status"] == "Downloading"]
        times = [(step["StartTime"], step["EndTime"]) for step in downloads]
        places = [(one["DataSource"]["S3DataSource"]["S3Uri"], one["ChannelName"]) for one in job["InputDataConfig"]]
        ran, cut = (job["TrainingStartTime"], job["TrainingEndTime"]), _was_cut_short(job)
        kept = [Read(place, *ran, model=True, many=True, doubt=cut) for place in _checkpoints(job)]
        return kept + [
            Read(place, *when, role == "model" or self._is_artifact(place, reader), many=True, doubt=cut)
            for place, role in places
            for when in times or [ran]
        ]

    def _is_artifact(self, place: str, reader: str) -> bool:
        return any(write.key and write.place == place and write.job != reader for write in self.writes)

    def _artifact(self, model: Record) -> str:
        """The key or the folder that a model is loaded from, its package's where it has one."""
        container = model["PrimaryContainer"]
        for kind, _, body in self._named():
            if kind == "model-package" and body["ModelPackageArn"] == container.get("ModelPackageName"):
                (container,) = body["InferenceSpecification"]["Containers"]
        if "ModelDataSource" in container:
            return str(container["ModelDataSource"]["S3DataSource"]["S3Uri"])
        return str(container["ModelDataUrl"])

    def _served(self, endpoint: Record) -> Iterator[Read]:
        pending = endpoint.get("PendingDeploymentSummary")
        for name, doubt in [
            (endpoint["EndpointConfigName"], False),
            *([(pending["EndpointConfigName"], True)] if pending else []),
        ]:
            config = self._one("endpoint-config", name)
            updated = config["CreationTime"] > endpoint["CreationTime"]
            for variant in config["ProductionVariants"]:
                model = self._one("model", variant["ModelName"])
                opens = max(one["CreationTime"] for one in (endpoint, config, model))
                settled = max(opens, endpoint["LastModifiedTime"]) if updated else opens
                place = self._artifact(model)
                yield Read(place, opens, NEVER, model=True, settled=settled, many=place.endswith("/"), doubt=doubt)
        for kind, _, component in self._named():
            if kind == "inference-component" and component["EndpointArn"] == endpoint["EndpointArn"]:
                model = self._one("model", component["Specification"]["ModelName"])
                opens = max(one["CreationTime"] for one in (component, model))
                yield Read(self._artifact(model), opens, NEVER, model=True, settled=opens)

    # --- what wrote the data that was read ----------------------------------------------------------

    def makers(self, reader: str) -> dict[str, Fit]:
        """The jobs that wrote something that a job or an endpoint read, each with its certainty."""
        if reader not in self._fed:
            found: dict[str, Fit] = {}
            for read in self.reads(reader):
                for write in self.writes:
                    fit = self._fit(write, read) if write.job != reader and _share(read, write) else _NOT
                    if fit:
                        found[write.job] = _best(found.get(write.job, _NOT), fit)
            self._fed[reader] = found
        return self._fed[reader]

    def _fit(self, write: Write, read: Read) -> Fit:
        if write.opens > read.closes or (write.named and read.named):
            return _NOT
        alone = _SURE if write.closes <= read.opens and write.well and not (read.named or read.doubt) else _MAYBE
        return self._in_order(write, read, alone) if read.model else alone

    def _in_order(self, write: Write, read: Read, alone: Fit) -> Fit:
        """The certainty that follows from the other writes of the one key that was read."""
        near = [one for one in self.writes if one.job != write.job and one.opens <= read.closes]
        others = [one for one in near if _share(read, one) and _touches(one.place, write.place)]
        keys = [one for one in others if one.key]
        before = [one for one in keys if one.well and one.closes <= read.opens]
        if any(write.closes < one.opens for one in before) and (write.key or not read.many):
            return _NOT
        if alone == _MAYBE:
            return _MAYBE
        until = read.settled or read.closes
        if write.key:
            doubt = [one for one in keys if one.closes >= write.opens and one.opens <= until]
            return _EITHER if doubt else _SURE
        if read.place.endswith("/"):
            return _EITHER if others else _SURE
        if before:
            return _MAYBE
        folders = [one for one in others if not one.key and one.well]
        if any(one.opens > write.closes and one.closes <= read.opens for one in folders):
            return _MAYBE
        doubt = [one for one in [*folders, *keys] if one.closes >= write.opens and one.opens <= until]
        return _EITHER if doubt else _SURE

    def earlier(self, endpoint: str, before: Oracle) -> dict[str, Fit]:
        """All jobs that made what an endpoint served when an earlier crawl saw it, until it was updated or deleted."""
        was, now = before.endpoints.get(endpoint), self.endpoints[endpoint]
        if not was:
            return {}
        anew = now["CreationTime"] != was["CreationTime"]
        if not anew and now["EndpointConfigName"] == was["EndpointConfigName"]:
            return {}
        closes = now["CreationTime"] if anew else now["LastModifiedTime"]
        self._past[f"{endpoint} before"] = [read._replace(closes=closes) for read in before.reads(endpoint)]
        return self.upstream(f"{endpoint} before")

    # --- chains -------------------------------------------------------------------------------------

    def upstream(self, reader: str) -> dict[str, Fit]:
        """All jobs whose output reached a job or an endpoint, each with the certainty of its most certain chain."""
        found: dict[str, Fit] = {}
        todo: list[tuple[str, Fit]] = [(reader, _SURE)]
        while todo:
            at, sure = todo.pop()
            for job, fit in self.makers(at).items():
                chain = _worst(sure, fit)
                if _best(found.get(job, _NOT), chain) != found.get(job, _NOT):
                    found[job] = _best(found.get(job, _NOT), chain)
                    todo.append((job, chain))
        return found

    def verdicts(self, place: str) -> set[str]:
        """The correct verdicts on data: whether training jobs read it, or read what others made of it."""
        said = {job: [one for one in self.reads(job) if not one.named] for job in self.jobs}
        data = {job for job, reads in said.items() for one in reads if not one.model and _touches(one.place, place)}
        cut = {job for job in self.trained if any(read.doubt for read in self.reads(job))}
        if data & self.trained - cut:
            return {"used"}
        named = {job for job, body in self.jobs.items() if _touches(body.get("Environment", {}).get("PLACE", ""), place)}
        best = _MAYBE if data & cut else _NOT
        for job in self.trained:
            for maker, fit in self.upstream(job).items():
                chain = fit if maker in data else _MAYBE if maker in named else _NOT
                best = _best(best, chain)
        data |= named
        if best:
            return {"used-indirectly" if one == CERTAIN else "possible" for one in best}
        if any(self._may_be_served(job) for job in self._reached(data)):
            return {"possible"}
        lost = any(True for job in self._reached(data) for _ in _only_named(self.jobs[job]))
        return {"unknown" if lost else "not-referenced", *(["possible"] if self._has_models(data) else [])}

    def _reached(self, first: set[str]) -> set[str]:
        return first | {job for job in self.jobs if self.upstream(job).keys() & first}

    def _may_be_served(self, job: str) -> bool:
        """Whether something that is no training job made what is served: what it did with the data is unknown."""
        return job not in self.trained and any(job in self.makers(endpoint) for endpoint in self.endpoints)

    def _has_models(self, data: set[str]) -> bool:
        """Whether a reached job wrote around the artifact of a model that no known deployment ever ran."""
        models = [self._artifact(body) for kind, _, body in self._named() if kind == "model"]
        mine = [write for write in self.writes if write.job in self._reached(data) - self.trained]
        return any(_touches(model, write.place) for model in models for write in mine)


def _written(kind: str, name: str, job: Record) -> Iterator[Write]:
    if kind == "training-job" and not _was_cut_short(job):
        end, place = job["TrainingEndTime"], job["ModelArtifacts"]["S3ModelArtifacts"]
        yield Write(name, place, end, end, key=True, well=job["TrainingJobStatus"] == "Completed")
        for folder in _checkpoints(job):
            yield Write(name, folder, job["TrainingStartTime"], end, key=False, well=True)
    elif kind == "processing-job":
        for output in job["ProcessingOutputConfig"]["Outputs"]:
            end, said = job["ProcessingEndTime"], output["S3Output"]
            begin = job["ProcessingStartTime"] if said["S3UploadMode"] == "Continuous" else end
            yield Write(name, said["S3Uri"], begin, end, key=False, well=True)
        for place in _only_named(job):
            yield Write(name, place, job["ProcessingStartTime"], job["ProcessingEndTime"], key=False, well=False, named=True)
    elif kind == "transform-job":
        place, opens, closes = job["TransformOutput"]["S3OutputPath"], job["TransformStartTime"], job["TransformEndTime"]
        yield Write(name, place, opens, closes, key=False, well=True)


def _checkpoints(job: Record) -> list[str]:
    return [job["CheckpointConfig"]["S3Uri"]] if job.get("CheckpointConfig") else []


def _was_cut_short(job: Record) -> bool:
    return bool(job["TrainingJobStatus"] == "Stopped")


def _only_named(job: Record) -> Iterator[str]:
    """The place that a processing job names in its environment and declares neither as an input nor below an output."""
    place = job.get("Environment", {}).get("PLACE")
    if not place:
        return
    inputs = [one["S3Input"]["S3Uri"] for one in job["ProcessingInputs"]]
    outputs = [one["S3Output"]["S3Uri"] for one in job["ProcessingOutputConfig"]["Outputs"]]
    if place not in inputs and not any(place.startswith(output) for output in outputs):
        yield place


def _touches(one: str, other: str) -> bool:
    """Whether two places share a key. A folder ends in a slash; anything else is one key."""
    return one == other or (other.endswith("/") and one.startswith(other)) or (one.endswith("/") and other.startswith(one))


def _share(read: Read, write: Write) -> bool:
    return _touches(read.place, write.place)


def _rank(fit: Fit) -> int:
    return [_NOT, _MAYBE, _EITHER, _SURE].index(fit)


def _best(one: Fit, other: Fit) -> Fit:
    return max(one, other, key=_rank)


def _worst(one: Fit, other: Fit) -> Fit:
    return min(one, other, key=_rank)
