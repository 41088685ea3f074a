"""The application under gunicorn as the container runs it."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

APP = Path(__file__).parents[1]
GUNICORN = [sys.executable, "-m", "gunicorn"]


class Server:
    """A running gunicorn with two workers, on a free port."""

    def __init__(self, temporary: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environ = os.environ | {"APP_PORT": str(self.port), "APP_WORKERS": "2", "TMPDIR": str(temporary)}
        environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self.log = temporary / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(GUNICORN, cwd=APP, env=environ, stdout=log, stderr=log)
        self.wait_until(lambda: "ready" in self.get("/readyz"))

    def get(self, path: str) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().read().decode()

    def hellos(self) -> float:
        families = text_string_to_metric_families(self.get("/metrics"))
        samples = [sample for family in families for sample in family.samples if sample.name == "http_requests_total"]
        return sum(sample.value for sample in samples if sample.labels["route"] == "/hello/<user>")

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()]

    def wait_until(self, reached: Callable[[], bool]) -> None:
        for _ in range(300):
            with suppress(OSError, http.client.HTTPException):
                if reached():
                    return
            time.sleep(0.1)
        pytest.fail(f"not within thirty seconds:\n{self.log.read_text()}")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path)
    yield running
    running.process.kill()
    running.process.wait()


def test_metrics_are_of_all_workers(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: server.get("/hello/user1"), range(60)))
    assert [server.hellos() for _ in range(5)] == [60] * 5


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="workers are found through /proc, which is not here")
def test_a_worker_that_dies_leaves_its_counts_and_takes_its_gauges(server: Server, tmp_path: Path) -> None:
    for _ in range(20):
        server.get("/hello/user1")
    gauges = {path.name for path in tmp_path.glob("app-metrics-*/gauge_livesum_*.db")}
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)
    server.wait_until(lambda: not gauges & {path.name for path in tmp_path.glob("app-metrics-*/*")})
    server.wait_until(lambda: server.hellos() == 20)


def test_sigterm_ends_it_cleanly(server: Server, tmp_path: Path) -> None:
    assert list(tmp_path.glob("app-metrics-*"))
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10) == 0
    assert not list(tmp_path.glob("app-metrics-*"))


def test_a_wrong_setting_stops_the_start_with_a_sentence() -> None:
    environ = os.environ | {"APP_PORT": "eighty"}
    ended = subprocess.run(GUNICORN, cwd=APP, env=environ, capture_output=True, text=True, timeout=20, check=False)
    assert ended.returncode == 1
    assert ended.stderr == "APP_PORT is 'eighty': write a whole number from 1 to 65535, for example 8080.\n"
