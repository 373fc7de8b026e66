"""What a plan stages by itself follows what promotions of the same files moved and left before."""

from __future__ import annotations

from collections.abc import Callable

from tests.unit.learning.conftest import Fleet

Values = Callable[..., str]


def promoted(
    fleet: Fleet, values: Values, tags: list[str], source: dict[str, object], target: dict[str, object]
) -> None:
    """A release after the other: staging gets each, then production gets its tag; the rest stays as it is given."""
    fleet.commit("begin", staging=values("1.0.0", **source), production=values("1.0.0", **target))
    for tag in tags:
        fleet.commit(f"staging {tag}", staging=values(tag, **source))
        fleet.commit(f"production {tag}", production=values(tag, **target))


def test_a_setting_that_moved_twice_moves_again(fleet: Fleet, values: Values):
    fleet.commit(
        "begin", staging=values("1.0.0", cycle=40, place="here"), production=values("1.0.0", cycle=40, place="there")
    )
    for number, tag in ((41, "1.1.0"), (42, "1.2.0")):
        fleet.commit(f"staging {tag}", staging=values(tag, cycle=number, place="here"))
        last = fleet.commit(f"production {tag}", production=values(tag, cycle=number, place="there"))
    fleet.commit("next", staging=values("1.3.0", cycle=43, place="here"))
    assert fleet.staged() == {"image.tag", "cycle"}
    assert (
        f"the target took it from the source before ({last} production 1.2.0 and 1 more)"
        in fleet.changes()["cycle"].why
    )


def test_one_time_is_no_habit_of_a_setting(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", mode="trial"), production=values("1.0.0", mode="full"))
    fleet.commit("same", production=values("1.0.0", mode="trial"))
    fleet.commit("own", production=values("1.0.0", mode="full"))
    fleet.commit("next", staging=values("1.1.0", mode="trial"))
    assert fleet.staged() == {"image.tag"}


def test_what_promotions_left_stays_and_says_so(fleet: Fleet, values: Values):
    promoted(fleet, values, ["1.1.0", "1.2.0"], {"greeting": "hello"}, {"greeting": "good day"})
    fleet.commit("next", staging=values("1.3.0", greeting="hello"))
    assert fleet.staged() == {"image.tag"}
    assert fleet.changes()["greeting"].why.endswith("left by the last 2 promotions of this file")


def test_a_version_that_promotions_passed_by_is_not_staged(fleet: Fleet, values: Values):
    promoted(fleet, values, ["1.1.0", "1.2.0"], {"sidecarVersion": "2.1.0"}, {"sidecarVersion": "2.0.0"})
    fleet.commit("next", staging=values("1.3.0", sidecarVersion="2.1.0"))
    assert fleet.changes(learning=False)["sidecarVersion"].proposed
    assert fleet.staged() == {"image.tag"}
    assert "left by the last 2 promotions of this file" in fleet.changes()["sidecarVersion"].why


def test_versions_count_though_the_two_were_never_equal(fleet: Fleet, values: Values):
    """A source that gets a build every ten minutes is long past the one that was promoted."""
    fleet.commit("begin", staging=values("1.0.0"), production=values("0.9.0"))
    for number in range(1, 7):
        fleet.commit(f"build {number}", staging=values(f"1.{number}.0"))
        if number in (3, 5):
            last = fleet.commit("release", production=values(f"1.{number - 1}.0"))
    assert fleet.changes()["image.tag"].why == f"image tag; moved in 2 of 2 promotions, last in {last}"


def test_a_size_moves_where_it_moved_before_and_waits(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", replicas=1), production=values("1.0.0", replicas=1))
    fleet.commit("staging", staging=values("1.1.0", replicas=2))
    fleet.commit("production", production=values("1.1.0", replicas=2))
    fleet.commit("next", staging=values("1.2.0", replicas=3))
    assert fleet.staged() == {"image.tag", "replicas"}


def test_the_source_s_own_word_is_never_carried_by_habit(fleet: Fleet, values: Values):
    fleet.commit(
        "begin",
        staging=values("1.0.0", host="a.staging.acme.io"),
        production=values("1.0.0", host="a.production.acme.io"),
    )
    for letter in "bcd":
        fleet.commit("staging", staging=values("1.0.0", host=f"{letter}.staging.acme.io"))
        fleet.commit("production", production=values("1.0.0", host=f"{letter}.production.acme.io"))
    fleet.commit("next", staging=values("1.0.0", host="e.staging.acme.io"))
    assert fleet.staged() == set()


def test_what_a_team_declared_never_to_move_stays_against_any_habit(fleet: Fleet, values: Values):
    fleet.write("liftlock.toml", '[[never]]\npath = "cycle"\nreason = "set by hand"\n')
    fleet.commit("begin", staging=values("1.0.0", cycle=40), production=values("1.0.0", cycle=40))
    for number, tag in ((41, "1.1.0"), (42, "1.2.0")):
        fleet.commit(f"staging {tag}", staging=values(tag, cycle=number))
        fleet.commit(f"production {tag}", production=values(tag, cycle=number))
    fleet.commit("next", staging=values("1.3.0", cycle=43))
    assert fleet.staged() == {"image.tag"}


def test_the_source_s_newest_change_is_staged_where_the_target_usually_takes_them(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", place="here"), production=values("1.0.0", place="there"))
    more: dict[str, object] = {}
    for key in ("cache", "queue"):
        more[key] = "on"
        fleet.commit(f"staging gets a {key}", staging=values("1.0.0", place="here", **more))
        fleet.commit(f"production gets a {key}", production=values("1.0.0", place="there", **more))
    new = fleet.commit("staging gets a mirror", staging=values("1.0.0", place="here", **more, mirror="on"))
    assert fleet.staged() == {"mirror"}
    why = fleet.changes()["mirror"].why
    assert f"new in the source with {new} staging gets a mirror; the target took 2 of the 2 earlier changes" in why


def test_the_newest_change_is_only_offered_where_the_target_rarely_took_any(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0"), production=values("1.0.0"))
    more: dict[str, object] = {}
    for key in ("cache", "queue", "mirror"):
        more[key] = "on"
        fleet.commit(f"staging gets a {key}", staging=values("1.0.0", **more))
    fleet.commit("production gets one", production=values("1.0.0", cache="on"))
    fleet.commit("staging gets a trace", staging=values("1.0.0", **more, trace="on"))
    assert fleet.staged() == set()


def test_only_what_lies_before_the_revision_counts(fleet: Fleet, values: Values):
    fleet.commit(
        "begin", staging=values("1.0.0", cycle=40, place="here"), production=values("1.0.0", cycle=40, place="there")
    )
    fleet.commit("a cycle", staging=values("1.0.0", cycle=39, place="here"))
    fleet.commit("staging", staging=values("1.0.1", cycle=39, place="here"))
    early = fleet.git("rev-parse", "HEAD")
    for number, tag in ((41, "1.1.0"), (42, "1.2.0")):
        fleet.commit(f"staging {tag}", staging=values(tag, cycle=number, place="here"))
        fleet.commit(f"production {tag}", production=values(tag, cycle=number, place="there"))
    fleet.commit("next", staging=values("1.3.0", cycle=43, place="here"))
    assert fleet.staged(early) == {"image.tag"}
    assert fleet.staged() == {"image.tag", "cycle"}


def test_a_merge_counts_once_with_all_that_it_brought(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0"), production=values("1.0.0"))
    fleet.commit("staging", staging=values("1.1.0"))
    fleet.git("checkout", "-qb", "promote")
    fleet.commit("half", production=values("1.0.9"))
    fleet.commit("whole", production=values("1.1.0"))
    fleet.git("checkout", "-q", "main")
    fleet.git("merge", "-q", "--no-ff", "-m", "Merge: production 1.1.0", "promote")
    merge = fleet.git("rev-parse", "--short=7", "HEAD")
    fleet.commit("next", staging=values("1.2.0"))
    assert fleet.changes()["image.tag"].why == f"image tag; moved in 1 of 1 promotions, last in {merge}"


def test_two_branches_are_compared_by_time(fleet: Fleet, values: Values):
    """One path on two branches: each is an environment."""
    fleet.git("checkout", "-qb", "staging")
    fleet.write("apps/api/values.yaml", values("1.0.0", cycle=40))
    fleet.save("begin", at=1_700_000_000)
    fleet.git("branch", "production")
    for number, tag in ((41, "1.1.0"), (42, "1.2.0"), (43, "1.3.0")):
        for branch in ("staging", "production"):
            if (branch, number) == ("production", 43):
                continue
            fleet.git("checkout", "-q", branch)
            fleet.write("apps/api/values.yaml", values(tag, cycle=number))
            fleet.save(f"{branch} {tag}", at=1_700_000_000 + number * 60 + (branch == "production"))
    assert fleet.staged() == {"image.tag", "cycle"}


def test_a_file_that_was_kept_the_same_is_kept_the_same(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", greeting="hey"), production=values("1.0.0", greeting="hey"))
    fleet.commit("both", staging=values("1.0.0", greeting="hi"), production=values("1.0.0", greeting="hi"))
    first = fleet.commit("change", staging=values("1.0.0", greeting="hello", replicas=2))
    fleet.commit("another", staging=values("1.0.0", greeting="hello", replicas=2, mirror="on"))
    assert fleet.staged() == {"greeting", "replicas", "mirror"}
    assert f"the two files were the same until {first} change" in fleet.changes()["greeting"].why


def test_where_one_leaf_differed_the_rest_is_only_offered(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", greeting="hi"), production=values("1.0.0", greeting="good day"))
    fleet.commit("change", staging=values("1.0.0", greeting="hi", mirror="on"))
    assert fleet.staged() == set()


def test_sizes_of_files_that_only_began_the_same_are_offered(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", replicas=1), production=values("1.0.0", replicas=1))
    fleet.commit("change", staging=values("1.0.0", replicas=2, mirror="on"))
    assert fleet.staged() == {"mirror"}


def test_what_the_source_dropped_is_offered_for_removal_with_the_commit(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", trace="on"), production=values("1.0.0", trace="on", own="1"))
    gone = fleet.commit("no traces any more", staging=values("1.0.0"))
    fleet.commit("next", staging=values("1.1.0"))
    changes = fleet.changes()
    assert changes["trace"].why == f"the source dropped it with {gone} no traces any more: its removal is offered"
    assert changes["own"].why == "only the target has it: the source never had it"
    assert fleet.staged() == {"image.tag"}


def test_a_tag_that_moves_by_itself_is_not_staged_by_any_habit(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0"), production=values("1.0.0"))
    fleet.commit("both", staging=values("1.1.0"), production=values("1.1.0"))
    fleet.commit("floating", staging=values("latest"))
    assert fleet.staged() == set()
    assert "moves by itself" in fleet.changes()["image.tag"].why


def test_what_came_to_the_source_with_the_version_goes_with_it(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0", mode="slow"), production=values("1.0.0", mode="slow"))
    fleet.commit("own", production=values("1.0.0", mode="slow", greeting="good day"))
    fleet.commit("theirs", staging=values("1.0.0", mode="slow", greeting="hello", trace="on"))
    brought = fleet.commit("staging", staging=values("1.1.0", mode="fast", greeting="hello", trace="on", cache="on"))
    assert fleet.staged() == {"image.tag", "mode", "cache"}
    why = f"came to the source with image.tag ({brought} staging), and goes with it"
    assert fleet.changes()["mode"].why == f"a setting; {why}"


def test_but_not_what_came_with_the_file_itself(fleet: Fleet, values: Values):
    fleet.commit("production", production=values("1.0.0", mode="slow", note="ours"))
    fleet.commit("staging", staging=values("1.1.0", mode="fast", note="theirs"))
    assert fleet.staged() == {"image.tag"}


def test_who_set_both_sides_at_once_made_no_hotfix(fleet: Fleet, values: Values):
    fleet.commit("begin", staging=values("1.0.0"), production=values("1.0.0"))
    fleet.commit("try", staging=values("1.2.0"), production=values("1.1.5"))
    assert fleet.staged() == {"image.tag"}
    assert not fleet.changes()["image.tag"].conflict
