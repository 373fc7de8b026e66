"""How a release came as far as the source of a promotion."""

from collections.abc import Callable

from fleets import Fleet, overlay, place

from liftlock.engine import Engine
from liftlock.overview.hops import hops


def test_each_environment_that_has_the_version_with_the_commit_that_brought_it(
    fleet: Fleet, opened: Callable[..., Engine]
):
    first = fleet.commit({place("web", "dev"): overlay("web", "dev", "1.4.0")})
    second = fleet.commit({place("web", "staging"): overlay("web", "staging", "1.4.0")})
    fleet.commit({place("web", "staging"): overlay("web", "staging", "1.4.0") + "# a remark\n"})
    fleet.git("push", "-q")
    engine = opened(fleet)
    found = hops(engine._read(), engine.plan("staging", ["production-eu"], ["web"]))
    assert [(hop.app, hop.environment, hop.version) for hop in found] == [
        ("web", "dev", "1.4.0"),
        ("web", "staging", "1.4.0"),
    ]
    assert [hop.revision.commit for hop in found] == [first, second]


def test_an_environment_that_went_on_is_left_out(fleet: Fleet, opened: Callable[..., Engine]):
    fleet.commit({place("web", e): overlay("web", e, "1.4.0") for e in ("dev", "staging")})
    fleet.commit({place("web", "dev"): overlay("web", "dev", "1.5.0")})
    fleet.git("push", "-q")
    engine = opened(fleet)
    found = hops(engine._read(), engine.plan("staging", ["production-eu"], ["web"]))
    assert [hop.environment for hop in found] == ["staging"]
