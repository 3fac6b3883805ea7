"""Bulk questions about a folder on S3."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lineage.spark.tables import Folder
from tests.outputs.test_parquet import crawled, export, of
from tests.records import ACCOUNT

KEYS = "s3://key:secret@"


def told(service: str, bucket: str) -> str:
    """A folder in a bucket of a service, as its URI tells workers that have no environment of ours."""
    return f"{KEYS}{bucket}/all?endpoint_override={service.removeprefix('http://')}&scheme=http&region=us-east-1"


class Denying(BaseHTTPRequestHandler):
    """S3 that lets nobody in."""

    def do_GET(self) -> None:
        body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture
def denying() -> Iterator[str]:
    """A service that denies each call."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Denying) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.usefixtures("bucket")
def test_a_folder_on_s3_is_read_as_any_other(spark: Any, s3_service: str, tmp_path: Path) -> None:
    """The tables of an export that lies on S3 are read by Spark's tasks, with the rows and types that they have on a disk."""
    path = crawled(tmp_path / "a.db", *of(ACCOUNT))
    folders = told(s3_service, "estate"), tmp_path / "estate"
    for folder in folders:
        export(path, folder)
    there, here = (Folder(spark, folder) for folder in folders)
    for name in ("nodes", "edges", "records"):
        rows = [table.toArrow().to_pylist() for table in (there.table(name), here.table(name))]
        assert sorted(map(repr, rows[0])) == sorted(map(repr, rows[1])) != []
        assert there.table(name).schema == here.table(name).schema


@pytest.mark.parametrize("what", ["no access", "no keys", "no bucket"])
def test_what_s3_refuses_is_one_line(run: Any, s3_service: str, denying: str, what: str) -> None:
    """Who may not read the folder, has no keys or names a bucket that is not there is told in one line, without the keys."""
    service, said = (s3_service, "holds no finished export") if what == "no bucket" else (denying, "ACCESS_DENIED")
    folder = told(service, "no-such-bucket")
    ran = run("fleet", "used", folder.replace(KEYS, "s3://") if what == "no keys" else folder, "s3://b/x/", "-o", "v.parquet")
    assert (ran.code, ran.out, ran.err.count("\n"), "secret" in ran.err) == (3, "", 1, False)
    assert said in ran.err
    assert not Path("v.parquet").exists()
