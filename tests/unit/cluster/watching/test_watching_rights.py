"""What may not be read, and kinds that are not there: said, looked at again now and then, and no more."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from listening import POD, PODS, Listening
from scripted_api import ScriptedApi, status, until

from liftlock.clock import FixedClock
from liftlock.cluster.cluster import Cluster
from liftlock.cluster.connection import Connection
from liftlock.cluster.kubeconfig import Context, Kubeconfig
from liftlock.commands import Runner
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Contact

FORBIDDEN = status(403, "Forbidden", 'pods is forbidden: User "me" cannot list resource "pods" at the cluster scope')
FLUX = ("kustomize.toolkit.fluxcd.io", "Kustomization")
Open = Callable[..., Cluster]


@pytest.fixture
def walled(api: ScriptedApi) -> ScriptedApi:
    """Pods may be read in two namespaces only."""
    for space in ("a", "b", "c"):
        api.put("p", namespace=space)
    for what in ("list", "watch", "stream"):
        api.always(what, PODS, FORBIDDEN)
        api.always(what, "/api/v1/namespaces/c/pods", FORBIDDEN)
    return api


def spaces(cluster: Cluster) -> list[str]:
    return [m["metadata"]["namespace"] for m in cluster.objects.of(*POD)]


async def test_what_may_not_be_read_is_blind_and_looked_at_again(walled: ScriptedApi, listening: Listening) -> None:
    loop = listening.start(absent=0.05)
    await until(lambda: loop.blind)
    assert loop.listed and loop.problem is None and not listening.store.visible(*POD)
    for what in ("list", "watch", "stream"):
        walled.always(what, PODS, None)
    await until(lambda: not loop.blind and len(listening.store) == 3)
    assert listening.store.visible(*POD)


async def test_a_right_that_is_taken_away_takes_what_was_known(api: ScriptedApi, listening: Listening) -> None:
    api.put("p")
    api.script("watch", PODS, FORBIDDEN)
    api.script("list", PODS, api.honest, FORBIDDEN)
    listening.start(absent=30.0)
    await until(lambda: listening.sizes == [1, 0])
    assert not listening.store.visible(*POD)


async def test_where_everywhere_is_forbidden_namespaces_are_read(walled: ScriptedApi, opened: Open) -> None:
    cluster = opened()
    cluster.want([POD], (), ["a", "b"])
    await until(lambda: spaces(cluster) == ["a", "b"])
    assert cluster.objects.visible(*POD, "a") and not cluster.objects.visible(*POD)
    assert cluster.freshness.contact is Contact.LIVE
    assert cluster.freshness.blind == (), "it is read where it is needed"


async def test_a_namespace_that_is_wanted_later_is_read_too(walled: ScriptedApi, opened: Open) -> None:
    cluster = opened()
    cluster.want([POD], (), ["a"])
    await until(lambda: spaces(cluster) == ["a"])
    cluster.want([POD], ["b"], ["b"])
    await until(lambda: spaces(cluster) == ["a", "b"])


async def test_what_is_read_in_namespaces_stays_when_everywhere_is_forbidden_again(
    walled: ScriptedApi, opened: Open
) -> None:
    cluster = opened(absent=0.03)
    cluster.want([POD], (), ["a", "b"])
    await until(lambda: spaces(cluster) == ["a", "b"])
    sizes: list[int] = []
    cluster.objects.listen(lambda: sizes.append(len(cluster.objects)))
    asked = walled.count("list", PODS) + walled.count("stream", PODS)
    await until(lambda: walled.count("list", PODS) + walled.count("stream", PODS) > asked + 3)
    assert spaces(cluster) == ["a", "b"]
    assert not sizes, "nothing changed, and nothing was told"


async def test_nothing_may_be_read_is_said(walled: ScriptedApi, opened: Open) -> None:
    cluster = opened()
    cluster.want([POD], ["c"])
    await until(lambda: cluster.listed)
    fresh = cluster.freshness
    assert fresh.contact is Contact.FORBIDDEN and fresh.blind == ("Pod",)
    assert fresh.problem is not None and fresh.problem.hint


async def test_one_kind_that_may_not_be_read_hides_no_other(api: ScriptedApi, opened: Open) -> None:
    secrets = api.serve("", "v1", "Secret", "secrets")
    for what in ("list", "watch", "stream"):
        api.always(what, secrets, FORBIDDEN)
    api.put("p")
    cluster = opened()
    cluster.want([POD, ("", "Secret")])
    await until(lambda: cluster.listed)
    assert cluster.freshness.contact is Contact.LIVE
    assert cluster.freshness.blind == ("Secret",)
    assert len(cluster.objects) == 1


async def test_for_many_namespaces_everything_is_asked_for_at_once(api: ScriptedApi, opened: Open) -> None:
    cluster = opened()
    cluster.want([POD], [f"n{number}" for number in range(13)])
    await until(lambda: cluster.listed)
    assert {asked.path for asked in api.of("watch") + api.of("list")} == {PODS}


async def test_many_watches_keep_no_request_waiting(walled: ScriptedApi, opened: Open, connection: Connection) -> None:
    cluster = opened()
    cluster.want([POD], (), [f"n{number}" for number in range(150)])
    await until(lambda: walled.count("watch") >= 150)
    assert await connection.request("GET", "/version", within=2.0)


async def test_a_kind_that_is_not_installed_is_none_and_found_once_it_is(api: ScriptedApi, tmp_path: object) -> None:
    clock = FixedClock(1000.0)
    runner = Runner()
    config = Kubeconfig({"x": Context("x", api.url)}, merged=merged(api.url))
    connection = Connection("x", config, runner, clock)
    listening = Listening(connection, clock)
    try:
        loop = listening.start(FLUX, absent=0.02)
        await until(lambda: loop.listed)
        assert not loop.served and not loop.blind and loop.problem is None
        assert listening.store.visible(*FLUX), "there is none: that is known"
        asked = api.count("GET", "/apis")
        path = api.serve(FLUX[0], "v1", FLUX[1], "kustomizations")
        api.put("apps", path, "flux-system")
        clock.at += 10.0
        await until(lambda: listening.names(FLUX) == ["apps"])
        assert api.count("GET", "/apis") == asked + 1, "what is served is not asked for at every look"
        assert loop.served
    finally:
        await listening.close()
        await connection.close()
        runner.close()


def merged(url: str) -> dict[str, object]:
    return {
        "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
        "clusters": [{"name": "x", "cluster": {"server": url}}],
        "users": [{"name": "x", "user": {"token": "t"}}],
    }


async def test_a_kind_that_is_taken_away_takes_its_objects(api: ScriptedApi, listening: Listening) -> None:
    path = api.serve(*FLUX[:1], "v1", FLUX[1], "kustomizations")
    api.put("apps", path, "flux-system")
    api.script("watch", path, status(404, "NotFound", "the server could not find the requested resource"))
    loop = listening.start(FLUX, absent=30.0)
    await until(lambda: not loop.served)
    assert listening.names(FLUX) == [] and listening.store.visible(*FLUX)
    assert listening.store.get(ObjectKey(*FLUX, "flux-system", "apps")) is None


async def test_kinds_that_are_not_there_leave_the_cluster_live(api: ScriptedApi, opened: Open) -> None:
    cluster = opened()
    cluster.want([POD, FLUX])
    await until(lambda: cluster.listed)
    assert cluster.freshness.contact is Contact.LIVE and cluster.freshness.blind == ()
