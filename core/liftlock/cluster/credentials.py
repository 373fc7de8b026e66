"""Exec plugins, run by liftlock itself: they never get our terminal, and run no more often than their expiry asks.

The Kubernetes client would hand its terminal to the plugin and run it for each client anew (client-go's protocol is
`client.authentication.k8s.io`, ExecCredential).
"""

from __future__ import annotations

import base64
import json
import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from liftlock.clock import Clock
from liftlock.commands import Command, Runner
from liftlock.errors import CommandFailed, LiftlockError, LoginNeeded
from liftlock.text import printable

_SECONDS = 30.0
_EARLY = 60.0
"""Credentials are renewed so many seconds before they expire."""
_VERSIONS = frozenset({"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"})

# What logs in, by the plugin's name; a plugin that is not here is named itself.
_LOGINS: Mapping[str, str] = {
    "aws": "aws sso login",
    "aws-iam-authenticator": "aws sso login",
    "gke-gcloud-auth-plugin": "gcloud auth login",
    "gcloud": "gcloud auth login",
    "kubelogin": "az login",
    "kubectl-oidc_login": "kubectl oidc-login get-token",
    "tsh": "tsh login",
    "doctl": "doctl auth init",
    "oci": "oci session authenticate",
    "tkn": "oc login",
    "pinniped": "pinniped login",
    "vault": "vault login",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a plugin gave: a token, or a client certificate with its key (PEM). Never shown."""

    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: float | None = None

    def __repr__(self) -> str:
        return "Credentials(…)"


class Plugin:
    """The exec plugin of one kubeconfig user. After a failure it is not run again until `allow` is called."""

    def __init__(self, told: Mapping[str, Any], server: str, authority: str, runner: Runner, clock: Clock) -> None:
        self._told = told
        self._server = server
        self._authority = authority
        self._runner = runner
        self._clock = clock
        self._lock = threading.Lock()
        self._held: Credentials | None = None
        self._failed: LoginNeeded | None = None

    @property
    def login(self) -> str:
        """The command that logs in, as far as it is known."""
        command = str(self._told.get("command", ""))
        name = Path(command).name
        if name == "kubectl" and "oidc-login" in (self._told.get("args") or ()):
            name = "kubectl-oidc_login"
        return _LOGINS.get(name, printable(" ".join([name, *map(str, self._told.get("args") or ())])))

    def allow(self) -> None:
        """It may be run again: the user says so."""
        with self._lock:
            self._failed = None
            self._held = None

    def credentials(self, *, anew: bool = False) -> Credentials:
        """What the plugin gives, from before while it lasts; with `anew` it is asked again. Raises LoginNeeded."""
        with self._lock:  # one at a time: a browser is opened once
            if self._failed is not None:
                raise self._failed
            held = self._held
            if held is not None and not anew and not self._over(held):
                return held
            try:
                self._held = self._run()
            except LoginNeeded as error:
                self._failed = error
                raise
            return self._held

    def _over(self, held: Credentials) -> bool:
        return held.expires is not None and self._clock.now() > held.expires - _EARLY

    def _run(self) -> Credentials:
        command = str(self._told.get("command", ""))
        arguments = [str(a) for a in self._told.get("args") or ()]
        if self._told.get("interactiveMode") == "Always":
            raise LoginNeeded(
                f"{printable(Path(command).name)} wants a terminal of its own to log in",
                "its kubeconfig entry says interactiveMode: Always",
                f"run {self.login} in a terminal, then press r",
            )
        if not Path(command).is_absolute() and shutil.which(command) is None:
            hint = printable(str(self._told.get("installHint", "")).strip()) or f"install {printable(command)}"
            raise LoginNeeded(f"{printable(command)} is not installed", "your kubeconfig logs in with it", hint)
        version = str(self._told.get("apiVersion", ""))
        spec: dict[str, Any] = {"interactive": False}
        if self._told.get("provideClusterInfo"):
            spec["cluster"] = {"server": self._server, "certificate-authority-data": self._authority}
        request = {"apiVersion": version, "kind": "ExecCredential", "spec": spec}
        env = {
            str(e.get("name")): str(e.get("value", "")) for e in self._told.get("env") or () if isinstance(e, Mapping)
        }
        env["KUBERNETES_EXEC_INFO"] = json.dumps(request)
        try:
            result = self._runner.run(Command((command, *arguments), env=env, timeout=_SECONDS))
        except CommandFailed as error:
            raise self._refused(error) from error
        except LiftlockError as error:
            raise LoginNeeded(f"{printable(Path(command).name)} did not answer", error.detail, self._hint()) from error
        return self._read(result.stdout)

    def _refused(self, error: CommandFailed) -> LoginNeeded:
        name = printable(Path(str(self._told.get("command", ""))).name)
        return LoginNeeded(f"{name} could not log in", error.detail, self._hint())

    def _hint(self) -> str:
        return f"run {self.login}, then press r"

    def _read(self, output: bytes) -> Credentials:
        name = printable(Path(str(self._told.get("command", ""))).name)
        try:
            told = json.loads(output)
            if told["apiVersion"] not in _VERSIONS:
                raise ValueError(f"its answer is of {told['apiVersion']}")
            status = told["status"]
            found = Credentials(
                str(status.get("token") or ""),
                str(status.get("clientCertificateData") or ""),
                str(status.get("clientKeyData") or ""),
                moment(status.get("expirationTimestamp")),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            said = printable(f"{type(error).__name__}: {error}")
            raise LoginNeeded(f"{name} gave no credentials", said, self._hint()) from error
        if not found.token and not (found.certificate and found.key):
            raise LoginNeeded(
                f"{name} gave no credentials", "neither a token nor a certificate with its key", self._hint()
            )
        return found


def moment(text: Any) -> float | None:
    """A time of the API (RFC 3339) in seconds since the epoch, None when it is none."""
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None


def token_expiry(token: str) -> float | None:
    """When a JSON Web Token expires, None when the token is none or does not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return float(claims["exp"])
    except (ValueError, KeyError, TypeError):
        return None
