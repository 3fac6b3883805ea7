"""Writes a snapshot of an account with the shapes that cost most: `python benchmarks/generator.py FILE [--jobs N] [--seed N]`.

The records are those of `questions.py`, but the training jobs read other data: datasets reused by a power law, deep chains of
continued training, a `latest/` prefix that is overwritten daily, cycles, manifests and whole buckets. The same seed gives
the same file.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from estate import ACCOUNT, REGION, arn, at, body, component
from questions import artifact, channel, experiments, processing, resource, served, training, tuning

import lineage
from lineage.collect.endpoints import join_graph
from lineage.domain.kinds import KINDS
from lineage.domain.names import Location
from lineage.domain.records import Crawl, Enumeration, Resource
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.writing import Recording

LATEST = "s3://shared/latest/"
ROOT = "s3://raw/"  # every processing job reads inside it, so that nearly all of the account is downstream of it
CHAIN = range(500, 700)  # of each 1,000 jobs, those that continue to train the model of the previous one
LISTED = 10  # objects in a manifest
POWER = 0.5  # exponent of the reuse: 29 % of the jobs read the most popular dataset

Listing = tuple[Manifest, list[Location]]


def records(jobs: int, seed: int = 1) -> Iterator[Resource]:
    """The records of an account with this many training jobs."""
    chance = random.Random(seed)  # noqa: S311 - it shapes data, and must be repeatable
    for number in range(jobs):
        name = f"train-{number:06}"
        yield resource("training-job", training(name, number, jobs) | _data(number, jobs, chance))
        trial = {"Parents": [{"TrialName": f"trial-{number % 200}", "ExperimentName": f"experiment-{number % 20}"}]}
        run = component(f"{name}-aws-training-job", arn("training-job", name), 10 * number)
        yield resource("trial-component", run | (trial if number % 4 == 0 else {}))
    for number in range(jobs // 40):
        yield resource("processing-job", processing(f"prep-{number:06}", number))
    for day in range(jobs // 400):
        yield _overwrites(day, 400 * day)
    yield from tuning(jobs)
    yield from experiments()
    yield from served(jobs)


def own(number: int) -> str:
    """The dataset that only this training job reads; `number` ends with 3."""
    return f"s3://own/team-{number % 7}/{number:06}/"


def ordinary(jobs: int) -> list[str]:
    """The endpoints whose models were trained from scratch."""
    return [f"endpoint-{number}" for number in range(jobs * 55 // 1000) if (5 * number + 4) % 1000 not in CHAIN]


def datasets(jobs: int) -> list[str]:
    """The datasets that one training job reads, whose model no other job continues to train."""
    return [own(number) for number in range(3, jobs, 10) if number % 1000 not in CHAIN]


def _data(number: int, jobs: int, chance: random.Random) -> dict[str, Any]:
    """What a training job reads, and writes besides its model."""
    dataset = (int(chance.paretovariate(POWER)) - 1) % (jobs // 40)
    thousand, place = divmod(number, 1000)
    read = [channel("train", f"s3://data/prep-{dataset:06}/")]
    read += [channel("own", own(number))] if number % 10 == 3 else []
    read += [channel("latest", LATEST)] if number % 200 == 1 else []
    read += [channel("bucket", "s3://archive/")] if number % 2000 == 2 else []
    read += [_manifest_channel(thousand)] if place == 20 else []
    read += [channel("model", artifact(number - 1))] if place in CHAIN[1:] else []
    return {"InputDataConfig": read} | (_cycle(thousand, place == 11, read) if place in {10, 11} else {})


def _cycle(thousand: int, back: bool, read: list[dict[str, Any]]) -> dict[str, Any]:
    """One of two jobs, each of which reads what the other writes."""
    there, here = f"s3://loop/{thousand}/a/", f"s3://loop/{thousand}/b/"
    source, target = (here, there) if back else (there, here)
    return {"InputDataConfig": [*read, channel("state", source)], "CheckpointConfig": {"S3Uri": target}}


def _manifest_channel(number: int) -> dict[str, Any]:
    source = {"S3DataType": "ManifestFile", "S3Uri": f"s3://lists/{number}.manifest"}
    return {"ChannelName": "listed", "DataSource": {"S3DataSource": source}}


def _overwrites(day: int, when: int) -> Resource:
    """A processing job that overwrites `latest/`."""
    written = {"Outputs": [{"OutputName": "latest", "S3Output": {"S3Uri": LATEST}}]}
    return resource("processing-job", processing(f"daily-{day:06}", when) | {"ProcessingOutputConfig": written})


def manifests(jobs: int) -> Iterator[Listing]:
    """What the manifests list: objects of the datasets."""
    for number in range(-(-jobs // 1000)):
        listed = [Location("s3://data", f"prep-{number % (jobs // 40):06}/part-{part:05}") for part in range(LISTED)]
        yield Manifest(f"s3://lists/{number}.manifest", "ManifestFile", f"e{number}", at(0)), listed


def daily(days: int) -> Iterator[Resource]:
    """Each day a job overwrites `latest/`, and a training job reads it and continues the model of the day before.

    `endpoint-0` serves the last model.
    """
    for day in range(days):
        yield _overwrites(day, day)
        read = [channel("latest", LATEST), *([channel("model", artifact(day - 1))] if day else [])]
        yield resource("training-job", training(f"train-{day:06}", day, days) | {"InputDataConfig": read})
    when = 10 * days + 20
    container = {"Image": "image:1", "ModelDataUrl": artifact(days - 1)}
    yield resource("model", body("model", "model-0", when, PrimaryContainer=container))
    variant = {"VariantName": "all", "ModelName": "model-0", "InitialVariantWeight": 1.0}
    yield resource("endpoint-config", body("endpoint-config", "config-0", when, ProductionVariants=[variant]))
    words = {"EndpointConfigName": "config-0", "EndpointStatus": "InService", "LastModifiedTime": at(when)}
    yield resource("endpoint", body("endpoint", "endpoint-0", when, **words))


def fill(recording: Recording, found: Iterable[Resource], listings: Iterable[Listing] = ()) -> None:
    """Record a crawl in which every list is complete; the graph is not joined yet."""
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/bench"
    recording.begin(Crawl(0, at(0), None, caller, (ACCOUNT,), (REGION,), (), "0", "0", lineage.LISTED))
    for record in found:
        recording.add(record)
    for manifest, listed in listings:
        recording.listings.put(manifest, listed, at(10**7))
    for kind in lineage.LISTED:
        recording.progress(Enumeration(ACCOUNT, REGION, kind, KINDS[kind].list, at(0), finished=at(1)))


def write(path: Path, found: Iterable[Resource], listings: Iterable[Listing] = ()) -> None:
    """Write a snapshot like that of a finished crawl."""
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        fill(recording, found, listings)
        join_graph(recording, lambda _doing, _done: None)
        recording.finish(at(2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    write(asked.file, records(asked.jobs, asked.seed), manifests(asked.jobs))


if __name__ == "__main__":
    main()
