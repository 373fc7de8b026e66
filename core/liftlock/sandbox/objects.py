"""The objects of the embedded cluster: read and written in-process and over HTTP alike, with a history for watches."""

from __future__ import annotations

import copy
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from liftlock.cluster.livediff.threeway import same
from liftlock.cluster.objects import Kind, Manifest, controller_uid, key
from liftlock.model.diff import ObjectKey
from liftlock.sandbox import patching, refusing
from liftlock.sandbox.defaults import allocated, counted, defaulted
from liftlock.sandbox.discovery import Served, by_kind
from liftlock.sandbox.managing import updated
from liftlock.sandbox.validating import faults
from liftlock.values import dataclass

_FIRST = 1000
_HISTORY = 20_000
_SYSTEM = ("default", "kube-system")
_FOREGROUND = "foregroundDeletion"
_KEPT = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: ADDED, MODIFIED, DELETED; BOOKMARK only says that all up to its version was told."""

    version: int
    what: str
    at: ObjectKey | None = None
    manifest: Manifest | None = None
    before: Manifest | None = None


Listener = Callable[[Change], None]


def now_text() -> str:
    """This moment as objects have it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Objects:
    """Everything that the cluster holds. Implements the reading `Objects` of the clusters' package, too.

    Safe from any thread. What is read is never changed, only replaced: copy it before you edit it. Every write tells
    those who listen, in the writer's thread and in order. With `dry` nothing is kept. Raises Refusal.
    """

    def __init__(self, now: Callable[[], str] = now_text, *, history: int = _HISTORY) -> None:
        self.now = now
        self.graceful = False
        """Deleted pods are only marked: a kubelet ends them."""
        self._kinds = by_kind()
        self._held: dict[Kind, dict[ObjectKey, Manifest]] = {at: {} for at in self._kinds}
        self._version = _FIRST
        self._floor = _FIRST
        self._history: deque[Change] = deque()
        self._longest = history
        self._listeners: list[Listener] = []
        self._lock = threading.RLock()
        for name in _SYSTEM:
            self._namespace(name)

    def __len__(self) -> int:
        return sum(map(len, self._held.values()))

    # Reading ---------------------------------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """The version of the last write."""
        return self._version

    @property
    def oldest(self) -> int:
        """The oldest version from which a watch can go on."""
        return self._floor

    def served(self, group: str, kind: str) -> Served:
        """The kind. Raises Refusal when it is not served."""
        found = self._kinds.get((group, kind))
        if found is None:
            raise refusing.Refusal(404, f"the server could not find the requested resource ({kind}.{group})")
        return found

    def get(self, key: ObjectKey) -> Manifest | None:
        """The object, None when there is none."""
        return self._held.get((key.group, key.kind), {}).get(key)

    def of(self, group: str, kind: str, namespace: str = "") -> list[Manifest]:
        """All of a kind, in one namespace when one is given, ordered by namespace and name."""
        return self.listed(group, kind, namespace)[0]

    def listed(self, group: str, kind: str, namespace: str = "") -> tuple[list[Manifest], int]:
        """The same, with the version at which it is so."""
        with self._lock:
            held, version = dict(self._held.get((group, kind), {})), self._version
        return [held[at] for at in sorted(held) if not namespace or at.namespace == namespace], version

    def owned(self, uid: str) -> list[Manifest]:
        """The objects that name this one as their controller."""
        with self._lock:
            return [m for held in self._held.values() for m in held.values() if controller_uid(m) == uid]

    def visible(self, group: str, kind: str, namespace: str = "") -> bool:
        """Whether the kind is served: nothing is hidden here."""
        return (group, kind) in self._kinds

    # Writing ---------------------------------------------------------------------------------------------------------

    def put(self, manifest: Manifest, *, manager: str = "", dry: bool = False) -> Manifest:
        """Have the object as given, status included, new or not. Its namespace is made when there is none."""
        served, at = self._addressed(manifest)
        with self._lock:
            if at.namespace and not dry:
                self._namespace(at.namespace)
            return self._write(served, at, manifest, self.get(at), manager, dry, "")

    def patch(self, key: ObjectKey, changes: Mapping[str, Any], *, manager: str = "", dry: bool = False) -> Manifest:
        """A JSON merge patch to the object, whatever it changes: spec, status, metadata."""
        with self._lock:
            old = self.require(key)
            return self._write(
                self.served(key.group, key.kind), key, patching.merged(old, changes), old, manager, dry, ""
            )

    def set_status(self, key: ObjectKey, status: Mapping[str, Any]) -> Manifest:
        """Replace the status, as a controller does."""
        with self._lock:
            old = self.require(key)
            made = {**old, "status": status}
            return self._write(self.served(key.group, key.kind), key, made, old, "", False, "")

    def apply(self, manifest: Manifest, *, manager: str, force: bool = True, dry: bool = False) -> Manifest:
        """A server-side apply, as the controllers do it."""
        served, at = self._addressed(manifest)
        with self._lock:
            old = self.get(at)
            if old is None and not dry and at.namespace:
                self._namespace(at.namespace)
            made = patching.server_side(
                old or {}, manifest, at.group, at.kind, manager=manager, force=force, time=self.now()
            )
            return self._write(served, at, made, old, "", dry, "")

    def replace(
        self, key: ObjectKey, manifest: Manifest, *, manager: str, dry: bool = False, subresource: str = ""
    ) -> Manifest:
        """An update as it comes over HTTP: through the main address all but status, through that only status."""
        served = self.served(key.group, key.kind)
        with self._lock:
            old = self.require(key)
            wanted = (manifest.get("metadata") or {}).get("resourceVersion")
            if wanted and wanted != old["metadata"]["resourceVersion"]:
                raise refusing.modified(served.resource, key.name)
            uid = (manifest.get("metadata") or {}).get("uid")
            if uid and uid != old["metadata"]["uid"]:
                said = f'Invalid value: "{uid}": field is immutable'
                raise refusing.invalid(served.resource, key.name, [("FieldValueInvalid", "metadata.uid", said)])
            made = dict(manifest)
            if subresource == "status":
                metadata = {**old["metadata"]}
                made = {**old, "metadata": metadata, "status": manifest.get("status") or {}}
            elif served.status:
                made.pop("status", None)
                if "status" in old:
                    made["status"] = old["status"]
            return self._write(served, key, made, old, manager, dry, subresource)

    def create(self, manifest: Manifest, *, manager: str, dry: bool = False) -> Manifest:
        """A creation as it comes over HTTP: it must not be there, its namespace must."""
        prefix = (manifest.get("metadata") or {}).get("generateName")
        if prefix and not manifest["metadata"].get("name"):
            manifest = {**manifest, "metadata": {**manifest["metadata"], "name": f"{prefix}{uuid.uuid4().hex[:5]}"}}
        served, at = self._addressed(manifest)
        with self._lock:
            if self.get(at) is not None:
                raise refusing.exists(served.resource, at.name)
            self.require_namespace(at.namespace)
            made = {name: value for name, value in manifest.items() if name != "status" or not served.status}
            return self._write(served, at, made, None, manager, dry, "")

    def delete(
        self, key: ObjectKey, *, dry: bool = False, orphan: bool = False, final: bool = False, foreground: bool = False
    ) -> Manifest | None:
        """End it and what it owns (that first, when `foreground`; not at all, when `orphan`). None when there is none.

        With finalizers, or for a pod that a kubelet runs (not when `final`), it is only marked.
        """
        with self._lock:
            old = self.get(key)
            if old is None or dry:
                return old
            metadata, spec = old["metadata"], old.get("spec") or {}
            finalizers = list(metadata.get("finalizers") or ())
            owned = self._dependents(metadata["uid"]) if foreground else []
            new = bool(owned) and _FOREGROUND not in finalizers
            if new:
                finalizers.append(_FOREGROUND)
            lingers = self.graceful and (key.group, key.kind) == ("", "Pod") and spec.get("nodeName") and not final
            if not finalizers and not lingers:
                return self._end(key, old, orphan)
            if new or "deletionTimestamp" not in metadata:
                seconds = 0 if finalizers else spec.get("terminationGracePeriodSeconds", 30)
                marks = {"deletionTimestamp": self.now(), "deletionGracePeriodSeconds": seconds, **metadata}
                if finalizers:
                    marks["finalizers"] = finalizers
                old = self._keep(key, {**old, "metadata": marks}, old)
            for at in owned:
                self.delete(at, foreground=True)
            return self.get(key) or old

    def require(self, key: ObjectKey) -> Manifest:
        """The object. Raises Refusal when there is none."""
        found = self.get(key)
        if found is None:
            raise refusing.absent(self.served(key.group, key.kind).resource, key.name)
        return found

    def require_namespace(self, name: str) -> None:
        """Raises Refusal when there is no such namespace."""
        if name:
            self.require(ObjectKey("", "Namespace", "", name))

    # Watching --------------------------------------------------------------------------------------------------------

    def listen(self, listener: Listener, since: int | None = None, at: Kind | None = None) -> Callable[[], None]:
        """Tell every change, those since a version first (of one kind); what is given back ends it. Raises Refusal.

        Called in the writer's thread, with the lock held: it must return at once and write nothing.
        """
        with self._lock:
            if since is not None:
                if since < self._floor:
                    raise refusing.expired(since, self._floor)
                for change in self._history:
                    if change.version > since and (at is None or _kind_of(change) == at):
                        listener(change)
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    @property
    def listening(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def bookmark(self, listener: Listener) -> None:
        """Tell this listener how far it has been told everything."""
        with self._lock:
            listener(Change(self._version, "BOOKMARK"))

    def forget_history(self) -> None:
        """Forget what was before now, as a server does some minutes later: older watches cannot go on."""
        with self._lock:
            self._version += 1
            self._floor = self._version
            self._history.clear()

    # Inside ----------------------------------------------------------------------------------------------------------

    def _addressed(self, manifest: Manifest) -> tuple[Served, ObjectKey]:
        at = key(manifest)
        served = self.served(at.group, at.kind)
        if not served.resource.namespaced:
            at = ObjectKey(at.group, at.kind, "", at.name)
        elif not at.namespace:
            at = ObjectKey(at.group, at.kind, "default", at.name)
        return served, at

    def _write(
        self,
        served: Served,
        at: ObjectKey,
        manifest: Manifest,
        old: Manifest | None,
        manager: str,
        dry: bool,
        subresource: str,
    ) -> Manifest:
        resource = served.resource
        made = copy.deepcopy({"apiVersion": resource.api_version, "kind": resource.kind, **manifest})
        metadata = made["metadata"] = dict(made.get("metadata") or {})
        metadata["name"] = at.name
        if at.namespace:
            metadata["namespace"] = at.namespace
        _identity(metadata, old, self.now())
        try:
            counted(defaulted(made), old)
            causes = faults(made, old)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise refusing.unreadable(resource, error) from error
        if causes:
            raise refusing.invalid(resource, at.name, causes)
        if manager:
            found = updated(old, made, (at.group, at.kind), manager, self.now(), subresource)
            metadata["managedFields"] = found
        elif old is not None and "managedFields" not in metadata and "managedFields" in old["metadata"]:
            metadata["managedFields"] = old["metadata"]["managedFields"]
        if not metadata.get("managedFields"):
            metadata.pop("managedFields", None)
        allocated(made)
        if served.generation:
            before = old["metadata"].get("generation", 1) if old is not None else 0
            metadata["generation"] = before if old is not None and same(_spec(old), _spec(made)) else before + 1
        else:
            metadata.pop("generation", None)
        if old is not None:
            metadata["resourceVersion"] = old["metadata"]["resourceVersion"]
            if same(made, old):
                return old
        if dry:
            return made
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers") and at.kind != "Pod":
            return self._end(at, made, False)
        return self._keep(at, made, old)

    def _keep(self, at: ObjectKey, manifest: dict[str, Any], old: Manifest | None) -> Manifest:
        self._version += 1
        manifest["metadata"]["resourceVersion"] = str(self._version)
        self._held[at.group, at.kind][at] = manifest
        self._tell(Change(self._version, "ADDED" if old is None else "MODIFIED", at, manifest, old))
        return manifest

    def _remove(self, at: ObjectKey, old: Manifest) -> Manifest:
        self._version += 1
        gone = {**old, "metadata": {**old["metadata"], "resourceVersion": str(self._version)}}
        before = self._held[at.group, at.kind].pop(at, None)
        self._tell(Change(self._version, "DELETED", at, gone, before))
        return gone

    def _tell(self, change: Change) -> None:
        self._history.append(change)
        if len(self._history) > self._longest:
            self._floor = self._history.popleft().version
        for listener in list(self._listeners):
            listener(change)

    def _end(self, at: ObjectKey, old: Manifest, orphan: bool) -> Manifest:
        """Take it away, with what nobody else owns."""
        gone = self._remove(at, old)
        self._collect(old["metadata"]["uid"], orphan)
        for owner in old["metadata"].get("ownerReferences") or ():
            self._release(owner, at.namespace)
        if (at.group, at.kind) == ("", "Namespace"):
            for held in list(self._held.values()):
                for inner in [inner for inner in held if inner.namespace == at.name]:
                    if inner in held:
                        self._end(inner, held[inner], False)
        return gone

    def _dependents(self, uid: str) -> list[ObjectKey]:
        return [
            at
            for held in self._held.values()
            for at, manifest in held.items()
            if any(owner.get("uid") == uid for owner in manifest["metadata"].get("ownerReferences") or ())
        ]

    def _collect(self, uid: str, orphan: bool) -> None:
        """The garbage collector: what only this one owned goes with it."""
        for at in self._dependents(uid):
            manifest = self.get(at)
            if manifest is None:
                continue
            left = [owner for owner in manifest["metadata"]["ownerReferences"] if owner.get("uid") != uid]
            if left or orphan:
                metadata = {**manifest["metadata"], "ownerReferences": left}
                if not left:
                    del metadata["ownerReferences"]
                self._keep(at, {**manifest, "metadata": metadata}, manifest)
            else:
                self.delete(at)

    def _release(self, owner: Mapping[str, Any], namespace: str) -> None:
        """An owner that waits for what it owns goes when that has gone."""
        group = str(owner.get("apiVersion", "")).rpartition("/")[0]
        for place in (namespace, ""):
            at = ObjectKey(group, str(owner.get("kind")), place, str(owner.get("name")))
            found = self.get(at)
            if found is None or found["metadata"]["uid"] != owner.get("uid"):
                continue
            finalizers = found["metadata"].get("finalizers") or []
            if _FOREGROUND not in finalizers or self._dependents(found["metadata"]["uid"]):
                return
            left = [name for name in finalizers if name != _FOREGROUND]
            metadata = {name: value for name, value in found["metadata"].items() if name != "finalizers"}
            if left:
                self._keep(at, {**found, "metadata": {**metadata, "finalizers": left}}, found)
            else:
                self._end(at, {**found, "metadata": metadata}, False)
            return

    def _namespace(self, name: str) -> None:
        at = ObjectKey("", "Namespace", "", name)
        if self.get(at) is None:
            self._write(self.served("", "Namespace"), at, {}, None, "", False, "")
            account = ObjectKey("", "ServiceAccount", name, "default")
            self._write(self.served("", "ServiceAccount"), account, {}, None, "", False, "")


def _identity(metadata: dict[str, Any], old: Manifest | None, now: str) -> None:
    """What the server alone sets."""
    for name in _KEPT:
        if old is not None and name in old["metadata"]:
            metadata[name] = old["metadata"][name]
        elif name not in ("uid", "creationTimestamp") or old is not None:
            metadata.pop(name, None)
    # An object that is set up in-process may say when it came to be.
    if old is None:
        metadata["uid"] = metadata.get("uid") or str(uuid.uuid4())
        metadata["creationTimestamp"] = metadata.get("creationTimestamp") or now


def _spec(manifest: Manifest) -> dict[str, Any]:
    found = {name: value for name, value in manifest.items() if name not in ("metadata", "status")}
    if manifest.get("kind") == "Pod":  # that it gets a node changes nothing
        found["spec"] = {name: value for name, value in (found.get("spec") or {}).items() if name != "nodeName"}
    return found


def _kind_of(change: Change) -> Kind | None:
    return (change.at.group, change.at.kind) if change.at is not None else None
