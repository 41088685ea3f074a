"""Which tools will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.preflight import tools as subject


@pytest.mark.parametrize("version", ["v3.18.0", "v3.20.1+g1234", "v4.3.1", "v4.3"])
def test_helm_that_will_do(version: str) -> None:
    assert subject.helm_problem("/bin/helm", version) == ""


@pytest.mark.parametrize(
    ("path", "version", "said"),
    [
        (None, "", "helm is not on PATH"),
        ("/bin/helm", "v3.17.4", "3.18 is the oldest"),
        ("/bin/helm", "v2.16.0", "3.18 is the oldest"),
        ("/bin/helm", "", "does not tell its version"),
    ],
)
def test_helm_that_will_not_do(path: str | None, version: str, said: str) -> None:
    problem = subject.helm_problem(path, version)
    assert said in problem
    assert "install Helm 4" in problem


def test_the_version_is_what_the_program_prints(tmp_path: Path) -> None:
    helm = tmp_path / "helm"
    helm.write_text('#!/bin/sh\n[ "$1 $2" = "version --short" ] && echo v4.3.1+g0\n')
    helm.chmod(0o755)
    assert subject.helm_version(str(helm)) == "v4.3.1+g0"
    assert subject.helm_version(str(tmp_path / "none")) == ""


def test_packages_that_are_missing_are_named() -> None:
    assert subject.package_problems(["json"], "/bin/python") == []
    assert (
        "no_such_package is missing from /bin/python" in subject.package_problems(["no_such_package"], "/bin/python")[0]
    )


@pytest.mark.parametrize("driver", ["configmap", "configmaps", "sql", "memory"])
def test_records_of_helm_elsewhere_are_refused_with_what_to_run(driver: str) -> None:
    (problem,) = subject.shell_problems({"HELM_DRIVER": driver, "PATH": "/bin"})
    assert f"HELM_DRIVER is {driver}" in problem
    assert "unset HELM_DRIVER" in problem


@pytest.mark.parametrize("driver", ["", "secret", "secrets"])
def test_what_never_reaches_helm_is_left_alone(driver: str) -> None:
    theirs = dict.fromkeys(("K8S_AUTH_HOST", "HELM_KUBEAPISERVER", "HELM_KUBECONTEXT", "KUBECONFIG"), "/elsewhere")
    assert subject.shell_problems({**theirs, "HELM_DRIVER": driver}) == []
