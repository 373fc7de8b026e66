"""Versions that a person has a word in, and what only looks like one: named, and left where it is."""

import pytest

from liftlock.model.change import ChangeClass
from liftlock.model.environment import Environment
from liftlock.promotion.classify import Judgement, judge
from liftlock.promotion.compare import compare
from liftlock.promotion.parts import cloud_id, moves_by_itself, of_pull_request, only_admission_differs, version_shape
from liftlock.promotion.words import Words, between, level_word
from liftlock.yamledit import read

WORDS = between(Environment("staging"), Environment("production"))


def told(source: str, target: str, *, file: str = "apps/production/values.yaml", words: Words = WORDS) -> Judgement:
    (difference,) = compare(read(source.encode(), "values.yaml"), read(target.encode(), file), words)
    return judge(difference, file, words)


@pytest.mark.parametrize(
    ("source", "target", "why"),
    [
        ("image: {tag: pr-12-abcdef1}", "image: {tag: 1.4.0}", "pull request"),
        ("image: {tag: develop}", "image: {tag: c0045.000}", "moves by itself"),
        ("targetRevision: main", "targetRevision: v1.4.0", "moves by itself"),
        ("r: https://a.b/c?ref=main", "r: https://a.b/c?ref=v1", "moves by itself"),
        ("image: r.io/a/b:dev-abcdef1", "image: r.io/a/b:prod-abcdef2", "built for another environment (dev)"),
        ("image: r.io/a/b:stg-abcdef1", "image: r.io/a/b:test-abcdef2", "holds the source's own word"),
        ("image: {tag: stg-1.5}", "image: {tag: 1.4}", "holds the source's own word"),
    ],
)
def test_a_version_that_wants_a_word_is_offered_with_the_reason(source: str, target: str, why: str):
    verdict = told(source, target)
    assert (verdict.cls, verdict.selected) == (ChangeClass.VERSION, False)
    assert why in verdict.why


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("image: {tag: pr-13-abcdef1}", "image: {tag: pr-12-abcdef1}"),
        ("image: {tag: latest}", "image: {tag: stable}"),
        ("image: {tag: 1.4.0}", "image: {tag: latest}"),
        ("image: r.io/a/b:prod-abcdef1", "image: r.io/a/b:dev-abcdef2"),
        ("image: {tag: 1.4.0-dev.3}", "image: {tag: 1.3.0}"),
        ("targetRevision: tickets/DM-2", "targetRevision: v1"),
    ],
)
def test_other_versions_move_unasked(source: str, target: str):
    assert told(source, target).selected


def test_an_added_pin_moves_but_for_a_pull_requests():
    assert told("image: {tag: 1.4.0, a: b}", "image: {a: b}").selected
    assert not told("image: {tag: pr-9-abcdef1, a: b}", "image: {a: b}").selected
    assert not told("image: r.io/a/b:pr-9-abcdef1\na: b", "a: b").selected


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("subnet-id: subnet-0d21faa3eca7558ec", "subnet-id: subnet-0958667237f37416a"),
        ("net: sg-01f736c7b3e3ae39a", "net: sg-05f1da470c716c603"),
        ("clientId: 'cilogon:/client_id/6b3f86ecfe74f14a'", "clientId: 'cilogon:/client_id/46f9ae932fd30e9f'"),
        ("chart: {spec: {version: '>=1.0.0-alpha'}}", "chart: {spec: {version: '>=1.0.0'}}"),
    ],
)
def test_what_belongs_to_the_place_stays(source: str, target: str):
    verdict = told(source, target)
    assert (verdict.cls, verdict.selected) == (ChangeClass.IDENTITY, False)


def test_a_value_that_names_its_own_folder_is_identity():
    verdict = told("instanceTag: c-dev", "instanceTag: c-prd-2", file="parts/production/c-prd-2/values.yaml")
    assert (verdict.cls, verdict.selected) == (ChangeClass.IDENTITY, False)
    assert told("tag: v1.5.0", "tag: v1.4.0", file="parts/v1.4.0/values.yaml").selected


def test_a_date_is_a_setting_where_its_key_says_so_and_numbers_of_buckets_too():
    assert told("START_DATE: 2025-05-25", "START_DATE: 2024-12-01").cls is ChangeClass.SETTING
    assert told("build: 2025-05-25", "build: 2024-12-01").cls is ChangeClass.VERSION
    assert told("N_BUCKETS: 48", "N_BUCKETS: 42").cls is ChangeClass.SETTING
    assert told("s3Bucket: b", "s3Bucket: a").cls is ChangeClass.IDENTITY


def test_words_of_tags_and_constraints():
    assert of_pull_request("hmpps-pr-1207-dee9c41") and not of_pull_request("sprint-12")
    assert (
        moves_by_itself("develop") and not moves_by_itself("w_2026_18") and not moves_by_itself("deadbee" * 5 + "ab1")
    )
    assert cloud_id("subnet-0d21faa3eca7558ec") and version_shape("sg-01f736c7b3e3ae39a") == ""
    assert only_admission_differs(">=1.0.0", ">=1.0.0-0")
    assert not only_admission_differs("1.0.0", "1.0.0-rc.1") and not only_admission_differs("1.x", "2.x")
    assert level_word("prod-98abc") == "prod" and level_word("product-1") == ""
