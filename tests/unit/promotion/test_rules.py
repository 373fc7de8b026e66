from liftlock.promotion.rules import RULES, fits


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
