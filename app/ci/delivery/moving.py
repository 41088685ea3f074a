"""Moves a branch's chart to another image: forward to a new build, or back to the image before it."""

import difflib
import itertools
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from delivery.errors import DeliveryError, LostRaceError, ProtectedError, UnreachableError
from delivery.repository import Repository
from delivery.values import Image, set_image

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 8.0
"""Seconds. Pauses double, and each is shortened by chance, so that those who lost together do not meet again."""


@dataclass(frozen=True)
class Move:
    """A change to be made: the image, the commit's message, and the sentence once it is pushed."""

    image: Image
    message: str
    sentence: str
    branch: str
    """Where a pull request is made from, if it takes one."""


@dataclass(frozen=True)
class Result:
    """What became of an order; `outcome` is one word for the steps that follow, `revision` the commit to look for."""

    outcome: str
    sentence: str
    revision: str = ""
    tag: str = ""
    diff: str = ""


class Order(Protocol):
    """What is wanted; decides anew for each newest commit."""

    def decide(self, repository: Repository, branch: str, head: str) -> Move | Result:
        """Return the change to make on top of `head`, or a result where there is none to make."""


@dataclass(frozen=True)
class Bump:
    """Wants `image`, built from `commit`."""

    image: Image
    commit: str

    def decide(self, repository: Repository, branch: str, head: str) -> Move | Result:
        """Refuse what the branch does not hold, and leave a newer build as it is."""
        tag, built = self.image.tag, repository.commit_of(self.commit)
        if not built or not repository.holds(head, built):
            raise DeliveryError(f"{self.commit} is no commit of {branch}: only what that branch holds is deployed.")
        live = repository.image(head)
        if live == self.image:
            return Result("unchanged", f"{branch} deploys {tag} already: nothing to do.", head, tag)
        newer = repository.built_from(live.tag)
        if live.tag != tag and newer and repository.holds(head, newer) and not repository.holds(built, newer):
            return Result("older", f"{branch} deploys {live.tag}, a newer build than {tag}: left as it is.", head, tag)
        message = f"Deploy {tag}\n\nBuilt from {built}.\n"
        return Move(self.image, message, f"{branch} now deploys {tag}.", f"deploy/{tag}")


@dataclass(frozen=True)
class Revert:
    """Wants the image before `tag` back, because of `cause`; whatever else was pushed since stays."""

    tag: str
    cause: str

    def decide(self, repository: Repository, branch: str, head: str) -> Move | Result:
        """Leave everything as it is unless `tag` is still what is deployed."""
        live = repository.image(head)
        if live.tag != self.tag:
            sentence = f"{branch} deploys {live.tag or 'no build'} by now, not {self.tag}: nothing to take back."
            return Result("superseded", sentence, head, live.tag)
        before = next((image for image in repository.images_before(head) if image.tag != self.tag), None)
        if before is None or not before.tag:
            raise DeliveryError(f"{self.tag} is the first build that {branch} deploys: there is none to go back to.")
        message = f"Go back from {self.tag} to {before.tag}\n\n{self.cause or 'No cause was given.'}\n"
        return Move(before, message, f"{branch} deploys {before.tag} again.", f"revert/{self.tag}")


class Branch:
    """The branch that is deployed."""

    def __init__(
        self, repository: Repository, name: str, offer: Callable[[str, str, str], str] | None, patience: float
    ) -> None:
        """Take what opens a pull request, and for how many seconds lost races and silent servers are tried again.

        `offer` gets (branch of ours, title, text) and returns the pull request's address; None where there is no way.
        """
        self._repository = repository
        self._name = name
        self._offer = offer
        self._patience = patience

    def publish(self, order: Order, *, dry_run: bool = False) -> Result:
        """Carry the order out; with `dry_run` only say what it would be. Raises DeliveryError."""
        ends = time.monotonic() + self._patience
        for attempt in itertools.count(1):
            try:
                return self._once(order, dry_run)
            except (LostRaceError, UnreachableError) as error:
                longest = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
                pause = random.SystemRandom().uniform(longest / 4, longest)
                if time.monotonic() + pause > ends:
                    raise DeliveryError(f"{error} That was try {attempt}, the last: run it again later.") from error
                print(f"{error} Trying again.", file=sys.stderr, flush=True)
            time.sleep(pause)
        raise AssertionError("counting never ends")

    def _once(self, order: Order, dry_run: bool) -> Result:
        head = self._repository.fetch(self._name)
        decision = order.decide(self._repository, self._name, head)
        if isinstance(decision, Result):
            return decision
        before = self._repository.read(head)
        after = set_image(before, decision.image)
        if dry_run:
            return Result(
                "dry-run", f"It would say: {decision.sentence}", head, decision.image.tag, _diff(before, after)
            )
        commit = self._repository.commit(head, after, decision.message)
        try:
            self._repository.push(commit, self._name)
        except ProtectedError as error:
            return self._propose(decision, commit, error)
        return Result("pushed", decision.sentence, commit, decision.image.tag)

    def _propose(self, move: Move, commit: str, error: ProtectedError) -> Result:
        if self._offer is None:
            raise DeliveryError(
                f"{error} Let the pipeline push to it, or set GITHUB_REPOSITORY and BUMP_TOKEN so that it can open a "
                "pull request."
            ) from error
        self._repository.offer(commit, move.branch)
        title, _, text = move.message.partition("\n")
        address = self._offer(move.branch, title, text.strip())
        sentence = f"{self._name} takes no direct push, so a pull request waits to be merged: {address}"
        return Result("pull-request", sentence, commit, move.image.tag)


def _diff(before: str, after: str) -> str:
    lines = difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), "now", "then", n=2)
    return "".join(lines)
