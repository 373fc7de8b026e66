"""What the API server does not take, in its own words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from liftlock.cluster.livediff.schema import built_in
from liftlock.cluster.livediff.threeway import same

Cause = tuple[str, str, str]
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ANY_NAME = frozenset({"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"})
_WORKLOADS = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})
_FREE = frozenset(
    {
        *("replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds"),
        *("persistentVolumeClaimRetentionPolicy", "selector"),
    }
)
_CHANGEABLE = frozenset({"activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds"})


def faults(manifest: Mapping[str, Any], old: Mapping[str, Any] | None) -> list[Cause]:
    """What is wrong with an object: reason, field and message of each.

    Raises TypeError (or another of its like) where a field is not of its type.
    """
    kind = str(manifest.get("kind", ""))
    found = list(_named(manifest, kind))
    group = str(manifest.get("apiVersion", "")).rpartition("/")[0]
    _shape(manifest)
    if old is not None and "deletionTimestamp" in old["metadata"]:
        found += _finalizers(manifest["metadata"], old["metadata"])
    if not built_in(group):
        return found
    spec = manifest.get("spec") or {}
    before: Mapping[str, Any] | None = None if old is None else old.get("spec") or {}
    if group == "apps" and kind in _WORKLOADS:
        found += _workload(spec, before)
        found += _pod(spec["template"]["spec"], "spec.template.spec", ("Always",))
        if kind == "StatefulSet" and before is not None:
            found += _stateful(spec, before)
    elif (group, kind) == ("batch", "Job"):
        found += _pod(spec["template"]["spec"], "spec.template.spec", ("OnFailure", "Never"))
        if before is not None and not same(before.get("template"), spec["template"]):
            found.append(_immutable("spec.template", spec["template"]))
    elif (group, kind) == ("batch", "CronJob"):
        place = "spec.jobTemplate.spec.template.spec"
        found += _pod(spec["jobTemplate"]["spec"]["template"]["spec"], place, ("OnFailure", "Never"))
        if not spec.get("schedule"):
            found.append(("FieldValueRequired", "spec.schedule", "Required value"))
    elif (group, kind) == ("", "Pod"):
        found += _pod(spec, "spec", ("Always", "OnFailure", "Never"))
        if before is not None and not same(_fixed(spec, before), _fixed(before, before)):
            said = "Forbidden: pod updates may not change fields other than `spec.containers[*].image`"
            found.append(("FieldValueForbidden", "spec", said))
    elif (group, kind) == ("", "Service"):
        if not spec.get("ports") and spec.get("clusterIP") != "None" and spec["type"] != "ExternalName":
            found.append(("FieldValueRequired", "spec.ports", "Required value"))
    elif (group, kind) == ("", "ConfigMap"):
        _text_values(manifest.get("data"), "data")
        found += _keys(manifest)
    elif (group, kind) == ("", "Secret"):
        found += _keys(manifest)
    return found


def _immutable(field: str, value: Any) -> Cause:
    return "FieldValueInvalid", field, f"Invalid value: {_told(value)}: field is immutable"


def _told(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _named(manifest: Mapping[str, Any], kind: str) -> Iterator[Cause]:
    name = (manifest.get("metadata") or {}).get("name")
    if not name:
        yield "FieldValueRequired", "metadata.name", "Required value: name or generateName is required"
    elif kind not in _ANY_NAME and not (_NAME.fullmatch(str(name)) and len(str(name)) <= 253):
        said = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
            "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
            f"'{_NAME.pattern}')"
        )
        yield "FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {said}'


def _keys(manifest: Mapping[str, Any]) -> Iterator[Cause]:
    for table in ("data", "binaryData"):
        for name in manifest.get(table) or ():
            if not _KEY.fullmatch(name):
                said = (
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    f"'KEY_NAME',  or 'key-name', regex used for validation is '{_KEY.pattern}')"
                )
                yield "FieldValueInvalid", f"{table}[{name}]", f'Invalid value: "{name}": {said}'


def _workload(spec: Mapping[str, Any], old: Mapping[str, Any] | None) -> Iterator[Cause]:
    selector = spec.get("selector")
    metadata = spec["template"]["metadata"]
    _texts(metadata, "spec.template.metadata")
    labels = metadata.get("labels") or {}
    if not selector:
        yield "FieldValueRequired", "spec.selector", "Required value"
    elif not (selector.get("matchLabels") or {}).items() <= labels.items():
        said = f"Invalid value: {_told(labels)}: `selector` does not match template `labels`"
        yield "FieldValueInvalid", "spec.template.metadata.labels", said
    if old is not None and not same(old.get("selector"), selector):
        yield _immutable("spec.selector", selector)
    replicas = spec.get("replicas", 0)
    _number(replicas, "spec.replicas")
    if replicas < 0:
        yield "FieldValueInvalid", "spec.replicas", f"Invalid value: {replicas}: must be greater than or equal to 0"


def _stateful(spec: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Cause]:
    for name in sorted({*spec, *old} - _FREE):
        if not same(spec.get(name), old.get(name)):
            yield _immutable(f"spec.{name}", spec.get(name))


def _finalizers(metadata: Mapping[str, Any], old: Mapping[str, Any]) -> Iterator[Cause]:
    new = [name for name in metadata.get("finalizers") or () if name not in (old.get("finalizers") or ())]
    if new:
        names = ", ".join(f'"{name}"' for name in new)
        said = "no new finalizers can be added if the object is being deleted, found new finalizers "
        yield "FieldValueForbidden", "metadata.finalizers", f"Forbidden: {said}[]string{{{names}}}"


def _fixed(spec: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """What of a pod cannot be changed once it is there; its node can be given once."""
    made = {name: value for name, value in spec.items() if name not in _CHANGEABLE}
    if not old.get("nodeName"):
        made.pop("nodeName", None)
    for name in ("containers", "initContainers"):
        made[name] = [{k: v for k, v in c.items() if k != "image"} for c in spec.get(name) or ()]
    return made


def _pod(spec: Mapping[str, Any], path: str, policies: tuple[str, ...]) -> Iterator[Cause]:
    containers = spec.get("containers") or ()
    if not containers:
        yield "FieldValueRequired", f"{path}.containers", "Required value"
    for place, container in enumerate(containers):
        for field in ("name", "image"):
            if not container.get(field):
                yield "FieldValueRequired", f"{path}.containers[{place}].{field}", "Required value"
            else:
                _text(container[field], f"{path}.containers[{place}].{field}")
        for variable in container.get("env") or ():
            _text(variable.get("value"), f"{path}.containers[{place}].env.{variable.get('name')}")
        for port in container.get("ports") or ():
            _number(port.get("containerPort"), f"{path}.containers[{place}].ports.containerPort")
    names = [container.get("name") for container in containers]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            yield "FieldValueDuplicate", f"{path}.containers[{place}].name", f'Duplicate value: "{name}"'
    policy = spec.get("restartPolicy")
    if policy not in policies:
        values = ", ".join(f'"{name}"' for name in policies)
        if policy == "Always":
            yield "FieldValueRequired", f"{path}.restartPolicy", f"Required value: valid values: {values}"
        else:
            said = f'Unsupported value: "{policy}": supported values: {values}'
            yield "FieldValueNotSupported", f"{path}.restartPolicy", said


# Types ----------------------------------------------------------------------------------------------------------------


def _shape(manifest: Mapping[str, Any]) -> None:
    """What every object has, custom ones too."""
    metadata = manifest["metadata"]
    _texts(metadata, "metadata")
    for name in ("spec", "status"):
        _table(manifest.get(name), name)
    for finalizer in _list(metadata.get("finalizers"), "metadata.finalizers"):
        _text(finalizer or 0, "metadata.finalizers")
    for name in ("ownerReferences", "managedFields"):
        for one in _list(metadata.get(name), f"metadata.{name}"):
            _table(one or 0, f"metadata.{name}")


def _table(value: Any, path: str) -> None:
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"json: cannot unmarshal {type(value).__name__} into Go struct field {path} of type object")


def _list(value: Any, path: str) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise TypeError(f"json: cannot unmarshal {type(value).__name__} into Go struct field {path} of type array")
    return value or []


def _texts(metadata: Mapping[str, Any], path: str) -> None:
    for name in ("labels", "annotations"):
        _text_values(metadata.get(name), f"{path}.{name}")


def _text_values(table: Any, path: str) -> None:
    _table(table, path)
    for name, value in (table or {}).items():
        _text(value, f"{path}.{name}")


def _text(value: Any, path: str) -> None:
    if value is not None and not isinstance(value, str):
        what = "bool" if isinstance(value, bool) else "number" if isinstance(value, int | float) else "object"
        raise TypeError(f"json: cannot unmarshal {what} into Go struct field {path} of type string")


def _number(value: Any, path: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"json: cannot unmarshal {type(value).__name__} into Go struct field {path} of type int32")
