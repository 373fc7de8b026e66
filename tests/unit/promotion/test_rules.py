from liftlock.config.schema import REPOSITORY
from liftlock.model.change import ChangeClass
from liftlock.promotion.classify import judge
from liftlock.promotion.compare import compare
from liftlock.promotion.rules import BY_VALUE, RULES, VALUES, document, fits, of_team
from liftlock.promotion.words import Words
from liftlock.yamledit import read


def test_patterns_match_the_end_of_a_path():
    assert fits("images.newtag", ("spec", "images", "newtag"))
    assert not fits("images.newtag", ("newtag",))
    assert fits("limits.**", ("resources", "limits", "cpu"))
    assert fits("probe.**", ("readiness", "probe", "http", "port"))
    assert not fits("probe.**", ("probe",))
    assert fits("a|*replicas", ("spec", "minreplicas"))


def test_every_rule_gives_its_reason():
    assert all(rule.why and rule.path for rule in RULES)
    assert len({(rule.path, rule.value) for rule in RULES}) == len(RULES)


def test_every_rule_says_where_it_comes_from_and_stands_in_the_document():
    told = document()
    for rule in (*RULES, *BY_VALUE):
        assert rule.source
        assert rule.value in VALUES
        assert rule.why in told


def test_a_team_writes_rules_in_the_same_words():
    key = REPOSITORY["rule"].keys["value"]
    assert set(key.choices) == {value for value in VALUES if value}


def test_a_teams_rule_is_asked_first_and_only_of_the_values_that_it_wants():
    rule = of_team("cycle", ChangeClass.VERSION, "our cycle", "", "tag")
    for old, new, cls in (("c43", "c44", ChangeClass.VERSION), ("a b", "c d", ChangeClass.SETTING)):
        left, right = read(f"cycle: {new}".encode(), "v.yaml"), read(f"cycle: {old}".encode(), "v.yaml")
        (difference,) = compare(left, right, Words((), ()))
        assert judge(difference, "v.yaml", Words((), ()), rules=(rule,)).cls is cls
