"""What the records say of an endpoint: the system, its models, how they were trained, how they were measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from lineage.domain.kinds import INFERENCE_COMPONENT
from lineage.domain.names import is_arn, node_id
from lineage.domain.records import Json, tags_of
from lineage.outputs.pictures.console import console_url
from lineage.outputs.report.reading import Kept, at, brief
from lineage.queries.trace import Trace

TOLD_JOBS = 50  # jobs that are described in full; the rest are counted
_NOT_HYPER = ("sagemaker_submit_directory", "sagemaker_program")  # they say where the code is


def system(trace: Trace, kept: Kept) -> Json:
    """The endpoint as it is deployed. The values of an endpoint config that no crawl could read are None."""
    node = trace.nodes[trace.subject["id"]]
    body, config = kept.body(node), _config(trace)
    said = kept.body(config) if config else {}
    models = [kept.body(model) for model in trace.models]
    return {
        "name": node["name"],
        "arn": node["arn"],
        "account": node["account"],
        "region": node["region"],
        "status": node["status"],
        "created": node["created"],
        "modified": body.get("LastModifiedTime"),
        "config": brief(config) if config else None,
        "config_read": bool(said),
        "variants": list(_variants(body, said, _running(trace, config))),
        "kms_key": said.get("KmsKeyId"),
        "vpc": _vpc([said, *models]),
        "models_isolated": sum(bool(model.get("EnableNetworkIsolation")) for model in models),
        "data_capture": _capture(body, said),
        "tags": tags_of(body),
        "console": console_url(str(node["id"]), node),
    }


def _config(trace: Trace) -> Json | None:
    """The endpoint config that is served, not one that is still to come."""
    into = [edge for edge in trace.evidence if edge["relation"] == "configures" and edge["target"] == trace.subject["id"]]
    ids = [edge["source"] for edge in sorted(into, key=lambda edge: edge["role"])]
    return trace.nodes[ids[0]] if ids else None


def _running(trace: Trace, config: Json | None) -> dict[tuple[str, str], list[str]]:
    """By use and variant, the names of the models and the inference components that run in it."""
    here = (trace.subject["id"], config["id"] if config else "")
    found: dict[tuple[str, str], list[str]] = {}
    for edge in trace.evidence:
        if edge["relation"] in ("deploys", "hosts") and edge["target"] in here:
            usage = "shadow" if edge["usage"] == "shadow" else "production"
            found.setdefault((usage, edge["role"]), []).append(trace.nodes[edge["source"]]["name"])
    return found


def _variants(body: Json, said: Json, runs: dict[tuple[str, str], list[str]]) -> Iterator[Json]:
    for usage, member in (("production", "ProductionVariants"), ("shadow", "ShadowProductionVariants")):
        running = {one.get("VariantName"): one for one in body.get(member) or ()}
        planned = {one.get("VariantName"): one for one in said.get(member) or ()}
        weights = {name: _weight(running.get(name, {}), planned.get(name, {})) for name in planned | running}
        total = sum(weight for weight in weights.values() if weight)
        for name, weight in weights.items():
            share = weight / total if total and weight is not None and usage == "production" else None
            # Numbers as text, because the digest of a report must not depend on how a program writes 0.1.
            yield {
                "name": name,
                "usage": usage,
                "weight": None if weight is None else format(weight, "g"),
                "share": None if share is None else f"{share * 100:.4g} %",
            } | _hosting(running.get(name, {}), planned.get(name, {}), runs.get((usage, str(name)), []))


def _weight(running: Json, planned: Json) -> float | None:
    weight = running.get("CurrentWeight", planned.get("InitialVariantWeight"))
    return None if weight is None else float(weight)


def _hosting(running: Json, planned: Json, runs: list[str]) -> Json:
    pools = ", ".join(str(pool.get("InstanceType")) for pool in planned.get("InstancePools") or ())
    serverless = "serverless" if planned.get("ServerlessConfig") or running.get("CurrentServerlessConfig") else None
    images = running.get("DeployedImages") or ()
    named = str(planned.get("ModelName") or "")
    return {
        "model": ", ".join([*filter(None, [named]), *(one for one in runs if one.casefold() != named.casefold())]) or None,
        "instance_type": planned.get("InstanceType") or pools or serverless,
        "instances": running.get("CurrentInstanceCount", planned.get("InitialInstanceCount")),
        "images": [{"tag": one.get("SpecifiedImage"), "resolved": one.get("ResolvedImage")} for one in images],
    }


def _vpc(bodies: Iterable[Mapping[str, Any]]) -> Json | None:
    found = next((body["VpcConfig"] for body in bodies if body.get("VpcConfig")), None)
    return {"subnets": list(found.get("Subnets") or ()), "groups": list(found.get("SecurityGroupIds") or ())} if found else None


def _capture(body: Json, said: Json) -> Json | None:
    found = body.get("DataCaptureConfig") or said.get("DataCaptureConfig")
    if not found:
        return None
    return {
        "enabled": found.get("EnableCapture"),
        "percent": found.get("CurrentSamplingPercentage", found.get("InitialSamplingPercentage")),
        "destination": found.get("DestinationS3Uri"),
    }


# --- the models -----------------------------------------------------------------------------------


def models(trace: Trace, kept: Kept) -> list[Json]:
    """Each model of the endpoint, and each inference component with containers of its own, container by container."""
    body = kept.body(trace.nodes[trace.subject["id"]])
    resolved: dict[str, str] = {}  # the digest that stands for each image tag on the running endpoint
    for variant in (*(body.get("ProductionVariants") or ()), *(body.get("ShadowProductionVariants") or ())):
        resolved |= {
            one["SpecifiedImage"]: one["ResolvedImage"]
            for one in variant.get("DeployedImages") or ()
            if one.get("SpecifiedImage") and one.get("ResolvedImage")
        }
    named: dict[str, list[tuple[str, str]]] = {}  # the weights that variables of an environment name
    for edge in trace.evidence:
        if edge["relation"] == "loads" and edge["evidence"] == "logged":
            named.setdefault(edge["target"], []).append((edge["role"], edge["source"]))
    hosted = sorted((one for one in trace.nodes.values() if one["kind"] == INFERENCE_COMPONENT.name), key=itemgetter("id"))
    rows = [_model(node, kept.body(node), resolved) for node in (*trace.models, *hosted)]
    told = (row for row in rows if row["containers"] or row["model"]["kind"] != INFERENCE_COMPONENT.name)
    return [row | {"named_weights": named.get(row["model"]["id"], [])} for row in told]


def _model(node: Json, body: Json, resolved: dict[str, str]) -> Json:
    specified = (body.get("Specification") or {}, *(body.get("Specifications") or ()))
    own = [one["Container"] for one in specified if one.get("Container")]
    containers = own or ([body["PrimaryContainer"]] if body.get("PrimaryContainer") else list(body.get("Containers") or ()))
    return {
        "model": brief(node),
        "arn": node["arn"],
        "created": node["created"],
        "role": body.get("ExecutionRoleArn"),
        "network_isolation": body.get("EnableNetworkIsolation"),
        "containers": [_container(one, resolved) for one in containers],
        "tags": tags_of(body),
    }


def _container(one: Json, resolved: dict[str, str]) -> Json:
    source = at(one, "ModelDataSource.S3DataSource") or {}
    deployed = one.get("DeployedImage") or {}
    image = one.get("Image") or deployed.get("SpecifiedImage")
    return {
        "image": image,
        "image_digest": image if "@sha256:" in str(image) else _digest(one, image, resolved),
        "artifact": one.get("ModelDataUrl") or source.get("S3Uri") or one.get("ArtifactUrl"),
        "etag": source.get("ETag") or source.get("ManifestEtag") or one.get("ModelDataETag"),
        "mode": one.get("Mode"),
        "package": one.get("ModelPackageName"),
        "hub": at(source, "HubAccessConfig.HubContentArn"),
    }


def _digest(one: Json, image: str | None, resolved: dict[str, str]) -> str | None:
    """The digest of an image that a container names by a tag."""
    return one.get("ImageDigest") or at(one, "DeployedImage.ResolvedImage") or resolved.get(str(image))


def artifacts(endpoints: Iterable[Json]) -> dict[str, str | None]:
    """The artifacts that models, components and the packages that they name load, each with its ETag or digest on record."""
    found: dict[str, str | None] = {}
    for one in endpoints:
        containers = [row for model in one["models"] for row in model["containers"]]
        named = {node_id(row["package"]) if is_arn(row["package"]) else row["package"] for row in containers if row["package"]}
        held = (row for row in one["packages"] if named & {row["package"]["id"], row["package"]["name"]})
        containers += [row for package in held for row in package["containers"]]
        for row in containers:
            if row["artifact"]:
                found[row["artifact"]] = found.get(row["artifact"]) or row["etag"]
    return found


def packages(trace: Trace, kept: Kept) -> list[Json]:
    """Each model package behind the endpoint: its version, who approved it, and the digests that it pins."""
    return [_package(node, kept.body(node)) for node in trace.model_packages]


def _package(node: Json, body: Json) -> Json:
    return {
        "package": brief(node),
        "group": body.get("ModelPackageGroupName"),
        "version": body.get("ModelPackageVersion"),
        "approval": body.get("ModelApprovalStatus"),
        "approval_note": body.get("ApprovalDescription"),
        "created": body.get("CreationTime"),
        "created_by": _who(body.get("CreatedBy")),
        "modified": body.get("LastModifiedTime"),
        "modified_by": _who(body.get("LastModifiedBy")),
        "commit": at(body, "MetadataProperties.CommitId"),
        "repository": at(body, "MetadataProperties.Repository"),
        "containers": [_container(one, {}) for one in at(body, "InferenceSpecification.Containers") or ()],
        "model_card": bool(body.get("ModelCard")),
    }


def _who(told: Json | None) -> str | None:
    """A person or a role, which SageMaker gives for a few kinds only."""
    if not told:
        return None
    who = told.get("UserProfileName") or at(told, "IamIdentity.Arn") or at(told, "IamIdentity.PrincipalId")
    return str(who) if who else None


# --- the training ---------------------------------------------------------------------------------


def training(trace: Trace, kept: Kept) -> list[Json]:
    """Each training job behind the endpoint, those that made the deployed artifacts first."""
    return [_job(trace, row, kept) for row in trace.training_jobs[:TOLD_JOBS]]


def _job(trace: Trace, row: Json, kept: Kept) -> Json:
    body = kept.body(trace.nodes[row["id"]])
    return {
        "job": brief(row),
        "arn": row["arn"],
        "depth": row["depth"],
        "trains": row["trains"],
        "status": row["status"],
        "created": row["created"],
        "started": body.get("TrainingStartTime"),
        "ended": body.get("TrainingEndTime"),
        "role": body.get("RoleArn"),
        "image": at(body, "AlgorithmSpecification.TrainingImage"),
        "algorithm": at(body, "AlgorithmSpecification.AlgorithmName"),
        "output": at(body, "ModelArtifacts.S3ModelArtifacts"),
        "network_isolation": body.get("EnableNetworkIsolation"),
        "instance_type": at(body, "ResourceConfig.InstanceType"),
        "instances": at(body, "ResourceConfig.InstanceCount"),
        "billable_seconds": body.get("BillableTimeInSeconds"),
        "spot": bool(body.get("EnableManagedSpotTraining")),
        "hyperparameters": {name: str(value) for name, value in _hyper(body).items() if name not in _NOT_HYPER},
        "environment": {name: str(value) for name, value in sorted((body.get("Environment") or {}).items())},
        "tuning_job": body.get("TuningJobArn"),
        "mlflow": body.get("MlflowDetails") or body.get("MlflowConfig"),
        "tags": tags_of(body),
    } | _origin(trace, row, body, kept)


def _hyper(body: Json) -> Json:
    return dict(sorted((body.get("HyperParameters") or {}).items()))


def _origin(trace: Trace, row: Json, body: Json, kept: Kept) -> Json:
    """Where its code came from, and what ran the job."""
    runs = [run for run in trace.runs if row["id"] in run["jobs"]]
    hyper = _hyper(body)
    return {
        "source_dir": _unquoted(hyper.get("sagemaker_submit_directory")),
        "script": _unquoted(hyper.get("sagemaker_program")),
        "commit": _commit([kept.body(trace.nodes[run["id"]]) for run in runs], tags_of(body)),
        "runs": [brief(run) for run in runs],
        "executions": [brief(trace.nodes[one]) | {"step": _step(trace, row["id"], one)} for one in row["ran_in"]],
        "reused_by": [brief(trace.nodes[one]) for one in row["reused_by"]],
    }


def _unquoted(value: Any) -> str | None:
    """The SDK writes these hyperparameters as JSON texts."""
    return str(value).strip('"') if value else None


def _commit(runs: list[Json], tags: dict[str, str]) -> Json | None:
    """The commit that a run's record or a tag names, with the place of that name."""
    for run in runs:
        if found := at(run, "MetadataProperties.CommitId"):
            return {"id": str(found), "said_by": "MetadataProperties.CommitId of its run"}
    for key, value in sorted(tags.items()):
        if "commit" in key.casefold():
            return {"id": value, "said_by": f"tag {key}"}
    return None


def _step(trace: Trace, job: str, execution: str) -> str:
    """The pipeline step that ran a job, from its edge."""
    steps = (edge for edge in trace.evidence if (edge["source"], edge["target"]) == (job, execution))
    return next((str(edge["role"]) for edge in steps if edge["role"]), "")


# --- the evaluation -------------------------------------------------------------------------------


def evaluation(trace: Trace, kept: Kept, holdouts: list[Json]) -> Json:
    """The metrics of the jobs and packages, and the verdicts on holdouts. A metric of a job is its last value."""
    jobs = [(row, kept.body(trace.nodes[row["id"]])) for row in trace.training_jobs[:TOLD_JOBS]]
    metrics = [
        {
            "job": row["name"],
            "metric": one.get("MetricName"),
            "last_value": None if one.get("Value") is None else repr(one["Value"]),
            "time": one.get("Timestamp"),
        }
        for row, body in jobs
        for one in body.get("FinalMetricDataList") or ()
    ]
    reports = [found for node in trace.model_packages for found in _model_metrics(node, kept.body(node))]
    names = ("uri", "verdict", "channel", "location", "cover", "holes")
    checked = [{name: row[name] for name in names} | {"job": (row["job"] or {}).get("name")} | _rests(row) for row in holdouts]
    return {"metrics": metrics, "model_metrics": reports, "holdouts": checked}


def _rests(row: Json) -> Json:
    """What a holdout's verdict rests on, if people vouch for gaps."""
    return {name: row[name] for name in ("verdict_without_attestations", "attestations", "left_open") if name in row}


def _model_metrics(node: Json, body: Json) -> Iterator[Json]:
    """Each document that a package's ModelMetrics name."""
    for group, members in sorted((body.get("ModelMetrics") or {}).items()):
        for name, one in sorted(members.items()):
            yield {
                "package": node["name"],
                "what": f"{group}.{name}",
                "uri": one.get("S3Uri"),
                "digest": one.get("ContentDigest"),
            }
