"""GitLab, gitlab.com and self-managed, by its REST API (`/api/v4`); field names are those of its reference."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge.address import Address
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

_STATES = {"opened": RequestState.OPEN, "locked": RequestState.OPEN, "merged": RequestState.MERGED}
_CHECKS = {
    "success": CheckState.PASSED,
    "failed": CheckState.FAILED,
    "canceled": CheckState.FAILED,
    "skipped": CheckState.SKIPPED,
    "manual": CheckState.SKIPPED,
}
_REVIEWS = {
    "approved": ReviewState.APPROVED,
    "requested_changes": ReviewState.CHANGES,
    "reviewed": ReviewState.COMMENTED,
}
_WORKING = ("unchecked", "checking", "preparing", "approvals_syncing", "cannot_be_merged_recheck")
# What `detailed_merge_status` says beside reviews, checks, drafts and conflicts, which are judged by themselves.
_BLOCKED = {
    "need_rebase": "its branch has to be rebased onto its base",
    "discussions_not_resolved": "a discussion is not resolved",
    "merge_request_blocked": "another merge request has to be merged first",
    "status_checks_must_pass": "an external status check has not passed",
    "security_policy_violations": "a security policy stands against it",
    "security_policies_violations": "a security policy stands against it",
    "jira_association_missing": "its title or description has to name a Jira issue",
    "title_regex": "its title is not as the project wants it",
    "merge_time": "it may only be merged later",
    "locked_paths": "a path that it changes is locked",
    "locked_lfs_files": "a file that it changes is locked",
    "not_approved": "an approval that is required is missing",
    "ci_must_pass": "its pipeline has to pass",
}
_DRAFT = "Draft: "
_WORKED_OUT = 20.0
"""Seconds that it gets to work out whether a branch can be merged; it does so after each push."""
_PAGE = 100


class GitLab(Rest):
    """One project on GitLab, at any depth of groups."""

    kind = "gitlab"
    longest = 1_000_000
    request_ref = "refs/merge-requests/{}/head"

    def __init__(self, address: Address, token: Token | None, runner: Runner, *, certificates: str = "") -> None:
        super().__init__(
            address,
            token,
            runner,
            base=f"{address.web}/api/v4",
            # Personal and project tokens are taken as bearers as well as those of OAuth.
            authorization={"Authorization": f"Bearer {token.secret}"} if token is not None else {},
            complaint=_complaint,
            certificates=certificates,
        )
        self._path = address.path
        self._project = f"projects/{quote(address.path, safe='')}"
        self._requests = f"{self._project}/merge_requests"

    def me(self) -> str:
        """The user that the token belongs to, "" without one."""
        return text(self._http.get("user").get("username")) if self._signed_in else ""

    def open_requests(self) -> Iterator[PullRequest]:
        """All that are open, the last changed first."""
        for data in self._http.pages(
            self._requests, state="opened", order_by="updated_at", sort="desc", per_page=_PAGE
        ):
            yield self._read(data)

    def request(self, number: int) -> PullRequest:
        """One merge request as it stands now."""
        return self._read(self._http.get(f"{self._requests}/{number}"))

    def open(self, draft: Draft) -> PullRequest:
        """Open one; the one that is open for these branches already where there is one."""
        data = {
            "title": f"{_DRAFT}{draft.title}" if draft.draft else draft.title,
            "description": draft.body,
            "source_branch": draft.head,
            "target_branch": draft.base,
        }
        try:
            return self._read(self._send("POST", self._requests, data, doing="open a merge request"))
        except ForgeError as error:
            there = self._there(draft) if error.status == 409 else None
            if there is None:
                raise
            return there

    def update(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Set title and description; draft or not stays as it is."""
        if (draft.title, draft.body) != (request.title, request.body):
            title = f"{_DRAFT}{draft.title}" if request.draft else draft.title
            place, data = f"{self._requests}/{request.number}", {"title": title, "description": draft.body}
            self._send("PUT", place, data, doing="update the merge request")
        return self.request(request.number)

    def dress(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Add the labels that the project or its groups have, and ask for a review who is not asked yet."""
        place = f"{self._requests}/{request.number}"
        data: dict[str, object] = {}
        missing = {name for name in draft.labels if name not in request.labels}
        if missing:  # one that is not there would be made by adding it
            known = [str(one.get("name")) for one in self._http.pages(f"{self._project}/labels", per_page=_PAGE)]
            if there := [name for name in known if name in missing]:
                data["add_labels"] = ",".join(there)
        answered = {review.user for review in self.reviews(request)} if draft.reviewers else set()
        wanted = [name for name in draft.reviewers if name != request.author and name not in answered]
        if wanted:
            asked = [int(one["id"]) for one in self._http.get(place).get("reviewers") or ()]
            data["reviewer_ids"] = [*asked, *(self._user(name) for name in wanted)]
        if data:
            self._send("PUT", place, data, doing="label the merge request and ask for a review")
        return self.request(request.number)

    def reviews(self, request: PullRequest) -> tuple[Review, ...]:
        """What each person said last, and who was asked and has not answered."""
        found: dict[str, Review] = {name: Review(name, ReviewState.ASKED, request.opened) for name in request.reviewers}
        place = f"{self._requests}/{request.number}"
        # Older ones have no such list.
        for data in self._http.find(f"{place}/reviewers", per_page=_PAGE) or ():
            user = text((data.get("user") or {}).get("username"))
            state = _REVIEWS.get(str(data.get("state")))
            if user and state is not None:
                found[user] = Review(user, state, seconds(data.get("created_at")))
        for data in (self._http.find(f"{place}/approvals") or {}).get("approved_by") or ():
            user = text((data.get("user") or {}).get("username"))
            if user:
                found[user] = Review(user, ReviewState.APPROVED, seconds(data.get("approved_at")) or request.changed)
        return tuple(found.values())

    def checks(self, commit: str) -> tuple[CommitCheck, ...]:
        """Jobs and external statuses, the newest of each name; one that may fail stands against nothing."""
        found = []
        for data in self._http.pages(f"{self._project}/repository/commits/{commit}/statuses", per_page=_PAGE):
            state = _CHECKS.get(str(data.get("status")), CheckState.RUNNING)
            said = text(data.get("description"))
            if data.get("allow_failure") and state is not CheckState.PASSED:
                state, said = CheckState.SKIPPED, said or "it may fail"
            check = CommitCheck(text(data.get("name")), state, said, text(data.get("target_url")))
            found.append((check, float(data.get("id") or 0)))
        return newest(found)

    def rules(self, branch: str) -> Rules:
        """What the project and its approval rules want of this branch."""
        project = self._http.get(self._project)
        name = quote(branch, safe="")
        there = self._http.find(f"{self._project}/repository/branches/{name}") or {}
        protected = bool(there.get("protected"))
        approvals, told = 0, True
        try:
            # Only some editions have such rules.
            for rule in self._http.find(f"{self._project}/approval_rules", per_page=_PAGE) or ():
                if _applies(rule, branch, protected):
                    approvals = max(approvals, int(rule.get("approvals_required") or 0))
        except ForgeError as error:
            if error.status not in (401, 403):
                raise
            told = False
        passing = 1 if project.get("only_allow_merge_if_pipeline_succeeds") else 0
        return Rules(_methods(project), approvals, (), protected=protected, told=told, passing=passing)

    def approve(self, request: PullRequest) -> None:
        """Approve what the branch holds at `request.head_commit`."""
        place, data = f"{self._requests}/{request.number}/approve", {"sha": request.head_commit}
        self._send("POST", place, data, doing="approve the merge request")

    def merge(self, request: PullRequest, method: MergeMethod, title: str, message: str) -> None:
        """Merge, provided that the branch still stands at `request.head_commit`."""
        place = f"{self._requests}/{request.number}"
        until = time.monotonic() + _WORKED_OUT
        while self._http.get(place).get("detailed_merge_status") in _WORKING and time.monotonic() < until:
            time.sleep(0.5)
        whole = f"{title}\n\n{message}"
        data: dict[str, object] = {"sha": request.head_commit, "squash": method is MergeMethod.SQUASH}
        if method is MergeMethod.SQUASH:
            data["squash_commit_message"] = whole
        if method is not MergeMethod.REBASE:
            data["merge_commit_message"] = whole
        try:
            self._send("PUT", f"{place}/merge", data, doing=f"{method} the merge request")
        except ForgeError as error:
            if error.status == 409:
                raise moved(request, self.request(request.number).head_commit) from error
            raise

    def close_request(self, request: PullRequest) -> None:
        """Close it unmerged."""
        place = f"{self._requests}/{request.number}"
        self._send("PUT", place, {"state_event": "close"}, doing="close the merge request")

    def delete_branch(self, branch: str) -> bool:
        """Take the branch away; whether it was there."""
        return self._taken(f"{self._project}/repository/branches/{quote(branch, safe='')}", "delete the branch")

    def new_request_page(self, head: str, base: str) -> str:
        """The page on which a person opens a merge request by hand."""
        source, target = quote(head, safe=""), quote(base, safe="")
        place = f"{self._page}/-/merge_requests/new"
        return f"{place}?merge_request%5Bsource_branch%5D={source}&merge_request%5Btarget_branch%5D={target}"

    def fork_of(self) -> str:
        """The project that this one is a fork of, "" where it is none."""
        return text((self._http.get(self._project).get("forked_from_project") or {}).get("path_with_namespace"))

    def _send(self, method: str, place: str, data: object, *, doing: str) -> Any:
        """Write something. It answers 401 both to a token that is wrong and to one that may not do this."""
        try:
            return self._http.send(method, place, data, doing=doing)
        except ForgeError as error:
            if error.status == 401 and self._signed_in:
                user = self.me()  # refused as well when the token is wrong
                raise ForgeError(
                    f"{self.where} does not let {user} {doing}",
                    error.detail,
                    "the token lacks a right, or you do",
                    status=403,
                ) from error
            raise

    def _user(self, name: str) -> int:
        for data in self._http.get("users", username=name.removeprefix("@")):
            return int(data["id"])
        raise ForgeError(f"{self.where} knows no user {name}", "", "look at the reviewers that are named")

    def _read(self, data: dict[str, Any]) -> PullRequest:
        state = _STATES.get(str(data.get("state")), RequestState.CLOSED)
        opened, merged = state is RequestState.OPEN, state is RequestState.MERGED
        draft = bool(data.get("draft") or data.get("work_in_progress"))
        title = text(data.get("title"))
        standing = str(data.get("detailed_merge_status") or data.get("merge_status") or "") if opened else ""
        fork = data.get("source_project_id") != data.get("target_project_id")
        landed = data.get("merge_commit_sha") or data.get("squash_commit_sha") or data.get("sha")
        return PullRequest(
            int(data["iid"]),
            title.removeprefix(_DRAFT) if draft else title,
            text(data.get("description"), newlines=True),
            state,
            draft,
            text(data.get("source_branch")),
            text(data.get("sha")),
            f"project {data.get('source_project_id')}" if fork else self._path,
            text(data.get("target_branch")),
            text((data.get("author") or {}).get("username")),
            text(data.get("web_url")),
            seconds(data.get("created_at")),
            seconds(data.get("updated_at")),
            tuple(text(label) for label in data.get("labels") or ()),
            tuple(text(user.get("username")) for user in data.get("reviewers") or ()),
            _mergeable(data, standing) if opened else None,
            text(landed) if merged else "",
            fork=fork,
            cleared=standing == "mergeable",
            blocked=_BLOCKED.get(standing, ""),
        )


def _mergeable(data: dict[str, Any], standing: str) -> bool | None:
    if data.get("has_conflicts") or standing in ("conflict", "broken_status", "cannot_be_merged"):
        return False
    return None if standing in _WORKING or not standing else True


def _methods(project: dict[str, Any]) -> tuple[MergeMethod, ...]:
    """The ways to merge: what the project's merge method makes of the commits, and whether it squashes them before."""
    plain = MergeMethod.REBASE if project.get("merge_method") == "ff" else MergeMethod.MERGE
    return {
        "always": (MergeMethod.SQUASH,),
        "default_on": (MergeMethod.SQUASH, plain),
        "never": (plain,),
    }.get(str(project.get("squash_option")), (plain, MergeMethod.SQUASH))


def _applies(rule: dict[str, Any], branch: str, protected: bool) -> bool:
    if rule.get("applies_to_all_protected_branches"):
        return protected
    names = [one.get("name") for one in rule.get("protected_branches") or ()]
    return not names or branch in names


def _complaint(data: Any) -> str:
    """What is said: a text, a list, or texts by field."""
    said = data.get("message") or data.get("error_description") or data.get("error") or ""
    if isinstance(said, dict):
        said = [f"{key} {one}" for key, all_ in said.items() for one in (all_ if isinstance(all_, list) else [all_])]
    return "; ".join(map(str, said)) if isinstance(said, list) else str(said)
