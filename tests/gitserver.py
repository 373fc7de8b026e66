"""A real Git server over HTTP on loopback: `git http-backend` behind a small CGI host."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class GitServer:
    """Serves every repository below `root` for reading and pushing.

    With `password` it asks for user and password (any user). `before_push` is called once for each push after the
    client has decided what to send and before the server takes it: there the remote can move.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.password: str | None = None
        self.before_push: Callable[[], None] | None = None
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def address(self) -> str:
        """The address that the repositories' names are put behind."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def create(self, name: str = "fleet.git", *, object_format: str = "sha1") -> str:
        """Make an empty bare repository that takes pushes; its address."""
        place = self.root / name
        subprocess.run(["git", "init", "-q", "--bare", f"--object-format={object_format}", place], check=True)
        subprocess.run(["git", "-C", place, "config", "http.receivepack", "true"], check=True)
        return f"{self.address}/{name}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve(b"")

        def do_POST(self) -> None:
            self._serve(self._body())

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _allowed(self) -> bool:
            if server.password is None:
                return True
            scheme, _, told = self.headers.get("Authorization", "").partition(" ")
            return scheme == "Basic" and base64.b64decode(told).decode().partition(":")[2] == server.password

        def _serve(self, body: bytes) -> None:
            path, _, query = self.path.partition("?")
            server.requests.append(f"{self.command} {self.path}")
            if not self._allowed():
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="fleet"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.command == "POST" and path.endswith("git-receive-pack") and body != b"0000" and server.before_push:
                move, server.before_push = server.before_push, None
                move()
            env = {
                **os.environ,
                "GIT_PROJECT_ROOT": str(server.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "REMOTE_USER": "someone",
                "REMOTE_ADDR": "127.0.0.1",
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }
            said = subprocess.run(["git", "http-backend"], input=body, env=env, capture_output=True, check=False)
            head, _, content = said.stdout.partition(b"\r\n\r\n")
            headers = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
            status = next((int(value.split()[0]) for key, value in headers if key == "Status"), 200)
            self.send_response(status)
            for key, value in headers:
                if key != "Status":
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler


@pytest.fixture
def git_server(tmp_path: Path) -> Iterator[GitServer]:
    """A server with an empty root; `create` makes a repository."""
    root = tmp_path / "served"
    root.mkdir()
    server = GitServer(root)
    yield server
    server.close()
