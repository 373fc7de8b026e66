"""GitLab: what is asked of it and what its answers become. The answers are written after its public reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from forgeserver import ForgeServer

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge import gitlab, parse
from liftlock.forge.gitlab import GitLab
from liftlock.forge.tokens import Token
from liftlock.model.forge import CheckState, Draft, MergeMethod, RequestState, ReviewState, Rules

AT = "/api/v4/projects/acme%2Fplatform%2Ffleet"
HEAD = "c" * 40
DRAFT = Draft("promote(production): shop 1 -> 2", "what moves", "promote/shop", "main", ("release", "none"), ("lin",))


def asked_for(number: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "id": 9000 + number,
        "iid": number,
        "state": "opened",
        "title": DRAFT.title,
        "description": DRAFT.body,
        "draft": False,
        "author": {"id": 1, "username": "ada"},
        "web_url": f"https://gitlab.acme.io/acme/platform/fleet/-/merge_requests/{number}",
        "created_at": "2026-03-01T10:00:00.000Z",
        "updated_at": "2026-03-01T11:00:00.000Z",
        "labels": [],
        "reviewers": [],
        "source_branch": "promote/shop",
        "target_branch": "main",
        "source_project_id": 5,
        "target_project_id": 5,
        "sha": HEAD,
        "merge_commit_sha": None,
        "squash_commit_sha": None,
        "has_conflicts": False,
        "detailed_merge_status": "mergeable",
        **more,
    }


@pytest.fixture
def forge(server: ForgeServer) -> Iterator[GitLab]:
    address = parse(f"{server.url}/acme/platform/fleet.git")
    assert address is not None
    made = GitLab(address, Token("secret", "", "GITLAB_TOKEN"), Runner())
    yield made
    made.close()
    assert all(one.headers["Authorization"] == "Bearer secret" for one in server.seen)


def test_all_pages_of_what_is_open_in_a_group_within_a_group(server: ForgeServer, forge: GitLab):
    place = f"{AT}/merge_requests"
    server.say(place, 200, [asked_for(9)], Link=f'<{server.url}{place}2?page=2>; rel="next"')
    server.say(f"{place}2", 200, [asked_for(7, source_project_id=6, title="Draft: x", draft=True)])
    found = [*forge.open_requests()]
    assert [(one.number, one.fork, one.title, one.draft) for one in found] == [
        (9, False, DRAFT.title, False),
        (7, True, "x", True),
    ]


@pytest.mark.parametrize(
    ("more", "mergeable", "blocked", "cleared"),
    [
        ({}, True, "", True),
        ({"detailed_merge_status": "checking"}, None, "", False),
        ({"detailed_merge_status": "conflict", "has_conflicts": True}, False, "", False),
        ({"detailed_merge_status": "need_rebase"}, True, "its branch has to be rebased onto its base", False),
        ({"detailed_merge_status": "discussions_not_resolved"}, True, "a discussion is not resolved", False),
        ({"detailed_merge_status": None, "merge_status": "cannot_be_merged"}, False, "", False),  # before 15.6
    ],
)
def test_what_stands_against_a_merge(
    server: ForgeServer, forge: GitLab, more: dict[str, Any], mergeable: bool | None, blocked: str, cleared: bool
):
    server.say(f"{AT}/merge_requests/7", 200, asked_for(**more))
    found = forge.request(7)
    assert (found.mergeable, found.blocked, found.cleared) == (mergeable, blocked, cleared)


@pytest.mark.parametrize(
    ("more", "commit"),
    [
        ({"merge_commit_sha": "1" * 40, "squash_commit_sha": "2" * 40}, "1" * 40),
        ({"squash_commit_sha": "2" * 40}, "2" * 40),
        ({}, HEAD),  # fast forward
    ],
)
def test_the_commit_that_a_merge_left(server: ForgeServer, forge: GitLab, more: dict[str, Any], commit: str):
    server.say(f"{AT}/merge_requests/7", 200, asked_for(state="merged", **more))
    found = forge.request(7)
    assert (found.state, found.merged_as) == (RequestState.MERGED, commit)


def test_opening_a_draft(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests", 201, asked_for(), on="POST")
    forge.open(Draft("t", "b", "promote/shop", "main", draft=True))
    expected = {"title": "Draft: t", "description": "b", "source_branch": "promote/shop", "target_branch": "main"}
    assert server.wrote() == [("POST", f"{AT}/merge_requests", expected)]


def test_one_that_is_open_already_is_found_and_no_second_one_opened(server: ForgeServer, forge: GitLab):
    said = ["Another open merge request already exists for this source branch: !7"]
    server.say(f"{AT}/merge_requests", 409, {"message": said}, on="POST")
    server.say(f"{AT}/merge_requests", 200, [asked_for()], on="GET")
    assert forge.open(DRAFT).number == 7
    assert len(server.asked("POST")) == 1


def test_an_update_keeps_a_draft_one(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests/7", 200, asked_for(title=f"Draft: {DRAFT.title}", draft=True))
    old = forge.request(7)
    forge.update(old, DRAFT)
    assert server.wrote() == []
    forge.update(old, Draft("t", "b", "promote/shop", "main"))
    assert server.wrote() == [("PUT", f"{AT}/merge_requests/7", {"title": "Draft: t", "description": "b"})]


def test_labels_that_are_there_and_reviewers_beside_those_who_are_asked(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests/7", 200, asked_for(reviewers=[{"id": 30, "username": "mia"}]))
    server.say(f"{AT}/labels", 200, [{"name": "release"}, {"name": "bug"}])
    server.say("/api/v4/users", 200, [{"id": 31, "username": "lin"}])
    forge.dress(forge.request(7), DRAFT)
    expected = {"add_labels": "release", "reviewer_ids": [30, 31]}
    assert server.wrote() == [("PUT", f"{AT}/merge_requests/7", expected)]
    assert server.asked("GET", "/api/v4/users")[0].query == {"username": "lin"}


def test_a_reviewer_whom_nobody_knows_is_told(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests/7", 200, asked_for())
    server.say(f"{AT}/labels", 200, [])
    server.say("/api/v4/users", 200, [])
    with pytest.raises(ForgeError, match="knows no user lin"):
        forge.dress(forge.request(7), DRAFT)


def test_reviews_are_approvals_and_what_reviewers_said(server: ForgeServer, forge: GitLab):
    people = [{"id": n, "username": name} for n, name in enumerate(("lin", "kai", "mia"))]
    server.say(f"{AT}/merge_requests/7", 200, asked_for(reviewers=people))
    states = ("approved", "requested_changes", "unreviewed")
    said = [{"user": user, "state": state} for user, state in zip(people, states, strict=True)]
    server.say(f"{AT}/merge_requests/7/reviewers", 200, said)
    server.say(f"{AT}/merge_requests/7/approvals", 200, {"approved_by": [{"user": {"username": "zoe"}}]})
    assert {one.user: one.state for one in forge.reviews(forge.request(7))} == {
        "lin": ReviewState.APPROVED,
        "kai": ReviewState.CHANGES,
        "mia": ReviewState.ASKED,
        "zoe": ReviewState.APPROVED,
    }


def test_checks_are_the_newest_of_each_name(server: ForgeServer, forge: GitLab):
    server.say(
        f"{AT}/repository/commits/{HEAD}/statuses",
        200,
        [
            {"id": 2, "name": "test", "status": "success", "target_url": "u"},
            {"id": 1, "name": "test", "status": "failed"},
            {"id": 3, "name": "deploy", "status": "manual"},
            {"id": 4, "name": "flaky", "status": "failed", "allow_failure": True},
            {"id": 5, "name": "scan", "status": "waiting_for_resource"},
            {"id": 6, "name": "audit", "status": "canceled"},
        ],
    )
    assert {one.name: one.state for one in forge.checks(HEAD)} == {
        "test": CheckState.PASSED,
        "deploy": CheckState.SKIPPED,
        "flaky": CheckState.SKIPPED,
        "scan": CheckState.RUNNING,
        "audit": CheckState.FAILED,
    }


@pytest.mark.parametrize(
    ("project", "methods"),
    [
        ({"merge_method": "merge", "squash_option": "default_off"}, (MergeMethod.MERGE, MergeMethod.SQUASH)),
        ({"merge_method": "rebase_merge", "squash_option": "default_on"}, (MergeMethod.SQUASH, MergeMethod.MERGE)),
        ({"merge_method": "ff", "squash_option": "never"}, (MergeMethod.REBASE,)),
        ({"merge_method": "ff", "squash_option": "always"}, (MergeMethod.SQUASH,)),
    ],
)
def test_the_ways_that_a_project_merges(
    server: ForgeServer, forge: GitLab, project: dict[str, Any], methods: tuple[MergeMethod, ...]
):
    server.say(AT, 200, project)
    assert forge.rules("main") == Rules(methods)


def test_rules_of_a_protected_branch(server: ForgeServer, forge: GitLab):
    server.say(AT, 200, {"merge_method": "merge", "only_allow_merge_if_pipeline_succeeds": True})
    server.say(f"{AT}/repository/branches/main", 200, {"name": "main", "protected": True})
    server.say(
        f"{AT}/approval_rules",
        200,
        [
            {"approvals_required": 1, "protected_branches": []},
            {"approvals_required": 2, "applies_to_all_protected_branches": True},
            {"approvals_required": 4, "protected_branches": [{"name": "release"}]},
        ],
    )
    found = forge.rules("main")
    assert (found.approvals, found.passing, found.protected, found.told) == (2, 1, True, True)


def test_approval_rules_that_are_kept_from_the_token(server: ForgeServer, forge: GitLab):
    server.say(AT, 200, {})
    server.say(f"{AT}/approval_rules", 403, {"message": "403 Forbidden"})
    assert not forge.rules("main").told


def test_approving_names_the_commit(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests/7", 200, asked_for())
    server.say(f"{AT}/merge_requests/7/approve", 201, {"iid": 7})
    forge.approve(forge.request(7))
    assert server.wrote() == [("POST", f"{AT}/merge_requests/7/approve", {"sha": HEAD})]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        (MergeMethod.MERGE, {"squash": False, "merge_commit_message": "title\n\nbody"}),
        (
            MergeMethod.SQUASH,
            {"squash": True, "merge_commit_message": "title\n\nbody", "squash_commit_message": "title\n\nbody"},
        ),
        (MergeMethod.REBASE, {"squash": False}),
    ],
)
def test_merging_waits_until_it_is_worked_out_and_names_the_commit(
    server: ForgeServer, forge: GitLab, method: MergeMethod, expected: dict[str, Any]
):
    place = f"{AT}/merge_requests/7"
    for status in ("checking", "checking", "mergeable"):
        server.say(place, 200, asked_for(detailed_merge_status=status))
    server.say(f"{place}/merge", 200, asked_for(state="merged"))
    forge.merge(forge.request(7), method, "title", "body")
    assert server.wrote() == [("PUT", f"{place}/merge", {"sha": HEAD, **expected})]


@pytest.mark.parametrize(
    ("status", "said"),
    [(405, "405 Method Not Allowed"), (422, "Branch cannot be merged"), (406, "Branch cannot be merged")],
)
def test_a_merge_that_is_refused_says_why_and_is_not_tried_again(
    server: ForgeServer, forge: GitLab, status: int, said: str
):
    server.say(f"{AT}/merge_requests/7", 200, asked_for())
    server.say(f"{AT}/merge_requests/7/merge", status, {"message": said})
    with pytest.raises(ForgeError) as refused:
        forge.merge(forge.request(7), MergeMethod.MERGE, "t", "m")
    assert (refused.value.status, refused.value.detail) == (status, said)
    assert len(server.asked("PUT")) == 1


def test_a_branch_that_moved_is_told_by_both_commits(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests/7", 200, asked_for())
    seen = forge.request(7)
    server.script.clear()
    server.say(f"{AT}/merge_requests/7", 200, asked_for(sha="e" * 40))
    server.say(f"{AT}/merge_requests/7/merge", 409, {"message": "SHA does not match HEAD of source branch"})
    with pytest.raises(ForgeError, match="has changed since you looked") as refused:
        forge.merge(seen, MergeMethod.MERGE, "t", "m")
    assert refused.value.detail == "its branch stands at eeeeeeee, you saw cccccccc"


def test_a_right_that_is_missing_is_not_taken_for_a_token_that_is_wrong(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests/7", 200, asked_for())
    server.say(f"{AT}/merge_requests/7/approve", 401, {"message": "401 Unauthorized"})
    server.say("/api/v4/user", 200, {"username": "ada"})
    seen = forge.request(7)
    with pytest.raises(ForgeError, match="does not let ada approve the merge request"):
        forge.approve(seen)
    server.script.pop(("", "/api/v4/user"))
    server.say("/api/v4/user", 401, {"error": "invalid_token", "error_description": "Token was revoked."})
    with pytest.raises(ForgeError, match="refuses the token") as refused:
        forge.approve(seen)
    assert refused.value.detail == "Token was revoked."


def test_what_is_said_of_a_field_is_told(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests", 422, {"message": {"title": ["can't be blank"]}}, on="POST")
    with pytest.raises(ForgeError) as refused:
        forge.open(DRAFT)
    assert refused.value.detail == "title can't be blank"


def test_closing_and_taking_the_branch_away(server: ForgeServer, forge: GitLab):
    server.say(f"{AT}/merge_requests/7", 200, asked_for())
    forge.close_request(forge.request(7))
    place = f"{AT}/repository/branches/promote%2Fshop"
    server.say(place, 204, on="DELETE")
    server.say(place, 404, {"message": "404 Branch Not Found"}, on="DELETE")
    forge.delete_branch("promote/shop")
    forge.delete_branch("promote/shop")
    assert [one[:2] for one in server.wrote()] == [
        ("PUT", f"{AT}/merge_requests/7"),
        ("DELETE", place),
        ("DELETE", place),
    ]
    assert server.wrote()[0][2] == {"state_event": "close"}


def test_who_one_is_and_where_a_person_goes_on(server: ForgeServer, forge: GitLab):
    server.say("/api/v4/user", 200, {"username": "ada"})
    server.say(AT, 200, {"forked_from_project": {"path_with_namespace": "upstream/fleet"}})
    assert (forge.me(), forge.fork_of()) == ("ada", "upstream/fleet")
    page = forge.new_request_page("promote/shop", "main")
    assert page.startswith(f"{server.url}/acme/platform/fleet/-/merge_requests/new?")
    assert page.endswith("source_branch%5D=promote%2Fshop&merge_request%5Btarget_branch%5D=main")


def test_waiting_for_it_to_be_worked_out_ends(server: ForgeServer, forge: GitLab, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(gitlab, "_WORKED_OUT", 0.0)
    server.say(f"{AT}/merge_requests/7", 200, asked_for(detailed_merge_status="checking"))
    server.say(f"{AT}/merge_requests/7/merge", 405, {"message": "405 Method Not Allowed"})
    with pytest.raises(ForgeError):
        forge.merge(forge.request(7), MergeMethod.MERGE, "t", "m")
