"""All that a commit passes on its way to the running pod, on this machine alone and all of it real but GitHub.

A cluster with a real node, the real Argo CD, a git server and a registry that ask for tokens, and buildah. The role
argocd makes what Argo CD reads of the cluster, and the role flask_app what it is told to deliver.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import real_node
from tests.e2e.chain.argocd import ArgoCD
from tests.e2e.chain.client import NAMESPACE, RELEASE, Client, Healths
from tests.e2e.chain.repository import PIPELINE, READER, Repository, serving
from tests.e2e.chain.workflow import Workflow
from tests.e2e.machine import ROOT, until
from tests.unit.ci import registry
from tests.unit.ci.remote import script

sys.path.insert(0, str(ROOT / "tools"))
from app_image import default_cache
from appimage import builders

PULL_SECRET = "pull"
DEADLINE_SECONDS = 60
"""Until a Deployment without progress counts as failed: the least that the chart takes. Its own is 300."""
DAY = 24 * 3600
# Those that look at the pages and their settings; the others are make unit's.
FAST_TESTS = "-p no:cacheprovider -k 'pages or headers or settings' --ignore-glob=*chart* --ignore-glob=*gunicorn*"
LEFT_OUT = {
    "Install": "everything is there already",
    "Check style": "make lint does",
    "Sign": "only GitHub Actions has the identity",
}
STAGES = {
    "tests": "Run the application's tests",
    "build": "Build the image",
    "push": "Push the image",
    "ask": "Ask whether",
    "bump": "Move the chart",
    "wait": "Wait until it runs",
}
# So that the pipeline may read this one Application, as docs/pipeline.md says.
ACCOUNT = {
    "cm": {"accounts.pipeline": "apiKey"},
    "rbac": {"policy.csv": "p, pipeline, applications, get, flask-app/flask-app, allow\n"},
}


@dataclass
class Delivery:
    """What became of a commit: its number, the run of the workflow, and when it was committed."""

    commit: str
    run: object
    begun: float

    @property
    def tag(self):
        """Return the image's tag, if it came so far."""
        return self.run.needs["image"]["outputs"]["tag"]


class Chain:
    """Everything; `ending` is the ExitStack that takes it down again."""

    def __init__(self, machine, program, ending):
        """Bring it all up, up to the first delivery by Argo CD."""
        self.machine, self.folder, self.ending = machine, machine.folder, ending
        self.home = self.folder / "home"
        self.home.mkdir()
        self.environment = self._environment()
        self._registry()
        repositories = self.folder / "git"
        repositories.mkdir()
        self.server = ending.enter_context(serving(repositories))
        self.repository = Repository(repositories, self.server, self.environment)
        self.image_repository = f"{self.address}/acme/flask-app"
        self.secrets = {
            "DOCKERHUB_USERNAME": registry.USER,
            "DOCKERHUB_TOKEN": registry.TOKEN,
            "BUMP_TOKEN": PIPELINE,
        }
        self.variables = {}
        self._cluster()
        self.argocd = ArgoCD(machine, program)
        ending.callback(self.argocd.stop)
        self.argocd.start()
        self._builder()
        self._first_delivery()
        self.client, self.healths = Client(machine), Healths(machine)
        ending.callback(self.client.stop)
        ending.callback(self.healths.stop)

    def _environment(self):
        kept = {name: os.environ[name] for name in ("LANG", "SSL_CERT_FILE", "PIP_CONFIG_FILE") if name in os.environ}
        (self.home / ".gitconfig").write_text("[http]\npostBuffer = 104857600\n[advice]\ndetachedHead = false\n")
        who = {f"GIT_{role}_{key}": "developer" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
        return {
            **kept,
            **who,
            "PATH": f"{Path(sys.executable).parent}:{self.machine.environment['PATH']}",
            "HOME": str(self.home),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "NO_PROXY": "127.0.0.1",
            "PYTEST_ADDOPTS": FAST_TESTS,
            "LANDFALL_BUILDER": "buildah",
        }

    def _registry(self):
        """Start the registry; buildah and skopeo may reach it without TLS, and containerd may anyway on loopback."""
        self.registry = self.ending.enter_context(contextlib.ExitStack())
        self.address = self.registry.enter_context(registry.serving(self.folder / "registry"))
        registry.allow_http(self.home, self.address)

    @contextlib.contextmanager
    def registry_down(self):
        """End the registry for a while."""
        self.registry.close()
        yield
        self.registry.enter_context(registry.serving(self.folder / "registry", self.address))

    def _cluster(self):
        """Make a cluster with a real node, and in it what Argo CD reads; nothing plays Argo CD's part there."""
        play = ["playbooks/local_cluster.yml", "-e"]
        self.ending.callback(self.machine.try_, "make", "down")
        self.machine.playbook(*play, '{"local_cluster_real_node": true}')
        self.machine.kubectl("delete", "stage", "application-synced", "application-deleted")
        self.site("argocd,metrics_server")

    def site(self, tags):
        """Run site.yml with some tags."""
        file = self.folder / "settings.json"
        file.write_text(json.dumps(self.settings()))
        file.chmod(0o600)
        return self.machine.playbook("site.yml", "--tags", tags, "-e", f"@{file}")

    def settings(self):
        """Return what a user would write into group_vars."""
        return {
            "argocd_argo_cd_values": {"configs": ACCOUNT},
            "argocd_repo_url": self.repository.url,
            "argocd_repo_username": "argocd",
            "argocd_repo_password": READER,
            "flask_app_delivery": "argocd",
            "flask_app_image_repository": self.image_repository,
            "flask_app_values": {
                "nodeSelector": {real_node.LABEL: "true"},
                "tolerations": [{"key": real_node.LABEL, "operator": "Exists"}],
                "imagePullSecrets": [{"name": PULL_SECRET}],
                "rollout": {"progressDeadlineSeconds": DEADLINE_SECONDS},
            },
        }

    def _builder(self):
        """Give buildah a storage that keeps layers from one build to the next, with the base image in it."""
        cache = default_cache()
        cache.mkdir(parents=True, exist_ok=True)
        scratch, environment = self.ending.enter_context(builders.storage(cache))
        builders.base_image(cache, environment)
        options = ["--pull-never", f"--build-arg=BASE={builders.BASE}", *builders.pip_settings(scratch)]
        self.environment |= environment | {"BUILD_OPTIONS": " ".join(options)}

    def _first_delivery(self):
        """Push a first image, and roll out as a user does; then a push to the repository calls Argo CD's webhook."""
        self.repository.fill(self.image_repository)
        first = self.deliver("first")
        assert first.run.failed is None, first.run.said()
        self._pull_secret()
        self.site("flask_app")
        self.variables |= {"ARGOCD_SERVER": self.argocd.url}
        self.secrets |= {"ARGOCD_AUTH_TOKEN": self.argocd.token("pipeline", 90 * DAY)}
        self.repository.webhook = (self.argocd.url, self.argocd.secret("argocd-webhook", "github"))
        self.first = first

    def _pull_secret(self):
        login = {"username": registry.USER, "password": registry.TOKEN}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/dockerconfigjson",
            "metadata": {"name": PULL_SECRET, "namespace": NAMESPACE},
            "stringData": {".dockerconfigjson": json.dumps({"auths": {self.address: login}})},
        }
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
        self.machine.kubectl("apply", "-f", "-", text="\n---\n".join(json.dumps(each) for each in (namespace, secret)))

    def workflow(self, commit):
        """Return the repository's own workflow, for a push of `commit`."""
        github = {"event_name": "push", "sha": commit, "ref_name": "main", "token": ""}
        contexts = {
            "github": github,
            "secrets": self.secrets,
            "vars": self.variables,
            "runner": {"temp": str(self.scratch(commit))},
        }
        variables = {"GITHUB_SHA": commit, "GITHUB_REF_NAME": "main"}
        path = self.repository.clone / ".github/workflows/pipeline.yaml"
        return Workflow(path, contexts, self.environment | variables, LEFT_OUT)

    def scratch(self, commit):
        """Return the folder of a commit's runs."""
        folder = self.folder / "runs" / commit[:12]
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def run(self, commit, **how):
        """Run the workflow for a commit, as GitHub would; `how` is that of Workflow.run."""
        scratch = self.scratch(commit)
        shutil.rmtree(scratch)
        scratch.mkdir()
        return self.workflow(commit).run(lambda job: self.repository.checkout(scratch / job, commit), scratch, **how)

    def deliver(self, message, **how):
        """Commit what was edited, and run the workflow for that."""
        begun = time.monotonic()
        commit = self.repository.commit(message)
        return Delivery(commit, self.run(commit, **how), begun)

    def again(self, delivery):
        """Run the jobs again that did not succeed, as a person does once the cause is gone."""
        return Delivery(delivery.commit, self.run(delivery.commit, earlier=delivery.run), delivery.begun)

    def bump(self, number, commit, tag, digest):
        """Bump to a build of `commit`, in a checkout of its own, as the workflow's step does."""
        checkout = self.repository.checkout(self.folder / f"bump-{number}", commit)
        options = ["--tag", tag, "--digest", digest, "--commit", commit, "--push", "main"]
        return script("bump.py", checkout, *options, BUMP_TOKEN=PIPELINE)

    def tags(self):
        """Return the tags that the registry has."""
        words = [
            "--tls-verify=false",
            "--creds",
            f"{registry.USER}:{registry.TOKEN}",
            f"docker://{self.image_repository}",
        ]
        done = subprocess.run(
            ["skopeo", "list-tags", *words], env=self.environment, capture_output=True, text=True, check=True
        )
        return set(json.loads(done.stdout)["Tags"])

    def application(self):
        """Return the Application as it is."""
        return self.machine.get("application/flask-app", "-n", "argocd")

    def state(self):
        """Return the Application's (sync, health, revision)."""
        status = self.application().get("status", {})
        sync, health = status.get("sync", {}), status.get("health", {})
        return sync.get("status"), health.get("status"), sync.get("revision")

    def settled(self, seconds=240):
        """Wait until the newest commit is Synced and Healthy and two pods of it serve."""
        until(
            lambda: self.state() == ("Synced", "Healthy", self.repository.head()), seconds, f"settled: {self.state()}"
        )

    def deployment(self):
        """Return the Deployment."""
        return self.machine.get(f"deployment/{RELEASE}", "-n", NAMESPACE)
