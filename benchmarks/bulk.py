"""Measures bulk questions on Spark: `python benchmarks/bulk.py FOLDER [--subjects N]… [--cores N] [--snapshot FILE]`.

FOLDER is one that `fleet.py` writes. Each number of subjects is asked in a process of its own, on some cores of this machine:
half of the subjects lie in a dataset that one job read, the others in none. Of the process with its JVM and its workers of
Python, it prints the seconds by the clock and of the processor, the most memory, and the bytes that Spark shuffled.
With --snapshot, FOLDER is the export of that file, and `used --from` asks the file as well.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from fleet import account
from generator import datasets
from measuring import lineage_command

import lineage

TICK, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
OWN, HERE = "s3://own/", Path(__file__)


@dataclass
class Tree:
    """A process and all that it starts, watched while it runs: the most memory, and the seconds of the processor."""

    root: int
    peak: float = 0
    used: float = 0
    ended: bool = False

    def watch(self) -> None:
        """Look several times a second."""
        while not self.ended:
            self.look()
            time.sleep(0.2)

    def look(self) -> None:
        found: dict[int, list[str]] = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended
                found[int(path.parent.name)] = path.read_text().rpartition(")")[2].split()
        inside = {self.root} & found.keys()
        while more := {one for one, words in found.items() if int(words[1]) in inside} - inside:
            inside |= more
        self.peak = max(self.peak, sum(int(found[one][21]) for one in inside) * PAGE / 1e6)
        # The time of a process that has ended is in that of its parent.
        self.used = max(self.used, sum(int(word) for one in inside for word in found[one][11:15]) / TICK)


def measured(command: list[str]) -> tuple[str, float, float, float]:
    """What a command prints, its seconds by the clock and of the processor, and the most megabytes."""
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        tree = Tree(process.pid)
        watching = threading.Thread(target=tree.watch)
        watching.start()
        printed, _ = process.communicate()
        tree.ended = True
        watching.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return printed, time.monotonic() - began, tree.used, tree.peak


def subjects(folder: Path, count: int) -> list[str]:
    """Objects to ask about: of datasets of all accounts that one job read, and of datasets that nobody read."""
    nodes = pq.ParquetDataset(lineage.parquet_files(folder, "counts")).read(["training_jobs"])
    jobs, accounts = max(nodes["training_jobs"].to_pylist()), len(nodes)
    places = datasets(jobs)
    buckets = [f"s3://own-{number:03}/" for number in range(accounts)] if accounts > 1 else [OWN]
    assert accounts == 1 or account(0) in lineage.parquet_files(folder, "counts")[0]
    asked = []
    for number in range(count):
        place = places[number * 7919 % len(places)].replace(OWN, buckets[number // 2 % len(buckets)])
        asked.append(f"{place if number % 2 == 0 else f's3://nowhere/{number:06}/'}part-{number:06}")
    return asked


def ask(folder: Path, uris: Path, cores: int, memory: str) -> None:
    """Ask on Spark, write all answers, and print what it took and what was found."""
    import lineage.spark

    with tempfile.TemporaryDirectory() as out:
        spark = lineage.spark.local_session(cores, memory)
        began = time.monotonic()

        def tell(step: str) -> None:
            print(f"{time.monotonic() - began:4.0f} s  {step}", file=sys.stderr)

        lineage.spark.used(spark, folder, uris, on_progress=tell).write.parquet(f"{out}/answers")
        taken = time.monotonic() - began
        executors = spark.sparkContext._jsc.sc().statusStore().executorList(False)  # noqa: SLF001
        shuffled = sum(executors.apply(number).totalShuffleWrite() for number in range(executors.size()))
        verdicts = Counter(pq.read_table(f"{out}/answers", columns=["verdict"])["verdict"].to_pylist())
        print(json.dumps({"seconds": taken, "shuffled": shuffled, "verdicts": verdicts}))
        spark.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--subjects", type=int, action="append", help="default: 1 and 10,000")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--memory", default="4g", help="of the JVM")
    parser.add_argument("--snapshot", type=Path, help="the file that the folder is the export of")
    parser.add_argument("--ask", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.ask:
        ask(asked.folder, asked.ask, asked.cores, asked.memory)
        return
    edges = sum(pq.read_metadata(path).num_rows for path in lineage.parquet_files(asked.folder, "edges"))
    print(f"{edges:,} edges, {asked.cores} cores, load {os.getloadavg()[0]:.1f}\n")
    print("| subjects | on | seconds by the clock | of these the question | of the processor | memory | shuffled | verdicts |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for count in asked.subjects or (1, 10_000):
            uris = Path(scratch) / f"{count}.txt"
            uris.write_text("\n".join(subjects(asked.folder, count)))
            words = ["--cores", str(asked.cores), "--memory", asked.memory, "--ask", str(uris)]
            printed, clock, used, peak = measured([sys.executable, str(HERE), str(asked.folder), *words])
            told = json.loads(printed.splitlines()[-1])
            row = f"{clock:.0f} | {told['seconds']:.0f} | {used:.0f} | {peak:,.0f} MB | {told['shuffled'] / 1e6:,.0f} MB"
            print(f"| {count:,} | Spark | {row} | {told['verdicts']} |", flush=True)
            if asked.snapshot:
                _, clock, used, peak = measured(
                    lineage_command(asked.snapshot, "used", "--from", str(uris), "--format", "json")
                )
                print(f"| {count:,} | SQLite | {clock:.0f} | – | {used:.0f} | {peak:,.0f} MB | – | |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
