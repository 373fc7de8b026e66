"""Exec plugins, run by liftlock itself: they never get our terminal, and run no more often than their expiry asks.

The Kubernetes client would hand its terminal to the plugin and run it for each client anew (client-go's protocol is
`client.authentication.k8s.io`, ExecCredential).
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from liftlock.clock import Clock
from liftlock.cluster.expiry import moment
from liftlock.commands import Command, Runner
from liftlock.errors import CommandFailed, LiftlockError, LoginNeeded
from liftlock.text import printable
from liftlock.values import dataclass

_SECONDS = 30.0
_EARLY = 60.0
"""Credentials are renewed so many seconds before they expire, or when a quarter of their life is left."""
_VERSIONS = frozenset({"client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"})
_EXTENSION = "client.authentication.k8s.io/exec"
_SECRET = re.compile(r"(?i)(secret|password|token)[^=]*=.+")

# What logs in, by the plugin's name; a plugin that is not here is named itself.
_LOGINS: Mapping[str, str] = {
    "aws": "aws sso login",
    "aws-iam-authenticator": "aws sso login",
    "gke-gcloud-auth-plugin": "gcloud auth login",
    "gcloud": "gcloud auth login",
    "tsh": "tsh login",
    "doctl": "doctl auth init",
    "oci": "oci session authenticate",
    "tkn": "oc login",
    "pinniped": "pinniped login",
    "vault": "vault login",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a plugin gave: a token, or a client certificate with its key (PEM), and until when. Never shown.

    `until` is when they are to be renewed: somewhat before they expire; None when they do not say or say nonsense.
    """

    token: str = ""
    certificate: str = ""
    key: str = ""
    until: float | None = None

    def __repr__(self) -> str:
        return "Credentials(…)"


class Plugin:
    """The exec plugin of one kubeconfig user. After a failure it is not run again until `allow` is called."""

    def __init__(self, told: Mapping[str, Any], cluster: Mapping[str, Any], runner: Runner, clock: Clock) -> None:
        """`told` is the user's `exec` entry, `cluster` the cluster's entry, which a plugin may ask for."""
        self.told = told
        self._cluster = cluster
        self._runner = runner
        self._clock = clock
        self._lock = threading.Lock()
        self._held: Credentials | None = None
        self._failed: LoginNeeded | None = None

    @property
    def login(self) -> str:
        """The command that logs in, as far as it is known."""
        return login(str(self.told.get("command", "")), _texts(self.told.get("args")), self._env())

    def allow(self) -> None:
        """It may be run again: the user says so."""
        with self._lock:
            self._failed = None

    def credentials(self, *, anew: bool = False) -> Credentials:
        """What the plugin gives, from before while it lasts; with `anew` it is asked again. Raises LoginNeeded."""
        with self._lock:  # one at a time: a browser is opened once
            if self._failed is not None:
                error = self._failed
                raise LoginNeeded(error.title, error.detail, error.hint)
            held = self._held
            if held is None or anew or (held.until is not None and self._clock.now() > held.until):
                try:
                    held = self._held = self._run()
                except LoginNeeded as error:
                    self._failed = error
                    raise
            return held

    @property
    def _name(self) -> str:
        return printable(Path(str(self.told.get("command", ""))).name)

    @property
    def _hint(self) -> str:
        return f"run {self.login}, then press r"

    def _env(self) -> dict[str, str | None]:
        entries = self.told.get("env") or ()
        return {str(e.get("name")): str(e.get("value", "")) for e in entries if isinstance(e, Mapping)}

    def _run(self) -> Credentials:
        command = str(self.told.get("command", ""))
        if self.told.get("interactiveMode") == "Always":
            raise LoginNeeded(
                f"{self._name} wants a terminal of its own to log in",
                "its kubeconfig entry says interactiveMode: Always",
                self._hint,
            )
        if not command or shutil.which(command) is None:
            hint = printable(str(self.told.get("installHint", "")).strip()) or f"install {self._name}"
            raise LoginNeeded(f"{self._name or 'A plugin'} is not installed", "your kubeconfig logs in with it", hint)
        spec: dict[str, Any] = {"interactive": False}
        if self.told.get("provideClusterInfo"):
            spec["cluster"] = self._about()
        request = {"apiVersion": str(self.told.get("apiVersion", "")), "kind": "ExecCredential", "spec": spec}
        env = {**self._env(), "KUBERNETES_EXEC_INFO": json.dumps(request)}
        try:
            result = self._runner.run(Command((command, *_texts(self.told.get("args"))), env=env, timeout=_SECONDS))
        except CommandFailed as error:
            raise LoginNeeded(f"{self._name} could not log in", error.detail, self._hint) from error
        except LiftlockError as error:
            raise LoginNeeded(f"{self._name} did not answer", error.detail, self._hint) from error
        return self._read(result.stdout)

    def _about(self) -> dict[str, Any]:
        """What a plugin that asks for it is told of the cluster."""
        names = ("server", "certificate-authority-data", "tls-server-name", "insecure-skip-tls-verify", "proxy-url")
        about = {name: self._cluster[name] for name in names if name in self._cluster}
        for extension in self._cluster.get("extensions") or ():
            if isinstance(extension, Mapping) and extension.get("name") == _EXTENSION:
                about["config"] = extension.get("extension")
        return about

    def _read(self, output: bytes) -> Credentials:
        try:
            told = json.loads(output)
            if told["apiVersion"] not in _VERSIONS:
                raise ValueError(f"its answer is of {told['apiVersion']}")
            status = told["status"]
            found = Credentials(
                str(status.get("token") or ""),
                str(status.get("clientCertificateData") or ""),
                str(status.get("clientKeyData") or ""),
                renewal(moment(status.get("expirationTimestamp")), self._clock.now()),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            said = printable(f"{type(error).__name__}: {error}")
            raise LoginNeeded(f"{self._name} gave no credentials", said, self._hint) from error
        if not found.token and not (found.certificate and found.key):
            raise LoginNeeded(
                f"{self._name} gave no credentials", "neither a token nor a certificate with its key", self._hint
            )
        return found


def renewal(expires: float | None, now: float) -> float | None:
    """When credentials that were got now are to be renewed.

    What has expired when it comes was made by a clock that is not ours: the server's 401 will tell, and asking again
    at once would only ask for ever.
    """
    if expires is None or expires <= now:
        return None
    return max(expires - _EARLY, now + (expires - now) * 0.75)


def login(command: str, arguments: tuple[str, ...], env: Mapping[str, str | None]) -> str:
    """The command that logs in where this plugin could not, without what is secret in it."""
    name = Path(command).name
    if name == "kubelogin":  # two programs have this name: Azure's, and the one for OpenID Connect
        oidc = any(argument.startswith("--oidc-") for argument in arguments)
        return "kubelogin get-token" if oidc else "az login"
    if name == "kubectl" and "oidc-login" in arguments:
        return "kubectl oidc-login get-token"
    known = _LOGINS.get(name)
    if known is None:
        return printable(" ".join([name, *_without_secrets(arguments)]))
    option = {"aws": "--profile", "aws-iam-authenticator": "--profile", "tsh": "--proxy"}.get(name)
    value = _option(arguments, option) if option else ""
    value = value or (str(env.get("AWS_PROFILE") or "") if option == "--profile" else "")
    return printable(f"{known} {option} {value}") if option and value else known


def _without_secrets(arguments: tuple[str, ...]) -> list[str]:
    shown, secret = [], False
    for argument in arguments:
        shown.append("••••" if secret else _SECRET.sub(r"\1=••••", argument))
        secret = argument.startswith("--") and argument.endswith(("secret", "password", "token"))
    return shown


def _option(arguments: tuple[str, ...], name: str) -> str:
    for at, argument in enumerate(arguments):
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
        if argument == name and at + 1 < len(arguments):
            return arguments[at + 1]
    return ""


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(str, values or ()))
