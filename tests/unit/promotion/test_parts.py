import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.promotion.parts import (
    Image,
    Named,
    image,
    named,
    only_version_folder_differs,
    reference,
    version_shape,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ghcr.io/acme/api:1.4.2", Image("ghcr.io/acme/api", "1.4.2")),
        ("localhost:5000/api:v1", Image("localhost:5000/api", "v1")),
        ("quay.io/a/b@sha256:" + "a" * 64, Image("quay.io/a/b", "", "sha256:" + "a" * 64)),
        ("quay.io/a/b:1@sha256:" + "0" * 64, Image("quay.io/a/b", "1", "sha256:" + "0" * 64)),
        ("nginx:1.27", Image("nginx", "1.27")),
        ("oci://ghcr.io/a/manifests:1.2", Image("ghcr.io/a/manifests", "1.2", "", "oci://")),
        ("docker://quay.io/a/b@sha256:" + "a" * 64, Image("quay.io/a/b", "", "sha256:" + "a" * 64, "docker://")),
        ("registry.local:5000/a/b:v1@sha256:" + "0" * 64, Image("registry.local:5000/a/b", "v1", "sha256:" + "0" * 64)),
    ],
)
def test_images_are_read_in_their_parts(text: str, parts: Image):
    assert image(text) == parts
    assert str(parts) == text


@pytest.mark.parametrize("text", ["8080:80", "db.example.com:5432", "nginx", "https://x.example.com:80", "a b:c", ""])
def test_what_is_no_image_is_none(text: str):
    assert image(text) is None


@pytest.mark.parametrize(
    ("text", "registry", "name"),
    [
        ("registry.local:5000/a/b:1", "registry.local:5000", "a/b"),
        ("localhost/a:1", "localhost", "a"),
        ("acme/api:1", "", "acme/api"),
        ("nginx:1.27", "", "nginx"),
    ],
)
def test_the_registry_is_told_from_the_repository(text: str, registry: str, name: str):
    told = image(text)
    assert told is not None
    assert (told.registry, told.name) == (registry, name)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("https://github.com/a/b//sub/dir?ref=v1.2", "v1.2"),
        ("git@github.com:a/b.git//sub?ref=main", "main"),
        ("git::https://github.com/a/b.git?ref=abcdef1&depth=1", "abcdef1"),
        ("https://github.com/a/b?timeout=90s&version=v3.0.0", "v3.0.0"),
        ("a/b/.github/workflows/x.yaml@v1.2.3", "v1.2.3"),
        ("a/b/action@main", None),
        ("git@github.com:a/b.git", None),
        ("someone@example.com", None),
    ],
)
def test_references_of_many_spellings_are_found(text: str, ref: str | None):
    told = reference(text)
    assert (told.ref if told else None) == ref


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("redis-17.0.1", Named("redis", "17.0.1")),
        ("kube-prometheus-stack-45.1.0.tgz", Named("kube-prometheus-stack", "45.1.0", ".tgz")),
        ("api-v1.2.3-rc.1", Named("api", "v1.2.3-rc.1")),
        ("redis", None),
        ("1.2.3", None),
        ("host-10.0.0.1", None),
        ("node-1", None),
    ],
)
def test_a_version_behind_a_name_is_found(text: str, parts: Named | None):
    assert named(text) == parts


def test_a_version_may_be_part_of_a_folders_name():
    assert only_version_folder_differs("https://x.org/charts/redis-17.0.1.tgz", "https://x.org/charts/redis-17.1.0.tgz")
    assert only_version_folder_differs("./apps/redis-17.0.1/base", "./apps/redis-17.1.0/base")
    assert not only_version_folder_differs("./apps/redis-17.0.1/base", "./apps/valkey-17.1.0/base")


def test_a_reference_is_the_part_after_ref():
    told = reference("https://github.com/a/b//deploy?ref=v1.2&timeout=90s")
    assert told is not None
    assert told.ref == "v1.2"
    assert str(told) == "https://github.com/a/b//deploy?ref=v1.2&timeout=90s"
    assert reference("https://github.com/a/b") is None


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("1.4.2", "semver"),
        ("v1.4.2-rc.1", "semver"),
        ("1.4.2+build.7", "semver"),
        ("73e63a3db71ab5084150b31277710aabff613b03", "sha"),
        ("sha-077bb3c", "sha"),
        ("sha256:" + "a" * 64, "digest"),
        ("2026-03-01", "date"),
        ("release-20260301", "date"),
        ("v3", "short"),
        ("1.27", "short"),
        ("10.0.0.1", ""),
        ("10.0.0.0/16", ""),
        ("production", ""),
        ("true", ""),
        ("12345678", ""),
        ("deadbee", ""),
        ("", ""),
    ],
)
def test_versions_are_told_by_their_shape(text: str, shape: str):
    assert version_shape(text) == shape


@given(st.text())
def test_any_text_is_read_without_harm(text: str):
    told = image(text)
    if told is not None:
        assert str(told) == text
    found = reference(text)
    if found is not None:
        assert str(found) == text
    version_shape(text)
