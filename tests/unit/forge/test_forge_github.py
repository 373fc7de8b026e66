"""GitHub: what is asked of it and what its answers become. The answers are written after its public reference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from forgeserver import ForgeServer

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge import parse
from liftlock.forge.github import GitHub, api
from liftlock.forge.tokens import Token
from liftlock.model.forge import CheckState, Draft, MergeMethod, RequestState, ReviewState

AT = "/api/v3/repos/acme/fleet"
HEAD = "c" * 40
DRAFT = Draft("promote(production): shop 1 -> 2", "what moves", "promote/shop", "main", ("release", "none"), ("lin",))


def pull(number: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "state": "open",
        "title": DRAFT.title,
        "body": DRAFT.body,
        "draft": False,
        "user": {"login": "ada"},
        "html_url": f"https://github.acme.io/acme/fleet/pull/{number}",
        "created_at": "2026-03-01T10:00:00Z",
        "updated_at": "2026-03-01T11:00:00Z",
        "labels": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "head": {"ref": "promote/shop", "sha": HEAD, "repo": {"id": 1, "full_name": "acme/fleet"}},
        "base": {"ref": "main", "sha": "b" * 40, "repo": {"id": 1, "full_name": "acme/fleet"}},
        **more,
    }


@pytest.fixture
def forge(server: ForgeServer) -> Iterator[GitHub]:
    address = parse(f"{server.url}/acme/fleet.git")
    assert address is not None
    made = GitHub(address, Token("secret", "", "GH_ENTERPRISE_TOKEN"), Runner())
    yield made
    made.close()
    for one in server.seen:
        assert one.headers["Authorization"] == "Bearer secret"
        assert one.headers["X-GitHub-Api-Version"] == "2022-11-28"


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("git@github.com:a/b", "https://api.github.com"),
        ("https://acme.ghe.com/a/b", "https://api.acme.ghe.com"),
        ("https://github.acme.io/a/b", "https://github.acme.io/api/v3"),
    ],
)
def test_each_host_has_its_own_place_for_the_api(url: str, base: str):
    address = parse(url)
    assert address is not None and api(address) == base


def test_all_pages_of_what_is_open(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/pulls", 200, [pull(9)], Link=f'<{server.url}{AT}/more>; rel="next", <x>; rel="last"')
    server.say(f"{AT}/more", 200, [pull(7, head={**pull()["head"], "repo": None})])
    found = [*forge.open_requests()]
    assert [one.number for one in found] == [9, 7]
    assert [one.fork for one in found] == [False, True]  # a fork that was deleted is still none of ours
    assert server.seen[0].query == {"state": "open", "sort": "updated", "direction": "desc", "per_page": "100"}


def test_one_as_it_stands(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/pulls/7", 200, pull(mergeable=None, mergeable_state="unknown"))
    server.say(f"{AT}/pulls/7", 200, pull(mergeable=False, mergeable_state="dirty"))
    server.say(f"{AT}/pulls/7", 200, pull(mergeable=True, mergeable_state="behind"))
    server.say(f"{AT}/pulls/7", 200, pull(mergeable=True, mergeable_state="clean"))
    server.say(f"{AT}/pulls/7", 200, pull(state="closed", merged=True, merge_commit_sha="d" * 40))
    server.say(f"{AT}/pulls/7", 200, pull(state="closed", merged=False, merge_commit_sha="d" * 40))
    found = [forge.request(7) for _ in range(6)]
    assert [one.mergeable for one in found] == [None, False, True, True, None, None]
    assert found[2].blocked.startswith("its branch has to hold") and found[3].cleared
    assert (found[4].state, found[4].merged_as) == (RequestState.MERGED, "d" * 40)
    assert (found[5].state, found[5].merged_as) == (RequestState.CLOSED, "")
    assert (found[0].head, found[0].head_commit, found[0].author) == ("promote/shop", HEAD, "ada")


def test_opening(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/pulls", 201, pull(), on="POST")
    assert forge.open(DRAFT).number == 7
    assert server.wrote() == [
        (
            "POST",
            f"{AT}/pulls",
            {"title": DRAFT.title, "body": DRAFT.body, "head": "promote/shop", "base": "main", "draft": False},
        )
    ]


def test_one_that_is_open_already_is_found_and_no_second_one_opened(server: ForgeServer, forge: GitHub):
    errors = [{"message": "A pull request already exists for acme:promote/shop."}]
    server.say(f"{AT}/pulls", 422, {"message": "Validation Failed", "errors": errors}, on="POST")
    server.say(f"{AT}/pulls", 200, [pull(9, head={**pull()["head"], "ref": "other"}), pull(7)], on="GET")
    assert forge.open(DRAFT).number == 7
    assert len(server.asked("POST")) == 1


def test_what_cannot_be_opened_says_why(server: ForgeServer, forge: GitHub):
    errors = [{"message": "No commits between main and promote/shop"}]
    server.say(f"{AT}/pulls", 422, {"message": "Validation Failed", "errors": errors}, on="POST")
    server.say(f"{AT}/pulls", 200, [], on="GET")
    with pytest.raises(ForgeError) as refused:
        forge.open(DRAFT)
    assert refused.value.detail == "Validation Failed: No commits between main and promote/shop"


def test_an_update_sets_title_and_body_and_nothing_where_they_stand(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/pulls/7", 200, pull())
    old = forge.request(7)
    forge.update(old, DRAFT)
    assert server.wrote() == []
    forge.update(old, Draft("t", "b", "promote/shop", "main"))
    assert server.wrote() == [("PATCH", f"{AT}/pulls/7", {"title": "t", "body": "b"})]


def test_labels_that_are_there_and_reviewers_who_have_not_answered(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/pulls/7", 200, pull())
    server.say(f"{AT}/labels/release", 200, {"name": "release"})
    server.say(f"{AT}/labels/none", 404, {"message": "Not Found"})
    server.say(f"{AT}/issues/7/labels", 200, [])
    server.say(f"{AT}/pulls/7/reviews", 200, [{"user": {"login": "kai"}, "state": "APPROVED"}])
    server.say(f"{AT}/pulls/7/requested_reviewers", 201, pull())
    forge.dress(forge.request(7), Draft("t", "b", "h", "main", DRAFT.labels, ("lin", "Kai", "ada", "acme/ops")))
    assert server.wrote() == [
        ("POST", f"{AT}/issues/7/labels", {"labels": ["release"]}),
        ("POST", f"{AT}/pulls/7/requested_reviewers", {"reviewers": ["lin"], "team_reviewers": ["ops"]}),
    ]


def test_reviews_are_what_each_said_last(server: ForgeServer, forge: GitHub):
    def said(user: str, state: str) -> dict[str, Any]:
        return {"user": {"login": user}, "state": state, "submitted_at": "2026-03-01T12:00:00Z", "commit_id": HEAD}

    server.say(f"{AT}/pulls/7", 200, pull(requested_reviewers=[{"login": "mia"}], requested_teams=[{"slug": "ops"}]))
    server.say(
        f"{AT}/pulls/7/reviews",
        200,
        [
            *(said("lin", "CHANGES_REQUESTED"), said("kai", "DISMISSED"), said("ada", "COMMENTED")),
            *(said("lin", "APPROVED"), said("lin", "COMMENTED"), said("zoe", "PENDING")),
        ],
    )
    found = {one.user: one.state for one in forge.reviews(forge.request(7))}
    assert found == {"mia": ReviewState.ASKED, "ops": ReviewState.ASKED, "lin": ReviewState.APPROVED}


def test_checks_are_statuses_and_runs(server: ForgeServer, forge: GitHub):
    server.say(
        f"{AT}/commits/{HEAD}/status",
        200,
        {"state": "pending", "statuses": [{"context": "ci/legacy", "state": "success", "description": "fine"}]},
    )
    server.say(
        f"{AT}/commits/{HEAD}/check-runs",
        200,
        {
            "total_count": 4,
            "check_runs": [
                {"id": 2, "name": "test", "status": "completed", "conclusion": "failure", "html_url": "u"},
                {"id": 3, "name": "test", "status": "completed", "conclusion": "success", "html_url": "u"},
                {"id": 4, "name": "lint", "status": "in_progress", "conclusion": None},
                {"id": 5, "name": "scan", "status": "completed", "conclusion": "timed_out"},
            ],
        },
    )
    assert {one.name: one.state for one in forge.checks(HEAD)} == {
        "ci/legacy": CheckState.PASSED,
        "test": CheckState.PASSED,
        "lint": CheckState.RUNNING,
        "scan": CheckState.FAILED,
    }


def test_a_token_that_may_not_see_check_runs_still_tells_statuses(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/commits/{HEAD}/status", 200, {"statuses": [{"context": "ci", "state": "error"}]})
    server.say(f"{AT}/commits/{HEAD}/check-runs", 403, {"message": "Resource not accessible by personal access token"})
    assert [(one.name, one.state) for one in forge.checks(HEAD)] == [("ci", CheckState.FAILED)]


RULES = [
    {"type": "deletion"},
    {
        "type": "pull_request",
        "parameters": {"required_approving_review_count": 2, "allowed_merge_methods": ["squash", "rebase"]},
    },
    {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "test"}]}},
]
PROTECTION = {
    "required_status_checks": {"contexts": ["ci/legacy"], "checks": [{"context": "ci/legacy", "app_id": 1}]},
    "required_pull_request_reviews": {"required_approving_review_count": 1},
    "required_linear_history": {"enabled": True},
}


def test_rules_are_those_of_rulesets_and_of_the_protection(server: ForgeServer, forge: GitHub):
    server.say(AT, 200, {"allow_merge_commit": True, "allow_squash_merge": True, "allow_rebase_merge": False})
    server.say(f"{AT}/rules/branches/main", 200, RULES)
    server.say(f"{AT}/branches/main", 200, {"protected": True, "protection": {"enabled": True}})
    server.say(f"{AT}/branches/main/protection", 200, PROTECTION)
    found = forge.rules("main")
    assert found.methods == (MergeMethod.SQUASH,)
    assert (found.approvals, found.checks, found.protected, found.told) == (2, ("test", "ci/legacy"), True, True)


def test_a_protection_that_is_kept_from_the_token_is_not_taken_for_none(server: ForgeServer, forge: GitHub):
    server.say(AT, 200, {})
    server.say(f"{AT}/rules/branches/main", 200, [])
    seen = {"required_status_checks": {"enforcement_level": "everyone", "contexts": ["ci"]}}
    server.say(f"{AT}/branches/main", 200, {"protected": True, "protection": seen})
    server.say(f"{AT}/branches/main/protection", 404, {"message": "Not Found"})
    found = forge.rules("main")
    assert (found.checks, found.protected, found.told) == (("ci",), True, False)
    assert found.methods == tuple(MergeMethod)
    server.script.pop(("", f"{AT}/branches/main/protection"))
    server.say(f"{AT}/branches/main/protection", 404, {"message": "Branch not protected"})
    assert forge.rules("main").told  # rulesets alone


def test_approving_names_the_commit(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/pulls/7", 200, pull())
    server.say(f"{AT}/pulls/7/reviews", 200, {"id": 1, "state": "APPROVED"})
    forge.approve(forge.request(7))
    assert server.wrote() == [("POST", f"{AT}/pulls/7/reviews", {"event": "APPROVE", "commit_id": HEAD})]


@pytest.mark.parametrize("method", MergeMethod)
def test_merging_names_the_commit_and_the_way(server: ForgeServer, forge: GitHub, method: MergeMethod):
    server.say(f"{AT}/pulls/7", 200, pull())
    server.say(f"{AT}/pulls/7/merge", 200, {"sha": "d" * 40, "merged": True})
    forge.merge(forge.request(7), method, "title", "Promotion-To: production")
    words = {"commit_title": "title", "commit_message": "Promotion-To: production"}
    expected = {"merge_method": str(method), "sha": HEAD, **({} if method is MergeMethod.REBASE else words)}
    assert server.wrote() == [("PUT", f"{AT}/pulls/7/merge", expected)]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (405, "Pull Request is not mergeable"),
        (405, "At least 1 approving review is required by reviewers with write access."),
        (405, 'Required status check "test" is expected.'),
        (405, "Changes must be made through a merge queue"),
        (409, "Head branch was modified. Review and try the merge again."),
        (403, "You are not authorized to push to this branch."),
    ],
)
def test_a_merge_that_is_refused_says_why_and_is_not_tried_again(
    server: ForgeServer, forge: GitHub, status: int, said: str
):
    server.say(f"{AT}/pulls/7", 200, pull())
    server.say(f"{AT}/pulls/7/merge", status, {"message": said})
    with pytest.raises(ForgeError) as refused:
        forge.merge(forge.request(7), MergeMethod.MERGE, "t", "m")
    assert (refused.value.status, refused.value.detail) == (status, said)
    assert len(server.asked("PUT")) == 1


def test_closing_and_taking_the_branch_away(server: ForgeServer, forge: GitHub):
    server.say(f"{AT}/pulls/7", 200, pull())
    forge.close_request(forge.request(7))
    place = f"{AT}/git/refs/heads/promote/shop"
    server.say(place, 204, on="DELETE")
    server.say(place, 422, {"message": "Reference does not exist"}, on="DELETE")
    server.say(place, 422, {"message": "Cannot delete a protected branch"}, on="DELETE")
    forge.delete_branch("promote/shop")
    forge.delete_branch("promote/shop")  # gone already
    with pytest.raises(ForgeError, match="refuses this"):
        forge.delete_branch("promote/shop")
    assert server.wrote()[0] == ("PATCH", f"{AT}/pulls/7", {"state": "closed"})


def test_who_one_is_and_where_a_person_goes_on(server: ForgeServer, forge: GitHub):
    server.say("/api/v3/user", 200, {"login": "ada"})
    server.say(AT, 200, {"fork": True, "parent": {"full_name": "upstream/fleet"}})
    assert (forge.me(), forge.fork_of()) == ("ada", "upstream/fleet")
    page = forge.new_request_page("promote/shop", "main")
    assert page == f"{server.url}/acme/fleet/compare/main...promote%2Fshop?expand=1"


def test_bursts_and_single_sign_on_are_told_as_such(server: ForgeServer, forge: GitHub):
    server.say("/api/v3/user", 403, {"message": "You have exceeded a secondary rate limit. Please wait a few minutes."})
    server.say(AT, 403, {"message": "Resource protected by SAML"}, X_GitHub_SSO="required; url=https://github.com/sso")
    with pytest.raises(ForgeError, match="takes no more calls") as limited:
        forge.me()
    assert limited.value.until > 0
    with pytest.raises(ForgeError, match="does not allow this") as signed:
        forge.fork_of()
    assert signed.value.hint == "let the token in by single sign-on: https://github.com/sso"
