"""Bitbucket Data Center and Server, by their REST API; field names are those of their public reference.

Every change names the version of the pull request that it was made for: what somebody changed meanwhile is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge.address import Address
from liftlock.forge.bitbucket import authorization
from liftlock.forge.reading import newest, seconds, text
from liftlock.forge.rest import Rest, moved
from liftlock.forge.tokens import Token
from liftlock.model.forge import (
    CheckState,
    CommitCheck,
    Draft,
    MergeMethod,
    PullRequest,
    RequestState,
    Review,
    ReviewState,
    Rules,
)

_STATES = {"OPEN": RequestState.OPEN, "MERGED": RequestState.MERGED}
_CHECKS = {
    "SUCCESSFUL": CheckState.PASSED,
    "FAILED": CheckState.FAILED,
    "CANCELLED": CheckState.FAILED,
    "INPROGRESS": CheckState.RUNNING,
}
_REVIEWS = {"APPROVED": ReviewState.APPROVED, "NEEDS_WORK": ReviewState.CHANGES}
_STRATEGIES = {
    "no-ff": MergeMethod.MERGE,
    "ff": MergeMethod.MERGE,
    "squash": MergeMethod.SQUASH,
    "squash-ff-only": MergeMethod.SQUASH,
    "rebase-no-ff": MergeMethod.REBASE,
    "rebase-ff-only": MergeMethod.REBASE,
    "ff-only": MergeMethod.REBASE,
}
_HEADS = "refs/heads/"
_PAGE = 100


class BitbucketServer(Rest):
    """One repository on a Bitbucket of one's own."""

    kind = "bitbucket-server"
    html = False
    longest = 32_000
    request_ref = "refs/pull-requests/{}/from"

    def __init__(self, address: Address, token: Token | None, runner: Runner, *, certificates: str = "") -> None:
        # Over HTTP repositories lie below `scm`, which may itself lie in a folder; over ssh they do not.
        before, _, path = f"/{address.path}".rpartition("/scm/")
        project, _, name = path.strip("/").rpartition("/")
        super().__init__(
            address,
            token,
            runner,
            base=f"{address.web}{before}/rest",
            authorization=authorization(token),
            complaint=_complaint,
            denies=_denies,
            headers={"X-Atlassian-Token": "no-check"},
            certificates=certificates,
        )
        self._slug = f"projects/{quote(project)}/repos/{quote(name)}"
        self._page = f"{address.web}{before}/{self._slug}"
        self._repository = f"api/latest/{self._slug}"
        self._requests = f"{self._repository}/pull-requests"

    def me(self) -> str:
        """The user that the token belongs to, "" without one. It is told beside every answer."""
        if not self._signed_in:
            return ""
        return text(self._http.answer("GET", "api/latest/application-properties").user)

    def open_requests(self) -> Iterator[PullRequest]:
        """All that are open, the last opened first."""
        for data in self._http.pages(self._requests, key="values", state="OPEN", order="NEWEST", limit=_PAGE):
            yield _request(data, {})

    def request(self, number: int) -> PullRequest:
        """One pull request as it stands now, with what its merge checks say."""
        data = self._http.get(f"{self._requests}/{number}")
        standing = self._http.get(f"{self._requests}/{number}/merge") if data.get("state") == "OPEN" else {}
        return _request(data, standing)

    def open(self, draft: Draft) -> PullRequest:
        """Open one; the one that is open for these branches already where there is one."""
        data: dict[str, object] = {
            "title": draft.title,
            "description": draft.body,
            "fromRef": {"id": f"{_HEADS}{draft.head}"},
            "toRef": {"id": f"{_HEADS}{draft.base}"},
        }
        if draft.draft:
            data["draft"] = True
        try:
            return _request(self._http.send("POST", self._requests, data, doing="open a pull request"), {})
        except ForgeError as error:
            there = self._there(draft) if error.status == 409 else None
            if there is None:
                raise
            return there

    def update(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Set title and description; draft or not stays as it is."""
        if (draft.title, draft.body) != (request.title, request.body):
            self._put(request.number, draft.title, draft.body, (), "update the pull request")
        return self.request(request.number)

    def dress(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Ask for a review who is not asked yet; there are no labels here."""
        answered = {review.user for review in self.reviews(request)} if draft.reviewers else set()
        wanted = tuple(name for name in draft.reviewers if name != request.author and name not in answered)
        if wanted:
            self._put(request.number, None, None, wanted, "ask for a review")
        return self.request(request.number)

    def _put(self, number: int, title: str | None, body: str | None, more: tuple[str, ...], doing: str) -> None:
        """Change it; all that is not named would be taken away."""
        now = self._http.get(f"{self._requests}/{number}")
        names = [str((one.get("user") or {}).get("name")) for one in now.get("reviewers") or ()]
        data = {
            "version": now.get("version"),
            "title": now.get("title") if title is None else title,
            "description": now.get("description", "") if body is None else body,
            "reviewers": [{"user": {"name": name}} for name in dict.fromkeys((*names, *more))],
        }
        self._http.send("PUT", f"{self._requests}/{number}", data, doing=doing)

    def reviews(self, request: PullRequest) -> tuple[Review, ...]:
        """What each person said last, and who was asked and has not answered."""
        found: dict[str, Review] = {name: Review(name, ReviewState.ASKED, request.opened) for name in request.reviewers}
        data = self._http.get(f"{self._requests}/{request.number}")
        for one in (*(data.get("reviewers") or ()), *(data.get("participants") or ())):
            user = text((one.get("user") or {}).get("name"))
            state = _REVIEWS.get(str(one.get("status")))
            if user and state is not None:
                found[user] = Review(user, state, request.changed, text(one.get("lastReviewedCommit")))
        return tuple(found.values())

    def checks(self, commit: str) -> tuple[CommitCheck, ...]:
        """The newest build status of each name."""
        place = f"build-status/latest/commits/{commit}"
        return newest(
            (
                CommitCheck(
                    text(data.get("name")) or text(data.get("key")),
                    _CHECKS.get(str(data.get("state")), CheckState.RUNNING),
                    text(data.get("description")),
                    text(data.get("url")),
                ),
                seconds(data.get("dateAdded")),
            )
            for data in self._http.pages(place, key="values", limit=_PAGE)
        )

    def rules(self, branch: str) -> Rules:
        """The repository's settings; what more is wanted of a branch, each pull request's merge checks say."""
        told = self._http.get(f"{self._repository}/settings/pull-requests")
        config = told.get("mergeConfig") or {}
        usual = str((config.get("defaultStrategy") or {}).get("id", "no-ff"))
        names = [str(one.get("id")) for one in config.get("strategies") or () if one.get("enabled")]
        ordered = sorted(names or [usual], key=lambda name: name != usual)
        methods = tuple(dict.fromkeys(_STRATEGIES[name] for name in ordered if name in _STRATEGIES))
        return Rules(
            methods or (MergeMethod.MERGE,),
            _count(told.get("requiredApprovers")),
            passing=_count(told.get("requiredSuccessfulBuilds")),
        )

    def approve(self, request: PullRequest) -> None:
        """Approve what the branch holds at `request.head_commit`."""
        name = self.me()
        data = {"user": {"name": name}, "status": "APPROVED", "lastReviewedCommit": request.head_commit}
        place = f"{self._requests}/{request.number}/participants/{quote(self._slug_of(name), safe='')}"
        try:
            self._http.send("PUT", place, data, doing="approve the pull request")
        except ForgeError as error:
            self._explain(error, request)
            raise

    def _slug_of(self, name: str) -> str:
        for user in self._http.pages("api/latest/users", key="values", filter=name, limit=_PAGE):
            if user.get("name") == name:
                return str(user.get("slug"))
        return re.sub(r"[^a-z0-9._-]", "_", name.lower())

    def merge(self, request: PullRequest, method: MergeMethod, title: str, message: str) -> None:
        """Merge, provided that the branch still stands at `request.head_commit`."""
        version = self._standing(request)
        config = self._http.get(f"{self._repository}/settings/pull-requests").get("mergeConfig") or {}
        names = [str((config.get("defaultStrategy") or {}).get("id"))]
        names += [str(one.get("id")) for one in config.get("strategies") or () if one.get("enabled")]
        strategy = next((name for name in names if _STRATEGIES.get(name) is method), None)
        data: dict[str, object] = {"message": f"{title}\n\n{message}", "version": version}
        if strategy is not None:
            data["strategyId"] = strategy
        place = f"{self._requests}/{request.number}/merge?version={version}"
        try:
            self._http.send("POST", place, data, doing=f"{method} the pull request")
        except ForgeError as error:
            self._explain(error, request)
            raise

    def _standing(self, request: PullRequest) -> int:
        """The version to change, of a pull request whose branch stands where it was looked at."""
        data = self._http.get(f"{self._requests}/{request.number}")
        now = text((data.get("fromRef") or {}).get("latestCommit"))
        if now != request.head_commit:
            raise moved(request, now)
        return int(data.get("version") or 0)

    def _explain(self, error: ForgeError, request: PullRequest) -> None:
        """Of a refusal for what changed meanwhile, whether it was the branch. Raises ForgeError when it was."""
        if error.status == 409:
            self._standing(request)

    def close_request(self, request: PullRequest) -> None:
        """Decline it."""
        version = self._http.get(f"{self._requests}/{request.number}").get("version")
        place = f"{self._requests}/{request.number}/decline?version={version}"
        self._http.send("POST", place, {"version": version}, doing="decline the pull request")

    def delete_branch(self, branch: str) -> bool:
        """Take the branch away; whether it was there is not told."""
        place = f"branch-utils/latest/{self._slug}/branches"
        data = {"name": f"{_HEADS}{branch}", "dryRun": False}
        self._http.send("DELETE", place, data, doing="delete the branch")
        return True

    def new_request_page(self, head: str, base: str) -> str:
        """The page on which a person opens a pull request by hand."""
        source, target = quote(f"{_HEADS}{head}", safe=""), quote(f"{_HEADS}{base}", safe="")
        return f"{self._page}/pull-requests?create&sourceBranch={source}&targetBranch={target}"

    def fork_of(self) -> str:
        """The repository that this one is a fork of, "" where it is none."""
        return _path(self._http.get(self._repository).get("origin") or {})


def _count(told: object) -> int:
    """How many are required: a number in old versions, a switch with a number in later ones."""
    if isinstance(told, dict):
        on = told.get("enable", told.get("enabled", True))
        told = told.get("count") if on else 0
    return int(told) if isinstance(told, int | str) and str(told).isdigit() else 0


def _complaint(data: Any) -> str:
    """All that is said, with the reasons of each merge check."""
    said = []
    for one in data.get("errors") or ():
        vetoes = [_veto(veto) for veto in one.get("vetoes") or ()]
        said += [str(one.get("message", "")), *vetoes]
    return "; ".join(part for part in said if part) or str(data.get("message", ""))


def _denies(data: Any) -> bool:
    return any(str(one.get("exceptionName")).endswith("AuthorisationException") for one in data.get("errors") or ())


def _veto(veto: dict[str, Any]) -> str:
    return text(veto.get("detailedMessage")) or text(veto.get("summaryMessage"))


def _path(repository: dict[str, Any]) -> str:
    key, slug = text((repository.get("project") or {}).get("key")), text(repository.get("slug"))
    return f"{key}/{slug}" if slug else ""


def _request(data: dict[str, Any], standing: dict[str, Any]) -> PullRequest:
    source, target = data.get("fromRef") or {}, data.get("toRef") or {}
    state = _STATES.get(str(data.get("state")), RequestState.CLOSED)
    home, there = source.get("repository") or {}, target.get("repository") or {}
    outcome = str(standing.get("outcome") or ("CONFLICTED" if standing.get("conflicted") else "CLEAN"))
    page: dict[str, Any] = next(iter((data.get("links") or {}).get("self") or ()), {})
    landed = (data.get("properties") or {}).get("mergeCommit") or {}
    return PullRequest(
        int(data["id"]),
        text(data.get("title")),
        text(data.get("description"), newlines=True),
        state,
        bool(data.get("draft")),
        text(source.get("displayId")),
        text(source.get("latestCommit")),
        _path(home),
        text(target.get("displayId")),
        text(((data.get("author") or {}).get("user") or {}).get("name")),
        text(page.get("href")),
        seconds(data.get("createdDate")),
        seconds(data.get("updatedDate")),
        (),
        tuple(
            text((one.get("user") or {}).get("name"))
            for one in data.get("reviewers") or ()
            if str(one.get("status")) not in _REVIEWS
        ),
        {"CLEAN": True, "CONFLICTED": False}.get(outcome) if standing else None,
        text(landed.get("id")) if state is RequestState.MERGED else "",
        fork=home.get("id") != there.get("id"),
        cleared=bool(standing.get("canMerge")),
        blocked="; ".join(_veto(veto) for veto in standing.get("vetoes") or ()),
    )
