"""OpenSearch and joni from Maven, in the cache of all checkouts, named by what was asked for."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "tools"))
from toolcache.cache import default_root

JAVA = Path(__file__).parent / "java"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
MISSING = "not run: there is no {}; `make system-packages` installs it"


def program(name: str) -> str:
    """Return the path of a program; the test is skipped without it."""
    found = shutil.which(name)
    if not found:
        pytest.skip(MISSING.format(name))
    return found


@cache
def folder() -> Path:
    """Return the folder of jars, filled by Maven the first time; the test is skipped where Maven cannot."""
    asked = hashlib.sha256((JAVA / "pom.xml").read_bytes() + COPY.encode()).hexdigest()[:12]
    there = default_root(os.environ) / "jars" / f"log-tests-{asked}"
    if there.is_dir():
        return there
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent, prefix=".tmp-") as temporary:
        made = Path(temporary) / "jars"
        command = [program("mvn"), "--quiet", "--batch-mode", "--file", JAVA / "pom.xml", COPY]
        options = [f"-DoutputDirectory={made}", f"-Dmaven.repo.local={temporary}/repository"]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=600)
        if done.returncode:
            pytest.skip(f"not run: Maven could not get the jars: {done.stdout.strip().splitlines()[:1]}")
        try:
            made.rename(there)
        except OSError:  # another run was faster
            assert there.is_dir()
    return there


def java(source: str, *arguments: str) -> list[str]:
    """Return the command that runs a Java source of this folder with the jars."""
    return [program("java"), "-Xms256m", "-Xmx512m", "-cp", f"{folder()}/*", str(JAVA / source), *arguments]
