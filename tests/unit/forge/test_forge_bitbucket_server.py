"""Bitbucket Data Center: what is asked of it and what its answers become, written after its public reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from forgeserver import ForgeServer

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge import parse
from liftlock.forge.bitbucket_server import BitbucketServer
from liftlock.forge.tokens import Token
from liftlock.model.forge import CheckState, Draft, MergeMethod, RequestState, ReviewState

AT = "/git/rest/api/latest/projects/plat/repos/fleet"
HEAD = "c" * 40
DRAFT = Draft("promote(production): shop 1 -> 2", "what moves", "promote/shop", "main", ("release",), ("lin",))


def end(branch: str, commit: str, repository: int = 1) -> dict[str, Any]:
    return {
        "id": f"refs/heads/{branch}",
        "displayId": branch,
        "latestCommit": commit,
        "repository": {"id": repository, "slug": "fleet", "project": {"key": "PLAT"}},
    }


def person(name: str, status: str = "UNAPPROVED") -> dict[str, Any]:
    return {"user": {"name": name, "slug": name}, "role": "REVIEWER", "status": status}


def pull(number: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "version": 3,
        "state": "OPEN",
        "title": DRAFT.title,
        "description": DRAFT.body,
        "draft": False,
        "author": person("ada"),
        "reviewers": [],
        "participants": [],
        "createdDate": 1772359200000,
        "updatedDate": 1772362800000,
        "fromRef": end("promote/shop", HEAD),
        "toRef": end("main", "b" * 40),
        "links": {"self": [{"href": f"https://git.acme.io/git/projects/PLAT/repos/fleet/pull-requests/{number}"}]},
        **more,
    }


def page(*values: Any, following: int | None = None) -> dict[str, Any]:
    return {"values": list(values), "isLastPage": following is None, "nextPageStart": following, "limit": 100}


def refusal(message: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "errors": [{"context": None, "message": message, "exceptionName": f"com.atlassian.bitbucket.{name}", **more}]
    }


CLEAN = {"canMerge": True, "conflicted": False, "outcome": "CLEAN", "vetoes": []}
SETTINGS = {
    "mergeConfig": {
        "defaultStrategy": {"id": "squash"},
        "strategies": [
            {"id": "no-ff", "enabled": True},
            {"id": "squash", "enabled": True},
            {"id": "rebase-no-ff", "enabled": True},
            {"id": "ff-only", "enabled": False},
        ],
    },
    "requiredApprovers": {"enable": True, "count": "2"},
    "requiredSuccessfulBuilds": {"enable": False, "count": "1"},
}


def standing(server: ForgeServer, merge: dict[str, Any] = CLEAN, **more: Any) -> None:
    """Number 7 as it stands, with what its merge checks say, and the settings of the repository."""
    server.say(f"{AT}/pull-requests/7", 200, pull(**more))
    server.say(f"{AT}/pull-requests/7/merge", 200, merge, on="GET")
    server.say(f"{AT}/settings/pull-requests", 200, SETTINGS)


@pytest.fixture
def forge(server: ForgeServer) -> Iterator[BitbucketServer]:
    address = parse(f"{server.url}/git/scm/plat/fleet.git")
    assert address is not None
    made = BitbucketServer(address, Token("secret", "", "BITBUCKET_TOKEN"), Runner())
    yield made
    made.close()
    assert all(one.headers["Authorization"] == "Bearer secret" for one in server.seen)


def test_a_repository_cloned_over_ssh_has_no_folder_before_it():
    address = parse("ssh://git@git.acme.io:7999/~ada/fleet.git")
    assert address is not None
    made = BitbucketServer(address, None, Runner())
    assert made.new_request_page("a", "main").startswith("https://git.acme.io/projects/~ada/repos/fleet/pull-requests?")
    made.close()


def test_all_pages_of_what_is_open(server: ForgeServer, forge: BitbucketServer):
    server.say(f"{AT}/pull-requests", 200, page(pull(9), following=25))
    server.say(f"{AT}/pull-requests", 200, page(pull(7, fromRef=end("promote/shop", HEAD, 2))))
    assert [(one.number, one.fork) for one in forge.open_requests()] == [(9, False), (7, True)]
    assert [one.query.get("start") for one in server.seen] == [None, "25"]


def test_one_with_what_its_merge_checks_say(server: ForgeServer, forge: BitbucketServer):
    vetoes = [{"summaryMessage": "Not enough approvals", "detailedMessage": "You need 1 more approval"}]
    standing(server, {"canMerge": False, "conflicted": False, "outcome": "CLEAN", "vetoes": vetoes})
    server.say(f"{AT}/pull-requests/7/merge", 200, {"canMerge": False, "conflicted": True, "vetoes": []}, on="GET")
    server.say(f"{AT}/pull-requests/7/merge", 200, CLEAN, on="GET")
    found = [forge.request(7) for _ in range(3)]
    assert [one.mergeable for one in found] == [True, False, True]
    assert [one.blocked for one in found] == ["You need 1 more approval", "", ""]
    assert [one.cleared for one in found] == [False, False, True]


def test_one_that_is_merged_and_one_that_is_declined(server: ForgeServer, forge: BitbucketServer):
    properties = {"mergeCommit": {"id": "d" * 40, "displayId": "ddddddd"}}
    server.say(f"{AT}/pull-requests/7", 200, pull(state="MERGED", properties=properties))
    server.say(f"{AT}/pull-requests/7", 200, pull(state="DECLINED"))
    merged, declined = forge.request(7), forge.request(7)
    assert (merged.state, merged.merged_as) == (RequestState.MERGED, "d" * 40)
    assert (declined.state, declined.merged_as) == (RequestState.CLOSED, "")


def test_opening(server: ForgeServer, forge: BitbucketServer):
    server.say(f"{AT}/pull-requests", 201, pull(), on="POST")
    assert forge.open(DRAFT).number == 7
    expected = {
        "title": DRAFT.title,
        "description": DRAFT.body,
        "fromRef": {"id": "refs/heads/promote/shop"},
        "toRef": {"id": "refs/heads/main"},
    }
    assert server.wrote() == [("POST", f"{AT}/pull-requests", expected)]


def test_one_that_is_open_already_is_found_and_no_second_one_opened(server: ForgeServer, forge: BitbucketServer):
    said = refusal("Only one pull request may be open", "pull.DuplicatePullRequestException")
    server.say(f"{AT}/pull-requests", 409, said, on="POST")
    server.say(f"{AT}/pull-requests", 200, page(pull(9, fromRef=end("other", HEAD)), pull(7)), on="GET")
    assert forge.open(DRAFT).number == 7
    assert len(server.asked("POST")) == 1


def test_an_update_names_its_version_and_keeps_who_was_asked(server: ForgeServer, forge: BitbucketServer):
    standing(server, reviewers=[person("mia")])
    old = forge.request(7)
    forge.update(old, DRAFT)
    assert server.wrote() == []
    forge.update(old, Draft("t", "b", "promote/shop", "main"))
    expected = {"version": 3, "title": "t", "description": "b", "reviewers": [{"user": {"name": "mia"}}]}
    assert server.wrote() == [("PUT", f"{AT}/pull-requests/7", expected)]


def test_asking_for_a_review_keeps_all_else(server: ForgeServer, forge: BitbucketServer):
    standing(server, reviewers=[person("mia")])
    forge.dress(forge.request(7), DRAFT)
    expected = {
        "version": 3,
        "title": DRAFT.title,
        "description": DRAFT.body,
        "reviewers": [{"user": {"name": "mia"}}, {"user": {"name": "lin"}}],
    }
    assert server.wrote() == [("PUT", f"{AT}/pull-requests/7", expected)]


def test_reviews_are_what_each_person_said(server: ForgeServer, forge: BitbucketServer):
    standing(
        server,
        reviewers=[person("lin", "APPROVED"), person("kai", "NEEDS_WORK"), person("mia")],
        participants=[person("zoe", "APPROVED"), person("ida")],
    )
    assert {one.user: one.state for one in forge.reviews(forge.request(7))} == {
        "lin": ReviewState.APPROVED,
        "kai": ReviewState.CHANGES,
        "mia": ReviewState.ASKED,
        "zoe": ReviewState.APPROVED,
    }


def test_checks_are_the_newest_of_each_name(server: ForgeServer, forge: BitbucketServer):
    builds = [
        {"key": "T", "name": "test", "state": "SUCCESSFUL", "dateAdded": 2000, "url": "u"},
        {"key": "T", "name": "test", "state": "FAILED", "dateAdded": 1000},
        {"key": "scan", "state": "INPROGRESS", "dateAdded": 1000},
        {"key": "lint", "state": "CANCELLED", "dateAdded": 1000},
    ]
    server.say(f"/git/rest/build-status/latest/commits/{HEAD}", 200, page(*builds))
    assert {one.name: one.state for one in forge.checks(HEAD)} == {
        "test": CheckState.PASSED,
        "scan": CheckState.RUNNING,
        "lint": CheckState.FAILED,
    }


def test_rules_are_the_settings_of_the_repository(server: ForgeServer, forge: BitbucketServer):
    server.say(f"{AT}/settings/pull-requests", 200, SETTINGS)
    old = {"requiredApprovers": 1, "requiredSuccessfulBuilds": 2}  # before 7.0
    server.say(f"{AT}/settings/pull-requests", 200, old)
    found, older = forge.rules("main"), forge.rules("main")
    assert found.methods == (MergeMethod.SQUASH, MergeMethod.MERGE, MergeMethod.REBASE)
    assert (found.approvals, found.passing) == (2, 0)
    assert (older.methods, older.approvals, older.passing) == ((MergeMethod.MERGE,), 1, 2)


def test_approving_names_the_commit_and_oneself(server: ForgeServer, forge: BitbucketServer):
    standing(server)
    server.say("/git/rest/api/latest/application-properties", 200, {"version": "8.19"}, X_AUSERNAME="Lin Doe")
    users = page({"name": "Lin Doe Jr", "slug": "lin_doe_jr"}, {"name": "Lin Doe", "slug": "lin_doe"})
    server.say("/git/rest/api/latest/users", 200, users)
    server.say(f"{AT}/pull-requests/7/participants/lin_doe", 200, person("lin_doe", "APPROVED"))
    forge.approve(forge.request(7))
    expected = {"user": {"name": "Lin Doe"}, "status": "APPROVED", "lastReviewedCommit": HEAD}
    assert server.wrote() == [("PUT", f"{AT}/pull-requests/7/participants/lin_doe", expected)]


@pytest.mark.parametrize(
    ("method", "strategy"),
    [(MergeMethod.MERGE, "no-ff"), (MergeMethod.SQUASH, "squash"), (MergeMethod.REBASE, "rebase-no-ff")],
)
def test_merging_names_the_version_and_the_strategy(
    server: ForgeServer, forge: BitbucketServer, method: MergeMethod, strategy: str
):
    standing(server)
    server.say(f"{AT}/pull-requests/7/merge", 200, pull(state="MERGED"), on="POST")
    forge.merge(forge.request(7), method, "title", "body")
    expected = {"message": "title\n\nbody", "version": 3, "strategyId": strategy}
    assert server.wrote() == [("POST", f"{AT}/pull-requests/7/merge", expected)]
    assert server.asked("POST")[0].query == {"version": "3"}


def test_a_merge_that_checks_forbid_says_each_reason(server: ForgeServer, forge: BitbucketServer):
    vetoes = [{"summaryMessage": "Not all required builds are successful", "detailedMessage": "ci/test has failed"}]
    standing(server)
    said = refusal("The pull request has been vetoed", "pull.PullRequestMergeVetoedException", vetoes=vetoes)
    server.say(f"{AT}/pull-requests/7/merge", 409, said, on="POST")
    with pytest.raises(ForgeError) as refused:
        forge.merge(forge.request(7), MergeMethod.MERGE, "t", "m")
    assert refused.value.detail == "The pull request has been vetoed; ci/test has failed"
    assert len(server.asked("POST")) == 1


def test_a_branch_that_moved_is_not_merged(server: ForgeServer, forge: BitbucketServer):
    standing(server)
    seen = forge.request(7)
    server.script.pop(("", f"{AT}/pull-requests/7"))
    server.say(f"{AT}/pull-requests/7", 200, pull(fromRef=end("promote/shop", "e" * 40)))
    with pytest.raises(ForgeError, match="has changed since you looked"):
        forge.merge(seen, MergeMethod.MERGE, "t", "m")
    assert server.wrote() == []


def test_a_branch_that_moves_while_it_is_approved_is_told(server: ForgeServer, forge: BitbucketServer):
    standing(server)
    seen = forge.request(7)
    server.say("/git/rest/api/latest/application-properties", 200, {}, X_AUSERNAME="lin")
    server.say("/git/rest/api/latest/users", 200, page())
    server.say(f"{AT}/pull-requests/7/participants/lin", 409, refusal("out of date", "pull.OutOfDate"))
    server.script.pop(("", f"{AT}/pull-requests/7"))
    server.say(f"{AT}/pull-requests/7", 200, pull(fromRef=end("promote/shop", "e" * 40)))
    with pytest.raises(ForgeError, match="has changed since you looked"):
        forge.approve(seen)


def test_a_right_that_is_missing_is_not_taken_for_a_token_that_is_wrong(server: ForgeServer, forge: BitbucketServer):
    said = refusal("You are not permitted to access this resource", "AuthorisationException")
    server.say(f"{AT}/pull-requests", 401, said)
    with pytest.raises(ForgeError, match="does not allow this"):
        [*forge.open_requests()]
    server.script.clear()
    server.say(f"{AT}/pull-requests", 401, refusal("Authentication failed", "auth.IncorrectPasswordException"))
    with pytest.raises(ForgeError, match="refuses the token"):
        [*forge.open_requests()]


def test_closing_and_taking_the_branch_away(server: ForgeServer, forge: BitbucketServer):
    standing(server)
    server.say(f"{AT}/pull-requests/7/decline", 200, pull(state="DECLINED"))
    branches = "/git/rest/branch-utils/latest/projects/plat/repos/fleet/branches"
    server.say(branches, 204, on="DELETE")
    forge.close_request(forge.request(7))
    forge.delete_branch("promote/shop")
    assert server.wrote() == [
        ("POST", f"{AT}/pull-requests/7/decline", {"version": 3}),
        ("DELETE", branches, {"name": "refs/heads/promote/shop", "dryRun": False}),
    ]


def test_who_one_is_and_where_a_person_goes_on(server: ForgeServer, forge: BitbucketServer):
    server.say("/git/rest/api/latest/application-properties", 200, {}, X_AUSERNAME="ada")
    server.say(AT, 200, {"slug": "fleet", "origin": {"slug": "fleet", "project": {"key": "UP"}}})
    assert (forge.me(), forge.fork_of()) == ("ada", "UP/fleet")
    shown = forge.new_request_page("promote/shop", "main")
    assert shown == (
        f"{server.url}/git/projects/plat/repos/fleet/pull-requests?create"
        "&sourceBranch=refs%2Fheads%2Fpromote%2Fshop&targetBranch=refs%2Fheads%2Fmain"
    )
