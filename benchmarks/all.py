"""Prints each promise about speed beside its peer: `python benchmarks/all.py [--jobs N] [--times N] [--quick] [--row NAME]…`.

Writes accounts of `generator.py` with N and N/10 training jobs (at least 500), and asks them. Seconds are those of the
processor, the least of several runs, so that other work on the machine counts less. `--quick` measures a small account.
`--folder` keeps the accounts for the next time.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.parsers import ResponseParser
from estate import REGION, arn, at, component, serving, write_account
from generator import ROOT, daily, datasets, fill, manifests, ordinary, own, records, write
from measuring import INTERPRETER, apart, cost, lineage_command, peak, seconds
from questions import resource, served, training

import lineage
from lineage.collect.endpoints import join_graph, patch_graph
from lineage.crawl.aws.session import Session
from lineage.domain.records import Resource
from lineage.snapshot.reading import Snapshot

QUICK = 2_000  # training jobs
FEWEST = 500  # training jobs of the smaller account
MOST_CRAWLED = 20_000  # training jobs of the account that is crawled
NEW = 200  # records that the second join finds new
UPDATED = 10  # endpoints that the third join finds with other configs
SAMPLE = 50  # questions of one sort in one process
NOT_MEASURED = "not measured here"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    here: str
    beside: str
    target: str


@dataclass(frozen=True)
class Bench:
    """The snapshots that the rows ask."""

    jobs: int
    times: int
    folder: Path
    quick: bool

    @property
    def few(self) -> int:
        return max(FEWEST, self.jobs // 10)

    def snapshot(self, jobs: int) -> Path:
        """The file with this many training jobs, written when first asked for."""
        path = self.folder / f"{jobs}.db"
        if not path.exists():
            apart(_write, path, jobs)
        return path

    @property
    def large(self) -> Path:
        return self.snapshot(self.jobs)

    def over(self, path: Path, *words: str) -> float:
        """The seconds of a cold command over those of an interpreter that imports click and sqlite3."""
        return cost(lineage_command(path, *words), self.times).seconds - self.interpreter

    @cached_property
    def interpreter(self) -> float:
        return cost(INTERPRETER, self.times + 1).seconds

    @property
    def beside(self) -> str:
        return f'`python -c "import click, sqlite3"`, {self.interpreter:.2f} s'

    @property
    def alone(self) -> int:
        """A training job in the middle that reads a dataset of its own."""
        return self.jobs // 2000 * 1000 + 3


def _write(path: Path, jobs: int) -> None:
    write(path, records(jobs), manifests(jobs))


def selectors(bench: Bench) -> Iterator[Row]:
    """`+x` of an endpoint beside `trace` of it."""
    endpoint = ordinary(bench.jobs)[-1]
    beside = cost(lineage_command(bench.large, "trace", endpoint), bench.times).seconds
    for words in (["ls"], ["draw", "-o", str(bench.folder / "drawn.svg")], ["export", "--format", "json"]):
        command = lineage_command(bench.large, words[0], f"+{endpoint}", *words[1:])
        taken = cost(command, bench.times).seconds
        yield Row(f"`{words[0]} +x`", f"{taken / beside:.2f} ×", f"`trace` of x, {beside:.2f} s", "≤ 1.5 ×")


def cold(bench: Bench) -> Iterator[Row]:
    """Ordinary questions in a new process."""
    endpoint, dataset = ordinary(bench.jobs)[-1], own(bench.alone)
    for words in (["trace", endpoint], ["used", dataset], ["impact", dataset], ["datasets", endpoint]):
        over = bench.over(bench.large, *words, "--format", "json")
        yield Row(f"cold `{words[0]}`", f"{over:.2f} s over", bench.beside, "≤ 0.20 s over at 10⁶")


def warm(bench: Bench) -> Iterator[Row]:
    """The same questions in one process."""
    few = apart(_warm, bench.snapshot(bench.few), bench.few)
    for what, (ours, raw) in apart(_warm, bench.large, bench.jobs).items():
        beside = f"{ours / raw:.1f} × the raw SQLite walk; {bench.few:,} jobs: {few[what][0]:.2f} ms"
        here = f"{ours:.2f} ms, grows {ours / few[what][0]:.2f} ×"
        yield Row(f"warm `{what}`, median", here, beside, "≤ 3 ms; growth ≤ 1.3 × from 10⁴ to 10⁶")


def _warm(path: Path, jobs: int) -> dict[str, tuple[float, float]]:
    """Median milliseconds of each question, and of reading the same rows with plain SQL."""
    endpoints = _some(ordinary(jobs))
    places = _some(datasets(jobs))
    with lineage.open_snapshot(path) as snapshot:
        near: Callable[[str], Any] = lambda name: lineage.neighbourhood(snapshot, [lineage.find_in(snapshot, name)], "up")  # noqa: E731
        asked: dict[str, tuple[Callable[[str], Any], Callable[[str], Any], list[str]]] = {
            "trace": (lambda name: lineage.trace(snapshot, name), near, endpoints),
            "used": (lambda uri: lineage.used(snapshot, uri), lambda uri: lineage.around_dataset(snapshot, uri), places),
            "impact": (lambda uri: lineage.impact(snapshot, uri), lambda uri: lineage.around_subject(snapshot, uri), places),
            "datasets": (lambda name: lineage.datasets(snapshot, name), near, endpoints),
        }
        return {what: (_median(ask, names), _raw(snapshot, around, names)) for what, (ask, around, names) in asked.items()}


def _some(names: list[str]) -> list[str]:
    return names[:: max(1, len(names) // SAMPLE)][:SAMPLE]


def _median(ask: Callable[[str], Any], names: list[str]) -> float:
    ask(names[0])  # imports, and what is remembered about the whole file
    return 1000 * statistics.median(seconds(lambda name=name: ask(name)) for name in names)  # type: ignore[misc]


def _raw(snapshot: Snapshot, around: Callable[[str], Any], names: list[str]) -> float:
    """Median milliseconds in which SQLite reads the nodes of an answer and the edges into them."""
    nodes = {name: list(around(name)) for name in names}

    def walk(name: str) -> None:
        for node in nodes[name]:
            snapshot._db.execute("SELECT * FROM node WHERE id = ?", (node,)).fetchall()  # noqa: SLF001
            snapshot._db.execute("SELECT * FROM edge WHERE target = ?", (node,)).fetchall()  # noqa: SLF001

    return _median(walk, names)


def root(bench: Bench) -> Iterator[Row]:
    """`impact` of a bucket that nearly all of the account is downstream of."""
    edges = bench.folder / "edges.txt"
    nodes = apart(_write_edges, bench.large, edges)
    ours = cost(lineage_command(bench.large, "impact", ROOT, "--format", "json"), bench.times)
    what = f"`impact` of a root with {nodes:,} nodes around it"
    for peer in ("igraph", "rustworkx", "networkx"):
        if importlib.util.find_spec(peer) is None:
            yield Row(what, NOT_MEASURED, f"{peer} is not installed", "≤ 3 ×")
            continue
        theirs = apart(PEERS[peer], edges)
        yield Row(what, f"{ours.seconds / theirs:.1f} ×", f"{peer} with its load, {theirs:.2f} s", "≤ 3 × igraph")
    yield Row(f"{what}: memory", f"{ours.megabytes:.0f} MB", "–", "≤ 400 MB at 4·10⁵ nodes")


def _write_edges(path: Path, edges: Path) -> int:
    """Write the edges around the root, and from the root to each place inside it. Returns the number of nodes."""
    with lineage.open_snapshot(path) as snapshot, edges.open("w") as file:
        graph = lineage.around_subject(snapshot, ROOT)
        file.writelines(f"{ROOT} {node}\n" for node in graph if node.startswith(ROOT) and node != ROOT)
        file.writelines(f"{source} {target}\n" for source, target in graph.edges())
        return len(graph)


def _igraph(edges: Path) -> float:
    import igraph

    return seconds(lambda: igraph.Graph.Read_Ncol(str(edges), directed=True).subcomponent(ROOT, mode="out"), 3)


def _rustworkx(edges: Path) -> float:
    import rustworkx  # type: ignore[import-not-found]

    def walk() -> None:
        graph = rustworkx.PyDiGraph.read_edge_list(str(edges), labels=True)
        rustworkx.descendants(graph, graph.find_node_by_weight(ROOT))

    return seconds(walk, 3)


def _networkx(edges: Path) -> float:
    import networkx as nx

    return seconds(lambda: nx.descendants(nx.read_edgelist(edges, create_using=nx.DiGraph), ROOT), 3)


PEERS: dict[str, Callable[[Path], float]] = {"igraph": _igraph, "rustworkx": _rustworkx, "networkx": _networkx}


def searches(bench: Bench) -> Iterator[Row]:
    """`search` for one training job."""
    name = f"train-{bench.alone:06}"
    for what, where, target in (
        ("by name", f"TrainingJobName = {name}", "≤ 0.15 s over at 10⁵"),
        ("by a hyperparameter", f"HyperParameters.sagemaker_submit_directory contains {name}/", "≤ 1.0 s at 10⁵"),
    ):
        over = bench.over(bench.large, "search", "training-job", "--where", where, "--format", "json")
        yield Row(f"cold `search` {what}", f"{over:.2f} s over", bench.beside, target)


def experiments(bench: Bench) -> Iterator[Row]:
    """`runs` of an experiment, and `experiments`."""
    shown = {jobs: len(range(0, jobs, 20)) for jobs in (bench.few, bench.jobs)}
    taken = {jobs: bench.over(bench.snapshot(jobs), "runs", "experiment-0", "--format", "json") for jobs in shown}
    few, many = (f"{taken[jobs]:.2f} s for {count:,} of {jobs:,} runs" for jobs, count in shown.items())
    yield Row("cold `runs EXP`, over the interpreter", many, few, "the cost of what is shown")
    over = {jobs: bench.over(bench.snapshot(jobs), "experiments", "--format", "json") for jobs in shown}
    few, many = (f"{over[jobs]:.2f} s for 20 with {jobs:,} runs" for jobs in shown)
    yield Row("cold `experiments`, over the interpreter", many, few, "the cost of what is shown")


def latest(bench: Bench) -> Iterator[Row]:
    """`trace` where a prefix is overwritten daily."""
    days = (75, 300) if bench.quick else (300, 600, 1200, 2400)
    taken = [apart(_daily, bench.folder / f"daily-{one}.db", one) for one in days]
    exponent = math.log(taken[-1] / taken[0]) / math.log(days[-1] / days[0])
    beside = ", ".join(f"{one} days: {took:.2f} s" for one, took in zip(days, taken, strict=True))
    yield Row("`trace` over `latest/`: exponent", f"{exponent:.2f}", beside, "≤ 1.1 from 300 to 2,400 days")


def _daily(path: Path, days: int) -> float:
    write(path, daily(days))
    with lineage.open_snapshot(path) as snapshot:
        return seconds(lambda: lineage.trace(snapshot, "endpoint-0"))


def reports(bench: Bench) -> Iterator[Row]:
    """`report` of all endpoints."""
    few, many = (_report(bench, jobs) for jobs in (bench.few, bench.jobs))
    counts = [jobs * 55 // 1000 for jobs in (bench.few, bench.jobs)]
    what = f"`report` of all {counts[1]:,} endpoints, each"
    yield Row(what, f"{1000 * many:.0f} ms", f"of all {counts[0]:,}: {1000 * few:.0f} ms", "≤ 15 ms each, flat to 5,500")


def _report(bench: Bench, jobs: int) -> float:
    command = lineage_command(bench.snapshot(jobs), "report", "--format", "json")
    return (cost(command).seconds - bench.interpreter) / (jobs * 55 // 1000)


def many_uris(bench: Bench) -> Iterator[Row]:
    """`used --from` beside one question for each URI."""
    count = 1_000 if bench.quick else 10_000
    places = datasets(bench.jobs)
    uris = [f"{places[number % len(places)]}part-{number:05}" for number in range(count)]
    path = bench.folder / "uris.txt"
    path.write_text("\n".join(uris))
    rate = count / bench.over(bench.large, "used", "--from", str(path), "--format", "json")
    alone = 1000 / apart(_one_by_one, bench.large, uris[:SAMPLE])
    what = f"`used --from`, {count:,} URIs"
    yield Row(what, f"{rate:,.0f} a second", f"one by one, warm: {alone:,.0f}", "≥ 3,000 a second of 10,000")


def _one_by_one(path: Path, uris: list[str]) -> float:
    with lineage.open_snapshot(path) as snapshot:
        return _median(lambda uri: lineage.used(snapshot, uri), uris)


def joins(bench: Bench) -> Iterator[Row]:
    """The first join, and one after a few new records."""
    read, first, memory, count = apart(_first_join, bench.folder / "joined.db", bench.jobs)
    again, night = (apart(_join_again, bench.folder / "joined.db", bench.jobs, found) for found in ("_new_jobs", "_night"))
    beside = f"{first / read:.1f} × reading the records alone, {read:.2f} s"
    yield Row(f"first join, {count:,} records", f"{first:.2f} s", beside, "≤ 60 s at 10⁶")
    yield Row(f"first join, {count:,} records: memory", f"{memory:.0f} MB", "–", "≤ 1.0 GB at 10⁶")
    beside = f"the first join, {first:.2f} s"
    yield Row(f"join (`--patch`) after {NEW} new records", f"{100 * again / first:.1f} %", beside, "≤ 1 % at 10⁶")
    what = f"join (`--patch`) after {NEW} new jobs with their trial components, and {UPDATED} updated endpoints"
    yield Row(what, f"{100 * night / first:.1f} %", beside, "≤ 1 % at 10⁶")


def _first_join(path: Path, jobs: int) -> tuple[float, float, float, int]:
    """Seconds of reading and of joining, megabytes, and the number of records."""
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        fill(recording, records(jobs), manifests(jobs))
        count = 0

        def read() -> None:
            nonlocal count
            count = sum(1 for _ in recording.resources())

        reading = seconds(read)
        joining = seconds(lambda: join_graph(recording, lambda _doing, _done: None))
        recording.finish(at(2))
        return reading, joining, peak(), count


def _new_jobs(jobs: int) -> Iterator[Resource]:
    return (resource("training-job", training(f"new-{jobs + number:06}", jobs + number, jobs)) for number in range(NEW))


def _night(jobs: int) -> Iterator[Resource]:
    """New training jobs, each with the trial component that SageMaker makes for it, and endpoints with other configs."""
    for number in range(NEW):
        name = f"night-{number:06}"
        yield resource("training-job", training(name, jobs + number, jobs))
        made = arn("training-job", name)
        yield resource("trial-component", component(f"{name}-aws-training-job", made, 10 * (jobs + number)))
    endpoints = (one for one in served(jobs) if one.kind == "endpoint")
    for number, one in enumerate(islice(endpoints, UPDATED)):
        yield resource(
            "endpoint", dict(one.body) | {"EndpointConfigName": f"config-{number + 1}", "LastModifiedTime": at(10**6)}
        )


def _join_again(path: Path, jobs: int, found: str) -> float:
    """Seconds of the join after a crawl that found a few new things."""
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        fill(recording, {"_new_jobs": _new_jobs, "_night": _night}[found](jobs))
        taken = seconds(lambda: patch_graph(recording, lambda _doing, _done: None))
        recording.finish(at(3))
        return taken


def crawls(bench: Bench) -> Iterator[Row]:
    """Calls, seconds and memory of a crawl."""
    jobs = min(bench.jobs, MOST_CRAWLED)
    account = bench.folder / "account.jsonl"
    write_account(account, jobs)
    done = apart(_crawls, account, bench.folder)
    calls = f"the first crawl, {done.calls:,} calls"
    yield Row("crawl with nothing new, calls", f"{100 * done.again / done.calls:.1f} %", calls, "≤ 5 %")
    beside = f"botocore parsing the same answers, {done.parsing:.2f} s"
    what = f"crawl of {done.records:,} records, processor"
    yield Row(what, f"{done.seconds / done.parsing:.1f} ×", beside, "≤ 2 ×")
    yield Row(f"crawl of {done.records:,} records, memory", f"{done.megabytes:.0f} MB", "–", "≤ 300 MB for 10⁶")


@dataclass(frozen=True)
class Crawled:
    """Figures of a first crawl, the calls of the next one, and how long botocore parses the answers."""

    records: int
    calls: int
    seconds: float
    megabytes: float
    again: int
    parsing: float


def _crawls(account: Path, folder: Path) -> Crawled:
    with serving(account, 0):
        first, _, taken = _crawl(folder / "crawled.db")
        memory = peak()
        again, _, _ = _crawl(folder / "crawled.db")
        answers = _answers(folder / "parsed.db")
        parsing = seconds(lambda: [parser.parse(answer, shape) for parser, answer, shape in answers])
    return Crawled(first.records, first.calls, taken, memory, again.calls, parsing)


def _crawl(path: Path) -> tuple[lineage.Progress, float, float]:
    """The last progress of a crawl, with its seconds by the clock and of the processor."""
    began, used = time.monotonic(), time.process_time()
    done = lineage.crawl_estate(path, regions=[REGION])
    return done, time.monotonic() - began, time.process_time() - used


def _answers(path: Path) -> list[tuple[Any, Any, Any]]:
    """The answers of a crawl, each with its parser and its shape, for botocore to parse.

    The crawl itself spares botocore the parsing, so each answer is kept before it is taken away.
    """
    kept: list[tuple[Any, Any, Any]] = []
    parse, listen = ResponseParser.parse, Session._listen  # noqa: SLF001

    def hear(session: Session, response_dict: dict[str, Any], **words: Any) -> None:
        response_dict["whole"] = response_dict["body"]
        listen(session, response_dict, **words)

    def keep(parser: ResponseParser, answer: Any, shape: Any) -> Any:
        kept.append((parser, answer | {"body": answer.pop("whole", answer["body"])}, shape))
        return parse(parser, answer, shape)

    with patch.object(Session, "_listen", hear), patch.object(ResponseParser, "parse", keep):
        _crawl(path)
    return kept


def datahub(bench: Bench) -> Iterator[Row]:
    """A small account with slow answers, which DataHub's source reads as well if `$DATAHUB_PYTHON` has it."""
    account = bench.folder / "thousand.jsonl"
    write_account(account, 1000)
    wall, used, theirs = apart(_slow, account, bench.folder)
    what, target = f"1,000-job account at 50 ms: {wall:.2f} s, {used:.2f} s of the processor", "≥ 25 × wall, ≥ 12 × processor"
    if not theirs:
        yield Row(what, NOT_MEASURED, "`benchmarks/peer.py` says how to install it", target)
        return
    here = f"{theirs['wall'] / wall:.1f} × wall, {theirs['used'] / used:.1f} × processor"
    beside = f"DataHub's source: {theirs['wall']:.1f} s, {theirs['used']:.2f} s of the processor"
    yield Row(what, here, beside, target)


def _slow(account: Path, folder: Path) -> tuple[float, float, dict[str, float]]:
    """Our seconds by the clock and of the processor, and those of DataHub's source; none where it is not installed."""
    with serving(account, 0.05):
        _crawl(folder / "fills.db")  # the server's memory of its answers
        _, wall, used = _crawl(folder / "slow.db")
        return wall, used, _datahub(folder) if "DATAHUB_PYTHON" in os.environ else {}


def _datahub(folder: Path) -> dict[str, float]:
    command = [os.environ["DATAHUB_PYTHON"], str(Path(__file__).parent / "peer.py"), str(folder)]
    surroundings = os.environ | {"DATAHUB_TELEMETRY_ENABLED": "false"}
    for _ in range(2):  # the first fills the server's memory
        printed = subprocess.run(command, env=surroundings, check=True, capture_output=True, text=True).stdout
    taken: dict[str, float] = json.loads(printed.splitlines()[-1])
    return taken


def size(bench: Bench) -> Iterator[Row]:
    """The snapshot file beside its records as JSON."""
    raw, packed = apart(_sizes, bench.large)
    here = bench.large.stat().st_size
    beside = f"raw JSON, {raw / 1e6:.1f} MB; its gzip -6: {100 * packed / raw:.0f} %"
    yield Row("snapshot file", f"{100 * here / raw:.0f} %", beside, "≤ 60 %")


def _sizes(path: Path) -> tuple[int, int]:
    """Bytes of the records as compact JSON lines, and of these compressed."""
    packer, raw, packed = zlib.compressobj(6), 0, 0
    with lineage.open_snapshot(path) as snapshot:
        for record in snapshot.resources():
            text = json.dumps(record.body, separators=(",", ":")).encode() + b"\n"
            raw += len(text)
            packed += len(packer.compress(text))
    return raw, packed + len(packer.flush())


def parquet(bench: Bench) -> Iterator[Row]:
    """The snapshot as Parquet: its size, and how fast it is written beside the edges as JSON lines."""
    if importlib.util.find_spec("pyarrow") is None:
        yield Row("`export -f parquet`", NOT_MEASURED, "pyarrow is not installed", "≤ 15 % of the snapshot, ≥ 3 ×")
        return
    folder, lines = bench.folder / "parquet", bench.folder / "edges.jsonl"
    ours = cost(lineage_command(bench.large, "export", "--format", "parquet", "--out", str(folder)), bench.times)
    theirs = cost(lineage_command(bench.large, "export", "--format", "jsonl-edges", "--out", str(lines)), bench.times)
    (listed,) = (json.loads(path.read_text()) for path in (folder / "_lineage").iterdir())
    rows, size = (sum(file[name] for file in listed["files"]) for name in ("rows", "bytes"))
    with lines.open("rb") as file:
        edges = sum(1 for _ in file)
    rate, beside = rows / (ours.seconds - bench.interpreter), edges / (theirs.seconds - bench.interpreter)
    what, here = f"Parquet of {rows:,} rows", bench.large.stat().st_size
    yield Row(f"{what}: size", f"{100 * size / here:.1f} %", f"the snapshot, {here / 1e6:.0f} MB", "≤ 15 %")
    speed = f"`export -f jsonl-edges`, {beside:,.0f} of {edges:,} a second"
    yield Row(f"{what}: speed", f"{rate / beside:.1f} ×, {rate:,.0f} a second", speed, "≥ 3 ×")
    yield Row(f"{what}: memory", f"{ours.megabytes:.0f} MB", f"jsonl-edges: {theirs.megabytes:.0f} MB", "flat")


def help_text(bench: Bench) -> Iterator[Row]:
    """How fast the help starts."""
    click = cost([sys.executable, "-c", "import click"], bench.times).seconds
    ours = cost([sys.executable, "-m", "cli", "--help"], bench.times).seconds
    yield Row("`lineage --help`", f"{ours / click:.2f} ×", f'`python -c "import click"`, {click:.2f} s', "≤ 1.3 ×")


ROWS: dict[str, Callable[[Bench], Iterator[Row]]] = {
    "selectors": selectors, "cold": cold, "warm": warm, "root": root, "search": searches, "experiments": experiments,
    "latest": latest, "report": reports, "from": many_uris, "join": joins, "crawl": crawls, "datahub": datahub,
    "size": size, "parquet": parquet, "help": help_text,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=100_000, help="training jobs, at least 1,000")
    parser.add_argument("--times", type=int, default=5, help="how often a cold command runs; the least seconds count")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} jobs, each command twice")
    parser.add_argument("--row", choices=ROWS, action="append", help="only these")
    parser.add_argument("--folder", type=Path, help="an existing folder, to keep the accounts in")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each command compiles all that it imports
    jobs, times = (QUICK, 2) if asked.quick else (asked.jobs, asked.times)
    print(
        f"{jobs:,} training jobs, Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n"
    )
    print("| what | here | beside | to reach |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(jobs, times, asked.folder or Path(folder), asked.quick)
        for name in asked.row or ROWS:
            for row in ROWS[name](bench):
                print(f"| {row.what} | {row.here} | {row.beside} | {row.target} |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
