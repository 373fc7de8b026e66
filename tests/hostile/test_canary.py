"""A secret in every place that has one, every command, and nothing of it in what they say, keep and commit."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from fleets import Answer, liftlock

sys.path.insert(0, str(Path(__file__).parents[1] / "cluster"))
from worlds import SandboxWorld

PLACES = (
    "data",
    "stringData",
    "live data",
    "last applied",
    "environment of a container",
    "argument",
    "key file",
    "kubeconfig token",
    "kubeconfig password",
    "kubeconfig key",
    "exec environment",
    "GITEA_TOKEN",
    "GH_TOKEN",
    "GITLAB_TOKEN",
    "SOPS_AGE_KEY",
    "address of the remote",
    "address of another remote",
    "netrc",
    "credential helper",
    "extra header",
)
CANARIES = {place: f"cnry{number:02d}q8Zt5Kw2Lm9x" for number, place in enumerate(PLACES)}
FORMS = {
    form: place
    for place, canary in CANARIES.items()
    for form in (
        canary.encode(),
        base64.b64encode(canary.encode()).rstrip(b"=")[:-2],
        base64.b64encode(f"ada:{canary}".encode()).rstrip(b"=")[:-2],
    )
}


def found_in(data: bytes) -> set[str]:
    """The places whose canary is in it, as it is or encoded."""
    return {place for form, place in FORMS.items() if form in data}


@dataclass
class Nest:
    """The world with the canaries, and what its programs may write to."""

    world: SandboxWorld
    folder: Path
    state: Path
    said: int = 0

    def run(self, *arguments: str, remote: str = "") -> Answer:
        """Run a command; nothing of what it says is a canary."""
        if remote:
            self.world.git("remote", "set-url", "origin", remote)
        try:
            answer = liftlock("--repo", self.world.clone, *arguments)
        finally:
            if remote:
                self.world.git("remote", "set-url", "origin", str(self.folder / "remote.git"))
        sent = (answer.out + answer.err).encode("utf-8", "surrogateescape")
        self.said += len(sent)
        assert found_in(sent) == set(), (arguments, answer)
        return answer


def secret(environment: str) -> str:
    """A Secret whose values are apart in each environment."""
    data = base64.b64encode(f"{CANARIES['data']}{environment}".encode()).decode()
    return f"""apiVersion: v1
kind: Secret
metadata: {{name: shop}}
data:
  connection: {data}
stringData:
  anything: {CANARIES["stringData"]}{environment}
"""


def settings(environment: str) -> str:
    """A patch with a password among the container's variables, and a key in a file."""
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop}}
spec:
  template:
    spec:
      containers:
        - name: shop
          args: ["--password={CANARIES["argument"]}{environment}"]
          env: [{{name: DATABASE_PASSWORD, value: {CANARIES["environment of a container"]}{environment}}}]
"""


def key_file(environment: str) -> str:
    """A private key in a ConfigMap."""
    body = base64.b64encode(f"{CANARIES['key file']}{environment}".encode() * 4).decode()
    key = f"-----BEGIN RSA PRIVATE KEY-----\n    {body}\n    -----END RSA PRIVATE KEY-----\n"
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: keys}}\ndata:\n  id: |\n    {key}"


@pytest.fixture(scope="module")
def nest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nest]:
    folder = tmp_path_factory.mktemp("nest")
    state = folder / "own"
    world = SandboxWorld(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIFTLOCK_STATE_DIR", str(state / "state"))
        patch.setenv("XDG_CACHE_HOME", str(state / "cache"))
        patch.setenv("XDG_CONFIG_HOME", str(state / "config"))
        patch.setenv("KUBECONFIG", str(world.kubeconfig))
        for name in ("GITEA_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "SOPS_AGE_KEY"):
            patch.setenv(name, CANARIES[name])
        netrc = folder / "netrc"
        netrc.write_text(f"machine 127.0.0.1 login ada password {CANARIES['netrc']}\n")
        netrc.chmod(0o600)
        patch.setenv("NETRC", str(netrc))
        own = state / "config" / "liftlock"
        own.mkdir(parents=True)
        own.joinpath("config.toml").write_text('[forges]\n"127.0.0.1" = "gitea"\n')
        helper = f"!f() {{ echo username=ada; echo password={CANARIES['credential helper']}; }}; f"
        world.git("config", "credential.helper", helper)
        world.git("config", "http.extraHeader", f"Authorization: Basic {CANARIES['extra header']}")
        world.git("remote", "add", "other", f"https://ada:{CANARIES['address of another remote']}@127.0.0.1:1/o/r.git")
        for environment in world.environments:
            place = f"apps/shop/overlays/{environment}"
            text = (world.clone / place / "kustomization.yaml").read_text()
            text = text.replace("resources: [../../base]", "resources: [../../base, secret.yaml, keys.yaml]")
            world.write(
                {
                    f"{place}/kustomization.yaml": text + "patches: [{path: settings.yaml}]\n",
                    f"{place}/secret.yaml": secret(environment),
                    f"{place}/settings.yaml": settings(environment),
                    f"{place}/keys.yaml": key_file(environment),
                }
            )
        world.git("add", "-A")
        world.git("commit", "-qm", "secrets")
        world.git("push", "-q")
        world.build("1.1.0")
        made = Nest(world, folder, state)
        try:
            yield made
        finally:
            world.end()


def drifted(world: SandboxWorld) -> None:
    """Somebody changed the Secret in the cluster, and kubectl left its note there."""
    space = world.namespace("staging")
    until = time.monotonic() + 60
    while not world.kubectl("-n", space, "get", "secret", "shop", "--ignore-not-found"):
        assert time.monotonic() < until
    value = base64.b64encode(CANARIES["live data"].encode()).decode()
    note = json.dumps({"kind": "Secret", "data": {"connection": CANARIES["last applied"]}})
    body = {
        "metadata": {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": note}},
        "data": {"connection": value},
    }
    world.kubectl("-n", space, "patch", "secret", "shop", "--type", "merge", "-p", json.dumps(body))


READING: tuple[tuple[str, ...], ...] = (
    ("status",),
    ("plan", "dev", "staging"),
    ("plan", "staging", "production"),
    ("plan", "apps/shop/overlays/dev/secret.yaml", "apps/shop/overlays/staging/secret.yaml"),
    ("diff", "dev", "staging"),
    ("diff", "dev", "staging", "--rendered"),
    ("diff", "dev", "staging", "--live"),
    ("diff", "staging", "--live"),
    ("where", "1.1.0"),
    ("where", "cnry"),
    ("learn",),
    ("gates", "dev", "staging"),
    ("rollback", "staging", "--app", "shop", "--list"),
    ("doctor",),
    ("init", "--print"),
    ("mark", "list"),
    ("log", "--all"),
)


def test_no_command_that_reads_tells_one(nest: Nest) -> None:
    drifted(nest.world)
    for command in READING:
        once = {"--print", "gates", "rollback", "where", "learn", "--rendered"} & {*command}
        for more in ((),) if once else ((), ("--json",)):
            answer = nest.run(*command, *more)
            assert answer.code in (0, 1), (command, answer)
    assert nest.said > 20_000


def test_promotions_tell_none_and_commit_no_more_than_moved(nest: Nest) -> None:
    world = nest.world
    base = world.git("rev-parse", "origin/main")
    made = nest.run("promote", "dev", "staging", "--onto", "main", "--push", "--json").json
    commit = made["commit"]
    assert found_in(world.git("diff", "-U0", base, commit).encode()) == set()
    assert found_in(world.git("log", "-1", "--format=%B", commit).encode()) == set()
    plan = nest.run("plan", "dev", "staging", "--json").json["changes"]
    secrets = [c["id"] for c in plan if c["file"].endswith(("secret.yaml", "settings.yaml", "keys.yaml"))]
    assert secrets
    chosen = [word for one in secrets for word in ("--only", one)]
    answer = nest.run("promote", "dev", "staging", *chosen, "--json")
    assert found_in(world.git("log", "-1", "--format=%B", answer.json["commit"]).encode()) == set()
    for more in ((), ("--all",), ("--json",), ("--script",), ("--all", "--json")):
        nest.run("log", *more)


def test_what_fails_tells_none(nest: Nest) -> None:
    address = f"http://ada:{CANARIES['address of the remote']}@127.0.0.1:1/own/fleet.git"
    odd = f"ftp://ada:{CANARIES['address of the remote']}@127.0.0.1:1/own/fleet.git"
    for remote in (address, odd):
        for command in (
            ("promote", "dev", "staging", "--push"),
            ("promote", "dev", "staging", "--pr"),
            ("reviews",),
            ("merge", "1", "--confirm", "staging"),
            ("status", "--no-live"),
            ("doctor",),
        ):
            for more in ((), ("--json",)):
                nest.run(*command, *more, remote=remote)
    nest.run("log", "--all", "--json")


def test_no_connection_that_fails_tells_one(nest: Nest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{CANARIES['kubeconfig key']}\n-----END RSA PRIVATE KEY-----\n"
    users = {
        "token": {"token": CANARIES["kubeconfig token"]},
        "password": {"username": "ada", "password": CANARIES["kubeconfig password"]},
        "key": {
            "client-certificate-data": base64.b64encode(b"none").decode(),
            "client-key-data": base64.b64encode(key.encode()).decode(),
        },
        "exec": {
            "exec": {
                "apiVersion": "client.authentication.k8s.io/v1",
                "command": "false",
                "env": [{"name": "PASSWORD", "value": CANARIES["exec environment"]}],
                "interactiveMode": "Never",
            }
        },
    }
    live = yaml.safe_load(nest.world.kubeconfig.read_text())["clusters"][0]["cluster"]
    for name, user in users.items():
        for cluster in (live, {"server": "https://127.0.0.1:1"})[: 1 + (name == "token")]:
            config = {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "sandbox",
                "contexts": [{"name": "sandbox", "context": {"cluster": "one", "user": name}}],
                "clusters": [{"name": "one", "cluster": cluster}],
                "users": [{"name": name, "user": user}],
            }
            file = tmp_path / f"{name}.yaml"
            file.write_text(yaml.safe_dump(config))
            monkeypatch.setenv("KUBECONFIG", str(file))
            nest.run("diff", "staging", "--live", "--json")
    nest.run("doctor")


def test_a_fault_of_our_own_tells_none(nest: Nest, tmp_path: Path) -> None:
    address = f"http://ada:{CANARIES['address of the remote']}@127.0.0.1:1/own/fleet.git"
    (tmp_path / "sitecustomize.py").write_text(
        "import liftlock.engine as e\n"
        "def plan(self, *a, **k):\n"
        f"    password = {CANARIES['data']!r}\n"
        f"    raise RuntimeError('no answer of {address}')\n"
        "e.Engine.plan = plan\n"
    )
    for debug in ({}, {"LIFTLOCK_DEBUG": "1"}):
        env = {**os.environ, **debug, "PYTHONPATH": str(tmp_path)}
        paths = os.pathsep.join((str(tmp_path), *(p for p in sys.path if p)))
        done = subprocess.run(
            [sys.executable, "-m", "liftlock_tui", "plan", "dev", "staging", "--repo", nest.world.clone],
            env={**env, "PYTHONPATH": paths},
            capture_output=True,
            check=False,
        )
        assert done.returncode == 2 and b"RuntimeError" in done.stderr
        assert found_in(done.stdout + done.stderr) == set()


def test_nothing_that_is_kept_holds_one(nest: Nest) -> None:
    """The last of these tests: what all of them left behind."""
    files = [path for path in nest.state.rglob("*") if path.is_file()]
    assert {"commands.jsonl"} <= {path.name for path in files}
    leaks = {path.relative_to(nest.state).as_posix(): told for path in files if (told := found_in(path.read_bytes()))}
    assert leaks == {}
    open_to_all = [path.name for path in files if path.stat().st_mode & 0o077 and path.name != "config.toml"]
    assert open_to_all == []
