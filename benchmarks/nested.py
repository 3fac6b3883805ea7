"""Measures the join and the storage of nested prefixes: `python benchmarks/nested.py [--jobs N]… [--shape SHAPE]…`.

Writes accounts with nested places, each into a snapshot through the recording API in a separate process, and prints a
row for each: rows of the graph, file size, CPU seconds and peak memory of the join, and the factors to the previous row,
which has half the jobs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from estate import ACCOUNT, REGION, at
from questions import resource as record

from lineage.collect.endpoints import join_graph
from lineage.domain.names import Location
from lineage.domain.records import Crawl, Resource
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.reading import Snapshot

SIZES = [100, 200, 400, 800]
CRAWL = Crawl(1, at(0), None, f"arn:aws:iam::{ACCOUNT}:user/a", (ACCOUNT,), (REGION,), (), "0", "1")
DEEPEST = 250  # levels of one chain: a key has at most 1,024 bytes


def level(number: int) -> str:
    """A prefix inside all those with smaller numbers; a new chain begins when a key would be too long."""
    chain, depth = divmod(number, DEEPEST)
    return f"s3://nested/c{chain}/" + "".join(f"l{one:02x}/" for one in range(depth))


def job(number: int, read: str, written: str, *, parameters: dict[str, str] | None = None, listing: bool = False) -> Resource:
    """A training job that reads one place and writes its artifacts to another."""
    source = {"S3Uri": read, "S3DataType": "ManifestFile" if listing else "S3Prefix"}
    body: dict[str, Any] = {
        "TrainingJobName": f"job-{number:05}",
        "TrainingJobArn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/job-{number:05}",
        "TrainingJobStatus": "Completed",
        "CreationTime": at(60 * number),
        "TrainingStartTime": at(60 * number + 1),
        "TrainingEndTime": at(60 * number + 30),
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "CheckpointConfig": {"S3Uri": written},
        "HyperParameters": parameters or {},
    }
    return record("training-job", body)


def chain(jobs: int) -> Iterator[Resource]:
    """Each job reads one level and writes the next."""
    return (job(number, level(number), level(number + 1)) for number in range(jobs))


def root(jobs: int) -> Iterator[Resource]:
    """Each job reads the root, and writes its own level."""
    return (job(number, level(0), level(number + 1)) for number in range(jobs))


def crowd(jobs: int) -> Iterator[Resource]:
    """Many jobs write each of a few levels."""
    levels = max(jobs // 10, 1)
    return (job(number, level(number % levels), level(number % levels + 1)) for number in range(jobs))


def mentions(jobs: int) -> Iterator[Resource]:
    """Each job names two levels in its hyperparameters."""
    named = ({"a": level(number), "b": level(number + 1)} for number in range(jobs))
    return (job(number, "s3://other/in/", f"s3://other/{number}/", parameters=said) for number, said in enumerate(named))


def latest(jobs: int) -> Iterator[Resource]:
    """All jobs read and write one place."""
    return (job(number, "s3://nested/latest/", "s3://nested/latest/") for number in range(jobs))


def manifests(jobs: int) -> Iterator[Resource]:
    """Each job reads a manifest at its level, which lists an object one level deeper, and writes that level."""
    return (job(number, f"{level(number)}list", level(number + 1), listing=True) for number in range(jobs))


SHAPES: dict[str, Callable[[int], Iterator[Resource]]] = {
    "chain": chain, "root": root, "crowd": crowd, "mentions": mentions, "latest": latest, "manifests": manifests,
}  # fmt: skip


def written(shape: str, jobs: int) -> tuple[int, int, float, float, int]:
    """Nodes, rows of the joined graph, MB of the file, seconds of the join, MB at the peak."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
            recording.begin(CRAWL)
            for one in SHAPES[shape](jobs):
                recording.add(one)
            for number in range(jobs if shape == "manifests" else 0):
                version = Manifest(f"{level(number)}list", "ManifestFile", f"e{number}", at(0))
                listed = [Location("s3://nested", f"{level(number + 1).removeprefix('s3://nested/')}x")]
                recording.listings.put(version, listed, at(60 * jobs))
            began = time.process_time()  # only of this process: other work on the machine does not count
            join_graph(recording, lambda _doing, _done: None)
            seconds = time.process_time() - began
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        db = sqlite3.connect(path)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}  # noqa: S608
        graph = sum(rows.get(table, 0) for table in ("edge", "level", "together", "lists"))
        return rows["node"], graph, path.stat().st_size / 1e6, seconds, peak


def main() -> None:
    """Print a row for each shape and size."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, action="append")
    options.add_argument("--shape", choices=SHAPES, action="append")
    asked = options.parse_args()
    print("shape jobs nodes rows MB seconds peak-MB · times the row before: rows MB seconds")
    for shape in asked.shape or SHAPES:
        before: tuple[float, ...] = ()
        for jobs in asked.jobs or SIZES:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                nodes, rows, size, seconds, peak = pool.apply(written, (shape, jobs))
            now = (rows, size, seconds)
            times = " ".join(f"{one / other:.1f}" for one, other in zip(now, before, strict=False))
            print(f"{shape} {jobs} {nodes} {rows} {size:.2f} {seconds:.2f} {peak} · {times}", flush=True)
            before = now


if __name__ == "__main__":
    main()
