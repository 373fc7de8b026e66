"""An embedded cluster that runs on a thread of its own, and kubectl against it or against a real one."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from programs import kubectl

from liftlock.cluster.cluster import LoopThread
from liftlock.model.diff import ObjectKey
from liftlock.sandbox.kubelet import Kubelet
from liftlock.sandbox.objects import Change, Objects
from liftlock.sandbox.server import ApiServer, write_kubeconfig

T = TypeVar("T")
REAL = Path(os.environ.get("LIFTLOCK_TEST_CLUSTER", "") or "/nowhere") / "kubeconfig"
"""Of a real API server, where the variable names the folder of one that runs."""
PATIENCE = 15.0
"""Seconds after which a state that was to come does not come."""


class Box:
    """A server and its kubelet, at many times the usual speed."""

    def __init__(
        self,
        folder: Path,
        *,
        speed: float = 10.0,
        fails: Mapping[str, str] | None = None,
        logs: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._thread = LoopThread("sandbox")
        self.server = ApiServer(bookmarks=0.1)
        self.kubelet = Kubelet(self.server, speed=speed, fails=fails, logs=logs)
        self.run(self.server.start())
        self.run(self.kubelet.start())
        self.kubeconfig = folder / "kubeconfig"
        write_kubeconfig(self.kubeconfig, {"sandbox": self.server}, "sandbox")

    @property
    def objects(self) -> Objects:
        return self.server.objects

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._thread.run(coroutine, PATIENCE)

    def on_loop(self, work: Callable[[], T]) -> T:
        async def there() -> T:
            return work()

        return self.run(there())

    def end(self) -> None:
        self.run(self.kubelet.stop())
        self.run(self.server.stop())
        self._thread.close()


def until(objects: Objects, check: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Wait until something is so; it is looked at after every change. What the check found is given back."""
    changed = threading.Event()

    def tell(change: Change) -> None:
        changed.set()

    end, deadline = objects.listen(tell), time.monotonic() + seconds
    try:
        while True:
            changed.clear()
            found = check()
            if found:
                return found
            assert changed.wait(max(0.0, deadline - time.monotonic())), f"not so within {seconds:g} s"
    finally:
        end()


class Kube:
    """kubectl in one namespace. A refusal is an error of the test unless `refused` asks for it."""

    def __init__(self, kubeconfig: Path, cache: Path, namespace: str = "default", box: Box | None = None) -> None:
        self.namespace = namespace
        self.box = box
        """None: a real API server."""
        self._head = (kubectl(), f"--kubeconfig={kubeconfig}", f"--cache-dir={cache}", f"--namespace={namespace}")

    def run(self, *arguments: str, given: Any = None) -> subprocess.CompletedProcess[str]:
        """`given`: manifests for standard input."""
        text = given if isinstance(given, str) else "" if given is None else json.dumps(listed(given))
        command = [*self._head, *arguments]
        # It ends before its memory is worth collecting.
        environment = {**os.environ, "GOGC": "off"}
        return subprocess.run(
            command, env=environment, input=text, text=True, capture_output=True, check=False, timeout=40
        )

    def __call__(self, *arguments: str, given: Any = None) -> str:
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout

    def refused(self, *arguments: str, given: Any = None) -> str:
        done = self.run(*arguments, given=given)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def apply(self, *manifests: dict[str, Any]) -> str:
        return self("apply", "-f", "-", given=manifests)

    def server_side(self, *manifests: dict[str, Any], manager: str = "tests") -> str:
        return self("apply", "--server-side", f"--field-manager={manager}", "-f", "-", given=manifests)

    def get(self, *what: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self("get", *what, "-o", "json"))
        return found

    def names(self, *what: str) -> list[str]:
        return [line.partition("/")[2] for line in self("get", *what, "-o", "name").split()]

    def wait(self, what: str, *conditions: str, seconds: int = int(PATIENCE)) -> None:
        for condition in conditions:
            self("wait", what, f"--for={condition}", f"--timeout={seconds}s")

    def seen(self, what: str, condition: str) -> dict[str, Any]:
        """The object as it was when it met the condition: the next moment can be another's."""
        found: dict[str, Any] = json.loads(
            self("wait", what, f"--for={condition}", f"--timeout={int(PATIENCE)}s", "-o", "json")
        )
        return found

    def rolled_out(self, what: str) -> None:
        self("rollout", "status", what, f"--timeout={int(PATIENCE)}s")

    def key(self, group: str, kind: str, name: str) -> ObjectKey:
        return ObjectKey(group, kind, self.namespace, name)


def listed(given: Any) -> Any:
    return given if isinstance(given, dict) else {"apiVersion": "v1", "kind": "List", "items": list(given)}


def fresh_namespace() -> str:
    return f"sandbox-{secrets.token_hex(4)}"


# Manifests ------------------------------------------------------------------------------------------------------------


def manifest(api_version: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
    """`labels`, `annotations`, `finalizers` and so on go where they belong; the rest is the object's own."""
    inner = {key: more.pop(key) for key in ("labels", "annotations", "finalizers", "namespace") if key in more}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **inner}, **more}


def config(name: str = "settings", **more: Any) -> dict[str, Any]:
    return manifest("v1", "ConfigMap", name, **{"data": {"color": "blue"}, **more})


def template(name: str, image: str, **spec: Any) -> dict[str, Any]:
    containers = [{"name": "app", "image": image}]
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers, **spec}}


def workload(kind: str, name: str = "web", image: str = "registry/web:1.0", **spec: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {"selector": {"matchLabels": {"app": name}}, "template": template(name, image)}
    if kind == "StatefulSet":
        usual["serviceName"] = name
    return manifest("apps/v1", kind, name, spec={**usual, **spec})


def deployment(name: str = "web", image: str = "registry/web:1.0", **spec: Any) -> dict[str, Any]:
    return workload("Deployment", name, image, **spec)


def job(name: str = "task", image: str = "registry/task:1.0", **spec: Any) -> dict[str, Any]:
    inner = template(name, image, restartPolicy="Never")
    return manifest("batch/v1", "Job", name, spec={"template": inner, **spec})


def pod(name: str = "one", image: str = "registry/one:1.0", **more: Any) -> dict[str, Any]:
    spec = {"terminationGracePeriodSeconds": 1, **template(name, image)["spec"], **more.pop("spec", {})}
    return manifest("v1", "Pod", name, **more, spec=spec)


def conditions(found: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Status and reason of each condition."""
    return {c["type"]: (c["status"], c.get("reason", "")) for c in (found.get("status") or {}).get("conditions") or ()}


class Still:
    """Objects and a kubelet for which time only goes by when it is settled."""

    def __init__(self, **fails: str) -> None:
        self.kubelet = Kubelet(ApiServer(), fails={f"registry/{name}:1.0": how for name, how in fails.items()})
        self.objects: Objects = self.kubelet.objects

    def put(self, *manifests: dict[str, Any], settle: bool = True) -> None:
        for one in manifests:
            self.objects.put({**one, "metadata": {"namespace": "default", **one["metadata"]}})
        if settle:
            self.kubelet.settle()

    def change(self, kind: str, name: str, settle: bool = True, **spec: Any) -> None:
        at = ObjectKey(GROUPS.get(kind, "apps"), kind, "default", name)
        self.objects.patch(at, {"spec": spec})
        if settle:
            self.kubelet.settle()

    def get(self, kind: str, name: str) -> dict[str, Any]:
        return dict(self.objects.require(ObjectKey(GROUPS.get(kind, "apps"), kind, "default", name)))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [dict(one) for one in self.objects.of(GROUPS.get(kind, "apps"), kind, "default")]

    def images(self) -> list[str]:
        return sorted(one["spec"]["containers"][0]["image"].partition("/")[2] for one in self.of("Pod"))


GROUPS = {
    **dict.fromkeys(("Pod", "Event", "PersistentVolumeClaim", "Service", "ConfigMap"), ""),
    **dict.fromkeys(("Job", "CronJob"), "batch"),
    "HorizontalPodAutoscaler": "autoscaling",
    "PodDisruptionBudget": "policy",
    "Ingress": "networking.k8s.io",
}
