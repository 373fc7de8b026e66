"""What moves, what is offered, what stays: told from two texts."""

from textwrap import dedent

import pytest

from liftlock.model.change import ChangeClass, path_text
from liftlock.model.environment import Environment
from liftlock.promotion.classify import Never, judge
from liftlock.promotion.compare import compare
from liftlock.promotion.words import between
from liftlock.yamledit import read

WORDS = between(Environment("staging"), Environment("production"))


def judged(source: str, target: str, *, name: str = "values.yaml", never: tuple[Never, ...] = ()):
    """Path -> (op, class, selected, new) of every difference."""
    found = compare(read(dedent(source).encode(), name), read(dedent(target).encode(), f"production/{name}"), WORDS)
    verdicts = {path_text(d.path): (d, judge(d, f"production/{name}", WORDS, never=never)) for d in found}
    return {path: (d.op.value, j.cls, j.selected, j.new) for path, (d, j) in verdicts.items()}


def test_a_version_moves_and_the_place_stays():
    told = judged(
        """
        image: {repository: ghcr.io/acme/api, tag: 1.5.0}
        replicas: 1
        ingress: {host: staging.example.com}
        resources: {limits: {cpu: 100m}}
        featureX: "on"
        """,
        """
        image: {repository: ghcr.io/acme/api, tag: 1.4.2}
        replicas: 3
        ingress: {host: www.example.com}
        resources: {limits: {cpu: 500m}}
        featureX: "off"
        """,
    )
    assert told["image.tag"] == ("set", ChangeClass.VERSION, True, "1.5.0")
    assert told["replicas"][1:3] == (ChangeClass.SIZING, False)
    assert told["ingress.host"][1:3] == (ChangeClass.IDENTITY, False)
    assert told["resources.limits.cpu"][1:3] == (ChangeClass.SIZING, False)
    assert told["featureX"][1:3] == (ChangeClass.SETTING, False)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("PLATFORM_ENV_TAG: Staging", "PLATFORM_ENV_TAG: Production"),
        ("restartCounter: 7", "restartCounter: 3"),
        ("apiVersion: v2", "apiVersion: v1"),
        ("DOCKER_TAG: API_DOCKER_TAG", "DOCKER_TAG: 1.2.3"),
        ("patches: [{target: {version: v2}}]", "patches: [{target: {version: v1}}]"),
        ("db: staging-mariadb:3306", "db: production-mariadb:3306"),
        ("serverIp: 10.1.2.3", "serverIp: 10.1.2.4"),
    ],
)
def test_what_looks_like_a_version_and_is_none_stays(source: str, target: str):
    assert not any(selected for _, _, selected, _ in judged(source, target).values())


@pytest.mark.parametrize(
    ("source", "target", "new"),
    [
        ("spec: {path: ./components/x/v1.5.1}", "spec: {path: ./components/x/v1.5.0}", None),
        ("anything: quay.io/a/b:2", "anything: quay.io/a/b:1", "quay.io/a/b:2"),
        ("img: eu.reg.io/a/b:2", "img: us.reg.io/a/b:1", "us.reg.io/a/b:2"),
        ("chartVersions: {api: 0.36.0}", "chartVersions: {api: 0.35.0}", "0.36.0"),
        ("spec: {chart: {spec: {version: 2.x}}}", "spec: {chart: {spec: {version: 1.x}}}", "2.x"),
        ("targetRevision: v2", "targetRevision: v1", "v2"),
        ("image: {tag: w_2026_19}", "image: {tag: w_2026_18}", "w_2026_19"),
        ("image: {tag: stg-1.5}", "image: {tag: prd-1.4}", "prd-1.5"),
        (
            "resources: ['https://github.com/a/b//c?ref=v2']",
            "resources: ['https://github.com/a/b//c?ref=v1']",
            "https://github.com/a/b//c?ref=v2",
        ),
    ],
)
def test_versions_in_odd_places_move(source: str, target: str, new: str | None):
    ((_, cls, selected, value),) = judged(source, target).values()
    assert (cls, selected) == (ChangeClass.VERSION, True)
    if new is not None:
        assert value == new


def test_a_branch_of_its_own_is_identity():
    assert judged("targetRevision: staging", "targetRevision: production")["targetRevision"][1:3] == (
        ChangeClass.IDENTITY,
        False,
    )


def test_never_rules_win_over_everything():
    never = (Never("production/*", "image.tag", "pinned by the auditors"),)
    told = judged("image: {tag: 2.0.0}", "image: {tag: 1.0.0}", never=never)
    assert told["image.tag"][1:3] == (ChangeClass.IDENTITY, False)


def test_list_items_are_paired_by_identity_not_by_index():
    told = judged(
        "images: [{name: a, newTag: 1.1.0}, {name: c, newTag: 1.0.0}, {name: b, newTag: 2.1.0}]",
        "images: [{name: b, newTag: 2.0.0}, {name: a, newTag: 1.0.0}]",
    )
    assert told["images[name=a].newTag"] == ("set", ChangeClass.VERSION, True, "1.1.0")
    assert told["images[name=b].newTag"] == ("set", ChangeClass.VERSION, True, "2.1.0")
    assert told["images[name=c]"][0] == "add"


def test_items_whose_names_hold_the_environment_are_the_same_item():
    told = judged(
        "apps: [{name: staging-web, image: {tag: 1.1.0}}]", "apps: [{name: production-web, image: {tag: 1.0.0}}]"
    )
    assert told["apps[name=production-web].image.tag"][2] is True
    assert told["apps[name=production-web].name"][1:3] == (ChangeClass.IDENTITY, False)


def test_documents_are_paired_by_kind_and_name():
    told = judged(
        """
        kind: Service
        metadata: {name: api}
        ---
        kind: Deployment
        metadata: {name: api}
        spec: {image: a/b:2}
        """,
        """
        kind: Deployment
        metadata: {name: api}
        spec: {image: a/b:1}
        """,
    )
    assert told["[document=Deployment/api].spec.image"][3] == "a/b:2"
    assert told["[document=Service/api]"][0] == "add"


def test_absent_is_not_empty():
    told = judged("a: {b: 1}\nc: ''", "a: {}\nd: ''")
    assert {path: entry[0] for path, entry in told.items() if path in ("c", "d")} == {"c": "add", "d": "remove"}


def test_a_literal_of_a_generator_is_judged_by_its_key():
    told = judged(
        "literals: [API_TAG=1.5.0, LOG_LEVEL=debug, HOST=a.staging.example.com]",
        "literals: [API_TAG=1.4.0, LOG_LEVEL=info, HOST=a.production.example.com]",
    )
    assert told["literals[=API_TAG=1.5.0]"] == ("add", ChangeClass.VERSION, True, "API_TAG=1.5.0")
    assert told["literals[=API_TAG=1.4.0]"] == ("remove", ChangeClass.VERSION, True, None)
    assert told["literals[=LOG_LEVEL=debug]"][1:3] == (ChangeClass.SETTING, False)
    assert not any(entry[2] for path, entry in told.items() if "HOST" in path)


def test_an_environment_variable_is_judged_by_its_own_name():
    told = judged(
        "env: [{name: RETRIES, value: '5'}, {name: WORKERS, value: '4'}, {name: REFUNDS, value: 'on'}]",
        "env: [{name: RETRIES, value: '3'}, {name: WORKERS, value: '2'}]",
    )
    assert told["env[name=RETRIES].value"][1] is ChangeClass.SETTING
    assert told["env[name=WORKERS].value"][1] is ChangeClass.SIZING
    assert told["env[name=REFUNDS]"][1] is ChangeClass.STRUCTURE


def test_a_resource_of_a_kustomization_is_no_sizing():
    assert (
        judged("resources: [a.yaml, b.yaml]", "resources: [a.yaml]")["resources[=b.yaml]"][1] is ChangeClass.STRUCTURE
    )
    assert (
        judged("replicas: [{name: a, count: 1}]", "replicas: [{name: a, count: 2}]")["replicas[name=a].count"][1]
        is ChangeClass.SIZING
    )
