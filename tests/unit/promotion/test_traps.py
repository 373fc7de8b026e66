# ruff: noqa: E501, E741  (a table reads better with a row on a line)
"""What a naive tool would trip over, trap by trap: the class that each belongs to, and whether it moves.

The rows were met in public repositories; values are made up in their likeness.
"""

import pytest

from liftlock.model.change import ChangeClass
from liftlock.model.environment import Environment
from liftlock.promotion.classify import Judgement, judge
from liftlock.promotion.compare import compare
from liftlock.promotion.words import between
from liftlock.yamledit import read

V, S, I, Z, T = (
    ChangeClass.VERSION,
    ChangeClass.SETTING,
    ChangeClass.IDENTITY,
    ChangeClass.SIZING,
    ChangeClass.STRUCTURE,
)
SHA, OTHER = "a056ebc7e0e7829844c9b6294fe67654396cb53b", "90f5e30da72461ecd93f8d287a30fc0a2a941063"
DIGEST, DIGEST_2 = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def judged(source: str, target: str, names: tuple[str, str], file: str) -> Judgement:
    words = between(Environment(names[0]), Environment(names[1]))
    found = compare(read(source.encode(), file), read(target.encode(), file), words)
    verdicts = [judge(d, file, words) for d in found]
    assert len({(v.cls, v.selected) for v in verdicts}) == 1, verdicts
    return verdicts[0]


def row(
    trap: str,
    source: str,
    target: str,
    cls: ChangeClass,
    moves: bool,
    new: str | None = None,
    names: tuple[str, str] = ("staging", "production"),
    file: str = "apps/target/values.yaml",
):
    return pytest.param(source, target, cls, moves, new, names, file, id=trap)


VERSIONS = [
    row("a kustomize tag", "images: [{name: a, newTag: '2'}]", "images: [{name: a, newTag: '1'}]", V, True, "2"),
    row("a kustomize digest", f"images: [{{name: a, digest: '{DIGEST}'}}]", f"images: [{{name: a, digest: '{DIGEST_2}'}}]", V, True, DIGEST),
    row("a kustomize newName", "images: [{name: a, newName: quay.io/x/b}]", "images: [{name: a, newName: quay.io/x/a}]", V, True),
    row("a folder in spec.path", "spec: {path: ./components/x/v1.5.1}", "spec: {path: ./components/x/v1.5.0}", V, True),
    row("a whole image in a key called name", "spec: {tags: [{name: latest, from: {name: 'quay.io/a/b:v2'}}]}", "spec: {tags: [{name: latest, from: {name: 'quay.io/a/b:v1'}}]}", V, True),
    row("a variable of a postBuild", "spec: {postBuild: {substitute: {X_CHART: 75.6.0}}}", "spec: {postBuild: {substitute: {X_CHART: 75.5.0}}}", V, True),
    row("a chart's name as a key with blanks and a URL", "charts: {'x https://charts.example.com': 1.2.4}", "charts: {'x https://charts.example.com': 1.2.3}", V, True),
    row("a reference in an item of a list", f"resources: ['https://github.com/a/b/c?ref={SHA}']", f"resources: ['https://github.com/a/b/c?ref={OTHER}']", V, True),
    row("a variable called IMAGE with a digest", f"env: [{{name: IMAGE, value: 'quay.io/a/b@{DIGEST}'}}]", f"env: [{{name: IMAGE, value: 'quay.io/a/b@{DIGEST_2}'}}]", V, True),
    row("tags without an order", "image: {tag: w_2026_18}", "image: {tag: tickets-DM-54909}", V, True),
    row("a downgrade", "spec: {chart: {spec: {version: 1.6.4}}}", "spec: {chart: {spec: {version: 1.6.5}}}", V, True),
    row("an Argo CD revision", "targetRevision: v2", "targetRevision: v1", V, True),
    row("the semver of a Flux source", "spec: {ref: {semver: '>=2.0'}}", "spec: {ref: {semver: '>=1.0'}}", V, True),
    row("a dependency of a chart", "dependencies: [{name: a, version: 2.0.0}]", "dependencies: [{name: a, version: 1.0.0}]", V, True),
    row("a release of a helmfile", "releases: [{name: a, version: 2.0.0}]", "releases: [{name: a, version: 1.0.0}]", V, True),
    row("the version of a generator", "helmCharts: [{name: a, version: 2.0.0}]", "helmCharts: [{name: a, version: 1.0.0}]", V, True),
    row("an image string in a map of versions", '{"versions": {"fence": "quay.io/x/fence:2"}}', '{"versions": {"fence": "quay.io/x/fence:1"}}', V, True, file="m/manifest.json"),
    row("a tag in a dotenv file", 'API_DOCKER_TAG: "abcdef1"', 'API_DOCKER_TAG: "abcdef2"', V, True, file="overrides/target.env"),
    row("a tag that holds the environment's word", "image: stg.azurecr.io/a/b:stg-abcdef1-7", "image: stg.azurecr.io/a/b:prod-abcdef2-6", V, True, "stg.azurecr.io/a/b:prod-abcdef1-7", ("stg", "prod")),
    row("a tag with the word, both pinned by digest", f"image: r.io/a/b:stg-1.5@{DIGEST}", f"image: r.io/a/b:prd-1.4@{DIGEST_2}", V, False, f"r.io/a/b:prd-1.5@{DIGEST}"),
    row("a repository that holds the word", "image: r.io/staging/b:1.5", "image: r.io/production/b:1.4", V, True, "r.io/production/b:1.5"),
    row("registries with ports", "image: a.local:5000/x/b:1.5", "image: b.local:5001/x/b:1.4", V, True, "b.local:5001/x/b:1.5"),
    row("an OCI address", "url: oci://ghcr.io/a/b:1.5", "url: oci://ghcr.io/a/b:1.4", V, True, "oci://ghcr.io/a/b:1.5"),
    row("a reference with a folder behind two slashes", "x: git@h.org:a/b.git//sub?ref=v2", "x: git@h.org:a/b.git//sub?ref=v1", V, True, "git@h.org:a/b.git//sub?ref=v2"),
    row("a chart's name with its version", "chart: redis-17.1.0", "chart: redis-17.0.1", V, True),
    row("a folder's name with its version", "path: ./apps/redis-17.1.0", "path: ./apps/redis-17.0.1", V, True),
    row("registries that differ", "image: stg.azurecr.io/a/b:1.1", "image: prd.azurecr.io/a/b:1.0", V, True, "prd.azurecr.io/a/b:1.1"),
    row("a tag from a pull request", "image: quay.io/a/b:pr-12-abcdef1", "image: quay.io/a/b:1.0.0", V, False),
    row("a tag that moves by itself over a pinned one", "image: {tag: latest}", "image: {tag: 1.4.0}", V, False),
]  # fmt: skip

NONE_OF_THEM = [
    row("a tag that is an environment's name", "PLATFORM_ENV_TAG: Staging", "PLATFORM_ENV_TAG: Production", I, False),
    row("a placeholder", "DOCKER_TAG: API_DOCKER_TAG", "DOCKER_TAG: DOCKER_TAG", S, False),
    row("an API version", "apiVersion: apps/v2", "apiVersion: apps/v1", S, False),
    row("the API version of a patch's target", "patches: [{target: {version: v2}}]", "patches: [{target: {version: v1}}]", S, False),
    row("a counter of restarts", "env: {RESTART: '7'}", "env: {RESTART: '3'}", S, False),
    row("a trigger of restarts", "TRIGGER_RESTART_X: '7'", "TRIGGER_RESTART_X: '3'", S, False),
    row("a date", "end_date: '2026-02-01'", "end_date: '2026-01-01'", S, False),
    row("an IP address", "loadBalancerIP: 10.1.2.3", "loadBalancerIP: 10.1.2.4", I, False),
    row("the id of a subnet", "subnets: [{zone: a, net: subnet-0abcdef1}]", "subnets: [{zone: a, net: subnet-0abcdef2}]", I, False),
    row("an account in an ARN", "role: arn:aws:iam::123456789012:role/x", "role: arn:aws:iam::210987654321:role/x", I, False),
    row("a wider constraint", "spec: {chart: {spec: {version: '>=1.0.0-alpha'}}}", "spec: {chart: {spec: {version: '>=1.0.0'}}}", I, False),
    row("the type of an ImageStream's reference", "referencePolicy: {type: Local}", "referencePolicy: {type: Source}", S, False),
]  # fmt: skip

WORDS = [
    row("a value with the source's word", "db: staging-mariadb:3306", "db: mariadb:3306", I, False),
    row("a name with a prefix on one side", "metadata: {name: staging-wikibase}", "metadata: {name: wikibase}", I, False),
    row("a key path of an ExternalSecret", "key: staging/team/token", "key: production/team/token", I, False),
    row("a path of the environment's own folder", "resources: [../../staging/x]", "resources: [../../production/x]", I, False),
    row("a branch of its own", "targetRevision: staging", "targetRevision: production", I, False),
    row("an environment called base", "site: base", "site: summit", I, False, None, ("base", "summit")),
    row("environments called by regions", "site: usdfint", "site: usdfprod", I, False, None, ("usdfint", "usdfprod")),
    row("environments that are hosts", "hostname: preprod.example.org", "hostname: example.org", I, False, None, ("preprod.example.org", "example.org")),
    row("a new block that holds the source's word", "a: {b: c}\nwaf: {acl: staging-acl}", "a: {b: c}", I, False),
    row("what only the target has, with its word", "a: b", "a: b\nwaf: {acl: production-acl}", I, False),
    row("another spelling of the word", "db: stg-db", "db: prd-db", I, False),
]  # fmt: skip

PLACES = [
    row("replicas", "replicas: 1", "replicas: 3", Z, False),
    row("the count of a kustomize replica", "replicas: [{name: a, count: 1}]", "replicas: [{name: a, count: 3}]", Z, False),
    row("resources", "resources: {limits: {cpu: 100m}}", "resources: {limits: {cpu: 500m}}", Z, False),
    row("a probe", "readinessProbe: {periodSeconds: 5}", "readinessProbe: {periodSeconds: 10}", Z, False),
    row("an autoscaler", "autoscaling: {maxReplicas: 2}", "autoscaling: {maxReplicas: 9}", Z, False),
    row("a place on nodes", "nodeSelector: {pool: small}", "nodeSelector: {pool: large}", Z, False),
    row("a disk", "persistence: {size: 1Gi}", "persistence: {size: 9Gi}", Z, False),
    row("a host", "ingress: {host: a.example.com}", "ingress: {host: b.example.com}", I, False),
    row("a namespace", "namespace: a", "namespace: b", I, False),
    row("a namePrefix", "namePrefix: a-", "namePrefix: b-", I, False),
    row("a region", "region: eu-west-1", "region: eu-west-2", I, False),
    row("a bucket", "SCRATCH_BUCKET: gs://a", "SCRATCH_BUCKET: gs://b", I, False),
    row("a secret's name", "secretName: a", "secretName: b", I, False),
    row("a subscription", "subscriptionId: a", "subscriptionId: b", I, False),
    row("an NFS server", "nfs: {server: a.example.org}", "nfs: {server: b.example.org}", I, False),
    row("a switch of one environment", "automatic_deploys_enabled: true", "automatic_deploys_enabled: false", S, False),
    row("a feature's value", "cacheSize: 20", "cacheSize: 10", S, False),
    row("a new key", "a: b\nc: d", "a: b", T, False),
    row("a key that only the target has", "a: b", "a: b\nc: d", T, False),
    row("absent is not empty", "a: b\nc: ''", "a: b", T, False),
    row("a new item of a list of resources", "resources: [a.yaml, b.yaml]", "resources: [a.yaml]", T, False),
    row("a new item whose name ends like an address", "flavors: [{name: cpu, n: '1'}, {name: aws-ip, nominalQuota: '250'}]", "flavors: [{name: cpu, n: '1'}]", T, False),
    row("a new variable that holds an address", "env: [{name: A, value: b}, {name: SERVER_IP, value: 10.0.0.1}]", "env: [{name: A, value: b}]", I, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "target", "cls", "moves", "new", "names", "file"), [*VERSIONS, *NONE_OF_THEM, *WORDS, *PLACES]
)
def test_a_trap_is_known(
    source: str, target: str, cls: ChangeClass, moves: bool, new: str | None, names: tuple[str, str], file: str
):
    verdict = judged(source, target, names, file)
    assert (verdict.cls, verdict.selected) == (cls, moves), verdict.why
    assert verdict.why
    if new is not None:
        assert verdict.new == new
