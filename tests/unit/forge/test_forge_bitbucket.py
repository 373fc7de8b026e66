"""Bitbucket Cloud: what is asked of it and what its answers become, written after its public reference."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from forgeserver import ForgeServer

from liftlock.commands import Runner
from liftlock.errors import ForgeError
from liftlock.forge import parse
from liftlock.forge.bitbucket import Bitbucket, authorization
from liftlock.forge.tokens import Token
from liftlock.model.forge import CheckState, Draft, MergeMethod, RequestState, ReviewState

AT = "/2.0/repositories/acme/fleet"
HEAD = "c" * 40
SHORT = HEAD[:12]
DRAFT = Draft("promote(production): shop 1 -> 2", "what moves", "promote/shop", "main", ("release",), ("lin",))


def person(name: str) -> dict[str, Any]:
    return {"type": "user", "nickname": name, "display_name": name.title(), "uuid": f"{{{name}}}"}


def pull(number: int = 7, **more: Any) -> dict[str, Any]:
    def end(branch: str, commit: str) -> dict[str, Any]:
        home = {"full_name": "acme/fleet", "uuid": "{fleet}"}
        return {"branch": {"name": branch}, "commit": {"hash": commit, "type": "commit"}, "repository": home}

    return {
        "type": "pullrequest",
        "id": number,
        "state": "OPEN",
        "title": DRAFT.title,
        "description": DRAFT.body,
        "draft": False,
        "author": person("ada"),
        "links": {"html": {"href": f"https://bitbucket.org/acme/fleet/pull-requests/{number}"}},
        "created_on": "2026-03-01T10:00:00.000000+00:00",
        "updated_on": "2026-03-01T11:00:00.000000+00:00",
        "source": end("promote/shop", SHORT),
        "destination": end("main", "b" * 12),
        "reviewers": [],
        "participants": [],
        "merge_commit": None,
        **more,
    }


def page(*values: Any, following: str = "") -> dict[str, Any]:
    return {"pagelen": 50, "values": list(values), **({"next": following} if following else {})}


def standing(server: ForgeServer, *changes: str, **more: Any) -> None:
    """Number 7 as it stands, with what its difference says of each file."""
    server.say(f"{AT}/pullrequests/7", 200, pull(**more))
    server.say(f"{AT}/pullrequests/7/diffstat", 200, page(*({"status": word} for word in changes or ("modified",))))
    server.say(f"{AT}/commit/{SHORT}", 200, {"hash": HEAD})


@pytest.fixture
def forge(server: ForgeServer) -> Iterator[Bitbucket]:
    address = parse(f"{server.url}/acme/fleet.git")
    assert address is not None
    made = Bitbucket(address, Token("secret", "ada@acme.io", "BITBUCKET_API_TOKEN"), Runner())
    yield made
    made.close()
    pair = base64.b64encode(b"ada@acme.io:secret").decode()
    assert all(one.headers["Authorization"] == f"Basic {pair}" for one in server.seen)


def test_a_token_without_a_user_is_a_bearer():
    assert authorization(Token("s", "", "x")) == {"Authorization": "Bearer s"}
    assert authorization(Token("s", "x-token-auth", "x")) == {"Authorization": "Bearer s"}
    assert authorization(None) == {}


def test_all_pages_of_what_is_open(server: ForgeServer, forge: Bitbucket):
    place = f"{AT}/pullrequests"
    server.say(place, 200, page(pull(9), following=f"{server.url}{place}2"))
    source = pull()["source"]
    server.say(f"{place}2", 200, page(pull(7, source={**source, "repository": {"uuid": "{theirs}"}}), pull(5)))
    found = [*forge.open_requests()]
    assert [(one.number, one.fork) for one in found] == [(9, False), (7, True), (5, False)]
    assert server.seen[0].query["fields"] == "+values.reviewers,+values.participants"


def test_one_as_it_stands_with_whole_commits(server: ForgeServer, forge: Bitbucket):
    standing(server)
    found = forge.request(7)
    assert (found.head_commit, found.mergeable, found.state) == (HEAD, True, RequestState.OPEN)


def test_a_file_that_both_sides_changed_is_a_conflict(server: ForgeServer, forge: Bitbucket):
    standing(server, "modified", "merge conflict")
    assert forge.request(7).mergeable is False


def test_one_that_is_merged_and_one_that_is_declined(server: ForgeServer, forge: Bitbucket):
    server.say(f"{AT}/commit/{'d' * 12}", 200, {"hash": "d" * 40})
    server.say(f"{AT}/pullrequests/7", 200, pull(state="MERGED", merge_commit={"hash": "d" * 12}))
    server.say(f"{AT}/pullrequests/7", 200, pull(state="DECLINED"))
    merged, declined = forge.request(7), forge.request(7)
    assert (merged.state, merged.merged_as) == (RequestState.MERGED, "d" * 40)
    assert (declined.state, declined.head_commit) == (RequestState.CLOSED, SHORT)  # the commit is gone


def test_opening(server: ForgeServer, forge: Bitbucket):
    server.say(f"{AT}/pullrequests", 200, page(), on="GET")
    server.say(f"{AT}/pullrequests", 201, pull(), on="POST")
    assert forge.open(DRAFT).number == 7
    assert server.wrote() == [
        (
            "POST",
            f"{AT}/pullrequests",
            {
                "title": DRAFT.title,
                "description": DRAFT.body,
                "source": {"branch": {"name": "promote/shop"}},
                "destination": {"branch": {"name": "main"}},
                "close_source_branch": False,
            },
        )
    ]


def test_one_that_is_open_already_is_found_and_nothing_written_over(server: ForgeServer, forge: Bitbucket):
    server.say(f"{AT}/pullrequests", 200, page(pull()), on="GET")
    assert forge.open(DRAFT).number == 7
    assert server.wrote() == []
    assert server.seen[0].query["q"] == (
        'source.branch.name="promote/shop" AND destination.branch.name="main" AND state="OPEN"'
    )


def test_an_update_keeps_who_was_asked(server: ForgeServer, forge: Bitbucket):
    standing(server, reviewers=[person("mia")])
    old = forge.request(7)
    forge.update(old, DRAFT)
    assert server.wrote() == []
    forge.update(old, Draft("t", "b", "promote/shop", "main"))
    expected = {"title": "t", "description": "b", "reviewers": [{"uuid": "{mia}"}]}
    assert server.wrote() == [("PUT", f"{AT}/pullrequests/7", expected)]


def test_asking_for_a_review_by_nickname(server: ForgeServer, forge: Bitbucket):
    standing(server, reviewers=[person("mia")])
    members = page({"user": person("kai")}, {"user": person("lin")})
    server.say("/2.0/workspaces/acme/members", 200, members)
    forge.dress(forge.request(7), DRAFT)
    expected = {"title": DRAFT.title, "reviewers": [{"uuid": "{mia}"}, {"uuid": "{lin}"}]}
    assert server.wrote() == [("PUT", f"{AT}/pullrequests/7", expected)]
    with pytest.raises(ForgeError, match="has no member zoe"):
        forge.dress(forge.request(7), Draft("t", "b", "h", "main", reviewers=("zoe",)))


def test_reviews_are_what_each_participant_said(server: ForgeServer, forge: Bitbucket):
    def took_part(name: str, state: str | None) -> dict[str, Any]:
        return {"user": person(name), "state": state, "approved": state == "approved", "role": "REVIEWER"}

    standing(
        server,
        reviewers=[person("lin"), person("kai"), person("mia")],
        participants=[took_part("lin", "approved"), took_part("kai", "changes_requested"), took_part("mia", None)],
    )
    assert {one.user: one.state for one in forge.reviews(forge.request(7))} == {
        "lin": ReviewState.APPROVED,
        "kai": ReviewState.CHANGES,
        "mia": ReviewState.ASKED,
    }


def test_checks_are_the_newest_of_each_name(server: ForgeServer, forge: Bitbucket):
    def build(name: str, state: str, at: str) -> dict[str, Any]:
        return {"key": name, "name": name, "state": state, "updated_on": at, "url": "u"}

    builds = [
        build("test", "FAILED", "2026-03-01T10:00:00+00:00"),
        build("test", "SUCCESSFUL", "2026-03-01T11:00:00+00:00"),
        build("scan", "INPROGRESS", "2026-03-01T11:00:00+00:00"),
        build("lint", "STOPPED", "2026-03-01T11:00:00+00:00"),
    ]
    server.say(f"{AT}/commit/{HEAD}/statuses", 200, page(*builds))
    assert {one.name: one.state for one in forge.checks(HEAD)} == {
        "test": CheckState.PASSED,
        "scan": CheckState.RUNNING,
        "lint": CheckState.FAILED,
    }


BRANCH = {"merge_strategies": ["merge_commit", "squash", "fast_forward"], "default_merge_strategy": "squash"}


def test_rules_are_strategies_and_restrictions(server: ForgeServer, forge: Bitbucket):
    server.say(f"{AT}/refs/branches/main", 200, BRANCH)
    server.say(
        f"{AT}/branch-restrictions",
        200,
        page(
            {"kind": "require_approvals_to_merge", "branch_match_kind": "glob", "pattern": "ma*", "value": 2},
            {"kind": "require_approvals_to_merge", "branch_match_kind": "glob", "pattern": "release/*", "value": 5},
            {
                "kind": "require_passing_builds_to_merge",
                "branch_match_kind": "branching_model",
                "branch_type": "production",
                "pattern": "",
                "value": 1,
            },
        ),
    )
    server.say(f"{AT}/effective-branching-model", 200, {"production": {"branch": {"name": "main"}}})
    found = forge.rules("main")
    assert found.methods == (MergeMethod.SQUASH, MergeMethod.MERGE, MergeMethod.REBASE)
    assert (found.approvals, found.passing, found.protected, found.told) == (2, 1, True, True)


def test_restrictions_are_told_to_administrators_alone(server: ForgeServer, forge: Bitbucket):
    server.say(f"{AT}/refs/branches/main", 200, BRANCH)
    server.say(f"{AT}/branch-restrictions", 403, {"type": "error", "error": {"message": "Forbidden"}})
    assert not forge.rules("main").told


def test_approving_looks_at_the_commit_just_before(server: ForgeServer, forge: Bitbucket):
    standing(server)
    server.say(f"{AT}/pullrequests/7/approve", 200, {"approved": True})
    seen = forge.request(7)
    forge.approve(seen)
    assert server.wrote() == [("POST", f"{AT}/pullrequests/7/approve", None)]
    source = pull()["source"]
    server.script.pop(("", f"{AT}/pullrequests/7"))
    server.say(f"{AT}/pullrequests/7", 200, pull(source={**source, "commit": {"hash": "e" * 12}}))
    with pytest.raises(ForgeError, match="has changed since you looked"):
        forge.approve(seen)
    with pytest.raises(ForgeError, match="has changed since you looked"):
        forge.merge(seen, MergeMethod.MERGE, "t", "m")
    assert len(server.wrote()) == 1


@pytest.mark.parametrize(
    ("method", "strategy"),
    [(MergeMethod.MERGE, "merge_commit"), (MergeMethod.SQUASH, "squash"), (MergeMethod.REBASE, "fast_forward")],
)
def test_merging_names_the_strategy(server: ForgeServer, forge: Bitbucket, method: MergeMethod, strategy: str):
    standing(server)
    server.say(f"{AT}/refs/branches/main", 200, BRANCH)
    server.say(f"{AT}/pullrequests/7/merge", 200, pull(state="MERGED"))
    forge.merge(forge.request(7), method, "title", "body")
    expected = {"message": "title\n\nbody", "close_source_branch": False, "merge_strategy": strategy}
    assert server.wrote() == [("POST", f"{AT}/pullrequests/7/merge", expected)]


@pytest.mark.parametrize(
    ("status", "error", "detail"),
    [
        (
            400,
            {"message": "Merge checks failed", "fields": {"merge_checks": ["At least 2 approvals"]}},
            "Merge checks failed; merge_checks: At least 2 approvals",
        ),
        (400, {"message": "Bad request", "detail": "You can't merge: it has conflicts"}, None),
        (409, {"message": "one of the refs changed"}, "one of the refs changed"),
        (555, {"message": "merge took too long"}, "merge took too long"),
    ],
)
def test_a_merge_that_is_refused_says_why_and_is_not_tried_again(
    server: ForgeServer, forge: Bitbucket, status: int, error: dict[str, Any], detail: str | None
):
    standing(server)
    server.say(f"{AT}/refs/branches/main", 200, BRANCH)
    server.say(f"{AT}/pullrequests/7/merge", status, {"type": "error", "error": error})
    with pytest.raises(ForgeError) as refused:
        forge.merge(forge.request(7), MergeMethod.MERGE, "t", "m")
    assert refused.value.detail == (detail or "; ".join(error.values()))
    assert len(server.asked("POST")) == 1


def test_closing_and_taking_the_branch_away(server: ForgeServer, forge: Bitbucket):
    standing(server)
    server.say(f"{AT}/pullrequests/7/decline", 200, pull(state="DECLINED"))
    forge.close_request(forge.request(7))
    place = f"{AT}/refs/branches/promote/shop"
    server.say(place, 204, on="DELETE")
    server.say(place, 404, {"type": "error", "error": {"message": "gone"}}, on="DELETE")
    forge.delete_branch("promote/shop")
    forge.delete_branch("promote/shop")
    assert [one[:2] for one in server.wrote()][:2] == [("POST", f"{AT}/pullrequests/7/decline"), ("DELETE", place)]


def test_who_one_is_and_where_a_person_goes_on(server: ForgeServer, forge: Bitbucket):
    server.say("/2.0/user", 200, person("ada"))
    server.say("/2.0/user", 403, {"type": "error", "error": {"message": "no account"}})  # a repository's own token
    server.say(AT, 200, {"parent": {"full_name": "upstream/fleet"}})
    assert (forge.me(), forge.me(), forge.fork_of()) == ("ada", "a token without a user", "upstream/fleet")
    shown = forge.new_request_page("promote/shop", "main")
    assert shown == f"{server.url}/acme/fleet/pull-requests/new?source=promote%2Fshop&dest=main"


def test_descriptions_take_no_html(forge: Bitbucket):
    assert not forge.html and forge.longest < 32_768
