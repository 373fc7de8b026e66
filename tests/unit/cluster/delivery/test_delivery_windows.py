"""Sync windows of Argo CD projects: when one is shut, and until when."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from liftlock.cluster.delivery.windows import closed_until

APP = {
    "metadata": {"name": "api-production"},
    "spec": {"destination": {"namespace": "shop", "server": "https://kubernetes.default.svc", "name": ""}},
}


def at(text: str, zone: str = "UTC") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def project(*windows: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"name": "shop"}, "spec": {"syncWindows": [{"applications": ["*"], **w} for w in windows]}}


def deny(schedule: str, duration: str, **more: Any) -> dict[str, Any]:
    return {"kind": "deny", "schedule": schedule, "duration": duration, **more}


def allow(schedule: str, duration: str, **more: Any) -> dict[str, Any]:
    return {"kind": "allow", "schedule": schedule, "duration": duration, **more}


# 2026-03-27 is a Friday; clocks in Paris go forward on Sunday the 29th at 2:00.
@pytest.mark.parametrize(
    ("window", "now", "until"),
    [
        (deny("0 22 * * *", "1h"), at("2026-03-27T22:30"), at("2026-03-27T23:00")),
        (deny("0 22 * * *", "1h"), at("2026-03-27T23:00"), None),
        (deny("0 22 * * *", "1h"), at("2026-03-27T21:59"), None),
        (deny("0 22 * * *", "8h"), at("2026-03-28T05:00"), at("2026-03-28T06:00")),
        (deny("0 0 * * 6,0", "24h"), at("2026-03-27T23:59"), None),
        (deny("0 0 * * 6,0", "24h"), at("2026-03-28T12:00"), at("2026-03-30T00:00")),
        (deny("0 * * * *", "90m"), at("2026-03-28T12:00"), None),
        (deny("0 0 * * SAT", "48h"), at("2026-03-29T12:00"), at("2026-03-30T00:00")),
        (deny("0 0 * * 7", "24h"), at("2026-03-29T01:00"), at("2026-03-30T00:00")),
        (deny("*/15 9-17 * * mon-fri", "5m"), at("2026-03-27T09:47"), at("2026-03-27T09:50")),
        (deny("*/15 9-17 * * mon-fri", "5m"), at("2026-03-27T09:52"), None),
        (deny("0 0 1 * 5", "1h"), at("2026-03-27T00:10"), at("2026-03-27T01:00")),
        (deny("0 0 24 12 *", "72h"), at("2026-12-25T10:00"), at("2026-12-27T00:00")),
        (deny("@daily", "1h"), at("2026-03-27T00:30"), at("2026-03-27T01:00")),
        (deny("0 22 * * *", "1h", timeZone="Europe/Paris"), at("2026-03-27T21:30"), at("2026-03-27T22:00")),
        (deny("0 22 * * *", "1h", timeZone="Europe/Paris"), at("2026-03-30T20:30"), at("2026-03-30T21:00")),
        (deny("0 22 * * *", "1h", timeZone="America/New_York"), at("2026-03-27T21:30"), None),
        (deny("nonsense", "1h"), at("2026-03-27T22:30"), None),
        (deny("0 22 * * *", "nonsense"), at("2026-03-27T22:30"), None),
        (deny("61 22 * * *", "1h"), at("2026-03-27T22:30"), None),
        (deny("0 22 * * *", "1h", timeZone="Nowhere/Land"), at("2026-03-27T22:30"), at("2026-03-27T23:00")),
    ],
)
def test_a_deny_window(window: dict[str, Any], now: float, until: float | None) -> None:
    shut = closed_until(APP, project(window), now)
    assert (shut[1] if shut else None) == until


def test_the_sentence_names_the_project_and_the_time_of_its_zone() -> None:
    shut = closed_until(APP, project(deny("0 22 * * *", "1h", timeZone="Europe/Paris")), at("2026-03-27T21:30"))
    assert shut is not None
    assert shut[0] == "a deny window of project shop (0 22 * * *) is open until Fri 23:00 Europe/Paris"


def test_the_last_of_several_deny_windows_counts() -> None:
    told = project(deny("0 22 * * *", "1h"), deny("30 21 * * *", "4h"))
    shut = closed_until(APP, told, at("2026-03-27T22:30"))
    assert shut is not None and shut[1] == at("2026-03-28T01:30")


def test_outside_an_allow_window_it_waits_for_the_next() -> None:
    told = project(allow("0 9 * * mon-fri", "8h", timeZone="Europe/Paris"))
    assert closed_until(APP, told, at("2026-03-27T09:00")) is None
    shut = closed_until(APP, told, at("2026-03-27T18:00"))
    assert shut is not None
    assert shut[1] == at("2026-03-30T09:00", "Europe/Paris")
    assert "next allow window" in shut[0]


def test_deny_wins_over_allow_and_one_open_allow_is_enough() -> None:
    now = at("2026-03-27T10:00")
    assert closed_until(APP, project(allow("0 9 * * *", "8h"), deny("0 10 * * *", "1h")), now) is not None
    assert closed_until(APP, project(allow("0 20 * * *", "1h"), allow("0 9 * * *", "8h")), now) is None


def test_a_manual_sync_passes_where_all_windows_let_it() -> None:
    now = at("2026-03-27T22:30")
    soft, hard = deny("0 22 * * *", "1h", manualSync=True), deny("0 22 * * *", "2h")
    assert closed_until(APP, project(soft), now) is not None
    assert closed_until(APP, project(soft), now, manual=True) is None
    assert closed_until(APP, project(soft, hard), now, manual=True) is not None
    shut_allow = allow("0 9 * * *", "1h", manualSync=True)
    assert closed_until(APP, project(shut_allow), now, manual=True) is None
    assert closed_until(APP, project(shut_allow), now) is not None


@pytest.mark.parametrize(
    ("of", "concerned"),
    [
        ({"applications": ["api-*"]}, True),
        ({"applications": ["web-*"]}, False),
        ({"applications": [], "namespaces": ["shop"]}, True),
        ({"applications": [], "clusters": ["https://kubernetes.default.svc"]}, True),
        ({"applications": [], "clusters": ["in-*"]}, False),
        ({"applications": ["web-*"], "namespaces": ["shop"]}, True),
        ({"applications": ["web-*"], "namespaces": ["shop"], "andOperator": True}, False),
        ({"applications": ["api-*"], "namespaces": ["sh*"], "andOperator": True}, True),
        ({"applications": []}, False),
    ],
)
def test_whom_a_window_concerns(of: dict[str, Any], concerned: bool) -> None:
    shut = closed_until(APP, project(deny("* * * * *", "1h", **of)), at("2026-03-27T22:30"))
    assert (shut is not None) is concerned


@pytest.mark.parametrize(
    ("windows", "ends", "words"),
    [
        ([deny("* * * * *", "1h")], None, "is open and does not close"),
        ([deny("0 22 * * *", "1h"), deny("0 23 * * *", "1h")], at("2026-03-28T00:00"), "is open until Sat 00:00 UTC"),
        ([deny("0 22 * * *", "3h"), deny("0 23 * * *", "1h")], at("2026-03-28T01:00"), "is open until Sat 01:00 UTC"),
    ],
    ids=["it opens again before it closes", "another follows", "another lies within"],
)
def test_windows_that_meet_are_one(windows: list[dict[str, Any]], ends: float | None, words: str) -> None:
    shut = closed_until(APP, project(*windows), at("2026-03-27T22:30"))
    assert shut is not None
    assert shut[1] == ends
    assert words in shut[0]
