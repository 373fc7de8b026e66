"""The live diff says what `kubectl diff` says, field by field and line by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from compared_objects import CASES, Case, changed, deployment, diffs, only, recreated, renamed_port, reordered_env
from kubectl_diff import Kubectl

from liftlock.model.livediff import Effect, Way

Manifest = dict[str, Any]
Compare = Callable[..., Any]


def cases(found: list[Case]) -> pytest.MarkDecorator:
    names = [f"{make.__name__}-{change.__name__}" for make, change in found]
    return pytest.mark.parametrize("case", found, ids=names)


@cases(CASES)
async def test_client_side(case: Case, kubectl: Kubectl, namespace: str, compared: Compare):
    make, change = case
    kubectl.apply([make(namespace)])
    wanted = [changed(make(namespace), change)]
    found = await compared(wanted)
    assert diffs(found) == kubectl.diff(wanted)
    assert all(each.way is Way.THREE_WAY and each.effect is Effect.CHANGED for each in found.changes)


# The server does not take a Recreate strategy from a server-side apply that owned nothing of the rolling one.
TAKEN = [case for case in CASES if case[1].__name__ not in ("recreated", "everything")]


@cases(TAKEN)
async def test_server_side(case: Case, kubectl: Kubectl, namespace: str, compared: Compare):
    make, change = case
    kubectl.apply([make(namespace)], "--server-side")
    wanted = [changed(make(namespace), change)]
    found = await compared(wanted)
    assert diffs(found) == kubectl.diff(wanted, "--server-side", "--force-conflicts")
    assert all(each.way is Way.SERVER_SIDE for each in found.changes)


async def test_a_strategy_that_the_server_refuses(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)], "--server-side")
    change = only(await compared([changed(deployment(namespace), recreated)]))
    assert change.effect is Effect.REFUSED
    assert "may not be specified when strategy `type` is 'Recreate'" in change.note


# The server gives a load balancer ports and policies of its own: nobody knows them before.
KNOWN = [case for case in CASES if case[1].__name__ != "node_port"]


@cases(KNOWN)
async def test_a_viewer_sees_what_client_side_apply_changes(
    case: Case, kubectl: Kubectl, namespace: str, compared: Compare
):
    make, change = case
    kubectl.apply([make(namespace)])
    wanted = [changed(make(namespace), change)]
    found = await compared(wanted, "viewer")
    assert all(each.way is Way.STRUCTURAL for each in found.changes)
    assert roughly(diffs(found)) == roughly(kubectl.diff(wanted))


@cases([case for case in KNOWN if case in TAKEN])
async def test_a_viewer_sees_what_server_side_apply_changes(
    case: Case, kubectl: Kubectl, namespace: str, compared: Compare
):
    make, change = case
    kubectl.apply([make(namespace)], "--server-side")
    wanted = [changed(make(namespace), change)]
    found = await compared(wanted, "viewer")
    assert all(each.way is Way.STRUCTURAL for each in found.changes)
    assert roughly(diffs(found)) == roughly(kubectl.diff(wanted, "--server-side", "--force-conflicts"))


def roughly(found: dict[str, Any]) -> dict[str, Any]:
    """What changes and to what; of whole new parts only where they are, for the server puts defaults into them."""
    told = {}
    for name, diff in found.items():
        fields = {}
        for field in diff.fields:
            new = "{…}" if field.new is not None and field.new.startswith(("{", "[")) else field.new
            fields[field.path] = (field.old, new)
        told[name] = fields
    return told


async def test_what_was_set_by_hand_is_set_back_where_git_says_it(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    kubectl.run("scale", "deployment", "web", "-n", namespace, "--replicas", "4")
    kubectl.run("set", "env", "deployment/web", "-n", namespace, "-c", "web", "A=9", "EXTRA=1")
    wanted = [deployment(namespace)]
    found = await compared(wanted)
    assert diffs(found) == kubectl.diff(wanted)
    change = only(found)
    assert {author.path: (author.manager, author.operation) for author in change.authors} == {
        "spec.replicas": ("kubectl", "scale"),
        "spec.template.spec.containers[name=web].env[name=A].value": ("kubectl-set", "Update"),
    }
    assert change.authors[-1].at


async def test_a_restart_and_none(kubectl: Kubectl, namespace: str, compared: Compare):
    kubectl.apply([deployment(namespace)])
    assert only(await compared([changed(deployment(namespace), renamed_port)])).restarts
    assert only(await compared([changed(deployment(namespace), reordered_env)])).restarts
    assert not only(await compared([deployment(namespace, replicas=3)])).restarts
    asleep = only(await compared([deployment(namespace, replicas=0)]))
    assert asleep.note == "it is scaled to 0: nothing of it runs any more"
