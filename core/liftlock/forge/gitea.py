"""Gitea and Forgejo, by their REST API (`/api/v1`); field names are those of their public reference."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge.address import Address
from liftlock.forge.reading import newest, seconds, text
from liftlock.forge.rest import Rest
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

_REVIEWS = {
    "APPROVED": ReviewState.APPROVED,
    "REQUEST_CHANGES": ReviewState.CHANGES,
    "COMMENT": ReviewState.COMMENTED,
    "REQUEST_REVIEW": ReviewState.ASKED,
}
_CHECKS = {
    "success": CheckState.PASSED,
    "warning": CheckState.PASSED,
    "skipped": CheckState.SKIPPED,
    "pending": CheckState.RUNNING,
    "failure": CheckState.FAILED,
    "error": CheckState.FAILED,
}
_METHODS = {"merge": MergeMethod.MERGE, "squash": MergeMethod.SQUASH, "rebase": MergeMethod.REBASE}
_WORKED_OUT = 20.0
"""Seconds that a merge waits for it to work out whether the branches go together; it does so after each push."""
_LOOKS = 8.0
"""Seconds after a change in which its no may just mean that it still looks."""


class Gitea(Rest):
    """One repository on a Gitea or Forgejo."""

    kind = "gitea"

    def __init__(self, address: Address, token: Token | None, runner: Runner, *, certificates: str = "") -> None:
        # The path may begin with the folder that the whole forge stands in.
        before, _, owner = address.owner.rpartition("/")
        base = f"{address.web}/{before}/api/v1" if before else f"{address.web}/api/v1"
        super().__init__(
            address,
            token,
            runner,
            base=base,
            authorization={"Authorization": f"token {token.secret}"} if token is not None else {},
            complaint=lambda data: str(data.get("message", "")),
            certificates=certificates,
        )
        self._repository = f"repos/{quote(owner)}/{quote(address.name)}"

    def me(self) -> str:
        """The user that the token belongs to, "" without one."""
        return text(self._http.get("user").get("login")) if self._signed_in else ""

    def open_requests(self) -> Iterator[PullRequest]:
        """All that are open, the last changed first."""
        try:
            for data in self._http.pages(f"{self._repository}/pulls", state="open", sort="recentupdate", limit=50):
                yield _request(data)
        except ForgeError as error:
            there = self._http.find(self._repository) if error.status == 404 else None
            if there is None or there.get("has_pull_requests", True):
                raise
            raise ForgeError(
                f"{self.where} takes no pull requests", "they are off in its settings", "turn them on there", status=404
            ) from error

    def request(self, number: int) -> PullRequest:
        """One pull request as it stands now."""
        return _request(self._http.get(f"{self._repository}/pulls/{number}"))

    def open(self, draft: Draft) -> PullRequest:
        """Open one; the one that is open for these branches already where there is one."""
        data = {
            "title": f"WIP: {draft.title}" if draft.draft else draft.title,
            "body": draft.body,
            "head": draft.head,
            "base": draft.base,
        }
        try:
            return _request(self._http.send("POST", f"{self._repository}/pulls", data, doing="open a pull request"))
        except ForgeError as error:
            there = self._there(draft) if error.status == 409 else None
            if there is None:
                raise
            return there

    def update(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Set title and body; draft or not stays as it is."""
        if (draft.title, draft.body) != (request.title, request.body):
            data = {"title": f"WIP: {draft.title}" if request.draft else draft.title, "body": draft.body}
            place = f"{self._repository}/pulls/{request.number}"
            self._http.send("PATCH", place, data, doing="update the pull request")
        return self.request(request.number)

    def dress(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Add the labels that the repository has, and ask for a review who is not asked yet."""
        missing = [name for name in draft.labels if name not in request.labels]
        if missing and (known := self._labels(missing)):
            place = f"{self._repository}/issues/{request.number}/labels"
            self._http.send("POST", place, {"labels": known}, doing="label the pull request")
        answered = {review.user for review in self.reviews(request)} if draft.reviewers else set()
        wanted = [name for name in draft.reviewers if name != request.author and name not in answered]
        if wanted:
            place = f"{self._repository}/pulls/{request.number}/requested_reviewers"
            self._http.send("POST", place, {"reviewers": wanted}, doing="ask for a review")
        return self.request(request.number)

    def reviews(self, request: PullRequest) -> tuple[Review, ...]:
        """What each person said last, and who was asked and has not answered."""
        found: dict[str, Review] = {name: Review(name, ReviewState.ASKED, request.opened) for name in request.reviewers}
        for data in self._http.pages(f"{self._repository}/pulls/{request.number}/reviews", limit=50):
            state = _REVIEWS.get(str(data.get("state")))
            user = text((data.get("user") or data.get("team") or {}).get("login"))
            if state is None or not user or data.get("dismissed"):
                continue
            known = found.get(user)
            if state is ReviewState.COMMENTED and known is not None and known.state is not ReviewState.ASKED:
                continue  # a remark does not take an approval back
            at = seconds(data.get("submitted_at"))
            stale = bool(data.get("stale"))
            if state is ReviewState.ASKED and user not in request.reviewers:
                continue  # has answered since
            found[user] = Review(user, state, at, text(data.get("commit_id")), stale)
        return tuple(found.values())

    def checks(self, commit: str) -> tuple[CommitCheck, ...]:
        """The newest status of each name."""
        found = [
            (
                CommitCheck(
                    text(data.get("context")),
                    _CHECKS.get(str(data.get("status")), CheckState.RUNNING),
                    text(data.get("description")),
                    text(data.get("target_url")),
                ),
                int(data.get("id") or 0),
            )
            for data in self._http.pages(f"{self._repository}/commits/{commit}/statuses", limit=50)
        ]
        return newest(found)

    def rules(self, branch: str) -> Rules:
        """What the protection of the branch wants; it is only told to who may see it."""
        repository = self._http.get(self._repository)
        allowed = {
            MergeMethod.MERGE: repository.get("allow_merge_commits", True),
            MergeMethod.SQUASH: repository.get("allow_squash_merge", True),
            MergeMethod.REBASE: repository.get("allow_rebase", True),
        }
        usual = _METHODS.get(str(repository.get("default_merge_style")), MergeMethod.MERGE)
        methods = tuple(sorted((m for m, there in allowed.items() if there), key=lambda m: m is not usual))
        told = self._http.find(f"{self._repository}/branches/{quote(branch, safe='')}") or {}
        if not told.get("protected"):
            return Rules(methods)
        checks = tuple(text(name) for name in told.get("status_check_contexts") or ())
        return Rules(
            methods,
            int(told.get("required_approvals") or 0),
            checks if told.get("enable_status_check") else (),
            protected=True,
        )

    def approve(self, request: PullRequest) -> None:
        """Approve what the branch holds at `request.head_commit`."""
        self._http.send(
            "POST",
            f"{self._repository}/pulls/{request.number}/reviews",
            {"event": "APPROVED", "commit_id": request.head_commit},
            doing="approve the pull request",
        )

    def merge(self, request: PullRequest, method: MergeMethod, title: str, message: str) -> None:
        """Merge, provided that the branch still stands at `request.head_commit`."""
        data = {"Do": str(method), "head_commit_id": request.head_commit}
        if method is not MergeMethod.REBASE:
            data |= {"MergeTitleField": title, "MergeMessageField": message}
        until = time.monotonic() + _WORKED_OUT
        while True:
            try:
                place = f"{self._repository}/pulls/{request.number}/merge"
                self._http.send("POST", place, data, doing=f"{method} the pull request")
            except ForgeError as error:
                # Right after a push it has not worked out yet whether the branches go together: nothing was done.
                looking = error.status == 405 and "try again later" in error.detail.lower()
                if looking and request.mergeable is not False and time.monotonic() < until:
                    time.sleep(0.5)
                    continue
                raise
            return

    def close_request(self, request: PullRequest) -> None:
        """Close it unmerged."""
        place = f"{self._repository}/pulls/{request.number}"
        self._http.send("PATCH", place, {"state": "closed"}, doing="close the pull request")

    def delete_branch(self, branch: str) -> bool:
        """Take the branch away; whether it was there."""
        return self._taken(f"{self._repository}/branches/{quote(branch, safe='')}", "delete the branch")

    def new_request_page(self, head: str, base: str) -> str:
        """The page on which a person opens a pull request by hand."""
        return f"{self._page}/compare/{quote(base, safe='')}...{quote(head, safe='')}"

    def fork_of(self) -> str:
        """The repository that this one is a fork of, "" where it is none."""
        return text((self._http.get(self._repository).get("parent") or {}).get("full_name"))

    def _labels(self, names: list[str]) -> list[int]:
        """The numbers of these labels, as far as the repository has them: none is made unasked."""
        known = {str(data.get("name")): int(data["id"]) for data in self._http.pages(f"{self._repository}/labels")}
        return [known[name] for name in names if name in known]


def _request(data: dict[str, Any]) -> PullRequest:
    head, base = data.get("head") or {}, data.get("base") or {}
    merged = bool(data.get("merged"))
    state = RequestState.MERGED if merged else RequestState(str(data.get("state", "open")))
    opened = state is RequestState.OPEN
    return PullRequest(
        int(data["number"]),
        text(data.get("title")).removeprefix("WIP: ") if data.get("draft") else text(data.get("title")),
        text(data.get("body"), newlines=True),
        state,
        bool(data.get("draft")),
        # Of a branch that is gone just the label has the name.
        text(head.get("label") if str(head.get("ref")).startswith("refs/pull/") else head.get("ref")),
        text(head.get("sha")),
        text((head.get("repo") or {}).get("full_name")),
        text(base.get("ref")),
        text((data.get("user") or {}).get("login")),
        text(data.get("html_url")),
        seconds(data.get("created_at")),
        seconds(data.get("updated_at")),
        tuple(text(label.get("name")) for label in data.get("labels") or ()),
        tuple(text(user.get("login")) for user in data.get("requested_reviewers") or ()),
        _mergeable(data) if opened else None,
        text(data.get("merge_commit_sha")) if merged else "",
        fork=(head.get("repo") or {}).get("id") != (base.get("repo") or {}).get("id"),
    )


def _mergeable(data: dict[str, Any]) -> bool | None:
    """Whether it goes together with its base. It says no while it looks into that, which it does after each push."""
    if data.get("mergeable") is None or data["mergeable"]:
        return data.get("mergeable")
    return None if time.time() - seconds(data.get("updated_at")) < _LOOKS else False
