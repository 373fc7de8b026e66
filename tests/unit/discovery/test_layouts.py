"""Layouts that people keep their environments in, each as a small tree."""

from discovery_trees import TextTree, after, apps, cell, deployment, kustomization, names, questions, reasons

from liftlock.discovery import discover


def test_overlays_below_each_app():
    files = {}
    for app in ("kueue", "backup", "has"):
        files[f"components/{app}/base/kustomization.yaml"] = kustomization("deployment.yaml")
        files[f"components/{app}/base/deployment.yaml"] = deployment(app)
        for environment in ("development", "staging", "production"):
            files[f"components/{app}/{environment}/kustomization.yaml"] = kustomization("../base")
    found = discover(TextTree(files))
    assert names(found) == ["development", "staging", "production"]
    assert after(found) == {"development": (), "staging": ("development",), "production": ("staging",)}
    assert apps(found) == ["backup", "has", "kueue"]
    kueue = cell(found, "kueue", "staging")
    assert kueue.roots == ("components/kueue/staging/",)
    assert kueue.files == ("components/kueue/staging/kustomization.yaml",)
    assert kueue.shared == ("components/kueue/base/deployment.yaml", "components/kueue/base/kustomization.yaml")
    assert kueue.render_root == "components/kueue/staging"
    assert "components/*/{env}/" in reasons(found)
    assert "hold kustomization.yaml" in reasons(found)
    assert "staging: comes after development" in reasons(found)
    assert [e.name for e in found.environments if e.protected] == ["production"]


def test_clusters_below_an_environment_are_part_of_it():
    files = {}
    for environment, clusters in {
        "staging": ["stone-stage-p01"],
        "production": ["kflux-prd-rh02", "kflux-ocp"],
    }.items():
        files[f"components/api/{environment}/base/kustomization.yaml"] = kustomization()
        for cluster in clusters:
            files[f"components/api/{environment}/{cluster}/kustomization.yaml"] = kustomization("../base")
    found = discover(TextTree(files))
    assert names(found) == ["staging", "production"]
    assert apps(found) == ["api"]
    assert len(cell(found, "api", "production").files) == 3
    assert cell(found, "api", "production").render_root == "components/api/production/kflux-ocp"


def test_a_component_named_like_an_environment_is_an_app():
    files = {}
    for app in ("integration", "kueue", "backup", "release", "squid", "test-tools"):
        for environment in ("staging", "production"):
            files[f"components/{app}/{environment}/kustomization.yaml"] = kustomization()
    found = discover(TextTree(files))
    assert names(found) == ["staging", "production"]
    assert "integration" in apps(found)


def test_kustomize_components_are_no_environments_and_the_workload_names_the_app():
    files = {
        "base/kustomization.yml": kustomization("deployment.yml"),
        "base/deployment.yml": deployment("shop"),
        "variants/prod/kustomization.yml": kustomization(kind="Component"),
        "variants/non-prod/kustomization.yml": kustomization(kind="Component"),
    }
    for name in ["integration-gpu", "load-gpu", "qa", "staging-us", "staging-eu", "prod-us", "prod-eu"]:
        files[f"envs/{name}/kustomization.yml"] = kustomization("../../base", "../../variants/prod")
        files[f"envs/{name}/version.yml"] = deployment("shop", "registry.example.com/shop:2.0")
        files[f"envs/{name}/settings.yml"] = deployment("shop")
    found = discover(TextTree(files))
    assert apps(found) == ["shop"]
    assert after(found) == {
        "integration-gpu": (),
        "load-gpu": ("integration-gpu",),
        "qa": ("load-gpu",),
        "staging-eu": ("qa",),
        "staging-us": ("qa",),
        "prod-eu": ("staging-eu",),
        "prod-us": ("staging-us",),
    }
    assert "variants/prod/kustomization.yml" in cell(found, "shop", "prod-us").shared


def test_production_regions_fan_out_from_one_staging():
    files = {
        f"apps/web/overlays/{name}/kustomization.yaml": kustomization()
        for name in ("dev", "staging", "production-us", "production-eu", "production-asia")
    }
    found = discover(TextTree(files))
    assert {n: a for n, a in after(found).items() if n.startswith("production")} == {
        "production-us": ("staging",),
        "production-eu": ("staging",),
        "production-asia": ("staging",),
    }
    assert apps(found) == ["web"]


def test_values_files_and_siblings_that_no_word_names():
    files = {"applications/tap/Chart.yaml": "name: tap\nversion: 1.0.0\n"}
    for app in ("tap", "portal", "nublado", "mobu"):
        files[f"applications/{app}/Chart.yaml"] = f"name: {app}\nversion: 1.0.0\nappVersion: 3.1.0\n"
        files[f"applications/{app}/values.yaml"] = "replicas: 1\n"
        for name in ["idfdev", "idfint", "idfprod", "base", "summit", "usdf-cm", "usdf-cm-dev"]:
            files[f"applications/{app}/values-{name}.yaml"] = "replicas: 2\n"
    found = discover(TextTree(files))
    assert set(names(found)) == {"idfdev", "idfint", "idfprod", "base", "summit", "usdf-cm", "usdf-cm-dev"}
    order = after(found)
    assert order["idfint"] == ("idfdev",)
    assert order["idfprod"] == ("idfint",)
    assert order["usdf-cm"] == ("usdf-cm-dev",)
    assert order["base"] == order["summit"] == ()
    assert "base, summit" in questions(found)
    assert apps(found) == ["mobu", "nublado", "portal", "tap"]
    assert cell(found, "tap", "idfint").files == ("applications/tap/values-idfint.yaml",)
    assert "applications/tap/Chart.yaml" in cell(found, "tap", "idfint").shared


def test_values_base_is_what_all_share_where_there_is_no_plain_values_file():
    files = {}
    for app in ("a", "b", "c"):
        for name in ("base", "staging", "prod"):
            files[f"charts/{app}/values-{name}.yaml"] = "replicas: 2\n"
    assert names(discover(TextTree(files))) == ["staging", "prod"]


def test_environments_as_file_names_with_a_folder_for_each_namespace():
    files = {}
    levels = ["sbox", "dev", "test", "ithc", "demo", "stg", "prod", "ptlsbox", "ptl"]
    for space in ("opal", "pip", "juror"):
        for release in ("api", "frontend"):
            files[f"apps/{space}/{space}-{release}/{space}-{release}.yaml"] = deployment(release)
            for level in levels:
                files[f"apps/{space}/{space}-{release}/{level}.yaml"] = "kind: HelmRelease\n"
        for level in levels:
            files[f"apps/{space}/{level}/base/kustomization.yaml"] = kustomization()
            files[f"clusters/{level}/00/kustomization.yaml"] = kustomization()
    found = discover(TextTree(files))
    assert names(found) == ["sbox", "ptlsbox", "dev", "test", "ithc", "demo", "stg", "prod", "ptl"]
    order = after(found)
    assert order["stg"] == ("test",)
    assert order["prod"] == ("stg",)
    assert order["ptl"] == ("ptlsbox",)
    assert order["dev"] == ()
    assert {"opal-api", "opal-frontend", "opal", "clusters"} <= set(apps(found))
    # What the environment's patch is laid over reaches all of them.
    assert cell(found, "opal-api", "stg").shared == ("apps/opal/opal-api/opal-api.yaml",)


def test_files_without_extension_are_apps_where_each_side_has_them():
    files = {"charts/app-config/Chart.yaml": "name: app-config\nversion: 0.1.0\n"}
    for level in ("test", "integration", "staging", "production"):
        for app in ("account-api", "bouncer", "release", "frontend", "whitehall", "signon"):
            files[f"charts/app-config/image-tags/{level}/{app}"] = "image_tag: v12\n"
        if level != "test":
            files[f"charts/app-config/values-{level}.yaml"] = "replicas: 1\n"
            files[f"charts/app-config/helm-versions/{level}"] = "keda https://example.com/charts: 2.20.0\n"
    found = discover(TextTree(files, links=()))
    assert names(found) == ["test", "integration", "staging", "production"]
    assert apps(found) == ["account-api", "app-config", "bouncer", "frontend", "release", "signon", "whitehall"]
    assert set(cell(found, "app-config", "staging").files) == {
        "charts/app-config/values-staging.yaml",
        "charts/app-config/helm-versions/staging",
    }


def test_links_stand_for_no_environment():
    files = {
        "charts/a/values-staging.yaml": "a: 1\n",
        "charts/a/values-production.yaml": "a: 1\n",
        "charts/a/ci/staging-values.yaml": "../values-staging.yaml",
    }
    found = discover(TextTree(files, links=["charts/a/ci/staging-values.yaml"]))
    assert cell(found, "a", "staging").files == ("charts/a/values-staging.yaml",)


def test_flux_clusters_with_kustomizations_that_point_into_the_tree():
    flux = (
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: {0}\nspec:\n  path: {1}\n"
    )
    files = {
        "infrastructure/controllers/kustomization.yaml": kustomization("cert-manager.yaml"),
        "infrastructure/controllers/cert-manager.yaml": deployment("cert-manager"),
        "apps/base/podinfo/kustomization.yaml": kustomization("release.yaml"),
        "apps/base/podinfo/release.yaml": deployment("podinfo"),
    }
    for level in ("staging", "production"):
        files[f"apps/{level}/kustomization.yaml"] = kustomization("../base/podinfo")
        files[f"apps/{level}/podinfo-values.yaml"] = deployment("podinfo")
        files[f"clusters/{level}/apps.yaml"] = flux.format("apps", f"./apps/{level}")
        files[f"clusters/{level}/infrastructure.yaml"] = flux.format("infra", "./infrastructure/controllers")
    found = discover(TextTree(files))
    assert names(found) == ["staging", "production"]
    assert apps(found) == ["clusters", "infrastructure", "podinfo"]
    assert cell(found, "infrastructure", "staging").files == ("clusters/staging/infrastructure.yaml",)
    assert "infrastructure/controllers/cert-manager.yaml" in cell(found, "infrastructure", "staging").shared
    assert "apps/base/podinfo/release.yaml" in cell(found, "podinfo", "production").shared


def test_flux_clusters_with_a_sibling_that_holds_the_same():
    files = {}
    for name in ("development", "playground", "production", "c2-production", "c3"):
        for app in ("operator", "grafana", "velero"):
            files[f"clusters/{name}/{app}/release.yaml"] = deployment(app)
    files["clusters/notes/readme.yaml"] = "a: 1\n"
    found = discover(TextTree(files))
    assert names(found) == ["development", "playground", "production", "c2-production", "c3"]
    order = after(found)
    assert order["playground"] == ("development",)
    assert order["production"] == order["c2-production"] == ("playground",)
    assert order["c3"] == ()
    assert apps(found) == ["grafana", "operator", "velero"]
    assert "clusters/c3 holds what" in reasons(found)


def test_charts_by_environment():
    files = {}
    for level in ("dev", "staging", "prod"):
        for app in ("argocd", "monitoring-stack"):
            files[f"charts/{level}/{app}/Chart.yaml"] = f"name: {app}\nversion: 1.0.0\n"
            files[f"charts/{level}/{app}/templates/x.yaml"] = "{{ .Values.x }}\n"
    found = discover(TextTree(files))
    assert names(found) == ["dev", "staging", "prod"]
    assert apps(found) == ["argocd", "monitoring-stack"]
    assert cell(found, "argocd", "dev").roots == ("charts/dev/argocd/",)


def test_two_targets_of_one_level_stay_two_environments():
    files = {}
    for app in ("adviser", "user-api"):
        for name in ["test", "stage", "ocp4-stage", "prod", "cnv-prod", "moc-prod"]:
            files[f"{app}/overlays/{name}/kustomization.yaml"] = kustomization()
    found = discover(TextTree(files))
    order = after(found)
    assert order["stage"] == order["ocp4-stage"] == ("test",)
    assert order["prod"] == order["cnv-prod"] == order["moc-prod"] == ("stage",)
    assert apps(found) == ["adviser", "user-api"]


def test_app_and_environment_in_one_file_name():
    files = {}
    for level in ("test", "stg", "prod"):
        files[f"deployments/data-hub/release-data-hub--{level}.yaml"] = "kind: HelmRelease\n"
        files[f"deployments/journal/journal--{level}.config.yaml"] = "kind: ConfigMap\n"
    found = discover(TextTree(files))
    assert names(found) == ["test", "stg", "prod"]
    assert apps(found) == ["data-hub", "journal"]
    assert cell(found, "journal", "prod").files == ("deployments/journal/journal--prod.config.yaml",)


def test_the_word_twice_in_one_path():
    files = {}
    for level in ("staging", "production"):
        for app in ("wikibase", "traefik"):
            files[f"apps/{level}/{app}/values-{level}.yaml"] = "replicas: 1\n"
    found = discover(TextTree(files))
    assert apps(found) == ["traefik", "wikibase"]
    assert cell(found, "traefik", "staging").files == ("apps/staging/traefik/values-staging.yaml",)


def test_dotenv_overrides():
    files = {
        f"helmfile/overrides/{level}.env": 'API_TAG: "1"\n' for level in ("dev", "sandbox", "staging", "production")
    }
    found = discover(TextTree(files))
    assert names(found) == ["sandbox", "dev", "staging", "production"]
    assert after(found)["dev"] == ()
    assert len(apps(found)) == 1


def test_rings_are_a_ladder_of_their_own():
    files = {}
    for ring in range(3):
        files[f"components/kueue/rings/ring-{ring}/base/kustomization.yaml"] = kustomization()
    for level in ("staging", "production"):
        files[f"components/api/{level}/kustomization.yaml"] = kustomization()
    found = discover(TextTree(files))
    assert names(found) == ["staging", "production", "ring-0", "ring-1", "ring-2"]
    assert after(found)["ring-2"] == ("ring-1",)
    assert after(found)["ring-0"] == ()
    assert "chains" in questions(found)


def test_a_variant_in_one_folder_is_an_app_of_the_level():
    files = {}
    for number in range(12):
        for level in ("staging", "production"):
            files[f"components/app{number}/{level}/kustomization.yaml"] = kustomization()
    for level in ("staging", "production"):
        files[f"components/app1/{level}-downstream/kustomization.yaml"] = kustomization()
    found = discover(TextTree(files))
    assert names(found) == ["staging", "production"]
    assert "app1-downstream" in apps(found)


def test_two_spellings_are_one_environment():
    files = {
        "apps/a/staging/kustomization.yaml": kustomization(),
        "apps/a/prod/kustomization.yaml": kustomization(),
        "apps/b/staging/kustomization.yaml": kustomization(),
        "apps/b/prod/kustomization.yaml": kustomization(),
        "apps/c/values-stg.yaml": "a: 1\n",
        "apps/c/values-prd.yaml": "a: 1\n",
    }
    found = discover(TextTree(files))
    assert names(found) == ["staging", "prod"]
    assert found.environments[0].words == ("staging", "stg")
    assert cell(found, "c", "prod").files == ("apps/c/values-prd.yaml",)


def test_applicationsets_name_environments_that_no_word_does():
    appset = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata:\n  name: shop\nspec:\n  generators:\n"
        "  - list:\n      elements:\n      - env: blue\n        path: apps/shop/envs/blue\n"
        "      - env: green\n        path: apps/shop/envs/green\n"
    )
    files = {
        "argocd/shop.yaml": appset,
        "apps/shop/envs/blue/kustomization.yaml": kustomization(),
        "apps/shop/envs/green/kustomization.yaml": kustomization(),
    }
    found = discover(TextTree(files))
    assert sorted(names(found)) == ["blue", "green"]
    assert apps(found) == ["shop"]
    assert "the ApplicationSet in argocd/shop.yaml lists it" in reasons(found)


def test_names_of_several_words_are_found_at_the_end_of_file_names():
    files = {
        f"services/{a}/envs/{e}/kustomization.yaml": kustomization()
        for a in "ab"
        for e in ("staging", "prod-eu", "prod-us")
    }
    files |= {
        f"argocd/platform-{e}.yaml": f"kind: Application\nspec: {{source: {{targetRevision: {e}}}}}\n"
        for e in ("staging", "prod-eu", "prod-us")
    }
    found = discover(TextTree(files))
    assert sorted(names(found)) == ["prod-eu", "prod-us", "staging"]
    assert cell(found, "platform", "prod-us").files == ("argocd/platform-prod-us.yaml",)


def test_one_environment_is_enough():
    found = discover(TextTree({"overlays/production/kustomization.yaml": kustomization()}))
    assert names(found) == ["production"]
    assert len(found.cells) == 1


def test_nothing_found_says_what_was_looked_for():
    found = discover(TextTree({"README.md": "# hello\n", "src/main.py": "print()\n", "docs/staging/x.yaml": "a: 1\n"}))
    assert found.environments == ()
    assert found.cells == ()
    assert "looked for" in reasons(found)
    assert questions(found)


def test_a_broken_file_is_a_problem_of_its_own_place_only():
    files = {
        "clusters/staging/apps.yaml": "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: [\n",
        "clusters/production/apps.yaml": "a: 1\n",
    }
    found = discover(TextTree(files))
    assert names(found) == ["staging", "production"]
    assert [p.place for p in found.problems] == ["clusters/staging/apps.yaml"]


def test_applicationsets_that_stand_a_wildcard_for_environments():
    appset = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec:\n  generators:\n  - git:\n      directories:\n"
        "      - path: apps/*/envs/*\n"
    )
    files = {"argocd/all.yaml": appset}
    for app in ("shop", "web"):
        for name in ("blue", "green"):
            files[f"apps/{app}/envs/{name}/kustomization.yaml"] = kustomization()
    found = discover(TextTree(files))
    assert sorted(names(found)) == ["blue", "green"]
    assert apps(found) == ["shop", "web"]
    assert "makes one of each apps/*/envs/*" in reasons(found)
