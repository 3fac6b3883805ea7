"""Serves an account file over HTTP in a separate process, so a benchmark measures only the crawl.

`python benchmarks/server.py ACCOUNT_FILE LATENCY` prints its port, and as JSON the calls of each service when its input ends.
Repeated answers come from memory: after a first crawl, an answer takes little more than LATENCY.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

from lineage.crawl.replay.session import Replay

SERVICE = re.compile(r"/([a-z0-9]+)/aws4_request")


class Server(ThreadingHTTPServer):
    """Answers as the account file does."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, path: str, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: Counter[str] = Counter()
        self.latency = latency
        self.answer = Replay(path).hooks()["before-send"]
        self.given: dict[tuple[str, bytes], tuple[int, bytes]] = {}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        service = SERVICE.search(self.headers["Authorization"])
        assert service
        if service[1] == "sagemaker":
            time.sleep(self.server.latency)
        target = self.headers["X-Amz-Target"]  # of services that speak JSON
        operation = target.rpartition(".")[2] if target else parse_qs(content.decode())["Action"][0]
        self.server.calls[service[1]] += 1
        status, body = self._given(f"before-send.{service[1]}.{operation}", content)
        self.wfile.write(b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)

    def _given(self, event: str, content: bytes) -> tuple[int, bytes]:
        if (event, content) not in self.server.given:
            request = SimpleNamespace(headers=dict(self.headers), body=content, url=self.path)
            answer = self.server.answer(request=request, event_name=event)
            self.server.given[event, content] = answer.status_code, answer.content
        return self.server.given[event, content]

    def log_message(self, *_: Any) -> None:
        """Nothing: the benchmark prints what matters."""


def main() -> None:
    path, latency = sys.argv[1:]
    server = Server(path, float(latency))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    print(json.dumps(server.calls))


if __name__ == "__main__":
    main()
