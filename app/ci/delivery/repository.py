"""The branch at origin as it is now, and commits on top of it, without touching the checkout's files or index.

Several may work in one checkout at a time: nothing is written but objects, and a ref that is each one's own.
"""

import re
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from delivery.errors import DeliveryError, ProtectedError
from delivery.git import Git
from delivery.values import Image, image_of


class Repository:
    """A checkout, with the chart's values at `values` inside it."""

    def __init__(self, git: Git, values: PurePosixPath) -> None:
        """Take the checkout's git, and the path of the values from its top."""
        self.git = git
        self.values = values
        self._ref = f"refs/landfall/{uuid.uuid4().hex}"

    def __enter__(self) -> "Repository":
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of what was fetched."""
        self.git.run("update-ref", "-d", self._ref)

    def refuse_changes(self) -> None:
        """Raise DeliveryError if files of the checkout differ from its commit: no build of it is that commit's."""
        lines = self.git.run("status", "--porcelain", "--untracked-files=no").stdout.decode().splitlines()
        if lines:
            names = ", ".join(line[3:] for line in lines[:3])
            raise DeliveryError(
                f"The checkout has changes that are not committed ({names}): commit them or take them back, since what "
                "was built must be what a commit holds."
            )

    def fetch(self, branch: str) -> str:
        """Return the commit that `branch` has at origin, whole history included."""
        shallow = self.git.text("rev-parse", "--is-shallow-repository") == "true"
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--refmap="]
        options += ["--unshallow"] if shallow else []
        done = self.git.run("fetch", *options, "origin", f"+refs/heads/{branch}:{self._ref}")
        if b"couldn't find remote ref" in done.stderr:
            raise DeliveryError(f"origin has no branch {branch}: name the branch that is deployed.")
        if done.returncode:
            raise self.git.failure(f"The fetch of {branch}", done.stderr)
        return self.git.text("rev-parse", self._ref)

    def commit_of(self, name: str) -> str:
        """Return the commit that `name` (a ref, or digits of a commit) leads to, or an empty text."""
        return self.git.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").stdout.decode().strip()

    def holds(self, head: str, commit: str) -> bool:
        """Say whether the history of `head` has `commit`; no for a commit that is not known here."""
        return self.git.run("merge-base", "--is-ancestor", commit, head).returncode == 0

    def read(self, commit: str) -> str:
        """Return the values at `commit`. Raises DeliveryError where there are none."""
        done = self.git.run("cat-file", "blob", f"{commit}:{self.values}")
        if done.returncode:
            raise DeliveryError(f"There is no file {self.values} at {commit[:12]}: name the values with --values.")
        return done.stdout.decode()

    def image(self, commit: str) -> Image:
        """Return the image that the values name at `commit`."""
        return image_of(self.read(commit))

    def images_before(self, head: str) -> Iterator[Image]:
        """Yield the images that the values named, from `head` back; what cannot be read is passed over."""
        for commit in self.git.text("rev-list", head, "--", f":(top){self.values}").split():
            try:
                yield self.image(commit)
            except DeliveryError:
                continue

    def built_from(self, tag: str) -> str:
        """Return the commit that ends an image's tag, or an empty text where the tag has none or it is not known."""
        digits = tag.rpartition("-")[2]
        return self.commit_of(digits) if re.fullmatch(r"[0-9a-f]{7,40}", digits) else ""

    def commit(self, parent: str, values: str, message: str) -> str:
        """Return a new commit on top of `parent` that changes the values alone."""
        blob = self.git.text("hash-object", "-w", "--stdin", content=values.encode())
        mode = self.git.text("ls-tree", "--full-tree", parent, str(self.values)).split()[0]
        with tempfile.TemporaryDirectory() as folder:
            index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self.git.text("read-tree", parent, variables=index)
            self.git.text("update-index", "--cacheinfo", f"{mode},{blob},{self.values}", variables=index)
            tree = self.git.text("write-tree", variables=index)
        return self.git.text("commit-tree", tree, "-p", parent, content=message.encode())

    def push(self, commit: str, branch: str) -> None:
        """Make `commit` the newest of `branch`; never by force. Raises what stands in the way."""
        done = self.git.run("push", "--quiet", "origin", f"{commit}:refs/heads/{branch}")
        if done.returncode:
            raise self.git.failure(f"The push to {branch}", done.stderr)

    def offer(self, commit: str, branch: str) -> None:
        """Push `commit` to a branch of ours for a pull request, unless that has the same image already."""
        try:
            there = self.fetch(branch)
        except DeliveryError:
            there = ""
        if there and self.image(there) == self.image(commit):
            return
        lease = f"--force-with-lease=refs/heads/{branch}:{there}"
        done = self.git.run("push", "--quiet", lease, "origin", f"{commit}:refs/heads/{branch}")
        if done.returncode:
            failure = self.git.failure(f"The push to {branch}", done.stderr)
            if isinstance(failure, ProtectedError):
                raise DeliveryError(f"{failure} Let the pipeline make branches of that name.")
            raise failure
