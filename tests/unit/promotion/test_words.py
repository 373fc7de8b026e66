from hypothesis import given
from hypothesis import strategies as st

from liftlock.model.environment import Environment
from liftlock.promotion.words import Words, between, of_paths, spellings, words_of

STAGING_TO_PRODUCTION = between(Environment("staging"), Environment("production"))


def test_an_environment_is_known_by_its_usual_spellings():
    assert words_of(Environment("staging")) == ("staging", "stage", "stg")
    assert "playground" in words_of(Environment("playground"))


def test_words_are_seen_between_boundaries_only():
    words = STAGING_TO_PRODUCTION
    assert words.names_source("https://app.staging.example.com")
    assert words.names_source("STAGING_DB")
    assert words.names_source("stg-1.4")
    assert not words.names_source("backstage")
    assert not words.names_source("stagecoach")
    assert words.names_target("prod1.example.com")
    assert not words.names_target("products")
    assert not words.names_target("reproduction")


def test_the_counterpart_keeps_spelling_and_case():
    words = STAGING_TO_PRODUCTION
    assert words.to_target("staging-db") == "production-db"
    assert words.to_target("stg-1.4") == "prd-1.4"
    assert words.to_target("STAGING_DB") == "PRODUCTION_DB"
    assert words.to_target("Staging") == "Production"


def test_values_that_differ_in_the_word_alone_are_recognised_in_any_spelling():
    words = STAGING_TO_PRODUCTION
    assert words.same_but_for_words("db.stage.internal", "db.prod.internal")
    assert words.same_but_for_words("staging-mariadb:3306", "production-mariadb:3306")
    assert not words.same_but_for_words("staging-mariadb:3306", "production-mariadb:3307")


def test_what_two_environments_share_tells_nothing():
    words = between(
        Environment("staging-us", words=("staging-us", "us", "staging")),
        Environment("prod-us", words=("prod-us", "us", "prod")),
    )
    assert not words.names_source("s3.us.example.com")
    assert words.names_source("staging")


def test_paths_tell_their_words():
    assert "staging" in of_paths("components/kueue/staging", "components/kueue/production").source
    told = of_paths("applications/tap/values-usdfint.yaml", "applications/tap/values-usdfprod.yaml")
    assert told.source[0] == "usdfint"
    assert told.target[0] == "usdfprod"
    hosts = of_paths("preprod.healdata.org", "healdata.org")
    assert hosts.names_source("https://preprod.healdata.org/x")
    assert hosts.names_target("https://healdata.org/x") or not hosts.target


@given(st.text(), st.sampled_from(["staging", "dev", "x"]), st.sampled_from(["production", "y"]))
def test_nothing_is_rewritten_where_no_word_stands(text: str, source: str, target: str):
    words = Words(spellings(source), spellings(target))
    if not words.names_source(text):
        assert words.to_target(text) == text
        assert words.source_word(text) == ""
