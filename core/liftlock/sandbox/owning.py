"""What controllers share: who owns what, pods out of templates, conditions that keep their times."""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from liftlock.cluster.livediff.threeway import same
from liftlock.cluster.objects import Manifest, controller_uid, key
from liftlock.model.diff import ObjectKey
from liftlock.sandbox.events import tell
from liftlock.sandbox.objects import Objects

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
_OWNED = (("", "Pod"), ("apps", "ReplicaSet"))


class Owned:
    """Pods and replica sets by their controller, as they are now."""

    def __init__(self, objects: Objects) -> None:
        self._found: dict[tuple[str, str], list[Manifest]] = defaultdict(list)
        for group, kind in _OWNED:
            for manifest in objects.of(group, kind):
                self._found[controller_uid(manifest), kind].append(manifest)

    def of(self, owner: Manifest, kind: str = "Pod") -> list[Manifest]:
        """What this one controls, without what is going."""
        return [m for m in self.all(owner, kind) if "deletionTimestamp" not in m["metadata"]]

    def all(self, owner: Manifest, kind: str = "Pod") -> list[Manifest]:
        """What this one controls."""
        return self._found[owner["metadata"]["uid"], kind]


class Hands:
    """What a controller does: names, children, statuses."""

    def __init__(self, objects: Objects, seed: int) -> None:
        self.objects = objects
        self._random = random.Random(seed)  # noqa: S311 - names, no secrets

    def suffix(self, length: int = 5) -> str:
        """The random end of a name."""
        return "".join(self._random.choices(_LETTERS, k=length))

    def set_status(self, manifest: Manifest, status: Mapping[str, Any]) -> None:
        """Write it where it differs."""
        if not same(dict(status), manifest.get("status") or {}):
            self.objects.set_status(key(manifest), status)

    def pod(
        self, owner: Manifest, template: Mapping[str, Any], name: str, labels: Mapping[str, str], **spec: Any
    ) -> None:
        """Create one out of a template, unless its owner has gone meanwhile."""
        if self.objects.get(key(owner)) is None:
            return
        metadata = template.get("metadata") or {}
        made = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "generateName": f"{owner['metadata']['name']}-",
                "namespace": owner["metadata"]["namespace"],
                "labels": {**(metadata.get("labels") or {}), **labels},
                **({"annotations": metadata["annotations"]} if metadata.get("annotations") else {}),
                "ownerReferences": [reference(owner)],
            },
            "spec": {**copy.deepcopy(dict(template["spec"])), **spec},
        }
        self.objects.put(made)
        self.tell(owner, "SuccessfulCreate", f"Created pod: {name}", f"{owner['kind'].lower()}-controller")

    def delete(self, owner: Manifest, pod: Manifest) -> None:
        """End one of its pods."""
        self.objects.delete(key(pod))
        source = f"{owner['kind'].lower()}-controller"
        self.tell(owner, "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}", source)

    def tell(self, about: Manifest, reason: str, message: str, source: str, *, warning: bool = False) -> None:
        """Write an event."""
        tell(self.objects, about, reason, message, source=source, warning=warning)

    def revision(self, owner: Manifest, template: Mapping[str, Any], label: str) -> str:
        """The name of the ControllerRevision of a template: made when there is none, the newest again when there is."""
        metadata = owner["metadata"]
        short = hashed(template)
        name = f"{metadata['name']}-{short}"
        at = ObjectKey("apps", "ControllerRevision", metadata["namespace"], name)
        found = self.objects.get(at)
        all_of_it = self.objects.of("apps", "ControllerRevision", metadata["namespace"])
        newest = max((r["revision"] for r in all_of_it if controller_uid(r) == metadata["uid"]), default=0)
        if found is not None:
            if found["revision"] < newest:
                self.objects.patch(at, {"revision": newest + 1})
            return name
        annotations = metadata.get("annotations") or {}
        self.objects.put(
            {
                "apiVersion": "apps/v1",
                "kind": "ControllerRevision",
                "metadata": {
                    "name": name,
                    "namespace": metadata["namespace"],
                    "labels": {**((template.get("metadata") or {}).get("labels") or {}), label: short},
                    **({"annotations": dict(annotations)} if annotations else {}),
                    "ownerReferences": [reference(owner)],
                },
                "data": {"spec": {"template": {**template, "$patch": "replace"}}},
                "revision": newest + 1,
            }
        )
        return name


def reference(owner: Manifest) -> dict[str, Any]:
    """As what it owns names it."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def hashed(template: Mapping[str, Any]) -> str:
    """A short name for a template: the same for the same."""
    number = int(hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest(), 16)
    letters = []
    for _ in range(10):
        number, place = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[place])
    return "".join(letters)


def condition(
    old: Mapping[str, Any], kind: str, status: str, reason: str, message: str, now: str, *, updates: bool = False
) -> dict[str, Any]:
    """A condition that keeps the time of its last transition; with `updates` that of its last change beside it."""
    known: Mapping[str, Any] = next((c for c in old.get("conditions") or () if c["type"] == kind), {})
    since = known.get("lastTransitionTime", now) if known.get("status") == status else now
    made = {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}
    if updates:
        unchanged = all(known.get(name) == made[name] for name in ("status", "reason", "message"))
        made["lastUpdateTime"] = known.get("lastUpdateTime", now) if unchanged else now
    return made


def share(value: Any, of: int, *, up: bool) -> int:
    """A number or a percentage of one."""
    if isinstance(value, str) and value.endswith("%"):
        part = int(value[:-1]) * of
        return -(-part // 100) if up else part // 100
    return int(value or 0)


def victims(pods: Sequence[Manifest], number: int, is_ready: Any) -> list[Manifest]:
    """The pods that go first: those that are not ready, then the youngest."""
    order = sorted(pods, key=lambda p: (is_ready(p), -int(p["metadata"]["resourceVersion"])))
    return order[:number]
