"""A live diff in one line, and its dangers by name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liftlock.cluster.livediff import consequence, dangers
from liftlock.cluster.livediff.summary import duration
from liftlock.model.diff import FieldChange, ObjectDiff, ObjectKey, Status
from liftlock.model.livediff import Author, Effect, LiveChange, LiveDiff, Way


def change(effect: Effect, *, restarts: bool = False, danger: str = "") -> LiveChange:
    diff = ObjectDiff(ObjectKey("apps", "Deployment", "shop", "web"), Status.MODIFIED, (), ())
    return LiveChange(diff, effect, Way.SERVER_SIDE, restarts, (danger,) if danger else ())


def live(*changes: LiveChange, label: str = "", problem: str = "", usual: float | None = None) -> LiveDiff:
    return LiveDiff("web", "production", label, changes, problem=problem, usual=usual)


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ([], "nothing changes, nothing is deleted"),
        ([Effect.CHANGED] * 2, "2 objects change, nothing restarts, nothing is deleted"),
        ([Effect.CREATED], "1 object is created, nothing restarts, nothing is deleted"),
        ([Effect.CREATED, Effect.PRUNED], "1 object is created, nothing restarts, 1 object is deleted"),
        ([Effect.REPLACED], "1 object is deleted and made anew, nothing restarts, nothing else is deleted"),
        (
            [Effect.REFUSED, Effect.UNSEEN, Effect.UNSEEN],
            "nothing changes, nothing is deleted, 1 is refused, 2 cannot be seen",
        ),
        ([Effect.CHANGED, Effect.KEPT], "1 object changes, nothing restarts, nothing is deleted, 1 is left behind"),
    ],
)  # fmt: skip
def test_what_happens(effects: list[Effect], said: str):
    assert consequence(live(*map(change, effects))) == said


@pytest.mark.parametrize(
    ("author", "by_hand"),
    [
        (Author("spec.replicas", "kubectl", 1.0, "scale"), True),
        (Author("spec.replicas", "kubectl-edit", 1.0, "Update"), True),
        (Author("spec.replicas", "kubectl-client-side-apply", 1.0, "Update"), False),
        (Author("spec.replicas", "kubectl", 1.0, "Apply"), False),
        (Author("spec.replicas", "kustomize-controller", 1.0, "Apply"), False),
        (Author("spec.replicas", "kube-controller-manager", 1.0, "scale"), False),
    ],
)
def test_what_somebody_set_by_hand_is_put_back_in_so_many_words(author: Author, by_hand: bool):
    made = change(Effect.CHANGED)
    fields = (FieldChange("spec.replicas", "5", "4"), FieldChange("spec.template.spec.image", "1", "2"))
    earlier = Author("spec.replicas", "kubectl-edit" if not by_hand else "kustomize-controller", 0.5, "Update")
    made = replace(made, diff=replace(made.diff, fields=fields), authors=(author, earlier))
    said = ", 1 field set by hand is put back: web spec.replicas 5 → 4" if by_hand else ""
    assert consequence(live(made)) == f"1 object changes, nothing restarts, nothing is deleted{said}"


def test_several_places_are_added_up():
    rolling = change(Effect.CHANGED, restarts=True)
    both = [live(rolling, label="eu", usual=170.0), live(rolling, change(Effect.CHANGED), label="us", usual=40.0)]
    assert consequence(both) == (
        "3 objects change, 2 rollouts restart, nothing is deleted; the last ones took about 3 min"
    )


def test_what_could_not_be_told_is_said():
    lost = live(label="us", problem="us-east does not answer")
    assert consequence(lost) == "us-east does not answer"
    assert consequence([live(change(Effect.CHANGED), label="eu"), lost]) == (
        "1 object changes, nothing restarts, nothing is deleted; unknown for us"
    )


def test_dangers_name_their_place_where_there_are_several():
    lost = "Namespace shop is deleted, and everything in it"
    assert dangers(live(change(Effect.PRUNED, danger=lost), change(Effect.PRUNED, danger=lost))) == (lost,)
    both = [live(change(Effect.PRUNED, danger=lost), label=label) for label in ("eu", "us")]
    assert dangers(both) == (f"eu: {lost}", f"us: {lost}")


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "1 s"), (42, "42 s"), (170, "3 min"), (7200, "2 h")])
def test_times_as_people_say_them(seconds: float, said: str):
    assert duration(seconds) == said
