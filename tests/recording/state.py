"""The contents of the stand-in for SageMaker's recording operations, and what each operation does to them.

Sources: [model] botocore's service model; [doc] SageMaker's API reference; [seen] observed behaviour that clients rely on.
Where none of them says, a comment has "not known". Records are as an account file writes them (times as text), with `Tags`
and a component's `Parents` beside the fields of Describe. The caller holds the lock.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from botocore import xform_name
from botocore.model import OperationModel

from lineage.crawl.replay.account import Account, AccountRecord
from lineage.crawl.replay.answers import Answers, Where
from lineage.crawl.replay.faults import Failure
from lineage.crawl.replay.pages import on_the_wire
from lineage.domain.kinds import KINDS
from lineage.domain.names import parse_arn
from lineage.snapshot.mistaken import ACCOUNT_SCHEMA
from tests.recording.shapes import as_text, problems, service_model
from tests.records import ACCOUNT, REGION

CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/trainer/jo"
OLDEST_METRIC = timedelta(days=14)  # [doc]
MOST_TAGS = 50
NEWEST_FIRST = ("ListExperiments", "ListTrials", "ListTrialComponents", "ListArtifacts", "ListAssociations")  # [doc]
ONLY_SEARCHED = ("Tags", "Parents")

Json = dict[str, Any]


class Sort(NamedTuple):
    """One sort of entity: its name in the API, its kind, its word in an ARN, and where it is kept."""

    noun: str
    kind: str
    way: str
    said: str

    def arn(self, name: str) -> str:
        return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{self.way}/{name.lower()}"


EXPERIMENT = Sort("Experiment", "experiment", "experiment", "Experiment")
TRIAL = Sort("Trial", "trial", "experiment-trial", "Trial")
COMPONENT = Sort("TrialComponent", "trial-component", "experiment-trial-component", "Trial component")
JOBS = {
    noun: Sort(noun, kind, kind, noun)
    for noun, kind in (("TrainingJob", "training-job"), ("ProcessingJob", "processing-job"), ("TransformJob", "transform-job"))
}
SERVING = {
    noun: Sort(noun, kind, kind, noun)
    for noun, kind in (("Model", "model"), ("EndpointConfig", "endpoint-config"), ("Endpoint", "endpoint"))
}


class State:
    """Experiments, trials, components, artifacts, associations, jobs and metrics, and the operations that change them."""

    def __init__(self, account: str | Path | None = None) -> None:
        self.experiments: dict[str, Json] = {}
        self.trials: dict[str, Json] = {}
        self.components: dict[str, Json] = {}
        self.artifacts: dict[str, Json] = {}
        self.jobs: dict[tuple[str, str], Json] = {}  # by kind and casefolded name
        self.summaries: list[Json] = []  # of associations
        self.metrics: dict[str, list[Json]] = {}
        self.metric_faults = MetricFaults()
        self.others: list[Json] = []  # lines of the account file that no operation changes
        self.first_objects: list[Json] = []  # and those of objects in S3
        self._sums: dict[tuple[str, str], Sums] = {}
        self._last = datetime.fromtimestamp(0, UTC)
        self._model = service_model("sagemaker")
        for line in _lines_of(account):
            self._take(line)

    @property
    def associations(self) -> list[tuple[str, str, str]]:
        """Source, destination and type of each."""
        return [(one["SourceArn"], one["DestinationArn"], one.get("AssociationType", "")) for one in self.summaries]

    def answer(self, operation: OperationModel, request: Json) -> Json:
        """The answer, as the JSON protocol sends it. Raises `Failure`."""
        for problem in problems(request, operation.input_shape):
            raise Failure("ValidationException", problem)
        own = getattr(self, xform_name(operation.name), None)
        if own is None:
            return self._read(operation, request)
        answer: Json = own(as_text(request, operation.input_shape))
        output = operation.output_shape
        wire: Json = on_the_wire({name: answer[name] for name in output.members if name in answer}, output) if output else {}
        return wire

    # --- experiments ----------------------------------------------------------------------------

    def create_experiment(self, asked: Json) -> Json:
        return self._create(EXPERIMENT, asked)

    def describe_experiment(self, asked: Json) -> Json:
        return self._one(EXPERIMENT, asked["ExperimentName"])

    def update_experiment(self, asked: Json) -> Json:
        return self._update(EXPERIMENT, asked)

    def delete_experiment(self, asked: Json) -> Json:
        """[doc] All trials of the experiment must be deleted first; the words of the refusal are not known."""
        found = self._one(EXPERIMENT, asked["ExperimentName"])
        name = found["ExperimentName"].casefold()
        if any(one["ExperimentName"].casefold() == name for one in self.trials.values()):
            raise Failure("ValidationException", f"Experiment '{found['ExperimentName']}' has trials: delete them first.")
        return self.experiments.pop(name)

    # --- trials ---------------------------------------------------------------------------------

    def create_trial(self, asked: Json) -> Json:
        experiment = self._one(EXPERIMENT, asked["ExperimentName"])
        return self._create(TRIAL, asked | {"ExperimentName": experiment["ExperimentName"]})

    def describe_trial(self, asked: Json) -> Json:
        return self._one(TRIAL, asked["TrialName"])

    def update_trial(self, asked: Json) -> Json:
        return self._update(TRIAL, asked)

    def delete_trial(self, asked: Json) -> Json:
        """[doc] All components must be disassociated first; the words of the refusal are not known."""
        found = self._one(TRIAL, asked["TrialName"])
        name = found["TrialName"].casefold()
        if any(name == parent["TrialName"].casefold() for one in self.components.values() for parent in one["Parents"]):
            raise Failure("ValidationException", f"Trial '{found['TrialName']}' has trial components: disassociate them first.")
        return self.trials.pop(name)

    # --- trial components -----------------------------------------------------------------------

    def create_trial_component(self, asked: Json) -> Json:
        return self._create(COMPONENT, asked | {"Parents": []})

    def describe_trial_component(self, asked: Json) -> Json:
        return self._one(COMPONENT, asked["TrialComponentName"].rpartition("/")[2])

    def update_trial_component(self, asked: Json) -> Json:
        """[doc] Maps are merged by key; a key that is both given and removed: not known (here it is removed)."""
        found = self._one(COMPONENT, asked["TrialComponentName"])
        maps = {}
        for name, most in (("Parameters", 300), ("InputArtifacts", 60), ("OutputArtifacts", 60)):
            gone = asked.get(f"{name}ToRemove", ())
            maps[name] = {
                key: value for key, value in {**found.get(name, {}), **asked.get(name, {})}.items() if key not in gone
            }
            if len(maps[name]) > most:
                raise Failure(
                    "ValidationException", f"A trial component can have at most {most} {name}; got {len(maps[name])}."
                )
        plain = {name: asked[name] for name in ("DisplayName", "Status", "StartTime", "EndTime") if name in asked}
        found |= plain | {name: value for name, value in maps.items() if value or name in found}
        found["LastModifiedTime"] = self._now()
        return found

    def delete_trial_component(self, asked: Json) -> Json:
        """[doc] It must be disassociated from all trials first; the words of the refusal are not known."""
        found = self._one(COMPONENT, asked["TrialComponentName"])
        if found["Parents"]:
            raise Failure("ValidationException", f"Trial component '{found['TrialComponentName']}' is associated with a trial.")
        name = found["TrialComponentName"].casefold()
        self.metrics.pop(found["TrialComponentName"], None)
        self._sums = {key: sums for key, sums in self._sums.items() if key[0] != name}
        return self.components.pop(name)

    def associate_trial_component(self, asked: Json) -> Json:
        """A repeated call is no error: not known, but the SDK does so at each `load_run` [seen]."""
        trial, found = self._pair(asked)
        if not any(one["TrialName"] == trial["TrialName"] for one in found["Parents"]):
            found["Parents"].append({"TrialName": trial["TrialName"], "ExperimentName": trial["ExperimentName"]})
        return {"TrialComponentArn": found["TrialComponentArn"], "TrialArn": trial["TrialArn"]}

    def disassociate_trial_component(self, asked: Json) -> Json:
        """For one that is not associated: not known (here it is not found)."""
        trial, found = self._pair(asked)
        left = [one for one in found["Parents"] if one["TrialName"] != trial["TrialName"]]
        if len(left) == len(found["Parents"]):
            raise Failure("ResourceNotFound", f"{found['TrialComponentName']} is not associated with {trial['TrialName']}.")
        found["Parents"] = left
        return {"TrialComponentArn": found["TrialComponentArn"], "TrialArn": trial["TrialArn"]}

    def _pair(self, asked: Json) -> tuple[Json, Json]:
        return self._one(TRIAL, asked["TrialName"]), self._one(COMPONENT, asked["TrialComponentName"])

    # --- metrics --------------------------------------------------------------------------------

    def batch_put_metrics(self, asked: Json) -> Json:
        """Each metric individually: kept, or an error by its index. For a missing component: not known (each is refused)."""
        found = self.components.get(asked["TrialComponentName"])
        errors = []
        for index, metric in enumerate(asked["MetricData"]):
            code = self._refused(metric) if found else "VALIDATION_ERROR"
            if code or found is None:
                errors.append({"Code": code, "MetricIndex": index})
            else:
                self._keep(found, metric)
        return {"Errors": errors} if errors else {}

    def _refused(self, metric: Json) -> str:
        """[doc] Metrics older than 14 days are refused; the code is not known."""
        old = datetime.fromisoformat(metric["Timestamp"]) < datetime.now(UTC) - OLDEST_METRIC
        return "VALIDATION_ERROR" if old else self.metric_faults.strike(metric)

    def _keep(self, found: Json, metric: Json) -> None:
        name, value = metric["MetricName"], float(metric["Value"])
        self.metrics.setdefault(found["TrialComponentName"], []).append(metric)
        sums = self._sums.setdefault((found["TrialComponentName"].casefold(), name), Sums())
        sums.add(value)
        others = [one for one in found.get("Metrics", ()) if one["MetricName"] != name]
        # Whether `Last` is the latest time or the last arrival is not known (here: the last arrival).
        stamps = {"MetricName": name, "SourceArn": found["TrialComponentArn"], "TimeStamp": metric["Timestamp"], "Last": value}
        found["Metrics"] = [*others, stamps | sums.told()]
        found["LastModifiedTime"] = self._now()

    # --- artifacts and associations -------------------------------------------------------------

    def create_artifact(self, asked: Json) -> Json:
        """An artifact of the same source and type exists once [seen]."""
        said = _source_of(asked)
        for one in self.artifacts.values():
            if _source_of(one) == said:
                raise Failure("ValidationException", f"Artifact with the same source already exists: {one['ArtifactArn']}")
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:artifact/{uuid.uuid4().hex}"
        self.artifacts[arn] = self._new(asked) | {"ArtifactArn": arn}
        return self.artifacts[arn]

    def describe_artifact(self, asked: Json) -> Json:
        return self._artifact(asked["ArtifactArn"])

    def update_artifact(self, asked: Json) -> Json:
        found = self._artifact(asked["ArtifactArn"])
        gone = asked.get("PropertiesToRemove", ())
        merged = {**found.get("Properties", {}), **asked.get("Properties", {})}
        found["Properties"] = {key: value for key, value in merged.items() if key not in gone}
        found |= {"ArtifactName": asked["ArtifactName"]} if "ArtifactName" in asked else {}
        found["LastModifiedTime"] = self._now()
        return found

    def delete_artifact(self, asked: Json) -> Json:
        """[doc] By ARN, or by source. Whether one with associations is refused is not known (here it is)."""
        wanted = [
            one
            for one in self.artifacts.values()
            if one["ArtifactArn"] == asked.get("ArtifactArn") or one["Source"] == asked.get("Source")
        ]
        found = wanted[0] if wanted else self._artifact(asked.get("ArtifactArn", "of that source"))
        if any(found["ArtifactArn"] in ends for *ends, _ in self.associations):
            raise Failure("ValidationException", f"{found['ArtifactArn']} has associations: delete them first.")
        return self.artifacts.pop(found["ArtifactArn"])

    def add_association(self, asked: Json) -> Json:
        """A repeated association already exists, as the SDK reads the refusal [seen]; its words are not known."""
        ends = [self._end(asked[f"{end}Arn"]) for end in ("Source", "Destination")]
        if any(
            (one["SourceArn"], one["DestinationArn"]) == (asked["SourceArn"], asked["DestinationArn"]) for one in self.summaries
        ):
            raise Failure("ValidationException", "An association between these entities already exists.")
        told = {
            f"{end}{word}": value
            for end, said in zip(("Source", "Destination"), ends, strict=True)
            for word, value in said.items()
        }
        self.summaries.append(asked | told | {"CreationTime": self._now()})
        return asked

    def delete_association(self, asked: Json) -> Json:
        ends = (asked["SourceArn"], asked["DestinationArn"])
        left = [one for one in self.summaries if (one["SourceArn"], one["DestinationArn"]) != ends]
        if len(left) == len(self.summaries):
            raise Failure("ResourceNotFound", f"There is no association from {ends[0]} to {ends[1]}.")
        self.summaries = left
        return asked

    def _artifact(self, arn: str) -> Json:
        if arn not in self.artifacts:
            raise Failure("ResourceNotFound", f"Artifact {arn} does not exist.")
        return self.artifacts[arn]

    def _end(self, arn: str) -> Json:
        """Name and type of an entity at the end of an association; the type of a component there is not known."""
        if ":artifact/" in arn:
            found = self._artifact(arn)
            name = {"Name": found["ArtifactName"]} if "ArtifactName" in found else {}
            return {"Type": found["ArtifactType"], **name}
        if ":experiment-trial-component/" in arn:
            return {"Name": self._one(COMPONENT, arn.rpartition("/")[2])["TrialComponentName"]}
        return {}  # contexts, actions and experiments: not looked up here

    # --- tags -----------------------------------------------------------------------------------

    def add_tags(self, asked: Json) -> Json:
        found = self._tagged(asked["ResourceArn"])
        merged = {one["Key"]: one for one in [*found.get("Tags", ()), *asked["Tags"]]}
        if len(merged) > MOST_TAGS:
            raise Failure("ValidationException", f"A resource can have at most {MOST_TAGS} tags; got {len(merged)}.")
        found["Tags"] = list(merged.values())
        return found

    def delete_tags(self, asked: Json) -> Json:
        found = self._tagged(asked["ResourceArn"])
        found["Tags"] = [one for one in found.get("Tags", ()) if one["Key"] not in asked["TagKeys"]]
        return {}

    def _tagged(self, arn: str) -> Json:
        for sort, one in self._held():
            if one.get(f"{KINDS[sort].noun}Arn") == arn:
                return one
        raise Failure("ValidationException", f"Could not find resource {arn}.")

    # --- jobs -----------------------------------------------------------------------------------

    def create_training_job(self, asked: Json) -> Json:
        place = asked["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        written = {"S3ModelArtifacts": f"{place}/{asked['TrainingJobName']}/output/model.tar.gz"}
        return self._job(JOBS["TrainingJob"], asked | {"ModelArtifacts": written, "SecondaryStatus": "Completed"}, "Training")

    def create_processing_job(self, asked: Json) -> Json:
        return self._job(JOBS["ProcessingJob"], asked, "Processing")

    def create_transform_job(self, asked: Json) -> Json:
        return self._job(JOBS["TransformJob"], asked, "Transform")

    def _job(self, sort: Sort, asked: Json, word: str) -> Json:
        """A job, which is complete at once, because nothing runs here, and the component that SageMaker makes for it."""
        name = asked[f"{sort.noun}Name"]
        if (sort.kind, name.casefold()) in self.jobs:
            raise Failure("ResourceInUse", f"{sort.said} names must be unique within an AWS account and region.")
        self._experiment_of(sort, asked)
        made = self._new(asked) | {f"{sort.noun}Arn": sort.arn(name), f"{sort.noun}Status": "Completed"}
        self.jobs[sort.kind, name.casefold()] = made | {f"{word}StartTime": self._now(), f"{word}EndTime": self._now()}
        return made

    def _experiment_of(self, sort: Sort, asked: Json) -> None:
        """The component of a job in an experiment, in the trial that it names.

        What SageMaker does with RunName is not known. Here it makes no component of its own, and the job shows the run.
        """
        config = asked.get("ExperimentConfig") or {}
        if not config:
            return
        trial = self._one(TRIAL, config["TrialName"]) if "TrialName" in config else {}
        if "RunName" in config:
            self._one(COMPONENT, config["RunName"])
            return
        job = asked[f"{sort.noun}Name"]
        component = f"{job}-aws-{sort.kind}"
        shown = {"DisplayName": config["TrialComponentDisplayName"]} if "TrialComponentDisplayName" in config else {}
        source = {"SourceArn": sort.arn(job), "SourceType": f"SageMaker{sort.noun}"}
        made = {"TrialComponentName": component, "Source": source, "Status": {"PrimaryStatus": "Completed"}, "Parents": []}
        self._create(COMPONENT, made | shown)
        if trial:
            self.associate_trial_component({"TrialComponentName": component, "TrialName": trial["TrialName"]})

    # --- what serves a model --------------------------------------------------------------------

    def create_model(self, asked: Json) -> Json:
        return self._serve(SERVING["Model"], asked)

    def create_endpoint_config(self, asked: Json) -> Json:
        return self._serve(SERVING["EndpointConfig"], asked)

    def create_endpoint(self, asked: Json) -> Json:
        """An endpoint, which is in service at once, with everything from its config."""
        name, config = asked["EndpointConfigName"], SERVING["EndpointConfig"].kind
        found = [one["record"] for one in self.others if one["kind"] == config and one["record"]["EndpointConfigName"] == name]
        if not found:
            raise Failure("ValidationException", f"Could not find endpoint configuration {name}.")
        variants = [
            {
                "VariantName": one["VariantName"],
                "CurrentWeight": one.get("InitialVariantWeight", 1.0),
                "CurrentInstanceCount": 1,
            }
            for one in found[0]["ProductionVariants"]
        ]
        return self._serve(SERVING["Endpoint"], asked | {"EndpointStatus": "InService", "ProductionVariants": variants})

    def _serve(self, sort: Sort, asked: Json) -> Json:
        made = self._new(asked) | {f"{sort.noun}Arn": sort.arn(asked[f"{sort.noun}Name"])}
        self.others.append({"kind": sort.kind, "record": made})
        return made

    # --- shared helpers -------------------------------------------------------------------------

    def _of(self, sort: Sort) -> dict[str, Json]:
        return {EXPERIMENT: self.experiments, TRIAL: self.trials, COMPONENT: self.components}[sort]

    def _one(self, sort: Sort, name: str) -> Json:
        found = self._of(sort).get(name.casefold())
        if found is None:
            raise Failure("ResourceNotFound", f"{sort.said} '{name}' does not exist.")
        return found

    def _create(self, sort: Sort, asked: Json) -> Json:
        name = asked[f"{sort.noun}Name"]
        if name.casefold() in self._of(sort):
            unique = f"{sort.said} names must be unique within an AWS account and region."
            raise Failure("ValidationException", f"{unique} {sort.said} with name ({name}) already exists.")  # [seen]
        named = {"DisplayName": name, f"{sort.noun}Arn": sort.arn(name)}
        self._of(sort)[name.casefold()] = made = named | self._new(asked)
        return made

    def _update(self, sort: Sort, asked: Json) -> Json:
        found = self._one(sort, asked[f"{sort.noun}Name"])
        found |= {name: asked[name] for name in ("DisplayName", "Description") if name in asked}
        found["LastModifiedTime"] = self._now()
        return found

    def _new(self, asked: Json) -> Json:
        now = self._now()
        return asked | {"CreationTime": now, "LastModifiedTime": now}

    def _now(self) -> str:
        """The time; no two are equal, so that sorting by it has one order."""
        self._last = max(datetime.now(UTC), self._last + timedelta(microseconds=1))
        return self._last.isoformat()

    # --- reading --------------------------------------------------------------------------------

    def _read(self, operation: OperationModel, request: Json) -> Json:
        """A List, a Search, or a Describe of what no operation here changes: as the replay room answers it."""
        self._look_up(operation.name, request)
        newest = {"SortBy": "CreationTime", "SortOrder": "Descending"} if operation.name in NEWEST_FIRST else {}
        answers = Answers(self._account(), self._model)
        answer = answers.answer(operation, newest | request, Where(ACCOUNT, REGION))
        if operation.name == "ListArtifacts" and "SourceUri" in request:  # which is compared with its case
            found = answer["ArtifactSummaries"]
            answer["ArtifactSummaries"] = [one for one in found if one["Source"]["SourceUri"] == request["SourceUri"]]
        return answer

    def _look_up(self, operation: str, request: Json) -> None:
        """[model] Lists about a missing resource are refused, except for a source."""
        if operation in ("ListTrials", "ListTrialComponents"):
            for sort in (EXPERIMENT, TRIAL, COMPONENT):
                if f"{sort.noun}Name" in request:
                    self._one(sort, request[f"{sort.noun}Name"])

    def _held(self) -> Iterator[tuple[str, Json]]:
        """Every record, with its kind."""
        for sort in (EXPERIMENT, TRIAL, COMPONENT):
            yield from ((sort.kind, one) for one in self._of(sort).values())
        yield from (("lineage-artifact", one) for one in self.artifacts.values())
        yield from ((kind, one) for (kind, _), one in self.jobs.items())
        yield from (("association", one) for one in self.summaries)

    def lines(self) -> Iterator[Json]:
        """The records as an account file has them, without header and objects."""
        for kind, one in self._held():
            search = {name: one[name] for name in ONLY_SEARCHED if one.get(name)}
            body = {name: value for name, value in one.items() if name not in ONLY_SEARCHED}
            if kind == "lineage-artifact":
                summary: Any = self._model.shape_for("ArtifactSummary")
                body = {name: value for name, value in body.items() if name in summary.members}
            yield {"kind": kind, "record": body} | ({"search": search} if search else {})
        yield from self.others

    def _account(self) -> Account:
        account = Account(CALLER, REGION, None)
        for number, line in enumerate(one for one in self.lines() if "kind" in one):
            record = _record_of(line, number)
            account.records[record.kind.name, record.account, record.region][record.id] = record
        return account

    def _take(self, line: Json) -> None:
        """A line of the account file that the stand-in starts with."""
        whole = {**line.get("record", {}), **line.get("search", {})}
        kind = line.get("kind", "")
        for sort in (EXPERIMENT, TRIAL, COMPONENT):
            if kind == sort.kind and _is_own(whole, sort.noun):
                self._of(sort)[whole[f"{sort.noun}Name"].casefold()] = ({"Parents": []} if sort is COMPONENT else {}) | whole
                return
        if kind == "lineage-artifact":
            self.artifacts[whole["ArtifactArn"]] = whole
        elif kind == "association":
            self.summaries.append(whole)
        elif "object" in line:
            self.first_objects.append(line)
        elif "fault" not in line:  # those are for a replay; faults are set by calls here
            self.others.append(line)


@dataclass
class Sums:
    """The statistics of a metric, kept without its values (Welford)."""

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def add(self, value: float) -> None:
        self.count += 1
        off = value - self.mean
        self.mean += off / self.count
        self.squares += off * (value - self.mean)
        self.least, self.most = min(self.least, value), max(self.most, value)

    def told(self) -> Json:
        """Whether StdDev is of a sample or of the whole is not known (here: of the whole)."""
        spread = math.sqrt(self.squares / self.count)
        return {"Min": self.least, "Max": self.most, "Avg": self.mean, "StdDev": spread, "Count": self.count}


@dataclass
class MetricFaults:
    """Errors of single metrics, set by calls."""

    faults: list[Json] = field(default_factory=list)

    def strike(self, metric: Json) -> str:
        """The code of the first fault that strikes a metric, or nothing."""
        for one in self.faults:
            if one["times"] > 0 and one["when"](metric):
                one["times"] -= 1
                return str(one["code"])
        return ""


def header() -> Json:
    """The first line of the account file."""
    return {"schema": ACCOUNT_SCHEMA, "caller": CALLER, "region": REGION}


def _lines_of(account: str | Path | None) -> Iterable[Json]:
    """The lines of an account file after its header."""
    text = Path(account).read_text(encoding="utf-8") if account else ""
    return [json.loads(line) for line in text.splitlines() if line.strip()][1:]


def _is_own(record: Mapping[str, Any], noun: str) -> bool:
    arn = parse_arn(record[f"{noun}Arn"])
    return (arn.account, arn.region) == (ACCOUNT, REGION)


def _source_of(artifact: Mapping[str, Any]) -> tuple[Any, ...]:
    """What makes two artifacts the same."""
    source = artifact["Source"]
    types = sorted((one["SourceIdType"], one["Value"]) for one in source.get("SourceTypes") or ())
    return source["SourceUri"], artifact["ArtifactType"], types


def _record_of(line: Json, number: int) -> AccountRecord:
    kind, body = KINDS[line["kind"]], line["record"]
    arn = parse_arn(body[kind.between[0] if kind.between else f"{kind.noun}Arn"])
    own = f"{number:012}" if kind.between else arn.id
    whole = {**body, **line.get("search", {})}
    return AccountRecord(kind, own, arn.account, arn.region, body, whole, line.get("extras", {}))
