"""After a failure: where a release goes back to, and what is kept of it without its secrets."""

import base64
import json

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.helm import command
from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import (
    LABEL_IDENTITY,
)
from ansible_collections.landfall.eks.plugins.module_utils.kube import masking
from ansible_collections.landfall.eks.plugins.module_utils.rollout import (
    diagnosis,
    diagnosis_pods,
    evidence,
    rollback,
)

KUBECONFIG = {
    "current-context": "me",
    "clusters": [{"name": "it", "cluster": {"server": "https://127.0.0.1:1"}}],
    "contexts": [{"name": "me", "context": {"cluster": "it", "user": "me"}}],
    "users": [{"name": "me", "user": {}}],
}
ROW = {"api_version": "v1", "kind": "Service", "name": "new", "namespace": "logging", "field": "status.x"}


class Helm:
    """Fails with each of `errors`, and then remembers what was done and does nothing."""

    seconds = 5

    def __init__(self, *errors):
        self.done = []
        self.errors = list(errors)

    def _stumble(self):
        if self.errors:
            raise command.HelmError(self.errors.pop(0))

    def uninstall(self, name, namespace):
        self._stumble()
        self.done.append(("uninstall", name))

    def roll_back(self, name, namespace, revision):
        self._stumble()
        self.done.append(("rollback", name, revision))


def proven(revision):
    return {LABEL_IDENTITY: f"{revision}.abc-def"}


def run(**more):
    return {"name": "logs", "namespace": "logging", "ready": [], **more}


def test_a_failed_first_revision_is_uninstalled(cluster, helm_secret):
    cluster.add(helm_secret(status="failed"))
    helm = Helm()
    assert rollback.recover(cluster, run(), helm) == "its first revision was uninstalled"
    assert helm.done == [("uninstall", "logs")]


def test_a_failed_upgrade_goes_back_to_what_was_seen_ready(cluster, helm_secret):
    cluster.add(helm_secret(revision=1, status="deployed", labels=proven(1)))
    cluster.add(helm_secret(revision=2, status="failed", labels=proven(1)))
    helm = Helm()
    # The fake Helm makes no third revision, so there is nothing that gets ready.
    said = rollback.recover(cluster, run(), helm)
    assert said == "it is back at revision 1, which is not ready either: Helm calls revision 2 failed"
    assert helm.done == [("rollback", "logs", 1)]


def test_what_was_adopted_stays_when_its_first_revision_fails(cluster, helm_secret):
    cluster.add(helm_secret(status="failed"))
    helm = Helm()
    assert rollback.recover(cluster, run(adopt=True), helm).startswith("it stays as it is: it was adopted")
    assert helm.done == []


def test_what_helm_has_no_record_of_needs_no_way_back(cluster):
    assert rollback.recover(cluster, run(), Helm()) == "nothing had been changed"


PASSING = "Error: etcdserver: request timed out"


@pytest.fixture
def pauses(monkeypatch):
    """The seconds waited between calls of Helm, by a clock that only they move."""
    waited = []
    monkeypatch.setattr(rollback.time, "monotonic", lambda: float(sum(waited)))
    monkeypatch.setattr(rollback.time, "sleep", waited.append)
    return waited


def test_going_back_outlasts_an_error_that_may_pass(cluster, helm_secret, pauses):
    cluster.add(helm_secret(status="failed"))
    helm = Helm(PASSING)
    assert rollback.recover(cluster, run(), helm) == "its first revision was uninstalled"
    assert (helm.done, pauses) == ([("uninstall", "logs")], [2])


def test_going_back_to_a_revision_does_too(cluster, helm_secret, pauses):
    cluster.add(helm_secret(revision=1, status="deployed", labels=proven(1)))
    cluster.add(helm_secret(revision=2, status="failed", labels=proven(1)))
    helm = Helm(PASSING)
    assert rollback.recover(cluster, run(), helm).startswith("it is back at revision 1")
    assert helm.done == [("rollback", "logs", 1)]


@pytest.mark.parametrize(("error", "calls"), [(PASSING, 2), ("Error: no such release", 1)])
def test_going_back_ends_with_its_time_or_an_error_that_lasts(cluster, helm_secret, pauses, error, calls):
    cluster.add(helm_secret(status="failed"))
    helm = Helm(*[error] * 100)
    assert rollback.recover(cluster, run(), helm) == f"going back failed ({error}): the next run takes it up"
    assert len(helm.errors) == 100 - calls


def test_calls_that_fail_drop_no_revision(tmp_path):
    helm = tmp_path / "helm"
    helm.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\n')
    helm.chmod(0o700)
    (tmp_path / "kubeconfig").write_text(json.dumps(KUBECONFIG))
    command.Helm(str(helm), {"kubeconfig": str(tmp_path / "kubeconfig")}, 5).roll_back("logs", "logging", 3)
    assert (tmp_path / "words").read_text().split() == [
        *("rollback", "logs", "3"),
        *("--namespace=logging", "--history-max=0"),
    ]


def test_going_back_that_fails_says_so_and_raises_nothing(cluster, helm_secret):
    cluster.add(helm_secret())
    said = rollback.recover(cluster, run(), Helm("Error: timed out"))
    assert said == "going back failed (Error: timed out): the next run takes it up"


def test_rows_about_what_only_the_failed_revision_brought_are_not_waited_for(cluster):
    old = {**ROW, "name": "old"}
    cluster.add({"kind": "Service", "metadata": {"name": "old", "namespace": "logging"}})
    assert rollback.present_rows(cluster, [old, ROW]) == [old]


def test_kubeconfig_of_a_dict_is_a_private_file_that_goes_away():
    with command.kubeconfig_file({"token": "x"}) as path:
        found = command.Path(path)
        assert found.stat().st_mode & 0o077 == 0
        assert yaml.safe_load(found.read_text()) == {"token": "x"}
    assert not found.exists()


def packed(text):
    return base64.b64encode(text.encode()).decode()


def secret(**data):
    return {
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "logging", "managedFields": []},
        "data": {key: packed(value) for key, value in data.items()},
    }


def test_secrets_are_masked_in_every_file(cluster, helm_secret):
    cluster.add(secret(password="correct-horse"))
    container = {"name": "app", "env": [{"name": "DB_PASSWORD", "value": "literal"}, {"name": "MODE", "value": "a"}]}
    cluster.add({"kind": "Pod", "metadata": {"name": "p", "namespace": "logging"}, "spec": {"containers": [container]}})
    cluster.text = lambda path, query: "login with correct-horse failed\n" if query["previous"] == "false" else ""
    release = {"name": "logs", "namespace": "logging"}
    cluster.add(helm_secret(manifest=[secret(password="correct-horse"), {"kind": "ConfigMap", "metadata": {}}]))
    files = evidence.collect(cluster, release, "it broke")
    together = "\n".join(files.values())
    assert files["cause.txt"] == "it broke\n"
    assert files["p.app.log"] == f"login with {masking.MASK} failed\n"
    assert "p.app.previous.log" not in files
    for hidden in ("correct-horse", packed("correct-horse"), "literal"):
        assert hidden not in together
    assert "ConfigMap" in files["manifest.yml"]
    assert "MODE" in files["pods.yml"]


def test_evidence_is_for_its_owner_alone(tmp_path):
    evidence.write(tmp_path / "a" / "b", {"cause.txt": "x"})
    assert (tmp_path / "a" / "b" / "cause.txt").stat().st_mode & 0o777 == 0o600


def test_short_values_do_not_mask_half_of_every_line():
    values = masking.secret_values([secret(user="admin", password="long-enough", pin="12345")])
    assert {"long-enough", packed("long-enough")} <= values
    assert not {"admin", packed("admin"), "12345"} & values


def test_parts_of_secrets_and_what_looks_like_one_are_masked_in_every_file(cluster, helm_secret):
    address = "https://chat.example.org/a/T0K3NofTheCh4t"
    cluster.add(secret(config=yaml.safe_dump({"receivers": [{"slack_configs": [{"api_url": address}]}]})))
    settings = {
        "kind": "ConfigMap",
        "metadata": {"name": "c"},
        "data": {"app.ini": "user = me\npassword = of-the-map\n"},
    }
    container = {"name": "app", "image": "nginx:1.29", "args": ["--api-token=of-the-arguments", "--v=2"]}
    cluster.add({"kind": "Pod", "metadata": {"name": "p", "namespace": "logging"}, "spec": {"containers": [container]}})
    cluster.text = lambda path, query: f"cannot reach {address}: 403\nvia https://me:of-the-url@example.org\n"
    cluster.add(helm_secret(manifest=[settings]))
    files = evidence.collect(
        cluster, {"name": "logs", "namespace": "logging"}, f"it told {address}, --token of-the-cause"
    )
    together = "\n".join(files.values())
    for hidden in ("T0K3N", "of-the-map", "of-the-arguments", "of-the-url", "of-the-cause"):
        assert hidden not in together, hidden
    assert files["cause.txt"] == f"it told {masking.MASK}, --token {masking.MASK}\n"
    assert "cannot reach ••• 403" in files["p.app.log"].replace(":", "")
    for readable in ("nginx:1.29", "--v=2", "user = me", "https://me:•••@example.org"):
        assert readable in together, readable


def test_what_is_long_stays_on_one_line_where_it_is_found(cluster):
    """YAML breaks long texts at blanks, and between characters after one that is escaped."""
    value = "first words of a passphrase " * 8 + "\u0001" + "x" * 90
    cluster.add(secret(phrase=value))
    note = {"kind": "Event", "metadata": {"name": "e", "namespace": "logging"}, "message": f"told {value}!"}
    cluster.add(note)
    files = evidence.collect(cluster, {"name": "logs", "namespace": "logging"}, "it broke")
    assert "passphrase" not in files["events.yml"]
    assert "xxx" not in files["events.yml"]


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (
            {"containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}]},
            "container a: ErrImagePull no",
        ),
        (
            {
                "containerStatuses": [
                    {
                        "name": "a",
                        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                    }
                ]
            },
            "container a: CrashLoopBackOff back-off (last exit code 137, OOMKilled)",
        ),
        ({"containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "ContainerCreating"}}}]}, ""),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes: too many pods"}]},
            "0/3 nodes: too many pods",
        ),
        ({"containerStatuses": [{"name": "a", "state": {"running": {}}}]}, ""),
    ],
)
def test_cause_in_a_pods_own_status(status, cause):
    assert diagnosis_pods.status_cause({"status": status}) == cause


def test_cause_of_a_volume_that_is_not_bound(cluster):
    workload = {
        "kind": "StatefulSet",
        "metadata": {"name": "db", "namespace": "logging"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}},
    }
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}}]
    of_it = {"name": "db-0", "namespace": "logging", "labels": {"a": "b"}}
    cluster.add({"kind": "Pod", "metadata": of_it, "spec": {"volumes": volumes}})
    claim = {"kind": "PersistentVolumeClaim", "metadata": {"name": "data-db-0", "namespace": "logging"}}
    cluster.add({**claim, "status": {"phase": "Pending"}})
    assert (
        diagnosis.cause_of(cluster, workload) == "pod db-0: its volume data-db-0 is not bound: no provisioner took it"
    )


def test_cause_of_pods_that_are_not_even_made(cluster):
    workload = {"kind": "Deployment", "metadata": {"name": "web", "namespace": "a"}, "spec": {}}
    event = {
        "kind": "Event",
        "metadata": {"name": "1", "namespace": "a"},
        "type": "Warning",
        "involvedObject": {"name": "web-abc"},
        "reason": "FailedCreate",
        "message": "exceeded quota",
        "lastTimestamp": "2026-01-01",
    }
    cluster.add(event)
    assert diagnosis.cause_of(cluster, workload) == "FailedCreate: exceeded quota"
