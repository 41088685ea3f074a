"""The Dockerfile's image, as it stands, on a real kubelet: needs root and Debian's packages, and else says so."""

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    real_node,
    real_node_init,
    real_node_machine,
)
from tests.e2e.machine import ROOT, Machine, until, words

pytestmark = pytest.mark.cluster

INSIDE = """
import json, os, subprocess, time, urllib.request
try:
    open("/srv/app/written", "w")
    refused = ""
except OSError as error:
    refused = error.strerror
server = subprocess.Popen(["gunicorn"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
for _ in range(100):
    try:
        answer = urllib.request.urlopen("http://127.0.0.1:8080/hello/user1").read().decode()
        break
    except OSError:
        time.sleep(0.1)
server.terminate()
print(json.dumps({"uid": os.getuid(), "refused": refused, "greets": "user1" in answer, "ended": server.wait(60)}))
"""


def reason_not_to_run():
    """Return what is missing here, or nothing."""
    if missing := real_node.lacking():
        return f"not run: a real node needs {', '.join(missing)} (make system-packages, as root)"
    done = subprocess.run(
        [sys.executable, "tools/app_image.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return f"not run: {done.stderr.strip()}" if done.returncode else ""


@pytest.fixture(scope="module")
def machine():
    if reason := reason_not_to_run():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="lf-node-"))
    folder.chmod(0o755)
    made = Machine(folder)
    made.before = traces()
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        ending.callback(made.try_, "make", "down")
        made.said = made.run("make", "up", "REAL_NODE=1")
        yield made


def traces():
    """Return all of the machine that a real node touches: mounts, interfaces, cgroups, kernel settings, folders."""
    # A real node that was killed leaves its settings changed and a record of what they were: that is what is put back.
    record = real_node_machine.SYSCTL_RECORD
    found = {name: Path("/proc/sys", name).read_text().strip() for name in real_node_machine.SYSCTLS}
    sysctls = json.loads(record.read_text()) if record.exists() else found
    cgroups = [str(each) for root in real_node_init.hierarchies() for each in root.iterdir() if "landfall" in each.name]
    folders = ("/run/containerd", "/run/netns", "/var/lib/cni", "/var/lib/kubelet", "/var/log/pods", "/opt/containerd")
    return {
        "mounts": sorted(line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()),
        "interfaces": sorted(psutil.net_if_addrs()),
        "cgroups": sorted(cgroups),
        "sysctls": sysctls,
        "folders": [each for each in folders if Path(each).exists()],
    }


def pods(machine):
    return machine.get("pods", "-n", "flask-app", "-l", "app.kubernetes.io/name=flask-app")["items"]


def running(machine):
    """Return the pods that run and stay, once there are two."""
    found = [each for each in pods(machine) if "deletionTimestamp" not in each["metadata"]]
    return found if len(found) >= 2 and all(each["status"]["phase"] == "Running" for each in found) else []


def fetch(url, **headers):
    """Return an answer's status, type and text; no proxy of the shell is asked."""
    parts = urlsplit(url)
    with contextlib.closing(http.client.HTTPConnection(parts.netloc, timeout=20)) as connection:
        connection.request("GET", parts.path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get_content_type(), answer.read().decode()


@pytest.fixture
def url(machine):
    return machine.component("flask-app")["urls"][0]


def test_image_runs_read_only_and_as_nobody(machine):
    directory = machine.folder / "cluster"
    node = next(each for each in psutil.process_iter() if words(each)[-1:] == [f"{directory}/node/plan.json"])
    first = node.children()[0].pid if node.name() == "unshare" else node.pid
    image = next(iter(json.loads((directory / "real-node.json").read_text())["images"]))
    cgroup = json.loads((directory / "node" / "plan.json").read_text())["cgroup"]
    inside = ["nsenter", f"--target={first}", "--mount", "--pid", "ctr", "--namespace", "k8s.io", "run", "--rm"]
    limits = ["--read-only", "--cgroup", f"/{cgroup}/tried", "--mount", "type=tmpfs,src=tmpfs,dst=/tmp,options=rw"]
    said = json.loads(machine.run(*inside, *limits, image, "tried", "python", "-c", INSIDE))
    assert said == {"uid": 10001, "refused": "Read-only file system", "greets": True, "ended": 0}


def test_pods_run_on_the_real_node_under_restricted(machine):
    labels = machine.get("namespace/flask-app")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    # The Deployment says no number: the autoscaler's minimum comes with its first look.
    found = until(lambda: running(machine), 90, "2 running pods")
    node = machine.get(f"node/{found[0]['spec']['nodeName']}")
    assert node["status"]["nodeInfo"]["containerRuntimeVersion"].startswith("containerd://")
    for pod in found:
        assert pod["spec"]["nodeName"] == node["metadata"]["name"]
        assert not pod["spec"].get("hostNetwork")
    others = machine.get("pods", "-A")["items"]
    strangers = [
        each["metadata"]["name"] for each in others if each["spec"].get("nodeName") == node["metadata"]["name"]
    ]
    assert set(strangers) == {each["metadata"]["name"] for each in found}


def test_container_is_nobody_and_cannot_write(machine):
    assert "uid=10001" in machine.kubectl("exec", "-n", "flask-app", "deploy/flask-app", "--", "id")
    status, _, said = machine.try_("kubectl", "exec", "-n", "flask-app", "deploy/flask-app", "--", "touch", "/srv/x")
    assert status != 0
    assert "Read-only file system" in said


def test_summary_gives_the_address_that_answers(machine, url):
    assert machine.component("flask-app")["simulated"] is False
    assert url in machine.said
    status, kind, text = fetch(f"{url}/hello/user1", Accept="text/html")
    assert (status, kind) == (200, "text/html")
    assert "user1" in text


def test_json_and_metrics(url):
    status, kind, text = fetch(f"{url}/hello/user1", Accept="application/json")
    assert (status, kind) == (200, "application/json")
    assert "user1" in json.dumps(json.loads(text))
    status, _, text = fetch(f"{url}/metrics")
    assert status == 200
    assert any(line.startswith("http_request") and "/hello/" in line for line in text.splitlines())


def test_real_usage_reaches_the_autoscaler(machine):
    def usage():
        status, out, _ = machine.try_("kubectl", "top", "pods", "-n", "flask-app", "--no-headers")
        return out if status == 0 and len(out.splitlines()) >= 2 else ""

    assert all(int(line.split()[2].removesuffix("Mi")) > 10 for line in until(usage, 90, "usage").splitlines())


def test_sigterm_finishes_what_is_in_flight_and_ends_with_0(machine):
    pod = pods(machine)[0]
    name, address = pod["metadata"]["name"], pod["status"]["podIP"]
    container = pod["spec"]["containers"][0]
    pause = ((container.get("lifecycle") or {}).get("preStop") or {}).get("sleep", {}).get("seconds", 0)

    def patch(finalizers):
        merge = json.dumps({"metadata": {"finalizers": finalizers}})
        machine.kubectl("patch", f"pod/{name}", "-n", "flask-app", "--type=merge", "-p", merge)

    def end():
        return machine.get(f"pod/{name}", "-n", "flask-app")["status"]["containerStatuses"][0]["state"].get(
            "terminated"
        )

    patch(["landfall.test/look"])  # how it ended can be read only while the pod is there
    try:
        with socket.create_connection((address, container["ports"][0]["containerPort"]), timeout=60) as connection:
            connection.sendall(b"GET /hello/user1 HTTP/1.1\r\nHost: flask\r\nConnection: close\r\n")
            machine.kubectl("delete", f"pod/{name}", "-n", "flask-app", "--wait=false")
            time.sleep(pause + 2)  # by now SIGTERM has come, and the request is still half sent
            assert not end()
            connection.sendall(b"\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        assert until(end, 60, "the container's end")["exitCode"] == 0
    finally:
        patch(None)


def test_up_again_changes_nothing_and_mends_a_killed_kubelet(machine):
    until(
        lambda: len([each for each in pods(machine) if "deletionTimestamp" not in each["metadata"]]) >= 2, 90, "2 pods"
    )
    play = ["playbooks/local_cluster.yml", "-e", '{"local_cluster_real_node": true}']
    said = machine.playbook(*play, "-v")
    assert " changed=0 " in said, said
    kubelet = [each for each in psutil.process_iter() if f"{machine.folder}/bin/kubelet" in words(each)[:1]]
    os.kill(kubelet[0].pid, 9)
    assert " changed=1 " in machine.playbook(*play)

    def answers():
        with contextlib.suppress(OSError):
            # The autoscaler may just be making one, which has no address yet.
            addresses = [each["status"].get("podIP") for each in pods(machine)]
            return all(addresses) and all(fetch(f"http://{each}:8080/hello/user1")[0] == 200 for each in addresses)
        return False

    until(answers, 120, "every pod's answer")


def test_down_leaves_nothing_of_it(machine):
    machine.run("make", "down")
    left = traces()
    assert left["sysctls"] == machine.before["sysctls"]
    for kind in ("mounts", "interfaces", "cgroups", "folders"):
        assert not set(left[kind]) - set(machine.before[kind]), kind
    assert not [each for each in psutil.process_iter() if str(machine.folder) in " ".join(words(each))]
