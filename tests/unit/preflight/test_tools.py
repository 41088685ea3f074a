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


@pytest.mark.parametrize("name", ["K8S_AUTH_HOST", "K8S_AUTH_CONTEXT", "HELM_KUBEAPISERVER", "HELM_DRIVER"])
def test_what_leads_some_tasks_elsewhere_is_named_with_what_to_run(name: str) -> None:
    problems = subject.shell_problems({name: "https://elsewhere.example.org", "PATH": "/bin"})
    assert len(problems) == 1
    assert f"unset {name}" in problems[0]


@pytest.mark.parametrize("name", ["K8S_AUTH_KUBECONFIG", "KUBECONFIG", "HELM_CACHE_HOME", "HELM_NAMESPACE"])
def test_what_platform_kubeconfig_takes_the_place_of_is_left_alone(name: str) -> None:
    assert subject.shell_problems({name: "/elsewhere", "K8S_AUTH_HOST": ""}) == []
