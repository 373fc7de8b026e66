"""What a cell's files pin."""

import pytest
from discovery_trees import TextTree, deployment, kustomization

from liftlock.discovery.versions import versions, versions_of
from liftlock.model.app import Cell

SHA = "508ceb107bc16a5f1e6d6a5b1a3c5a7b8c9d0e1f"


def _versions(path: str, text: str | bytes, app: str = "app", part: str = "") -> list[tuple[str, str, str]]:
    cell = Cell(app, "staging", (path,), (path,), part=part)
    return [(v.name, v.value, v.kind) for v in versions(TextTree({path: text}), cell)]


CASES = {
    "kustomize images": (
        "k/kustomization.yaml",
        kustomization(images={"quay.io/a/api": "1.10"}),
        [("quay.io/a/api", "1.10", "image")],
    ),
    "a new name": (
        "k/kustomization.yaml",
        "images:\n- name: api\n  newName: eu.example.com/api\n  digest: sha256:abcdef0123\n",
        [("eu.example.com/api", "sha256:abcdef0123", "image")],
    ),
    "a remote base": (
        "k/kustomization.yaml",
        f"resources:\n- https://github.com/acme/svc/config/staging?ref={SHA}\n- ../base\n",
        [("acme/svc", SHA, "ref")],
    ),
    "containers": ("d.yaml", deployment("web", "ghcr.io:443/acme/web:2.0"), [("ghcr.io:443/acme/web", "2.0", "image")]),
    "a helm release": (
        "r.yaml",
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart:\n    spec:\n      chart: redis\n"
        "      version: 19.1.0\n  values:\n    image:\n      repository: acme/redis\n      tag: '7.2'\n",
        [("acme/redis", "7.2", "image"), ("redis", "19.1.0", "chart")],
    ),
    "an argo application": (
        "a.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n"
        "  source:\n    chart: keda\n    targetRevision: 2.14.0\n",
        [("keda", "2.14.0", "chart")],
    ),
    "an argo application that follows a branch": (
        "a.yaml",
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n"
        "  source:\n    repoURL: https://x/y\n    targetRevision: HEAD\n",
        [],
    ),
    "chart dependencies": (
        "c/Chart.yaml",
        "name: app\nversion: 1.0.0\ndependencies:\n- name: postgres\n  version: 15.2.1\n",
        [("postgres", "15.2.1", "chart")],
    ),
    "an image stream": (
        "i.yaml",
        "apiVersion: image.openshift.io/v1\nkind: ImageStream\nspec:\n"
        "  tags:\n  - name: latest\n    from:\n      name: quay.io/t/adviser:v0.16.7\n",
        [("quay.io/t/adviser", "v0.16.7", "image")],
    ),
    "substitutes": (
        "f.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: ops\n"
        "spec:\n  path: ./c/operator/v1.5.1\n"
        "  postBuild:\n    substitute:\n      CHART_VERSION: 75.6.0\n      REGION: eu-1\n",
        [("CHART_VERSION", "75.6.0", "variable"), ("ops", "v1.5.1", "ref")],
    ),
    "a tag in values": ("values-x.yaml", "image:\n  tag: w_2026_18\n", [("app", "w_2026_18", "image")]),
    "an image in values": (
        "values-x.yaml",
        "web:\n  image: acme/web:prod-1f2e3d4-20240501\n",
        [("acme/web", "prod-1f2e3d4-20240501", "image")],
    ),
    "a file without extension": (
        "tags/staging/app",
        "image_tag: v352\nautomatic_deploys_enabled: true\n",
        [("app", "v352", "image")],
    ),
    "versions by chart name": ("v/staging", "keda https://example.com/charts: 2.20.0\n", [("keda", "2.20.0", "value")]),
    "json": (
        "m.json",
        '{"versions": {"fence": "quay.io/cdis/fence:2024.05", "n": "x"}}',
        [("quay.io/cdis/fence", "2024.05", "image")],
    ),
    "dotenv": (
        "o/staging.env",
        'API_DOCKER_TAG: "1f2e3d4"\nexport WEB_TAG=2.0 # now\nHOST=1.2.3.4\n',
        [("api", "1f2e3d4", "variable"), ("web", "2.0", "variable")],
    ),
    "words that are no tag": ("values.yaml", "PLATFORM_ENV_TAG: Production\n", []),
    "a placeholder": ("staging.env", 'DOCKER_TAG: "DOCKER_TAG"\nX_TAG: "API_DOCKER_TAG"\n', []),
    "the name of a cluster": ("values.yaml", "instanceTag: stone-stg-rh01\n", []),
    "an address": ("values.yaml", "ip: 10.0.0.1\ncidr: 10.0.0.0/8\nhost: db.example.com:5432\n", []),
    "the api of a patch": ("k/kustomization.yaml", "patches:\n- target:\n    kind: Deployment\n    version: v1\n", []),
    "a template": ("values.yaml", "image:\n  tag: {{ .Values.tag }}\n", []),
    "a broken file": ("values.yaml", "image: [\n  tag: 1.0\n", []),
    "an encrypted file": ("values.yaml", "image:\n  tag: '1.0'\nsops:\n  mac: x\n", []),
    "bytes": ("values.yaml", b"\x00GITCRYPT\x00 image tag 1.0.0", []),
    "not utf-8": ("values.yaml", b"image:\n  tag: \xff1.0\n", []),
    "a custom resource definition": (
        "crd.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  image: acme/x:1.0\n",
        [],
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_versions_of_a_file(case: tuple[str, str | bytes, list[tuple[str, str, str]]]):
    path, text, expected = case
    assert _versions(path, text) == expected


def test_only_the_release_that_is_the_cells():
    text = "a: 1\n---\nreleases:\n- name: web\n  version: 1.0.1\n- name: api\n  version: 2.0.2\n"
    assert _versions("helmfile.yaml", text, part="api") == [("api", "2.0.2", "release")]


def test_what_has_the_apps_name_stands_first():
    text = "sidecar:\n  image: acme/aaa:9.9\nweb:\n  image: acme/web:1.0\n"
    assert _versions("values.yaml", text, app="web")[0] == ("acme/web", "1.0", "image")


def test_the_path_is_as_a_person_reads_it():
    cell = Cell("web", "staging", ("d.yaml",), ("d.yaml",))
    found = versions(TextTree({"d.yaml": deployment("web", "acme/web:2.0")}), cell)
    assert found[0].path == "spec.template.spec.containers[name=main].image"
    assert found[0].file == "d.yaml"


def test_a_cell_that_pins_nothing_has_what_it_shares():
    tree = TextTree({"a/staging.yaml": "replicas: 1\n", "a/base.yaml": deployment("web", "acme/web:2.0")})
    cell = Cell("web", "staging", ("a/staging.yaml",), ("a/staging.yaml",), ("a/base.yaml",))
    assert [v.value for v in versions(tree, cell)] == ["2.0"]


def test_many_cells_at_once_and_a_large_file_only_where_it_is_alone():
    large = "image:\n  tag: 1.2.3\n" + "# padding\n" * 30_000
    tree = TextTree({"big.yaml": large, "small.yaml": "image:\n  tag: 2.0.0\n"})
    alone = Cell("a", "staging", ("big.yaml",), ("big.yaml",))
    beside = Cell("b", "staging", ("big.yaml", "small.yaml"), ("big.yaml", "small.yaml"))
    found = versions_of(tree, [alone])
    assert [v.value for v in found[("a", "staging")]] == ["1.2.3"]
    assert [v.value for v in versions_of(tree, [beside])[("b", "staging")]] == ["2.0.0"]


@pytest.mark.parametrize("opener", ["[", "- ", "? ", "{a: ", "- ["])
def test_nesting_without_end_is_no_crash(opener: str):
    assert _versions("values.yaml", "image: x\ntag: 1.0\nx:\n" + opener * 100_000) == []
