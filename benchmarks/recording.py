"""Measures the cost of recording in a training loop: `python benchmarks/recording.py [--times 5] [--latency 0.2]`.

Logs 1,000 metrics in a loop with our `Run` and with the SageMaker SDK's, each in a separate process. A stand-in answers
after 0.2 s. Then, with immediate answers, runs of 10,000 and 100,000 metrics: memory, and time until all is
sent. `--work 0.02` is the training time between two calls. Needs the extras `sdk` and `test`; without the SDK only ours runs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parent.parent
BUCKET = "sagemaker-eu-west-1-111122223333"
Log = Callable[[str, float], None]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--latency", type=float, default=0.2, help="seconds that each answer takes in the first part")
    parser.add_argument("--work", type=float, default=0.0, help="seconds between two calls there (the loop sleeps)")
    parser.add_argument("--calls", type=int, default=1000, help="metrics in the loop of the first part")
    parser.add_argument("--metrics", type=int, nargs=2, default=[10_000, 100_000], help="of the two runs of the second part")
    parser.add_argument("--child", nargs=2, metavar=("WRITER", "METRICS"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(logged(asked.child[0], int(asked.child[1]), asked.work)))
        return
    with stand_in(asked.latency) as environment:
        in_the_loop(environment, asked.calls, asked.work, asked.times)
    with stand_in(0) as environment:
        in_memory(environment, asked.metrics, asked.times)


def in_the_loop(environment: dict[str, str], calls: int, work: float, times: int) -> None:
    """The same loop with both, alternating."""
    writers = ["ours", "sdk"] if importlib.util.find_spec("sagemaker") else ["ours"]
    found: dict[str, list[dict[str, float]]] = {writer: [] for writer in writers}
    for _ in range(times):
        for writer in writers:
            found[writer].append(child(environment, writer, calls, work))
    for writer, runs in found.items():
        for what in ("median", "p99", "loop", "left"):
            print(f"{writer}: {what} {spread([run[what] for run in runs])}")
    if "sdk" in found:
        ratios = [theirs["loop"] / ours["loop"] for ours, theirs in zip(found["ours"], found["sdk"], strict=True)]
        print(f"times less time in the loop: {min(ratios):.0f} / {median(ratios):.0f} / {max(ratios):.0f}")


def in_memory(environment: dict[str, str], sizes: list[int], times: int) -> None:
    """A run of few metrics, and one of many."""
    found = {size: [child(environment, "ours", size) for _ in range(times)] for size in sizes}
    for size, runs in found.items():
        peaks = [run["peak"] for run in runs]
        print(f"{size:,} metrics: peak {min(peaks):.1f} / {median(peaks):.1f} / {max(peaks):.1f} MB, ", end="")
        print(f"median {spread([run['median'] for run in runs])}, loop {spread([run['loop'] for run in runs])}, ", end="")
        print(f"until all is sent {spread([run['loop'] + run['left'] for run in runs])}")
    few, many = (median(run["peak"] for run in runs) for runs in found.values())
    print(f"memory of many beside few: {many / few:.3f}")


def spread(seconds: list[float]) -> str:
    """Least, median and most, in milliseconds if they are short."""
    least, middle, most = min(seconds), median(seconds), max(seconds)
    if most >= 1:
        return f"{least:.2f} / {middle:.2f} / {most:.2f} s"
    return f"{least * 1e3:.3f} / {middle * 1e3:.3f} / {most * 1e3:.3f} ms"


# --- a stand-in, and a process that writes --------------------------------------------------------


@contextlib.contextmanager
def stand_in(latency: float) -> Iterator[dict[str, str]]:
    """A stand-in in a separate process; returns the environment variables for it."""
    command = [sys.executable, "-m", "tests.recording.stand_in", "--latency", str(latency)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    environment: dict[str, str] = {}
    while "AWS_EC2_METADATA_DISABLED" not in environment:
        name, _, value = server.stdout.readline().removeprefix("export ").strip().partition("=")
        assert name, "the stand-in did not start"
        environment[name] = value
    try:
        yield environment
    finally:
        server.kill()
        server.wait()


def child(environment: dict[str, str], writer: str, metrics: int, work: float = 0.0) -> dict[str, float]:
    """The measurements of a process that logs this many metrics."""
    with tempfile.TemporaryDirectory() as folder:
        around = {**os.environ, **environment, "LINEAGE_SPOOL": folder}
        command = [sys.executable, __file__, "--child", writer, str(metrics), "--work", str(work)]
        done = subprocess.run(command, env=around, check=True, capture_output=True, text=True)
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def logged(writer: str, metrics: int, work: float) -> dict[str, float]:
    """Log in a loop: the seconds of a call, of all calls, and of leaving the run, and the most memory in MB."""
    took = []
    run = opened(writer, f"{writer}-{os.getpid()}")
    with run:
        for step in range(metrics):
            before = time.perf_counter()
            run.log_metric("loss", 1 / (step + 1), step=step)
            took.append(time.perf_counter() - before)
            if work:
                time.sleep(work)
        ended = time.perf_counter()
    left = time.perf_counter() - ended
    took.sort()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # KiB on Linux
    p99 = took[int(len(took) * 0.99)]
    return {"median": median(took), "p99": p99, "loop": sum(took), "left": left, "peak": peak}


def opened(writer: str, name: str) -> Any:
    """Our run, or the SDK's."""
    if writer == "ours":
        from lineage.recording import Run

        return Run("benchmark", name)
    from sagemaker.experiments import Run as SdkRun
    from sagemaker.session import Session

    return SdkRun("benchmark", name, sagemaker_session=Session(default_bucket=BUCKET))


if __name__ == "__main__":
    sys.exit(main())
