"""`liftlock history`: lines, JSON, CSV, figures."""

import csv
import io

from fleets import Fleet

from liftlock.model.change import ChangeClass
from liftlock.model.record import Arrival, Kind, Moved
from liftlock.model.revision import Revision
from liftlock_tui.plain.recording import csv_rows


def test_what_a_promotion_left_is_told(fleet: Fleet):
    made = fleet.run("promote", "dev", "staging", "--app", "api", "--reason", "release 42", "--onto", "next", "--json")
    if made.code:
        fleet.git("branch", "next", "origin/main")
        made = fleet.run(
            "promote", "dev", "staging", "--app", "api", "--reason", "release 42", "--onto", "next", "--json"
        )
    assert made.code == 0, made.err
    answer = fleet.run("history", "staging", "--at", "next", "--limit", "1")
    assert answer.code == 0
    first, second, third, *_ = answer.out.splitlines()
    assert "dev → staging  api 1.2.0 → 1.3.0" in first
    assert "by Ann Author" in second
    assert third.strip() == "because: release 42"
    (one,) = fleet.run("history", "staging", "--at", "next", "--limit", "1", "--json").json["arrivals"]
    assert (one["kind"], one["told_by"], one["from"], one["environment"]) == ("promotion", "trailers", "dev", "staging")
    assert [(m["app"], m["old"], m["new"]) for m in one["moves"]] == [("api", "1.2.0", "1.3.0")]
    (row,) = csv.DictReader(io.StringIO(fleet.run("history", "--at", "next", "--limit", "1", "--csv").out))
    assert (row["app"], row["old"], row["new"], row["reason"]) == ("api", "1.2.0", "1.3.0", "release 42")
    figures = fleet.run("history", "--at", "next", "--figures", "--json").json["figures"]
    assert [(h["from"], h["to"], h["promotions"]) for h in figures["hops"]] == [("dev", "staging", 1)]
    assert "dev → staging" in fleet.run("history", "--at", "next", "--figures").out


def test_nothing_and_what_is_wrong(fleet: Fleet):
    assert fleet.run("history", "production-eu").out.strip() == "no promotion was found"
    assert fleet.run("history", "nowhere").code == 2
    assert fleet.run("history", "--since", "yesteryear").code == 2
    assert fleet.run("history", "--csv", "--json").code == 2
    assert fleet.run("history", "--since", "2001-01-01").code == 0


def test_no_cell_of_the_csv_is_a_formula():
    moved = Moved("=api", "f", "p", None, "+1", ChangeClass.VERSION)
    told = Revision("c" * 40, "@ann", 0.0, '=HYPERLINK("http://x")')
    arrival = Arrival(told, "prod", Kind.PROMOTION, apps=("=api",), moves=(moved,), authors=("-ann",), reason=" =1+1")
    (row,) = csv_rows(arrival)
    assert not [cell for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]
    assert "'=api" in row and "'+1" in row


def test_what_a_new_version_contains_is_told_by_history_and_plan(fleet: Fleet, monkeypatch):
    app = fleet.path.parent / "api"
    fleet.git("init", "-q", str(app))
    repository = Fleet(app)
    for subject, tag in (("begin", "v1.2.0"), ("answer faster", "v1.3.0")):
        repository.git("commit", "-q", "--allow-empty", "-m", subject)
        repository.git("tag", tag)
    config = fleet.path.parent / "config"
    (config / "liftlock").mkdir(parents=True)
    (config / "liftlock" / "config.toml").write_text(f'[repositories]\napi = "{app}"\n')
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    found = fleet.run("plan", "dev", "staging", "--app", "api", "--json").json["releases"]
    assert [(r["old"], r["new"], [c["subject"] for c in r["commits"]]) for r in found] == [
        ("1.2.0", "1.3.0", ["answer faster"])
    ]
    said = fleet.run("plan", "dev", "staging", "--app", "api").out
    assert "api 1.2.0 → 1.3.0 has 1 new commit" in said and "answer faster" in said


def test_figures_of_a_time_in_which_nothing_came(fleet: Fleet):
    answer = fleet.run("history", "--figures", "--since", "2100-01-01")
    assert answer.code == 0 and "nothing came that is known" in answer.out
