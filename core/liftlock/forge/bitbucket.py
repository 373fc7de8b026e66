"""Bitbucket Cloud, by its REST API (2.0); field names are those of its public reference.

It knows no labels. It has no way to say which commit is meant when something is approved or merged: that is looked at
just before.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from fnmatch import fnmatchcase
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

_STATES = {"OPEN": RequestState.OPEN, "MERGED": RequestState.MERGED}
_CHECKS = {
    "SUCCESSFUL": CheckState.PASSED,
    "FAILED": CheckState.FAILED,
    "STOPPED": CheckState.FAILED,
    "INPROGRESS": CheckState.RUNNING,
}
_STRATEGIES = {
    "merge_commit": MergeMethod.MERGE,
    "squash": MergeMethod.SQUASH,
    "squash_fast_forward": MergeMethod.SQUASH,
    "fast_forward": MergeMethod.REBASE,
    "rebase_fast_forward": MergeMethod.REBASE,
    "rebase_merge": MergeMethod.REBASE,
}
# What a difference says of a file that both sides changed.
_CONFLICTS = ("merge conflict", "rename conflict", "rename/delete conflict", "subrepo conflict")
_CONFLICTS_BY_DELETION = ("local deleted", "remote deleted")
_APPROVALS = ("require_approvals_to_merge", "require_default_reviewer_approvals_to_merge")
_PAGE = 50


class Bitbucket(Rest):
    """One repository on Bitbucket Cloud."""

    kind = "bitbucket"
    html = False
    longest = 30_000
    request_ref = ""

    def __init__(self, address: Address, token: Token | None, runner: Runner, *, certificates: str = "") -> None:
        super().__init__(
            address,
            token,
            runner,
            base="https://api.bitbucket.org/2.0" if address.host == "bitbucket.org" else f"{address.web}/2.0",
            authorization=authorization(token),
            complaint=_complaint,
            certificates=certificates,
        )
        self._workspace = address.owner
        self._repository = f"repositories/{quote(address.owner)}/{quote(address.name)}"
        self._requests = f"{self._repository}/pullrequests"

    def me(self) -> str:
        """The user that the token belongs to, "" without one; that of a repository or a workspace belongs to nobody."""
        if not self._signed_in:
            return ""
        try:
            return _name(self._http.get("user"))
        except ForgeError as error:
            if error.status != 403:
                raise
            return "a token without a user"

    def open_requests(self) -> Iterator[PullRequest]:
        """All that are open, the last changed first."""
        yield from self._list(state="OPEN", sort="-updated_on")

    def _list(self, **wanted: object) -> Iterator[PullRequest]:
        # A list leaves people out unless they are asked for.
        fields = "+values.reviewers,+values.participants"
        for data in self._http.pages(self._requests, key="values", pagelen=_PAGE, fields=fields, **wanted):
            yield _request(data, None)

    def request(self, number: int) -> PullRequest:
        """One pull request as it stands now, with whether it goes together with its base."""
        data = self._http.get(f"{self._requests}/{number}")
        mergeable = None
        if data.get("state") == "OPEN":
            changes = self._http.pages(f"{self._requests}/{number}/diffstat", key="values", pagelen=_PAGE)
            mergeable = not any(one.get("status") in (*_CONFLICTS, *_CONFLICTS_BY_DELETION) for one in changes)
        # Its commits are told by their first digits alone.
        for place in ((data.get("source") or {}).get("commit"), data.get("merge_commit")):
            if place and place.get("hash"):
                place["hash"] = self._whole(str(place["hash"]))
        return _request(data, mergeable)

    def _whole(self, commit: str) -> str:
        """The whole id of a commit; what was told of it where it is not there any more."""
        return str((self._http.find(f"{self._repository}/commit/{commit}") or {}).get("hash") or commit)

    def open(self, draft: Draft) -> PullRequest:
        """Open one; the one that is open for these branches already where there is one."""
        there = self._there(draft)  # opening a second one would write over the first
        if there is not None:
            return there
        data: dict[str, object] = {
            "title": draft.title,
            "description": draft.body,
            "source": {"branch": {"name": draft.head}},
            "destination": {"branch": {"name": draft.base}},
            "close_source_branch": False,
        }
        if draft.draft:
            data["draft"] = True
        made = self._http.send("POST", self._requests, data, doing="open a pull request")
        return _request(made, None)

    def _there(self, draft: Draft) -> PullRequest | None:
        wanted = " AND ".join(
            f'{field}="{value}"'
            for field, value in (
                ("source.branch.name", draft.head),
                ("destination.branch.name", draft.base),
                ("state", "OPEN"),
            )
        )
        return next((one for one in self._list(q=wanted) if one.head == draft.head and not one.fork), None)

    def update(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Set title and description; draft or not stays as it is."""
        if (draft.title, draft.body) != (request.title, request.body):
            self._put(request.number, {"title": draft.title, "description": draft.body}, (), "update the pull request")
        return self.request(request.number)

    def dress(self, request: PullRequest, draft: Draft) -> PullRequest:
        """Ask for a review who is not asked yet; there are no labels here."""
        answered = {review.user for review in self.reviews(request)} if draft.reviewers else set()
        wanted = [name for name in draft.reviewers if name != request.author and name not in answered]
        if wanted:
            self._put(request.number, {"title": request.title}, [*map(self._user, wanted)], "ask for a review")
        return self.request(request.number)

    def _put(self, number: int, data: dict[str, object], more: list[str] | tuple[()], doing: str) -> None:
        """Change it. Who is not named among the reviewers would be asked no more."""
        there = [str(one.get("uuid")) for one in self._http.get(f"{self._requests}/{number}").get("reviewers") or ()]
        people = [{"uuid": uuid} for uuid in dict.fromkeys((*there, *more))]
        self._http.send("PUT", f"{self._requests}/{number}", {**data, "reviewers": people}, doing=doing)

    def _user(self, name: str) -> str:
        """The id of a member of the workspace, by id, nickname or name."""
        if name.startswith("{"):
            return name
        place = f"workspaces/{quote(self._workspace)}/members"
        for data in self._http.pages(place, key="values", pagelen=100):
            user = data.get("user") or {}
            if name in (user.get("nickname"), user.get("display_name"), user.get("account_id")):
                return str(user.get("uuid"))
        raise ForgeError(
            f"The workspace {self._workspace} has no member {name}", "", "name reviewers by their nickname"
        )

    def reviews(self, request: PullRequest) -> tuple[Review, ...]:
        """What each person said last, and who was asked and has not answered."""
        found: dict[str, Review] = {name: Review(name, ReviewState.ASKED, request.opened) for name in request.reviewers}
        for data in self._http.get(f"{self._requests}/{request.number}").get("participants") or ():
            user = _name(data.get("user") or {})
            state = {
                "approved": ReviewState.APPROVED,
                "changes_requested": ReviewState.CHANGES,
            }.get(str(data.get("state")), ReviewState.APPROVED if data.get("approved") else None)
            if user and state is not None:
                found[user] = Review(user, state, seconds(data.get("participated_on")))
        return tuple(found.values())

    def checks(self, commit: str) -> tuple[CommitCheck, ...]:
        """The newest build status of each name."""
        place = f"{self._repository}/commit/{commit}/statuses"
        return newest(
            (
                CommitCheck(
                    text(data.get("name")) or text(data.get("key")),
                    _CHECKS.get(str(data.get("state")), CheckState.RUNNING),
                    text(data.get("description")),
                    text(data.get("url")),
                ),
                seconds(data.get("updated_on")),
            )
            for data in self._http.pages(place, key="values", pagelen=_PAGE)
        )

    def rules(self, branch: str) -> Rules:
        """The strategies of the branch, and its restrictions, which are told to administrators alone."""
        there = self._branch(branch)
        names = [str(name) for name in there.get("merge_strategies") or ("merge_commit",)]
        usual = str(there.get("default_merge_strategy") or names[0])
        ordered = sorted(names, key=lambda name: name != usual)
        methods = tuple(dict.fromkeys(_STRATEGIES[name] for name in ordered if name in _STRATEGIES))
        place = f"{self._repository}/branch-restrictions"
        try:
            found = [*self._http.pages(place, key="values", pagelen=_PAGE)]
        except ForgeError as error:
            if error.status not in (401, 403):
                raise
            return Rules(methods, told=False)
        mine = [one for one in found if self._applies(one, branch)]
        approvals = max((int(one.get("value") or 0) for one in mine if one.get("kind") in _APPROVALS), default=0)
        builds = [int(one.get("value") or 0) for one in mine if one.get("kind") == "require_passing_builds_to_merge"]
        return Rules(methods, approvals, protected=bool(mine), passing=max(builds, default=0))

    def _applies(self, restriction: dict[str, Any], branch: str) -> bool:
        if restriction.get("branch_match_kind") != "branching_model":
            return fnmatchcase(branch, str(restriction.get("pattern")))
        kind = str(restriction.get("branch_type"))
        model = self._http.find(f"{self._repository}/effective-branching-model") or {}
        if kind in ("development", "production"):
            return text(((model.get(kind) or {}).get("branch") or {}).get("name")) == branch
        prefixes = [str(one.get("prefix")) for one in model.get("branch_types") or () if one.get("kind") == kind]
        return any(branch.startswith(prefix) for prefix in prefixes)

    def approve(self, request: PullRequest) -> None:
        """Approve it, provided that its branch stands at `request.head_commit` just before."""
        self._must_stand(request)
        self._http.send("POST", f"{self._requests}/{request.number}/approve", doing="approve the pull request")

    def merge(self, request: PullRequest, method: MergeMethod, title: str, message: str) -> None:
        """Merge it, provided that its branch stands at `request.head_commit` just before."""
        there = self._branch(request.base)
        names = [str(there.get("default_merge_strategy")), *(there.get("merge_strategies") or ())]
        strategy = next((name for name in names if _STRATEGIES.get(name) is method), None)
        data: dict[str, object] = {"message": f"{title}\n\n{message}", "close_source_branch": False}
        if strategy is not None:
            data["merge_strategy"] = strategy
        self._must_stand(request)
        place = f"{self._requests}/{request.number}/merge"
        self._http.send("POST", place, data, doing=f"{method} the pull request")

    def _must_stand(self, request: PullRequest) -> None:
        now = _request(self._http.get(f"{self._requests}/{request.number}"), None).head_commit
        if not request.head_commit.startswith(now):
            raise moved(request, now)

    def _branch(self, branch: str) -> dict[str, Any]:
        return self._http.find(f"{self._repository}/refs/branches/{quote(branch)}") or {}

    def close_request(self, request: PullRequest) -> None:
        """Decline it."""
        self._http.send("POST", f"{self._requests}/{request.number}/decline", doing="decline the pull request")

    def delete_branch(self, branch: str) -> bool:
        """Take the branch away; whether it was there."""
        return self._taken(f"{self._repository}/refs/branches/{quote(branch)}", "delete the branch")

    def new_request_page(self, head: str, base: str) -> str:
        """The page on which a person opens a pull request by hand."""
        return f"{self._page}/pull-requests/new?source={quote(head, safe='')}&dest={quote(base, safe='')}"

    def fork_of(self) -> str:
        """The repository that this one is a fork of, "" where it is none."""
        return text((self._http.get(self._repository).get("parent") or {}).get("full_name"))


def authorization(token: Token | None) -> dict[str, str]:
    """A password or an API token with its user as such, an access token of its own as a bearer."""
    if token is None:
        return {}
    if token.user in ("", "x-token-auth"):
        return {"Authorization": f"Bearer {token.secret}"}
    pair = base64.b64encode(f"{token.user}:{token.secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def _complaint(data: Any) -> str:
    """The message, with its detail and what it says of each field."""
    told = data.get("error") or {}
    fields = told.get("fields") or {}
    more = [f"{key}: {' '.join(map(str, v)) if isinstance(v, list) else v}" for key, v in fields.items()]
    return "; ".join(str(part) for part in (told.get("message"), told.get("detail"), *more) if part)


def _name(user: dict[str, Any]) -> str:
    return text(user.get("nickname")) or text(user.get("display_name"))


def _request(data: dict[str, Any], mergeable: bool | None) -> PullRequest:
    source, target = data.get("source") or {}, data.get("destination") or {}
    state = _STATES.get(str(data.get("state")), RequestState.CLOSED)
    answered = {_name(one.get("user") or {}) for one in data.get("participants") or () if one.get("state")}
    home = source.get("repository") or {}
    return PullRequest(
        int(data["id"]),
        text(data.get("title")),
        text(data.get("description") or (data.get("summary") or {}).get("raw"), newlines=True),
        state,
        bool(data.get("draft")),
        text((source.get("branch") or {}).get("name")),
        text((source.get("commit") or {}).get("hash")),
        text(home.get("full_name")),
        text((target.get("branch") or {}).get("name")),
        _name(data.get("author") or {}),
        text(((data.get("links") or {}).get("html") or {}).get("href")),
        seconds(data.get("created_on")),
        seconds(data.get("updated_on")),
        (),
        tuple(name for one in data.get("reviewers") or () if (name := _name(one)) not in answered),
        mergeable if state is RequestState.OPEN else None,
        text((data.get("merge_commit") or {}).get("hash")),
        fork=home.get("uuid") != (target.get("repository") or {}).get("uuid"),
        blocked="it waits in a queue to be merged" if data.get("queued") else "",
    )
