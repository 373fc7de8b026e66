"""What goes wrong on a real Gitea: each a state with its cause and next step, and nothing is done twice."""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from losing import losing
from realforge import RealForge

from liftlock.engine import Engine
from liftlock.errors import ForgeError, PlanError, RepositoryError
from liftlock.forge import gitea
from liftlock.model.forge import MergeMethod, PullRequest, RequestState
from liftlock.model.review import FlightState, Proposed

Open = Callable[..., Engine]


def git(place: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(place), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def propose(engine: Engine, source: str = "staging", app: str = "checkout") -> Proposed:
    return engine.propose(engine.plan(source, ["production"], [app]))


def branches(place: Path) -> list[str]:
    return [line.partition("refs/heads/")[2] for line in git(place, "ls-remote", "--heads", "origin").splitlines()]


def number(made: Proposed) -> int:
    assert made.flight is not None
    return made.flight.number


def test_two_at_the_same_moment_end_with_one(real_forge: RealForge, name: str, clone: Path, opened: Open):
    engines = [opened(clone), opened(clone, "reviewer")]
    together, made = threading.Barrier(2), {}

    def run(which: int) -> None:
        plan = engines[which].plan("staging", ["production"], ["checkout"])
        together.wait()
        made[which] = engines[which].propose(plan)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (flight,) = engines[0].reviews.flights(judged=False)
    assert {number(one) for one in made.values()} == {flight.number}
    assert flight.request.head in branches(clone)  # the one that gave way did not take the other's branch


def test_a_token_without_the_right_leaves_a_branch_that_the_next_try_takes_up(
    real_forge: RealForge, name: str, clone: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
):
    scopes = {"name": name, "scopes": ["read:repository", "read:user"]}
    place = f"{real_forge.url}/api/v1/users/dev/tokens"
    weak = requests.post(place, json=scopes, auth=("dev", "dev-password"), timeout=30).json()["sha1"]
    address = real_forge.address(name)
    git(clone, "remote", "set-url", "origin", address.replace(f"dev:{real_forge.tokens['dev']}@", ""))
    git(clone, "remote", "set-url", "--push", "origin", address.replace(f"dev:{real_forge.tokens['dev']}@", ""))
    helper = f"!f() {{ echo username=dev; echo password={real_forge.tokens['dev']}; }}; f"
    git(clone, "config", "credential.helper", helper)
    monkeypatch.setenv("GITEA_TOKEN", weak)
    with pytest.raises(ForgeError, match="does not allow this") as refused:
        propose(opened(clone))
    assert "is pushed, at" in refused.value.detail and "/compare/main..." in refused.value.hint
    assert "the token from GITEA_TOKEN lacks a right" in refused.value.hint
    monkeypatch.delenv("GITEA_TOKEN")
    assert propose(opened(clone)).done == "opened"
    assert len([one for one in branches(clone) if one != "main"]) == 1


def test_a_protected_branch_names_the_way_around(name: str, clone: Path, opened: Open):
    dev = opened(clone)
    made = dev.commit(dev.plan("staging", ["production"], ["checkout"]))
    with pytest.raises(RepositoryError) as refused:
        dev.push(dev.publication(made, direct=True), confirmed=["production"])
    assert "protected branch main" in refused.value.detail and "--pr" in refused.value.hint


def test_a_conflict_is_told_and_proposing_again_settles_it(
    real_forge: RealForge, name: str, clone: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gitea, "_LOOKS", 1.0)
    dev = opened(clone)
    made = propose(dev)
    real_forge.call("dev", "DELETE", f"repos/dev/{name}/branch_protections/main")
    file = f"repos/dev/{name}/contents/apps/checkout/production/values.yaml"
    there = real_forge.call("dev", "GET", file)
    text = base64.b64decode(there["content"]).decode().replace("1.4.1", "1.3.9")
    data = {"content": base64.b64encode(text.encode()).decode(), "sha": there["sha"], "message": "hotfix"}
    real_forge.call("dev", "PUT", file, branch="main", **data)
    with pytest.raises(ForgeError, match="cannot be merged yet") as refused:
        dev.reviews.merge(_settled(dev, number(made), FlightState.CONFLICT))
    assert refused.value.hint == "propose it again: that brings its branch up to date"
    dev.fetch()
    again = propose(dev)
    assert (again.done, number(again)) == ("updated", number(made))
    assert git(clone, "rev-list", "--parents", "-1", again.commit).split()[1] == made.commit  # it went on, no force
    landing = dev.reviews.merge(_settled(dev, number(made), FlightState.READY), MergeMethod.SQUASH)
    assert landing.flight.state is FlightState.MERGED


def _settled(engine: Engine, which: int, state: FlightState) -> Any:
    """The flight once the forge has worked out where it stands."""
    for _ in range(40):
        flight = engine.reviews.flight(which)
        if flight.state is state:
            return flight
    raise AssertionError(f"#{which} is {flight.state}: {flight.why}")


def test_a_branch_that_somebody_deleted(name: str, clone: Path, opened: Open):
    dev = opened(clone)
    made = propose(dev)
    git(clone, "push", "-q", "origin", f":{made.branch}")
    flight = _settled(dev, number(made), FlightState.CLOSED)
    assert flight.request.head == made.branch
    with pytest.raises(ForgeError, match="is closed"):
        dev.merge(flight, confirmed=["production"])
    assert dev.reviews.abort(flight) == (f"#{number(made)} was closed already", "its branch was gone already")
    again = propose(dev)
    assert (again.done, number(again)) == ("opened", number(made) + 1)


@pytest.mark.parametrize("how", ["closed", "merged"])
def test_one_that_ends_while_it_is_updated(
    real_forge: RealForge, name: str, clone: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, how: str
):
    dev = opened(clone)
    made = propose(dev)
    place = f"repos/dev/{name}/pulls/{number(made)}"
    push = dev.reviews.forge.update

    def ended_meanwhile(request: PullRequest, draft: Any) -> PullRequest:
        if how == "closed":
            real_forge.call("dev", "PATCH", place, state="closed")
        else:
            real_forge.call("dev", "DELETE", f"repos/dev/{name}/branch_protections/main")
            for _ in range(60):
                try:
                    real_forge.call("dev", "POST", f"{place}/merge", Do="merge")
                    break
                except AssertionError:
                    continue  # it still works out whether the branches go together
        return push(request, draft)

    monkeypatch.setattr(dev.reviews.forge, "update", ended_meanwhile)
    with pytest.raises(ForgeError, match=f"was {how} meanwhile") as told:
        propose(dev, "dev")
    assert "propose again" in told.value.hint
    assert dev.reviews.forge.request(number(made)).state is RequestState(how)


def test_a_fork_is_told_on_both_sides_and_merged_as_it_is(
    real_forge: RealForge, name: str, clone: Path, opened: Open, tmp_path: Path
):
    real_forge.call("reviewer", "POST", f"repos/dev/{name}/forks", name=name)
    theirs = tmp_path / "fork"
    address = real_forge.address(name, "reviewer").replace("/dev/", "/reviewer/")
    subprocess.run(["git", "clone", "-q", address, str(theirs)], check=True)
    real_forge.call("dev", "DELETE", f"repos/dev/{name}/branch_protections/main")
    forked = opened(theirs)

    def upstream(app: str, says: str = "production") -> Proposed:
        """Proposed in the fork, then from the fork."""
        made = propose(forked, app=app)
        assert made.flight is not None
        body = made.flight.request.body.replace("Promotion-To: production", f"Promotion-To: {says}")
        where = {"head": f"reviewer:{made.branch}", "base": "main"}
        real_forge.call("reviewer", "POST", f"repos/dev/{name}/pulls", title="please", body=body, **where)
        return made

    made = upstream("checkout")
    assert any(f"is a fork of dev/{name}" in note for note in made.notes)
    dev = opened(clone)
    (flight,) = dev.reviews.flights()
    assert flight.request.fork
    with pytest.raises(ForgeError, match="promotes this already, from a fork") as told:
        propose(dev)
    assert f"reviewer/{name}" in told.value.detail and "abort" in told.value.hint
    landing = dev.merge(_settled(dev, flight.number, FlightState.READY), confirmed=["production"])
    assert made.commit in git(clone, "rev-list", landing.commit).split()
    assert made.branch in branches(theirs)  # it is theirs to take away

    # What a stranger says of it is not what counts.
    upstream("frontend", says="dev")
    (flight,) = dev.reviews.flights()
    assert flight.targets == ("dev",)
    with pytest.raises(PlanError, match="changes production too, and does not say so") as told:
        dev.merge(flight)
    assert told.value.hint.endswith("--confirm production")
    assert dev.reviews.abort(flight) == (f"closed #{flight.number}",)  # no branch of ours of that name is touched


def test_an_answer_that_is_lost_does_nothing_twice(real_forge: RealForge, name: str, clone: Path, opened: Open):
    real_forge.call("dev", "DELETE", f"repos/dev/{name}/branch_protections/main")
    with losing(real_forge.url) as proxy:
        git(
            clone,
            "remote",
            "set-url",
            "origin",
            real_forge.address(name).replace(real_forge.url.partition("//")[2], proxy.url.partition("//")[2]),
        )
        dev = opened(clone)
        proxy.loses = ("POST", "/pulls")
        with pytest.raises(ForgeError) as told:
            propose(dev)
        assert proxy.lost == 201 and "propose again" in told.value.hint
        again = propose(dev)
        assert again.done == "unchanged" and len(dev.reviews.flights(judged=False)) == 1
        ready = _settled(dev, number(again), FlightState.READY)
        proxy.loses = ("POST", "/merge")
        landing = dev.reviews.merge(ready)
        assert proxy.lost == 200 and landing.notes == ("it is merged; the answer was lost",)
        dev.fetch()
        with pytest.raises(PlanError):
            propose(dev)
