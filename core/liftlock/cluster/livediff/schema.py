"""How the fields of an object merge: which lists are maps with keys, which are sets, which fields are quantities.

For built-in kinds it is the API's own metadata (patch strategy, merge key, list type), written down here because a
client that may only read has no other source; for custom resources it is read out of the server's OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from liftlock.values import dataclass

SET = "set"
MAP = "map"


@dataclass(frozen=True, slots=True)
class Schema:
    """What is known of an object's fields. `rest` is the schema of every value where the keys are free."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    rest: Field | None = None

    def field(self, name: str) -> Field:
        """What is known of one field; a plain one where nothing is."""
        return self.fields.get(name) or self.rest or PLAIN_FIELD


PLAIN = Schema()
"""Nothing is known: mappings merge, lists are replaced as a whole. JSON merge patch works just so."""


@dataclass(frozen=True, slots=True)
class Field:
    """How one field merges.

    `keys` tell the items of a list apart for server-side apply; `merge_key` (the first of them as a rule) does for a
    strategic merge patch, "" where such a patch replaces the list. `unique` lists are sets of plain values, which a
    strategic merge patch merges when `merges`. `retain`: fields that are not written go. `replace`: the mapping is
    replaced as a whole. `quantity`: amounts such as `500m`, alone or as the values of a mapping.
    """

    inner: Schema = PLAIN
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    unique: bool = False
    merges: bool = False
    retain: bool = False
    replace: bool = False
    quantity: bool = False


PLAIN_FIELD = Field()
_QUANTITY = Field(quantity=True)


def _list(*keys: str, of: Schema = PLAIN, retain: bool = False) -> Field:
    return Field(of, keys, merge_key=keys[0], merges=True, retain=retain)


def _within(**fields: Schema | Field) -> Schema:
    return Schema({name: Field(f) if isinstance(f, Schema) else f for name, f in fields.items()})


_METADATA = _within(
    finalizers=Field(unique=True, merges=True),
    ownerReferences=_list("uid"),
)
_RESOURCES = _within(limits=_QUANTITY, requests=_QUANTITY, claims=Field(keys=("name",)))
_FIELD_REFERENCE = _within(divisor=_QUANTITY)
_ENV = _within(valueFrom=_within(resourceFieldRef=_FIELD_REFERENCE))
_CONTAINER = _within(
    env=_list("name", of=_ENV),
    ports=_list("containerPort", "protocol"),
    volumeMounts=_list("mountPath"),
    volumeDevices=_list("devicePath"),
    resources=_RESOURCES,
)
_CLAIM_SPEC = _within(resources=_RESOURCES)
_CLAIM = _within(metadata=_METADATA, spec=_CLAIM_SPEC)
_DOWNWARD = _within(items=Field(_within(resourceFieldRef=_FIELD_REFERENCE)))
_VOLUME = _within(
    emptyDir=_within(sizeLimit=_QUANTITY),
    ephemeral=_within(volumeClaimTemplate=_CLAIM),
    downwardAPI=_DOWNWARD,
    projected=_within(sources=Field(_within(downwardAPI=_DOWNWARD))),
)
_POD_SPEC = _within(
    containers=_list("name", of=_CONTAINER),
    initContainers=_list("name", of=_CONTAINER),
    ephemeralContainers=_list("name", of=_CONTAINER),
    volumes=_list("name", of=_VOLUME, retain=True),
    imagePullSecrets=_list("name"),
    hostAliases=_list("ip"),
    topologySpreadConstraints=_list("topologyKey", "whenUnsatisfiable"),
    schedulingGates=_list("name"),
    resourceClaims=_list("name", retain=True),
    evictionResponders=_list("name"),
    overhead=_QUANTITY,
    resources=_RESOURCES,
)
_TEMPLATE = _within(metadata=_METADATA, spec=_POD_SPEC)
_CLAIM_TEMPLATES = Field(_CLAIM)
_JOB_SPEC = _within(template=_TEMPLATE)
_TARGET = _within(target=_within(averageValue=_QUANTITY, value=_QUANTITY))
_METRICS = _within(containerResource=_TARGET, external=_TARGET, object=_TARGET, pods=_TARGET, resource=_TARGET)
_RULES = _within(tolerance=_QUANTITY)
_WEBHOOKS = _within(webhooks=_list("name", of=_within(matchConditions=_list("name"))))
_LIMIT = _within(
    default=_QUANTITY, defaultRequest=_QUANTITY, max=_QUANTITY, min=_QUANTITY, maxLimitRequestRatio=_QUANTITY
)

_SPECS: dict[tuple[str, str], Schema] = {
    ("", "Pod"): _POD_SPEC,
    ("", "ReplicationController"): _within(template=_TEMPLATE),
    ("", "Service"): _within(ports=_list("port", "protocol")),
    ("", "PersistentVolumeClaim"): _CLAIM_SPEC,
    ("", "PersistentVolume"): _within(capacity=_QUANTITY),
    ("", "ResourceQuota"): _within(hard=_QUANTITY),
    ("", "LimitRange"): _within(limits=Field(_LIMIT)),
    ("", "Node"): _within(podCIDRs=Field(unique=True, merges=True)),
    ("apps", "Deployment"): _within(strategy=Field(retain=True), template=_TEMPLATE),
    ("apps", "StatefulSet"): _within(template=_TEMPLATE, volumeClaimTemplates=_CLAIM_TEMPLATES),
    ("apps", "DaemonSet"): _within(template=_TEMPLATE),
    ("apps", "ReplicaSet"): _within(template=_TEMPLATE),
    ("batch", "Job"): _JOB_SPEC,
    ("batch", "CronJob"): _within(jobTemplate=_within(metadata=_METADATA, spec=_JOB_SPEC)),
    ("autoscaling", "HorizontalPodAutoscaler"): _within(
        metrics=Field(_METRICS), behavior=_within(scaleUp=_RULES, scaleDown=_RULES)
    ),
    ("policy", "PodDisruptionBudget"): _within(selector=Field(replace=True)),
    ("storage.k8s.io", "CSINode"): _within(drivers=_list("name")),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"): _within(
        matchConditions=_list("name"), variables=_list("name")
    ),
    ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"): _within(matchConditions=_list("name")),
}
_TOPS: dict[tuple[str, str], Schema] = {
    ("", "PodTemplate"): _within(metadata=_METADATA, template=_TEMPLATE),
    ("", "ServiceAccount"): _within(metadata=_METADATA, secrets=_list("name")),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _WEBHOOKS,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _WEBHOOKS,
    ("storage.k8s.io", "CSIStorageCapacity"): _within(capacity=_QUANTITY, maximumVolumeSize=_QUANTITY),
    ("node.k8s.io", "RuntimeClass"): _within(overhead=_within(podFixed=_QUANTITY)),
}
_BUILT_IN = frozenset(
    {
        "",
        "apps",
        "batch",
        "autoscaling",
        "policy",
        "admissionregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
_ANY = _within(metadata=_METADATA)


def built_in(group: str) -> bool:
    """Whether the API server knows the kinds of this group as types, and so takes strategic merge patches.

    Definitions of custom resources and API services are left to JSON merge patches, which do the same for them.
    """
    return group in _BUILT_IN


def schema_of(group: str, kind: str) -> Schema:
    """How the objects of a built-in kind merge; of any other, only what all objects have in common."""
    if group not in _BUILT_IN:
        return _ANY
    found = _TOPS.get((group, kind))
    if found is not None:
        return found
    spec = _SPECS.get((group, kind))
    return _ANY if spec is None else Schema({"metadata": Field(_METADATA), "spec": Field(spec)})


def schema_from_openapi(document: Mapping[str, Any], group: str, version: str, kind: str) -> Schema:
    """How a custom resource merges on the server, out of its group's OpenAPI v3 document.

    Its quantities are not marked: the server keeps them as they were written, so another spelling is a change.
    """
    wanted = {"group": group, "version": version, "kind": kind}
    schemas = (document.get("components") or {}).get("schemas") or {}
    for schema in schemas.values():
        if wanted in (schema.get("x-kubernetes-group-version-kind") or ()):
            top = _read(schema, 0)
            return Schema({**top.fields, "metadata": Field(_METADATA)}, top.rest)
    return _ANY


_DEEPEST = 40


def _read(schema: Mapping[str, Any], depth: int) -> Schema:
    if depth > _DEEPEST:
        return PLAIN
    found = {}
    for name, inner in (schema.get("properties") or {}).items():
        read = _read_field(inner, depth)
        if read is not PLAIN_FIELD:
            found[name] = read
    rest = schema.get("additionalProperties")
    free = _read_field(rest, depth) if isinstance(rest, Mapping) else None
    kept = None if free is PLAIN_FIELD else free
    return Schema(found, kept) if found or kept else PLAIN


def _read_field(schema: Mapping[str, Any], depth: int) -> Field:
    inner = _read(schema.get("items") or schema, depth + 1)
    keys = tuple(schema.get("x-kubernetes-list-map-keys") or ())
    unique = schema.get("x-kubernetes-list-type") == SET
    replace = schema.get("x-kubernetes-map-type") == "atomic"
    if inner is PLAIN and not (keys or unique or replace):
        return PLAIN_FIELD
    return Field(inner, keys, unique=unique, replace=replace)
