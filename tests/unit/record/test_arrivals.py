"""What the record concludes from the values of commits that say nothing of themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.unit.record.conftest import DAY, Story, told

from liftlock.errors import PlanError
from liftlock.model.record import Kind, Question


def test_a_version_that_the_environment_before_had_is_a_promotion_with_its_lead_time(story: Story):
    story.moves("bump dev", dev="1.1.0")
    story.moves("bump dev again", dev="1.2.0")
    landed = story.moves("staging takes an older build", staging="1.1.0")
    (one,), extent = told(story.place)
    assert (one.revision.short, one.kind, one.source, one.environment) == (landed, Kind.PROMOTION, "dev", "staging")
    assert [(m.app, m.old, m.new) for m in one.moves] == [("api", "0.9.0", "1.1.0")]
    assert one.lead == 2 * DAY
    assert one.moves[0].since is not None and one.moves[0].since.subject == "bump dev"
    assert (one.authors, one.landed_by, one.declared) == (("Ann Author",), "Carl Committer", False)
    assert extent.whole and extent.commits == 4


def test_going_back_to_what_it_had_is_a_rollback(story: Story):
    story.moves("to staging", staging="1.0.0")
    story.moves("hm", staging="0.9.0")
    arrivals, _ = told(story.place)
    assert [(a.kind, a.environment) for a in arrivals] == [(Kind.ROLLBACK, "staging"), (Kind.PROMOTION, "staging")]
    assert arrivals[0].source == ""


def test_following_a_source_that_went_back_is_a_promotion(story: Story):
    story.moves("dev", dev="1.1.0")
    story.moves("staging", staging="1.0.0")
    story.moves("staging", staging="1.1.0")
    story.moves("dev goes back", dev="1.0.0")
    story.moves("staging goes along", staging="1.0.0")
    (last, *_), _ = told(story.place)
    assert (last.kind, last.source) == (Kind.PROMOTION, "dev")


def test_a_version_of_no_environment_before_is_told_only_when_asked(story: Story):
    story.moves("hotfix", production="0.8.1")
    assert told(story.place)[0] == []
    (one,), _ = told(story.place, Question(direct=True, limit=1))
    assert (one.kind, one.environment, one.apps) == (Kind.DIRECT, "production", ("api",))


def test_all_environments_at_once_is_no_promotion(story: Story):
    story.moves("everywhere", dev="2.0.0", staging="2.0.0", production="2.0.0")
    found = {a.environment: a for a in told(story.place, Question(direct=True, limit=3))[0]}
    assert {a.kind for a in found.values()} == {Kind.DIRECT}
    assert found["production"].notes == ("staging got it in the same commit",)


def test_an_environment_that_was_passed_by_is_told(story: Story):
    story.moves("dev", dev="1.1.0")
    story.moves("straight to production", production="1.1.0")
    (one,), _ = told(story.place)
    assert (one.source, one.environment) == ("dev", "production")
    assert one.notes == ("it did not pass staging",)


def test_a_number_that_comes_again_is_no_way_back(story: Story):
    for tag in ("build-7", "8", "7", "8"):
        story.moves(f"production {tag}", production=tag)
    kinds = [a.kind for a in told(story.place, Question(direct=True))[0]]
    assert Kind.ROLLBACK not in kinds


def test_a_setting_that_was_changed_alike_before_is_a_promotion_and_one_that_stood_there_is_not(story: Story):
    base = "image:\n  repository: acme/api\n  tag: 1.0.0\nfeature: {}\n"
    for environment in ("dev", "staging"):
        story.write(f"apps/api/{environment}/values.yaml", base.format("slow"))
    story.write("apps/api/production/values.yaml", base.format("none"))
    story.land("the same everywhere")
    story.write("apps/api/dev/values.yaml", base.format("fast"))
    story.land("dev is fast")
    story.write("apps/api/staging/values.yaml", base.format("fast"))
    followed = story.land("staging too")
    story.write("apps/api/production/values.yaml", base.format("slow"))
    story.land("production gets what others were born with")
    found = [a for a in told(story.place)[0] if a.revision.subject != "the same everywhere"]
    assert [(a.revision.short, a.source, a.moves[0].path) for a in found] == [(followed, "dev", "feature")]


def test_files_that_moved_are_followed_and_files_that_are_gone_are_known(story: Story):
    story.moves("dev", "old", dev="1.0.0", staging="0.9.0")
    story.moves("promote", "old", staging="1.0.0")
    story.git("mv", "apps/old", "apps/new")
    story.land("renamed")
    for environment in ("dev", "staging"):
        story.write(f"apps/new/{environment}/values.yaml", "image:\n  repository: acme/old\n  tag: 1.1.0\n")
        story.land(environment)
    found = [(a.apps, a.moves[0].new) for a in told(story.place)[0]]
    assert found[0] == (("new",), "1.1.0")
    assert len(found) == 2, "the move itself brought nothing new"


def test_one_more_cluster_of_an_environment_is_no_promotion(story: Story):
    story.moves("to production", production="1.0.0")
    story.write("apps/api/production/cluster-b/values.yaml", "image:\n  repository: acme/api\n  tag: 1.0.0\n")
    story.land("another cluster")
    assert [a.revision.subject for a in told(story.place)[0]] == ["to production"]


def test_newest_first_and_bounded(story: Story):
    for number in range(1, 6):
        story.moves("dev", dev=f"2.{number}.0")
        story.moves(f"staging {number}", staging=f"2.{number}.0")
    every, _ = told(story.place)
    assert [a.revision.subject for a in every] == [f"staging {n}" for n in (5, 4, 3, 2, 1)]
    some, extent = told(story.place, Question(limit=2))
    assert some == every[:2]
    assert (extent.whole, extent.why) == (False, "2 were asked for")
    late, extent = told(story.place, Question(since=every[1].revision.time))
    assert late == every[:2]
    few, extent = told(story.place, commits=3)
    assert extent.commits == 3 and extent.why == "3 commits were read"
    assert [a.revision.subject for a in few] == ["staging 5"]


def test_by_environment_and_app(story: Story):
    story.moves("web", "web", dev="5.0.0", staging="4.0.0")
    story.moves("web on", "web", staging="5.0.0")
    story.moves("api on", staging="1.0.0")
    story.moves("api further", production="1.0.0")
    assert [a.revision.subject for a in told(story.place, Question("staging"))[0]] == ["api on", "web on"]
    assert [a.revision.subject for a in told(story.place, Question(apps=("web",)))[0]] == ["web on"]
    with pytest.raises(PlanError, match="no app 'wbe'"):
        told(story.place, Question(apps=("wbe",)))
    with pytest.raises(PlanError, match="no environment 'prod'"):
        told(story.place, Question("prod"))


def test_as_it_stood_at_a_revision(story: Story):
    first = story.moves("one", staging="1.0.0")
    story.moves("two", production="1.0.0")
    assert [a.revision.short for a in told(story.place, at=first)[0]] == [first]


def test_environments_on_branches_of_their_own(tmp_path: Path):
    place = tmp_path / "branches"
    place.mkdir()
    story = Story(place)

    def on(branch: str, tag: str) -> None:
        story.git("checkout", "-q", branch)
        story.write("api/deployment.yaml", f"spec:\n  containers:\n  - name: api\n    image: acme/api:{tag}\n")
        story.land(f"{branch} {tag}")

    story.write("api/deployment.yaml", "spec:\n  containers:\n  - name: api\n    image: acme/api:1.0.0\n")
    story.land("begin")
    for branch in ("env/dev", "env/staging"):
        story.git("branch", branch)
    for branch, tag in (("env/dev", "1.1.0"), ("env/dev", "1.2.0"), ("env/staging", "1.1.0")):
        on(branch, tag)
    story.git("checkout", "-q", "main")
    found, _ = told(place)
    (one,) = found
    assert (one.source, one.environment, one.lead) == ("dev", "staging", 2 * DAY)


def test_of_a_partial_clone_only_trailers_are_told_and_nothing_is_fetched(story: Story, tmp_path: Path):
    story.moves("silent", staging="1.0.0")
    story.moves(
        "promote(production): api\n\nPromotion-From: staging\nPromotion-To: production\nPromotion-App: api",
        production="1.0.0",
    )
    story.git("config", "uploadpack.allowFilter", "true")
    place = tmp_path / "partial"
    subprocess.run(["git", "clone", "-q", "--filter=blob:none", story.place.as_uri(), place], check=True)
    subprocess.run(["git", "-C", place, "config", "remote.origin.url", "file:///nowhere"], check=True)
    (one,), extent = told(place)
    assert (one.source, one.environment, one.apps, one.declared) == ("staging", "production", ("api",), True)
    assert "partial clone" in extent.why


def test_where_a_shallow_clone_ends_nothing_is_concluded(story: Story, tmp_path: Path):
    story.moves("dev", dev="1.1.0")
    story.moves("staging", staging="1.1.0")
    story.moves("production", production="1.1.0")
    place = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=2", story.place.as_uri(), place], check=True)
    found, extent = told(place, Question(direct=True))
    assert (extent.commits, extent.why) == (1, "the clone is shallow")
    assert [a.kind for a in found] == [Kind.DIRECT]
    assert found[0].notes == ("where it came from is not known: history was not read far enough back",)


def test_values_of_secrets_are_never_told(story: Story):
    text = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: k\n  labels:\n    version: {}\nstringData:\n  token: {}\n"
    for environment in ("dev", "staging"):
        story.write(f"apps/api/{environment}/secret.yaml", text.format("1.0.0", "first"))
    story.land("secrets")
    for environment in ("dev", "staging"):
        story.write(f"apps/api/{environment}/secret.yaml", text.format("1.1.0", "hunter2"))
        story.land(f"{environment} turns")
    found = told(story.place)[0]
    assert found and "hunter2" not in repr(found)
