"""A promotion is known again in later commits by what it changed, and compared with what the cluster applied."""

from __future__ import annotations

import time

from fleets import Fleet, overlay, place

from liftlock.gitrepo import Repository
from liftlock.live.cells import Relation
from liftlock.live.gitside import GitSide
from liftlock.live.promoted import descends, promoted
from liftlock.model.app import Cell
from liftlock.promotion.comparisons import Comparisons

FILE = place("api", "staging")


def promote(fleet: Fleet, tag: str = "1.3.0") -> str:
    return fleet.commit({FILE: overlay("api", "staging", tag)}, f"promote(staging): api {tag}\n\nPromotion-To: staging")


def test_what_moved_is_told_by_leaf(fleet: Fleet, repository: Repository) -> None:
    found = promoted(repository, Comparisons(), promote(fleet))
    assert list(found.files) == [FILE]
    assert found.values == ("1.3.0",)


def test_a_squash_with_more_in_it_still_holds_it(fleet: Fleet, repository: Repository) -> None:
    commit = promote(fleet)
    fleet.git("reset", "-q", "--hard", "HEAD^")
    both = overlay("api", "staging", "1.3.0").replace("api.staging.example.org", "api2.staging.example.org")
    squashed = fleet.commit({FILE: both, place("web", "staging"): overlay("web", "staging", "1.3.0")}, "squashed")
    comparisons = Comparisons()
    found = promoted(repository, comparisons, commit)
    assert not descends(repository, commit, squashed)
    assert found.within(repository, comparisons, squashed)


def test_a_commit_with_other_values_does_not_hold_it(fleet: Fleet, repository: Repository) -> None:
    before = fleet.tip("main")
    commit = promote(fleet)
    after = promote(fleet, "1.4.0")
    comparisons = Comparisons()
    found = promoted(repository, comparisons, commit)
    assert found.within(repository, comparisons, before) is False
    assert found.within(repository, comparisons, after) is False
    assert found.within(repository, comparisons, commit) is True
    assert found.within(repository, comparisons, "0" * 40) is None


def test_a_file_that_came_must_be_there_just_so(fleet: Fleet, repository: Repository) -> None:
    commit = fleet.commit({"envs/staging/api/extra.yaml": "kind: ConfigMap\n"}, "extra")
    other = fleet.commit({"envs/staging/api/extra.yaml": "kind: Secret\n"}, "other")
    comparisons = Comparisons()
    found = promoted(repository, comparisons, commit)
    assert found.within(repository, comparisons, other) is False


def test_the_cluster_is_compared_by_the_cells_own_files(fleet: Fleet, repository: Repository) -> None:
    cell = Cell("api", "staging", ("envs/staging/api/",), (FILE,), ("base/api/ingress.yaml",))
    first = fleet.tip("main")
    elsewhere = fleet.commit({"README.md": "nothing of it"}, "elsewhere")
    side = GitSide(repository)
    assert side.relation(cell, elsewhere, first) == (Relation.SAME, None)

    moved = promote(fleet)
    assert side.relation(cell, moved, first) == (Relation.OLDER, 2)
    assert side.relation(cell, first, moved)[0] is Relation.NEWER
    assert side.relation(cell, moved, "0" * 40)[0] is Relation.UNKNOWN
    assert side.relation(cell, moved, "")[0] is Relation.NONE
    assert side.relation(cell, moved, "6.5.0")[0] is Relation.NONE

    shared = fleet.commit({"base/api/ingress.yaml": "kind: Ingress\n"}, "the base")
    assert side.relation(cell, shared, moved)[0] is Relation.OLDER


def test_the_newest_promotion_is_found_by_its_trailer(fleet: Fleet, repository: Repository) -> None:
    assert repository.promotions("main", "staging", since=0) == []
    commit = promote(fleet)
    fleet.commit({"README.md": "later"}, "later")
    assert [r.commit for r in repository.promotions("main", "staging", since=time.time() - 600)] == [commit]
    assert repository.promotions("main", "stag", since=0) == []
