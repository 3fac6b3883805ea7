"""Asks whether the data of each line of subjects.txt was used, in any account: the task after the crawls, on one machine.

Its environment says where: BUCKET.
"""

import os
import subprocess

import boto3
from pyarrow.fs import copy_files


def run(*words: str) -> None:
    """Run a command; if it fails, the task fails."""
    subprocess.run(words, check=True)


def main() -> None:
    """Fetch the folder and the subjects, ask, and store the verdicts."""
    bucket = os.environ["BUCKET"]
    s3 = boto3.client("s3")
    for list_ in ("accounts.csv", "subjects.txt"):
        s3.download_file(bucket, list_, list_)
    copy_files(f"s3://{bucket}/estate", "estate")  # Spark reads of local files only the columns that it needs
    asked = [
        "--from",
        "subjects.txt",
        "--expect",
        "accounts.csv",
    ]  # an account that failed its first crawl is not in the folder
    run("lineage", "fleet", "used", "estate", *asked, "-o", "verdicts.parquet")
    s3.upload_file("verdicts.parquet", bucket, "answers/verdicts.parquet")


if __name__ == "__main__":
    main()
