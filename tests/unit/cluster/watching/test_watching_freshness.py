"""How fresh a cluster is: what its loops hear, put together, while the server lives, falls silent, dies and returns."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest
from listening import POD, PODS
from scripted_api import ScriptedApi, bookmark, frames, hang, status, until

from liftlock.cluster.cluster import Cluster, LoopThread
from liftlock.cluster.connection import Connection
from liftlock.errors import Unreachable
from liftlock.model.live import Contact, Freshness

MAP = ("", "ConfigMap")
Open = Callable[..., Cluster]


@pytest.fixture
def maps(api: ScriptedApi) -> str:
    """The path of a second kind."""
    api.put("p")
    path = api.serve("", "v1", "ConfigMap", "configmaps")
    api.put("m", path)
    return path


def contact(cluster: Cluster) -> Contact:
    return cluster.freshness.contact


async def test_connecting_then_live(api: ScriptedApi, opened: Open) -> None:
    seen: list[Freshness] = []
    cluster = opened(changed=lambda: seen.append(cluster.freshness))
    assert cluster.freshness == Freshness(Contact.CONNECTING)
    cluster.want([POD])
    assert cluster.freshness == Freshness(Contact.CONNECTING)
    await until(lambda: cluster.listed)
    assert contact(cluster) is Contact.LIVE
    assert seen[-1].contact is Contact.LIVE and seen[-1].heard is not None


async def test_a_server_that_never_answers_is_said_while_it_is_still_waited_for(api: ScriptedApi, opened: Open) -> None:
    api.always("GET", "/api", hang)
    api.always("GET", "/apis", hang)
    api.always("GET", "/version", status(503, "ServiceUnavailable", "starting"))
    cluster = opened(probe=0.1)
    cluster.want([POD])
    await until(lambda: contact(cluster) is Contact.UNREACHABLE)
    assert cluster.freshness.problem is not None and "503" in cluster.freshness.problem.title
    assert cluster.freshness.heard is None


async def test_a_quiet_server_is_asked_whether_it_is_there_and_stays_live(api: ScriptedApi, opened: Open) -> None:
    cluster = opened(probe=0.1)
    cluster.want([POD])
    await until(lambda: cluster.listed)
    heard = cluster.freshness.heard or 0.0
    await until(lambda: api.count("GET", "/version") >= 3)
    await until(lambda: (cluster.freshness.heard or 0.0) > heard)
    assert contact(cluster) is Contact.LIVE
    assert api.count("watch", PODS) == 1, "its watch was left alone"


async def test_a_half_open_connection_is_stale_and_then_begun_anew(api: ScriptedApi, opened: Open) -> None:
    api.put("p")
    api.script("watch", PODS, frames(bookmark(500), then="silence"))
    cluster = opened(probe=0.1)
    cluster.want([POD])
    await until(lambda: api.count("watch", PODS) == 1)
    api.always("GET", "/version", status(503, "ServiceUnavailable", "half open"))
    await until(lambda: contact(cluster) is Contact.STALE)
    assert len(cluster.objects) == 1, "what was known stays"
    assert cluster.freshness.problem is not None
    await until(lambda: api.count("watch", PODS) == 2)
    assert api.of("watch", PODS)[1].query["resourceVersion"] == "500"
    api.always("GET", "/version", None)
    await until(lambda: contact(cluster) is Contact.LIVE)


async def test_after_half_open_no_old_connection_is_used_again(
    api: ScriptedApi, opened: Open, connection: Connection
) -> None:
    cluster = opened()
    cluster.want([POD])
    await until(lambda: api.count("watch", PODS) == 1)
    before = connection._client
    cluster._interrupt()
    await until(lambda: api.count("watch", PODS) == 2)
    assert connection._client is not before


async def test_a_machine_that_slept_begins_anew(
    api: ScriptedApi, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = opened(probe=0.2)
    cluster.want([POD])
    await until(lambda: api.count("watch", PODS) == 1)
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + 3600.0)
    await until(lambda: api.count("watch", PODS) == 2)
    monkeypatch.setattr(time, "time", true)
    assert api.count("list", PODS) == 1


async def test_a_dead_server_is_unreachable_and_found_again_by_all(api: ScriptedApi, maps: str, opened: Open) -> None:
    cluster = opened(probe=0.2, first=0.01, longest=0.02)
    cluster.want([POD, MAP])
    await until(lambda: api.count("watch") == 2)
    port = api.port
    await api.stop()
    await until(lambda: contact(cluster) is Contact.UNREACHABLE)
    fresh = cluster.freshness
    assert fresh.problem is not None and fresh.problem.title and fresh.problem.hint
    assert fresh.retry is not None and fresh.heard is not None
    assert len(cluster.objects) == 2, "what was known stays"
    for loop in cluster._loops.values():
        loop._pace.first = loop._pace.longest = loop._pause = 60.0
    await until(lambda: all((loop.retry_at or 0.0) > time.time() + 2 for loop in cluster._loops.values()))
    await api.start(port)
    await until(lambda: contact(cluster) is Contact.LIVE, within=3.0)


async def test_one_that_is_through_tells_the_others(api: ScriptedApi, maps: str, opened: Open) -> None:
    port = api.port
    await api.stop()
    cluster = opened(first=60.0, longest=60.0)
    cluster.want([POD, MAP])
    loops = cluster._loops
    await until(lambda: all(loop.problem is not None for loop in loops.values()))
    await api.start(port)
    loops[POD, ""].retry()
    await until(lambda: cluster.listed and contact(cluster) is Contact.LIVE, within=3.0)


async def test_a_kind_that_fails_for_a_moment_leaves_the_cluster_live(
    api: ScriptedApi, maps: str, opened: Open
) -> None:
    api.always("list", maps, status(500, "InternalError", "conversion webhook for example.org failed"))
    cluster = opened()
    cluster.want([POD, MAP])
    await until(lambda: all(loop.listed or loop.problem is not None for loop in cluster._loops.values()))
    fresh = cluster.freshness
    assert fresh.contact is Contact.LIVE
    assert fresh.problem is not None and "conversion webhook" in fresh.problem.title
    assert not cluster.listed, "it may still come"


async def test_a_kind_that_goes_on_failing_is_not_waited_for(api: ScriptedApi, maps: str, opened: Open) -> None:
    api.always("list", maps, status(500, "InternalError", "conversion webhook for example.org failed"))
    cluster = opened(probe=0.2)
    cluster.want([POD, MAP])
    await until(lambda: cluster.listed)
    assert contact(cluster) is Contact.LIVE
    assert cluster.freshness.blind == ("ConfigMap",)
    api.always("list", maps, None)
    await until(lambda: cluster.freshness.blind == () and cluster.freshness.problem is None)


async def test_a_kind_that_was_read_and_fails_on_is_stale(api: ScriptedApi, maps: str, opened: Open) -> None:
    cluster = opened(probe=0.2)
    api.script("watch", maps, frames(bookmark(300)))
    api.always("watch", maps, status(500, "InternalError", "etcd is slow"))
    cluster.want([POD, MAP])
    await until(lambda: contact(cluster) is Contact.STALE)
    fresh = cluster.freshness
    assert fresh.problem is not None and "etcd is slow" in fresh.problem.title
    assert len(cluster.objects) == 2


async def test_a_login_is_asked_for_once_and_tried_again_when_the_user_says_so(
    api: ScriptedApi, maps: str, opened: Open
) -> None:
    api.always("any", "", status(401, "Unauthorized", "token expired"))
    cluster = opened(probe=0.2)
    cluster.want([POD, MAP])
    loops = cluster._loops.values()
    await until(lambda: all(loop.problem is not None for loop in loops) and api.quiet())
    asked = len(api.asked)
    fresh = cluster.freshness
    assert fresh.contact is Contact.LOGIN and fresh.retry is None
    assert fresh.problem is not None and fresh.problem.hint.endswith("then press r")
    await until(lambda: api.quiet(0.5))  # many times the pause after which a silent server is asked
    assert len(api.asked) == asked <= 6

    api.always("any", "", None)
    cluster.retry()
    await until(lambda: cluster.listed and contact(cluster) is Contact.LIVE)


async def test_a_login_that_ends_while_watching_is_asked_for(api: ScriptedApi, opened: Open) -> None:
    api.put("p")
    api.script("watch", PODS, frames(bookmark(300)))
    cluster = opened()
    cluster.want([POD])
    await until(lambda: cluster.listed)
    api.always("any", "", status(401, "Unauthorized", "token expired"))
    await until(lambda: contact(cluster) is Contact.LOGIN)
    assert len(cluster.objects) == 1 and cluster.freshness.heard is not None


async def test_hostile_kinds_are_said_clean(api: ScriptedApi, opened: Open) -> None:
    kind = "Evil\x1b[2J[red]"
    path = api.serve("example.org", "v1", kind, "evils")
    for what in ("list", "watch", "stream"):
        api.always(what, path, status(403, "Forbidden", "no\x1b[2J"))
    cluster = opened()
    cluster.want([("example.org", kind)])
    await until(lambda: cluster.listed)
    assert "\x1b" not in "".join(cluster.freshness.blind)


async def test_a_closed_cluster_asks_nothing_more(api: ScriptedApi, opened: Open) -> None:
    cluster = opened(probe=0.05)
    cluster.want([POD])
    await until(lambda: cluster.listed)
    await cluster.close()
    tasks = [task for task in asyncio.all_tasks() if "Loop.run" in repr(task) or "_watch_over" in repr(task)]
    assert not tasks


def test_a_loop_of_its_own_gives_up_in_time_and_ends() -> None:
    thread = LoopThread()
    with pytest.raises(Unreachable):
        thread.run(asyncio.sleep(60), 0.05)
    assert thread.run(asyncio.sleep(0, "done"), 5.0) == "done"
    thread.close()
    thread.close()
    thread.call(lambda: None)
