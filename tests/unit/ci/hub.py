"""A registry on loopback as Docker Hub, with the pipeline's environment for a push to it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tests.unit.ci import registry
from tests.unit.ci.remote import CI, ENVIRONMENT

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WORKFLOW = "acme/app/.github/workflows/pipeline.yaml@refs/heads/main"
TAG = "1.2.3-0123456789ab"
GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_WORKFLOW_REF": WORKFLOW,
    "GITHUB_SHA": COMMIT,
    "GITHUB_REF": "refs/heads/main",
}


class Hub:
    """A registry with the account of the pipeline, which anybody with that account may push to as well."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address
        self.repository = f"{address}/acme/app"
        self.bin = folder / "bin"
        self.bin.mkdir()
        self.variables = (
            ENVIRONMENT
            | GITHUB
            | {
                "PATH": f"{self.bin}{os.pathsep}{ENVIRONMENT['PATH']}",
                "HOME": str(folder),
                "IMAGE": f"{self.repository}:{TAG}",
                "ARCHIVE": str(folder / "image.tar"),
                "REPOSITORY": self.repository,
                "DOCKERHUB_USERNAME": registry.USER,
                "DOCKERHUB_TOKEN": registry.TOKEN,
            }
        )
        registry.allow_http(folder, address)

    def program(self, name: str, script: str) -> None:
        """Put a program of this name before the real one."""
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of app/ci as the workflow does."""
        variables = self.variables | environment
        done = subprocess.run(
            [str(CI / script)], env=variables, capture_output=True, text=True, timeout=600, check=False
        )
        assert registry.TOKEN not in done.stdout + done.stderr
        return done

    def push(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.run("push.sh", **environment)

    def attack(self, archive: Path, tag: str = TAG) -> None:
        """Push an archive under a tag as somebody does who has got hold of the account."""
        target = f"docker://{self.repository}:{tag}"
        self.skopeo("copy", "--all", "--preserve-digests", self.login("--dest-creds"), f"oci-archive:{archive}", target)

    def has(self, digest: str) -> bool:
        image = f"docker://{self.repository}@{digest}"
        command = ["skopeo", "inspect", "--raw", self.login("--creds"), image]
        return subprocess.run(command, env=self.variables, capture_output=True, check=False).returncode == 0

    def login(self, option: str) -> str:
        return f"{option}={registry.USER}:{registry.TOKEN}"

    def skopeo(self, *words: str) -> None:
        program = shutil.which("skopeo", path=ENVIRONMENT["PATH"])
        assert program
        done = subprocess.run([program, *words], env=self.variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
