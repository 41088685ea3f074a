from __future__ import annotations

import hashlib
import io
import ipaddress
import json
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from cryptography import x509

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import (
    cluster,
    files,
    pause_image,
    pki,
    program_files,
    programs,
    real_node,
    real_node_files,
    real_node_init,
    real_node_machine,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import settings as settings_module
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.place import NAMES, PORTS, Place
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    LocalClusterError,
    Settings,
)

IMAGE = {"name": "docker.io/landfall/flask-app:0.1.0", "archive": "/nowhere.tar", "id": "abc"}


@pytest.fixture
def joined(make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Place:
    """A cluster that is to have a real node, on a machine that can have one; nothing is started."""
    settings = make_settings(real_node=True, real_node_images=[IMAGE])
    monkeypatch.setattr(real_node, "lacking", list)
    monkeypatch.setattr(real_node_machine, "keep_sysctls", lambda: None)
    settings.tools.mkdir()
    (settings.tools / "pause").write_bytes(b"static program")
    place = Place(settings, {name: 20000 + index for index, name in enumerate(PORTS)})
    pki.ensure(settings, place.pki)
    real_node_files.prepare(place.node, place.ports, place.pki)
    program_files.write_files(place)
    return place


def test_the_node_is_one_more_process_only_when_asked_for(joined: Place, place: Place) -> None:
    assert [each.name for each in programs.programs(joined)] == [*NAMES, real_node.NAME]
    assert [each.name for each in programs.programs(place)] == list(NAMES)
    assert real_node.NAME in cluster.missing(joined.settings)


def test_what_the_node_reads_is_there_and_written_once(joined: Place) -> None:
    node = programs.programs(joined)[-1]
    assert [path for path in node.reads if not path.is_file()] == []
    recipe = node.recipe({})
    real_node_files.prepare(joined.node, joined.ports, joined.pki)
    assert programs.programs(joined)[-1].recipe({}) == recipe


def test_the_nodes_first_process_has_none_of_our_marks(joined: Place) -> None:
    command = programs.programs(joined)[-1].command
    assert command.index("env") < command.index("--ignore-environment") < command.index(programs.PYTHON)
    assert "--kill-child" in command


def test_the_nodes_program_stands_alone(joined: Place) -> None:
    source = (joined.node.folder / "init.py").read_text()
    assert "ansible_collections" not in source
    compile(source, "init.py", "exec")


def test_kubelet_listens_on_loopback_and_knows_strangers_from_us(joined: Place) -> None:
    config = real_node_files.kubelet_config(joined.node, joined.ports, joined.pki)
    assert config["address"] == config["healthzBindAddress"] == "127.0.0.1"
    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["registerWithTaints"] == [{"key": "landfall.test/real", "effect": "NoExecute"}]
    assert config["cgroupRoot"] == f"/{joined.node.cgroup}"


def test_the_certificate_speaks_for_the_node_and_stays(joined: Place) -> None:
    path = Path(joined.certificate(real_node.NAME))
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    assert "CN=system:node:landfall-real" in certificate.subject.rfc4514_string()
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ipaddress.ip_address(joined.node.address) in names.get_values_for_type(x509.IPAddress)
    leaf = pki.Leaf(
        real_node.NAME,
        "system:node:landfall-real",
        "system:nodes",
        hosts=(*pki.LOOPBACK, joined.node.address, "landfall-real"),
    )
    assert not pki.issue(joined.pki, leaf)
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((joined.pki / "ca.crt").read_bytes()))


def test_a_new_authority_is_a_new_certificate(joined: Place) -> None:
    before = Path(joined.certificate(real_node.NAME)).read_bytes()
    (joined.pki / "recipe.json").unlink()
    pki.ensure(joined.settings, joined.pki)
    real_node_files.prepare(joined.node, joined.ports, joined.pki)
    assert Path(joined.certificate(real_node.NAME)).read_bytes() != before


def test_the_proxy_leads_to_the_kubelet_and_forgets_it_afterwards(joined: Place, place: Place) -> None:
    address = joined.node.address
    assert program_files.routes(joined)[address] == joined.ports["kubelet"]
    assert address not in program_files.routes(place)


def test_pods_have_addresses_that_nobody_else_has(joined: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = joined.node.network
    others = [settings_module.POD_CIDR, *(each.cidr for each in joined.settings.subnets())]
    assert not any(chosen.overlaps(ipaddress.IPv4Network(each)) for each in others)
    taken = SimpleNamespace(family=socket.AF_INET, address=str(chosen[9]))
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: {"eth9": [taken]})
    (joined.node.folder / "network.json").unlink()
    real_node.choose_network(joined.node)
    assert joined.node.network != chosen


def test_two_clusters_share_no_name(make_settings: Callable[..., Settings], tmp_path: Path) -> None:
    one, two = (real_node.Node(make_settings(directory=str(tmp_path / each))) for each in ("a", "b"))
    assert one.bridge != two.bridge
    assert one.cgroup != two.cgroup
    assert len(one.bridge) <= 15


def test_pods_reach_no_further_than_the_machine(joined: Place) -> None:
    (bridge,) = real_node_files.cni_config(joined.node)["plugins"]
    assert (bridge["isGateway"], bridge["ipMasq"]) == (False, False)
    assert "routes" not in bridge["ipam"]


def test_what_is_missing_is_one_sentence(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real_node.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(real_node.shutil, "which", lambda name, path: None if name == "containerd" else f"/bin/{name}")
    monkeypatch.setattr(real_node, "cni_folder", lambda: "")
    with pytest.raises(LocalClusterError) as caught:
        real_node.check(make_settings(real_node=True))
    sentence = str(caught.value)
    for part in ("root", "containerd (package containerd)", "containernetworking-plugins", "make system-packages"):
        assert part in sentence
    assert "\n" not in sentence


def test_a_folder_that_the_node_would_hide_is_refused(
    make_settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(real_node, "lacking", list)
    with pytest.raises(LocalClusterError, match="/var/lib/ci/cluster lies there: use a checkout"):
        real_node.check(make_settings(directory="/var/lib/ci/cluster"))


def test_nothing_to_clear_is_said(settings: Settings) -> None:
    assert not real_node_machine.clear(real_node.Node(settings))


def test_cgroups_of_pods_go_with_the_node(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = real_node.Node(settings)
    (tmp_path / "cpu" / node.cgroup / "kubepods" / "pod1").mkdir(parents=True)
    (tmp_path / "cpu" / "somebody").mkdir()
    monkeypatch.setattr(real_node_init, "CGROUPS", tmp_path)
    monkeypatch.setattr(real_node_machine, "SYSCTL_RECORD", tmp_path / "none.json")
    assert real_node_machine.clear(node)
    assert [each.name for each in (tmp_path / "cpu").iterdir()] == ["somebody"]


def test_sysctls_are_kept_once_and_put_back_by_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = tmp_path / "run" / "sysctls.json"
    value = tmp_path / "panic"
    value.write_text("1\n")
    monkeypatch.setattr(real_node_machine, "SYSCTL_RECORD", record)
    monkeypatch.setattr(real_node_machine, "SYSCTLS", (str(value),))
    real_node_machine.keep_sysctls()
    value.write_text("10\n")
    real_node_machine.keep_sysctls()
    assert files.read_json(record) == {str(value): "1"}
    monkeypatch.setattr(real_node_machine, "kubelet_runs", lambda: True)
    real_node_machine.restore_sysctls()
    assert value.read_text() == "10\n"
    monkeypatch.setattr(real_node_machine, "kubelet_runs", lambda: False)
    real_node_machine.restore_sysctls()
    assert value.read_text() == "1"
    assert not record.parent.exists()


def test_pause_image_is_what_containerd_imports(tmp_path: Path) -> None:
    program = tmp_path / "pause"
    program.write_bytes(b"static program")
    archive = pause_image.archive(program, "x86_64")
    assert archive == pause_image.archive(program, "x86_64")
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        contents = {each.name: (opened.extractfile(each) or io.BytesIO()).read() for each in opened}
    (manifest,) = json.loads(contents["manifest.json"])
    config = json.loads(contents[manifest["Config"]])
    assert manifest["RepoTags"] == [pause_image.NAME]
    assert manifest["Config"] == f"{hashlib.sha256(contents[manifest['Config']]).hexdigest()}.json"
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(contents['layer.tar']).hexdigest()}"]
    assert config["architecture"] == "amd64"
