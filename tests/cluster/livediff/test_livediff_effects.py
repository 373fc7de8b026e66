"""What happens to objects: created, refused, unseen, pruned; and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from compared_objects import (
    changed,
    config,
    deployment,
    diffs,
    everything,
    flux,
    flux_scope,
    key,
    only,
    other_data,
    other_image,
    other_selector,
    paths,
    service,
)
from kubectl_diff import Kubectl

from liftlock.cluster.livediff import Scope, consequence, dangers
from liftlock.errors import Cancelled
from liftlock.model.diff import ObjectKey, Status
from liftlock.model.livediff import Effect, Way

Manifest = dict[str, Any]
Change = Callable[[Manifest], None]
Compare = Callable[..., Any]


async def test_new_objects_are_created(kubectl: Kubectl, namespace: str, compared: Compare):
    wanted = [deployment(namespace), config(namespace)]
    found = await compared(wanted)
    assert [(each.effect, each.way, each.diff.status) for each in found.changes] == [
        (Effect.CREATED, Way.CREATE, Status.ADDED)
    ] * 2
    assert {k: d.status for k, d in kubectl.diff(wanted).items()} == {k: d.status for k, d in diffs(found).items()}
    by_viewer = await compared(wanted, "viewer")
    assert {each.way for each in by_viewer.changes} == {Way.STRUCTURAL}
    assert {each.effect for each in by_viewer.changes} == {Effect.CREATED}


async def test_objects_of_a_new_namespace_and_of_a_new_kind(namespace: str, compared: Compare):
    new = f"new-{namespace}"
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "boats.lock.example.org"},
        "spec": {
            "group": "lock.example.org",
            "scope": "Namespaced",
            "names": {"plural": "boats", "singular": "boat", "kind": "Boat"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
            ],
        },
    }
    boat = {"apiVersion": "lock.example.org/v1", "kind": "Boat", "metadata": {"name": "b", "namespace": namespace}}
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": new}}
    found = {each.key.kind: each for each in (await compared([crd, boat, home, config(new)])).changes}
    assert {each.effect for each in found.values()} == {Effect.CREATED}
    assert found["Boat"].note == "its kind is defined in the same change"
    assert found["ConfigMap"].note == "its namespace is made with it"
    for way in ({}, {"scope": Scope(server_side=True)}):
        alone = only(await compared([config(new)], **way))
        assert alone.effect is Effect.REFUSED
        assert f"the namespace {new} does not exist" in alone.note
    unknown = only(await compared([boat]))
    assert (unknown.effect, unknown.note) == (
        Effect.REFUSED,
        "the cluster does not know the kind Boat of lock.example.org: its CRD is missing",
    )


async def test_an_immutable_field_is_named(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    wanted = deployment(namespace)
    wanted["spec"]["selector"]["matchLabels"]["tier"] = "front"
    wanted["spec"]["template"]["metadata"]["labels"]["tier"] = "front"
    change = only(await compared([wanted]))
    assert change.effect is Effect.REFUSED
    assert change.dangers == (f"Deployment {namespace}/web: spec.selector cannot change in place",)
    assert "immutable" in change.note
    assert "spec.selector.matchLabels.tier" in paths(change)
    forced = only(await compared([wanted], delivery=flux(namespace, force=True), scope=flux_scope(namespace)))
    assert forced.effect is Effect.REPLACED
    assert forced.restarts
    assert forced.dangers == (
        f"Deployment {namespace}/web: spec.selector cannot change in place; it is deleted and made anew",
    )


async def test_a_stateful_set_names_the_field_that_it_refuses(kubectl: Kubectl, namespace: str, compared: Compare):
    def database(service: str) -> Manifest:
        made = deployment(namespace, serviceName=service)
        made["kind"], made["metadata"]["name"] = "StatefulSet", "db"
        return made

    kubectl.apply([database("one")])
    change = only(await compared([database("two")]))
    assert change.effect is Effect.REFUSED
    assert change.dangers == (f"StatefulSet {namespace}/db: spec.serviceName cannot change in place",)


async def test_a_job_is_refused_by_its_template(kubectl: Kubectl, namespace: str, compared: Compare):
    def job(image: str) -> Manifest:
        pod = {"restartPolicy": "Never", "containers": [{"name": "run", "image": image}]}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "once", "namespace": namespace},
            "spec": {"template": {"spec": pod}},
        }

    kubectl.apply([job("run:1")])
    change = only(await compared([job("run:2")]))
    assert change.effect is Effect.REFUSED
    assert change.dangers == (f"Job {namespace}/once: spec.template cannot change in place",)


async def test_invalid_objects_are_refused_in_the_servers_words(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    wanted = deployment(namespace, replicas=-1)
    change = only(await compared([wanted]))
    assert change.effect is Effect.REFUSED
    assert "must be greater than or equal to 0" in change.note
    assert change.dangers == ()
    unknown = deployment(namespace, colour="blue")
    refused = only(await compared([unknown], scope=flux_scope(namespace), delivery=flux(namespace)))
    assert refused.effect is Effect.REFUSED
    assert "colour" in refused.note


async def test_a_quota_is_admission_and_not_missing_rights(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.run("create", "quota", "small", "-n", namespace, "--hard", "configmaps=1")
    change = only(await compared([config(namespace)]))
    assert change.effect is Effect.REFUSED
    assert "exceeded quota" in change.note


async def test_objects_that_may_not_be_read_are_unseen(kubectl: Kubectl, namespace: str, compared: Compare):
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": namespace},
        "stringData": {"password": "correct-horse"},
    }
    kubectl.apply([secret])
    change = only(await compared([secret], "viewer"))
    assert change.effect is Effect.UNSEEN
    secret["stringData"] = {"password": "battery-staple"}
    seen = only(await compared([secret]))
    assert [field.path for field in seen.diff.fields] == ["data.password"]
    shown = str(seen)
    assert "battery" not in shown
    assert "horse" not in shown


async def test_the_scope_of_one_team(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([config(namespace)])
    change = only(await compared([config(namespace, level="x")], "team-a"))
    assert change.effect is Effect.UNSEEN
    assert "cannot get resource" in change.note


async def test_what_is_no_longer_wanted_is_pruned_or_stays(kubectl: Kubectl, namespace: str, compared: Compare):
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    kubectl.apply([config(namespace), service(namespace), claim])
    absent = ObjectKey("", "ConfigMap", namespace, "was-never-there")
    known = (key(config(namespace)), key(service(namespace)), key(claim), absent)
    found = await compared([config(namespace)], scope=Scope(namespace=namespace, prune=True, candidates=known))
    assert [(str(each.key), each.effect, each.diff.status) for each in found.changes] == [
        (f"PersistentVolumeClaim {namespace}/data", Effect.PRUNED, Status.REMOVED),
        (f"Service {namespace}/web", Effect.PRUNED, Status.REMOVED),
    ]
    assert found.same == 1
    said = found.live_diff("web", "staging")
    assert consequence(said) == "nothing changes, 2 objects are deleted"
    assert dangers(said) == (
        f"PersistentVolumeClaim {namespace}/data is deleted, and its data with it unless its volume is retained",
    )
    kept = await compared([config(namespace)], scope=Scope(namespace=namespace, candidates=known))
    assert [each.effect for each in kept.changes] == [Effect.KEPT, Effect.KEPT]
    assert dangers(kept.live_diff("web", "staging")) == ()


async def test_a_generated_config_map_takes_the_place_of_its_former_self(
    kubectl: Kubectl, namespace: str, compared: Compare
):
    old, new = config(namespace, "settings-2b4h6k8m9t", level="1"), config(namespace, "settings-c5d7f9g2h4", level="2")
    kubectl.apply([old])
    found = await compared([new], scope=Scope(namespace=namespace, prune=True, candidates=(key(old), key(new))))
    made, gone = sorted(found.changes, key=lambda change: change.effect is Effect.PRUNED)
    assert (made.effect, gone.effect) == (Effect.CREATED, Effect.PRUNED)
    assert ("data.level", "1", "2") in {(f.path, f.old, f.new) for f in made.diff.fields}
    assert made.note == f"it takes the place of {old['metadata']['name']}"


async def test_many_at_once_with_progress_and_a_stop(kubectl: Kubectl, namespace: str, compared: Compare):
    def many(value: str) -> list[Manifest]:
        return [config(namespace, f"c-{number}", level=value) for number in range(60)]

    kubectl.apply(many("1"))
    told: list[tuple[int, int]] = []
    found = await compared(many("2"), progress=lambda done, of: told.append((done, of)))
    assert len(found.changes) == 60
    assert told == [(number, 60) for number in range(1, 61)]
    assert [change.key for change in found.changes] == sorted(change.key for change in found.changes)
    with pytest.raises(Cancelled):
        await compared(many("2"), cancelled=lambda: True)


async def test_nothing_is_written(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    await compared([changed(deployment(namespace), everything), config(namespace)])
    by_flux = {"delivery": flux(namespace), "scope": flux_scope(namespace)}
    await compared([changed(deployment(namespace), everything), config(namespace)], **by_flux)
    names = json.loads(kubectl.run("get", "configmaps", "-n", namespace, "-o", "json"))["items"]
    assert "settings" not in [item["metadata"]["name"] for item in names]
    after = kubectl.get("deployment", "web", namespace)
    assert after["metadata"]["annotations"]["note"] == "one"
    assert "kustomize-controller" not in {entry["manager"] for entry in after["metadata"]["managedFields"]}


async def test_the_words_of_it(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace), config(namespace), service(namespace)])
    found = await compared(
        [
            changed(deployment(namespace), other_image),
            changed(config(namespace), other_data),
            changed(service(namespace), other_selector),
            config(namespace, "extra"),
        ]
    )
    said = found.live_diff("web", "staging", usual=170.0)
    assert consequence(said) == (
        "3 objects change, 1 is created, 1 rollout restarts, nothing is deleted; the last ones took about 3 min"
    )
    assert dangers(said) == (f"Service {namespace}/web: its selector changes, so other pods get its traffic",)
