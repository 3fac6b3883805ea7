"""Random estates that change from crawl to crawl, and what the tables of a joined graph hold, whatever their numbers."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from lineage.domain.names import Location
from lineage.domain.records import Content, Resource
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.rows import STORED
from lineage.snapshot.writing import Recording
from tests.records import arn, channel, record

HOMES = [
    ("111122223333", "eu-west-1"),
    ("111122223333", "eu-west-1"),
    ("111122223333", "us-east-1"),
    ("444455556666", "eu-west-1"),
]
PLACES = [
    "s3://d/", "s3://d/a", "s3://d/a/", "s3://d/a/x/", "s3://d/a/x/part-1", "s3://d/ab/", "s3://d/b/", "s3://d/b/latest/",
    "s3://m/1/model.tar.gz", "s3://m/2/model.tar.gz", "s3://m/2/", "s3://m/", "s3://m/live/model.tar.gz", "s3://m/live/",
    "s3://store/f/data", "s3://store/f/data/2026/", "s3://l/1.manifest", "s3://l/", "athena://awsdatacatalog/db/t",
    "s3://raw/", "efs://fs-1/x",
]  # fmt: skip
MODELS = [one for one in PLACES if one.startswith("s3://m/")]
MANIFESTS = ["s3://l/1.manifest", "s3://l/2.manifest"]
ETAGS = ["0" * 32, "1" * 32]
IMAGES = ["image:1", "acct.dkr.ecr.eu-west-1.amazonaws.com/i@sha256:00"]
STATES = ["Completed", "Completed", "Completed", "Failed", "Stopped", "InProgress"]
NAMES = ["a", "b", "c"]
Change = Callable[[Recording], None]


@dataclass
class Estate:
    """Draws records whose names and places meet each other, and changes of what was drawn before."""

    chance: Random
    known: list[Resource] = field(default_factory=list)
    associates: bool = False  # whether things are associated with each other
    tells: bool = False  # whether texts name things and tables, also with variables, and what is there is made again

    def changes(self, most: int) -> list[Change]:
        """What one crawl finds."""
        return [self._change() for _ in range(self.chance.randint(0, most))]

    def _change(self) -> Change:
        kind = self.chance.random()
        if self.known and kind < 0.08:
            return self._gone()
        if self.known and kind < 0.14:
            again = self.chance.choice(self.known)
            return lambda recording: recording.add(again)
        if kind < 0.2:
            return self._manifest()
        if kind < 0.25:
            place, digest = self.chance.choice(MODELS), f"etag:{self.chance.choice(ETAGS)}"
            content = Content(place, (digest,), self._day(), self._day())
            return lambda recording: recording.keep_content(content)
        found = self._edited() if self.known and kind < 0.5 else self._record()
        self.known.append(found)
        return lambda recording: recording.add(found)

    def _gone(self) -> Change:
        one, at = self.chance.choice(self.known), self._day()
        return lambda recording: recording.ended(one.id, one.created or "", at)

    def _manifest(self) -> Change:
        manifest = Manifest(self.chance.choice(MANIFESTS), "ManifestFile", self.chance.choice("xy"), "2025-12-31T00:00:00Z")
        listed = [Location("s3://d", key) for key in self.chance.sample(["a/x/part-1", "ab/1", "b/latest/2", "z/1"], 2)]
        at = self._day(30)

        def keep(recording: Recording) -> None:
            if not recording.listings.saw(manifest, at):
                recording.listings.put(manifest, listed, at)

        return keep

    # --- values ---------------------------------------------------------------------------------

    def _day(self, since: int = 1) -> str:
        return f"2026-{1 + since // 31:02}-{self.chance.randint(1, 9):02}T0{self.chance.randint(0, 9)}:00:00Z"

    def _name(self) -> str:
        return self.chance.choice(NAMES)

    def _said(self) -> str:
        """A name as somebody else writes it."""
        name = self._name()
        return name.upper() if self.chance.random() < 0.2 else name

    def _place(self) -> str:
        return self.chance.choice(PLACES)

    def _maybe(self, **body: Any) -> dict[str, Any]:
        return body if self.chance.random() < 0.4 else {}

    def _arn(self, *kinds: str) -> str:
        account, region = self.chance.choice(HOMES)
        return arn(self.chance.choice(kinds), self._name(), account=account, region=region)

    def _edited(self) -> Resource:
        """A new version, or another lifetime, of something."""
        one = self.chance.choice(self.known)
        if one.kind == "association":
            return replace(one, body=one.body | {"CreatedBy": {"UserProfileName": self._name()}})
        fresh = self._made(one.kind, one.name, one.account, one.region)
        same = {name: value for name, value in one.body.items() if name == "CreationTime"}
        body = fresh.body | (same if self.chance.random() < 0.6 else {})
        return record(one.kind, one.name, dict(body), account=one.account, region=one.region)

    def _record(self) -> Resource:
        kinds = [name for name, often in (_OFTEN | (_ASSOCIATING if self.associates else {})).items() for _ in range(often)]
        account, region = self.chance.choice(HOMES)
        name = self._name()
        kind = self.chance.choice(kinds)
        if kind == "association":
            return self._association()
        name = {"model-package": f"g/{self.chance.randint(1, 3)}", "pipeline-execution": f"{name}/execution/e{name}"}.get(
            kind, name
        )
        return self._made(kind, name, account, region)

    def _made(self, kind: str, name: str, account: str, region: str) -> Resource:
        body = {"CreationTime": self._day(), "LastModifiedTime": self._day(10)} | getattr(self, f"_{kind.replace('-', '_')}")()
        if kind == "pipeline-execution":
            body |= {"PipelineExecutionArn": f"arn:aws:sagemaker:{region}:{account}:pipeline/{name}"}
        body |= self._maybe(Tags=[{"Key": "k", "Value": self._place()}])
        body |= self._told(kind) if self.tells else {}
        return record(kind, name, body, account=account, region=region)

    # --- what texts tell ------------------------------------------------------------------------

    def _text(self) -> str:
        """A text that names a table, a thing, or a place whose end is filled in."""
        table = f"{self._said()}_1690000000"
        return self.chance.choice([
            f"SELECT * FROM sagemaker_featurestore.{table}", f"--feature-group {self._said()}", f"{self._place()}$PART/x",
            f"${{ROOT}}{self._place()}", f"--training-job-name={self._said()}", "s3://$BUCKET/a/", self._arn("feature-group", "model"),
        ])  # fmt: skip

    def _told(self, kind: str) -> dict[str, Any]:
        """What texts of a record tell, or what later versions of it and other lifetimes differ in."""
        table = f"{self._said()}_1690000000"
        variables = {"TABLE": table, "BUCKET": "d", "PART": "a", "ASKS": self._text(), "FEATURE_GROUP": self._said()}
        some = {name: variables[name] for name in self.chance.sample(sorted(variables), 3)}
        if kind == "feature-group":
            where = {"S3Uri": "s3://store/", "ResolvedOutputS3Uri": self.chance.choice(["s3://store/f/data", "s3://d/a"])}
            catalog = {"Catalog": "AwsDataCatalog", "Database": "sagemaker_featurestore", "TableName": table}
            return {"OfflineStoreConfig": {"S3StorageConfig": where, "DataCatalogConfig": catalog}} | self._maybe(Tags=[])
        if kind == "automl-job":
            steps = [{"CandidateStepType": "AWS::SageMaker::TrainingJob", "CandidateStepArn": self._arn("training-job")}]
            best = {"CandidateSteps": steps, "InferenceContainers": [{"ModelDataUrl": self.chance.choice(MODELS)}]}
            return {"BestCandidate": best, "AutoMLJobStatus": self.chance.choice(STATES)}
        if kind in ("training-job", "processing-job"):
            field = "AppSpecification" if kind == "processing-job" else "HyperParameters"
            told = (
                {"ContainerArguments": ["--table", "$TABLE", self._text()]}
                if field == "AppSpecification"
                else {"h": self._text()}
            )
            return {"Environment": some, field: told} | self._maybe(Tags=[])
        if kind == "model":
            named = {
                "MODEL_BUCKET": "m",
                "MODEL_KEY": self.chance.choice(["1/", "2/$PART", "$PART"]),
                "LORA_URI": self._place(),
            }
            return {"PrimaryContainer": self._container() | {"Environment": some | named}}
        return self._maybe(Tags=[{"Key": "endpoint-name", "Value": self._text()}])

    # --- kinds ----------------------------------------------------------------------------------

    def _ran(self, noun: str) -> dict[str, Any]:
        begun, ended = sorted((self._day(), self._day()))
        status = self.chance.choice(STATES)
        over = {} if status == "InProgress" else {f"{noun}EndTime": ended}
        return {f"{noun}JobStatus": status, "CreationTime": begun, f"{noun}StartTime": begun} | over

    def _experiment_config(self) -> dict[str, Any]:
        return self._maybe(
            ExperimentConfig={"RunName": self._said(), "ExperimentName": self._said(), "TrialName": self._said()}
        )

    def _training_job(self) -> dict[str, Any]:
        channels = [
            channel(self.chance.choice(["train", "model", "x"]), self._place()) for _ in range(self.chance.randint(0, 3))
        ]
        channels += [channel("listed", self.chance.choice(MANIFESTS), "ManifestFile")] * (self.chance.random() < 0.3)
        return (
            self._ran("Training")
            | {"InputDataConfig": channels, "ModelArtifacts": {"S3ModelArtifacts": self.chance.choice(MODELS)}}
            | {"AlgorithmSpecification": {"TrainingImage": self.chance.choice(IMAGES)}}
            | self._maybe(HyperParameters={"h": self._place(), "i": f"see {self._place()}"})
            | self._maybe(CheckpointConfig={"S3Uri": self._place()})
            | self._maybe(AlgorithmSpecification={"AlgorithmName": self._said()})
            | self._maybe(EnableNetworkIsolation=True)
            | self._experiment_config()
        )

    def _processing_job(self) -> dict[str, Any]:
        inputs = [
            {"InputName": f"i{n}", "S3Input": {"S3Uri": self._place(), "S3DataType": "S3Prefix"}}
            for n in range(self.chance.randint(0, 2))
        ]
        query = {"Catalog": "AwsDataCatalog", "Database": "db", "QueryString": "SELECT * FROM t", "OutputS3Uri": self._place()}
        inputs += [{"InputName": "q", "DatasetDefinition": {"AthenaDatasetDefinition": query}}] * (self.chance.random() < 0.3)
        outputs: list[dict[str, Any]] = [
            {
                "OutputName": f"o{n}",
                "S3Output": {"S3Uri": self._place(), "S3UploadMode": self.chance.choice(["EndOfJob", "Continuous"])},
            }
            for n in range(self.chance.randint(0, 3))
        ]
        outputs += [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": self._said()}}] * (
            self.chance.random() < 0.3
        )
        return (
            self._ran("Processing")
            | {"ProcessingInputs": inputs, "ProcessingOutputConfig": {"Outputs": outputs}}
            | self._maybe(Environment={"PLACE": self._place(), "OTHER": self._place()})
            | self._experiment_config()
        )

    def _transform_job(self) -> dict[str, Any]:
        source = {"DataSource": {"S3DataSource": {"S3Uri": self._place(), "S3DataType": "S3Prefix"}}}
        return self._ran("Transform") | {
            "ModelName": self._said(), "TransformInput": source, "TransformOutput": {"S3OutputPath": self._place()},
        }  # fmt: skip

    def _container(self) -> dict[str, Any]:
        package = f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/g/{self.chance.randint(1, 3)}"
        return (
            {"Image": self.chance.choice(IMAGES)}
            | (self._maybe(ModelPackageName=package) or {"ModelDataUrl": self.chance.choice(MODELS)})
            | self._maybe(Environment={"HF_MODEL_ID": self.chance.choice(["org/name", "s3://m/"]), "E": self._place()})
            | self._maybe(Mode="MultiModel")
        )

    def _model(self) -> dict[str, Any]:
        return {"PrimaryContainer": self._container()} | self._maybe(Containers=[self._container()])

    def _model_package(self) -> dict[str, Any]:
        made = {"ModelDataUrl": self.chance.choice(MODELS)} | self._maybe(ModelDataETag=self.chance.choice(ETAGS))
        more = [{"Name": "n", "Containers": [{"ModelDataUrl": self.chance.choice(MODELS)}]}]
        return (
            {"InferenceSpecification": {"Containers": [made]}, "ModelPackageGroupName": "g"}
            | self._maybe(AdditionalInferenceSpecifications=more)
            | self._maybe(CustomerMetadataProperties={"p": self._place()})
            | self._maybe(SourceUri=self._arn("model", "training-job"))
            | self._maybe(MetadataProperties={"GeneratedBy": self._arn("pipeline-execution", "training-job")})
        )

    def _model_package_group(self) -> dict[str, Any]:
        return {}

    def _endpoint_config(self) -> dict[str, Any]:
        variants = [{"VariantName": f"v{n}"} | self._maybe(ModelName=self._said()) for n in range(self.chance.randint(1, 2))]
        return {"ProductionVariants": variants} | self._maybe(DataCaptureConfig={"DestinationS3Uri": self._place()})

    def _endpoint(self) -> dict[str, Any]:
        pending = {"EndpointConfigName": self._said(), "StartTime": self._day()}
        return {
            "EndpointConfigName": self._said(), "EndpointStatus": self.chance.choice(["InService", "Updating", "UpdateRollbackFailed"]),
            "ProductionVariants": [{"VariantName": "v0"}],
        } | self._maybe(PendingDeploymentSummary=pending)  # fmt: skip

    def _inference_component(self) -> dict[str, Any]:
        inside = self._maybe(ModelName=self._said()) | self._maybe(Container={"ArtifactUrl": self.chance.choice(MODELS)})
        inside |= self._maybe(BaseInferenceComponentName=self._said())
        return {
            "EndpointArn": self._arn("endpoint"), "EndpointName": "a", "VariantName": "v0", "InferenceComponentStatus": "InService", "Specification": inside,
        }  # fmt: skip

    def _trial_component(self) -> dict[str, Any]:
        logged = {name: {"Value": self._place()} for name in self.chance.sample(["train", "x", "o"], self.chance.randint(0, 2))}
        made = {name: {"Value": self._place()} for name in self.chance.sample(["model", "o"], self.chance.randint(0, 2))}
        return (
            {"InputArtifacts": logged, "OutputArtifacts": made, "Status": {"PrimaryStatus": "Completed"}}
            | self._maybe(Source={"SourceArn": self._arn("training-job", "processing-job", "transform-job")})
            | self._maybe(Sources=[{"SourceArn": self._arn("training-job", "processing-job")}])
            | self._maybe(Parents=[{"TrialName": self._said()}])
            | self._maybe(Parameters={"p": {"StringValue": self._place()}})
            | self._maybe(MetadataProperties={"GeneratedBy": self._arn("pipeline-execution")})
        )

    def _trial(self) -> dict[str, Any]:
        return {"ExperimentName": self._said()} | self._maybe(Source={"SourceArn": self._arn("training-job", "trial")})

    def _experiment(self) -> dict[str, Any]:
        return self._maybe(Source={"SourceArn": self._arn("tuning-job")})

    def _feature_group(self) -> dict[str, Any]:
        catalog = {"Catalog": "AwsDataCatalog", "Database": "db", "TableName": "t"}
        return self._maybe(
            OfflineStoreConfig={"S3StorageConfig": {"S3Uri": "s3://store/", "ResolvedOutputS3Uri": "s3://store/f/data"}}
            | self._maybe(DataCatalogConfig=catalog)
        )

    def _pipeline(self) -> dict[str, Any]:
        parts = {
            "Parameters": [{"Name": "P", "Type": "String", "DefaultValue": self._place()}],
            "D": self._place(),
            "Steps": [],
        }
        return {"PipelineDefinition": json.dumps(parts | {"Version": "2020-12-01"}), "PipelineStatus": "Active"}

    def _pipeline_execution(self) -> dict[str, Any]:
        steps = [
            {"StepName": "s", "Metadata": {"TrainingJob": {"Arn": self._arn("training-job")}}},
            {"StepName": "m", "Metadata": {"Model": {"Arn": self._arn("model")}}},
        ]
        reused = {"CacheHitResult": {"SourcePipelineExecutionArn": self._arn("pipeline-execution")}}
        steps[0] |= self._maybe(**reused)
        given = [{"Name": "P", "Value": self._place()}]
        return {
            "PipelineArn": self._arn("pipeline"), "PipelineExecutionStatus": "Succeeded", "PipelineExecutionSteps": steps,
        } | self._maybe(PipelineParameters=given)  # fmt: skip

    def _automl_job(self) -> dict[str, Any]:
        return {
            "AutoMLJobStatus": "Completed", "OutputDataConfig": {"S3OutputPath": self._place()},
            "InputDataConfig": [{"DataSource": {"S3DataSource": {"S3Uri": self._place(), "S3DataType": "S3Prefix"}}}],
        } | self._maybe(ModelDeployResult={"EndpointName": self._said()})  # fmt: skip

    def _algorithm(self) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": self._place()}
        return {"AlgorithmStatus": "Completed", "TrainingSpecification": {"AdditionalS3DataSource": source}}

    def _lineage_artifact(self) -> dict[str, Any]:
        return self._stands_for() | {"ArtifactType": self.chance.choice(["DataSet", "DataSet", "Model", "Image", "ModelGroup"])}

    def _lineage_action(self) -> dict[str, Any]:
        return self._stands_for() | {"ActionType": self.chance.choice(["Approval", "ModelDeployment"])}

    def _lineage_context(self) -> dict[str, Any]:
        return self._stands_for() | {"ContextType": self.chance.choice(["Project", "Endpoint", "ModelGroup"])}

    def _stands_for(self) -> dict[str, Any]:
        """The source of an entity: mostly a place, or something with an ARN, read or not."""
        source = self._place() if self.chance.random() < 0.6 else self._arn(*_STOOD_FOR)
        return {"Source": {"SourceUri": source}}

    def _association(self) -> Resource:
        ends = [self._arn(*_ENTITIES, *_ENTITIES, *_STOOD_FOR) for _ in range(2)]
        if self.chance.random() < 0.4:
            ends = [self._arn("lineage-artifact"), self._arn("trial-component", "training-job")]  # as SageMaker does it
        if self.chance.random() < 0.1:
            ends = [end.replace("/a", "/A") for end in ends]
        said = self._maybe(AssociationType=self.chance.choice(["Produced", "DerivedFrom", "AssociatedWith", "contributedto"]))
        said = said or {"AssociationType": "ContributedTo"}
        return association(*ends, said["AssociationType"], CreationTime=self._day())


def association(source: str, target: str, kind: str = "ContributedTo", **more: str) -> Resource:
    """An association as a crawl keeps it: its id consists of its ends and its type."""
    body = {"SourceArn": source, "DestinationArn": target, "AssociationType": kind} | more
    whole = f"{source}#{target}#{kind}"
    region, account = source.split(":")[3:5]
    return Resource("association", account, region, whole.partition("/")[2], whole, body, more.get("CreationTime"))


_OFTEN = {
    "training-job": 10, "processing-job": 7, "transform-job": 3, "model": 6, "model-package": 4, "endpoint-config": 5, "endpoint": 5,
    "inference-component": 2, "trial-component": 8, "trial": 2, "experiment": 1, "feature-group": 2, "pipeline": 2,
    "pipeline-execution": 3, "automl-job": 1, "algorithm": 1, "model-package-group": 1,
}  # fmt: skip
_ENTITIES = ("lineage-artifact", "lineage-action", "lineage-context")
_STOOD_FOR = ("training-job", "processing-job", "trial-component", "feature-group", "model", "endpoint", "experiment")
_ASSOCIATING = {"lineage-artifact": 8, "lineage-action": 2, "lineage-context": 2, "association": 14}


# --- tables ------------------------------------------------------------------------------------------


def tables(recording: Recording) -> dict[str, Any]:
    """What the tables of the graph hold, with places for their numbers, without an order."""

    def rows(table: str) -> list[Any]:
        columns = STORED if table == "edge" else "*"
        return recording._db.execute(f"SELECT {columns} FROM {table}").fetchall()

    levels = sorted(rows("level"))
    place = {row[0]: row[1] for row in levels}
    together = defaultdict(list)
    for at, level in rows("together"):
        together[at].append(place[level])
    return {
        "node": {row[0]: (*row[:-1], json.loads(row[-1])) for row in rows("node")},
        "edge": Counter(rows("edge")),
        "left_out": Counter(rows("left_out")),
        "level": {row[1]: _level(row, place) for row in levels},
        "together": Counter(tuple(sorted(one)) for one in together.values()),
        "lists": sorted((place[level], place[manifest], entry) for level, manifest, entry in rows("lists")),
    } | {table: sorted(rows(table)) for table in ("pin", "lies", "joined", "unexplained", "silent", "counted", "unjoined")}


def _level(row: tuple[Any, ...], place: dict[int, str]) -> tuple[Any, ...]:
    _, name, last, written_up, read_up, entry_up, written, read, *reach, wider, leads, fed = row
    spans = [
        [place[one] for one in sorted(place) if begin <= one <= end] for begin, end in zip(reach[::2], reach[1::2], strict=True)
    ]
    return (
        name,
        place[last],
        *(place.get(one) for one in (written_up, read_up, entry_up)),
        written,
        read,
        spans,
        wider,
        leads,
        fed,
    )


def differences(one: dict[str, Any], other: dict[str, Any]) -> Iterator[str]:
    """Where two such sets of tables differ."""
    for table, value in one.items():
        if value != other[table]:
            if isinstance(value, dict):
                for key in sorted({*value, *other[table]}, key=str):
                    if value.get(key) != other[table].get(key):
                        yield f"{table} {key}:\n    {value.get(key)}\n    {other[table].get(key)}"
            else:
                yield f"{table}:\n    {value}\n    {other[table]}"
