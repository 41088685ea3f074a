"""A rollout that is watched: a cluster of its own, and everything that its commands leave and show."""

import base64
import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import yaml

from tests import commands

ROOT = Path(__file__).resolve().parents[2]
LOUD = "-vvv --diff"
PUBLIC_KEYS = {
    "tls.crt",
    "next.tls.crt",
    "ca.crt",
    "admin-user",
    "created",
    "admin.passwordMtime",
    "username",
    "roles",
    "roles.yml",
}
REFERENCES = {"webhook.github.secret"}
"""Keys of Secrets that only name another Secret and its key, whose value is searched for there."""
KEY_LINE = 40
SAMPLE_SECONDS = 0.1
SLACK, WEBHOOK = {"type": "slack"}, {"type": "webhook", "url": "https://automation.example.org"}
RECEIVERS = {
    "the pager's key": {"type": "pagerduty", "routing_key": "R0ut1ngK3yOfTheP4gerInTheSecrets"},
    "the chat's address": SLACK | {"url": "https://chat.example.org/hooks/T0K3NofTheCh4t"},
    "the bot's token": SLACK | {"channel": "#alerts", "token": "xoxb-T0k3nOfTheB0tInTheChat"},
    "the hook's address": {"type": "webhook", "url": "https://auto.example.org/hooks/T0K3NofTheHo0k"},
    "the hook's token": WEBHOOK | {"token": "B34rerOfTheW3bhookToken1"},
    "the hook's password": WEBHOOK | {"username": "landfall", "password": "P4sswordOfTheW3bhookUser"},
    "the hook's header": WEBHOOK | {"headers": {"X-Api-Key": "H3aderOfTheApiG4tewayInFull"}},
}
"""Keys of people's that are delivered as they are, the last field of each receiver."""


class Sampler:
    """Sees, while a command runs, the arguments of all processes and what lies in short-lived files."""

    def __init__(self, folders):
        self.folders = folders
        self.arguments = set()
        self.files = {}
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()

    def _watch(self):
        while not self.done.wait(SAMPLE_SECONDS):
            for process in Path("/proc").glob("[0-9]*/cmdline"):
                self.arguments.add(self._read(process))
            for path in [each for folder in self.folders for each in folder.rglob("*")]:
                self.files.setdefault(path, set()).add(self._read(path))

    @staticmethod
    def _read(path):
        try:
            return path.read_bytes().decode(errors="replace")
        except OSError:
            return ""  # a folder, or it was removed meanwhile


def receivers_secrets():
    """Return what is secret of each receiver."""
    last = {name: list(each.values())[-1] for name, each in RECEIVERS.items()}
    return {name: value["X-Api-Key"] if isinstance(value, dict) else value for name, value in last.items()}


class Rollout:
    """A cluster of its own, the commands of a user, and everything that these left behind."""

    def __init__(self, folder):
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "ansible.log"
        self.said = ""
        # What is short-lived is put where it can be watched.
        self.watched = [folder / name for name in ("tmp", "remote", "home")] + [self.state / "run"]
        for each in self.watched[:3]:
            each.mkdir()
        self.sampler = Sampler(self.watched)
        self.pager = folder / "pager.yml"
        receivers = [{"name": f"receiver-{index}", **each} for index, each in enumerate(RECEIVERS.values())]
        self.pager.write_text(yaml.safe_dump({"monitoring_receivers": receivers}))
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        self.environment |= {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LANDFALL_STATE_DIR": str(self.state),
            "TMPDIR": str(folder / "tmp"),
            "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
            "ANSIBLE_HOME": str(folder / "home"),
            # A result then shows the arguments of its module, as it did by default before ansible-core 2.21.
            "ANSIBLE_INJECT_INVOCATION": "1",
        }

    def play(self, arguments, fails=False, log=None):
        done = commands.run(
            ["ansible-playbook", "-i", "inventories/local", *arguments.split()],
            cwd=ROOT,
            env=self.environment | ({"ANSIBLE_LOG_PATH": str(log)} if log else {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert (done.returncode != 0) is fails, f"{arguments} ended with {done.returncode}:\n{done.stdout[-4000:]}"
        return done.stdout

    def objects(self, kinds, selector=""):
        command = [self.state / "bin/kubectl", "--kubeconfig", self.state / "kubeconfig", "get", kinds]
        found = subprocess.run(
            [*command, "--all-namespaces", "-o", "json", "-l", selector], capture_output=True, check=True
        )
        return json.loads(found.stdout)["items"]

    def generated(self):
        """Return every value that Landfall made, by the place where it belongs."""
        values = {}
        for secret in self.objects("secrets", "landfall.eks/credential"):
            place = f"{secret['metadata']['namespace']}/{secret['metadata']['name']}"
            for key, encoded in (secret.get("data") or {}).items():
                # Templates and user names are no secrets; receivers' names too, whatever they are called there.
                if key not in PUBLIC_KEYS | REFERENCES | {"alertmanager.yaml"} and not key.endswith(
                    (".tmpl", "-username")
                ):
                    values[f"{place} {key}"] = base64.b64decode(encoded).decode()
        return values

    def alertmanager_configs(self):
        """Return alertmanager.yaml of every Secret that holds one."""
        found = [each.get("data") or {} for each in self.objects("secrets")]
        return [base64.b64decode(each["alertmanager.yaml"]).decode() for each in found if "alertmanager.yaml" in each]

    def needles(self):
        """Return what is searched for, by a name: each value, as it is and in base64; of a key each of its lines."""
        values = self.generated() | receivers_secrets()
        for secret in self.objects("secrets", "common.k8s.elastic.co/type=elasticsearch"):
            if "elastic" in secret["data"]:
                values["the elastic user"] = base64.b64decode(secret["data"]["elastic"]).decode()
        found = {}
        for name, value in values.items():
            lines = [line for line in value.splitlines() if "-----" not in line and len(line) >= KEY_LINE]
            for index, line in enumerate(lines if "PRIVATE KEY" in value else [value]):
                found[f"{name} {index}"] = line
            found[f"{name} in base64"] = base64.b64encode(value.encode()).decode()
        return found

    def releases(self):
        """Return all that Helm keeps of its revisions, decoded: values and manifests."""
        return {
            f"Helm's {each['metadata']['name']}": gzip.decompress(
                base64.b64decode(base64.b64decode(each["data"]["release"]))
            ).decode()
            for each in self.objects("secrets", "owner=helm")
        }

    def places(self):
        """Return (name, text) of everywhere that a secret could have got to."""
        yield "standard output", self.said
        yield from (("arguments of a process", each) for each in self.sampler.arguments)
        for path, texts in self.sampler.files.items():
            yield from ((f"the short-lived {path}", each) for each in texts)
        for path in self.folder.rglob("*"):
            # The database of the cluster itself is where Secrets are; links lead to the tools.
            if (
                path.is_file()
                and not path.is_symlink()
                and self.state / "cluster/etcd" not in path.parents
                and path != self.pager
            ):
                yield str(path), path.read_bytes().decode(errors="replace")
        yield from self.releases().items()
        kinds = "configmaps,events,services,ingresses,deployments,statefulsets,daemonsets,jobs,namespaces"
        for each in self.objects(kinds):
            yield f"{each['kind']} {each['metadata']['name']}", json.dumps(each)
