"""Runs that are hurt on purpose: each is followed by one that has to find nothing lost and leave all well."""

import os
import random
import time

import pytest

from tests.e2e.chaos.platform import SEED, TASK, boundaries
from tests.e2e.machine import until

pytestmark = pytest.mark.cluster

KILLS = int(os.environ.get("LANDFALL_KILLS", "5"))
# Seconds after a task has begun: its module starts meanwhile, and Helm behind it.
LATEST = 4.0
# Whole machines that end, renewer and all: the next run waits until the Lease has run out, up to 90 s.
WITH_RENEWER = 10


def test_a_first_rollout_that_is_killed_is_finished(rolled_out, fault):
    assert 0 < len(rolled_out.killed_first) < 9, "control: the kill came in the middle"
    begun = len(rolled_out.killed_first)
    fault("the first rollout is killed", 1, 1, f"{begun} of 9 releases had been begun")


AT_WORK = "owner=helm,status in (pending-install,pending-upgrade)"


def killed(rolled_out, settings, point, wait, renewer=False):
    """Kill a run some time after a boundary; return its settings, or nothing if it had finished before."""
    run = rolled_out.start(settings)
    seen = 0
    for line in run.stdout:
        seen += bool(TASK.match(line))
        if seen == point:
            break
    wait(run)
    alive = run.poll() is None
    rolled_out.kill(run, renewer)
    return settings if alive else None


def test_killed_runs_are_finished_by_the_next(rolled_out, fault):
    status, said = rolled_out.play(rolled_out.touch())
    assert status == 0, said[-6000:]
    rolled_out.is_well()
    numbers = boundaries(said)
    chance = random.Random(SEED)

    def at_once(_):
        """Late boundaries leave no time for more."""

    def in_a_moment(_):
        time.sleep(chance.uniform(0, LATEST))

    def when_helm_is_at_work(run):
        # Which a moment of chance seldom meets.
        until(lambda: run.poll() is not None or rolled_out.helm_records(AT_WORK), 120, "Helm at work")

    left = twice = 0
    for count, point in enumerate(sorted(chance.choice(numbers) for _ in range(KILLS)), 1):
        waits = (in_a_moment if count % 2 else when_helm_is_at_work, at_once, at_once)
        tries = (killed(rolled_out, rolled_out.touch(), point, wait, count % WITH_RENEWER == 0) for wait in waits)
        settings = next(filter(None, tries), None)
        assert settings, "control: it was at work"
        left += bool(rolled_out.unfinished())
        if count % 2 == 0:
            # The run that heals is killed as well, once its decisions are made.
            twice += bool(killed(rolled_out, settings, chance.choice(numbers[1:]), in_a_moment))
        rolled_out.converges(settings)
    status, said = rolled_out.play(settings)
    assert " changed=0 " in said, said[-6000:]
    fault(
        f"site.yml is killed at one of {len(numbers)} stage boundaries",
        KILLS,
        KILLS,
        f"seed {SEED}; each was at work, {left} left a release pending; {twice} runs were killed while they healed it",
    )


def test_a_truncated_chart_is_refused_before_any_change(rolled_out, fault, tmp_path):
    before = rolled_out.helm_records()
    cache = {"LANDFALL_CHART_CACHE": str(tmp_path)}
    rolled_out.run("helm", "package", "roles/local_cluster/files/stand_ins/metrics-server", "-d", str(tmp_path))
    (chart,) = tmp_path.iterdir()
    whole = chart.read_bytes()
    chart.write_bytes(whole[: len(whole) // 2])
    status, said = rolled_out.play(rolled_out.touch(), **cache)
    assert status != 0
    assert chart.name in said
    assert rolled_out.helm_records() == before
    chart.write_bytes(whole)
    status, said = rolled_out.play({}, "site.yml", "--check", "--tags", "metrics_server", **cache)
    assert status == 0, f"control: it is the half of it that is refused\n{said[-3000:]}"
    rolled_out.converges()
    fault("a chart of the cache is cut in half", 1, 1, f"{chart.name} was refused by name; whole, it is not")
