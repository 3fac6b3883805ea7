"""Measures calls and time of a crawl of a whole account: `python benchmarks/estate.py [--jobs N] [--latency S]`.

Writes an account file, serves it over HTTP from a separate process with a delay for each call, and crawls it like
`lineage crawl`, and again into the same snapshot, where nothing is new. With --serial it also crawls once more, sending each
call only after the last answer was read.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import lineage
from lineage.crawl.aws.fetch import Fetcher
from lineage.domain.kinds import KINDS

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"}
ACCOUNT, REGION = "111122223333", "eu-west-1"
START = datetime(2026, 1, 1, tzinfo=UTC)
# The number of each kind for every 1,000 training jobs, as in the comparison with DataHub's SageMaker source.
SHARES = {"processing-job": 250, "trial-component": 50, "model": 200, "endpoint": 55}


def arn(kind: str, name: str) -> str:
    pattern = (KINDS[kind].arn or f"{kind}/.+").replace(".+", name.lower())
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{pattern}"


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def account(jobs: int) -> Iterator[dict[str, Any]]:
    """The lines of an account file: training and processing jobs with their trial components, models and endpoints."""
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/bench"
    yield {"schema": "lineage.account/1", "caller": caller, "region": REGION}
    count = {kind: max(1, share * jobs // 1000) for kind, share in SHARES.items()}
    for number in range(jobs):
        name = f"train-{number:06}"
        yield line("training-job", training(name, number))
        yield line("trial-component", component(f"{name}-aws-training-job", arn("training-job", name), number))
    for number in range(count["processing-job"]):
        name = f"prep-{number:06}"
        yield line("processing-job", processing(name, number))
        yield line("trial-component", component(f"{name}-aws-processing-job", arn("processing-job", name), number))
    for number in range(count["trial-component"]):
        yield line("trial-component", component(f"by-hand-{number}", "", number))
    for number in range(count["model"]):
        container = {"Image": "image:1", "ModelDataUrl": f"s3://models/train-{number:06}/output/model.tar.gz"}
        yield line("model", body("model", f"model-{number}", number, PrimaryContainer=container))
    for number in range(count["endpoint"]):
        variant = {"VariantName": "all", "ModelName": f"model-{number}", "InitialVariantWeight": 1.0}
        yield line("endpoint-config", body("endpoint-config", f"config-{number}", number, ProductionVariants=[variant]))
        words = {"EndpointConfigName": f"config-{number}", "EndpointStatus": "InService", "LastModifiedTime": at(number)}
        yield line("endpoint", body("endpoint", f"endpoint-{number}", number, **words))


def line(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "record": record}


def body(kind: str, name: str, number: int, **words: Any) -> dict[str, Any]:
    noun = KINDS[kind].noun
    return {f"{noun}Name": name, f"{noun}Arn": arn(kind, name), "CreationTime": at(number)} | words


def training(name: str, number: int) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/prep-{number % 250:06}/"}
    return body(
        "training-job",
        name,
        number,
        TrainingJobStatus="Completed",
        TrainingStartTime=at(number + 1),
        TrainingEndTime=at(number + 9),
        LastModifiedTime=at(number + 9),
        AlgorithmSpecification={"TrainingImage": "image:1", "TrainingInputMode": "File"},
        HyperParameters={"epochs": "10", "learning_rate": "0.1"},
        InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        ModelArtifacts={"S3ModelArtifacts": f"s3://models/{name}/output/model.tar.gz"},
    )


def processing(name: str, number: int) -> dict[str, Any]:
    return body(
        "processing-job",
        name,
        number,
        ProcessingJobStatus="Completed",
        ProcessingStartTime=at(number - 30),
        ProcessingEndTime=at(number - 20),
        AppSpecification={"ImageUri": "image:1"},
        ProcessingInputs=[{"InputName": "raw", "S3Input": {"S3Uri": f"s3://raw/{number}/", "S3DataType": "S3Prefix"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": f"s3://data/{name}/"}}]},
    )


def component(name: str, source: str, number: int) -> dict[str, Any]:
    words: dict[str, Any] = {"Source": {"SourceArn": source}} if source else {}
    return body("trial-component", name, number, LastModifiedTime=at(number), **words)


def fewest(jobs: int) -> int:
    """The fewest possible calls: one page for each 100 of a kind, one page for an empty kind, one Describe
    for each endpoint config.
    """
    count = Counter(entry["kind"] for entry in account(jobs) if "kind" in entry)
    pages = sum(max(1, math.ceil(count[kind] / 100)) for kind in lineage.LISTED)
    return pages + count["endpoint-config"] + count["inference-component"]


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Inside it, a crawl sends each call only after the previous answer was read."""
    turn, call = threading.Lock(), Fetcher.call

    def alone(*asked: Any) -> Any:
        with turn:
            return call(*asked)

    Fetcher.call = alone  # type: ignore[method-assign, assignment]
    yield
    Fetcher.call = call  # type: ignore[method-assign]


@contextmanager
def serving(path: Path, latency: float) -> Iterator[None]:
    """A process answers from the account file. Inside the block, every crawl of this process asks it."""
    command = [sys.executable, str(Path(__file__).parent / "server.py"), str(path), str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        os.environ |= ENVIRONMENT | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.stdout.readline().strip()}"}
        yield
        server.stdin.close()  # it ends, and prints its calls
        server.stdout.read()


def write_account(path: Path, jobs: int) -> None:
    """Write an account file with this many training jobs."""
    with path.open("w") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in account(jobs))


def crawl(path: Path, latency: float, times: int = 1) -> tuple[list[float], lineage.Progress, lineage.Progress]:
    """The seconds of each crawl (shortest first), a crawl's final progress, and that of a crawl in which nothing is new."""
    with serving(path, latency), tempfile.TemporaryDirectory() as folder:
        lineage.crawl_estate(Path(folder) / "first.db", regions=[REGION])  # fills the server's cache of answers
        seconds = []
        for number in range(times):
            gc.collect()  # clients of the previous crawl
            began = time.monotonic()
            done = lineage.crawl_estate(Path(folder) / f"{number}.db", regions=[REGION])
            seconds.append(time.monotonic() - began)
        again = lineage.crawl_estate(Path(folder) / f"{times - 1}.db", regions=[REGION])
        return sorted(seconds), done, again


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=0.05)
    parser.add_argument("--times", type=int, default=1, help="number of crawls, of which the median counts")
    parser.add_argument("--serial", action="store_true", help="also one call at a time")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "account.jsonl"
        write_account(path, asked.jobs)
        seconds, done, again = crawl(path, asked.latency, asked.times)
        least = fewest(asked.jobs)
        ratio = done.calls / least
        print(f"{done.records:,} records, {done.gaps} gaps: {done.calls} calls, {ratio:.2f} times the fewest ({least})")
        print(f"{again.calls} calls of a crawl in which nothing is new: {again.calls / done.calls:.1%} of the first")
        median = seconds[len(seconds) // 2]
        print(f"{median:.2f} s ({seconds[0]:.2f} to {seconds[-1]:.2f}) with {asked.latency * 1000:.0f} ms a call")
        if asked.serial:
            with one_at_a_time():
                [alone], *_ = crawl(path, asked.latency)
            print(f"{alone:.2f} s one call at a time: {alone / median:.1f} times longer")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak {peak} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
