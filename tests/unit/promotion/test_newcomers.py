"""An app that the target lacks: its files come with the target's words where the files that both have show them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from liftlock.engine import Engine
from liftlock.model.change import path_text
from liftlock.model.plan import Plan

Write = Callable[..., None]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "fleet"


@pytest.fixture
def write(place: Path) -> Write:
    """Write files and commit them."""
    subprocess.run(["git", "init", "-q", "-b", "main", place], check=True)

    def written(**texts: str) -> None:
        for name, text in texts.items():
            app, environment, file = name.split("__")
            path = place / "apps" / app / environment / f"{file}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        subprocess.run(["git", "-C", place, "add", "-A"], check=True)
        subprocess.run(["git", "-C", place, "commit", "-qm", "files"], check=True)

    return written


def values(environment: str, tag: str = "1.0.0") -> str:
    return f"image:\n  tag: {tag}\nhost: shop.{environment}.acme.io\ndatabase: {environment}-db\n"


NEW = "image:\n  tag: 2.0.0 # built\nhost: web.staging.acme.io  # outside\nlevels:\n- name: staging\n- plain\n"


def both(write: Write) -> None:
    """Two apps that both environments have, each in its environment's words."""
    for app in ("api", "shop"):
        write(**{f"{app}__{e}__values": values(e) for e in ("staging", "production")})


def planned(place: Path, *apps: str) -> tuple[Plan, dict[str, bytes | None], tuple[str, ...]]:
    engine = Engine.open(place, cache=False)
    try:
        plan = engine.plan("staging", ["production"], apps)
        made = engine._planning.files(engine._read(), plan) if plan.chosen else {}
        assert {diff.path for diff in engine.file_diffs(plan)} == set(made)
        return plan, made, tuple(c.text for c in engine.cautions(plan))
    finally:
        engine.close()


def test_a_named_app_comes_whole_in_the_target_s_words_with_each_exchange_to_be_seen(place: Path, write: Write):
    both(write)
    write(web__staging__values=NEW)
    plan, files, cautions = planned(place, "web")
    assert files == {
        "apps/web/production/values.yaml": NEW.replace("web.staging", "web.production")
        .replace("name: staging", "name: production")
        .encode()
    }
    whole, *exchanged = plan.changes
    assert whole.why == "a new file; staging becomes production, as in 4 of 4 values of the files that both have"
    assert [(path_text(c.path), c.old, c.new) for c in exchanged] == [
        ("host", "web.staging.acme.io", "web.production.acme.io"),
        ("levels[name=staging].name", "staging", "production"),
    ]
    assert not [text for text in cautions if "source's own word" in text]


def test_an_exchange_can_be_taken_back(place: Path, write: Write):
    both(write)
    write(web__staging__values=NEW)
    engine = Engine.open(place, cache=False)
    plan = engine.plan("staging", ["production"], ["web"])
    host = next(c for c in plan.changes if path_text(c.path) == "host")
    files = engine._planning.files(engine._read(), plan.select([host.id], False))
    engine.close()
    assert b"host: web.staging.acme.io" in (files["apps/web/production/values.yaml"] or b"")
    assert b"- name: production" in (files["apps/web/production/values.yaml"] or b"")


def test_without_the_file_its_exchanges_change_nothing(place: Path, write: Write):
    both(write)
    write(web__staging__values=NEW)
    engine = Engine.open(place, cache=False)
    plan = engine.plan("staging", ["production"], ["web"])
    files = engine._planning.files(engine._read(), plan.select([plan.changes[0].id], False))
    engine.close()
    assert files == {}


def test_where_nothing_shows_the_word_s_reading_the_file_is_only_offered(place: Path, write: Write):
    for app in ("api", "shop"):
        write(**{f"{app}__{e}__values": "image:\n  tag: 1.0.0\n" for e in ("staging", "production")})
    write(web__staging__values=NEW)
    plan, files, _ = planned(place, "web")
    assert files == {}
    assert "holds the source's own word (staging) in 2 places, and the files that both have do not show" in (
        plan.changes[0].why
    )


def test_beside_others_a_new_app_is_only_offered(place: Path, write: Write):
    both(write)
    write(web__staging__values=NEW, api__staging__values=values("staging", "1.1.0"))
    plan, files, _ = planned(place)
    assert set(files) == {"apps/api/production/values.yaml"}
    assert "web" in {c.app for c in plan.changes}


def test_a_secret_is_never_staged_by_itself(place: Path, write: Write):
    both(write)
    write(web__staging__secret="apiVersion: v1\nkind: Secret\nmetadata:\n  name: web\nstringData:\n  key: abcdef123\n")
    plan, files, _ = planned(place, "web")
    assert files == {}
    assert plan.changes[0].why.endswith("it holds a secret: not staged by itself")


def test_what_may_be_the_sources_own_in_a_new_file_is_told(place: Path, write: Write):
    both(write)
    new = "image:\n  tag: 2.0.0\nbrokerUrl: amqp://mq7.acme.io:5672\nclient: 737fe05f-8deb-42a6-9401-8dff046e0f3d\n"
    write(web__staging__values=new)
    _, made, cautions = planned(place, "web")
    assert made == {"apps/web/production/values.yaml": new.encode()}
    assert cautions == (
        "apps/web/production/values.yaml is new and holds what may be the source's own: brokerUrl, client",
    )
