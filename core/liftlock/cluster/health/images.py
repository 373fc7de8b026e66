"""What really runs: the images of the containers that are up."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from liftlock.cluster.health.pods import containers
from liftlock.cluster.health.reading import deleted, uid
from liftlock.cluster.health.templates import Current, pods_of
from liftlock.cluster.objects import Manifest, Objects
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Running
from liftlock.text import printable

_DIGEST = re.compile(r"@(?P<digest>[a-z0-9]{1,20}:[0-9a-f]{1,128})$")


def split_image(image: str) -> tuple[str, str]:
    """The name of an image and what follows it: `tag`, `sha256:…` or `tag@sha256:…`; "" when nothing does."""
    whole, at, digest = image.partition("@")
    head, colon, tag = whole.rpartition(":")
    if not colon or "/" in tag:  # a colon before a slash is the registry's port
        head, tag = whole, ""
    return head, f"{tag}@{digest}" if tag and at else tag or digest


def running_images(keys: Iterable[ObjectKey], objects: Objects) -> tuple[Running, ...]:
    """The images that run under these workloads, of every template, the most frequent first.

    A container counts while it runs, and its pod while it is not being deleted. Each `Running` tells how many of its
    pods belong to the template that the workload has now. What runs is read from the pods, not from the workload:
    an admission webhook may have written another image into them.
    """
    pods: Counter[tuple[str, str, str]] = Counter()
    current: Counter[tuple[str, str, str]] = Counter()
    seen: set[str] = set()
    for key in dict.fromkeys(keys):
        workload = objects.get(key)
        if workload is None:
            continue
        template = Current(workload, objects)
        for pod in pods_of(workload, objects):
            if deleted(pod) or uid(pod) in seen:
                continue
            seen.add(uid(pod))
            found = _images(pod)
            pods.update(found)
            if template.has(pod):
                current.update(found)
    ordered = sorted(pods, key=lambda one: (-current[one], -pods[one], one))
    return tuple(Running(name, value, pods[n], digest, current[n]) for n in ordered for name, value, digest in (n,))


def _images(pod: Manifest) -> set[tuple[str, str, str]]:
    found = set()
    for container in containers(pod):
        if container.running and (not container.initial or container.sidecar) and container.image:
            digest = _DIGEST.search(container.image_id)
            found.add((*split_image(container.image), printable(digest["digest"]) if digest else ""))
    return found
