"""Argo CD's own programs as processes on loopback, with Debian's Redis, against the cluster of a Machine."""

import base64
import json
import shutil
import subprocess
import time

from tests.bench.app_bench import free_port
from tests.e2e.chain.web import ask
from tests.e2e.machine import until

NAMESPACE, HOME = "argocd", "landfall-system"
LOOPBACK = "127.0.0.1"
START_SECONDS = 180
END_SECONDS = 30
RESYNC_SECONDS = 3600
# Stand-ins for the scripts of Argo CD's image: nothing here is signed, so there is nothing to verify.
WRAPPERS = ("git-verify-wrapper.sh", "gpg-wrapper.sh")
PORTS = ("redis", "repo-server", "repo-server-metrics", "controller-metrics", "server", "server-metrics")


class ArgoCD:
    """Its programs, and its API as the administrator and as the pipeline use it."""

    def __init__(self, machine, program):
        """Take the cluster, where the role argocd has made Secrets and settings, and Argo CD's program."""
        self.machine, self.folder = machine, machine.folder / "argocd"
        self.ports = {name: free_port() for name in PORTS}
        self.processes = {}
        self.bin = self.folder / "bin"
        self.bin.mkdir(parents=True)
        (self.bin / "argocd").symlink_to(program)
        for name in WRAPPERS:
            (self.bin / name).write_text("#!/bin/sh\nexit 0\n")
            (self.bin / name).chmod(0o755)

    @property
    def url(self):
        """Return the address of its API and of its webhook."""
        return f"http://{LOOPBACK}:{self.ports['server']}"

    def secret(self, name, key):
        """Return a value of one of its Secrets."""
        found = self.machine.kubectl(
            "get",
            "secret",
            name,
            "-n",
            NAMESPACE,
            "-o",
            f"go-template={{{{index .data {json.dumps(key)} | base64decode}}}}",
        )
        assert found, f"Secret {name} has no {key}"
        return found

    def start(self):
        """Start what is not running, and wait until all of it is well."""
        ports, redis = self.ports, f"{LOOPBACK}:{self.ports['redis']}"
        to_repositories = [f"--repo-server={LOOPBACK}:{ports['repo-server']}"]
        password = self.secret("argocd-redis", "auth")
        self._redis(password)
        self._start(
            "argocd-repo-server",
            f"--redis={redis}",
            f"--address={LOOPBACK}",
            f"--port={ports['repo-server']}",
            f"--metrics-address={LOOPBACK}",
            f"--metrics-port={ports['repo-server-metrics']}",
        )
        self._start(
            # Where its metrics listen cannot be chosen, only the port.
            "argocd-application-controller",
            f"--namespace={NAMESPACE}",
            f"--redis={redis}",
            *to_repositories,
            f"--metrics-port={ports['controller-metrics']}",
            # Looking by itself, every two minutes or three, could pass for the webhook's work.
            f"--app-resync={RESYNC_SECONDS}",
        )
        self._start(
            "argocd-server",
            f"--namespace={NAMESPACE}",
            f"--redis={redis}",
            *to_repositories,
            "--insecure",
            f"--dex-server=http://{LOOPBACK}:9",
            f"--address={LOOPBACK}",
            f"--port={ports['server']}",
            f"--metrics-address={LOOPBACK}",
            f"--metrics-port={ports['server-metrics']}",
        )
        for port, path in (
            ("repo-server-metrics", "/healthz"),
            ("controller-metrics", "/healthz"),
            ("server", "/healthz"),
        ):
            until(lambda port=port, path=path: self._well(port, path), START_SECONDS, f"{port} answers")

    def _redis(self, password):
        config = (
            f'bind {LOOPBACK}\nport {self.ports["redis"]}\nrequirepass {password}\nsave ""\nappendonly no\n'
            f"dir {self.folder}\n"
        )
        with (self.folder / "redis.log").open("w") as log:
            process = subprocess.Popen(
                ["redis-server", "-"], stdin=subprocess.PIPE, stdout=log, stderr=log, text=True, cwd=self.folder
            )
        process.stdin.write(config)
        process.stdin.close()
        self.processes["redis"] = process

    def _start(self, role, *flags):
        with (self.folder / f"{role}.log").open("w") as log:
            self.processes[role] = subprocess.Popen(
                [str(self.bin / "argocd"), *flags],
                env=self._environment(role),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _environment(self, role):
        empty = {
            name: self.folder / name for name in ("tls", "ssh", "gpg-source", "gpg-keys", "plugins", "tmp", "home")
        }
        for path in empty.values():
            path.mkdir(exist_ok=True)
        return {
            "ARGOCD_BINARY_NAME": role,
            "ARGOCD_FAKE_IN_CLUSTER": "true",
            "ARGOCD_TLS_DATA_PATH": str(empty["tls"]),
            "ARGOCD_SSH_DATA_PATH": str(empty["ssh"]),
            "ARGOCD_GPG_DATA_PATH": str(empty["gpg-source"]),
            "ARGOCD_GNUPGHOME": str(empty["gpg-keys"]),
            "ARGOCD_GPG_ENABLED": "false",
            "ARGOCD_PLUGINSOCKFILEPATH": str(empty["plugins"]),
            "ARGOCD_ASK_PASS_SOCK": str(self.folder / "ask.sock"),
            "ARGOCD_CONTROLLER_SHARD": "0",
            "REDIS_PASSWORD": self.secret("argocd-redis", "auth"),
            "HOME": str(empty["home"]),
            "TMPDIR": str(empty["tmp"]),
            "KUBECONFIG": self.machine.environment["KUBECONFIG"],
            "PATH": f"{self.bin}:{self.machine.environment['PATH']}",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def _well(self, port, path):
        for role, process in self.processes.items():
            assert process.poll() is None, f"{role} has ended:\n{self.log(role)[-4000:]}"
        try:
            return ask(f"http://{LOOPBACK}:{self.ports[port]}{path}")[0] == 200
        except OSError:
            return False

    def log(self, role):
        """Return what one of its programs has written."""
        return (self.folder / f"{role}.log").read_text(errors="replace")

    def stop(self):
        """End all of it."""
        for process in reversed(self.processes.values()):
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def token(self, account, seconds):
        """Make a token for an account, valid for so long, as `argocd account generate-token` does."""
        login = {"username": "admin", "password": self.admin_password()}
        status, said = ask(f"{self.url}/api/v1/session", login)
        assert status == 200, said
        bearer = {"Authorization": f"Bearer {json.loads(said)['token']}"}
        wanted = {"expiresIn": seconds, "id": f"{account}-{time.time_ns()}"}
        status, said = ask(f"{self.url}/api/v1/account/{account}/token", wanted, **bearer)
        assert status == 200, said
        return json.loads(said)["token"]

    def admin_password(self):
        """Return the administrator's password, from where the role credentials keeps it."""
        kept = self.machine.get("secrets", "-n", HOME, "-l", "landfall.eks/credential=argocd-admin")["items"]
        return base64.b64decode(kept[0]["data"]["password"]).decode()
