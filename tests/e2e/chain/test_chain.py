"""From a commit to the running pod, and the bad days of it: needs root, Debian's packages and Argo CD, or says so."""

import contextlib
import shutil
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.chain import needs
from tests.e2e.chain.chain import NAMESPACE, REFRESH, RELEASE, STAGES, Chain
from tests.e2e.machine import Machine, until

pytestmark = pytest.mark.cluster

PAGES = "app/landfall_app/pages.py"
GUNICORN = "app/gunicorn.conf.py"
CRASH_BEFORE = "# Each worker writes"
CRASH = 'if "KUBERNETES_SERVICE_HOST" in os.environ:\n    sys.exit("no cluster for me")\n'
BUMPS = 20
DOWN_SECONDS = 8
FORGED_SECONDS = 10


@pytest.fixture(scope="module")
def chain():
    if reason := needs.reason_not_to_run():
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="lf-chain-"))
    folder.chmod(0o755)
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        made = Chain(Machine(folder), needs.argocd(), ending)
        made.settled()
        until(lambda: made.client.serves(made.first.commit), 60, "the first version is served")
        yield made
        made.client.check()


@pytest.fixture
def note(record_property):
    """Print a line of the table of days at the end of the run."""
    return lambda day, what: record_property("table", f"{day:32} {what}")


@pytest.fixture
def quiet(chain):
    """Begin with what was there before, healthy; return what serves, and when the test began."""
    chain.settled()
    served = chain.client.answers[-1].revision
    until(lambda: chain.client.serves(served), 60, "one version serves")
    return served, time.monotonic()


def served_since(chain, begun):
    """Return the revisions that served since then; every request has to have been answered, and there were some."""
    chain.client.check()
    answers = chain.client.since(begun)
    assert len(answers) > 10, "control: the client asked"
    assert not [each for each in answers if each.trouble]
    return {each.revision for each in answers}


def test_a_commit_becomes_the_running_pod(chain, quiet, note):
    served, begun = quiet
    chain.repository.edit(PAGES, '"""What people see:', '"""What all people see:')
    done = chain.deliver("One file changes")
    assert done.run.failed is None, done.run.said()
    first = until(lambda: chain.client.first(done.commit, done.begun), 120, "the new version answers")
    until(lambda: chain.client.serves(done.commit), 120, "only the new version answers")
    assert chain.state()[::2] == ("Synced", chain.repository.head())
    assert served_since(chain, begun) == {served, done.commit}
    pushed = done.run.step(STAGES["push"])
    line = ", ".join(f"{stage} {done.run.step(name).seconds:.1f} s" for stage, name in STAGES.items())
    note("a commit", f"{line}; the new version answered {first.at - begun:.1f} s after the commit")
    note("push to served", f"{first.at - pushed.ended:.1f} s from the end of the push to the first answer")
    assert chain.repository.hooks[-1] == 200


def test_a_failing_test_stops_before_any_push(chain, quiet, note):
    served, begun = quiet
    # What comes before is a delivery that went well, with an autoscaler that had no metrics of the new pods yet.
    assert "Degraded" not in chain.healths.since(0)
    tags, image = chain.tags(), chain.repository.image()
    chain.repository.edit(PAGES, 'service="flask-app"', 'service="something"')
    done = chain.deliver("A test fails")
    assert done.run.failed.name == "Run the application's tests"
    assert [each.name for each in done.run.steps if each.status is not None] == [done.run.failed.name]
    assert (chain.tags(), chain.repository.image()) == (tags, image)
    assert served_since(chain, begun) == {served}
    chain.repository.edit(PAGES, 'service="something"', 'service="flask-app"')
    chain.repository.commit("Mend it")
    note("a test fails", f"stopped after {done.run.failed.seconds:.0f} s of tests; no image, no bump")


def test_an_image_that_crashes_is_taken_back(chain, quiet, note):
    served, begun = quiet
    image = chain.repository.image()
    chain.repository.edit(GUNICORN, CRASH_BEFORE, CRASH + CRASH_BEFORE)
    done = chain.deliver("Crash in a cluster alone")
    assert done.run.failed.name == "Wait until it runs", done.run.said()
    outputs = done.run.outputs["deploy.deployed"]
    assert outputs["verdict"] == "failed"
    assert f"; Pod {RELEASE}-" in outputs["cause"]
    assert outputs["cause"] in chain.repository.message()
    assert done.run.step("Put the image before it back").status == 0
    assert chain.repository.image() == image
    assert chain.repository.message().startswith("Go back from ")
    chain.settled()
    assert "Degraded" in chain.healths.since(begun), "control: a failure is seen as one"
    assert served_since(chain, begun) == {served}
    asked = len(chain.client.since(begun))
    chain.repository.edit(GUNICORN, CRASH, "")
    chain.repository.commit("Mend it")
    seconds = done.run.step("Wait until it runs").seconds
    note("an image crashes", f"seen after {seconds:.0f} s and taken back; 0 of {asked} requests lost, all old version")


def test_twenty_bumps_at_once(chain, quiet, note):
    served, begun = quiet
    old = chain.repository.image()["digest"]
    chain.repository.commit(*(f"build {number}" for number in range(BUMPS - 1)))
    newest = chain.deliver("The newest build", jobs=("test", "build", "image"))
    builds = chain.repository.newest(BUMPS)
    assert builds[-1] == newest.commit
    digests = [old] * (BUMPS - 1) + [newest.run.needs["image"]["outputs"]["digest"]]
    tags = [f"{newest.tag.rpartition('-')[0]}-{each[:12]}" for each in builds]
    with ThreadPoolExecutor(BUMPS) as pool:
        done = list(pool.map(chain.bump, range(BUMPS), builds, tags, digests))
    assert all(each.status == 0 for each in done), [each.said for each in done if each.status]
    outcomes = Counter(each.outputs["outcome"] for each in done)
    assert set(outcomes) <= {"pushed", "older"}
    assert chain.repository.image() == chain.repository.image() | {"tag": newest.tag, "digest": digests[-1]}
    # The newest one's own run goes on: its bump finds nothing to do, and it waits.
    again = chain.again(newest)
    assert again.run.failed is None, again.run.said()
    assert again.run.outputs["deploy.bump"]["outcome"] == "unchanged"
    until(lambda: chain.client.serves(newest.commit), 120, "the newest build serves")
    assert served_since(chain, begun) <= {served, newest.commit}
    note(
        f"{BUMPS} bumps at once",
        f"{outcomes['pushed']} commits, {outcomes['older']} skips for a newer one; the newest build serves, 0 lost",
    )


def test_a_hand_edit_is_put_back(chain, quiet, note):
    served, begun = quiet
    right = chain.image()
    chain.machine.kubectl(
        "set", "image", f"deployment/{RELEASE}", f"app={chain.image_repository}:by-hand", "-n", NAMESPACE
    )
    edited = time.monotonic()
    until(lambda: chain.image() == right, 60, "the image is put back")
    seconds = time.monotonic() - edited
    chain.settled()
    # What the autoscaler owns is nobody else's: neither OutOfSync nor put back.
    chain.machine.kubectl("scale", f"deployment/{RELEASE}", "--replicas=3", "-n", NAMESPACE)
    chain.look()
    until(lambda: REFRESH not in chain.application()["metadata"].get("annotations", {}), 60, "Argo CD has looked")
    assert (chain.state()[0], chain.deployment()["replicas"]) == ("Synced", 3)
    chain.machine.kubectl("scale", f"deployment/{RELEASE}", "--replicas=2", "-n", NAMESPACE)
    assert served_since(chain, begun) == {served}
    note("a hand edit", f"the image was put back after {seconds:.1f} s; the autoscaler's replicas were left alone")


def test_the_registry_is_down(chain, quiet, note):
    served, begun = quiet
    image = chain.repository.image()
    chain.end_registry()
    done = chain.deliver("The registry is down")
    assert done.run.failed.name == "Push the image to Docker Hub", done.run.said()
    assert "does not answer" in done.run.failed.said
    assert chain.repository.image() == image
    assert served_since(chain, begun) == {served}
    chain.start_registry()

    def fail(name):
        if name.startswith("Move"):
            chain.end_registry()
            threading.Thread(target=mend).start()

    def mend():
        try:
            until(chain.pull_failures, 120, "the node cannot pull the image")
        finally:
            chain.start_registry()

    assert not chain.pull_failures()
    again = chain.again(done, before=fail)
    assert again.run.failed is None, again.run.said()
    assert chain.pull_failures(), "control: it was down when the image was wanted"
    until(lambda: chain.client.serves(done.commit), 120, "the new version serves")
    assert served_since(chain, begun) == {served, done.commit}
    note("the registry is down", "at the push: it says so, nothing is moved, re-run once it is up")
    note("", "after the bump: the node tries on, the old version serves until the new one can be pulled")


def test_git_is_down_for_a_while(chain, quiet, note):
    served, begun = quiet

    def fail(name):
        if name.startswith("Move"):
            chain.server.status = 503
            threading.Timer(DOWN_SECONDS, mend).start()

    def mend():
        chain.server.status = None

    done = chain.deliver("Git is down for a while", before=fail)
    assert done.run.failed is None, done.run.said()
    said = done.run.step("Move").said
    assert "Trying again." in said, f"control: it was down\n{said}"
    until(lambda: chain.client.serves(done.commit), 120, "the new version serves")
    assert served_since(chain, begun) == {served, done.commit}
    note(
        "git is down", f"{said.count('Trying again.')} tries failed, the next one moved the chart; nobody did anything"
    )


def test_expired_credentials(chain, quiet, note):
    served, begun = quiet
    image = chain.repository.image()
    kept = dict(chain.secrets)
    expired = chain.argocd.token("pipeline", 1)
    done = None
    said = []
    for step, name, value in (
        ("Push the image", "DOCKERHUB_TOKEN", "expired"),
        ("Ask whether", "ARGOCD_AUTH_TOKEN", expired),
        ("Move the chart", "BUMP_TOKEN", "expired"),
    ):
        chain.secrets = kept | {name: value}
        done = chain.again(done) if done else chain.deliver("Credentials have expired")
        assert done.run.failed.name.startswith(step), done.run.said()
        said.append(done.run.failed.said.strip().splitlines()[-1])
        assert chain.repository.image() == image
    chain.secrets = kept
    assert served_since(chain, begun) == {served}
    assert "refuses the login" in said[0]
    assert "401" in said[1] or "expired" in said[1], said
    assert "BUMP_TOKEN must be valid" in said[2]
    again = chain.again(done)
    assert again.run.failed is None, again.run.said()
    until(lambda: chain.client.serves(done.commit), 120, "the new version serves")
    note("expired credentials", "of registry, Argo CD and git: each stopped the run in one sentence; nothing was moved")


def test_a_forged_webhook_is_not_acted_upon(chain, quiet, note):
    _, begun = quiet
    url, secret = chain.repository.webhook
    chain.repository.webhook = None
    before = chain.state()[2]
    chain.repository.commit("Nobody tells Argo CD of this")
    status = chain.repository.call(url, f"not {secret}")
    assert 400 <= status < 500
    time.sleep(FORGED_SECONDS)
    assert chain.state()[2] == before != chain.repository.head()
    assert chain.repository.call(url, secret) == 200
    signed = time.monotonic()
    until(lambda: chain.state()[2] == chain.repository.head(), 60, "control: a signed webhook is acted upon")
    seconds = time.monotonic() - signed
    chain.repository.webhook = (url, secret)
    assert len(served_since(chain, begun)) == 1
    note(
        "a forged webhook",
        f"answered {status}, nothing in {FORGED_SECONDS} s; the signed one was there in {seconds:.1f} s",
    )
