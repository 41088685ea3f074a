"""A commit's way to the running pod: the repository's own workflow, and what is to be seen of its work."""

import json
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.e2e.chain.client import NAMESPACE, RELEASE, Client, Healths
from tests.e2e.chain.repository import PIPELINE
from tests.e2e.chain.surroundings import Surroundings
from tests.e2e.chain.workflow import Workflow
from tests.unit.ci import registry
from tests.unit.ci.remote import script

REFRESH = "argocd.argoproj.io/refresh"
# Steps that cannot run here, each with the reason.
LEFT_OUT = {
    "Install": "everything is there already",
    "Check style": "make lint does",
    "Sign": "only GitHub Actions has the identity",
    "Verify": "nothing is signed",
}
STAGES = {
    "tests": "Run the application's tests",
    "build": "Build the image",
    "push": "Push the image",
    "ask": "Ask whether",
    "bump": "Move the chart",
    "wait": "Wait until it runs",
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


class Chain(Surroundings):
    """The surroundings with an application that Argo CD delivers, and a client that asks it all the time."""

    def __init__(self, machine, program, ending):
        """Bring it all up, up to the first delivery by Argo CD."""
        super().__init__(machine, program, ending)
        with ThreadPoolExecutor(1) as beside:
            first = beside.submit(self._first_image)
            self.bring_cluster()
            self.first = first.result()
        assert self.first.run.failed is None, self.first.run.said()
        self.site("flask_app")
        self.connect()
        self.client, self.healths = Client(machine), Healths(machine)
        ending.callback(self.client.stop)
        ending.callback(self.healths.stop)

    def _first_image(self):
        """Fill the repository, and run its workflow where nothing can be seen of a deployment yet."""
        self.give_builder()
        self.repository.fill(self.image_repository)
        return self.deliver("The first image")

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

    def again(self, delivery, **how):
        """Run the jobs again that did not succeed, as a person does once the cause is gone."""
        return Delivery(delivery.commit, self.run(delivery.commit, earlier=delivery.run, **how), delivery.begun)

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

    def look(self):
        """Let Argo CD look at the repository, as deployed.py does; it forgets a webhook that comes while it looks."""
        self.machine.kubectl("annotate", "application/flask-app", "-n", "argocd", "--overwrite", f"{REFRESH}=normal")

    def settled(self, seconds=240):
        """Wait until the newest commit is Synced and Healthy."""
        wanted = ("Synced", "Healthy", self.repository.head())
        deadline = time.monotonic() + seconds
        while (seen := self.state()) != wanted:
            if time.monotonic() > deadline:
                status = json.dumps(self.application().get("status"), indent=1)
                raise AssertionError(f"Wanted {wanted}, but {seen}:\n{status}")
            if seen[2] != wanted[2]:
                self.look()
            time.sleep(3)

    def deployment(self):
        """Return the Deployment's specification."""
        return self.machine.get(f"deployment/{RELEASE}", "-n", NAMESPACE)["spec"]

    def image(self):
        """Return the image that the Deployment has."""
        return self.deployment()["template"]["spec"]["containers"][0]["image"]

    def pull_failures(self):
        """Return what the node says of images of the newest bump that it could not pull."""
        events = self.machine.get("events", "-n", NAMESPACE, "--field-selector", "reason=Failed")["items"]
        return [each["message"] for each in events if self.repository.image()["tag"] in each["message"]]
