"""What made each endpoint and what became of data, by brute force over the records of `worlds.py`: nothing of `lineage` is asked.

The rules are those of the design, in the order in which they are said there:

* A reader of data gets what was written before it was done reading: for certain where the write was over before it began,
  possibly where the two overlap, never where the write began after it was done.
* A channel of data that is the declared artifact of another training job reads a model, not data.
* A model is read where it runs. A deployment reads from the latest of the creation of its endpoint, its config and its model
  on, without end. An endpoint whose config is younger than itself was updated to it, at a time of which only is known that it
  was not after LastModifiedTime. A component reads from its own and its model's creation on, a transform job while it runs.
* Of one key: the last write of a training job's own artifact that was over before the run opened is certain. Whatever was
  written there before that one began is impossible. What was written later, while it ran, is possible.
* A folder that a job wrote around the key may have left it alone, so it makes nothing impossible. Beside a certain writer of
  the very key it is possible; of several folders the last before the run is certain, those before it are possible.
* A job that failed may have written nothing: it is never certain, and makes nothing impossible.
* A training job reads its channels in each of its downloads, where its record tells them. One that was stopped in its only
  download wrote nothing, and is possibly a use of what it read. All the while it reads and writes the folder of its checkpoints.
* All that lies in a folder is read by a model that is the folder, or many models: a later write of one key takes nobody's place
  who wrote another key, or a folder. Of a folder that somebody wrote into it, beside others, the records leave room for both.
* What an endpoint is being updated to, or could not be rolled back from, is possibly read from its config's creation on.
* A place that a job names in its environment, and declares as no input nor below an output, it may have read and written while
  it ran: never for certain, and making nothing impossible. What two jobs only name so is no path from one to the other.
* Where data got to a job that only names a place, and it leads to no training, that place hides where it went: unknown.
* A chain is as sure as its least sure step.

Where the records leave room for both, `certain` and `possible` are both right: an endpoint that was updated at an unknown time
while somebody wrote, a job that read the model at an unknown time of its run in which somebody wrote, a failed job between a write and the run, folders that were written at the same time, and a key that one
job wrote while another wrote it, to the second.
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
    """A job wrote a place in a window of time; `key`: as its own artifact; `well`: it ended well; `named`: it only names it."""

    job: str
    place: str
    opens: str
    closes: str
    key: bool
    well: bool
    named: bool = False


class Read(NamedTuple):
    """Somebody read a place in a window of time; `settled`: by when he surely had once, where that is before its end."""

    place: str
    opens: str
    closes: str
    model: bool
    settled: str = ""
    many: bool = False  # all keys that begin so, not the one
    doubt: bool = False  # whether he ever read it, nobody knows
    named: bool = False


class Oracle:
    """A whole account, or several. Names are unique among all of them."""

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
        """What a job or an endpoint read, the models that ran in it among them."""
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
        """What a training job read, as often as it downloaded: the program of a job that was cut short never had it."""
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

    # --- who wrote what was read --------------------------------------------------------------------

    def makers(self, reader: str) -> dict[str, Fit]:
        """Who wrote something that a job or an endpoint read, each with how sure that is."""
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
        """How sure it is by what else was written of the one key that was read."""
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
        """All who made what an endpoint served when an earlier crawl saw it, until it was updated or deleted."""
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
        """All who made something that got into a job or an endpoint, each with how sure the surest chain is."""
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
        """The verdicts on data that are right: whether training jobs read it, or what others made of it."""
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
        """Whether something that is no training job made what is served: what it did to it, nobody knows."""
        return job not in self.trained and any(job in self.makers(endpoint) for endpoint in self.endpoints)

    def _has_models(self, data: set[str]) -> bool:
        """Whether somebody who was reached wrote around the artifact of a model, which nobody known may ever have run."""
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
        end = job["TransformEndTime"]
        yield Write(name, job["TransformOutput"]["S3OutputPath"], end, end, key=False, well=True)


def _checkpoints(job: Record) -> list[str]:
    return [job["CheckpointConfig"]["S3Uri"]] if job.get("CheckpointConfig") else []


def _was_cut_short(job: Record) -> bool:
    return bool(job["TrainingJobStatus"] == "Stopped")


def _only_named(job: Record) -> Iterator[str]:
    """The place that a processing job names in its environment, and declares neither as an input nor below an output."""
    place = job.get("Environment", {}).get("PLACE")
    if not place:
        return
    inputs = [one["S3Input"]["S3Uri"] for one in job["ProcessingInputs"]]
    outputs = [one["S3Output"]["S3Uri"] for one in job["ProcessingOutputConfig"]["Outputs"]]
    if place not in inputs and not any(place.startswith(output) for output in outputs):
        yield place


def _touches(one: str, other: str) -> bool:
    """Whether two places share a key: folders end in a slash, and what does not is one key."""
    return one == other or (other.endswith("/") and one.startswith(other)) or (one.endswith("/") and other.startswith(one))


def _share(read: Read, write: Write) -> bool:
    return _touches(read.place, write.place)


def _rank(fit: Fit) -> int:
    return [_NOT, _MAYBE, _EITHER, _SURE].index(fit)


def _best(one: Fit, other: Fit) -> Fit:
    return max(one, other, key=_rank)


def _worst(one: Fit, other: Fit) -> Fit:
    return min(one, other, key=_rank)
