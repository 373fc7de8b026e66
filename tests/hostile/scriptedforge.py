"""A forge whose every answer is hostile: Gitea's addresses on loopback, one pull request for each text."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from corpus import TEXTS

PLACES = (
    "the title of a pull request",
    "its description",
    "its author",
    "its branch",
    "a reviewer",
    "the name of a check",
    "what a check says",
    "the message of a refusal",
)


def _text(text: str) -> str:
    return "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in text)


def _request(number: int, text: str) -> dict[str, Any]:
    said = _text(text)
    line = said.replace("\n", " ")
    return {
        "number": number,
        "title": said,
        "body": f"{said}\n\nPromotion-From: dev\nPromotion-To: staging\nPromotion-App: {line}\n"
        f"Promotion-Move: {line} -> {line}\nPromotion-Reason: {line}\n",
        "state": "open",
        "user": {"login": said},
        "head": {"ref": said, "sha": f"{number:08x}" * 5, "repo": {"full_name": said}},
        "base": {"ref": "main"},
        "html_url": f"http://127.0.0.1/{said}",
        "created_at": said if number % 2 else "2026-01-01T00:00:00Z",
        "updated_at": "2026-01-01T00:00:00Z",
        "requested_reviewers": [{"login": said}],
        "labels": [{"name": said}],
        "mergeable": True,
    }


REQUESTS = [_request(number, text) for number, text in enumerate(TEXTS.values(), 1)]


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, told = _told(self.command, self.path.partition("?")[0])
        data = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815


def _told(method: str, path: str) -> tuple[int, Any]:
    every = "".join(_text(text) for text in TEXTS.values())
    if method != "GET":
        return 422, {"message": every}
    if path.endswith("/user"):
        return 200, {"login": every[:200]}
    if path.endswith("/version"):
        return 200, {"version": every[:200]}
    if path.endswith("/pulls"):
        return 200, REQUESTS
    if found := re.search(r"/pulls/(\d+)(/reviews)?$", path):
        number = int(found[1])
        if number > len(REQUESTS):
            return 404, {"message": every}
        said = REQUESTS[number - 1]["title"]
        review = {"state": "REQUEST_CHANGES", "user": {"login": said}, "submitted_at": said, "commit_id": said}
        return 200, [review] if found[2] else REQUESTS[number - 1]
    if found := re.search(r"/commits/([0-9a-f]+)/statuses$", path):
        said = REQUESTS[int(found[1][:8], 16) - 1]["title"]
        return 200, [{"id": 1, "context": said, "status": "failure", "description": said, "target_url": said}]
    if "/branches/" in path:
        checks = {"status_check_contexts": [every], "enable_status_check": True}
        return 200, {"protected": True, "required_approvals": 1, **checks}
    if path.endswith("/labels"):
        return 200, [{"id": 1, "name": every}]
    return 200, {"default_merge_style": every}


@contextmanager
def hostile_forge() -> Iterator[str]:
    """The forge for as long as the context lasts; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
