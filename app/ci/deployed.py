#!/usr/bin/env python3
"""Wait until a bump is what runs: Argo CD reports its commit Synced and Healthy, or the application answers with it.

Looks where it is told to, at both if both are set, within one --timeout, and shows a line whenever something changes.
Standard output has lines for GITHUB_OUTPUT: verdict and cause. The exit status is 0 when the bump runs ("healthy") or a
later commit deploys another image by now ("superseded"), 1 when it does not get healthy ("failed": take it back), and 2
when that could not be seen ("unknown": leave it). --check only asks whether it could be seen, before anything is moved.

ARGOCD_SERVER      host[:port] or URL of Argo CD; with ARGOCD_AUTH_TOKEN, which may get the Application
ARGOCD_APP         name of the Application (flask-app); ARGOCD_APP_NAMESPACE if it is not in Argo CD's own
VERSION_URL        where the application answers JSON with its revision, for example https://flask.example.org/
PLATFORM_CA        certificate (PEM) of the authority to trust besides the system's; PLATFORM_CA_FILE names a file
BUMP_TOKEN         for fetching later commits from origin over https
"""

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from delivery.argocd import ArgoCD
from delivery.errors import DeliveryError
from delivery.git import Git
from delivery.repository import Repository
from delivery.version import Version
from delivery.view import Place
from delivery.waiting import Pace, Verdict, Waiter

STATUS = {"healthy": 0, "superseded": 0, "failed": 1, "unknown": 2}


class History:
    """Which commits the branch has after a bump; fetched anew whenever one is not known yet."""

    def __init__(self, repository: Repository, branch: str) -> None:
        """Take the checkout, and the branch that is deployed."""
        self._repository, self._branch = repository, branch

    def holds(self, later: str, commit: str) -> bool:
        """Say whether `later` has `commit` in its history."""
        if later == commit:
            return True
        if not self._repository.commit_of(later):
            self._repository.fetch(self._branch)
        return self._repository.holds(later, commit)

    def tag_at(self, commit: str) -> str:
        """Return the tag of the image that `commit` deploys."""
        return self._repository.image(commit).tag


def places(options: argparse.Namespace, history: History, environ: Mapping[str, str] = os.environ) -> list[Place]:
    """Return where to look. Raises DeliveryError when nothing says where."""
    found: list[Place] = []
    if environ.get("ARGOCD_SERVER"):
        found.append(ArgoCD(options.tag, lambda at: history.holds(at, options.revision), history.tag_at, environ))
    if environ.get("VERSION_URL"):
        found.append(Version(options.commit, lambda at: history.holds(at, options.commit), environ))
    if not found:
        raise DeliveryError("Nothing says where to look: set ARGOCD_SERVER or VERSION_URL.")
    return found


def run(options: argparse.Namespace) -> Verdict:
    """Do what the command line asks for."""
    pace = Pace(options.timeout, options.interval, options.grace)
    try:
        with Repository(Git(Path.cwd()), PurePosixPath(options.values)) as repository:
            where = places(options, History(repository, options.branch))
            if options.check:
                for place in where:
                    place.check()
                return Verdict("healthy", f"{' and '.join(place.name for place in where)} can be looked at.")
            waiter = Waiter(pace)
            verdicts = []
            for place in where:
                verdicts.append(waiter.wait(place))
                if verdicts[-1].word != "healthy":
                    return verdicts[-1]
            return Verdict("healthy", " ".join(each.says for each in verdicts))
    except (DeliveryError, OSError) as error:
        return Verdict("unknown", str(error))


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; wrong use ends with 2."""
    pace = Pace()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only ask whether it could be seen")
    parser.add_argument("--tag", default="", help="the image's tag")
    parser.add_argument("--revision", default="", help="the bump's commit, 40 digits, as bump.py prints it")
    parser.add_argument("--commit", default="", help="what the image was built from, 40 digits")
    parser.add_argument("--branch", default="main", help="the branch that is deployed (%(default)s)")
    parser.add_argument("--values", default="app/chart/values.yaml", help="the chart's values (%(default)s)")
    parser.add_argument("--timeout", type=float, default=pace.timeout, metavar="SECONDS", help="for all (%(default)s)")
    parser.add_argument("--interval", type=float, default=pace.interval, metavar="SECONDS", help="(%(default)s)")
    parser.add_argument(
        "--grace", type=float, default=pace.grace, metavar="SECONDS", help="a failure lasts so long (%(default)s)"
    )
    options = parser.parse_args(arguments)
    missing = [name for name in ("tag", "revision", "commit") if not getattr(options, name)]
    if missing and not options.check:
        parser.error(f"--{missing[0]} is missing: bump.py and git rev-parse HEAD say it")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 0, 1 or 2 as the module says."""
    verdict = run(parse_arguments(arguments))
    cause = " ".join(verdict.says.split())
    print(f"deployed: {verdict.word}: {cause}", file=sys.stderr)
    # One line each, whatever a cluster's message holds: a line more would be an output of its own.
    print(f"verdict={verdict.word}\ncause={cause}")
    return STATUS[verdict.word]


if __name__ == "__main__":
    sys.exit(main())
