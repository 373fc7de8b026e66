"""The user's kubeconfig as kubectl reads it, and what is said when it is not there or not one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml
from scripted_api import Connect, ScriptedApi, kubeconfig_text

from liftlock.clock import SystemClock
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import load
from liftlock.commands import Runner
from liftlock.errors import ConfigError


def write(file: Path, text: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return str(file)


def test_no_kubeconfig_says_where_it_was_looked_for(tmp_path: Path) -> None:
    found = load({"KUBECONFIG": f"{tmp_path}/a{os.pathsep}{tmp_path}/b"})
    assert found.contexts == {} and found.files == ()
    with pytest.raises(ConfigError) as caught:
        found.require("eu")
    assert f"{tmp_path}/a, {tmp_path}/b" in caught.value.detail and "KUBECONFIG" in caught.value.hint


def test_without_a_name_it_is_the_one_of_the_home(tmp_path: Path) -> None:
    write(tmp_path / ".kube" / "config", kubeconfig_text("https://eu.example:6443/", name="eu"))
    for given in ("", os.pathsep):
        found = load({"HOME": str(tmp_path), "KUBECONFIG": given})
        assert found.current == "eu" and found.require("eu").server == "https://eu.example:6443"


def test_a_context_that_is_absent_names_the_nearest(tmp_path: Path) -> None:
    found = load({"KUBECONFIG": write(tmp_path / "c", kubeconfig_text("https://x", name="production-eu"))})
    with pytest.raises(ConfigError) as caught:
        found.require("producton-eu")
    assert "did you mean production-eu?" in caught.value.hint
    with pytest.raises(ConfigError) as caught:
        load({"KUBECONFIG": write(tmp_path / "d", "{}")}).require("x")
    assert "no context at all" in caught.value.detail


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("contexts: []", "Your kubeconfig has no context"),
        ("contexts: [{name: one, context: {cluster: one}}]", "Your kubeconfig has no current context"),
        ("contexts: [{name: one, context: {cluster: one}}]\ncurrent-context: one", ""),
        (None, "You have no kubeconfig"),
    ],
)
def test_why_no_context_can_be_used_unasked(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "config"
    if text is not None:
        file.write_text(f"apiVersion: v1\nkind: Config\n{text}\n")
    error = load({"KUBECONFIG": str(file)}).lacking()
    assert (error.title if error else "") == said
    assert error is None or (error.hint and error.detail)


def test_of_several_files_the_first_that_names_a_thing_holds(tmp_path: Path) -> None:
    first = write(tmp_path / "1" / "c", kubeconfig_text("https://first", {"token": "one"}, "eu"))
    text = yaml.safe_load(kubeconfig_text("https://second", {"token": "two"}, "eu"))
    other = yaml.safe_load(kubeconfig_text("https://us", {"tokenFile": "us.token"}, "us"))
    for key in ("contexts", "clusters", "users"):
        text[key] += other[key]
    second = write(tmp_path / "2" / "c", yaml.safe_dump({**text, "current-context": "us"}))
    missing = str(tmp_path / "3" / "c")
    found = load({"KUBECONFIG": os.pathsep.join((missing, first, second))})
    assert found.current == "eu"
    assert {name: context.server for name, context in found.contexts.items()} == {
        "eu": "https://first",
        "us": "https://us",
    }
    assert found.user("eu") == {"token": "one"}
    assert found.user("us") == {"tokenFile": str(tmp_path / "2" / "us.token")}, "beside the file that says so"
    assert [str(file) for file in found.files] == [first, second]


def test_a_context_may_stand_in_another_file_than_its_user(tmp_path: Path) -> None:
    whole = yaml.safe_load(kubeconfig_text("https://x", {"token": "t"}, "eu"))
    files = [write(tmp_path / key, yaml.safe_dump({key: whole[key]})) for key in ("contexts", "clusters", "users")]
    found = load({"KUBECONFIG": os.pathsep.join(files)})
    assert found.require("eu").server == "https://x" and found.user("eu") == {"token": "t"}
    assert found.current == ""


NONE: dict[str, str] = {
    "no YAML": "a: [\n  token: hunter2",
    "a text": "hunter2",
    "a list of texts": "contexts: [hunter2]",
    "a name that is none": "users: [{name: 5, user: {token: hunter2}}]",
    "a user that is a text": "users: [{name: a, user: hunter2}]",
    "a name twice": "users: [{name: a, user: {token: hunter2}}, {name: a, user: {}}]",
}


@pytest.mark.parametrize("name", NONE)
def test_a_file_that_is_no_kubeconfig_is_said_without_what_stands_in_it(tmp_path: Path, name: str) -> None:
    file = write(tmp_path / "config\x1b[2J", NONE[name])
    with pytest.raises(ConfigError) as caught:
        load({"KUBECONFIG": file})
    said = f"{caught.value.title} {caught.value.detail} {caught.value.hint}"
    assert "config␛[2J" in said and "hunter2" not in said and "\x1b" not in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    file = Path(write(tmp_path / "c", "{}"))
    file.chmod(0)
    with pytest.raises(ConfigError):
        load({"KUBECONFIG": str(file)})


def test_a_folder_is_no_kubeconfig(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load({"KUBECONFIG": str(tmp_path)})
    assert "cannot be read" in caught.value.title


def test_what_is_left_open_is_empty(tmp_path: Path) -> None:
    contexts = "contexts: [{name: a, context: {cluster: c, user: null}}, {name: b}]"
    text = f"{contexts}\nclusters: [{{name: c, cluster: {{server: }}}}]"
    found = load({"KUBECONFIG": write(tmp_path / "c", text)})
    for context in found.contexts.values():
        assert (context.server, context.user, context.namespace) == ("", "", "")


def test_what_a_person_should_know_is_warned_of(tmp_path: Path) -> None:
    text = kubeconfig_text("http://x", {"as": "root\x1b[2J"}, **{"insecure-skip-tls-verify": True})
    context = load({"KUBECONFIG": write(tmp_path / "c", text)}).require("here")
    assert context.insecure
    unchecked, plain, acting = context.warnings
    assert "insecure-skip-tls-verify" in unchecked and "not encrypted" in plain
    assert "root␛[2J" in acting
    assert load({"KUBECONFIG": write(tmp_path / "d", kubeconfig_text("https://x"))}).require("here").warnings == ()


async def test_a_context_of_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    file = write(tmp_path / "c", "contexts: [{name: a, context: {cluster: gone, user: gone}}]")
    runner = Runner()
    connection = Connection("a", load({"KUBECONFIG": file}), runner, SystemClock())
    with pytest.raises(Exception, match="names no server"):
        await connection.request("GET", "/version")
    await connection.close()
    runner.close()


async def test_a_kubeconfig_that_is_taken_away_stops_nothing_that_runs(
    api: ScriptedApi, connect: Connect, tmp_path: Path
) -> None:
    connection = connect()
    await connection.request("GET", "/version")
    (tmp_path / "config").unlink()
    assert await connection.request("GET", "/version")
