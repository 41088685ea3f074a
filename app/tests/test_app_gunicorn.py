"""The application under gunicorn as the container runs it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

APP = Path(__file__).parents[1]
GUNICORN = [sys.executable, "-m", "gunicorn"]
# Less than APP_GRACEFUL_SECONDS, after which gunicorn kills whoever has not ended.
STOP_SECONDS = 20


class Server:
    """A running gunicorn with two workers, on a free port."""

    def __init__(self, temporary: Path, application: str | None = None, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environ = os.environ | {"APP_PORT": str(self.port), "APP_WORKERS": "2", "TMPDIR": str(temporary)}
        environ |= settings | {"PYTHONPATH": str(Path(__file__).parent)}
        environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self.log = temporary / "log"
        with self.log.open("w") as log:
            command = [*GUNICORN, application] if application else GUNICORN
            self.process = subprocess.Popen(
                command, cwd=APP, env=environ, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self.wait_until(lambda: "ready" in self.get("/readyz"))
        except BaseException:
            self.end()
            raise

    def get(self, path: str) -> str:
        return self.ask(path)[1]

    def ask(self, path: str, **headers: str) -> tuple[int, str]:
        """Return the status and the body, over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def logged(self) -> list[dict[str, Any]]:
        """Return the log, every line of which has to be a JSON object."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def hellos(self) -> float:
        families = text_string_to_metric_families(self.get("/metrics"))
        samples = [sample for family in families for sample in family.samples if sample.name == "http_requests_total"]
        return sum(sample.value for sample in samples if sample.labels["route"] == "/hello/<user>")

    def in_flight(self) -> float:
        """Return how many requests are being answered, the one that asks included."""
        families = text_string_to_metric_families(self.get("/metrics"))
        return sum(s.value for family in families for s in family.samples if s.name == "http_requests_in_flight")

    def end(self) -> None:
        """End it at once, where it still runs, with its workers."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

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


Start = Callable[..., Server]
needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").is_dir(), reason="workers are found through /proc, which is not here"
)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts a server, which ends with the test."""
    with ExitStack() as stack:

        def run(application: str | None = None, **settings: str) -> Server:
            server = Server(tmp_path, application, **settings)
            stack.callback(server.end)
            return server

        yield run


@pytest.fixture
def server(start: Start) -> Server:
    return start()


def test_metrics_are_of_all_workers(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: server.get("/hello/user1"), range(60)))
    assert [server.hellos() for _ in range(5)] == [60] * 5


@needs_proc
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
    assert server.process.wait(STOP_SECONDS) == 0
    assert not list(tmp_path.glob("app-metrics-*"))


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGINT])
def test_a_worker_that_is_not_ready_is_not_waited_for(start: Start, number: signal.Signals) -> None:
    server = start(APP_GRACEFUL_SECONDS="600", GUNICORN_CMD_ARGS="--config tests/slow_second_worker.conf.py")
    server.wait_until(lambda: len(server.workers()) == 2)
    second = server.workers()[1]
    server.process.send_signal(number)
    server.wait_until(lambda: second not in server.workers())


def test_readyz_turns_false_at_sigterm_while_all_else_is_answered(start: Start) -> None:
    server = start(APP_SHUTDOWN_DELAY_SECONDS="5")
    assert server.ask("/readyz")[0] == 200
    server.process.send_signal(signal.SIGTERM)
    server.wait_until(lambda: server.ask("/readyz") == (503, '{"status":"stopping"}\n'))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.ask("/readyz")[0], range(40)))
        greetings = list(pool.map(lambda _: server.ask("/hello/user1")[0], range(40)))
    assert answers == [503] * 40, "whichever worker answers"
    assert greetings == [200] * 40
    assert server.process.wait(STOP_SECONDS) == 0


def test_requests_in_flight_at_sigterm_are_finished(start: Start) -> None:
    server = start("slow:create_app()", APP_THREADS="8")
    idle = http.client.HTTPConnection("127.0.0.1", server.port, timeout=15)
    idle.request("GET", "/readyz")
    assert idle.getresponse().read() == b'{"status":"ready"}\n'
    with ThreadPoolExecutor(4) as pool:
        slow = [pool.submit(server.ask, "/slow") for _ in range(4)]
        server.wait_until(lambda: server.in_flight() == 5)
        server.process.send_signal(signal.SIGTERM)
        server.wait_until(lambda: any(line["message"] == "Handling signal: term" for line in server.logged()))
        idle.request("GET", "/readyz")
        assert idle.getresponse().status == 503, "a connection that was kept alive is told so too"
        with pytest.raises(ConnectionError):
            server.ask("/hello/user1")
        assert [each.result() for each in slow] == [(200, "done")] * 4
    assert server.process.wait(STOP_SECONDS) == 0


def test_every_line_of_the_log_is_an_object(start: Start) -> None:
    server = start("slow:create_app()", APP_LOG_LEVEL="info")
    trace = "0af7651916cd43dd8448eb211c80319c"
    traceparent = f"00-{trace}-b7ad6b7169203331-01"
    server.ask("/hello/%D0%9B%D0%B5%D0%B2?secret=1", X_Request_ID="mine", traceparent=traceparent, User_Agent='a "b"')
    assert server.ask("/fail", X_Request_ID="broken")[0] == 500
    with socket.create_connection(("127.0.0.1", server.port), timeout=15) as raw:
        raw.sendall(b"GET / HTTP/9.9\r\nHost: x\r\n\r\n")
        answer = raw.recv(4096)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(STOP_SECONDS)
    lines = server.logged()
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    (hello,) = [line for line in lines if line.get("request_id") == "mine"]
    wanted = {"method": "GET", "path": "/hello/%D0%9B%D0%B5%D0%B2", "status": 200, "trace_id": trace}
    assert hello == hello | wanted | {"user_agent": 'a "b"', "client": "127.0.0.1", "level": "INFO"}
    assert hello["bytes"] > 0
    assert 0 < hello["seconds"] < 5
    assert "secret" not in server.log.read_text()
    error, access = [line for line in lines if line.get("request_id") == "broken"]
    assert (error["level"], access["status"]) == ("ERROR", 500)
    assert "RuntimeError: the bug" in error["exc_info"]
    assert not [line for line in lines if line.get("path") == "/readyz"], "probes that succeed are not worth a line"


def test_a_wrong_setting_stops_the_start_with_a_sentence() -> None:
    environ = os.environ | {"APP_PORT": "eighty", "APP_THREADS": "0"}
    ended = subprocess.run(GUNICORN, cwd=APP, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert [json.loads(line)["message"] for line in ended.stderr.splitlines()] == [
        "APP_PORT is 'eighty': write a whole number from 1 to 65535, for example 8080.",
        "APP_THREADS is '0': write a whole number from 1 to 256, for example 4.",
    ]
