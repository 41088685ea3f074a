#!/usr/bin/env python3
"""Move the chart to a new image: set image.tag and image.digest in its values, and with --push commit and push that.

Nothing else of the file changes, comments and order included. A second run changes nothing. With --push the work is
done in a worktree of its own on the branch's newest commit, a lost race is tried again, and a build never replaces
one that is newer than itself. A token in BUMP_TOKEN is used for fetching and pushing over https.
"""

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ATTEMPTS = 6
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
IDENTITY = {"NAME": "github-actions[bot]", "EMAIL": "41898282+github-actions[bot]@users.noreply.github.com"}


class BumpError(RuntimeError):
    """One sentence: what could not be done, and why."""


class RefusedError(BumpError):
    """The push was refused, by a lost race or for good."""


def set_image(text: str, tag: str, digest: str) -> str:
    """Return the values file `text` with image.tag and image.digest set; every other character stays.

    Raises BumpError when a value is unusable or the file has no such key.
    """
    if not TAG.fullmatch(tag) or tag == "latest":
        raise BumpError(f"--tag is {tag!r}: write the tag of one build, for example 1.2.3-0a1b2c3d4e5f.")
    if not DIGEST.fullmatch(digest):
        raise BumpError(f"--digest is {digest!r}: write sha256: and 64 hexadecimal digits.")
    for key, value in (("tag", tag), ("digest", digest)):
        node = _image_scalar(text, key)
        text = text[: node.start_mark.index] + json.dumps(value) + text[node.end_mark.index :]
    return text


def image_tag(text: str) -> str:
    """Return image.tag of the values file `text`."""
    return str(_image_scalar(text, "tag").value)


def _image_scalar(text: str, key: str) -> yaml.ScalarNode:
    image = _child(yaml.compose(text, Loader=yaml.SafeLoader), "image")
    node = _child(image, key)
    # An empty scalar (`tag:` and nothing behind it) has no place of its own to write to.
    if isinstance(node, yaml.ScalarNode) and node.start_mark.index < node.end_mark.index:
        return node
    raise BumpError(f'The values have no image.{key}: write {key}: "" under image.')


def _child(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)


def read(path: Path) -> str:
    """Read a text file with its line ends as they are."""
    return path.read_bytes().decode()


def write(path: Path, text: str) -> None:
    """Write a text file with the line ends that `text` has."""
    path.write_bytes(text.encode())


class Branch:
    """One branch of the repository's `origin`, to which bumps are pushed."""

    def __init__(self, repository: Path, name: str) -> None:
        """Take the local clone `repository` (with its full history) and the branch's name."""
        self._repository = repository
        self._name = name
        self._environment = os.environ | _credentials() | _identity()

    def publish(self, values: Path, tag: str, digest: str, commit: str) -> str:
        """Push a commit that sets the image in `values`, a path inside the repository; say in a sentence what was done.

        `commit` is what the image was built from. Raises BumpError when the branch cannot be read or pushed to.
        """
        for attempt in range(ATTEMPTS):
            head = self._fetch()
            try:
                return self._bump(head, values, tag, digest, commit)
            except RefusedError:
                if self._fetch() == head:
                    raise
            time.sleep(2**attempt / 2)
        raise BumpError(f"The push to {self._name} lost the race {ATTEMPTS} times: run it again when it is quieter.")

    def _bump(self, head: str, values: Path, tag: str, digest: str, commit: str) -> str:
        """Edit, commit and push on top of `head`, in a worktree that is removed again."""
        with tempfile.TemporaryDirectory() as folder:
            tree = Path(folder) / "tree"
            self._git("worktree", "add", "--quiet", "--detach", str(tree), head)
            try:
                return self._bump_in(tree, values, tag, digest, commit)
            finally:
                self._git("worktree", "remove", "--force", str(tree))

    def _bump_in(self, tree: Path, values: Path, tag: str, digest: str, commit: str) -> str:
        path = tree / values
        if not path.is_file():
            raise BumpError(f"{self._name} has no file {values}: name the chart's values with --values.")
        before = read(path)
        after = set_image(before, tag, digest)
        deployed = image_tag(before)
        if after == before:
            return f"{values} has {tag} already: nothing to do."
        if deployed != tag and self._newer(deployed, commit):
            return f"{values} has {deployed}, a newer build than {tag}: left as it is."
        write(path, after)
        self._git("commit", "--quiet", "--message", f"Deploy {tag}", "--", str(values), folder=tree)
        pushed = self._run("push", "--quiet", "origin", f"HEAD:refs/heads/{self._name}", folder=tree)
        if pushed.returncode:
            raise RefusedError(f"The push to {self._name} was refused: {_last_line(pushed.stderr)}")
        return f"{self._name} now deploys {tag}."

    def _newer(self, deployed: str, commit: str) -> bool:
        """Whether the tag `deployed` was built from a descendant of `commit`; not for a tag of unknown origin."""
        built_from = deployed.rpartition("-")[2]
        if not re.fullmatch(r"[0-9a-f]{7,40}", built_from):
            return False
        return self._run("merge-base", "--is-ancestor", commit, f"{built_from}^{{commit}}").returncode == 0

    def _fetch(self) -> str:
        self._git("fetch", "--quiet", "origin", f"refs/heads/{self._name}")
        return self._git("rev-parse", "FETCH_HEAD")

    def _git(self, *arguments: str, folder: Path | None = None) -> str:
        done = self._run(*arguments, folder=folder)
        if done.returncode:
            raise BumpError(f"git {arguments[0]} failed: {_last_line(done.stderr)}")
        return done.stdout.strip()

    def _run(self, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = ["git", "-C", str(folder or self._repository), *arguments]
        return subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)


def _credentials() -> dict[str, str]:
    """Environment that makes git send BUMP_TOKEN: never in a command line, never in a file."""
    token = os.environ.get("BUMP_TOKEN")
    if not token:
        return {"GIT_TERMINAL_PROMPT": "0"}
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }


def _identity() -> dict[str, str]:
    return {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in IDENTITY.items()}


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason was given"])[-1]


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 after a sentence on standard error when it could not be done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tag", required=True, help="the image's tag")
    parser.add_argument("--digest", required=True, help="the image's digest, sha256:...")
    parser.add_argument("--values", type=Path, default=Path("app/chart/values.yaml"), help="file to edit (%(default)s)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--dry-run", action="store_true", help="print the new file, change nothing")
    mode.add_argument("--push", metavar="BRANCH", help="commit to this branch of origin and push it")
    parser.add_argument("--commit", default="HEAD", help="with --push: what the image was built from (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        if options.push:
            branch = Branch(Path.cwd(), options.push)
            print(branch.publish(options.values, options.tag, options.digest, options.commit))
            return 0
        text = set_image(read(options.values), options.tag, options.digest)
    except (BumpError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    if options.dry_run:
        print(text, end="")
    else:
        write(options.values, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
