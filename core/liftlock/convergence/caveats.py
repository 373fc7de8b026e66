"""What the tracker cannot know, said as sentences."""

from __future__ import annotations

from liftlock.cluster.health import running_images, template_images
from liftlock.cluster.health.reading import string
from liftlock.convergence.facts import Facts
from liftlock.text import printable

_WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "Rollout", "ReplicaSet"})
_RUNS = frozenset({"Job", "CronJob"})


def caveats(facts: Facts) -> tuple[str, ...]:
    """What a person should not take for proven."""
    return tuple(dict.fromkeys((*_restarts_nothing(facts), *_crons(facts), *_hidden(facts), *_rewritten(facts))))


def _restarts_nothing(facts: Facts) -> list[str]:
    changed = facts.changed
    if not changed or any(key.kind in _WORKLOADS | _RUNS for key in changed):
        return []
    names = ", ".join(f"{key.kind} {key.name}" for key in changed[:3])
    return [f"nothing restarts: only {names} changed, and pods that run read it when they read it"]


def _crons(facts: Facts) -> list[str]:
    found = []
    for key in facts.changed or facts.keys:
        manifest = facts.objects.get(key) if key.kind == "CronJob" else None
        if manifest is not None:
            schedule = printable(string(manifest, "spec", "schedule"))
            found.append(f"CronJob {key.name} runs at its own times ({schedule}): its new version has not run yet")
    return found


def _hidden(facts: Facts) -> list[str]:
    if facts.rendered and not facts.keys:
        return ["its objects are not known here: only what the controller says counts"]
    kinds = {key.kind for key in facts.keys if facts.hidden(key)}
    return [f"{kind} may not be read here: its health is not known" for kind in sorted(kinds)]


def _rewritten(facts: Facts) -> list[str]:
    """Images that run under another name than Git gives them: something rewrites them at admission."""
    wanted = {
        image for key, manifest in facts.wanted.items() if key in facts.keys for image in template_images(manifest)
    }
    live = {
        image
        for key in facts.keys
        if (manifest := facts.objects.get(key)) is not None and key.kind in _WORKLOADS
        for image in template_images(manifest)
    }
    if facts.unlike or not wanted or not live or not running_images(facts.keys, facts.objects):
        return []
    other = sorted(live - wanted)
    return (
        [f"the cluster runs {', '.join(other[:2])}, which Git does not name so"] if other and not facts.unlike else []
    )
