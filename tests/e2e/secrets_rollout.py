"""A rollout that is watched: a cluster of its own, and everything that its commands leave and show."""

import base64
import gzip
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import pki
from tests import commands

ROOT = Path(__file__).resolve().parents[2]
LOUD = "-vvv --diff"
ROLE = ROOT / "roles/preflight/files/cluster_role.yml"
USER = "landfall"
PUBLIC_KEYS = {
    "tls.crt",
    "next.tls.crt",
    "ca.crt",
    "admin-user",
    "created",
    "token_created",
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


ENVIRONMENT = {
    "LANDFALL_TEST_TOKEN": "T0kenOfTheEnvironmentOfEveryTask",
    "HTTPS_PROXY": "http://me:P4sswordOfTheProxyOfTheUser@127.0.0.1:9",
}
"""What `platform_environment` has beside the settings of the local cluster; nobody answers there."""


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


def leaks(places, needles):
    """Say which value lies where, without repeating it."""
    return sorted({f"{name} in {place}" for place, text in places for name, value in needles.items() if value in text})


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
        self.searched = set()
        self.login = folder / "login"
        self.own = folder / "own.yml"
        self.pager = folder / "pager.yml"
        receivers = [{"name": f"receiver-{index}", **each} for index, each in enumerate(RECEIVERS.values())]
        self.pager.write_text(yaml.safe_dump({"monitoring_receivers": receivers}))
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
        self.environment |= commands.TASK_BY_TASK | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "LANDFALL_STATE_DIR": str(self.state),
            "TMPDIR": str(folder / "tmp"),
            "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
            "ANSIBLE_HOME": str(folder / "home"),
            # A result then shows the arguments of its module, as it did by default before ansible-core 2.21.
            "ANSIBLE_INJECT_INVOCATION": "1",
        }

    def log_in(self):
        """Become a user with the ClusterRole that is shipped and nothing else, whose environment holds secrets."""
        folder = self.state / "cluster/pki"
        pki.issue(folder, pki.Leaf("login", USER))
        kubeconfig = yaml.safe_load((self.state / "kubeconfig").read_text())
        pair = {"certificate": folder / "login.crt", "key": folder / "login.key"}
        kubeconfig["users"][0]["user"] = {
            f"client-{part}-data": base64.b64encode(path.read_bytes()).decode() for part, path in pair.items()
        }
        self.login.write_text(yaml.safe_dump(kubeconfig))
        self.kubectl("apply", "-f", ROLE)
        self.kubectl("create", "clusterrolebinding", USER, f"--clusterrole={USER}", f"--user={USER}")
        inventory = yaml.safe_load((ROOT / "inventories/local/group_vars/clusters.yml").read_text())
        account = json.loads((self.state / "cluster/aws.json").read_text())
        written = inventory["platform_environment"] | {
            "PATH": f"{self.state}/bin:{self.environment['PATH']}",
            "AWS_ENDPOINT_URL": account["endpoint"],
            "AWS_CONFIG_FILE": str(ROOT / "inventories/local/aws.cfg"),
        }
        own = {"platform_kubeconfig": str(self.login), "platform_environment": written | ENVIRONMENT}
        self.own.write_text(json.dumps(own))

    def kubectl(self, *words):
        command = [self.state / "bin/kubectl", "--kubeconfig", self.state / "kubeconfig", *words]
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout

    def search(self, arguments, fails=False):
        """Run a verb as loudly as it goes, watched; return where a secret was that was there before or is there now."""
        before = self.needles()
        self.sampler = Sampler(self.watched)
        with self.sampler:
            self.said = self.play(f"{arguments} {LOUD}", fails=fails, log=self.log)
        self.searched.add(Path(arguments.split()[0]).stem)
        return leaks(self.places(), before | {f"new {name}": value for name, value in self.needles().items()})

    def play(self, arguments, fails=False, log=None):
        own = [] if "local_cluster" in arguments else ["-e", f"@{self.own}"]
        done = commands.run(
            ["ansible-playbook", "-i", "inventories/local", *arguments.split(), *own],
            cwd=ROOT,
            env=self.environment | ({"ANSIBLE_LOG_PATH": str(log)} if log else {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert (done.returncode != 0) is fails, f"{arguments} ended with {done.returncode}:\n{done.stdout[-4000:]}"
        return done.stdout

    def objects(self, kinds, selector=""):
        found = self.kubectl("get", kinds, "--all-namespaces", "-o", "json", "-l", selector)
        return json.loads(found)["items"]

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
        password = urlsplit(ENVIRONMENT["HTTPS_PROXY"]).password
        environment = {"the environment's token": ENVIRONMENT["LANDFALL_TEST_TOKEN"], "the proxy's password": password}
        values = self.generated() | receivers_secrets() | environment
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
                and path not in {self.pager, self.own}
            ):
                yield str(path), path.read_bytes().decode(errors="replace")
        yield from self.releases().items()
        kinds = "configmaps,events,services,ingresses,deployments,statefulsets,daemonsets,jobs,namespaces"
        for each in self.objects(kinds):
            yield f"{each['kind']} {each['metadata']['name']}", json.dumps(each)
