"""GitHub, github.com and Enterprise, by its REST API (version 2022-11-28); field names are those of its reference."""

from __future__ import annotations

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
    "CHANGES_REQUESTED": ReviewState.CHANGES,
    "COMMENTED": ReviewState.COMMENTED,
}
_STATUSES = {
    "success": CheckState.PASSED,
    "pending": CheckState.RUNNING,
    "failure": CheckState.FAILED,
    "error": CheckState.FAILED,
}
_CONCLUSIONS = {"success": CheckState.PASSED, "neutral": CheckState.PASSED, "skipped": CheckState.SKIPPED}
_CLEAR = ("clean", "has_hooks")
_PAGE = 100


def api(address: Address) -> str:
    """Where the API of a host begins."""
    if address.host == "github.com":
        return "https://api.github.com"
    if address.host.endswith(".ghe.com"):
        return f"https://api.{address.host}"
    return f"{address.web}/api/v3"


class GitHub(Rest):
    """One repository on GitHub."""

    kind = "github"

    def __init__(self, address: Address, token: Token | None, runner: Runner, *, certificates: str = "") -> None:
        super().__init__(
            address,
            token,
            runner,
            base=api(address),
            authorization={"Authorization": f"Bearer {token.secret}"} if token is not None else {},
            complaint=_complaint,
            headers={"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"},
            certificates=certificates,
        )
        self._repository = f"repos/{quote(address.owner)}/{quote(address.name)}"

    def me(self) -> str:
        """The user that the token belongs to, "" without one."""
        return text(self._http.get("user").get("login")) if self._signed_in else ""

    def open_requests(self) -> Iterator[PullRequest]:
        """All that are open, the last changed first."""
        place = f"{self._repository}/pulls"
        for data in self._http.pages(place, state="open", sort="updated", direction="desc", per_page=_PAGE):
            yield _request(data)

    def request(self, number: int) -> PullRequest:
        """One pull request as it stands now."""
        return _request(self._http.get(f"{self._repository}/pulls/{number}"))

    def open(self, draft: Draft) -> PullRequest:
        """Open one; the one that is open for these branches already where there is one."""
        data = {
            "title": draft.title,
            "body": draft.body,
            "head": draft.head,
            "base": draft.base,
            "draft": draft.draft,
        }
        try:
            return _request(self._http.send("POST", f"{self._repository}/pulls", data, doing="open a pull request"))
        except ForgeError as error:
            there = self._there(draft) if error.status == 422 else None
            if there is None:
                raise
            return there

    def update(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Set title and body; draft or not stays as it is."""
        if (draft.title, draft.body) != (request.title, request.body):
            place = f"{self._repository}/pulls/{request.number}"
            data = {"title": draft.title, "body": draft.body}
            self._http.send("PATCH", place, data, doing="update the pull request")
        return self.request(request.number)

    def dress(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Add the labels that the repository has, and ask for a review who is not asked yet."""
        missing = [name for name in draft.labels if name not in request.labels]
        # A label that is not there would be made by adding it.
        place = f"{self._repository}/labels"
        if known := [name for name in missing if self._http.find(f"{place}/{quote(name, safe='')}") is not None]:
            issue = f"{self._repository}/issues/{request.number}/labels"
            self._http.send("POST", issue, {"labels": known}, doing="label the pull request")
        answered = {review.user.lower() for review in self.reviews(request)} if draft.reviewers else set()
        wanted = [n for n in draft.reviewers if n.lower() not in {request.author.lower(), *answered}]
        if wanted:
            data = {
                "reviewers": [name for name in wanted if "/" not in name],
                "team_reviewers": [name.rpartition("/")[2] for name in wanted if "/" in name],
            }
            asking = f"{self._repository}/pulls/{request.number}/requested_reviewers"
            self._http.send("POST", asking, {k: v for k, v in data.items() if v}, doing="ask for a review")
        return self.request(request.number)

    def reviews(self, request: PullRequest) -> tuple[Review, ...]:
        """What each person said last, and who was asked and has not answered."""
        found: dict[str, Review] = {name: Review(name, ReviewState.ASKED, request.opened) for name in request.reviewers}
        for data in self._http.pages(f"{self._repository}/pulls/{request.number}/reviews", per_page=_PAGE):
            state = _REVIEWS.get(str(data.get("state")))
            user = text((data.get("user") or {}).get("login"))
            if state is None or not user or user == request.author:
                continue  # dismissed, not sent yet, or the author's own remarks
            known = found.get(user)
            if state is ReviewState.COMMENTED and known is not None and known.state is not ReviewState.ASKED:
                continue  # a remark does not take an approval back
            # One of an earlier commit counts until it is dismissed, which the forge does itself where the rules say so.
            found[user] = Review(user, state, seconds(data.get("submitted_at")), text(data.get("commit_id")))
        return tuple(found.values())

    def checks(self, commit: str) -> tuple[CommitCheck, ...]:
        """Check runs and statuses, the newest of each name."""
        place = f"{self._repository}/commits/{commit}"
        found = [(_status(data), 0.0) for data in self._http.pages(f"{place}/status", key="statuses", per_page=_PAGE)]
        try:
            for data in self._http.pages(f"{place}/check-runs", key="check_runs", per_page=_PAGE):
                found.append((_run(data), float(data.get("id") or 0)))
        except ForgeError as error:
            if error.status not in (403, 404):
                raise
            # Some tokens may read statuses and no check runs; whether one may merge, the forge says as well.
        return newest(found)

    def rules(self, branch: str) -> Rules:
        """What rulesets and the protection of the branch want; the protection is only told to who may see it."""
        repository = self._http.get(self._repository)
        flags = {
            MergeMethod.MERGE: repository.get("allow_merge_commit", True),
            MergeMethod.SQUASH: repository.get("allow_squash_merge", True),
            MergeMethod.REBASE: repository.get("allow_rebase_merge", True),
        }
        methods = tuple(method for method, allowed in flags.items() if allowed)
        name = quote(branch, safe="")
        found = Rules(methods)
        for data in self._http.pages(f"{self._repository}/rules/branches/{name}", per_page=_PAGE):
            found = _with_rule(found, str(data.get("type")), data.get("parameters") or {})
        there = self._http.find(f"{self._repository}/branches/{name}") or {}
        if not there.get("protected"):
            return found
        return self._protection(found, name, there.get("protection") or {})

    def _protection(self, found: Rules, name: str, seen: dict[str, Any]) -> Rules:
        """The rules with those of the branch's own protection; `seen` is what everybody is told of it."""
        checks = _contexts(seen.get("required_status_checks") or {})
        approvals, told, linear = 0, True, False
        try:
            full = self._http.get(f"{self._repository}/branches/{name}/protection")
        except ForgeError as error:
            if error.status not in (403, 404):
                raise
            # "Branch not protected": it is by rulesets alone. Any other refusal keeps it from this token.
            told = "not protected" in error.detail.lower()
        else:
            checks = _contexts(full.get("required_status_checks") or {}) or checks
            wanted = full.get("required_pull_request_reviews") or {}
            approvals = int(wanted.get("required_approving_review_count") or 0)
            linear = bool((full.get("required_linear_history") or {}).get("enabled"))
        return Rules(
            _linear(found.methods) if linear else found.methods,
            max(found.approvals, approvals),
            tuple(dict.fromkeys((*found.checks, *checks))),
            protected=True,
            told=told,
        )

    def approve(self, request: PullRequest) -> None:
        """Approve what the branch holds at `request.head_commit`."""
        self._http.send(
            "POST",
            f"{self._repository}/pulls/{request.number}/reviews",
            {"event": "APPROVE", "commit_id": request.head_commit},
            doing="approve the pull request",
        )

    def merge(self, request: PullRequest, method: MergeMethod, title: str, message: str) -> None:
        """Merge, provided that the branch still stands at `request.head_commit`."""
        data = {"merge_method": str(method), "sha": request.head_commit}
        if method is not MergeMethod.REBASE:
            data |= {"commit_title": title, "commit_message": message}
        place = f"{self._repository}/pulls/{request.number}/merge"
        self._http.send("PUT", place, data, doing=f"{method} the pull request")

    def close_request(self, request: PullRequest) -> None:
        """Close it unmerged."""
        place = f"{self._repository}/pulls/{request.number}"
        self._http.send("PATCH", place, {"state": "closed"}, doing="close the pull request")

    def delete_branch(self, branch: str) -> bool:
        """Take the branch away; whether it was there."""
        place = f"{self._repository}/git/refs/heads/{quote(branch)}"
        return self._taken(place, "delete the branch", also=422, words="does not exist")

    def new_request_page(self, head: str, base: str) -> str:
        """The page on which a person opens a pull request by hand."""
        return f"{self._page}/compare/{quote(base, safe='')}...{quote(head, safe='')}?expand=1"

    def fork_of(self) -> str:
        """The repository that this one is a fork of, "" where it is none."""
        return text((self._http.get(self._repository).get("parent") or {}).get("full_name"))


def _complaint(data: Any) -> str:
    """The message, with what it says of each field."""
    more = [
        e.get("message") or f"{e.get('field')} {e.get('code')}" for e in data.get("errors") or () if isinstance(e, dict)
    ]
    return ": ".join(part for part in (str(data.get("message", "")), "; ".join(map(str, more))) if part)


def _status(data: dict[str, Any]) -> CommitCheck:
    state = _STATUSES.get(str(data.get("state")), CheckState.RUNNING)
    said = text(data.get("description"))
    return CommitCheck(text(data.get("context")), state, said, text(data.get("target_url")))


def _run(data: dict[str, Any]) -> CommitCheck:
    ended = data.get("status") == "completed"
    state = _CONCLUSIONS.get(str(data.get("conclusion")), CheckState.FAILED) if ended else CheckState.RUNNING
    said = text((data.get("output") or {}).get("title")) or text(data.get("conclusion") or data.get("status"))
    return CommitCheck(text(data.get("name")), state, said, text(data.get("html_url")))


def _with_rule(found: Rules, kind: str, wanted: dict[str, Any]) -> Rules:
    """The rules with one more of a ruleset."""
    methods, approvals, checks = found.methods, found.approvals, found.checks
    if kind == "pull_request":
        approvals = max(approvals, int(wanted.get("required_approving_review_count") or 0))
        allowed = wanted.get("allowed_merge_methods")
        methods = tuple(m for m in methods if str(m) in allowed) if isinstance(allowed, list) else methods
    elif kind == "required_status_checks":
        names = [text(one.get("context")) for one in wanted.get("required_status_checks") or ()]
        checks = tuple(dict.fromkeys((*checks, *names)))
    elif kind == "required_linear_history":
        methods = _linear(methods)
    return Rules(methods, approvals, checks, protected=True)


def _linear(methods: tuple[MergeMethod, ...]) -> tuple[MergeMethod, ...]:
    return tuple(method for method in methods if method is not MergeMethod.MERGE)


def _contexts(wanted: dict[str, Any]) -> tuple[str, ...]:
    """The names of required checks, in the old form and the new one."""
    names = [*(wanted.get("contexts") or ()), *(one.get("context") for one in wanted.get("checks") or ())]
    return tuple(dict.fromkeys(text(name) for name in names if name))


def _request(data: dict[str, Any]) -> PullRequest:
    head, base = data.get("head") or {}, data.get("base") or {}
    merged = bool(data.get("merged") or data.get("merged_at"))
    state = RequestState.MERGED if merged else RequestState(str(data.get("state", "open")))
    opened = state is RequestState.OPEN
    standing = str(data.get("mergeable_state", "")) if opened else ""
    asked = [text(user.get("login")) for user in data.get("requested_reviewers") or ()]
    asked += [text(team.get("slug")) for team in data.get("requested_teams") or ()]
    home = head.get("repo") or {}
    return PullRequest(
        int(data["number"]),
        text(data.get("title")),
        text(data.get("body"), newlines=True),
        state,
        bool(data.get("draft")),
        text(head.get("ref")),
        text(head.get("sha")),
        text(home.get("full_name")),
        text(base.get("ref")),
        text((data.get("user") or {}).get("login")),
        text(data.get("html_url")),
        seconds(data.get("created_at")),
        seconds(data.get("updated_at")),
        tuple(text(label.get("name")) for label in data.get("labels") or ()),
        tuple(asked),
        bool(data["mergeable"]) if opened and data.get("mergeable") is not None else None,
        text(data.get("merge_commit_sha")) if merged else "",
        fork=home.get("id") != (base.get("repo") or {}).get("id"),
        cleared=standing in _CLEAR,
        blocked={
            "behind": "its branch has to hold what is on its base now",
            "blocked": "a rule of the branch stands against it, which is not told more closely",
        }.get(standing, ""),
    )
