"""A server on loopback that answers as a forge does: what is said for a path, in turn; it keeps what was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Asked:
    """One call as it came in; `data` is its JSON, None without."""

    method: str
    path: str
    query: dict[str, str]
    data: Any
    headers: dict[str, str]


class ForgeServer(ThreadingHTTPServer):
    """Answers from a script: by method and path, else by path alone; the last answer stays. Unscripted is 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.script: dict[tuple[str, str], list[tuple[int, dict[str, str], bytes]]] = {}
        self.seen: list[Asked] = []
        self.stalls: set[str] = set()
        """Paths that get no answer until the server ends."""
        self.ended = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def say(self, path: str, status: int = 200, body: Any = None, *, on: str = "", **headers: str) -> None:
        """One more answer for a path; `on` is the method it is for, "" for any."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        kept = self.script.setdefault((on, path), [])
        kept.append((status, {"Content-Type": "application/json", **named}, data))

    def asked(self, method: str, path: str = "") -> list[Asked]:
        """The calls with this method, of this path where one is given."""
        return [one for one in self.seen if one.method == method and path in ("", one.path)]

    def wrote(self) -> list[tuple[str, str, Any]]:
        """All that was to change something: method, path and data."""
        return [(one.method, one.path, one.data) for one in self.seen if one.method != "GET"]


class _Handler(BaseHTTPRequestHandler):
    server: ForgeServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        data = json.loads(body) if body else None
        self.server.seen.append(Asked(self.command, path, dict(parse_qsl(query)), data, dict(self.headers)))
        if path in self.server.stalls:
            self.server.ended.wait(60)
            return
        script = self.server.script
        answers = (
            script.get((self.command, path))
            or script.get(("", path))
            or [(404, {"Content-Type": "application/json"}, b"{}")]
        )
        status, headers, content = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815


@contextmanager
def serving() -> Iterator[ForgeServer]:
    """A server that runs; ended with the block."""
    made = ForgeServer()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        made.ended.set()
        made.shutdown()
        thread.join()
        made.server_close()
