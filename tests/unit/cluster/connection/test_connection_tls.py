"""Whom we speak with: certificates that are looked at, those that are not, and a client's own."""

from __future__ import annotations

import base64
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from scripted_api import Connect, ScriptedApi

from liftlock.errors import LoginNeeded, Unreachable

_OPENSSL = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def certificate(folder: Path, name: str, *, alternative: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    made, key = folder / f"{name}.crt", folder / f"{name}.key"
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName={alternative}", "-days", "2")
    subprocess.run([*_OPENSSL, "-keyout", str(key), "-out", str(made), *subject], check=True, capture_output=True)
    return made, key


def files(folder: Path) -> list[str]:
    return [file.name for file in folder.rglob("*") if file.is_file()]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    try:
        certificate(folder, "server")
        certificate(folder, "other", alternative="DNS:elsewhere.example")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no openssl that makes certificates")
    return folder


@pytest.fixture
async def api(keys: Path) -> AsyncIterator[ScriptedApi]:
    made = ScriptedApi()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(keys / "server.crt", keys / "server.key")
    context.load_verify_locations(keys / "other.crt")
    context.verify_mode = ssl.CERT_OPTIONAL
    await made.start(ssl=context)
    yield made
    await made.stop()


async def test_a_certificate_that_the_kubeconfig_names_is_trusted(
    api: ScriptedApi, connect: Connect, keys: Path
) -> None:
    connection = connect(**{"certificate-authority": str(keys / "server.crt")})
    assert await connection.request("GET", "/version")
    assert not connection.insecure
    data = base64.b64encode((keys / "server.crt").read_bytes()).decode()
    assert await connect(**{"certificate-authority-data": data}).request("GET", "/version")


async def test_a_certificate_of_nobody_is_refused_and_said(api: ScriptedApi, connect: Connect, keys: Path) -> None:
    for authority in ({}, {"certificate-authority": str(keys / "other.crt")}):
        with pytest.raises(Unreachable) as caught:
            await connect(**authority).request("GET", "/version")
        assert "not to be trusted" in caught.value.title
        assert "certificate-authority" in caught.value.hint
    assert api.asked == []


async def test_the_name_in_the_certificate_is_looked_at(api: ScriptedApi, connect: Connect, keys: Path) -> None:
    named = {"certificate-authority": str(keys / "server.crt"), "tls-server-name": "elsewhere.example"}
    with pytest.raises(Unreachable) as caught:
        await connect(**named).request("GET", "/version")
    assert "not to be trusted" in caught.value.title


async def test_insecure_looks_at_nothing_and_warns(api: ScriptedApi, connect: Connect) -> None:
    connection = connect(**{"insecure-skip-tls-verify": True})
    assert await connection.request("GET", "/version")
    assert connection.insecure
    (warning,) = connection._kubeconfig.require("here").warnings
    assert "not checked" in warning


async def test_a_certificate_of_our_own_is_sent_and_its_key_is_nowhere_afterwards(
    api: ScriptedApi, connect: Connect, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    user = {
        f"client-{what}-data": base64.b64encode((keys / f"other.{end}").read_bytes()).decode()
        for what, end in (("certificate", "crt"), ("key", "key"))
    }
    connection = connect(user, **{"certificate-authority": str(keys / "server.crt")})
    assert await connection.request("GET", "/version")
    assert files(tmp_path) == ["config"]


async def test_a_key_that_is_none_is_a_login_that_is_needed(api: ScriptedApi, connect: Connect, keys: Path) -> None:
    user = {"client-certificate": str(keys / "other.crt"), "client-key": str(keys / "server.key")}
    with pytest.raises(LoginNeeded) as caught:
        await connect(user, **{"insecure-skip-tls-verify": True}).request("GET", "/version")
    assert "cannot log in" in caught.value.title


async def test_plain_words_to_a_tls_port_and_the_other_way_are_unreachable(api: ScriptedApi, connect: Connect) -> None:
    plain = ScriptedApi()
    await plain.start()
    for url in (api.url.replace("https", "http"), plain.url.replace("http", "https")):
        with pytest.raises(Unreachable):
            await connect(url=url).request("GET", "/version")
    await plain.stop()
