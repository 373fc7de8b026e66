"""What all forges have in common that speak REST: a connection, and how to find what is there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge.address import Address
from liftlock.forge.http import Http
from liftlock.forge.tokens import Token, places
from liftlock.model.forge import Draft, PullRequest


class Rest:
    """One repository on one forge, as one user. `base` is where the API begins, `headers` prove who asks."""

    kind = ""
    html = True
    longest = 65_000
    request_ref = "refs/pull/{}/head"

    def __init__(
        self,
        address: Address,
        token: Token | None,
        runner: Runner,
        *,
        base: str,
        authorization: Mapping[str, str],
        complaint: Callable[[Any], str],
        headers: Mapping[str, str] | None = None,
        denies: Callable[[Any], bool] = lambda data: False,
        certificates: str = "",
    ) -> None:
        self.where = address.shown
        self._page = f"{address.web}/{address.path}"
        self.looked_for = places(self.kind, address)
        self._signed_in = token is not None
        self._http = Http(
            base,
            authorization,
            runner,
            complaint=complaint,
            signed_in=token is not None,
            certificates=certificates,
            headers=headers,
            denies=denies,
            origin=token.origin if token is not None else "",
            looked_for=self.looked_for,
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def open_requests(self) -> Iterator[PullRequest]:
        """All that are open, the last changed first."""
        raise NotImplementedError

    def _there(self, draft: Draft) -> PullRequest | None:
        """The open one for the same branches."""
        for request in self.open_requests():
            if (request.head, request.base, request.fork) == (draft.head, draft.base, False):
                return request
        return None

    def _taken(self, place: str, doing: str, *, also: int = 404, words: str = "") -> bool:
        """Delete something; whether it was there. That it was not, status 404 tells, or `also` with these words."""
        try:
            self._http.send("DELETE", place, doing=doing)
            return True
        except ForgeError as error:
            if error.status == 404 or (error.status == also and words and words in error.detail.lower()):
                return False
            raise


def moved(request: PullRequest, now: str) -> ForgeError:
    """The branch holds something else than what was looked at."""
    return ForgeError(
        f"#{request.number} has changed since you looked",
        f"its branch stands at {now[:8]}, you saw {request.head_commit[:8]}",
        "look at it again",
        status=409,
    )
