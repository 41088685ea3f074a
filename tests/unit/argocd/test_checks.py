"""Settings of the repository: each way to write them wrongly has a sentence, and no sentence shows a secret."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from ansible_collections.landfall.eks.plugins.module_utils.argocd import checks

HTTPS, SSH = "https://git.example.org/team/landfall.git", "git@git.example.org:team/landfall.git"
PEM, OPENSSH = serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.OpenSSH


def said(**values: Any) -> list[str]:
    at = SimpleNamespace(values=values, roles=("argocd", "flask_app"))
    every = (checks.check_delivery, checks.check_repository, checks.check_path)
    return [sentence for check in every for sentence in check(at)]


def written(form: serialization.PrivateFormat = OPENSSH, passphrase: str = "") -> str:
    key = ed25519.Ed25519PrivateKey.generate() if form is OPENSSH else rsa.generate_private_key(65537, 2048)
    lock = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, lock).decode()


@pytest.mark.parametrize("form", [OPENSSH, PEM])
def test_a_key_is_taken_with_and_without_its_last_line_end(form: serialization.PrivateFormat) -> None:
    key = written(form)
    assert checks.key_problem(key) == checks.key_problem(key.rstrip()) == ""
    assert said(argocd_repo_url=SSH, argocd_repo_ssh_private_key=key, flask_app_delivery="argocd") == []


@pytest.mark.parametrize("form", [OPENSSH, PEM])
def test_a_locked_key_is_refused(form: serialization.PrivateFormat) -> None:
    assert "is locked with a passphrase" in checks.key_problem(written(form, "word"))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda _: "ssh-ed25519 AAAAC3Nz me@here", "is a public key"),
        (lambda key: key.replace("\n", "\\n"), "instead of line ends"),
        (lambda key: "\n".join(key.splitlines()[:-1]), "is no private key"),
        (lambda _: "s3cret", "is no private key"),
        (lambda key: "\n".join([*key.splitlines()[:2], *key.splitlines()[3:]]), "is damaged"),
    ],
)
def test_a_spoilt_key_is_refused_and_not_shown(spoil: Any, words: str) -> None:
    key = spoil(written())
    (sentence,) = said(argocd_repo_url=SSH, argocd_repo_ssh_private_key=key)
    assert words in sentence
    lines = [line for line in key.splitlines() if len(line) > 5 and not line.startswith("-----")]
    assert [line for line in lines if line in sentence] == []


def test_what_is_right_is_let_through() -> None:
    for url, more in (
        (HTTPS, {}),
        (HTTPS, {"argocd_repo_username": "bot", "argocd_repo_password": "t0ken"}),
        ("http://127.0.0.1:8080/team/landfall.git", {"argocd_repo_username": "bot", "argocd_repo_password": "t0ken"}),
        ("ssh://git@git.example.org/team/landfall.git", {}),
    ):
        assert said(argocd_repo_url=url, flask_app_delivery="argocd", argocd_repo_revision="main", **more) == []
