"""The real server of Argo CD, with its own TLS, as a process beside a cluster: what a rotation means to its users."""

import json
import shutil
import socket
import ssl
from http import HTTPStatus
from http.client import HTTPSConnection

from tests.e2e.chain import needs
from tests.e2e.chain.argocd import LOOPBACK, NAMESPACE, START_SECONDS, ArgoCD
from tests.e2e.machine import until

SECONDS = 30


def reason_not_to_run():
    """Return the reason not to run Argo CD here, or nothing."""
    if not shutil.which("redis-server"):
        return "not run: Argo CD's server needs redis-server (make system-packages, as root)"
    return "" if needs.argocd() else "not run: Argo CD is not in the tool cache (make chain builds it)"


class Server(ArgoCD):
    """Its server and cache alone."""

    def start(self):
        """Start both, and wait until the server answers."""
        self._redis(self.secret("argocd-redis", "auth"))
        self._start(
            "argocd-server",
            f"--namespace={NAMESPACE}",
            f"--redis={LOOPBACK}:{self.ports['redis']}",
            f"--repo-server={LOOPBACK}:9",
            f"--dex-server=http://{LOOPBACK}:9",
            f"--address={LOOPBACK}",
            f"--port={self.ports['server']}",
            f"--metrics-address={LOOPBACK}",
            f"--metrics-port={self.ports['server-metrics']}",
        )
        until(self._answers, START_SECONDS, "Argo CD's server answers")

    def _answers(self):
        for role, process in self.processes.items():
            assert process.poll() is None, f"{role} has ended:\n{self.log(role)[-4000:]}"
        try:
            return self.ask("GET", "/healthz")[0] == HTTPStatus.OK
        except OSError:
            return False

    def connect(self):
        """Return a connection of its own; who the server is, is looked at elsewhere."""
        anybody = ssl.create_default_context()
        anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
        return HTTPSConnection(LOOPBACK, self.ports["server"], timeout=SECONDS, context=anybody)

    def ask(self, method, path, body=None, token="", connection=None):
        """Return an answer's status and text, over a connection that is open or another one."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        used = connection or self.connect()
        used.request(method, path, body and json.dumps(body), headers)
        answer = used.getresponse()
        text = answer.read().decode()
        if connection is None:
            used.close()
        return answer.status, text

    def log_in(self, password):
        """Return the token of a session of the administrator; nothing if the password is refused."""
        status, said = self.ask("POST", "/api/v1/session", {"username": "admin", "password": password})
        assert status in {HTTPStatus.OK, HTTPStatus.UNAUTHORIZED}, said
        return json.loads(said)["token"] if status == HTTPStatus.OK else ""

    def account_token(self, session, account):
        """Make a token of an account, as a person does for a pipeline."""
        status, said = self.ask("POST", f"/api/v1/account/{account}/token", {"expiresIn": 3600}, session)
        assert status == HTTPStatus.OK, said
        return json.loads(said)["token"]

    def lets_in(self, token):
        """Tell whether a token opens Argo CD."""
        return self.ask("GET", "/api/v1/applications", token=token)[0] == HTTPStatus.OK

    def serial(self, authority, host):
        """Return the serial number of the certificate of a new connection, which has to be trusted for `host`."""
        context = ssl.create_default_context(cadata=authority)
        with (
            socket.create_connection((LOOPBACK, self.ports["server"]), SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            return secure.getpeercert()["serialNumber"]
