"""What the API server and its admission say no with, told as a person would.

The same texts come back from everywhere: conditions of ReplicaSets, Events of StatefulSets, Ready of Flux's objects,
results of Argo CD's syncs, errors of Helm.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from liftlock.cluster.health.reading import line
from liftlock.values import dataclass

# Longer messages are cut before they are searched; every pattern is bounded, for these texts are anybody's.
_LONGEST_MESSAGE = 8_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the server did not take an object: a sentence clean for display, a word for it, and the object it names.

    `lasting` when waiting cannot help; False when something else has to come up first, or is down.
    """

    sentence: str
    reason: str
    lasting: bool = True
    kind: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    """A text to look for, the pattern around it, and what to say of it."""

    needle: str
    pattern: re.Pattern[str]
    reason: str
    say: Callable[[re.Match[str]], str]
    lasting: bool = True


def _rule(
    needle: str, pattern: str, reason: str, say: Callable[[re.Match[str]], str] | str, lasting: bool = True
) -> _Rule:
    found = re.compile(pattern, re.DOTALL)
    return _Rule(needle, found, reason, (lambda m: m.expand(say)) if isinstance(say, str) else say, lasting)


def _missing_kind(match: re.Match[str]) -> str:
    return f"the cluster does not know {match['what']} of {match['version']}: its CRD is missing"


def _not_allowed(match: re.Match[str]) -> str:
    group = f".{match['group']}" if match["group"] else ""
    return f"{match['user']} may not {match['verb']} {match['what']}{group}"


# Which container breaks a rule and how to mend it, after each rule: too long for one sentence.
_BRACKETS = re.compile(r" \([^()]{0,400}\)")
_PATH = re.compile(r"(?<![\w.\]])(?P<path>[a-z][\w.\[\]]{0,200}): (?:Invalid value|Forbidden)")
_IMMUTABLE = ("field is immutable", "is immutable after creation", "may not change once set")


def _immutable(match: re.Match[str]) -> str:
    """The last field that is named before the word."""
    paths = list(_PATH.finditer(match.string, 0, match.start()))
    return f"{paths[-1]['path'] if paths else 'a field'} cannot be changed in place"


_RULES: tuple[_Rule, ...] = (
    _rule(
        "denied the request",
        r'admission webhook "(?P<hook>[^"]{1,200})" denied the request:? ?(?P<why>.*)',
        "AdmissionDenied",
        lambda m: f"admission webhook {m['hook']} refuses it: {m['why'] or 'no reason given'}",
    ),
    _rule(
        "ValidatingAdmissionPolicy",
        r"ValidatingAdmissionPolicy '(?P<policy>[^']{1,200})'.{0,300}? denied request: (?P<why>.*)",
        "AdmissionDenied",
        r"admission policy \g<policy> refuses it: \g<why>",
    ),
    _rule(
        "failed calling webhook",
        r'failed calling webhook "(?P<hook>[^"]{1,200})": (?P<why>.*)',
        "WebhookUnavailable",
        r"admission webhook \g<hook> cannot be called: \g<why>",
        lasting=False,
    ),
    _rule(
        "exceeded quota",
        r"exceeded quota: (?P<quota>[^,]{1,200}), requested: (?P<requested>.{1,500}?), used: (?P<used>.{1,500}?),"
        r" limited: (?P<limited>[^\n]{1,500})",
        "QuotaExceeded",
        r"quota \g<quota> is used up: \g<requested> requested, \g<used> used, \g<limited> allowed",
    ),
    _rule(
        "failed quota",
        r"failed quota: (?P<quota>[^:]{1,200}): must specify (?P<what>[^\n]{1,500})",
        "QuotaExceeded",
        r"quota \g<quota> asks for \g<what>",
    ),
    _rule(
        "violates PodSecurity",
        r'violates PodSecurity "(?P<level>[^"]{1,100})": (?P<why>.*)',
        "PodSecurity",
        lambda m: f"PodSecurity {m['level']} refuses the pods: {_BRACKETS.sub('', m['why'])}",
    ),
    _rule(
        "serviceaccount",
        r'serviceaccounts? "(?P<account>[^"]{1,260})" not found',
        "ServiceAccountMissing",
        r"ServiceAccount \g<account> is missing",
    ),
    _rule(
        "no PriorityClass",
        r"no PriorityClass with name (?P<class>\S{1,260}) was found",
        "PriorityClassMissing",
        r"PriorityClass \g<class> is missing",
    ),
    _rule(
        "no matches for kind",
        r'no matches for kind "(?P<what>[^"]{1,100})" in version "(?P<version>[^"]{1,260})"',
        "MissingKind",
        _missing_kind,
    ),
    _rule(
        "for requested resource",
        r"could not find (?P<version>[\w.-]{1,260})/(?P<what>\w{1,100}) for requested resource",
        "MissingKind",
        _missing_kind,
    ),
    _rule(
        "being terminated",
        r"because it is being terminated|namespace \S{1,260} is being terminated",
        "NamespaceTerminating",
        "its namespace is being deleted",
        lasting=False,
    ),
    _rule(
        "not found",
        r'(?<![a-z])namespaces? "?(?P<space>[a-z0-9-]{1,100})"? not found',
        "NamespaceMissing",
        r"namespace \g<space> is missing",
    ),
    *(_rule(word, word, "Immutable", _immutable) for word in _IMMUTABLE),
    _rule(
        "spec for fields other than",
        r"updates to (?P<what>\w{1,100}) spec for fields other than",
        "Immutable",
        r"a field changes that a \g<what> cannot change in place",
    ),
    _rule(
        "cannot",
        r'User "(?P<user>[^"]{1,260})" cannot (?P<verb>\w{1,40}) resource "(?P<what>[^"]{1,200})" in API group'
        r' "(?P<group>[^"]{0,260})"',
        "Forbidden",
        _not_allowed,
    ),
    _rule(
        "Apply failed with",
        r'Apply failed with \d{1,6} conflicts?: conflicts? with "(?P<manager>[^"]{1,200})"[^:]{0,200}:\s{0,9}(?:- )?'
        r"(?P<field>\S{1,300})",
        "Conflict",
        r"\g<manager> owns \g<field>, and the apply is not forced",
    ),
    _rule("unknown field", r'unknown field "(?P<field>[^"]{1,300})"', "UnknownField", r"field \g<field> is not known"),
    _rule(
        "field not declared in schema",
        r"(?<![\w.\]])\.(?P<field>[\w.\[\]-]{1,300}): field not declared in schema",
        "UnknownField",
        r"field \g<field> is not known",
    ),
    _rule("is invalid: ", r'" is invalid: (?P<why>.*)', "Invalid", r"\g<why>"),
)
# Which object it is about: in the server's own words, and in those that Flux puts before them.
_INVALID = re.compile(r'(?<!\w)(?P<kind>[A-Z]\w{0,100})(?:\.[\w.-]{1,260})? "(?P<name>[^"]{1,260})" is invalid')
_TRIED = re.compile(
    r"(?<!\w)(?P<kind>[A-Z]\w{0,100})/(?:(?P<space>[^/\s]{1,100})/)?(?P<name>[^/\s]{1,260})"
    r" (?:dry-run failed|apply failed|create failed)"
)
_FORBIDDEN = re.compile(r'\w{1,100} "[^"]{0,260}" is forbidden: ')


def refusal(message: str) -> Refusal | None:
    """Why the server said no, None when the message is none that is known."""
    message = message[:_LONGEST_MESSAGE]
    for rule in _RULES:
        if rule.needle in message and (found := rule.pattern.search(message)):
            kind, name = about(message)
            sentence = line(rule.say(found))
            if name and name not in sentence:
                sentence = line(f"{kind} {name}: {sentence}")
            return Refusal(sentence, rule.reason, rule.lasting, kind, name)
    return None


def about(message: str) -> tuple[str, str]:
    """Kind and name of the object that a message is about, both "" when it names none."""
    message = message[:_LONGEST_MESSAGE]
    found = _INVALID.search(message) or _TRIED.search(message)
    return (found["kind"], found["name"]) if found else ("", "")


def told(message: str) -> str:
    """The message as a sentence: what is known of it, else what follows the words that only say who speaks."""
    known = refusal(message)
    return known.sentence if known is not None else line(_FORBIDDEN.sub("", message[:_LONGEST_MESSAGE]))
