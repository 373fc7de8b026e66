"""A proxy before a real forge that forwards everything and loses the answers that a test names."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

_OURS = ("connection", "transfer-encoding", "content-length", "host", "accept-encoding", "content-encoding")


class Losing(ThreadingHTTPServer):
    """Forwards to `forge`. Where `loses` fits (method, end of the path), the forge does it and nobody hears of it."""

    daemon_threads = True

    def __init__(self, forge: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forge = forge
        self.loses: tuple[str, str] | None = None
        self.lost = 0
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Losing

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _forward(self) -> None:
        headers = {key: value for key, value in self.headers.items() if key.lower() not in _OURS}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(
                self.command, f"{self.server.forge}{self.path}", headers=headers, data=self._body(), timeout=60
            )
        lost = self.server.loses
        if lost is not None and self.command == lost[0] and self.path.endswith(lost[1]):
            self.server.loses = None
            self.server.lost = answer.status_code
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        for key, value in answer.headers.items():
            if key.lower() not in _OURS:
                self.send_header(key, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _forward  # noqa: N815


@contextmanager
def losing(forge: str) -> Iterator[Losing]:
    """A proxy that runs; ended with the block."""
    made = Losing(forge)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
