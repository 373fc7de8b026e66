"""Who we are to one API server: a context's entries made ready for the Kubernetes client.

Everything that the client would do by itself and that a person could notice is done here instead: token files are
read, keys stand in files only as long as it takes to load them, impersonation is not lost.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from liftlock.clock import Clock
from liftlock.cluster.credentials import Credentials
from liftlock.cluster.expiry import certificate_expiry, token_expiry
from liftlock.cluster.kubeconfig import Kubeconfig
from liftlock.errors import LoginNeeded, Unreachable
from liftlock.text import printable
from liftlock.values import dataclass

_SHOW = "kubectl config view --minify shows it"
# Where data and file say the same thing, the data holds, as in kubectl.
_PARTS = (
    ("cluster", "certificate-authority"),
    ("user", "client-certificate"),
    ("user", "client-key"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A kubeconfig of this one context, whose keys are in files of a folder that is to be removed soon.

    `mark` changes when a new TLS session is needed (another server, certificate or key), not when a token changes.
    `expires` is when the credentials end that are not renewed by asking: a client certificate's or a token's own time.
    """

    config: Mapping[str, Any]
    headers: tuple[tuple[str, str], ...]
    mark: str
    expires: float | None = None

    def __repr__(self) -> str:
        return "Identity(…)"


def identity(kubeconfig: Kubeconfig, context: str, given: Credentials | None, folder: Path, clock: Clock) -> Identity:
    """The identity of a context; `given` is what its plugin gave. Raises LoginNeeded or Unreachable."""
    name = printable(context)
    parts = {"cluster": dict(kubeconfig.cluster(context)), "user": dict(kubeconfig.user(context))}
    cluster, user = parts["cluster"], parts["user"]
    server = str(cluster.get("server") or "")
    if not server:
        raise Unreachable(f"The context {name} names no server", "its cluster is not in your kubeconfig", _SHOW)
    _check_proxy(name, cluster.get("proxy-url"))
    user.pop("exec", None)
    if given is not None:
        for key in ("token", "tokenFile", "client-certificate", "client-key"):
            user.pop(key, None)
        _take(user, given)
    token = _token(user, name, clock)
    for key in ("tokenFile", "auth-provider", "token"):
        user.pop(key, None)
    if token:
        user["token"] = token
    mark = hashlib.sha256()
    certificate = b""
    for part, key in _PARTS:
        content = _content(parts[part], key, name)
        parts[part].pop(f"{key}-data", None)
        parts[part].pop(key, None)
        if content is not None:
            file = folder / key
            file.write_bytes(content)
            parts[part][key] = str(file)
            mark.update(key.encode() + content)
        if key == "client-certificate":
            certificate = content or b""
    for key in ("server", "proxy-url", "tls-server-name", "insecure-skip-tls-verify"):
        mark.update(f"{key}={cluster.get(key)}\n".encode())
    config = {
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": "cluster", "user": "user"}}],
        "clusters": [{"name": "cluster", "cluster": cluster}],
        "users": [{"name": "user", "user": user}],
    }
    expires = certificate_expiry(certificate.decode("latin-1")) if certificate else token_expiry(token)
    return Identity(config, _impersonation(user), mark.hexdigest(), expires)


def expired(known: Identity | None, context: str, now: float) -> tuple[str, str]:
    """Title and detail when the credentials have ended by their own time, both "" otherwise."""
    if known is None or known.expires is None or known.expires > now:
        return "", ""
    when = datetime.fromtimestamp(known.expires, UTC).strftime("%Y-%m-%d %H:%M UTC")
    what = "client certificate" if "client-certificate" in known.config["users"][0]["user"] else "token"
    return f"The {what} of {printable(context)} has expired", f"it was good until {when}"


def _check_proxy(name: str, proxy: Any) -> None:
    if not proxy:
        return
    scheme = urlsplit(str(proxy)).scheme.lower()
    if scheme not in ("http", "https"):
        raise Unreachable(
            f"{name} is behind a {printable(scheme) or 'nameless'} proxy",
            "liftlock speaks through HTTP proxies only",
            "give the context an http proxy-url, or a tunnel to its server",
        )


def _take(user: dict[str, Any], given: Credentials) -> None:
    if given.token:
        user["token"] = given.token
    if given.certificate and given.key:
        user["client-certificate-data"] = base64.b64encode(given.certificate.encode()).decode()
        user["client-key-data"] = base64.b64encode(given.key.encode()).decode()


def _token(user: Mapping[str, Any], name: str, clock: Clock) -> str:
    provider = user.get("auth-provider")
    if isinstance(provider, Mapping) and provider.get("name"):
        return _provided(provider, name, clock)
    file = user.get("tokenFile")
    if file:
        try:
            return Path(str(file)).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            if not user.get("token"):
                said = error.strerror if isinstance(error, OSError) else "it is no text"
                raise LoginNeeded(
                    f"The token of {name} cannot be read", f"{said}: {printable(str(file))}", _SHOW
                ) from error
    return str(user.get("token") or "").strip()


def _provided(provider: Mapping[str, Any], name: str, clock: Clock) -> str:
    """The token of an `auth-provider`; it is not renewed here: a new refresh token would be lost to kubectl."""
    kind = str(provider.get("name"))
    if kind != "oidc":
        raise LoginNeeded(
            f"{name} logs in by the auth-provider {printable(kind)}, which is gone",
            "kubectl dropped it in 1.26; plugins (exec) took its place",
            "have your cloud's tool write the kubeconfig again",
        )
    config = provider.get("config")
    token = str((config if isinstance(config, Mapping) else {}).get("id-token") or "")
    until = token_expiry(token)
    if not token or (until is not None and until <= clock.now()):
        raise LoginNeeded(
            f"The token of {name} has expired",
            "kubectl renews it and writes it to your kubeconfig",
            f"run kubectl --context {name} version, then press r",
        )
    return token


def _content(entry: Mapping[str, Any], key: str, name: str) -> bytes | None:
    data, file = entry.get(f"{key}-data"), entry.get(key)
    try:
        if data:
            return base64.b64decode(str(data), validate=False)
        return Path(str(file)).read_bytes() if file else None
    except (OSError, binascii.Error) as error:
        said = f"{error.strerror}: {printable(str(file))}" if isinstance(error, OSError) else f"{key}-data is no base64"
        raise LoginNeeded(f"The {key} of {name} cannot be read", said, _SHOW) from error


def _impersonation(user: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers that the client does not send by itself."""
    if not user.get("as"):
        return ()
    headers = [("Impersonate-User", str(user["as"]))]
    if user.get("as-uid"):
        headers.append(("Impersonate-Uid", str(user["as-uid"])))
    headers += [("Impersonate-Group", str(group)) for group in user.get("as-groups") or ()]
    extra = user.get("as-user-extra")
    if isinstance(extra, Mapping):
        headers += [(f"Impersonate-Extra-{key}", str(one)) for key, values in extra.items() for one in values or ()]
    return tuple(headers)
