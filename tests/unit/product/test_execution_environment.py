"""An execution environment of the collection: what ansible-builder finds resolves, and Helm comes in checked."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.installed import NO_REGISTRY, ROOT

BIN = Path(sys.executable).parent
DEFINITION = ROOT / "docs/examples/execution-environment/execution-environment.yml"
EKS = "ansible_collections/landfall/eks"


def builder(*words: str) -> str:
    command = [str(BIN / "ansible-builder"), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.fixture(scope="module")
def containerfile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what an image would be built from: making it takes neither an engine nor a network."""
    context = tmp_path_factory.mktemp("context")
    builder("create", "--file", str(DEFINITION), "--context", str(context), "--output-filename", "Containerfile")
    return (context / "Containerfile").read_text()


def test_pip_accepts_what_is_found_in_the_collection(collections: Path, tmp_path: Path) -> None:
    found = yaml.safe_load(builder("introspect", "--sanitize", str(collections)))
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("\n".join(["ansible-core>=2.19.1", *found["python"]]))
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--dry-run",
        "--ignore-installed",
        "--only-binary=:all:",
    ]
    command += ["--report", str(tmp_path / "report.json"), "-r", str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode and NO_REGISTRY.search(done.stderr):
        pytest.skip("not run: no registry with the packages answers here")
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert {"boto3", "kubernetes", "troposphere"} <= {each["metadata"]["name"] for each in report["install"]}


def test_the_definition_needs_no_lock_file(containerfile: str) -> None:
    definition = yaml.safe_load(DEFINITION.read_text())
    assert definition["version"] == 3
    # The collection itself says which packages it needs: nothing of that is said again.
    assert set(definition["dependencies"]) == {"python_interpreter", "ansible_core", "ansible_runner", "galaxy"}
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text())
    assert f"ansible-core{runtime['requires_ansible']}" in definition["dependencies"]["ansible_core"]["package_pip"]
    assert "ansible-galaxy collection install" in containerfile


def test_helm_is_the_tested_one_and_is_checked_before_it_is_installed(containerfile: str) -> None:
    family = yaml.safe_load((ROOT / "tools/tools.yml").read_text())["families"]["helm"]
    assert f"ARG HELM_VERSION={family['version']}\n" in containerfile
    step = next(line for line in containerfile.splitlines() if "/usr/local/bin/helm" in line)
    file = family["download"]["url"].rpartition("/")[2].format(version="${HELM_VERSION}", os="linux", arch="${arch}")
    assert f'file="{file}"' in step
    assert family["download"]["checksum_url"].startswith("https://get.helm.sh/")
    assert step.index("curl") < step.index("sha256sum -c") < step.index("tar -xzf") < step.index("install -m")
    assert not re.search(r"[0-9a-f]{64}", DEFINITION.read_text())


@pytest.mark.parametrize("good", [True, False], ids=["as published", "damaged"])
def test_the_step_runs_and_refuses_a_damaged_archive(containerfile: str, tmp_path: Path, good: bool) -> None:
    """The very step, with a curl that serves a folder, and a root of its own."""
    line = next(each for each in containerfile.splitlines() if "/usr/local/bin/helm" in each)
    (tmp_path / "bin").mkdir()
    served, work = tmp_path / "served", tmp_path / "work"
    for arch in ("amd64", "arm64"):
        program = served / f"linux-{arch}/helm"
        program.parent.mkdir(parents=True)
        program.write_text("#!/bin/sh\necho v4\n")
        name = f"helm-v9.9.9-linux-{arch}.tar.gz"
        subprocess.run(["tar", "-czf", name, f"linux-{arch}"], cwd=served, check=True)
        digest = subprocess.run(["sha256sum", name], cwd=served, check=True, capture_output=True, text=True).stdout
        (served / f"{name}.sha256sum").write_text(digest if good else f"{'0' * 64}{digest[64:]}")
    curl = tmp_path / "bin/curl"
    curl.write_text(f'#!/bin/sh\nfor url; do :; done\ncp "{served}/${{url##*/}}" .\n')
    curl.chmod(0o755)
    work.mkdir()
    target = tmp_path / "helm"
    script = line.removeprefix("RUN ").replace("cd /tmp", f"cd {work}").replace("/usr/local/bin/helm", str(target))
    environment = {"PATH": f"{curl.parent}{os.pathsep}{os.environ['PATH']}", "HELM_VERSION": "9.9.9"}
    done = subprocess.run(
        ["sh", "-c", script], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode == 0, target.exists()) == (good, good), done.stderr
    if good:
        assert subprocess.run([target], check=True, capture_output=True, text=True, timeout=10).stdout == "v4\n"
        assert list(work.iterdir()) == []


def test_ansible_runner_runs_a_playbook_of_the_collection(collections: Path, tmp_path: Path) -> None:
    """As AWX does: a folder with env, inventory and project, and the site playbook by its full name."""
    runner = BIN / "ansible-runner"
    if not runner.exists():
        pytest.skip("not run: ansible-runner is missing (make venv-test)")
    for folder in ("env", "project"):
        (tmp_path / folder).mkdir()
    shutil.copytree(collections / EKS / "inventories/eks", tmp_path / "inventory")
    kubeconfig = tmp_path / "kubeconfig"
    (tmp_path / "env/envvars").write_text(json.dumps({"ANSIBLE_COLLECTIONS_PATH": str(collections)}))
    (tmp_path / "env/extravars").write_text(json.dumps({"platform_kubeconfig": str(kubeconfig)}))
    command = [str(runner), "run", str(tmp_path), "--playbook", "landfall.eks.site", "--ident", "one"]
    environment = {**os.environ, "HOME": str(tmp_path), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False
    )
    events = [json.loads(each.read_text()) for each in (tmp_path / "artifacts/one/job_events").glob("*.json")]
    roles = {each["event_data"].get("role") for each in events}
    assert "preflight" in {str(role).rpartition(".")[2] for role in roles}, done.stdout + done.stderr
    assert done.returncode == 2
    assert str(kubeconfig) in done.stdout
