# ruff: noqa: E501  (a table reads better with a row on a line)
"""What goes along with a version or a block is told from the two files, and links and selects what belongs together."""

from dataclasses import replace
from textwrap import dedent

import pytest

from liftlock.model.change import Change, Op, path_text
from liftlock.model.environment import Environment
from liftlock.promotion.classify import judge
from liftlock.promotion.companions import accompanied, without_left_behind
from liftlock.promotion.compare import compare
from liftlock.promotion.glance import may_move
from liftlock.promotion.words import between
from liftlock.yamledit import read

WORDS = between(Environment("staging"), Environment("production"))


def told(source: str, target: str) -> dict[str, Change]:
    found = compare(read(dedent(source).encode(), "v.yaml"), read(dedent(target).encode(), "v.yaml"), WORDS)
    changes = []
    for number, one in enumerate(found):
        verdict = judge(one, "v.yaml", WORDS)
        at = "app", "production", "v.yaml", "v.yaml"
        changes.append(
            Change(str(number), *at, one.path, one.op, one.old, verdict.new, verdict.cls, verdict.selected, verdict.why)
        )
    return {f"{'-' if c.op is Op.REMOVE else ''}{path_text(c.path)}": c for c in accompanied(changes)}


def staged(source: str, target: str) -> set[str]:
    return {path for path, change in told(source, target).items() if change.proposed}


@pytest.mark.parametrize(
    ("source", "target", "path", "why"),
    [
        ("image: {tag: 1.5.0}\nabout: Shop 1.5.0 (new)", "image: {tag: 1.4.0}\nabout: Shop 1.4.0 (new)", "about", "quotes the version"),
        ("image: r.io/a/b:1.5.0\nlabel: 1.5.0.x", "image: r.io/a/b:1.4.0\nlabel: 1.4.0.x", "", ""),
        ("a: {image: 'r.io/a/b:abcdef1', title: Of 2026.02.03}", "a: {image: 'r.io/a/b:abcdef2', title: Of 2026.01.03}", "a.title", "names the version of the image beside it"),
        ("a: {image: 'r.io/a/b:abcdef1'}\ntitle: {x: Of 2026.02.03}", "a: {image: 'r.io/a/b:abcdef2'}\ntitle: {x: Of 2026.01.03}", "", ""),
        ("title: Of 2026.02.03\na: {b: {c: {tag: 1.5.0}}}", "title: Of 2026.01.03\na: {b: {c: {tag: 1.4.0}}}", "", ""),
        ("a: {tag: 1.5.0-b, grade: b}", "a: {tag: 1.4.0-a, grade: a}", "", ""),
        ("a: {tag: 1.5.0, title: Blue}", "a: {tag: 1.4.0, title: Red}", "", ""),
        ("a: {tag: 1.5.0, title: Of 2026.02.03 blue}", "a: {tag: 1.4.0, title: Of 2026.01.03 red}", "", ""),
        ("a: {tag: weekly_c0044, cycle: 44}", "a: {tag: weekly_c0043, cycle: 43}", "a.cycle", "a part of the version"),
        ("a: {tag: 2.4.0, major: 2}", "a: {tag: 1.4.0, major: 1}", "a.major", "a part of the version"),
        ("a: {tag: 1.4.0, retries: 4}", "a: {tag: 1.3.0, retries: 3}", "", ""),
        ("a: {tag: 1.44.0, minutes: 45}", "a: {tag: 1.43.0, minutes: 43}", "", ""),
        ("a: {tag: w_2026_c44, name2: c44}", "a: {tag: w_2026_c43, name2: c43}", "a.name2", "a part of the version"),
        ("a: {tag: 1.44.0, minutes: '٤٤'}", "a: {tag: 1.43.0, minutes: '٤٣'}", "", ""),
        ("a: {tag: 1.44.0}\nb: {minutes: 44}", "a: {tag: 1.43.0}\nb: {minutes: 43}", "", ""),
    ],
)  # fmt: skip
def test_what_speaks_of_a_version_goes_with_it(source: str, target: str, path: str, why: str):
    companions = {p: c for p, c in told(source, target).items() if c.proposed and c.cls == "setting"}
    assert set(companions) == ({path} if path else set())
    if path:
        assert why in companions[path].why


def test_it_stays_where_the_version_stays():
    assert not staged("a: {tag: pr-7-abcdef1, title: Of pr-7-abcdef1}", "a: {tag: 1.4.0, title: Of 1.4.0}")


def test_it_stays_where_history_leaves_the_version():
    changes = list(told("a: {tag: 1.5.0, title: Of 1.5.0}", "a: {tag: 1.4.0, title: Of 1.4.0}").values())
    assert without_left_behind(changes, changes) == changes
    weighed = [replace(c, proposed=c.proposed and c.cls != "version") for c in changes]
    title = without_left_behind(changes, weighed)[-1]
    assert not title.proposed
    assert "that stays, so this does" in title.why


def test_a_block_that_moved_in_the_file_is_one_move_and_staged():
    changes = told(
        "shop: {resources: {limits: {cpu: '1'}, requests: {cpu: '1'}}}\na: b",
        "resources: {limits: {cpu: '1'}, requests: {cpu: '1'}}\na: b",
    )
    assert changes["shop"].together == (changes["-resources"].id,)
    assert changes["-resources"].together == (changes["shop"].id,)
    assert changes["shop"].proposed
    assert changes["-resources"].proposed
    assert "moves to shop" in changes["-resources"].why


def test_several_blocks_that_moved_into_one_go_together_and_out_of_it_too():
    one = "x: {auth: {mode: oidc}, cache: {ttl: 300}}\na: b"
    two = "auth: {mode: oidc}\ncache: {ttl: 300}\na: b"
    assert staged(one, two) == {"x", "-auth", "-cache"}
    assert staged(two, one) == {"-x", "auth", "cache"}


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("shop: {resources: {limits: {cpu: '2'}, x: '1'}}\na: b", "resources: {limits: {cpu: '1'}, x: '1'}\na: b"),
        ("shop: {resources: {x: '1'}, more: new}\na: b", "resources: {x: '1'}\na: b"),
        ("shop: {on: 'true'}\na: b", "on: 'true'\na: b"),
        ("shop: {c: d}\na: b", "other: {e: f}\na: b"),
        ("b: {one: {x: y}, two: {x: y, role: admins}}", "b: {one: {x: y, role: admins}, two: {x: y}}"),
        ("b: {one: {cred: bot, place: east}}", "b: {two: {cred: bot, place: east}}"),
        ("x: {auth: {mode: oidc}}\ny: {auth: {mode: oidc}}\na: b", "auth: {mode: oidc}\na: b"),
    ],
)
def test_what_is_not_the_same_block_is_only_offered(source: str, target: str):
    assert not staged(source, target)


def test_an_image_that_is_set_in_another_place_takes_its_old_place_along():
    changes = told(
        "profiles: [{name: s, options: {image: 'quay.io/a/lab:2'}}, {name: m, options: {image: 'quay.io/a/lab:2'}}]",
        "profiles: [{name: s}, {name: m}]\nimage: {name: quay.io/a/lab, tag: '1'}",
    )
    assert {p for p, c in changes.items() if c.proposed} == {
        "profiles[name=s].options",
        "profiles[name=m].options",
        "-image",
    }
    assert len(changes["-image"].together) == 2
    assert not staged(
        "profiles: [{name: s, options: {image: 'quay.io/a/staging-lab:2'}}]",
        "profiles: [{name: s}]\nimage: {name: quay.io/a/staging-lab, tag: '1'}",
    )


def test_the_board_looks_closer_where_a_line_was_indented():
    assert may_move(b"x:\n  auth:\n    mode: oidc\n", b"auth:\n  mode: oidc\n")
    assert not may_move(b"mode: one\n", b"mode: two\n")


def test_a_version_that_a_name_beside_it_holds_too_is_offered():
    text = "backend: wiki-{}.apps.svc.cluster.local\ndatabaseVersion: mw{}-a1\nimage: {{tag: {}}}\n"
    source, target = text.format(143, "1.43", "2.0.1"), text.format(139, "1.39", "2.0.0")
    assert staged(source, target) == {"image.tag"}
    assert told(source, target)["databaseVersion"].why.endswith("backend is of that version too: offered")
    assert staged(source.replace("143", "144"), target) == {"image.tag", "databaseVersion"}
