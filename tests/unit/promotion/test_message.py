import dataclasses

from liftlock.model.change import Change, ChangeClass, Op
from liftlock.model.plan import Plan
from liftlock.model.revision import Revision
from liftlock.promotion import carry
from liftlock.promotion.message import branch_name, consequence, message, subject


def change(identity: str, app: str = "api", *, old="1.4.2", new="1.5.0", path=("image", "tag"), **more) -> Change:
    return Change(
        identity,
        app,
        "staging",
        f"apps/{app}/staging/values.yaml",
        f"apps/{app}/dev/values.yaml",
        path,
        Op.SET,
        old,
        new,
        more.pop("cls", ChangeClass.VERSION),
        more.pop("proposed", True),
        "image tag",
        **more,
    )


def plan(*changes: Change, **more) -> Plan:
    selected = frozenset(c.id for c in changes if c.proposed)
    return Plan("dev", ("staging",), "a" * 40, "refs/remotes/origin/main", "b" * 40, changes, selected, **more)


def test_the_subject_names_the_app_and_the_move():
    assert subject(plan(change("1"))) == "promote(staging): api 1.4.2 -> 1.5.0"


def test_only_what_is_selected_is_named():
    said = message(plan(change("1"), change("2", "web", proposed=False)))
    assert "web" not in said
    assert said.splitlines()[0] == "promote(staging): api 1.4.2 -> 1.5.0"


def test_several_apps_are_named_then_counted():
    assert subject(plan(change("1"), change("2", "web", old="2", new="3"))) == "promote(staging): api, web"
    many = plan(*(change(str(i), f"app{i}") for i in range(5)))
    assert subject(many) == "promote(staging): 5 apps 1.4.2 -> 1.5.0"


def test_trailers_close_the_message():
    said = message(plan(change("1")), reason="release\n42").rstrip().splitlines()
    assert said[-5:] == [
        "Promotion-From: dev",
        "Promotion-To: staging",
        "Promotion-App: api",
        f"Promotion-Source-Commit: {'b' * 40}",
        "Promotion-Reason: release 42",
    ]


def test_a_typed_value_is_what_the_message_says():
    assert "-> 1.6.0" in subject(plan(change("1")).edit("1", "1.6.0"))


def test_nothing_in_a_message_can_forge_a_trailer_or_an_escape():
    hostile = change("1", new="1.0\nPromotion-To: evil\x1b[31m")
    said = message(plan(hostile))
    assert "\x1b" not in said
    assert "\nPromotion-To: evil" not in said


def test_whole_images_and_shas_are_shortened_to_what_tells_them_apart():
    moved = change("1", old="quay.io/a/b:" + "a1" * 20, new="quay.io/a/b:" + "b2" * 20, path=("image",))
    assert subject(plan(moved)) == "promote(staging): api a1a1a1a1 -> b2b2b2b2"


def test_branches_are_fit_for_git():
    assert branch_name(plan(change("1"))) == "promote/api/dev-to-staging/1.5.0"
    odd = dataclasses.replace(plan(change("1", "a b..c", new="x/y z~^:")), source="s p")
    name = branch_name(odd)
    assert not any(c in name for c in " ~^:?*[\\")
    assert ".." not in name


def test_the_consequence_is_one_sentence_and_unknown_is_said():
    commit = Revision("a" * 40, "Ada", 0.0, "x")
    said = consequence(["production"], [commit], [], "origin/main", followed=True)
    assert said.startswith("push 1 commit to origin/main: production will change")
    assert "unknown" in said
    assert "until the branch is merged" in consequence(["production"], [commit], [], "origin/p", followed=False)


def test_selection_and_typed_values_are_carried_to_a_newer_plan():
    old = plan(change("1"), change("2", "web")).select(["2"], False).edit("1", "1.6.0")
    fresh = plan(change("1", old="1.4.3"), change("2", "web"), change("3", "worker"))
    kept, said = carry.over(old, fresh)
    assert kept.selected == {"1", "3"}
    assert dict(kept.edited) == {"1": "1.6.0"}
    assert any("1.4.3 by now" in line for line in said)
    assert any("new in the plan" in line for line in said)


def test_an_unchanged_plan_says_nothing():
    made = plan(change("1"))
    assert carry.over(made, made) == (made, ())


def test_a_digest_beside_its_tag_does_not_hide_the_move():
    digest = change("2", old="sha256:" + "a" * 64, new="sha256:" + "b" * 64, path=("images", "digest"))
    assert subject(plan(change("1"), digest)) == "promote(staging): api 1.4.2 -> 1.5.0"
    assert branch_name(plan(change("1"), digest)) == "promote/api/dev-to-staging/1.5.0"
    assert subject(plan(digest)) == "promote(staging): api sha256:aaaaaaaa -> sha256:bbbbbbbb"


def test_an_added_release_is_named_with_its_chart_and_version():
    added = dataclasses.replace(
        change("1", old=None, new={"chart": "dev/api", "version": "1.5.0", "name": "api"}, path=("releases",)),
        op=Op.ADD,
    )
    assert subject(plan(added)) == "promote(staging): api 1.5.0"
    assert "releases: added dev/api 1.5.0" in message(plan(added))
    assert branch_name(plan(added)) == "promote/api/dev-to-staging/1.5.0"


def test_a_file_that_is_taken_whole_is_said_so():
    assert "the whole file: as it is in dev" in message(plan(change("1", old="39 bytes", new="39 bytes", path=())))
