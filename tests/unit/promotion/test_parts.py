import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftlock.promotion.parts import Image, image, reference, version_shape


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("ghcr.io/acme/api:1.4.2", Image("ghcr.io/acme/api", "1.4.2")),
        ("localhost:5000/api:v1", Image("localhost:5000/api", "v1")),
        ("quay.io/a/b@sha256:" + "a" * 64, Image("quay.io/a/b", "", "sha256:" + "a" * 64)),
        ("quay.io/a/b:1@sha256:" + "0" * 64, Image("quay.io/a/b", "1", "sha256:" + "0" * 64)),
        ("nginx:1.27", Image("nginx", "1.27")),
    ],
)
def test_images_are_read_in_their_parts(text: str, parts: Image):
    assert image(text) == parts
    assert str(parts) == text


@pytest.mark.parametrize("text", ["8080:80", "db.example.com:5432", "nginx", "https://x.example.com:80", "a b:c", ""])
def test_what_is_no_image_is_none(text: str):
    assert image(text) is None


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
