"""What stands around a repository that is delivered, on this machine alone and all of it real but GitHub.

A cluster with a real node, the real Argo CD, a git server and a registry that ask for tokens, and buildah. The role
argocd makes what Argo CD reads of the cluster, and the role flask_app what it is told to deliver.
"""

import contextlib
import json
import os
import sys
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import real_node
from tests.e2e.chain.argocd import ArgoCD
from tests.e2e.chain.client import NAMESPACE
from tests.e2e.chain.repository import PIPELINE, READER, Repository, serving
from tests.e2e.machine import ROOT
from tests.unit.ci import registry

sys.path.insert(0, str(ROOT / "tools"))
from app_image import default_cache
from appimage import builders

PULL_SECRET = "pull"
DEADLINE_SECONDS = 60
"""Until a Deployment without progress counts as failed: the least that the chart takes. Its own is 300."""
DAY = 24 * 3600
# Those that look at the pages and their settings; the others are make unit's.
FAST_TESTS = "-p no:cacheprovider -k 'pages or headers or settings' --ignore-glob=*chart* --ignore-glob=*gunicorn*"
KEPT = ("LANG", "SSL_CERT_FILE", "PIP_CONFIG_FILE", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")


class Surroundings:
    """All of it; `ending` is the ExitStack that takes it down again."""

    def __init__(self, machine, program, ending):
        """Start what needs no cluster; `program` is Argo CD."""
        self.machine, self.folder, self.ending = machine, machine.folder, ending
        self.program, self.argocd = program, None
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

    def _environment(self):
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
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
            "no_proxy": "127.0.0.1",
            "PYTEST_ADDOPTS": FAST_TESTS,
            "LANDFALL_BUILDER": "buildah",
        }

    def _registry(self):
        """Start the registry; buildah and skopeo may reach it without TLS, and containerd may anyway on loopback."""
        self.registry = self.ending.enter_context(contextlib.ExitStack())
        self.address = self.registry.enter_context(registry.serving(self.folder / "registry"))
        registry.allow_http(self.home, self.address)

    def end_registry(self):
        """Let the registry answer no more."""
        self.registry.close()

    def start_registry(self):
        """Let it answer again, with all that it had."""
        self.registry.enter_context(registry.serving(self.folder / "registry", self.address))

    def give_builder(self):
        """Give buildah a storage that keeps layers from one build to the next, with the base image in it."""
        cache = default_cache()
        cache.mkdir(parents=True, exist_ok=True)
        scratch, environment = self.ending.enter_context(builders.storage(cache))
        builders.base_image(cache, environment)
        options = ["--pull-never", f"--build-arg=BASE={builders.BASE}", *builders.pip_settings(scratch)]
        self.environment |= environment | {"BUILD_OPTIONS": " ".join(options)}

    def bring_cluster(self):
        """Make a cluster with a real node and a real Argo CD; nothing else plays Argo CD's part there."""
        self.ending.callback(self.machine.try_, "make", "down")
        self.machine.playbook("playbooks/local_cluster.yml", "-e", '{"local_cluster_real_node": true}')
        self.machine.kubectl("delete", "stage", "application-synced", "application-deleted")
        self.site("argocd,metrics_server")
        self._pull_secret()
        self.argocd = ArgoCD(self.machine, self.program)
        self.ending.callback(self.argocd.stop)
        self.argocd.start()

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

    def site(self, tags):
        """Run site.yml with some tags."""
        file = self.folder / "settings.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(self.settings()))
        return self.machine.playbook("site.yml", "--tags", tags, "-e", f"@{file}")

    def settings(self):
        """Return what a user would write into group_vars."""
        return {
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

    def connect(self):
        """Tell the pipeline where Argo CD is, and the repository whom to call after a push."""
        self.variables |= {"ARGOCD_SERVER": self.argocd.url}
        self.secrets |= {"ARGOCD_AUTH_TOKEN": self.argocd.token("pipeline", 90 * DAY)}
        self.repository.webhook = (self.argocd.url, self.argocd.secret("argocd-webhook", "github"))
