"""Measures questions from a cold start: `python benchmarks/questions.py [--jobs N] [--times N] [--snapshot FILE]`.

Writes a snapshot of a whole account directly through the recording API, like a finished crawl. Asks it with the installed
command line, one process for each question. The baseline is a Python that imports only what every command
needs. An existing snapshot is used unchanged.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from estate import ACCOUNT, REGION, arn, at, body, component

import lineage
from lineage.collect.endpoints import join_graph
from lineage.domain.kinds import KINDS
from lineage.domain.records import Crawl, Enumeration, Gap, Resource
from lineage.domain.references import detail
from lineage.snapshot.reading import Snapshot

BASELINE = [sys.executable, "-c", "import click, sqlite3"]
SOURCE = "s3://code/{name}/source/sourcedir.tar.gz"
LATEST = 200  # every N-th job reads the prefix that is overwritten each day
WHOLE = 2000  # every N-th job reads a whole bucket
OWN = 10  # every N-th job reads a dataset that no other job reads
WARM = 25  # length of chains of jobs, each with the model of the previous one
TUNED = 10  # the jobs of a tuning job
DENIED = 20  # models for which a Describe was refused


def records(jobs: int) -> Iterator[Resource]:
    """The records of an account with this many training jobs."""
    for number in range(jobs):
        name = f"train-{number:06}"
        yield resource("training-job", training(name, number, jobs))
        trial = {"Parents": [{"TrialName": f"trial-{number % 200}", "ExperimentName": f"experiment-{number % 20}"}]}
        run = component(f"{name}-aws-training-job", arn("training-job", name), 10 * number)
        yield resource("trial-component", run | (trial if number % 4 == 0 else {}))
    for number in range(jobs // 40):
        yield resource("processing-job", processing(f"prep-{number:06}", number))
    yield from tuning(jobs)
    yield from experiments()
    yield from served(jobs)


def tuning(jobs: int) -> Iterator[Resource]:
    """Tuning jobs."""
    for number in range(jobs // 1000):
        channels = [channel("train", f"s3://data/prep-{number:06}/")]
        definition = {"InputDataConfig": channels, "AlgorithmSpecification": {"TrainingInputMode": "File"}}
        words = {"HyperParameterTuningJobStatus": "Completed", "TrainingJobDefinition": definition}
        yield resource("tuning-job", body("tuning-job", f"tune-{number}", number, **words))


def experiments() -> Iterator[Resource]:
    """Experiments with their trials."""
    for number in range(20):
        yield resource("experiment", body("experiment", f"experiment-{number}", number))
    for number in range(200):
        yield resource("trial", body("trial", f"trial-{number}", number, ExperimentName=f"experiment-{number % 20}"))


def served(jobs: int) -> Iterator[Resource]:
    """Packages, models, and endpoints with their configs."""
    for number in range(jobs // 100):
        made = 100 * number
        containers = {"Containers": [{"Image": "image:1", "ModelDataUrl": artifact(made)}]}
        words: dict[str, Any] = {"InferenceSpecification": containers}
        yield resource("model-package", body("model-package", f"group/{number}", 10 * made + 15, **words))
    for number in range(jobs // 5):
        made = 5 * number + 4
        container = {"Image": "image:1", "ModelDataUrl": artifact(made)}
        yield resource("model", body("model", f"model-{number}", 10 * made + 15, PrimaryContainer=container))
    for number in range(jobs * 55 // 1000):
        when = 10 * (5 * number + 4) + 20
        variant = {"VariantName": "all", "ModelName": f"model-{number}", "InitialVariantWeight": 1.0}
        yield resource("endpoint-config", body("endpoint-config", f"config-{number}", when, ProductionVariants=[variant]))
        words = {"EndpointConfigName": f"config-{number}", "EndpointStatus": "InService", "LastModifiedTime": at(when)}
        yield resource("endpoint", body("endpoint", f"endpoint-{number}", when, **words))


def resource(kind: str, record: dict[str, Any]) -> Resource:
    """A record in the form of a crawl."""
    row = KINDS[kind]
    name, known_as = record[f"{row.noun}Name"], record[f"{row.noun}Arn"]
    status = detail(record, row.status or f"{row.noun}Status")
    times = record["CreationTime"], record.get("LastModifiedTime")
    return Resource(kind, ACCOUNT, REGION, name, known_as, record, *times, status)


def artifact(number: int) -> str:
    return f"s3://models/train-{number:06}/output/model.tar.gz"


def channel(name: str, uri: str) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}}


def channels(number: int, jobs: int) -> list[dict[str, Any]]:
    """What a training job reads: mostly output of a processing job; some read their own dataset, a shared one, or a bucket."""
    made = [channel("train", f"s3://data/prep-{number % (jobs // 40):06}/{'train/' if number % 2 else ''}")]
    made += [channel("validation", f"s3://own/team-{number % 7}/{number:06}/")] if number % OWN == 3 else []
    made += [channel("fresh", "s3://shared/latest/")] if number % LATEST == 1 else []
    made += [channel("all", "s3://archive/")] if number % WHOLE == 2 else []
    warm = number % 1000 > 1000 - WARM
    return [*made, *([channel("model", artifact(number - 1))] if warm else [])]


def training(name: str, number: int, jobs: int) -> dict[str, Any]:
    steps = (("Starting", 0, 1), ("Downloading", 1, 2), ("Training", 2, 8), ("Uploading", 8, 9))
    tuned = number // TUNED if number < jobs // 1000 * TUNED else None
    parent = {"TuningJobArn": arn("tuning-job", f"tune-{tuned}")} if tuned is not None else {}
    return parent | body(
        "training-job",
        name,
        10 * number,
        TrainingJobStatus="Completed" if number % 30 else "Failed",
        TrainingStartTime=at(10 * number + 1),
        TrainingEndTime=at(10 * number + 9),
        LastModifiedTime=at(10 * number + 9),
        AlgorithmSpecification={"TrainingImage": "image:1", "TrainingInputMode": "File"},
        HyperParameters={"epochs": "10", "sagemaker_submit_directory": f'"{SOURCE.format(name=name)}"'},
        InputDataConfig=channels(number, jobs),
        ModelArtifacts={"S3ModelArtifacts": artifact(number)},
        OutputDataConfig={"S3OutputPath": "s3://models/"},
        SecondaryStatusTransitions=[
            {"Status": status, "StartTime": at(10 * number + opens), "EndTime": at(10 * number + closes)}
            for status, opens, closes in steps
        ],
    )


def processing(name: str, number: int) -> dict[str, Any]:
    source = {"S3Uri": f"s3://raw/{number}/", "S3DataType": "S3Prefix"}
    outputs = [{"OutputName": "out", "S3Output": {"S3Uri": f"s3://data/{name}/"}}]
    latest = [{"OutputName": "latest", "S3Output": {"S3Uri": "s3://shared/latest/"}}] if number % 10 == 0 else []
    return body(
        "processing-job",
        name,
        10 * number,
        ProcessingJobStatus="Completed",
        ProcessingStartTime=at(10 * number - 30),
        ProcessingEndTime=at(10 * number - 20),
        AppSpecification={"ImageUri": "image:1"},
        ProcessingInputs=[{"InputName": "raw", "S3Input": source}],
        ProcessingOutputConfig={"Outputs": [*outputs, *latest]},
    )


def write(path: Path, jobs: int) -> None:
    """Write a snapshot in which every list is finished."""
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/bench"
    crawl = Crawl(0, at(0), None, caller, (ACCOUNT,), (REGION,), (), "0", "0", lineage.LISTED)
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(crawl)
        for record in records(jobs):
            recording.add(record)
        for number in range(DENIED):
            refused = arn("model", f"secret-{number}")
            recording.add(Gap(ACCOUNT, REGION, "DescribeModel", refused, "denied", "not authorized to perform"))
        for kind in lineage.LISTED:
            recording.progress(Enumeration(ACCOUNT, REGION, kind, KINDS[kind].list, at(0), finished=at(1)))
        join_graph(recording, lambda _doing, _done: None)
        recording.finish(at(2))


def questions(jobs: int) -> dict[str, list[str]]:
    """The questions and their arguments."""
    alone = jobs // 2 // OWN * OWN + 3
    return {
        "trace of an endpoint": ["trace", f"endpoint-{jobs // 50}"],
        "used: a dataset that one job read": ["used", f"s3://own/team-{alone % 7}/{alone:06}/"],
        "used: a dataset that nobody read": ["used", "s3://own/holdout/2026/"],
        "used: an object below a shared prefix": ["used", "s3://shared/latest/part-00017.csv"],
        "used: what a processing job made": ["used", "s3://data/prep-000007/"],
        "impact: a dataset that one job read": ["impact", f"s3://own/team-{alone % 7}/{alone:06}/"],
        "impact: a training job": ["impact", f"train-{alone:06}"],
        "used: a bucket's root, 10,000 readers": ["used", "s3://own/"],
        "impact: a bucket's root, 10,000 readers": ["impact", "s3://own/"],
        "used: a bucket's root, 100,000 readers": ["used", "s3://data/"],
    }


def seconds(command: list[str], times: int) -> list[float]:
    """The times of a process, shortest first."""
    taken = []
    for _ in range(times):
        began = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.monotonic() - began)
    return sorted(taken)


def told(what: str, taken: list[float]) -> str:
    median = taken[len(taken) // 2]
    return f"| {what} | {taken[0]:.2f} | {median:.2f} | {taken[-1]:.2f} |"


def ask(path: Path, jobs: int, times: int, form: str) -> None:
    """Print the table: the baseline first."""
    print(f"| {jobs:,} training jobs, seconds | min | median | max |\n|---|---|---|---|")
    print(told('`python -c "import click, sqlite3"`', seconds(BASELINE, times)))
    for what, words in questions(jobs).items():
        command = [sys.executable, "-m", "cli", "--snapshot", str(path), *words, "--format", form]
        print(told(f"{what}: `{' '.join(words)}`", seconds(command, times)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=9, help="how often each question is asked")
    parser.add_argument("--format", default="json", choices=("json", "tsv", "table"), help="how the answers are printed")
    parser.add_argument("--snapshot", type=Path, help="a file to keep for the next time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.snapshot or Path(folder) / "lineage.db"
        if not path.exists():
            began = time.monotonic()
            write(path, asked.jobs)
            said = f"{time.monotonic() - began:.0f} s to write {path.stat().st_size >> 20} MB"
            print(said, file=sys.stderr)
        ask(path, asked.jobs, asked.times, asked.format)


if __name__ == "__main__":
    main()
