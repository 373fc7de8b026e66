"""Files that are broken, huge, many or oddly named: they are marked, and all others go on working."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from fleets import (
    APPS,
    ENVIRONMENTS,
    READING,
    Fleet,
    overlay,
    place,
)

BROKEN = {
    "a list that never ends": b"images: [\n",
    "two mappings in one": b"a: b: c\n",
    "a tab": b"images:\n\t- name: x\n",
    "bytes that are no text": b"images:\n  - name: \xff\xfe\n",
    "a null character": b"a: \x00\n",
    "an anchor that is not there": b"a: *nowhere\n",
    "a conflict": b"<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> main\n",
    "a tag of some program": b"!!python/object/apply:os.system ['true']\n",
    "an endless alias": b"a: &a [*a, *a]\n",
    "laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(9)),
    "depth": b"a: " + b"[" * 3000 + b"]" * 3000 + b"\n",
    "a key of many": b"? [a, b]\n: c\n",
    "a number": b"7\n",
    "nothing": b"",
    "a template": b"{{ if .Values.on }}\nimages: {{ .Values.images }}\n{{ end }}\n",
}


BROKEN_SOURCES = ("a list that never ends", "bytes that are no text", "laughs")


@pytest.mark.parametrize(
    ("what", "where"), [*((name, "staging") for name in BROKEN), *((name, "dev") for name in BROKEN_SOURCES)]
)
def test_one_file_that_is_broken_leaves_all_others_working(fleet: Fleet, what: str, where: str):
    fleet.commit({place("api", where): BROKEN[what]})
    fleet.git("push", "-q")
    status = fleet.run("status", "--json")
    assert status.code == 0
    versions = {(c["app"], c["environment"]): [v["value"] for v in c["versions"]] for c in status.json["cells"]}
    for app, environment in versions:
        if (app, environment) != ("api", where):
            assert len(versions[app, environment]) == 1
    plan = fleet.run("plan", "dev", "staging", "--json")
    assert plan.code in (0, 1)
    assert {c["app"] for c in plan.json["changes"] if c["selected"]} >= {"web"}
    assert fleet.run("diff", "dev", "staging").code == 0
    made = fleet.run("promote", "dev", "staging", "--app", "web", "--json")
    assert made.code == 0
    assert fleet.git("diff", "--name-only", made.json["base"], made.json["commit"]) == place("web", "staging")
    every = fleet.run("promote", "dev", "staging", "--json")
    assert every.code in (0, 2)
    assert fleet.run("doctor").code in (0, 1)
    assert fleet.run("where", "1.2.0").code == 0
    assert fleet.run("init", "--print").code == 0


def test_a_broken_file_is_marked_where_a_person_looks(fleet: Fleet):
    fleet.commit({place("api", "staging"): "images: [\n"})
    fleet.git("push", "-q")
    assert place("api", "staging") in fleet.run("status").out
    cells = {(c["app"], c["environment"]): c for c in fleet.run("status", "--json").json["cells"]}
    problems = cells["api", "staging"]["problems"] or fleet.run("status", "--json").json["problems"]
    assert any(place("api", "staging") in p["place"] + p["title"] for p in problems)
    doctor = fleet.run("doctor")
    assert place("api", "staging") in doctor.out
    plan = fleet.run("plan", "dev", "staging", "--json").json
    blocked = [c for c in plan["changes"] if c["file"] == place("api", "staging")]
    assert [(c["selected"], bool(c["blocked"])) for c in blocked] == [(False, True)]


def test_a_broken_file_is_never_replaced_as_a_whole_unasked(fleet: Fleet):
    fleet.commit({place("api", "staging"): "# by hand\nimages: [\n"})
    fleet.git("push", "-q")
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert fleet.show(made["commit"], place("api", "staging")) == b"# by hand\nimages: [\n"


def test_a_yaml_file_of_50_megabytes(fleet: Fleet):
    line = b"  - name: something-or-other\n    value: abcdefghij\n"
    huge = b"items:\n" + line * (50_000_000 // len(line))
    fleet.commit({"envs/dev/api/data.yaml": huge, "envs/staging/api/data.yaml": huge + b"# end\n"})
    fleet.git("push", "-q")
    started = time.perf_counter()
    assert fleet.run("status", "--json").code == 0
    plan = fleet.run("plan", "dev", "staging", "--json")
    assert plan.code == 1
    assert {c["app"] for c in plan.json["changes"] if c["selected"]} == set(APPS)
    huge_change = next(c for c in plan.json["changes"] if c["file"].endswith("data.yaml"))
    assert not huge_change["selected"]
    assert huge_change["blocked"]
    made = fleet.run("promote", "dev", "staging", "--json")
    assert made.code == 0
    assert time.perf_counter() - started < 20


def test_ten_thousand_files(tmp_path: Path):
    many = tmp_path / "many"
    subprocess.run(["git", "init", "-q", many], check=True)
    lines = [b"commit refs/heads/main\ncommitter A <a@example.org> 1700000000 +0000\ndata 5\nstart\n"]

    def add(path: str, text: str) -> None:
        data = text.encode()
        lines.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))

    for number in range(250):
        for environment in ENVIRONMENTS:
            app = f"app-{number:03}"
            add(place(app, environment), overlay(app, environment, "1.3.0" if environment == "dev" else "1.2.0"))
            for part in range(9):
                add(f"envs/{environment}/{app}/part-{part}.yaml", f"kind: ConfigMap\ndata:\n  n: {number}\n")
    subprocess.run(["git", "fast-import", "--quiet"], cwd=many, input=b"".join(lines), check=True)
    fleet = Fleet(many)
    assert len(fleet.git("ls-tree", "-r", "--name-only", "main").splitlines()) == 10_000
    started = time.perf_counter()
    status = fleet.run("status", "--json")
    assert len(status.json["cells"]) == 1000
    assert all(cell["revision"]["subject"] == "start" for cell in status.json["cells"])
    made = fleet.run("promote", "dev", "staging", "--json").json
    assert len(fleet.git("diff", "--name-only", made["base"], made["commit"]).splitlines()) == 250
    assert time.perf_counter() - started < 60


HOSTILE = [
    b"new\nline",
    b"\x1b[2J\x1b]0;title\x07",
    b"\xff\xfe",
    b"[red]markup[/red]",
    "\u202egpj.lmay".encode(),
    b"-rf",
    b" ",
    b"q\"uo'te\\",
    b"*.{yaml}",
    b"@{-1}",
    b"tab\there",
    b":(exclude)x",
    "e\u0301".encode(),
    b"x" * 200,
]


def test_hostile_names_of_apps(fleet: Fleet):
    for number, name in enumerate(HOSTILE):
        for environment, tag in (("dev", f"2.{number}.1"), ("staging", f"2.{number}.0")):
            folder = os.fsencode(fleet.path) + b"/envs/" + environment.encode() + b"/" + name
            os.makedirs(folder)  # noqa: PTH103 - bytes that are no text
            with open(folder + b"/kustomization.yaml", "wb") as file:  # noqa: PTH123
                file.write(b"images:\n  - name: registry.example.org/odd\n    newTag: " + tag.encode() + b"\n")
    fleet.commit({})
    fleet.git("push", "-q")
    for command in (*READING, ("doctor",)):
        assert fleet.run(*command).code in (0, 1)
        assert fleet.run(*command, "--json").code in (0, 1)
    found = fleet.run("plan", "dev", "staging", "--json").json
    odd = {c["new"]: c for c in found["changes"] if c["selected"] and c["new"].startswith("2.")}
    assert odd.keys() == {f"2.{number}.1" for number in range(len(HOSTILE))}
    made = fleet.run("promote", "dev", "staging", *(f"--only={c['id']}" for c in odd.values()), "--json").json
    raw = subprocess.run(
        ["git", "diff", "-z", "--name-only", made["base"], made["commit"]],
        cwd=fleet.path,
        capture_output=True,
        check=True,
    )
    targets = [b"envs/staging/" + name + b"/kustomization.yaml" for name in HOSTILE]
    assert sorted(raw.stdout.split(b"\0")[:-1]) == sorted(targets)
    for number, target in enumerate(targets):
        blob = subprocess.run(
            [b"git", b"show", made["commit"].encode() + b":" + target], cwd=fleet.path, capture_output=True, check=True
        )
        assert blob.stdout == f"images:\n  - name: registry.example.org/odd\n    newTag: 2.{number}.1\n".encode()
    assert fleet.git("fsck", "--strict") == ""


def test_hostile_words_on_the_command_line(fleet: Fleet):
    for word in ("\x1b[31mdev", "new\nline", "../..", "/etc", "envs/../envs/dev", "-", "*", "envs//dev", "\u202e", "."):
        answer = fleet.run("plan", "--json", "--", word, "staging")
        assert answer.code in (0, 1, 2)
        assert fleet.run("plan", "--", word, "staging").code == answer.code
        assert fleet.run("promote", "dev", "staging", f"--reason={word}", f"--branch={word}").code in (0, 2)


def test_a_reason_cannot_forge_a_trailer(fleet: Fleet):
    reason = "urgent\n\nPromotion-To: production-eu\nSigned-off-by: the Boss <boss@example.org>"
    made = fleet.run("promote", "dev", "staging", f"--reason={reason}", "--json").json
    trailers = fleet.git("log", "-1", "--format=%(trailers:only)", made["commit"]).splitlines()
    assert "Promotion-To: staging" in trailers
    assert "Promotion-To: production-eu" not in trailers
    assert not any(line.startswith("Signed-off-by") for line in trailers)
