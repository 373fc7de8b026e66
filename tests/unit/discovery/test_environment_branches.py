"""Environments that are branches, and branches that are not."""

from discovery_trees import TextTree, after, apps, cell, deployment, kustomization, names, questions

from liftlock.discovery import discover, is_environment_word, pair_files


def _hub(tag: str) -> TextTree:
    files = {"README.md": f"# {tag}\n"}
    for hub in ("ooi", "icesat2"):
        files[f"deployments/{hub}/hubploy.yaml"] = "image: x\n"
        files[f"deployments/{hub}/config/staging.yaml"] = f"tag: {tag}\n"
        files[f"deployments/{hub}/config/prod.yaml"] = f"tag: {tag}\n"
    return TextTree(files)


def test_branches_of_one_layout_are_environments_when_one_of_them_is_read():
    staging, prod = _hub("2"), _hub("1")
    found = discover(staging, branches={"staging": staging, "prod": prod})
    assert names(found) == ["staging", "prod"]
    assert after(found)["prod"] == ("staging",)
    assert {e.name: e.ref for e in found.environments} == {"staging": "staging", "prod": "prod"}
    assert apps(found) == ["icesat2", "ooi"]
    assert "Are the branches the environments, or the folders?" in questions(found)
    # A branch holds all of its files; the word in a path means nothing there.
    source, target = found.environments
    pairs = pair_files(cell(found, "ooi", "staging"), cell(found, "ooi", "prod"), staging, prod, source, target)
    assert all(p.source == p.target for p in pairs)
    assert "deployments/ooi/config/staging.yaml" in {p.target for p in pairs}


def test_branches_beside_environment_folders_are_only_branches():
    files = {f"apps/{app}/{level}/k.yaml": "a: 1\n" for app in ("a", "b") for level in ("staging", "production")}
    main = TextTree(files)
    old = TextTree(files | {"apps/a/staging/k.yaml": "a: 0\n"})
    found = discover(main, branches={"staging": old, "prod": old})
    assert names(found) == ["staging", "production"]
    assert all(e.ref is None for e in found.environments)


def test_branches_are_environments_where_no_folder_is():
    def branch(tag: str) -> TextTree:
        return TextTree(
            {"apps/web/kustomization.yaml": kustomization(images={"web": tag}), "apps/web/d.yaml": deployment("w")}
        )

    found = discover(
        branch("3"), branches={"env/dev": branch("3"), "env/staging": branch("2"), "env/prod": branch("1")}
    )
    assert names(found) == ["dev", "staging", "prod"]
    assert found.environments[0].ref == "env/dev"
    assert apps(found) == ["web"]


def test_a_branch_of_another_layout_is_no_environment():
    main = TextTree({"apps/web/kustomization.yaml": kustomization()})
    site = TextTree({"index.html": "<html>"})
    assert names(discover(main, branches={"staging": main, "prod": site})) == []


def test_words_of_branches():
    assert all(map(is_environment_word, ["prod", "staging", "env/dev", "prod-us", "environments/production-eu"]))
    assert not any(
        map(is_environment_word, ["main", "fix/prod", "add-dev-thing", "prod-incident-fix", "", "release/prod"])
    )
