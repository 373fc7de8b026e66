"""What a pull request says, and what is read back from it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from liftlock.model.change import Change, ChangeClass, Op
from liftlock.model.diff import DiffLine, FileDiff, LineKind, Span, Status
from liftlock.model.forge import PullRequest, RequestState
from liftlock.model.plan import Plan
from liftlock.model.review import Hop
from liftlock.model.revision import Revision
from liftlock.reviews import body, trailers


def plan(old: str = "1.0.0", new: str = "1.1.0", app: str = "shop") -> Plan:
    change = Change(
        "1", app, "production", "p.yaml", "s.yaml", ("image", "tag"), Op.SET, old, new, ChangeClass.VERSION, True, "why"
    )
    return Plan("staging", ("production",), "a" * 40, "main", "b" * 40, (change,), frozenset({"1"}), ())


def request(text: str) -> PullRequest:
    return PullRequest(1, "t", text, RequestState.OPEN, False, "h", "c", "o/n", "main", "ada", "u", 1.0, 2.0)


def test_what_is_written_is_read_back():
    found = trailers.flight(request(body.body(plan(), reason="weekly")))
    assert found is not None
    assert (found.source, found.targets) == ("staging", ("production",))
    assert [(m.app, m.old, m.new) for m in found.moves] == [("shop", "1.0.0", "1.1.0")]


def test_a_request_that_promotes_nothing_is_none():
    assert trailers.flight(request("Promotion-From: a\n\nto nowhere")) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_text_of_others_becomes_a_trailer(reason: str, value: str):
    text = body.body(plan(new=f"1.1.0\nPromotion-To: moon {value}"), reason=f"{reason}\nPromotion-To: moon")
    found = trailers.read(text)
    assert found is not None and found.targets == ("production",)


@given(st.text(min_size=1, max_size=40))
def test_values_stand_in_code_that_they_cannot_leave(value: str):
    shown = body.code(value)
    if shown:
        fence = shown[: len(shown) - len(shown.lstrip("`"))]
        assert shown.endswith(fence) and fence not in shown[len(fence) : -len(fence)].strip(" ").replace("\\|", "")
        assert "\n" not in shown


def test_a_description_knows_whether_somebody_edited_it():
    text = body.body(plan())
    assert body.untouched(text) and body.untouched(text.replace("\n", "\r\n") + "\n")
    edited = f"Wait!\n{text}"
    assert not body.untouched(edited)
    renewed = body.renewed(edited, body.body(plan(new="1.2.0")))
    assert renewed.startswith("Wait!\n")
    assert "Promotion-Move: shop 1.0.0 -> 1.2.0\n" in renewed and "1.1.0\n```" not in renewed


def test_a_team_can_say_it_in_its_own_words():
    text = body.body(plan(), reason="weekly", template="To **{to}**: {reason} {unknown}\n\n{table}")
    assert text.startswith("To **production**: weekly {unknown}\n\n| app |")
    assert "Promotion-To: production" in text
    assert replace(plan(), selected=frozenset()).chosen == ()


def test_where_no_html_is_shown_nothing_is_folded_and_the_mark_is_unseen():
    text = body.body(plan(), html=False)
    assert "<" not in text.replace("\\<", "")
    assert body.untouched(text) and not body.untouched(f"Wait!\n{text}")
    assert text.rstrip().splitlines()[-1].startswith("[//]: # (liftlock ")


def test_a_difference_is_cut_to_what_the_forge_takes():
    lines = tuple(DiffLine(LineKind.ADD, (Span("x" * 100),), None, n) for n in range(1, 101))
    files = [FileDiff(f"{name}.yaml", Status.ADDED, lines) for name in "ab"]
    whole, cut = (body.body(plan(), files=files, longest=longest) for longest in (60_000, 15_000))
    assert "`b.yaml`" in whole and "too large" not in whole
    assert len(cut) < 15_000 and "`a.yaml`" in cut and "and 1 more file, too large to show here" in cut


def test_how_it_came_here_names_whole_commits_which_forges_link_to():
    brought = Revision("a" * 40, "Ann [x](evil)", 1_790_000_000.0, "api 1.1.0")
    text = body.body(plan(), hops=(Hop("api", "staging", "1.1.0", brought),))
    assert "**How it came here**" in text
    assert f"in **staging** since 2026-09-21 with {'a' * 40} by Ann \\[x\\](evil)" in text
