"""liftlock.toml: what it can say, and that what is wrong in it is told with the line and what was probably meant."""

from textwrap import dedent

import pytest

from liftlock.config import ClassRule, NeverRule, Pair, RepositoryConfig, load_repository
from liftlock.errors import ConfigError
from liftlock.model.change import ChangeClass
from liftlock.model.environment import Environment, Target


def load(text: str) -> RepositoryConfig:
    return load_repository(dedent(text).encode(), "liftlock.toml")


def refused(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        load(text)
    error = caught.value
    assert "\n" not in error.title + error.hint
    return error


def test_a_repository_without_one_says_nothing() -> None:
    assert load_repository(None, "liftlock.toml") == RepositoryConfig()
    assert load("") == RepositoryConfig(place="liftlock.toml")


def test_all_that_it_can_say() -> None:
    config = load("""
        message = "{app} to {to}: {move}"
        branch = "release/{to}/{app}"

        [[environment]]
        name = "production-eu"
        after = ["staging"]
        branch = "live"
        repository = "../live"
        paths = ["apps/{app}/production/eu", "charts/*/values-eu.yaml"]
        protected = true
        words = ["prd"]
        [[environment.target]]
        context = "flux"
        workloads = "eu-1"
        namespaces = ["shop", "pay"]
        label = "eu"

        [[environment]]
        name = "staging"

        [[pair]]
        from = "preprod.healdata.org/manifest.json"
        to = "healdata.org/manifest.json"

        [[never]]
        files = "apps/*/production/*"
        path = "spec.values.ingress.**"
        reason = "by hand"

        [[rule]]
        path = "config.cycle"
        class = "version"
        value = "tag"
    """)
    production = Environment(
        "production-eu",
        ("staging",),
        "live",
        "../live",
        ("apps/{app}/production/eu", "charts/*/values-eu.yaml"),
        True,
        (Target("flux", "eu-1", ("shop", "pay"), "eu"),),
        ("prd",),
    )
    assert config.environments == (Environment("staging"), production)
    assert config.pairs == (Pair("preprod.healdata.org/manifest.json", "healdata.org/manifest.json"),)
    assert config.never == (NeverRule("apps/*/production/*", "spec.values.ingress.**", "by hand"),)
    assert config.rules == (ClassRule("config.cycle", ChangeClass.VERSION, "", "declared in liftlock.toml", "tag"),)
    assert (config.message, config.branch) == ("{app} to {to}: {move}", "release/{to}/{app}")


def test_environments_stand_in_promotion_order_and_the_order_may_be_a_graph() -> None:
    config = load("""
        [[environment]]
        name = "us"
        after = ["staging"]
        [[environment]]
        name = "eu"
        after = ["staging", "qa"]
        [[environment]]
        name = "qa"
        [[environment]]
        name = "staging"
        after = ["qa"]
    """)
    assert [e.name for e in config.environments] == ["qa", "staging", "us", "eu"]


def test_each_value_is_traced_to_its_line() -> None:
    config = load('message = "{to}"\n[[environment]]\nname = "a"\nafter = ["b"]\n[[environment]]\nname = "b"\n')
    assert config.origins["message"] == "liftlock.toml:1"
    assert config.origins["environment.a"] == "liftlock.toml:2"
    assert config.origins["environment.a.after"] == "liftlock.toml:4"
    assert config.origins["environment.b.name"] == "liftlock.toml:6"


def test_a_byte_order_mark_and_other_line_ends_do_no_harm() -> None:
    config = load_repository(b'\xef\xbb\xbf[[environment]]\r\nname = "a"\r\n', "liftlock.toml")
    assert [e.name for e in config.environments] == ["a"]


ENVIRONMENT = '[[environment]]\nname = "a"\n'


@pytest.mark.parametrize(
    ("text", "line", "says", "hint"),
    [
        # Unknown keys and tables: the place and the nearest key.
        ("mesage = 'x'", 1, "'mesage' is no key at the top of the file", "did you mean 'message'?"),
        ("[[enviroment]]\nname = 'a'", 1, "'enviroment'", "did you mean 'environment'?"),
        (ENVIRONMENT + "\n# c\nAfter = []", 5, "'After' is no key in [[environment]]", "did you mean 'after'?"),
        (ENVIRONMENT + "[[environment.targets]]\ncontext='x'", 3, "'targets'", "did you mean 'target'?"),
        (ENVIRONMENT + "[[environment.target]]\ncontext='x'\nlable='y'", 5, "'lable'", "did you mean 'label'?"),
        (ENVIRONMENT + "zebra = 1", 3, "'zebra'", "take it out"),
        # A key in the wrong table, as happens when it is written below one.
        (ENVIRONMENT + "message = 'x'", 3, "'message'", "at the top of the file, above the first [table]"),
        ("protected = true", 1, "'protected'", "it stands in [[environment]]"),
        # Kinds.
        ("[environment]\nname = 'a'", 1, "must be a list of tables", "write [[environment]]"),
        ("environment = 'a'", 1, "must be a list of tables", "write [[environment]]"),
        (ENVIRONMENT + 'after = "b"', 3, "must be a list of strings", 'write ["b"]'),
        (ENVIRONMENT + "protected = 'yes'", 3, "'protected' must be true or false", ""),
        (ENVIRONMENT + "branch = 1", 3, "'branch' must be a string", ""),
        ("[[environment]]\nprotected = true", 1, "this [[environment]] has no 'name'", 'write name = "…"'),
        ("[[rule]]\npath='a'\nclass='versoin'", 3, "cannot be 'versoin'", "did you mean 'version'?"),
        ("[[rule]]\npath='a'\nclass='version'\nvalue='tags'", 4, "cannot be 'tags'", "did you mean 'tag'?"),
        ("[[rule]]\npath='a'", 1, "this [[rule]] has no 'class'", 'write class = "version"'),
        # What only all of it tells.
        (ENVIRONMENT * 2, 4, "'a' stands there twice", "take one of them away"),
        (ENVIRONMENT + "after = ['a']", 3, "go round in a circle", "take one 'after' away"),
        (ENVIRONMENT + "after = [\n'stagin',\n]\n[[environment]]\nname='staging'", 4, "'stagin'", "mean 'staging'?"),
        (ENVIRONMENT + "after = ['zzz']", 3, "'zzz', which is no environment here", "name one of them, or add it"),
        ("[[never]]\nreason = 'x'", 1, "names neither files nor a path", 'write files = "…" or path = "…"'),
        ("[[pair]]\nfrom = 'x'\nto = 'x'", 3, "paired with itself", "name the other file"),
        # Names, paths and patterns without sense.
        ("[[environment]]\nname = ' '", 2, "name ' ' is empty", ""),
        ("[[environment]]\nname = 'a/b'", 2, "would be taken for a path", ""),
        ("[[environment]]\nname = '-a'", 2, "would be taken for an option", ""),
        ('[[environment]]\nname = "a\\u001b[31m"', 2, "cannot be shown", ""),
        (ENVIRONMENT + "paths = ['apps', '/etc/{app}']", 3, "begins at its top, without a slash", ""),
        (ENVIRONMENT + "paths = ['../other/{app}']", 3, "goes through '.' or '..'", ""),
        (ENVIRONMENT + "paths = ['apps/{name}/x']", 3, "has {name}: only {app} stands for something", ""),
        (ENVIRONMENT + "paths = ['apps/{app/x']", 3, "a brace that is not closed", ""),
        (ENVIRONMENT + "paths = ['apps//x']", 3, "two slashes in a row", ""),
        (ENVIRONMENT + "branch = 'a..b'", 3, "cannot name a branch", ""),
        (ENVIRONMENT + "branch = 'refs/heads/a'", 3, "write the branch's name alone", ""),
        (ENVIRONMENT + "words = ['']", 3, "words '' is empty", ""),
        ("[[never]]\npath = 'spec..host'", 2, "an empty key", ""),
        ("[[never]]\npath = 'spec.images[name=x].newTag'", 2, "items are left out", ""),
        ("[[never]]\npath = '**'", 2, "every leaf", ""),
        ("[[never]]\nfiles = '/apps/*'", 2, "without a slash", ""),
        ("[[rule]]\npath = 'a.**.b'\nclass = 'setting'", 2, "has ** before its end", ""),
        # Templates.
        ("message = '{app} to {too}'", 1, "has {too}: known are {to}, {from}", ""),
        ("message = '{app.__class__}'", 1, "has {app.__class__}", ""),
        ("message = '{app!r:>3}'", 1, "has {app!r:>3}", ""),
        ("message = '{app'", 1, "a brace that is not closed", ""),
        ('message = "a\\nb"', 1, "more than one plain line", ""),
        ("branch = 'a b/{app}'", 1, "cannot name a branch", ""),
        ("branch = '{app}.lock'", 1, "cannot name a branch", ""),
        # No TOML at all.
        ("a = 1\nb = = 2", 2, "this is not TOML", "mend this line"),
        ("a = [\n1,\n", 3, "this is not TOML", "mend this line"),
        ("[[environment]]\nname = 'a'\nname = 'b'", 3, "this is not TOML", ""),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, says: str, hint: str) -> None:
    error = refused(text)
    assert error.title.startswith(f"liftlock.toml:{line}: ")
    assert says in error.title
    assert hint in error.hint


def test_a_longer_circle_is_named_whole() -> None:
    names = ("a", "b", "c")
    text = "".join(f"[[environment]]\nname = '{n}'\nafter = ['{names[i - 1]}']\n" for i, n in enumerate(names))
    assert refused(text).detail == "a comes after c comes after b comes after a"


def test_a_thousand_environments_in_a_row_are_no_circle() -> None:
    text = "".join(f"[[environment]]\nname = 'e{i}'\nafter = ['e{i + 1}']\n" for i in range(999))
    assert load(text + "[[environment]]\nname = 'e999'").environments[0].name == "e999"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("theme = 'dark'", "the user's own"),
        ("[keys]\nplan = ['x']", "the user's own"),
        ("editor = 'rm'", "the user's own"),
        ("command = 'rm'", "the user's own"),
        ("[hooks]\nafter = 'rm'", "the user's own"),
        (ENVIRONMENT + "[[environment.target]]\ncontext='x'\ntoken = 'abc'", "kubeconfig"),
        (ENVIRONMENT + "kubeconfig = 'x'", "kubeconfig"),
        ("password = 'abc'", "credential helpers"),
        ("trusted = ['prod']", "asks you once"),
    ],
)
def test_what_belongs_to_the_user_is_refused_with_the_place_where_it_belongs(text: str, says: str) -> None:
    error = refused(text)
    assert "cannot be set by a repository" in error.title
    assert says in error.detail
    assert "abc" not in error.title + error.detail + error.hint


def test_the_sentence_names_the_file_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert str(tmp_path / "liftlock" / "config.toml") in refused("theme = 'dark'").detail


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    with pytest.raises(ConfigError) as caught:
        load_repository(b'# one\nmessage = "\xff"\n', "liftlock.toml")
    assert caught.value.title == "liftlock.toml:2: this is not UTF-8"


def test_a_table_nested_without_end_is_a_sentence() -> None:
    with pytest.raises(ConfigError):
        load_repository(b"a = " + b"[" * 20000, "liftlock.toml")


def test_no_message_can_steer_a_terminal() -> None:
    for text in (
        '"\\u001b[31mred" = 1',
        '[[environment]]\nname = "a"\nafter = ["\\u001b]0;x\\u0007"]',
        '[[rule]]\npath="a"\nclass="\\u009b31m"',
        '[[environment]]\nname = "a"\npaths = ["/\\u202e"]',
        '[[pair]]\nfrom = "\\u001b"\nto = "\\u001b"',
    ):
        error = refused(text)
        assert not set("\x1b\x9b\x07\u202e") & set(error.title + error.detail + error.hint)
