"""The real cert-manager controller, with a self-signed and a CA issuer, signs for a host name of the platform.

Its pods are simulated, so its webhook is not called. The controller is a process of this test, built from
cert-manager's Go module (tools/go/cert-manager), against the real API server of an embedded cluster of its own.
"""

import base64
import contextlib
import json
import re
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.e2e.machine import ROOT, Machine, until

pytestmark = pytest.mark.cluster

GET = "tools/get_tools.py --pins tools/test-tools.yml --only cert-manager"

NAMESPACE, SECRET, HOST = "flask-app", "flask-tls", "flask.example.org"
API = {"apiVersion": "cert-manager.io/v1"}
CORPORATE = {"kind": "ClusterIssuer", "name": "corporate"}
OF_TEAM = {"kind": "Issuer", "name": "team"}


def program():
    """Return the path of the controller in the tool cache; skip where it was not built."""
    command = [sys.executable, *GET.split(), "--cached", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not run: cert-manager's controller is not in the tool cache (python {GET} builds it, once)")
    return json.loads(done.stdout)["cert-manager"]["path"]


def issuer(kind, name, spec, namespace=None):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {**API, "kind": kind, "metadata": metadata, "spec": spec}


ROOT_CA = {
    **API,
    "kind": "Certificate",
    "metadata": {"name": "corporate-root", "namespace": "cert-manager"},
    "spec": {
        "isCA": True,
        "commonName": "Corporate Root",
        "secretName": "corporate-root",
        "privateKey": {"algorithm": "ECDSA", "rotationPolicy": "Always"},
        "issuerRef": {"kind": "ClusterIssuer", "name": "self"},
    },
}
ISSUERS = [
    issuer("ClusterIssuer", "self", {"selfSigned": {}}),
    issuer("ClusterIssuer", "corporate", {"ca": {"secretName": "corporate-root"}}),
    issuer("ClusterIssuer", "broken", {"ca": {"secretName": "no-such-secret"}}),
    issuer("Issuer", "team", {"selfSigned": {}}, NAMESPACE),
]


class Signed(Machine):
    """A cluster with cert-manager's kinds and the Flask application."""

    def roll_out(self, *words, **settings):
        """Run site.yml for the application; return how many changes it reports."""
        said = self.playbook("site.yml", "--tags", "flask_app", *words, "-e", json.dumps(settings))
        return int(re.search(r"changed=(\d+)", said)[1])

    def by(self, issuer, *words):
        return self.roll_out(*words, platform_tls_source="cert_manager", platform_tls_issuer=issuer)

    def apply(self, *objects):
        found = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--filename=-", text=json.dumps(found))

    def data(self):
        return self.get("secret", SECRET, "--namespace", NAMESPACE)["data"]

    def certificate(self):
        return x509.load_pem_x509_certificate(base64.b64decode(self.data()["tls.crt"]))

    def issued_by(self):
        return self.certificate().issuer.rfc4514_string()

    def certificates(self):
        found = self.get("certificates.cert-manager.io", "--namespace", NAMESPACE)["items"]
        return [each["metadata"]["name"] for each in found]


class Watch:
    """Reads the Secret again and again, and keeps what was not a certificate with its key."""

    def __init__(self, machine):
        self.machine, self.over = machine, threading.Event()
        self.seen, self.wrong = [], []
        self.thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_unused):
        self.over.set()
        self.thread.join()

    def _look(self):
        while not self.over.is_set():
            try:
                data = self.machine.data()
                found, key = (base64.b64decode(data[name]) for name in ("tls.crt", "tls.key"))
                certificate = x509.load_pem_x509_certificate(found)
                pair = serialization.load_pem_private_key(key, None).public_key()
                if pair != certificate.public_key() or certificate.not_valid_after_utc < datetime.now(UTC):
                    self.wrong.append(data)
            except (AssertionError, KeyError, ValueError) as error:
                self.wrong.append(str(error))
                continue
            if certificate.serial_number not in self.seen:
                self.seen.append(certificate.serial_number)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    machine, built = Signed(folder), program()
    with contextlib.ExitStack() as stack:
        stack.callback(machine.playbook, "playbooks/local_cluster.yml", "-e", "local_cluster_state=absent")
        machine.playbook("playbooks/local_cluster.yml")
        machine.playbook("site.yml", "--tags", "cert_manager,flask_app", "-e", '{"cert_manager_enabled": true}')
        log = stack.enter_context((folder / "cert-manager.log").open("w"))
        command = [built, f"--kubeconfig={folder}/kubeconfig"]
        process = stack.enter_context(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
        stack.callback(process.terminate)
        machine.apply(*ISSUERS, ROOT_CA)
        machine.kubectl("wait", "--for=condition=Ready", "clusterissuer/corporate", "--timeout=60s")
        yield machine


def test_a_switch_there_and_back_is_made_in_place(cluster):
    """A Secret that is always a good pair is what a server needs in order to drop no connection."""
    own, uid = cluster.certificate().serial_number, cluster.get("secret", SECRET, "-n", NAMESPACE)["metadata"]["uid"]
    with Watch(cluster) as watch:
        assert cluster.by(CORPORATE) > 0
        assert cluster.issued_by() == "CN=Corporate Root"
        assert cluster.by(CORPORATE) == 0
        # Of a self-signed Issuer in the namespace: without the note on the Secret nothing would be issued.
        assert cluster.by(OF_TEAM) > 0
        assert cluster.certificate().issuer == cluster.certificate().subject
        assert cluster.roll_out() > 0
        assert "Landfall CA" in cluster.issued_by()
        # Nobody writes over it any more.
        time.sleep(5)
        assert cluster.roll_out() == 0
    assert watch.wrong == []
    assert (watch.seen[0], len(watch.seen)) == (own, 4)
    assert cluster.certificates() == []
    assert cluster.get("secret", SECRET, "-n", NAMESPACE)["metadata"]["uid"] == uid


def test_the_watch_sees_a_secret_that_is_no_pair(cluster):
    """The control of the test above."""
    good = cluster.data()
    with Watch(cluster) as watch:
        changed = {"data": {"tls.key": good["tls.crt"]}}
        cluster.kubectl("patch", "secret", SECRET, "-n", NAMESPACE, "--type=merge", "-p", json.dumps(changed))
        until(lambda: watch.wrong, 30, "the watch sees it")
        back = {"data": {"tls.key": good["tls.key"]}}
        cluster.kubectl("patch", "secret", SECRET, "-n", NAMESPACE, "--type=merge", "-p", json.dumps(back))


def test_a_renewal_disturbs_no_run(cluster):
    cluster.by(CORPORATE)
    before = cluster.certificate().serial_number
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    renew = {"type": "Issuing", "status": "True", "reason": "ManuallyTriggered", "message": ""}
    renew["lastTransitionTime"] = now
    found = cluster.get("certificates.cert-manager.io", SECRET, "-n", NAMESPACE)
    status = {"status": {"conditions": [*found["status"]["conditions"], renew]}}
    named = ["certificates.cert-manager.io", SECRET, "-n", NAMESPACE]
    cluster.kubectl("patch", *named, "--subresource=status", "--type=merge", "-p", json.dumps(status))
    until(lambda: cluster.certificate().serial_number != before, 60, "it is renewed")
    assert cluster.by(CORPORATE) == 0
    said = cluster.playbook("playbooks/drift.yml")
    assert "changed=0" in said
    assert f"Certificate {NAMESPACE}/{SECRET}" not in said


def test_drift_sees_and_reverts_a_change_of_a_certificate(cluster):
    cluster.by(CORPORATE)
    other = {"spec": {"issuerRef": {"name": "self"}}}
    named = ["certificates.cert-manager.io", SECRET, "-n", NAMESPACE]
    cluster.kubectl("patch", *named, "--type=merge", "-p", json.dumps(other))
    assert SECRET in cluster.playbook("playbooks/drift.yml")
    cluster.playbook("playbooks/drift.yml", "-e", "drift_repair=true")
    assert cluster.get(*named)["spec"]["issuerRef"]["name"] == "corporate"


def test_a_plan_shows_the_certificate(cluster):
    cluster.by(CORPORATE)
    settings = json.dumps({"platform_tls_source": "cert_manager", "platform_tls_issuer": OF_TEAM})
    said = cluster.playbook("site.yml", "--tags", "flask_app", "--check", "--diff", "-e", settings)
    assert re.search(rf"Certificate.*{NAMESPACE}/{SECRET}", said)
    assert cluster.issued_by() == "CN=Corporate Root"


@pytest.mark.parametrize(
    ("issuer", "words"),
    [
        ({"kind": "ClusterIssuer", "name": "nobody"}, "which the cluster does not have: create it"),
        ({"kind": "ClusterIssuer", "name": "broken"}, "which is not ready (ErrGetKeyPair"),
        ({"kind": "Issuer", "name": "nobody"}, f"which the namespace {NAMESPACE} does not have"),
    ],
)
def test_an_issuer_that_cannot_sign_changes_nothing(cluster, issuer, words):
    before = cluster.certificate().serial_number
    settings = json.dumps({"platform_tls_source": "cert_manager", "platform_tls_issuer": issuer})
    status, _out, said = cluster.try_(
        "ansible-playbook", "-i", "inventories/local", "site.yml", "--tags", "flask_app", "-e", settings
    )
    assert status != 0
    assert words in " ".join(said.split())
    assert "Nothing was changed" in said
    assert cluster.certificate().serial_number == before


def test_uninstalling_takes_the_certificate_with_it(cluster):
    cluster.by(CORPORATE)
    cluster.playbook("playbooks/uninstall.yml")
    assert cluster.certificates() == []
    # Issuers of somebody else keep their definition.
    assert cluster.get("clusterissuers.cert-manager.io")["items"]
