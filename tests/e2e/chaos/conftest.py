"""One platform for all faults, one after another, and the table of what became of it."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.e2e.chaos.platform import Platform, wait_for_start


@pytest.fixture(scope="session")
def folder():
    path = Path(tempfile.mkdtemp(prefix="lf-chaos-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def platform(folder):
    """A cluster with nothing on it yet."""
    made = Platform(folder)
    with contextlib.ExitStack() as ending:
        ending.callback(made.try_, "make", "down")
        status, said = made.play({}, "playbooks/local_cluster.yml")
        assert status == 0, said[-6000:]
        yield made


@pytest.fixture(scope="session")
def rolled_out(platform):
    """The same with the platform on it, from a run that was killed in the middle and one that went on."""
    run = platform.start({})
    wait_for_start(run, 4)
    platform.kill(run)
    platform.killed_first = platform.helm_records()
    platform.converges()
    return platform


@pytest.fixture
def fault(record_property):
    """Put a row into the table: what was done, how often, how often nothing was lost, and what shows it was real."""
    return lambda what, times, survived, control: record_property(
        "fault", [what, times, survived, times - survived, control]
    )
