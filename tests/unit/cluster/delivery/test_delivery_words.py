"""Revisions, durations, addresses and times of day as controllers write them."""

from __future__ import annotations

import pytest

from liftlock.cluster.delivery.revisions import clock, commit_of, pointer_of, public, seconds, span

SHA = "5394cb7f48332b2de7c17dd8b8384bbc84b7e738"


@pytest.mark.parametrize(
    ("revision", "pointer", "commit"),
    [
        (f"main@sha1:{SHA}", "main", SHA),
        (f"feature/x@sha1:{SHA}", "feature/x", SHA),
        (f"v1.2@sha1:{SHA}", "v1.2", SHA),
        (f"refs/heads/main@sha1:{SHA}", "main", SHA),
        (f"refs/tags/v1@sha1:{SHA}", "v1", SHA),
        (f"sha1:{SHA}", "", SHA),
        (f"latest@sha256:{SHA}{SHA[:24]}", "latest", SHA + SHA[:24]),
        (f"main/{SHA}", "main", SHA),
        (f"feature/x/{SHA}", "feature/x", SHA),
        (f"HEAD/{SHA}", "", SHA),
        (SHA, "", SHA),
        ("6.5.0", "", ""),
        ("6.5.0+build", "", ""),
        ("main", "", ""),
        ("main@sha1:<unknown>", "main", ""),
        ("", "", ""),
    ],
)
def test_a_revision_of_flux(revision: str, pointer: str, commit: str) -> None:
    assert commit_of(revision) == commit
    assert pointer_of(revision) == pointer


@pytest.mark.parametrize(
    ("text", "length"),
    [("1m30s", 90.0), ("10m", 600.0), ("1h", 3600.0), ("500ms", 0.5), ("1.5h", 5400.0), ("", None), ("ten", None)],
)
def test_a_duration(text: str, length: float | None) -> None:
    assert seconds(text) == length


@pytest.mark.parametrize("broken", [None, 5, "5", "-1m", "1m 30s", "1m30", ["1m"]])
def test_what_is_no_duration(broken: object) -> None:
    assert seconds(broken) is None


@pytest.mark.parametrize(("length", "said"), [(40, "40 s"), (180, "3 min"), (7200, "2 h"), (3 * 86400, "3 days")])
def test_a_span(length: float, said: str) -> None:
    assert span(length) == said


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bot:secret@git.example/a.git", "https://git.example/a.git"),
        ("https://token@git.example/a.git", "https://git.example/a.git"),
        ("ssh://git@git.example/a.git", "ssh://git.example/a.git"),
        ("https://git.example/a@b.git", "https://git.example/a@b.git"),
        ("git@git.example:a.git", "git@git.example:a.git"),
    ],
)
def test_no_password_is_shown(url: str, shown: str) -> None:
    assert public(url) == shown


def test_a_moment_reads_the_same_at_each_look() -> None:
    noon = 1_790_000_000.0
    assert clock(noon, noon + 60) == clock(noon, noon + 600)
    assert len(clock(noon, noon)) == len("14:03")
    assert clock(noon, noon + 3 * 86400).endswith(clock(noon, noon))
