"""HTTP to a forge: one small layer over requests. Every way it can fail is an error that a person can act on.

Reads are tried again where the server stumbled; what writes is sent once, unless the server says that it took nothing.
What was read before is asked for conditionally, which costs nothing of a rate limit. Every write stands in the
journal, without the token.
"""

from __future__ import annotations

import json
import re
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.shell import joined
from liftlock.text import printable
from liftlock.values import dataclass

_CONNECT, _READ = 6.0, 25.0
"""Seconds until a connection, and between two pieces of an answer."""
_TRIES = 3
_PATIENCE = 8.0
"""The longest that a forge's own "later" is waited for, in seconds."""
_NOISE = re.compile(
    r"^(?:<[^>]*object at 0x\w+>|HTTPS?Connection\w*\([^)]*\)): (?:Failed to establish a new connection: )?"
    r"|\[Errno -?\d+\] "
)
"""What urllib3 puts before a reason of the system."""
_KEPT = 400
_LARGEST = 20_000_000
_SECONDARY = 60.0
"""Seconds that a limit is taken to last where the forge does not say."""


class _Header(AuthBase):
    """The authorization as a header. An auth of our own also keeps requests from looking into netrc by itself."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class _Trusting(HTTPAdapter):
    """Trusts what the system trusts beside what requests brings, as git does: a company's own certificates."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=ssl.create_default_context(), **kwargs)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the JSON in it (None for nothing), and the address of the next page ("" for none).

    `user` is whom a forge says that it answers, "" where it does not say.
    """

    status: int
    data: Any
    next: str = ""
    user: str = ""


class Http:
    """Calls to one forge as one user. `complaint` finds what the forge itself says in the JSON of a refusal.

    `looked_for` are the places where a token would have been found, `origin` is where it was. `denies` tells of the
    JSON of a 401 whether it is a right that is missing: some forges use that status for both.
    """

    def __init__(
        self,
        base: str,
        authorization: Mapping[str, str],
        runner: Runner,
        *,
        complaint: Callable[[Any], str],
        signed_in: bool,
        certificates: str = "",
        headers: Mapping[str, str] | None = None,
        looked_for: str = "",
        origin: str = "",
        denies: Callable[[Any], bool] = lambda data: False,
    ) -> None:
        self._base = base.rstrip("/")
        self._shown = printable(urlsplit(base).netloc)
        self._runner = runner
        self._complaint = complaint
        self._signed_in = signed_in
        self._denies = denies
        self._from = f" from {origin}" if origin else ""
        self._mine = f"the one from {origin}" if origin else "it"
        self._looked_for = f"give a token: {looked_for}" if looked_for else "give a token"
        self._session = requests.Session()
        self._session.auth = _Header(authorization)
        self._session.headers.update({"Accept": "application/json", "User-Agent": "liftlock", **(headers or {})})
        # Named with each call: a variable of requests' own would win over one that is the session's.
        self._certificates = certificates or None
        if not certificates and self._base.startswith("https:"):
            self._session.mount("https://", _Trusting())
        self._known: dict[str, tuple[str, Answer]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def get(self, path: str, **params: object) -> Any:
        """The JSON at a path. Raises ForgeError."""
        return self.answer("GET", path, params=params).data

    def find(self, path: str, **params: object) -> Any | None:
        """The JSON at a path, None where there is nothing. Raises ForgeError."""
        try:
            return self.get(path, **params)
        except ForgeError as error:
            if error.status == 404:
                return None
            raise

    def pages(self, path: str, *, key: str = "", **params: object) -> Iterator[Any]:
        """The items of all pages of a list, as they come; `key` is where an answer has them. Raises ForgeError.

        The next page is where the Link header, `next` or `nextPageStart` says: each forge has one of the three.
        """
        answer = self.answer("GET", path, params=params)
        while True:
            data = answer.data
            items = data.get(key) if isinstance(data, dict) else data if not key else None
            if not isinstance(items, list):
                raise self._odd(answer.status, "a list was expected")
            yield from items
            if isinstance(data, dict) and data.get("isLastPage") is False and data.get("nextPageStart") is not None:
                answer = self.answer("GET", path, params={**params, "start": data["nextPageStart"]})
                continue
            following = answer.next or (str(data.get("next") or "") if isinstance(data, dict) else "")
            if not following or not self._is_ours(following):
                return
            answer = self.answer("GET", following)

    def send(self, method: str, path: str, data: object = None, *, doing: str) -> Any:
        """Write something; `doing` is what the journal says of it. Raises ForgeError."""
        started = time.monotonic()
        code: int | None = None
        try:
            answer = self.answer(method, path, data=data)
            code = 0
            return answer.data
        except ForgeError as error:
            code = error.status or 1
            raise
        finally:
            address = self._address(path)
            body = [] if data is None else ["-H", "Content-Type: application/json", "-d", json.dumps(data)]
            self._runner.note(
                f"{method} {address}  ({doing})",
                seconds=time.monotonic() - started,
                code=code,
                mutates=True,
                script=f'curl -fsS -X {method} -H "Authorization: $AUTHORIZATION" {joined([*body, address])}',
            )

    def answer(
        self, method: str, path: str, *, params: Mapping[str, object] | None = None, data: object = None
    ) -> Answer:
        """One call, as often as is harmless. Raises ForgeError."""
        address = self._address(path)
        query = {key: str(value) for key, value in (params or {}).items() if value is not None}
        reads = method == "GET"
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                response = self._once(method, address, query, data)
            except requests.exceptions.SSLError as error:
                raise self._untrusted(error) from error
            except requests.exceptions.Timeout as error:
                if reads and not last:
                    continue
                raise ForgeError(
                    f"{self._shown} does not answer in time",
                    f"nothing came for {_READ:g} s" + ("" if reads else "; what was asked may have been done"),
                    "look whether it is up, then try again" if reads else "look there before you try again",
                ) from error
            except requests.exceptions.RequestException as error:
                if reads and not last and isinstance(error, requests.exceptions.ConnectionError):
                    time.sleep(0.3 * (attempt + 1))
                    continue
                raise ForgeError(
                    f"{self._shown} cannot be reached", _cause(error), "look at the network and the remote's address"
                ) from error
            if response.status_code >= 500 and reads and not last:
                time.sleep(0.3 * (attempt + 1))
                continue
            wait = _retry_after(response)
            if response.status_code == 429 and not last and wait is not None and wait <= _PATIENCE:
                time.sleep(wait)  # it took nothing, so a write may be sent again as well
                continue
            return self._told(method, address, response)
        raise AssertionError  # the last try returns or raises

    def _once(self, method: str, address: str, query: Mapping[str, str], data: object) -> requests.Response:
        headers: dict[str, str] = {}
        with self._lock:
            known = self._known.get(_key(address, query)) if method == "GET" else None
        if known is not None:
            headers["If-None-Match"] = known[0]
        response = self._session.request(
            method,
            address,
            params=query or None,
            json=data,
            headers=headers,
            timeout=(_CONNECT, _READ),
            verify=self._certificates,
            allow_redirects=method == "GET",
            stream=True,
        )
        try:
            body = response.raw.read(_LARGEST + 1, decode_content=True)
        except Exception as error:
            raise requests.exceptions.ConnectionError(error) from error
        finally:
            response.close()
        if len(body) > _LARGEST:
            raise ForgeError(f"{self._shown} answers with too much", f"more than {_LARGEST // 1_000_000} MB")
        response._content = body
        return response

    def _told(self, method: str, address: str, response: requests.Response) -> Answer:
        key = _key(address, {}) if not response.request.url else response.request.url
        if response.status_code == 304:
            with self._lock:
                known = self._known.get(key)
            if known is not None:
                return known[1]
        if not response.ok or response.is_redirect:
            raise self._refused(method, response)
        if not response.content.strip():
            return Answer(response.status_code, None)
        try:
            parsed = response.json()
        except ValueError as error:
            kind = printable(response.headers.get("Content-Type", "something"))
            raise self._odd(response.status_code, f"{kind} came instead of JSON") from error
        following = response.links.get("next", {}).get("url", "")
        answer = Answer(response.status_code, parsed, following, response.headers.get("X-AUSERNAME", ""))
        etag = response.headers.get("ETag")
        if method == "GET" and etag:
            with self._lock:
                if len(self._known) >= _KEPT:
                    self._known.pop(next(iter(self._known)))
                self._known[key] = (etag, answer)
        return answer

    def _refused(self, method: str, response: requests.Response) -> ForgeError:
        status = response.status_code
        said = self._said(response)
        if status in (429, 403) and (until := _limited(response, said)):
            return ForgeError(
                f"{self._shown} takes no more calls for now",
                said or "the rate limit is used up",
                f"again at {time.strftime('%H:%M:%S', time.localtime(until))}",
                status=status,
                until=until,
            )
        if response.is_redirect:
            return ForgeError(
                f"{self._shown} has moved",
                f"it points to {printable(response.headers.get('Location', 'another place'))}",
                "set the remote's new address: git remote set-url origin URL",
                status=status,
            )
        if status == 401 and self._is_denial(response):
            status = 403
        if status == 401:
            title = "refuses the token" if self._signed_in else "wants a token"
            hint = f"{self._mine} is wrong or expired: make a new one" if self._signed_in else self._looked_for
            return ForgeError(f"{self._shown} {title}", said, hint, status=status)
        if status == 403:
            hint = f"the token{self._from} lacks a right, or you do" if self._signed_in else self._looked_for
            where = response.headers.get("X-GitHub-SSO", "").partition("url=")[2]
            if where:
                hint = f"let the token in by single sign-on: {printable(where)}"
            return ForgeError(f"{self._shown} does not allow this", said, hint, status=status)
        if status == 404:
            hint = "it is not there, or the token may not see it"
            return ForgeError(f"{self._shown} does not find this", said, hint, status=status)
        if status >= 500:
            return ForgeError(f"{self._shown} is in trouble (HTTP {status})", said, "try again later", status=status)
        return ForgeError(f"{self._shown} refuses this (HTTP {status})", said, status=status)

    def _said(self, response: requests.Response) -> str:
        try:
            return printable(self._complaint(response.json()))[:500]
        except (ValueError, TypeError, KeyError, AttributeError):
            kind = response.headers.get("Content-Type", "")
            return "it answered with a web page" if "html" in kind else printable(response.text[:200])

    def _is_denial(self, response: requests.Response) -> bool:
        try:
            return self._denies(response.json())
        except (ValueError, TypeError, KeyError, AttributeError):
            return False

    def _odd(self, status: int, what: str) -> ForgeError:
        hint = "is this the forge's own address? a login page or a proxy may stand before it"
        return ForgeError(f"{self._shown} does not answer as a forge does", what, hint, status=status)

    def _untrusted(self, error: Exception) -> ForgeError:
        return ForgeError(
            f"The certificate of {self._shown} is not trusted",
            _cause(error),
            f"name the one that signed it: git config http.{printable(self._base)}/.sslCAInfo FILE",
        )

    def _address(self, path: str) -> str:
        return path if path.startswith(("http://", "https://")) else f"{self._base}/{path.lstrip('/')}"

    def _is_ours(self, address: str) -> bool:
        mine, theirs = urlsplit(self._base), urlsplit(address)
        return (mine.scheme, mine.netloc) == (theirs.scheme, theirs.netloc)


def _key(address: str, query: Mapping[str, str]) -> str:
    return requests.Request("GET", address, params=dict(query)).prepare().url or address


def _retry_after(response: requests.Response) -> float | None:
    told = response.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else None


def _limited(response: requests.Response, said: str) -> float:
    """When the rate limit ends (seconds since the epoch), 0 when this is none.

    GitHub's second limit, on bursts, is a 403 that may come with no header at all: only its words tell.
    """
    after = _retry_after(response)
    if after is not None:
        return time.time() + after
    headers = response.headers
    left = headers.get("X-RateLimit-Remaining", headers.get("RateLimit-Remaining"))
    reset = headers.get("X-RateLimit-Reset", headers.get("RateLimit-Reset", ""))
    if left == "0" and reset.isdigit():
        return float(reset)
    return time.time() + _SECONDARY if response.status_code == 429 or "secondary rate limit" in said.lower() else 0


def _cause(error: BaseException) -> str:
    """The innermost reason, in the system's words."""
    inner: BaseException = error
    while True:
        reason = getattr(inner, "reason", None) or (inner.args[0] if inner.args else None)
        if not isinstance(reason, BaseException):
            break
        inner = reason
    said = getattr(inner, "strerror", None) or getattr(inner, "verify_message", None) or str(inner)
    return printable(_NOISE.sub("", str(said)))[:300]
