"""A server that stands in for SageMaker's recording operations, its metrics, STS and S3: for real clients, of any process.

    with StandIn() as service:
        run(environment=service.environment)  # or, in this process: service.session()
        assert service.components["churn-1"]["Parameters"] == {"lr": {"NumberValue": 0.1}}

`state` has its contents and operations. The replay room answers all other calls from the same records, so that a crawl finds
everything. S3 is moto's, behind the same faults, latency and outages; stand-ins of
one process share its buckets, and the one that first uses them empties them.

The SDK's `Session` asks STS at an address of its own for the account, unless it is given a `default_bucket`.

`python -m tests.recording.stand_in [ACCOUNT FILE] [--latency SECONDS]` starts one, and prints the environment that leads to it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import logging
import re
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import boto3
import botocore.session

from lineage.crawl.replay.faults import Failure
from tests.recording.shapes import loader, service_model
from tests.recording.state import CALLER, State, header
from tests.records import ACCOUNT, REGION

BUCKETS = ("bank-ml", f"sagemaker-{REGION}-{ACCOUNT}")  # the first keeps versions
KEY, SECRET = "AKIASTANDIN", "made-up"
DROP, LOST = "drop", "lost"
_SERVICES = ("SAGEMAKER", "SAGEMAKER_METRICS", "S3", "STS")
_SCOPE = re.compile(r"Credential=[^/,\s]+/\d+/[^/]+/([^/]+)/")
_HOP = ("connection", "expect", "host", "keep-alive", "transfer-encoding", "content-length")

Json = dict[str, Any]
When = Callable[[Json], bool]


class Version(NamedTuple):
    """One version of an object in S3."""

    body: bytes
    version: str  # "null", where its bucket keeps no versions
    etag: str


class Struck(Exception):
    """A fault that strikes a call."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.code)
        self.fault = fault


@dataclass
class Fault:
    """What is to fail, and how many more times."""

    operation: str
    code: str
    times: float
    after: int
    status: int
    message: str
    when: When | None

    def strikes(self, operation: str, request: Json) -> bool:
        """Whether this call is struck; counts it."""
        if self.operation not in ("*", operation) or self.times <= 0 or (self.when and not self.when(request)):
            return False
        self.after -= 1
        self.times -= self.after < 0
        return self.after < 0


class StandIn:
    """The stand-in, a context manager. Its contents may be read and changed while no call is in progress."""

    def __init__(self, latency: float = 0.0, account: str | Path | None = None) -> None:
        """Each answer takes `latency` seconds. `account`: an account file whose records are there from the start."""
        self.latency = latency
        self.down = False
        self.calls: list[tuple[str, Json]] = []
        self.state = State(account)
        self._faults: list[Fault] = []
        self._lock = threading.RLock()
        self._storage: Storage | None = None
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        if self._storage:
            self._storage.stop()

    # --- for callers ----------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead boto3 here, in any process. Calls of other services come here too, and are refused."""
        endpoints = {f"AWS_ENDPOINT_URL_{service}": self.url for service in _SERVICES} | {"AWS_ENDPOINT_URL": self.url}
        keys = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET}
        return endpoints | keys | {"AWS_DEFAULT_REGION": REGION, "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true"}

    def session(self) -> boto3.Session:
        """A session whose clients use the stand-in, whatever the environment says."""
        return _session(self.url)

    def fault(
        self,
        operation: str,
        code: str,
        *,
        times: float = 1,
        after: int = 0,
        status: int = 400,
        message: str = "as the test wants it",
        when: When | None = None,
    ) -> None:
        """Have calls fail: the next `times` of the `operation` ("*": any) for which `when` holds, except the first `after`.

        `code`: an error code; "drop": does nothing and closes the connection; "lost": does it without an answer.
        """
        self._faults.append(Fault(operation, code, times, after, status, message, when))

    def metric_fault(self, code: str, times: float = 1, when: When = lambda metric: True) -> None:
        """Make single metrics fail: the next `times` for which `when` holds. Their times are ISO 8601 text."""
        self.state.metric_faults.faults.append({"code": code, "times": times, "when": when})

    # --- its contents ---------------------------------------------------------------------------

    @property
    def experiments(self) -> dict[str, Json]:
        """By casefolded name, as Describe returns them, with their `Tags`; times are ISO 8601 text here and below."""
        return self.state.experiments

    @property
    def trials(self) -> dict[str, Json]:
        """By casefolded name."""
        return self.state.trials

    @property
    def components(self) -> dict[str, Json]:
        """By casefolded name; `Parents` are the trials that contain them."""
        return self.state.components

    @property
    def artifacts(self) -> dict[str, Json]:
        """By ARN."""
        return self.state.artifacts

    @property
    def jobs(self) -> dict[tuple[str, str], Json]:
        """The jobs created here, by kind (`training-job`) and casefolded name."""
        return self.state.jobs

    @property
    def associations(self) -> list[tuple[str, str, str]]:
        """Source, destination and type of each."""
        return self.state.associations

    @property
    def metrics(self) -> dict[str, list[Json]]:
        """By the component's name, in the order in which they came."""
        return self.state.metrics

    @property
    def objects(self) -> dict[str, list[Version]]:
        """The versions of each object in S3, by URI, the oldest first."""
        return self.storage.objects()

    def account_lines(self) -> Iterator[str]:
        """All contents as the lines of an account file."""
        with self._lock:
            lines = [header(), *self.state.lines()]
        stored = self.storage.lines() if self._storage or self.state.first_objects else ()
        yield from (json.dumps(line) for line in [*lines, *stored])

    # --- for the server -------------------------------------------------------------------------

    @property
    def storage(self) -> Storage:
        """S3, which starts on first use."""
        with self._lock:
            if not self._storage:
                self._storage = Storage(self.state.first_objects)
            return self._storage

    def begin(self, operation: str, request: Json) -> bool:
        """Note a call; returns whether its answer is to be lost. Raises `Struck`."""
        with self._lock:
            self.calls.append((operation, request))
            struck = next((one for one in self._faults if one.strikes(operation, request)), None)
        if struck and struck.code != LOST:
            raise Struck(struck)
        return struck is not None

    def answer(self, service: str, operation: str, request: Json) -> Json:
        """SageMaker's own answer. Raises `Failure`."""
        model = service_model(service)
        if operation not in model.operation_names:
            raise Failure("UnknownOperationException", f"there is no {operation}")
        with self._lock:
            return self.state.answer(model.operation_model(operation), request)


# --- sessions -------------------------------------------------------------------------------------


class _Session(boto3.Session):
    """A session with this endpoint for all of its clients."""

    endpoint = ""

    def client(self, *names: Any, **words: Any) -> Any:
        return super().client(*names, **words | {"endpoint_url": words.get("endpoint_url") or self.endpoint})


def _session(url: str) -> boto3.Session:
    core = botocore.session.Session()
    core.register_component("data_loader", loader())
    session = _Session(KEY, SECRET, region_name=REGION, botocore_session=core)
    session.endpoint = url
    return session


# --- S3 -------------------------------------------------------------------------------------------


class Storage:
    """S3, as moto has it."""

    def __init__(self, first: list[Json]) -> None:
        """`first`: lines of an account file, for objects that are there from the start."""
        from moto.server import ThreadedMotoServer  # slow, and many tests store nothing

        logging.getLogger("werkzeug").setLevel(logging.WARNING)  # otherwise it logs each request
        self._moto = ThreadedMotoServer(port=0, verbose=False)
        self._moto.start()
        self.host, self.port = self._moto.get_host_and_port()
        self.send("POST", "/moto-api/reset", {}, b"")
        for bucket in BUCKETS:
            self._make(bucket)
        self._client.put_bucket_versioning(Bucket=BUCKETS[0], VersioningConfiguration={"Status": "Enabled"})
        for line in first:
            self._put(line)

    def stop(self) -> None:
        self._client.close()
        self._moto.stop()

    @cached_property
    def _client(self) -> Any:
        return _session(f"http://{self.host}:{self.port}").client("s3")

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """Forward a request unchanged, and return the answer: its status, headers and body."""
        connection = http.client.HTTPConnection(self.host, self.port)
        with contextlib.closing(connection):
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def _make(self, bucket: str) -> None:
        with contextlib.suppress(self._client.exceptions.BucketAlreadyOwnedByYou):
            self._client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def _put(self, line: Json) -> None:
        bucket, _, key = line["object"].removeprefix("s3://").partition("/")
        self._make(bucket)
        text = line["text"] if "text" in line else json.dumps(line["json"]) if "json" in line else _lined(line["lines"])
        self._client.put_object(Bucket=bucket, Key=key, Body=text.encode())

    def objects(self) -> dict[str, list[Version]]:
        found: dict[str, list[Version]] = {}
        for bucket in [one["Name"] for one in self._client.list_buckets()["Buckets"]]:
            for page in self._client.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for one in page.get("Versions", ()):
                    body = self._client.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
                    version = Version(body, one["VersionId"], one["ETag"].strip('"'))
                    found.setdefault(f"s3://{bucket}/{one['Key']}", []).insert(0, version)
        return found

    def lines(self) -> Iterator[Json]:
        """The newest version of each object; an account file holds text alone, so bytes that are no text are replaced."""
        for uri, versions in self.objects().items():
            newest = versions[-1]
            yield {"object": uri, "text": newest.body.decode(errors="replace"), "etag": newest.etag}


def _lined(values: list[Any]) -> str:
    return "".join(f"{json.dumps(value)}\n" for value in values)


def s3_operation(method: str, key: str, query: dict[str, str], headers: Any) -> str:
    """The name of the S3 operation of a request, for those that are known here."""
    by_query = {
        "uploads": {"POST": "CreateMultipartUpload", "GET": "ListMultipartUploads"},
        "partNumber": {"PUT": "UploadPart"},
        "uploadId": {"POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts"},
        "versioning": {"GET": "GetBucketVersioning", "PUT": "PutBucketVersioning"},
        "versions": {"GET": "ListObjectVersions"},
        "location": {"GET": "GetBucketLocation"},
        "delete": {"POST": "DeleteObjects"},
        "list-type": {"GET": "ListObjectsV2"},
    }
    for word, operations in by_query.items():
        if word in query and method in operations:
            return operations[method]
    if key and method == "PUT" and "x-amz-copy-source" in headers:
        return "CopyObject"
    plain = {"PUT": ("CreateBucket", "PutObject"), "GET": ("ListObjects", "GetObject"), "HEAD": ("HeadBucket", "HeadObject")}
    return plain.get(method, ("DeleteBucket", "DeleteObject"))[bool(key)]


# --- HTTP -----------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    """The server: a thread for each connection, all of which end with it."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: StandIn) -> None:
        self.service = service
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def verify_request(self, *_: Any) -> bool:
        return not self.service.down

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # otherwise the client is gone, perhaps killed

    def stop(self) -> None:
        self.shutdown()
        with self._guard:
            left = list(self._open)
        for one in left:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one write
    server: _Server

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def handle_expect_100(self) -> bool:
        """Answer at once that a body may come: an S3 client waits a second for that."""
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  (http.server's own names)

    def _serve(self) -> None:
        body = self._body()
        service = self.server.service
        if service.down:
            return self._drop()
        if service.latency:
            time.sleep(service.latency)
        name = ""
        try:
            name, operation, request = self._asked(body)
            lost = service.begin(operation, request)
            answer = self._answer(name, operation, request, body)
        except Struck as struck:
            return self._strike(name, struck.fault)
        except Failure as failure:
            return self._fail(name, failure.code, failure.message, failure.status)
        return self._drop() if lost or service.down else self._send(*answer)

    def _answer(self, name: str, operation: str, request: Json, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        if name in ("sagemaker", "sagemaker-metrics"):
            told = self.server.service.answer(name, operation, request)
            return 200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(told).encode()
        if name == "s3":
            kept = {key: value for key, value in self.headers.items() if key.lower() not in _HOP}
            return self.server.service.storage.send(self.command, self.path, kept, body)
        if operation == "GetCallerIdentity":
            said = f"<Arn>{CALLER}</Arn><UserId>stand-in</UserId><Account>{ACCOUNT}</Account>"
            text = f"<GetCallerIdentityResponse><GetCallerIdentityResult>{said}</GetCallerIdentityResult></GetCallerIdentityResponse>"
            return 200, [("Content-Type", "text/xml")], text.encode()
        raise Failure("AccessDeniedException", f"User: {CALLER} is not authorized to perform: {name}:{operation}")

    # --- requests -------------------------------------------------------------------------------

    def _asked(self, body: bytes) -> tuple[str, str, Json]:
        """The service, the operation and its request."""
        target = self.headers.get("X-Amz-Target", "")
        scope = _SCOPE.search(self.headers.get("Authorization", ""))
        signed = scope[1] if scope else "s3"
        if target:
            name, _, operation = target.rpartition(".")
            return ("sagemaker" if name == "SageMaker" else signed), operation, json.loads(body or b"{}")
        if signed == "sagemaker":
            return "sagemaker-metrics", urlsplit(self.path).path.strip("/"), json.loads(body or b"{}")
        if signed == "s3":
            return "s3", *self._asked_of_s3()
        form = {key: values[0] for key, values in parse_qs(body.decode(errors="replace")).items()}
        return signed, form.pop("Action", self.path), form

    def _asked_of_s3(self) -> tuple[str, Json]:
        parts = urlsplit(self.path)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        operation = s3_operation(self.command, key, query, self.headers)
        names = {"Bucket": bucket} | ({"Key": key} if key else {})
        return operation, names | {name: value for name, value in query.items() if value}

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            """What follows the last chunk."""

    # --- answers --------------------------------------------------------------------------------

    def _strike(self, name: str, fault: Fault) -> None:
        if fault.code == DROP:
            return self._drop()
        return self._fail(name, fault.code, fault.message, fault.status)

    def _drop(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _fail(self, name: str, code: str, message: str, status: int) -> None:
        said = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
        if name.startswith("sagemaker") or "X-Amz-Target" in self.headers:
            kind, text = "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})
        else:
            kind, text = (
                "text/xml",
                f"<Error>{said}</Error>" if name == "s3" else f"<ErrorResponse><Error>{said}</Error></ErrorResponse>",
            )
        self._send(status, [("Content-Type", kind), ("x-amzn-errortype", code)], text.encode())

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        head = self.command == "HEAD"
        self.send_response(status)
        for key, value in headers:
            if key.lower() not in (*_HOP, "date", "server") or (head and key.lower() == "content-length"):
                self.send_header(key, value)
        if not head:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(b"" if head else body)
        self.wfile.flush()


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="Stand in for SageMaker's recording operations.")
    parser.add_argument("account", nargs="?", help="an account file, whose records it begins with")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds that each answer takes")
    asked = parser.parse_args()
    with StandIn(asked.latency, asked.account) as service:
        for name, value in service.environment.items():
            print(f"export {name}={value}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
