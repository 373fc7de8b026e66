"""What init writes loads back to the environments it was made from, and the reference document tells every key."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.config import REPOSITORY, USER, example, load_repository, reference
from liftlock.model.app import Cell
from liftlock.model.environment import Environment, Finding, Target, in_promotion_order
from liftlock.text import has_unsafe

ANY = st.text(max_size=12)
SHOWN = st.text(min_size=1, max_size=12).filter(lambda t: t.strip() == t and t and not has_unsafe(t) and "\n" not in t)
NAMES = SHOWN.filter(lambda t: "/" not in t and "\t" not in t and not t.startswith("-"))
PATHS = st.sampled_from(["apps/{app}/staging", "a b/*.yaml", 'x/"y"', "clusters/prod/**", "ünïcode/{app}", "c\\d/e"])
TARGETS = st.builds(Target, SHOWN, st.just("") | SHOWN, st.lists(SHOWN, max_size=2).map(tuple), st.just("") | SHOWN)


@st.composite
def environments(draw):
    names = draw(st.lists(NAMES, max_size=5, unique=True))
    made = []
    for number, name in enumerate(names):
        after = draw(st.lists(st.sampled_from(names[:number]), max_size=2, unique=True)) if number else []
        made.append(
            Environment(
                name,
                tuple(after),
                draw(st.none() | st.sampled_from(["main", "env/prod", "prod-1"])),
                draw(st.just("") | SHOWN),
                tuple(draw(st.lists(PATHS, max_size=2, unique=True))),
                draw(st.booleans()),
                tuple(draw(st.lists(TARGETS, max_size=2))),
                tuple(word for word in draw(st.lists(SHOWN, max_size=2, unique=True)) if word != name),
            )
        )
    return tuple(draw(st.permutations(made)))


@given(environments(), st.lists(st.tuples(ANY, ANY, ANY), max_size=4))
@settings(max_examples=120, deadline=None)
def test_what_is_written_loads_back_to_the_same_environments(made, said) -> None:
    findings = [Finding(made[0].name if made else "", reason, question=question) for reason, question, _ in said]
    cells = [Cell(app, made[0].name, (app,), ()) for *_, app in said if made]
    text = example(made, cells, findings)
    assert load_repository(text.encode(), "liftlock.toml").environments == in_promotion_order(made)


@given(st.lists(st.builds(Environment, ANY, st.lists(ANY, max_size=2).map(tuple), words=st.tuples(ANY)), max_size=3))
@settings(max_examples=80, deadline=None)
def test_what_cannot_be_said_is_a_comment_and_the_rest_still_loads(made) -> None:
    made = list({e.name: e for e in made}.values())
    before = {e.name: i for i, e in enumerate(made)}
    made = [Environment(e.name, tuple(a for a in e.after if before.get(a, 9) < before[e.name])) for e in made]
    text = example(made, (), ())
    loaded = load_repository(text.encode("utf-8"), "liftlock.toml").environments
    assert {e.name for e in loaded} <= {e.name for e in made}
    assert all(
        has_unsafe(e.name) or json.dumps(e.name, ensure_ascii=False) in text or e.name not in {x.name for x in loaded}
        for e in made
    )


def test_an_environment_that_would_be_taken_for_a_path_is_told_in_a_comment() -> None:
    made = [Environment("live/eu"), Environment("next", ("live/eu",))]
    text = example(made, (), ())
    assert "# 'live/eu' cannot be named here: it holds a slash, and would be taken for a path" in text
    assert load_repository(text.encode(), "x").environments == (Environment("next"),)


def test_paths_that_are_not_utf8_are_not_written() -> None:
    text = example([Environment("a", paths=("apps/\udcff", "apps/ok"))], [Cell("\udcff", "a", ("\udcff/",), ())], ())
    assert load_repository(text.encode(), "x").environments == (Environment("a", paths=("apps/ok",)),)


def test_it_says_what_was_found_and_why() -> None:
    findings = [Finding("staging", "folders named staging stand beside production"), Finding("", "x", question="Or y?")]
    cells = [Cell("api", "staging", ("apps/api/staging/",), ()), Cell("web", "staging", ("apps/web/staging/",), ())]
    text = example([Environment("staging", words=("staging",))], cells, findings)
    assert "# folders named staging stand beside production\n" in text
    assert "# 2 apps: api, web\n" in text
    assert "# at apps/api/staging/, apps/web/staging/\n" in text
    assert "# Or y? (x)\n" in text
    assert "words" not in text
    assert max(map(len, text.splitlines())) <= 120


def test_nothing_found_shows_how_one_is_written_and_what_it_shows_is_right() -> None:
    text = example((), (), ())
    assert load_repository(text.encode(), "x").environments == ()
    shown = [line[2:] for line in text.splitlines() if line.startswith("# [[") or re.match("# [a-z]+ = ", line)]
    config = load_repository("\n".join(shown).encode(), "x")
    assert [e.name for e in config.environments] == ["staging", "production"]
    assert len(config.pairs) == len(config.never) == len(config.rules) == 1


def test_the_reference_tells_every_key_of_both_files() -> None:
    text = reference()
    for tables in (REPOSITORY, USER):
        for name, table in tables.items():
            assert table.doc in text
            assert not name or f"[{name}]" in text
            for key, told in table.keys.items():
                row = next(line for line in text.splitlines() if line.endswith(f"| {told.doc} |"))
                assert key == "*" or row.startswith(f"| `{key}` |")
                assert all(choice in row for choice in told.choices)
    assert "`LIFTLOCK_FETCH_ON_START`" in text
    cells = {line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")}
    assert cells == {5}
