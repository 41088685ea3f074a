from __future__ import annotations

import dataclasses
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import ports, processes
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.processes import Health, Program
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import LocalClusterError

SERVER = textwrap.dedent(
    """
    import http.server, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/well" else 500)
            self.end_headers()
            self.wfile.write(b"[+]ping ok\\n[-]etcd failed: reason withheld\\nreadyz check failed")
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
    """
)
EVERYWHERE = str(ipaddress.IPv4Address(0))
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"


def program(code: str = SERVER, path: str = "/well", **rest: object) -> Program:
    port = ports.choose(["x"], {}, ())["x"]
    return Program("demo", (sys.executable, "-c", code, str(port)), Health(port, path), **rest)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A cluster's folder; whatever is started for it ends with the test."""
    yield tmp_path
    processes.stop(processes.find(tmp_path))


def test_a_process_is_started_found_and_stopped(folder: Path) -> None:
    wanted = program()
    started = processes.start(wanted, "recipe", folder)
    processes.wait_well(wanted, started, folder, 20)
    assert [(each.name, each.recipe, each.pid, each.start) for each in processes.find(folder)] == [
        ("demo", "recipe", started.pid, started.start)
    ]
    assert os.getsid(started.pid) == started.pid
    processes.stop([started])
    assert processes.find(folder) == []


def test_a_process_has_no_environment_but_its_own(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid")
    started = processes.start(program(environment={"OWN": "1"}), "recipe", folder)
    # The kernel fills a new program's environment in a moment after its exec.
    deadline = time.monotonic() + 60
    while not (environment := started.process.environ()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert environment["OWN"] == "1"
    assert "HTTPS_PROXY" not in environment


def test_processes_of_another_cluster_are_not_found(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    processes.start(program(), "recipe", folder)
    assert processes.find(tmp_path_factory.mktemp("other")) == []


def test_one_mark_alone_makes_nobody_ours(folder: Path) -> None:
    command = [sys.executable, "-c", "import time; print('on', flush=True); time.sleep(60)"]
    marked = {processes.MARK_CLUSTER: str(folder)}
    with subprocess.Popen(command, env=marked, stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout is not None
        assert stranger.stdout.readline()
        assert processes.find(folder) == []
        stranger.kill()


def test_a_killed_process_is_not_found(folder: Path) -> None:
    started = processes.start(program(), "recipe", folder)
    os.kill(started.pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while processes.find(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes.find(folder) == []


def test_one_that_ignores_signals_is_ended_all_the_same(folder: Path) -> None:
    started = processes.start(program(STUBBORN), "recipe", folder)
    log = folder / "logs" / "demo.log"
    while "on" not in log.read_text():
        time.sleep(0.05)
    processes.stop([started])
    assert processes.find(folder) == []


def test_the_end_of_the_log_says_why_it_ended(folder: Path) -> None:
    wanted = program("raise SystemExit('port is taken')")
    started = processes.start(wanted, "recipe", folder)
    with pytest.raises(LocalClusterError, match=r"demo ended.*port is taken"):
        processes.wait_well(wanted, started, folder, 20)


def test_one_that_answers_badly_is_not_well(folder: Path) -> None:
    wanted = program(path="/ill")
    started = processes.start(wanted, "recipe", folder)
    with pytest.raises(LocalClusterError, match="was not ready after 1 s"):
        processes.wait_well(wanted, started, folder, 1)


class Clock:
    """Time that passes only in a sleep; from the second `well` on, the process answers."""

    def __init__(self, well: float, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.well = 0.0, well
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)
        monkeypatch.setattr(processes, "trouble", self.trouble)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def trouble(self, _health: Health, timeout: float) -> str:
        self.now += timeout  # a busy machine: the process cannot answer in time
        return "" if self.now >= self.well else "/readyz answers 500, [-]etcd failed"


def asleep() -> Program:
    """Return a program that lives and does not answer."""
    return program("import time; time.sleep(60)")


def test_one_that_lives_is_waited_for_far_longer_than_a_minute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = asleep()
    started = processes.start(wanted, "recipe", folder)
    clock = Clock(500, monkeypatch)
    processes.wait_well(wanted, started, folder)
    assert 500 <= clock.now < 510


def test_one_that_never_is_well_is_given_up_and_the_wait_says_for_what(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asleep()
    started = processes.start(wanted, "recipe", folder)
    clock = Clock(10_000, monkeypatch)
    with pytest.raises(LocalClusterError, match=r"not ready after 600 s \(/readyz answers 500, \[-\]etcd failed\)"):
        processes.wait_well(wanted, started, folder)
    assert clock.now < 610


def test_one_that_ends_is_not_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = asleep()
    started = processes.start(wanted, "recipe", folder)
    processes.check_alive([started], folder)
    processes.stop([started])
    clock = Clock(10_000, monkeypatch)
    with pytest.raises(LocalClusterError, match="demo ended"):
        processes.wait_well(wanted, started, folder)
    assert clock.now < 10
    with pytest.raises(LocalClusterError, match="demo ended: run this again"):
        processes.check_alive([started], folder)


def test_what_keeps_an_api_server_from_being_ready_is_told(folder: Path) -> None:
    wanted = program(path="/ill")
    assert processes.trouble(wanted.health, 1).startswith(f"port {wanted.health.port} does not answer (")
    started = processes.start(wanted, "recipe", folder)
    processes.wait_well(dataclasses.replace(wanted, health=Health(wanted.health.port, "/well")), started, folder, 20)
    assert processes.trouble(wanted.health, 20) == "/ill answers 500, [-]etcd failed: reason withheld"


def test_a_missing_program_is_named(folder: Path) -> None:
    wanted = Program("demo", ("/nowhere/etcd",), Health(1, "/"))
    with pytest.raises(LocalClusterError, match="/nowhere/etcd cannot be started"):
        processes.start(wanted, "recipe", folder)


def test_a_stopped_process_does_not_answer(folder: Path) -> None:
    wanted = program()
    started = processes.start(wanted, "recipe", folder)
    processes.wait_well(wanted, started, folder, 20)
    started.process.suspend()
    assert not processes.answers_within(wanted.health, 0.5)


def test_a_recipe_tells_all_that_matters(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("a")
    health = Health(1, "/")
    base = Program("demo", ("run", "--port=1"), health, needs=("etcd",), reads=(config,), environment={"A": "1"})
    starts = {"etcd": "first", "moto": "first"}
    before = base.recipe(starts)
    others = [
        Program("demo", ("run", "--port=2"), health, ("etcd",), (config,), {"A": "1"}).recipe(starts),
        Program("demo", ("run", "--port=1"), health, ("etcd",), (config,), {"A": "2"}).recipe(starts),
        base.recipe(starts | {"etcd": "second"}),
    ]
    assert base.recipe(starts | {"moto": "second"}) == before
    config.write_text("b")
    others.append(base.recipe(starts))
    assert len({before, *others}) == 5


def test_listeners_beyond_loopback_are_told(folder: Path) -> None:
    code = (
        "import socket, time, sys; s = socket.create_server((sys.argv[2], 0)); print('on', flush=True); time.sleep(60)"
    )
    for name, address in (("near", "127.0.0.1"), ("far", EVERYWHERE)):
        command = (sys.executable, "-c", code, "x", address)
        processes.start(Program(name, command, Health(1, "/")), "recipe", folder)
        while "on" not in (folder / "logs" / f"{name}.log").read_text():
            time.sleep(0.05)
    assert [each.split(":")[0] for each in processes.strangers(processes.find(folder))] == ["far"]


def test_a_connection_on_loopback_is_no_stranger(folder: Path) -> None:
    wanted = program()
    started = processes.start(wanted, "recipe", folder)
    processes.wait_well(wanted, started, folder, 20)
    with socket.create_connection(("127.0.0.1", wanted.health.port)):
        assert processes.strangers(processes.find(folder)) == []
