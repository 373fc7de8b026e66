"""Jobs, as the controller manager brings them about."""

from __future__ import annotations

from typing import Any

from liftlock.cluster.objects import Manifest
from liftlock.sandbox.owning import Hands, Owned, condition

_SOURCE = "job-controller"
_AGAIN = 1.0
_LONGEST = 60.0


class Jobs:
    """A pod that fails is followed by another one after a while, up to the job's limit."""

    def __init__(self, hands: Hands) -> None:
        self._hands = hands
        self._retries: dict[str, tuple[int, float]] = {}
        """By the Job: how many pods have failed, and when the next one starts."""

    def due(self) -> list[float]:
        """When a pod is tried again."""
        there = {manifest["metadata"]["uid"] for manifest in self._hands.objects.of("batch", "Job")}
        self._retries = {uid: known for uid, known in self._retries.items() if uid in there}
        return [at for _, at in self._retries.values()]

    def step(self, manifest: Manifest, owned: Owned, now: float) -> None:
        """Bring one forward."""
        metadata, spec, before = manifest["metadata"], manifest["spec"], manifest.get("status") or {}
        ended = any(
            c["type"] in ("Complete", "Failed") and c["status"] == "True" for c in before.get("conditions") or ()
        )
        if "deletionTimestamp" in metadata or ended:
            return
        moment = self._hands.objects.now()
        if spec.get("suspend"):
            for pod in owned.of(manifest):
                self._hands.delete(manifest, pod)
            made = condition(before, "Suspended", "True", "JobSuspended", "Job suspended", moment)
            self._hands.set_status(manifest, {"ready": 0, "terminating": 0, "conditions": [made]})
            return
        pods = owned.of(manifest)
        phases = [(pod.get("status") or {}).get("phase", "Pending") for pod in pods]
        succeeded, failed = phases.count("Succeeded"), phases.count("Failed")
        active = len(pods) - succeeded - failed
        wanted = spec.get("completions") or 1
        limit = spec.get("backoffLimit", 6)
        status: dict[str, Any] = {
            "startTime": before.get("startTime", moment),
            "active": active,
            "succeeded": succeeded,
            "failed": failed,
            "ready": phases.count("Running"),
            "terminating": 0,
            "uncountedTerminatedPods": {},
        }
        kept = ("ready", "terminating", "uncountedTerminatedPods", "startTime")
        status = {name: value for name, value in status.items() if value or name in kept}
        if failed > limit:
            said = "Job has reached the specified backoff limit"
            status["conditions"] = [
                {**condition(before, name, "True", "BackoffLimitExceeded", said, moment), "lastProbeTime": moment}
                for name in ("FailureTarget", "Failed")
            ]
            self._hands.tell(manifest, "BackoffLimitExceeded", said, _SOURCE, warning=True)
        elif succeeded >= wanted:
            said = "Reached expected number of succeeded pods"
            status["conditions"] = [
                {**condition(before, name, "True", "CompletionsReached", said, moment), "lastProbeTime": moment}
                for name in ("SuccessCriteriaMet", "Complete")
            ]
            status["completionTime"] = moment
            self._hands.tell(manifest, "Completed", "Job completed", _SOURCE)
        else:
            self._start(manifest, min(spec.get("parallelism", 1), wanted - succeeded) - active, failed, now)
        self._hands.set_status(manifest, status)

    def _start(self, manifest: Manifest, number: int, failed: int, now: float) -> None:
        uid = manifest["metadata"]["uid"]
        if number <= 0:
            return
        if failed:
            known, at = self._retries.get(uid, (0, 0.0))
            if known != failed:
                self._retries[uid] = (failed, now + min(_AGAIN * 2 ** (failed - 1), _LONGEST))
                return
            if at > now:
                return
            del self._retries[uid]
        for _ in range(number):
            name = f"{manifest['metadata']['name']}-{self._hands.suffix()}"
            self._hands.pod(manifest, manifest["spec"]["template"], name, {})
