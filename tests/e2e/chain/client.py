"""A client of the application that asks all the time, as if it came through a Service, and notes what answers."""

import http.client
import json
import subprocess
import threading
import time
from dataclasses import dataclass

from tests.bench.late_balancer import endpoints

PAUSE = 0.1
TIMEOUT = 10
NAMESPACE = RELEASE = "flask-app"


@dataclass(frozen=True)
class Answer:
    """What one request got: the revision, or what came instead of an answer. `at` is when it was sent."""

    at: float
    endpoint: str
    revision: str
    trouble: str = ""


class Client:
    """Asks one ready endpoint after the other for the application's revision, at the pods' own addresses."""

    def __init__(self, machine):
        """Begin to watch the endpoints and to ask."""
        self.answers, self.ready, self.slices = [], [], {}
        self.ended = threading.Event()
        selector = f"kubernetes.io/service-name={RELEASE}"
        words = ["endpointslices", "-n", NAMESPACE, "-l", selector, "--watch", "--output-watch-events", "-o", "json"]
        self.process = subprocess.Popen(
            ["kubectl", "get", *words],
            env=machine.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.threads = [threading.Thread(target=each, daemon=True) for each in (self._watch, self._ask)]
        for thread in self.threads:
            thread.start()

    def _watch(self):
        for line in self.process.stdout:
            event = json.loads(line)
            name = event["object"]["metadata"]["name"]
            self.slices[name] = set() if event["type"] == "DELETED" else endpoints(event["object"])
            self.ready = sorted(set().union(*self.slices.values()))

    def _ask(self):
        turn = 0
        while not self.ended.wait(PAUSE):
            ready, turn = self.ready, turn + 1
            if ready:
                self.answers.append(ask(ready[turn % len(ready)]))
            elif self.answers:
                self.answers.append(Answer(time.monotonic(), "", "", "no endpoint is ready"))

    def since(self, begun):
        """Return the answers to what was asked since then."""
        return [each for each in self.answers if each.at >= begun]

    def first(self, revision, since):
        """Return the first answer of a revision since then, or None."""
        return next((each for each in self.since(since) if each.revision == revision), None)

    def serves(self, revision, times=10):
        """Say whether the newest answers are all of one revision."""
        newest = self.answers[-times:]
        return len(newest) == times and {each.revision for each in newest} == {revision}

    def check(self):
        """Fail where it has stopped asking, since then it would have seen nothing."""
        assert all(thread.is_alive() for thread in self.threads), "the client has ended"

    def stop(self):
        """End it."""
        self.ended.set()
        self.process.terminate()
        self.process.wait(20)
        for thread in self.threads:
            thread.join(TIMEOUT + 5)


class Healths:
    """Notes every change of the Application's health."""

    def __init__(self, machine):
        """Begin to watch."""
        self.seen = []
        words = ["application/flask-app", "-n", "argocd", "--watch", "-o", 'jsonpath={.status.health.status}{"\\n"}']
        self.process = subprocess.Popen(
            ["kubectl", "get", *words], env=machine.environment, stdout=subprocess.PIPE, text=True
        )
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self):
        for line in self.process.stdout:
            self.seen.append((time.monotonic(), line.strip()))

    def since(self, begun):
        """Return the words that were seen since then."""
        assert self.thread.is_alive(), "the watch of the Application has ended"
        return {word for at, word in self.seen if at >= begun and word}

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait(20)
        self.thread.join(20)


def ask(endpoint):
    """Ask an endpoint (address:port) once; no proxy of the shell is asked."""
    begun = time.monotonic()
    connection = http.client.HTTPConnection(endpoint, timeout=TIMEOUT)
    try:
        connection.request("GET", "/", headers={"Accept": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status == 200:
            return Answer(begun, endpoint, json.loads(text)["revision"])
        return Answer(begun, endpoint, "", str(answer.status))
    except (OSError, http.client.HTTPException) as error:
        return Answer(begun, endpoint, "", type(error).__name__)
    finally:
        connection.close()
