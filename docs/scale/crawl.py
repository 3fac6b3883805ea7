"""Crawls one account into its snapshot on S3, and exports it as Parquet: the task of one account.

Its environment says which: ACCOUNT, ROLE, REGIONS (separated by spaces), and BUCKET.
"""

import os
import subprocess
import sys
from typing import Any

import boto3


def version(s3: Any, bucket: str, key: str) -> str | None:
    """What distinguishes the content of an object; None if there is no object, as for an account that was never crawled."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
    return next((one["ETag"] for one in found if one["Key"] == key), None)


def run(*words: str) -> None:
    """Run a command; if it fails, the task fails."""
    subprocess.run(words, check=True)


def main() -> None:
    """Fetch the snapshot, crawl into it, store it, and export it."""
    bucket, key = os.environ["BUCKET"], f"snapshots/{os.environ['ACCOUNT']}/lineage.db"
    s3 = boto3.client("s3")
    earlier = version(s3, bucket, key)
    if earlier:
        s3.download_file(bucket, key, "lineage.db")
    regions = [word for region in os.environ["REGIONS"].split() for word in ("--region", region)]
    run("lineage", "crawl", "--quiet", "--cloudtrail", "--only-roles", "--role-arn", os.environ["ROLE"], *regions)
    if version(s3, bucket, key) != earlier:
        sys.exit(f"another task has written s3://{bucket}/{key} meanwhile: run this one again")
    s3.upload_file("lineage.db", bucket, key)
    run("lineage", "export", "-f", "parquet", "-o", f"s3://{bucket}/estate/")


if __name__ == "__main__":
    main()
