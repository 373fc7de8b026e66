"""Secrets do not pass: not in objects, not in files, and those in plain text are found."""

from __future__ import annotations

import base64

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from liftlock.diffing import diff_texts, mask, mask_text, plain_text_secrets

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
AWS = "AKIA" + "IOSFODNN7EXAMPLE"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
RANDOM = "q8Zt3LwX0vK5nB7yR2mH9cF4jD6sG1aP"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


def test_every_value_of_a_secret_is_masked_and_its_keys_stay() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "db", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}},
        "type": "Opaque",
        "data": {"url": base64.b64encode(b"hunter2").decode(), "odd": "not base64!"},
        "stringData": {"plain": "hunter2", "number": 7, "empty": ""},
    }
    clean = mask(secret)
    assert clean["metadata"]["name"] == "db"
    assert clean["type"] == "Opaque"
    shown = str(clean)
    assert "hunter2" not in shown
    assert "aHVudGVy" not in shown
    assert "not base64" not in shown
    assert clean["data"]["url"] == clean["stringData"]["plain"]
    assert clean["data"]["url"].startswith("••••")
    assert len(clean["data"]["url"]) == 12
    assert clean["stringData"]["empty"] == ""
    assert secret["stringData"]["plain"] == "hunter2", "the argument is left as it is"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("password", "hunter2"),
        ("DB_PASSWORD", "x1"),
        ("githubToken", "abc"),
        ("clientSecret", "abc"),
        ("client-secret", "abc"),
        ("apiKey", "abc1"),
        ("AWS_SECRET_ACCESS_KEY", "abc"),
        ("mysqlrootpassword", "abc"),
        ("anything", JWT),
        ("anything", AWS),
        ("anything", GITHUB),
        ("anything", PEM),
        ("url", "postgres://app:hunter2@db/x"),
    ],
)
def test_values_that_look_like_secrets_are_masked(key: str, value: str) -> None:
    clean = mask({"spec": {key: value}})["spec"][key]
    assert "••••" in clean
    assert value not in clean
    assert "hunter2" not in clean
    by_name = mask({"env": [{"name": key, "value": value}]})["env"][0]
    assert by_name["name"] == key
    assert "hunter2" not in by_name["value"]
    assert "••••" in by_name["value"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("secretName", "db-credentials"),
        ("existingSecret", "db-credentials"),
        ("secretKeyRef", {"name": "db", "key": "password"}),
        ("passwordSecretKeyRef", "x"),
        ("automountServiceAccountToken", True),
        ("tokenExpirationSeconds", 3600),
        ("passwordFile", "/run/secrets/x"),
        ("secret", "tls-cert"),
        ("password", "${DB_PASSWORD}"),
        ("password", ""),
        ("token", "{{ .Values.token }}"),
        ("password", "ENC[AES256_GCM,data:abc,tag:x]"),
        ("image", "ghcr.io/acme/api@sha256:" + "0123456789abcdef" * 4),
        ("GIT_SHA", "4f2a9c1b4f2a9c1b4f2a9c1b4f2a9c1b4f2a9c1b"),
        ("id", "3f1c9a52-8a7b-4b8e-9a51-0c9fb0c1d2e3"),
        ("keyboard", "qwerty"),
        ("secretary", "Ann"),
        ("tokenizer", "bert"),
    ],
)
def test_names_places_and_references_of_secrets_stay(key: str, value: object) -> None:
    assert mask({"spec": {key: value}}) == {"spec": {key: value}}


def test_a_generated_value_of_an_environment_variable_is_masked() -> None:
    clean = mask({"env": [{"name": "COOKIE", "value": RANDOM}, {"name": "HOST", "value": "a" * 40}]})
    assert clean["env"][0]["value"].startswith("••••")
    assert clean["env"][1]["value"] == "a" * 40


def test_files_inside_config_maps_are_masked_line_by_line() -> None:
    config = {"kind": "ConfigMap", "apiVersion": "v1", "data": {"app.ini": "level=info\npassword=hunter2\nmode=x"}}
    lines = mask(config)["data"]["app.ini"].split("\n")
    assert (lines[0], lines[2]) == ("level=info", "mode=x")
    assert lines[1].startswith("password=••••")


def test_names_in_external_secrets_are_no_secrets() -> None:
    external = {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "spec": {"token": "name-of-it7"}}
    assert mask(external) == external


SECRET = f"""\
# the database
apiVersion: v1
kind: Secret
metadata:
  name: db
stringData:
  user: "hunter2"   # kept
  password: 'hun''ter2'
  key: |
    {PEM.replace(chr(10), chr(10) + "    ")}
  folded: hunter2
    hunter2
  sealed: ENC[AES256_GCM,data:x]
data: {{a: aHVudGVyMg==, b: "aHVudGVyMg=="}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  level: info
  app.properties: |
    db.password=hunter2
    db.host=localhost
"""


def test_a_file_of_secrets_keeps_its_lines_and_loses_its_values() -> None:
    clean = mask_text("secret.yaml", SECRET)
    assert "hunter2" not in clean
    assert "aHVudGVy" not in clean
    assert "MIIEow" not in clean
    before, after = SECRET.split("\n"), clean.split("\n")
    assert len(before) == len(after)
    assert after[:6] == before[:6]
    assert after[8] == before[8], "the header of the block stays"
    assert after[6].endswith("   # kept")
    assert "  sealed: ENC[AES256_GCM,data:x]" in after
    assert "    db.host=localhost" in after
    documents = list(yaml.safe_load_all(clean))
    assert documents[0]["stringData"]["user"].startswith("••••")
    assert documents[1]["data"]["level"] == "info"


def test_a_change_in_a_masked_file_is_still_seen() -> None:
    other = SECRET.replace('"hunter2"', '"hunter3"')
    diff = diff_texts("s.yaml", mask_text("s.yaml", SECRET), mask_text("s.yaml", other))
    assert (diff.added, diff.removed) == (1, 1)
    assert "hunter" not in str(diff)


@pytest.mark.parametrize(
    "text",
    [
        SECRET.replace("metadata:", "metadata: {{ .x }}\n broken: [", 1),
        SECRET.replace("\n", "\r\n"),
        "\ufeff" + SECRET,
        SECRET.replace("# the database", "# die Datenbänke 漢字 𝄞"),
        SECRET.replace("metadata:\n", "metadata: {\n", 1),
    ],
)
def test_odd_files_are_masked_too(text: str) -> None:
    for form in (text, text.encode()):
        clean = mask_text("secret.yaml", form)
        shown = clean if isinstance(clean, str) else clean.decode()
        assert "hunter2" not in shown
        assert "aHVudGVy" not in shown
        assert "MIIEow" not in shown
        assert shown.count("\n") == text.count("\n")
        assert shown.count("\r") == text.count("\r")


def test_other_files_are_masked_by_their_lines() -> None:
    assert mask_text("x.env", "A=1\nDB_PASSWORD=hunter2\n").startswith("A=1\nDB_PASSWORD=••••")
    assert "hunter2" not in mask_text("x.env", 'export DB_PASSWORD="hunter2"\n')
    assert "hunter2" not in mask_text("x.json", '{\n\t"password": "hunter2",\n\t"a": 1\n}\n')
    assert mask_text("a.bin", b"\0password=x") == b"\0password=x"
    assert mask_text("gone", None) is None
    assert mask_text("x.yaml", b"a: 1\nb: \xff\n") == b"a: 1\nb: \xff\n"


@settings(max_examples=100)
@given(value=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=3, max_size=20))
def test_whatever_stands_in_a_secret_is_masked(value: str) -> None:
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"k": f"zq{value}qz"}}
    for style in (None, "'", '"', "|"):
        text = yaml.safe_dump(secret, default_style=style, allow_unicode=True)
        clean = mask_text("x.yaml", text)
        assert "zq" not in clean
        assert clean.count("\n") == text.count("\n")
        assert plain_text_secrets("x.yaml", text)[0][1] == "k of Secret x"


def test_plain_text_secrets_are_found_with_their_lines_and_without_their_values() -> None:
    found = plain_text_secrets("secret.yaml", SECRET)
    assert found == (
        (7, "user of Secret db"),
        (8, "password of Secret db"),
        (9, "key of Secret db"),
        (10, "a private key"),
        (14, "folded of Secret db"),
        (17, "a of Secret db"),
        (26, "the value of db.password"),
    )
    assert plain_text_secrets("a.env", b"TOKEN=abcd\nURL=http://u:pw123@h/\nX=1\n") == (
        (1, "the value of TOKEN"),
        (2, "a password in an address"),
    )


@pytest.mark.parametrize(
    "text",
    [
        "kind: Secret\napiVersion: v1\nstringData:\n  a: ENC[AES256_GCM,data:x]\nsops:\n  mac: ENC[x]\n",
        "apiVersion: v1\nkind: Secret\nstringData:\n  a: ${PASSWORD}\n  b: <path:kv/x#y>\n  c: '{{ .x }}'\n",
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nspec:\n  encryptedData:\n    password: AgBy3i4OJSWK\n",
        "apiVersion: v1\nkind: Secret\nstringData:\n  a: ''\n",
        "a: [1\n",
        "",
        "env:\n- name: PASSWORD\n  valueFrom: {secretKeyRef: {name: x, key: password}}\n",
    ],
)
def test_encrypted_empty_and_referenced_values_are_no_plain_text(text: str) -> None:
    assert plain_text_secrets("a.yaml", text) == ()
