"""The table of rules: what a leaf's place or value says of its class.

Read from the top; the first rule that fits decides. `path` is matched against the leaf's keys joined by dots (list
items are left out), without regard to case. Sources of the rules are named in the reason or beside the group.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from liftlock.model.change import ChangeClass


@dataclass(frozen=True, slots=True)
class Rule:
    """Leaves whose path fits the pattern belong to the class, because of the reason.

    `value` narrows it: `versionlike` wants a value that looks like a version on one side at least, `plain` a value
    that does not, `tag` one word that may be a tag, `block` a mapping. `files` is a glob of the target's path.
    """

    path: str
    cls: ChangeClass
    why: str
    value: str = ""
    files: str = ""


_V, _I, _Z, _S = ChangeClass.VERSION, ChangeClass.IDENTITY, ChangeClass.SIZING, ChangeClass.SETTING

# A path pattern is a list of alternatives of dotted key patterns, matched against the end of the leaf's path.
RULES: tuple[Rule, ...] = (
    # What looks like a version by its key and is none.
    Rule("apiversion", _S, "the API's version, not the release's"),
    Rule("patches.target.version|target.version", _S, "selects objects by API version"),
    Rule("restart*|*restart_counter|trigger_restart*|*restartedat", _S, "restarts pods, is no release"),
    Rule("*_date|*startdate|*enddate|*_since|*_until|*_expiry|*deadline", _S, "a date, not a release"),
    # Versions by format: kustomize, Flux, Argo CD, Helm, helmfile, OpenShift image streams.
    Rule("images.newtag|images.digest", _V, "kustomize image"),
    Rule("images.newname", _V, "kustomize image, moves with its tag"),
    Rule("helmcharts.version", _V, "kustomize helm chart version"),
    Rule("targetrevision", _V, "Argo CD revision"),
    Rule("chart.spec.version", _V, "HelmRelease chart version"),
    Rule("releases.version|dependencies.version", _V, "chart version"),
    Rule("spec.ref.tag|spec.ref.digest|spec.ref.semver|spec.ref.commit", _V, "Flux source reference"),
    Rule("tags.from.name", _V, "image stream tag"),
    # Sizing: what is shaped to the place (Kapelonis' second class).
    Rule(
        "resources.limits.**|resources.requests.**|limits.cpu|limits.memory|requests.cpu|requests.memory",
        _Z,
        "resources",
    ),
    Rule("limits|requests|resources", _Z, "resources", value="block"),
    Rule("*replicas|replicas.*|*replicacount|replica_count|minavailable|maxunavailable", _Z, "number of replicas"),
    Rule("autoscaling.**|hpa.**|averageutilization|scaledownstabilization*", _Z, "autoscaling"),
    Rule("*probe.**|periodseconds|failurethreshold|initialdelayseconds|timeoutseconds", _Z, "probe timing"),
    Rule("nodeselector.**|tolerations.**|affinity.**|topologyspreadconstraints.**", _Z, "scheduling"),
    Rule("*storage|*storagesize|storageclass*|volumesize|*capacity|diskSize|*.size", _Z, "storage"),
    Rule("*cpu|*memory|*_mem|*heap*|*_mb|*_gb|*concurrency|*threads|*workers|*poolsize", _Z, "size"),
    # Identity: what makes a place itself (Kapelonis' third class).
    Rule("metadata.name|metadata.namespace|namespace|*namespace|nameprefix|namesuffix", _I, "names the place"),
    Rule("*host|*hosts|*hostname|*hostnames|*domain|*domains|*_fqdn|*endpoint|*dns*", _I, "address"),
    Rule("*url|*urls|*uri|*_dsn|*issuer|*connectionstring|*server|*servers|*address", _I, "address", value="plain"),
    Rule("*region|*zone|*location|*cluster|*clustername|cluster*", _I, "place"),
    Rule(
        "*account*|*subscription*|*tenant*|*projectid|project|*arn|*clientid|*client_id|*_id|*-id|*groupid|*subnetid",
        _I,
        "account",
    ),
    Rule("*bucket|*bucketname|*bucket_*|*bucket-*|bucket.**", _I, "storage of its own"),
    Rule("*secret*|*password*|*keyvault*|*vault*|serviceaccount*|*principal*", _I, "credentials"),
    Rule("*_user|*username|*database|*dbname", _I, "credentials"),
    Rule("*ip|*cidr|loadbalancerip|externalips", _I, "network address"),
    Rule("path|*path|sourcepath", _I, "a path of its own", value="plain"),
    Rule("env|environment|*_env|environment_name|stage|tier", _I, "names the environment", value="plain"),
    # Versions by key, where the value does not contradict.
    Rule("image|*image|*.image.*|images.*", _V, "image", value="versionlike"),
    Rule("tag|*tag|*_tag|*imagetag|*tags", _V, "image tag", value="tag"),
    Rule("*version|*versions|*_version|versions.*|chartversions.*|appversion|*revision", _V, "version", value="tag"),
)


_JOINT = "\0"


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    """A path pattern as one regular expression over keys that are joined by NUL."""
    found = []
    for alternative in pattern.lower().split("|"):
        keys = alternative.strip().split(".")
        below = keys[-1] == "**"
        parts = [re.escape(key).replace(r"\*", f"[^{_JOINT}]*") for key in (keys[:-1] if below else keys)]
        found.append(_JOINT.join(parts) + (f"{_JOINT}.+" if below else ""))
    return re.compile(f"(?:.*{_JOINT})?(?:{'|'.join(found)})", re.DOTALL)


def fits(pattern: str, keys: tuple[str, ...]) -> bool:
    """Whether a path pattern (alternatives with `|`) fits the end of these lower-case keys."""
    return bool(_expression(pattern).fullmatch(_JOINT.join(keys)))


@lru_cache(maxsize=16384)
def fitting(keys: tuple[str, ...]) -> tuple[Rule, ...]:
    """The built-in rules whose path fits, in their order."""
    joined = _JOINT.join(keys)
    return tuple(rule for rule in RULES if _expression(rule.path).fullmatch(joined))


_PLACEHOLDER = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+|\$\{.*\}|\{\{.*\}\}|<.*>|REPLACE.*|CHANGE.*|TODO.*")


def is_placeholder(value: str) -> bool:
    """Whether a value stands for another that is filled in elsewhere (`DOCKER_TAG`, `${TAG}`)."""
    return bool(_PLACEHOLDER.fullmatch(value))
