"""Names and addresses that a hosts file may get, judged before a run and again by the module that runs as root."""

from __future__ import annotations

import ipaddress
import json
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.landfall.eks.plugins.module_utils.hosts import file, names
from ansible_collections.landfall.eks.plugins.modules import hosts_block, hosts_file_facts

GOOD = (
    "grafana.example.org",
    "xn--mnchen-3ya.example.org",
    "a",
    "intranet",
    f"{'a.' * 126}b",
    f"{'a' * 63}.example.org",
)
BAD = {
    "*.example.org": "is a wildcard",
    "*": "is a wildcard",
    "GitHub.com": "has capital letters: write github.com",
    "grafana.example.org.": "ends in a dot: write grafana.example.org",
    "münchen.example.org": "has letters outside ASCII: write xn--mnchen-3ya.example.org",
    "a_b.example.org": "is no host name",
    "-a.example.org": "is no host name",
    "a..example.org": "is no host name",
    f"{'a' * 64}.example.org": "is no host name",
    f"{'a.' * 126}bb": "is longer than 253 characters",
    "10.0.0.1": "is a number or an address",
    "": "is empty",
    "a b.example.org": "is no host name",
    "a.example.org\n203.0.113.66 github.com": "is no host name",
    "a.example.org\t#": "is no host name",
    "localhost": "is a name of this machine itself",
    "localhost.localdomain": "is a name of this machine itself",
    "grafana.localhost": "is a name of this machine itself",
    "localhost4": "is a name of this machine itself",
    "ip6-loopback": "is a name of this machine itself",
    "ip6-allnodes": "is a name of this machine itself",
    "broadcasthost": "is a name of this machine itself",
    "web01": "is a name of this machine itself",
    "web01.corp.example.org": "is a name of this machine itself",
    "alias.corp.example.org": "is a name of this machine itself",
}
"""What is wrong with each."""
SYSTEMS = (
    b"127.0.0.1 localhost\n127.0.1.1 web01.corp.example.org Web01 alias.corp.example.org # mine\n10.0.0.9 other.org\n"
)
BAD_ADDRESSES = (
    *("", "localhost", "203.0.113.300", "203.0.113.7/32", "203.0.113.7\n10.0.0.1 github.com", "203.0.113.07", "7"),
    *(str(ipaddress.IPv4Address(0)), "::"),
    *("224.0.0.1", "ff02::1", "169.254.169.254", "fe80::1", "fe80::1%eth0", "255.255.255.255"),
    "::ffff:169.254.169.254",
)


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file.socket, "gethostname", lambda: "Web01")


def refusals(*given: str, addresses: tuple[str, ...] = (), cluster: str = "shop") -> list[str]:
    return file.refusals(SYSTEMS, cluster, addresses, given)


def test_names_that_will_do() -> None:
    assert refusals(*GOOD) == []
    assert refusals("web02", "web01.example.org", "other.org") == []
    assert max(len(each) for each in GOOD) == names.HOST_LENGTH


@pytest.mark.parametrize("name", BAD)
def test_names_that_will_not_do(name: str) -> None:
    (said,) = refusals(name)
    assert BAD[name] in said


@pytest.mark.parametrize("address", ["203.0.113.7", "10.0.0.7", "127.0.0.1", "2001:db8::7", "fd00::7"])
def test_addresses_that_will_do(address: str) -> None:
    assert refusals(addresses=(address,)) == []


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_addresses_that_will_not_do(address: str) -> None:
    assert len(refusals(addresses=(address,))) == 1


@pytest.mark.parametrize("cluster", ["", "shop\n203.0.113.66 github.com", "a b", "-a", "ü", "a" * 101])
def test_names_of_clusters_that_a_marker_cannot_carry(cluster: str) -> None:
    assert "is no name of a cluster" in refusals(cluster=cluster)[0]


def run(module: Any, capsys: pytest.CaptureFixture[str], **arguments: Any) -> dict[str, Any]:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        module.main()
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    "wrong",
    [
        {"names": ["grafana.example.org", "*.example.org"]},
        {"names": ["grafana.example.org", "github.com\n203.0.113.66 sts.eu-west-1.amazonaws.com"]},
        {"names": ["localhost"]},
        {"names": ["web01"]},
        {"addresses": ["203.0.113.7", "169.254.169.254"]},
        {"cluster": "shop\n203.0.113.66 github.com"},
    ],
)
def test_the_module_that_writes_takes_nobodys_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: dict[str, Any]
) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(SYSTEMS)
    good = {"path": str(path), "cluster": "shop", "addresses": ["203.0.113.7"], "names": ["grafana.example.org"]}
    found = run(hosts_block, capsys, **(good | wrong))
    assert found["failed"]
    assert found["msg"].startswith(f"hosts_file ({path}) is not written: ")
    assert path.read_bytes() == SYSTEMS
    assert run(hosts_block, capsys, **good)["changed"], "the control"


def test_a_name_of_this_machine_is_said_before_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hosts"
    path.write_bytes(SYSTEMS)
    given = {"path": str(path), "cluster": "shop", "names": ["web01", "shop.example.org", "*.example.org"]}
    found = run(hosts_file_facts, capsys, **given)
    # The wildcard is the settings' to refuse, which name the setting.
    (said,) = found["refused"]
    assert said.endswith("'web01' is a name of this machine itself: write another host name.")
    assert (found["writable"], found["problem"]) == (True, "")


def test_a_file_that_is_not_to_be_written_need_not_be_writable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {"path": str(tmp_path / "none/hosts"), "cluster": "shop"}
    assert not run(hosts_file_facts, capsys, **given)["writable"]
    assert run(hosts_file_facts, capsys, **given, writing=False)["writable"]
    # A block of an earlier run has to go: half of one is said.
    path = tmp_path / "hosts"
    path.write_bytes(b"# BEGIN landfall shop\n203.0.113.7 a.org\n")
    found = run(hosts_file_facts, capsys, path=str(path), cluster="shop", writing=False)
    assert "by hand" in found["problem"]
