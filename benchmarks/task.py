"""Counts the calls of the task of one account: `python benchmarks/task.py [--jobs N]…`.

Runs docs/scale/crawl.py twice, each time on an empty disk: beside an account file that is served over HTTP, and beside S3 as
moto serves it. In the second run, nothing is new.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import re
import resource
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import boto3
from estate import ACCOUNT, ENVIRONMENT, REGION, write_account
from measuring import ROOT
from moto.server import ThreadedMotoServer

WRITING = ("PUT", "POST", "LIST")  # these cost more than reading
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lineage-crawl"
REQUEST = re.compile(r'"(?:\x1b\[[\d;]*m)*([A-Z]+) /')


class Requests(logging.Handler):
    """What S3 was asked, by the method of HTTP."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if found := REQUEST.search(said):
            self.counted["LIST" if "list-type=2" in said else found[1]] += 1


def run(account: Path, storage: dict[str, str]) -> tuple[Counter[str], float]:
    """Run the task. The calls by service, and the seconds of the processor."""
    command = [sys.executable, str(ROOT / "benchmarks" / "server.py"), str(account), "0"]
    with (
        tempfile.TemporaryDirectory() as disk,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service,
    ):
        assert service.stdout
        told = {"ACCOUNT": ACCOUNT, "REGIONS": REGION, "ROLE": ROLE, "AWS_DEFAULT_REGION": REGION}
        path = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        asked = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{service.stdout.readline().strip()}"}
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        program = [sys.executable, str(ROOT / "docs" / "scale" / "crawl.py")]
        done = subprocess.run(program, cwd=disk, env=os.environ | ENVIRONMENT | storage | told | path | asked, check=True)
        assert not done.returncode
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        calls, _ = service.communicate()
    taken = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    return Counter(json.loads(calls)), taken


def measure(jobs: int, endpoint: str, requests: Requests) -> None:
    """Print the two rows of an account."""
    words = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": REGION}
    bucket = f"estate-{jobs}"
    client = boto3.client("s3", endpoint_url=endpoint, **words)
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    with tempfile.TemporaryDirectory() as folder:
        account = Path(folder) / "account.jsonl"
        write_account(account, jobs)
        for what in ("first", "later"):
            requests.counted.clear()
            calls, taken = run(account, {"AWS_ENDPOINT_URL_S3": endpoint, "BUCKET": bucket})
            asked = requests.counted
            s3 = f"{sum(asked[one] for one in WRITING)} | {asked['GET'] + asked['HEAD']} | {asked['DELETE']}"
            others = f"{calls['sagemaker']:,} | {calls['cloudtrail']} | {calls['sts']}"
            print(f"| {jobs:,} training jobs, {what} | {others} | {s3} | {taken:.1f} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, action="append", help="training jobs of an account (default: 0, 1000, 10000)")
    asked = parser.parse_args()
    print("| task | SageMaker | CloudTrail | STS | S3 PUT, POST, LIST | S3 GET, HEAD | S3 DELETE | seconds of the processor |")
    print("|---|---|---|---|---|---|---|---|")
    requests = Requests()
    logger = logging.getLogger("werkzeug")
    logger.addHandler(requests)
    logger.propagate = False
    storage = ThreadedMotoServer(port=0, verbose=False)
    storage.start()
    for jobs in asked.jobs or (0, 1_000, 10_000):
        measure(jobs, "http://{}:{}".format(*storage.get_host_and_port()), requests)
    storage.stop()
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
