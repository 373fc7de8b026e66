"""What a secret looks like: by the name it goes under, and by itself."""

from __future__ import annotations

import hashlib
import math
import os
import re
from collections import Counter

_KEY = re.compile(
    r"passw(?:or)?d|passphrase|\bpwd\b|token(?!i)|secret(?!ar|ion)|\bapi ?key|credential|\bpat\b|connection ?string|"
    r"\b(?:private|access|signing|encryption|master|account|storage|license|shared|auth) ?key\b"
)
# What such a name ends in when it stands for something about the secret, or for where the secret is.
_ABOUT = re.compile(
    r" (?:names?|namespaces?|refs?|references?|paths?|files?|dirs?|directory|folder|volumes?|mounts?|location|region|"
    r"urls?|uris?|endpoints?|hosts?|ports?|arn|stores?|provider|backend|engine|service|source|repository|image|"
    r"seconds|minutes|hours|days|ttl|timeout|expir\w*|lifetime|duration|interval|period|rotation|"
    r"length|size|count|limits?|min|max|version|ids?|idx|keys?|property|properties|fields?|headers?|cookie|params?|"
    r"enabled|disabled|required|types?|kinds?|class|classes|policy|methods?|mode|format|algorithm|scopes?|"
    r"issuer|audiences?|templates?|labels?|annotations?|selector|envs?|var|prefix|suffix|title|text|description|"
    r"message|hint|usage|status|requests?|reviews?|manager|operator|controller|webhook|admin|generator|user ?names?|"
    r"users?|storage|m?time|checksum|hash|component)$|(?:secret|token|password)(?:names?|refs?|filenames?|files?|keyref)$|passwordkey$"
)
_POINTS = re.compile(
    r"^(?:existing|image pull|pull|automount|use|enable|disable|allow|create|has|is|require|skip|no|mount|max|min|num) "
)
# `secret` alone more often names a Secret than holds one, and `secretKey` a key of it; these say that it is one.
_NAMES = re.compile(r"(?<!client)(?<!shared)(?<!app)(?<!consumer)(?<!api)(?<!webhook)(?<!jwt)(?:^| )secrets?(?: key)?$")
_NAME = re.compile(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*|[a-z][a-z0-9]*(?:[-.][a-z0-9]+)+")
_KEYS = ("secret key", "access key", "api key", "private key", "account key", "storage key", "shared key")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_GLUE = re.compile(r"[^A-Za-z0-9]+")

_PLACEHOLDER = re.compile(
    r"""^(?:
        \s* | null | ~ | true | false | yes | no | none | nil | undefined | on | off
      | [*x•.?_-]+ | <[^<>]*> | your[-_]\S* | redacted | masked | change[-_ ]?me\S* | replace[-_ ]?me\S*
      | to[-_ ]?be[-_ ]?\S* | todo\S* | placeholder\S* | dummy\S* | example\S*
      | \d{1,3} | read | write | (?:\S+\s+){5,}\S.*
      | \.{0,2}/[\w./@-]+ | https?://[^@\s?]*
      | ENC\[.* | \$+\{.*\} | \$\(.*\) | \$[A-Za-z_][\w.:-]* | .*\{[{%].* | \{\w+\} | %\(.*\)s | @\w+@
      | (?:ref\+)?(?:vault|secretref|awssm|gcpsm|sm|op|akv|azurekeyvault|arn|file|env)(?:\+\w+)?:.*
    )$""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_KINDS = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----")),
    ("an AWS access key", re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Z0-9])")),
    ("a JSON web token", re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    ("a GitHub token", re.compile(r"(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})")),
    ("a GitLab token", re.compile(r"(?<!\w)gl(?:pat|dt|rt)-[\w-]{20,}")),
    ("a Slack token", re.compile(r"(?<!\w)xox[abeprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w{16,}")),
    ("a Stripe key", re.compile(r"(?<!\w)[rs]k_live_[A-Za-z0-9]{16,}")),
    ("a Google API key", re.compile(r"(?<![\w-])AIza[\w-]{35}(?![\w-])")),
    ("an npm token", re.compile(r"(?<!\w)npm_[A-Za-z0-9]{36}")),
)
# No text without one of these holds any of the kinds: most texts are looked at no further.
_HINT = re.compile(
    r"AKIA|ASIA|eyJ|gh[pousr]_|github_pat_|gl(?:pat|dt|rt)-|xox[abeprs]-|hooks\.slack|[rs]k_live_|AIza|npm_"
    r"|://[^/@\s]*@|PRIVATE KEY|(?i:passw|pwd|token|secret|key|credential)[\w.-]*="
)
_LOGIN = re.compile(r"(?P<head>[a-z][a-z0-9+.-]*://[^/@:\s\"']*:)(?P<secret>[^/@\s\"']+)(?=@)", re.IGNORECASE)
GIVEN = "a secret on a command line"
# `--password=…`, `PGPASSWORD=… psql`
_GIVEN = re.compile(r"(?P<head>(?:^|(?<=[\s\"']))-{0,2}(?P<name>[A-Za-z_][\w.-]*)=)(?P<secret>[^\s\"']+)")
_RANDOM = re.compile(r"[A-Za-z0-9+/_=-]{32,512}")
_HEX = re.compile(r"[0-9a-fA-F-]+")
_CODE = hashlib.blake2b(key=os.urandom(32), digest_size=4)

# Kinds in which such keys hold names and places of secrets, never the secrets themselves.
NAMING_KINDS = frozenset(
    {"ExternalSecret", "ClusterExternalSecret", "SecretStore", "ClusterSecretStore", "SealedSecret", "PushSecret"}
    | {"SecretProviderClass", "CustomResourceDefinition", "VaultStaticSecret", "VaultDynamicSecret"}
)
MASK = "••••"


def masked(value: str | bytes) -> str:
    """What stands for a secret: the same value gives the same text in this process, and tells nothing."""
    code = _CODE.copy()
    code.update(value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value)
    return MASK + code.hexdigest()


# `EXTERNAL_SECRETS: 0.18.1` is the version of a chart.
_VERSION = re.compile(r"v?\d+(?:\.\d+){1,3}(?:[-+.]\w+)*")


def words_of(key: str) -> str:
    """A key as lower-case words: `dbPassword`, `DB_PASSWORD` and `db-password` are `db password`."""
    return _GLUE.sub(" ", _CAMEL.sub(" ", key)).strip().lower()


def is_secret(key: str, value: str) -> bool:
    """Whether a value under this name is a secret, rather than the name or the place of one."""
    if not 0 < len(key) <= 200:
        return False
    words = words_of(key.rpartition("/")[2])
    if _KEY.search(words) is None or "checksum" in key or _VERSION.fullmatch(value):
        return False
    if not words.endswith(_KEYS) and (_ABOUT.search(words) or _POINTS.match(words)):
        return False
    if _NAMES.search(words) and _NAME.fullmatch(value):
        return False
    return not is_placeholder(value)


def is_placeholder(value: str) -> bool:
    """Whether the value stands for one that is put in later, or is encrypted, or says nothing."""
    return _PLACEHOLDER.match(value) is not None


def hints(text: str) -> bool:
    """Whether the text may hold a secret that is known by its form; most do not, and this is quick to say."""
    return _HINT.search(text) is not None


def kind_of(value: str) -> str:
    """What kind of secret the text is or holds by its own form, "" for none: `a private key`."""
    if not hints(value):
        return ""
    for name, pattern in _KINDS:
        if pattern.search(value):
            return name
    login = _LOGIN.search(value)
    if login and not is_placeholder(login["secret"]):
        return "a password in an address"
    given = any(is_secret(found["name"], found["secret"]) for found in _GIVEN.finditer(value))
    return GIVEN if given else ""


def is_random(value: str) -> bool:
    """Whether the text looks generated: long, of all kinds of characters, without repetition; no digest, no id."""
    if _RANDOM.fullmatch(value) is None or _HEX.fullmatch(value):
        return False
    if not (any(c.islower() for c in value) and any(c.isupper() for c in value) and any(c.isdigit() for c in value)):
        return False
    if value.count("/") > 2 or value.count("-") + value.count("_") > len(value) // 8:
        return False
    counts = Counter(value)
    entropy = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return entropy >= 4.0


def without_known(value: str) -> str:
    """The text with every secret that is known by its form masked, the rest as it stands."""
    if not hints(value):
        return value
    for name, pattern in _KINDS:
        if name != "a private key":
            value = pattern.sub(lambda found: masked(found.group()), value)
    value = _LOGIN.sub(
        lambda found: found.group() if is_placeholder(found["secret"]) else found["head"] + masked(found["secret"]),
        value,
    )
    return _GIVEN.sub(_without_given, value)


def _without_given(found: re.Match[str]) -> str:
    return found["head"] + masked(found["secret"]) if is_secret(found["name"], found["secret"]) else found.group()
