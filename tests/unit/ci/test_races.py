"""Twenty bumps at once: each lands or says why not, and the newest build is what is deployed."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.unit.ci.remote import Remote, bump, tag

BUMPS = 20


def test_twenty_bumps_at_once(remote: Remote, record_property: Any) -> None:
    builds = [remote.commit(f"build {number}") for number in range(BUMPS)]
    # Half of them share one checkout, which is worse than anything a pipeline does.
    clones = [remote.cloned(f"clone-{number}") if number % 2 else remote.clone for number in range(BUMPS)]
    with ThreadPoolExecutor(BUMPS) as pool:
        done = list(pool.map(bump, clones, builds))
    assert [each.status for each in done] == [0] * BUMPS, [each.said for each in done if each.status]
    outcomes = Counter(each.outputs["outcome"] for each in done)
    assert set(outcomes) <= {"pushed", "older"}
    assert remote.live().tag == tag(builds[-1])
    landed = [subject.removeprefix("Deploy ") for subject in remote.subjects() if subject.startswith("Deploy ")]
    order = [tag(build) for build in reversed(builds)]
    assert landed == [each for each in order if each in landed], "each that landed is newer than the one before it"
    assert len(landed) == outcomes["pushed"]
    assert all("a newer build than" in each.said for each in done if each.outputs["outcome"] == "older")
    lost = sum(each.said.count("Trying again.") for each in done)
    assert lost, "control: they did get in each other's way"
    record_property(
        "table",
        f"{BUMPS} bumps at once: {outcomes['pushed']} commits, {outcomes['older']} skips because a newer build was "
        f"deployed, {lost} races lost and run again; the newest build is live",
    )
