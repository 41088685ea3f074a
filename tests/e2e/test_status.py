"""Status and verification of an embedded cluster: empty, rolled out, and with what people want to be told broken."""

import base64
import json
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair, make_leaf
from tests.e2e.machine import Machine, until

pytestmark = pytest.mark.cluster

# What the embedded cluster can say most about, and quickly.
WITHOUT = json.dumps({"efk_enabled": False, "argocd_enabled": False})
FILES = ("status.json", "status.html", "verify.json", "verify.xml", "verify.html")
HOME = "landfall-system"


class Stood(Machine):
    """A machine whose cluster is asked how it stands."""

    def status(self):
        """Return what was shown and what was written."""
        shown = self.playbook("playbooks/status.yml", "-e", WITHOUT)
        return " ".join(shown.split()), json.loads((self.folder / "status.json").read_text())

    def verify(self, *words):
        """Return the exit status, what was shown, and each outcome by group and name."""
        command = ("ansible-playbook", "-i", "inventories/local", "playbooks/verify.yml", "-e", WITHOUT, *words)
        code, _, shown = self.try_(*command)
        found = json.loads((self.folder / "verify.json").read_text())
        return code, shown, {(each["group"], each["name"]): each for each in found["results"]}

    def versions(self):
        """Return the version of every object that a run might write."""
        kinds = "secrets,configmaps,deployments,services,ingresses,leases.coordination.k8s.io"
        found = self.get(kinds, "--all-namespaces")["items"]
        # Nodes and controllers renew their own Leases, and what is in the status of an object.
        return {
            (each["kind"], each["metadata"]["namespace"], each["metadata"]["name"]): self._version(each["metadata"])
            for each in found
            if each["kind"] != "Lease" or each["metadata"]["namespace"] == HOME
        }

    def _version(self, metadata):
        if "generation" not in metadata:
            return metadata["resourceVersion"]
        return metadata["generation"], metadata.get("labels"), metadata.get("annotations")

    def secret_values(self):
        """Return whatever Landfall made or knows that is secret, a line each, as it is and in base64."""
        found = {}
        for each in self.get("secrets", "--all-namespaces", "-l", "landfall.eks/credential")["items"]:
            for key, coded in each.get("data", {}).items():
                text = base64.b64decode(coded).decode()
                if (
                    key in {"tls.crt", "ca.crt"}
                    or len(text) < 20
                    or not key.startswith(("password", "token", "tls", "admin-p", "auth"))
                ):
                    continue
                lines = [line for line in text.splitlines() if len(line) >= 20 and "-----" not in line]
                for number, line in enumerate(lines):
                    name = f"{each['metadata']['namespace']}/{each['metadata']['name']} {key} {number}"
                    found[name] = line
                    found[f"{name} in base64"] = base64.b64encode(line.encode()).decode()
        return found


@pytest.fixture(scope="module")
def machine():
    folder = Path(tempfile.mkdtemp(prefix="lf-status-"))
    made = Stood(folder)
    made.playbook("playbooks/local_cluster.yml")
    made.empty = made.status()
    made.empty_verify = made.verify()
    made.playbook("site.yml", "-e", WITHOUT)
    yield made
    made.run("make", "down")
    shutil.rmtree(folder, ignore_errors=True)


def component(status, release):
    return next(each for each in status["components"] if each["release"] == release)


def test_an_empty_cluster_has_a_status_and_is_not_fit_for_use(machine):
    shown, status = machine.empty
    assert "Landfall is not installed here." in shown
    assert {each["health"] for each in status["components"]} == {"not installed"}
    assert (status["certificates"], status["credentials"]) == ([], [])
    code, shown, results = machine.empty_verify
    assert code != 0
    assert results["components", "flask-app"]["outcome"] == "failed"
    assert "components, flask-app: not installed" in shown


def rollout_has_ended(machine):
    """Say whether the Lease is free and the autoscaler has given the application its second pod."""
    lease = machine.get("lease", "landfall", "-n", HOME)["spec"]
    return (
        not lease.get("holderIdentity")
        and machine.get("deployment", "flask-app", "-n", "flask-app")["spec"]["replicas"] >= 2
    )


def test_status_of_a_rollout(machine):
    until(lambda: rollout_has_ended(machine), 120, "the end of the rollout")
    before = machine.versions()
    shown, status = machine.status()
    assert machine.versions() == before, "nothing was written, no Lease either"
    assert "All is well." in shown
    assert "Rollout: no rollout is at work" in shown
    assert {each["health"] for each in status["components"]} == {"ready"}
    assert {each["release"]: each["simulated"] for each in status["components"]}["metrics-server"] is False
    flask = component(status, "flask-app")
    assert (flask["owner"], flask["version"], flask["newest"]) == ("helm", "0.1.0", "0.1.0")
    certificates = {each["name"]: each for each in status["certificates"]}
    assert certificates["landfall-ca"]["days"] > 1800
    assert certificates["grafana-tls"]["hosts"] == ["grafana.example.org"]
    assert certificates["grafana-tls"]["days"] in {364, 365}
    assert {"Grafana"} <= {each["service"] for each in status["credentials"]}
    assert status["addresses"]["names"] == ["flask.example.org", "grafana.example.org"]
    assert status["addresses"]["state"] != "stale"
    assert status["slos"] == {"state": "not run", "why": "simulated here: no Prometheus runs", "rows": []}


def test_a_hosts_block_that_misses_a_name_is_stale(machine):
    hosts = machine.folder / "hosts"
    kept = hosts.read_text()
    hosts.write_text("".join(line for line in kept.splitlines(keepends=True) if "grafana" not in line))
    _, status = machine.status()
    hosts.write_text(kept)
    assert (status["addresses"]["state"], status["addresses"]["why"]) == ("stale", "grafana.example.org not in it")


def test_status_beside_a_running_rollout_says_who_is_at_work(machine):
    lease = machine.get("lease/landfall", "-n", HOME)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    spec = {"holderIdentity": "anna@laptop/a1", "acquireTime": now, "renewTime": now, "leaseDurationSeconds": 3600}
    body = {**lease, "spec": {**lease["spec"], **spec}}
    machine.kubectl("replace", "-f", "-", text=json.dumps(body))
    held = machine.get("lease/landfall", "-n", HOME)
    shown, status = machine.status()
    assert "anna@laptop has been at work on this cluster since" in shown
    assert (status["rollout"]["running"], status["rollout"]["holder"]) == (True, "anna@laptop/a1")
    assert machine.get("lease/landfall", "-n", HOME) == held
    machine.kubectl("replace", "-f", "-", text=json.dumps({**held, "spec": {"leaseTransitions": 2}}))


def test_verify_passes_what_is_real_and_nothing_else(machine):
    code, shown, results = machine.verify()
    assert code == 0, shown[-4000:]
    assert {each["outcome"] for each in results.values()} == {"passed", "not run"}
    passed = {name for name, each in results.items() if each["outcome"] == "passed"}
    assert {("autoscaling", "flask-app"), ("autoscaling", "usage of nodes"), ("cluster", "version")} <= passed
    assert ("endpoints", "flask-app") in passed
    assert results["autoscaling", "flask-app"]["detail"].startswith("2 to 5 at 80 %; ")
    takes_a_container = {"https", "plain http", "logins", "metrics", "alerts", "logs"}
    assert {group for group, _ in passed} & takes_a_container == set()
    assert {group for group, _ in results} & takes_a_container == takes_a_container - {"logs"}
    assert all("simulated here" in results[name]["detail"] for name in results if name[0] in takes_a_container)
    cases = list(Xml.parse(machine.folder / "verify.xml").iter("testcase"))  # noqa: S314 (our own)
    assert len(cases) == len(results)
    assert sum(each.find("skipped") is not None for each in cases) == len(results) - len(passed)


def test_a_component_without_its_pod_is_unhealthy_and_fails(machine):
    nodes = [each["metadata"]["name"] for each in machine.get("nodes")["items"]]
    name = "kube-prometheus-stack-grafana"
    machine.kubectl("cordon", *nodes)
    machine.kubectl("-n", "monitoring", "delete", "pod", "-l", "app.kubernetes.io/name=grafana")
    until(
        lambda: not machine.get(f"deployment/{name}", "-n", "monitoring")["status"].get("availableReplicas"),
        60,
        "a Grafana without pod",
    )
    shown, status = machine.status()
    code, said, results = machine.verify("-e", "verify_timeout=1")
    machine.kubectl("uncordon", *nodes)
    health = f"Deployment {name}: 0 of 1 replicas available"
    assert component(status, "kube-prometheus-stack")["health"] == health
    assert f"- kube-prometheus-stack is not ready: {health}." in shown
    assert code != 0
    assert results["components", "kube-prometheus-stack"]["outcome"] == "failed"
    assert f"monitoring/{name}" in results["endpoints", "monitoring"]["detail"]
    assert f"components, kube-prometheus-stack: {health}" in said
    until(
        lambda: machine.get(f"deployment/{name}", "-n", "monitoring")["status"].get("availableReplicas"),
        60,
        "Grafana's pod again",
    )


def test_an_autoscaler_that_was_changed_fails(machine):
    def limit(number):
        patch = json.dumps({"spec": {"maxReplicas": number}})
        machine.kubectl("-n", "flask-app", "patch", "hpa/flask-app", "--type=merge", "-p", patch)

    limit(6)
    code, _, results = machine.verify("-e", "verify_timeout=1")
    limit(5)
    assert code != 0
    assert results["autoscaling", "flask-app"]["detail"] == (
        "minimum, maximum and target are 2 to 6 at 80 %, wanted 2 to 5 at 80 %"
    )


def test_a_certificate_near_its_end_shows(machine):
    ca = machine.get("secret/landfall-ca", "-n", HOME)["data"]
    pair = KeyPair.read({key: base64.b64decode(value).decode() for key, value in ca.items()})
    old = make_leaf(pair, ("flask.example.org",), datetime.now(UTC) - timedelta(days=353)).data
    data = {key: base64.b64encode(value.encode()).decode() for key, value in old.items()}
    for namespace in (HOME, "flask-app"):
        machine.kubectl("-n", namespace, "patch", "secret/flask-tls", "--type=merge", "-p", json.dumps({"data": data}))
    shown, status = machine.status()
    (row,) = [each for each in status["certificates"] if each["name"] == "flask-tls"]
    assert (row["days"], row["state"]) == (11, "ends soon")
    assert "The certificate in Secret flask-app/flask-tls ends in 11 days" in shown
    assert "11 days left" in (machine.folder / "status.html").read_text()


def test_no_secret_is_in_any_file(machine):
    values = machine.secret_values()
    names = " ".join(values)
    for part in (
        "monitoring/grafana-admin admin-password",
        f"{HOME}/landfall-ca tls.key",
        "flask-app/flask-tls tls.key",
    ):
        assert part in names
    texts = {name: (machine.folder / name).read_text() for name in FILES}
    assert [f"{value} in {name}" for name, text in texts.items() for value in values if values[value] in text] == []
    # A control: in a file with one of them it is found.
    planted = texts["status.json"] + values["monitoring/grafana-admin admin-password 0"]
    assert [value for value in values if values[value] in planted] == [
        each for each in values if values[each] == values["monitoring/grafana-admin admin-password 0"]
    ]
