"""Two components upgraded of which one fails: both are back; and the platform taken back by hand, once and again."""

import json

import pytest

from tests.e2e.machine import Machine

pytestmark = pytest.mark.cluster

OLD = {"first": {"image": "example.org/faulty:one"}, "second": {"image": "example.org/faulty:one"}}
NEW = {"first": {"image": "example.org/faulty:two"}, "second": {"image": "example.org/faulty:two"}}
HALF_BROKEN = {**NEW, "second": {"image": "example.org/faulty:broken"}}


class Platform(Machine):
    """A cluster with a platform of two components."""

    def roll_out(self, wanted, **more):
        """Roll out; return the exit status and what was printed."""
        return self._play("tests/e2e/transaction/site.yml", wanted=wanted, **more)

    def go_back(self, *words, **more):
        return self._play("playbooks/rollback.yml", *words, **more)

    def history(self):
        file = self.folder / "history.json"
        status, said = self._play("playbooks/history.yml", rollback_history_file=str(file))
        assert status == 0, said
        return said, json.loads(file.read_text())

    def images(self):
        found = self.get("deployments", "--all-namespaces", "--selector=app.kubernetes.io/managed-by=Helm")["items"]
        return {each["metadata"]["name"]: self._image(each) for each in found}

    @staticmethod
    def _image(deployment):
        return deployment["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]

    def _play(self, playbook, *words, **variables):
        status, _, said = self.try_(
            "ansible-playbook", "-i", "inventories/local", playbook, "-e", json.dumps(variables), *words
        )
        return status, said


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    machine = Platform(tmp_path_factory.mktemp("transaction"))
    try:
        machine.playbook("playbooks/local_cluster.yml")
        status, said = machine.roll_out(OLD)
        assert status == 0, said[-6000:]
        yield machine
    finally:
        machine.playbook("playbooks/local_cluster.yml", "-e", "local_cluster_state=absent")


def test_1_when_one_fails_what_the_run_changed_goes_back(platform):
    status, said = platform.roll_out(HALF_BROKEN, settle_timeout=15)
    assert status != 0
    assert "ImagePullBackOff" in said
    assert "first/first: changed by the same run; it is back at revision 1, and ready." in said
    assert platform.images() == {"first": "one", "second": "one"}
    # The control: the first component alone gets there, so it was the second one's failure that took it back.
    status, said = platform.roll_out(HALF_BROKEN, settle_timeout=15, platform_on_failure="keep")
    assert status != 0
    assert "changed by the same run" not in said
    assert platform.images() == {"first": "two", "second": "one"}


def test_2_history_says_so(platform):
    shown, records = platform.history()
    assert "rolled back to 1: second failed" in shown
    assert [(each["number"], each["proven"], each["restores"]) for each in records] == [(2, True, 1), (1, True, 0)]
    assert sorted(records[0]["changed"]) == ["first/first", "second/second"]
    assert "example.org" not in json.dumps(records)


def test_3_by_hand_it_goes_back_once_and_again_changes_nothing(platform):
    status, said = platform.roll_out(NEW)
    assert status == 0, said[-6000:]
    assert platform.images() == {"first": "two", "second": "two"}

    status, said = platform.go_back("--check")
    assert status == 0, said[-6000:]
    assert "second/second would roll back to Helm's revision" in said
    assert platform.images() == {"first": "two", "second": "two"}

    status, said = platform.go_back(rollback_to=1)
    assert status == 0, said[-6000:]
    assert platform.images() == {"first": "one", "second": "one"}
    # The reverse of the order in which they are started.
    assert said.index("second/second: it is back") < said.index("first/first: it is back")

    status, said = platform.go_back(rollback_to=1)
    assert status == 0, said[-6000:]
    assert "changed=0" in said
    _, records = platform.history()
    assert [each["number"] for each in records] == [4, 3, 2, 1]


def test_4_what_cannot_be_is_refused_before_any_change(platform):
    status, said = platform.go_back(rollback_to=99)
    assert status != 0
    assert "There is no revision 99 of this platform: choose one of these (1, 2, 3, 4)." in said
    # Without Helm's records of what was live then, there is no way back.
    gone = platform.get("secrets", "--namespace=second", "--selector=owner=helm")["items"]
    new = next(each for each in platform.history()[1] if each["number"] == 3)
    wanted = next(each for each in new["releases"] if each["release"] == "second")
    for each in gone:
        if wanted["values_hash"] in each["metadata"]["labels"].get("landfall.eks/identity", ""):
            platform.kubectl("delete", "secret", "--namespace=second", each["metadata"]["name"])
    before = platform.images()
    status, said = platform.go_back(rollback_to=3)
    assert status != 0
    assert "second/second: Helm keeps no revision of it any more" in said
    assert platform.images() == before
