from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import pki
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import Settings


@pytest.fixture
def folder(settings: Settings) -> Path:
    made = settings.directory / "pki"
    assert pki.ensure(settings, made)
    return made


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


def test_made_once(settings: Settings, folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert not pki.ensure(settings, folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_nobody_else_may_read_them(folder: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_clients_and_servers_hold_before_their_authority(settings: Settings, folder: Path) -> None:
    for leaf in pki.leaves(settings):
        verifier = PolicyBuilder().store(Store([certificate(folder, leaf.authority)])).build_client_verifier()
        if leaf.hosts:
            verifier.verify(certificate(folder, leaf.file), [])
        else:
            certificate(folder, leaf.file).verify_directly_issued_by(certificate(folder, leaf.authority))


def test_the_front_proxy_has_an_authority_of_its_own(folder: Path) -> None:
    with pytest.raises(ValueError, match="Issuer"):
        certificate(folder, "front-proxy").verify_directly_issued_by(certificate(folder, "ca"))


def test_kubelets_serve_under_the_nodes_addresses(settings: Settings, folder: Path) -> None:
    names = certificate(folder, "kubelet").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(ip) for ip in names.get_values_for_type(x509.IPAddress)]
    assert set(addresses) > {node.address for node in settings.nodes()}


@pytest.mark.parametrize("lost", ["ca.crt", "etcd.key", "service-account.key", "recipe.json"])
def test_a_partial_set_is_made_anew_as_a_whole(settings: Settings, folder: Path, lost: str) -> None:
    before = (folder / "admin.crt").read_bytes()
    (folder / lost).unlink()
    assert pki.ensure(settings, folder)
    assert (folder / "admin.crt").read_bytes() != before


def test_more_nodes_need_other_certificates(make_settings: Callable[..., Settings], folder: Path) -> None:
    assert pki.ensure(make_settings(nodes=4), folder)
