"""The table of rules: what a leaf's place or value says of its class.

Read from the top; the first rule that fits decides. `path` is matched against the leaf's keys joined by dots (list
items are left out), without regard to case. liftlock.toml adds rules of the same form, which are asked before these;
docs/rules.md is made of this table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from liftlock.model.change import ChangeClass
from liftlock.values import dataclass

VALUES: Mapping[str, str] = {
    "": "any value",
    "versionlike": "one side at least looks like a version or an image",
    "versions": "both sides look like versions, and not both only like `v3` or `1.2`",
    "named": "one name on both sides, with a version behind it that differs (`redis-17.0.1`)",
    "tag": "one word that may be a tag: no placeholder, no flag, no path",
    "plain": "neither side looks like a version or an image",
    "place": "as `plain`, and neither a path of a host (`/docs`) nor a service within the cluster (`db.apps.svc`)",
    "scalar": "one text, or the value of a variable; no block",
    "block": "a mapping",
    "own": "a UUID, a cloud's id, an e-mail, an ARN, an account, an address",
}
"""What `value` may say of a rule, in words; "" says nothing of it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Leaves whose path fits the pattern belong to the class, because of the reason.

    `value` narrows it: see VALUES. `files` is a glob of the target's path. `source` says where the rule comes from.
    """

    path: str
    cls: ChangeClass
    why: str
    value: str = ""
    files: str = ""
    source: str = ""


_V, _I, _Z, _S = ChangeClass.VERSION, ChangeClass.IDENTITY, ChangeClass.SIZING, ChangeClass.SETTING

_SEEN = "values of public GitOps repositories"
_KUBERNETES = "the Kubernetes API"
_CLASSES = "Kapelonis, classes of what differs between environments"


def _of(source: str, *rules: Rule) -> tuple[Rule, ...]:
    return tuple(Rule(r.path, r.cls, r.why, r.value, r.files, source) for r in rules)


# A path pattern is a list of alternatives of dotted key patterns, matched against the end of the leaf's path.
RULES: tuple[Rule, ...] = (
    # What looks like a version by its key and is none.
    *_of(
        _KUBERNETES,
        Rule("apiversion", _S, "the API's version, not the release's"),
        Rule("patches.target.version|target.version", _S, "selects objects by API version"),
    ),
    *_of(
        _SEEN,
        Rule("restart*|*restart_counter|trigger_restart*|*restartedat", _S, "restarts pods, is no release"),
        Rule("*_date|*startdate|*enddate|*_since|*_until|*_expiry|*deadline", _S, "a date, not a release"),
    ),
    # Versions by format.
    *_of(
        "the kustomization file",
        Rule("images.newtag|images.digest", _V, "kustomize image"),
        Rule("images.newname", _V, "kustomize image, moves with its tag"),
        Rule("helmcharts.version", _V, "kustomize helm chart version"),
    ),
    *_of("Argo CD's Application", Rule("targetrevision", _V, "Argo CD revision")),
    *_of(
        "Flux's HelmRelease and sources",
        Rule("chart.spec.version", _V, "HelmRelease chart version"),
        Rule("spec.ref.tag|spec.ref.digest|spec.ref.semver|spec.ref.commit", _V, "Flux source reference"),
    ),
    *_of("helmfile and Chart.yaml", Rule("releases.version|dependencies.version", _V, "chart version")),
    *_of("OpenShift's ImageStream", Rule("tags.from.name", _V, "image stream tag")),
    # Sizing: what is shaped to the place.
    *_of(
        _CLASSES,
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
    ),
    *_of(_SEEN, Rule("*cpu|*memory|*_mem|*heap*|*_mb|*_gb|*concurrency|*threads|*workers|*poolsize", _Z, "size")),
    # Identity: what makes a place itself.
    *_of(
        _CLASSES,
        Rule("metadata.name|metadata.namespace|namespace|*namespace|nameprefix|namesuffix", _I, "names the place"),
        Rule("*host|*hosts|*hostname|*hostnames|*domain|*domains|*_fqdn|*endpoint|*dns*", _I, "address", value="place"),
        Rule("*url|*urls|*uri|*_dsn|*issuer|*connectionstring|*server|*servers|*address", _I, "address", value="place"),
        Rule("*region|*zone|*location|*cluster|*clustername|cluster*", _I, "place"),
        Rule(
            "*account*|*subscription*|*tenant*|*projectid|project|*clientid|*client_id|*groupid|*subnetid"
            "|arn|*_arn|*-arn|*rolearn|*keyarn|*certarn|*certificatearn|*topicarn|*policyarn|*aclarn",
            _I,
            "account",
        ),
        Rule("*_id|*-id", _I, "account", value="scalar"),
        Rule("*bucket|*bucketname|*bucket_*|*bucket-*|bucket.**", _I, "storage of its own"),
        Rule("*secret*|*password*|*keyvault*|*vault*|serviceaccount*|*principal*", _I, "credentials"),
        Rule("*_user|*username|*database|*dbname", _I, "credentials"),
        Rule(
            "ip|ips|*_ip|*-ip|*_ips|loadbalancerip|clusterip|externalip|externalips|publicip|privateip|natip|nodeip"
            "|hostip|podip|sourceip|staticip|*cidr|*cidrs",
            _I,
            "network address",
            value="scalar",
        ),
        Rule("path|*path|sourcepath", _I, "a path of its own", value="plain"),
        Rule("env|environment|*_env|environment_name|stage|tier", _I, "names the environment", value="plain"),
    ),
    # Versions by key, where the value does not contradict.
    *_of(
        _SEEN,
        Rule("image|*image|*.image.*|images.*", _V, "image", value="versionlike"),
        Rule("tag|*tag|*_tag|*imagetag|*tags", _V, "image tag", value="tag"),
        Rule(
            "*version|*versions|*_version|versions.*|chartversions.*|appversion|*revision", _V, "version", value="tag"
        ),
    ),
)

BY_VALUE: tuple[Rule, ...] = _of(
    _SEEN,
    Rule("**", _V, "both values look like versions", value="versions"),
    Rule("**", _V, "the version behind a name", value="named"),
    Rule("**", _I, "an id, address or account of its own", value="own"),
)
"""Asked of a changed leaf last, when neither its place nor an environment's own word has told."""


def of_team(path: str, cls: ChangeClass, why: str, files: str, value: str) -> Rule:
    """A rule that liftlock.toml declares."""
    return Rule(path, cls, why, value, files, "liftlock.toml")


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


def document() -> str:
    """The table as a Markdown document."""
    lines = [
        "# Rules",
        "",
        "Which class a change belongs to, and so whether it moves. The first line that fits decides. Before the table",
        "what `[[never]]` of `liftlock.toml` names stays, and of an image or a URL with `ref=` the tag, digest or",
        "reference moves while the rest stays. A value that holds the source's or the target's own word",
        "(`staging-db`) is identity, whatever a line says that is not of the class version.",
        "`[[rule]]` of `liftlock.toml` adds lines before the first, in the same words: `path`, `class`, `value`,",
        "`files` and `reason`.",
        "",
        "`path` is a list of alternatives, each matched against the end of a leaf's keys in any case; `*` is anything",
        "in one key, `**` all that is below. Items of lists are left out of the keys; a variable stands by its name.",
        "",
        "| `value` | wants |",
        "|---|---|",
        *(f"| {f'`{name}`' if name else 'nothing'} | {said} |" for name, said in VALUES.items()),
        "",
        "## The table",
        "",
        *_rows(RULES),
        "",
        "## Where nothing above told",
        "",
        *_rows(BY_VALUE),
        "",
        "Else a changed leaf is a setting and a whole addition or removal is structure: both are offered.",
        "",
        "## What goes along",
        "",
        "Told from the two files, staged with what it belongs to, and left where that is left:",
        "",
        "- a text whose old wording holds the old version and whose new one the new (`Shop 1.5.0`);",
        "- a text that differs in nothing but a version or date, beside a version that moves;",
        "- a number or short word that is a piece of the version beside it (`cycle: 44` beside `w_c0044`);",
        "- a block that stands elsewhere in the file now with the same values, or an image that is set in another",
        "  place: what goes and what comes are one move.",
        "",
        "An entry of a list that names one thing in another version (`../../base/v1.4` and `v1.5`) is a version: the",
        "old one goes as the new one comes.",
        "",
        "A version that a name beside it holds too (`1.43`, and `wiki-143.apps.svc`, which stays) is only offered.",
        "",
        "## Where nothing is staged",
        "",
        "Where a person named an app, folders or files, and neither a rule nor a habit stages anything, the likeliest",
        "is staged:",
        "",
        "- a file whose source has at least three things more, where nothing else differs and none of them is an",
        "  environment's own or a size;",
        "- else the one file among several that differs in ten things or more and in nothing of its environment's own;",
        "- additions elsewhere that name what comes so (`record: node:cpu:sum`).",
        "",
        "## What is written",
        "",
        "What comes stands behind its neighbour of the source, or in the place of what goes just behind that. A file",
        "that is taken in all in which it differs, not in values alone, gets the source's own bytes, unless one of the",
        "two has comments of its own.",
        "",
    ]
    return "\n".join(lines)


def _rows(rules: tuple[Rule, ...]) -> list[str]:
    rows = [
        f"| {' '.join(f'`{part}`' for part in rule.path.split('|'))} | {rule.value or '–'} | {rule.cls} | {rule.why} "
        f"| {rule.source} |"
        for rule in rules
    ]
    return ["| path | value | class | why | source |", "|---|---|---|---|---|", *rows]
