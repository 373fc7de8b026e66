"""What the server's refusals mean."""

from __future__ import annotations

import pytest

from liftlock.cluster.livediff.judging import fixed_fields
from liftlock.cluster.livediff.refusals import is_refusal, is_rights, refusal
from liftlock.errors import Forbidden, Refused, Unreachable
from liftlock.model.diff import FieldChange, ObjectKey


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (
            'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"x: y"}}: '
            "field is immutable",
            ("spec.selector",),
        ),
        (
            'StatefulSet.apps "db" is invalid: spec: Forbidden: updates to statefulset spec for fields other than '
            "'replicas', 'ordinals', 'template' are forbidden",
            ("spec",),
        ),
        (
            'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: ["10.0.0.9"]: may not change once set',
            ("spec.clusterIPs[0]",),
        ),
        ('ConfigMap "c" is invalid: data: Forbidden: field is immutable when `immutable` is set', ("data",)),
        (
            'RoleBinding "r" is invalid: roleRef: Invalid value: {"kind":"Role"}: cannot change roleRef',
            ("roleRef",),
        ),
        ('Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than 0', ()),
        ('admission webhook "policy.example.org" denied the request: no latest tags', ()),
    ],
)
def test_fields_that_cannot_change(message: str, fields: tuple[str, ...]):
    assert refusal(Refused("no", message, status=422), message.split(".")[0].split(" ")[0]).fields == fields


def test_causes_are_believed_before_the_text():
    causes = (("spec.template", "Invalid value: {…}: field is immutable"), ("spec.x", "Required value"))
    error = Refused("no", "Job.batch is invalid: [spec.template: Invalid value: {", status=422, causes=causes)
    assert refusal(error, "Job").fields == ("spec.template",)


def test_a_refusal_that_is_cut_still_names_what_never_changes():
    message = 'Job.batch "j" is invalid: spec.template: Invalid value: {"metadata":…'
    assert refusal(Refused("no", message, status=422), "Job").fields == ("spec.template",)


def test_the_values_of_a_secret_are_not_repeated():
    message = 'Secret "s" is invalid: data[k]: Invalid value: "aHVudGVyMg==": bad'
    assert "aHVudGVyMg" not in refusal(Refused("no", message, status=422), "Secret").words


def test_rights_and_admission_are_told_apart():
    rights = 'deployments.apps "web" is forbidden: User "ann" cannot patch resource "deployments" in API group "apps"'
    assert is_rights(Forbidden("no", rights, status=403))
    quota = 'pods "x" is forbidden: exceeded quota: small, requested: cpu=2'
    assert not is_rights(Forbidden("no", quota, status=403))
    assert is_refusal(Forbidden("no", quota, status=403))
    assert not is_refusal(Unreachable("gone"))
    assert not is_refusal(Unreachable("gone", status=503))
    assert is_refusal(Unreachable("odd", "failed to create typed patch object: field not declared", status=500))


def test_a_stateful_set_names_what_it_refused():
    key = ObjectKey("apps", "StatefulSet", "shop", "db")
    changed = [FieldChange("spec.serviceName", "a", "b"), FieldChange("spec.replicas", "1", "2")]
    assert fixed_fields(key, ["spec"], changed) == ("spec.serviceName",)
