#!/usr/bin/env python3
"""Move the chart to a new image: set image.tag and image.digest in its values, and with --push commit and push that.

Nothing else of the file changes, comments and order included. A second run changes nothing. With --push the commit is
made on top of the branch's newest one, without touching the checkout; a lost race is tried again, and a build never
replaces one that is newer than itself. With --push and --revert the image before --tag is put back, if --tag is still
what the branch deploys; what others pushed since stays.

With --push, standard output has lines for GITHUB_OUTPUT: outcome (pushed, unchanged, older, superseded, pull-request or
dry-run), revision and tag. The sentences go to standard error; the exit status is 1 after one that says what is wrong.

BUMP_TOKEN        a token for origin over https, and for the pull request that a protected branch takes
BUMP_USERNAME     the user that goes with it (x-access-token)
GITHUB_REPOSITORY where the pull request is opened, owner/name; GITHUB_API_URL names another API than GitHub's
"""

import argparse
import os
import sys
from pathlib import Path, PurePosixPath

from delivery import pulls
from delivery.errors import DeliveryError
from delivery.git import Git
from delivery.moving import Branch, Bump, Result, Revert
from delivery.repository import Repository
from delivery.values import Image, set_image, usable

PATIENCE = 300.0


def edit(path: Path, image: Image, dry_run: bool) -> None:
    """Set the image in a file, line ends included; with `dry_run` print what the file would be."""
    text = set_image(path.read_bytes().decode(), image)
    if dry_run:
        print(text, end="")
    else:
        path.write_bytes(text.encode())


def publish(options: argparse.Namespace, image: Image) -> Result:
    """Carry out --push."""
    with Repository(Git(Path.cwd()), PurePosixPath(options.values)) as repository:
        repository.refuse_changes()
        order = Revert(image.tag, os.environ.get("CAUSE", "")) if options.revert else Bump(image, options.commit)
        branch = Branch(repository, options.push, pulls.opener(options.push), options.patience)
        return branch.publish(order, dry_run=options.dry_run)


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line; wrong use ends with 2."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tag", required=True, help="the image's tag")
    parser.add_argument("--digest", help="the image's digest, sha256:... (not for --revert)")
    parser.add_argument("--values", default="app/chart/values.yaml", help="file to edit (%(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, change nothing")
    parser.add_argument("--push", metavar="BRANCH", help="commit to this branch of origin and push it")
    parser.add_argument("--revert", action="store_true", help="with --push: back to the image before --tag; see CAUSE")
    parser.add_argument("--commit", default="HEAD", help="with --push: what the image was built from (%(default)s)")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, metavar="SECONDS", help="with --push: how long to try (%(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.revert and not options.push:
        parser.error("--revert needs --push: it says which branch to put back")
    if not options.revert and options.digest is None:
        parser.error("--digest is missing: write sha256: and 64 hexadecimal digits, as push.sh prints them")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command; return 1 after a sentence on standard error when it could not be done."""
    options = parse_arguments(arguments)
    image = Image(options.tag, options.digest or "")
    try:
        if not options.revert:
            usable(image)
        if not options.push:
            edit(Path(options.values), image, options.dry_run)
            return 0
        result = publish(options, image)
    except (DeliveryError, OSError, UnicodeDecodeError) as error:
        print(f"bump: {error}", file=sys.stderr)
        return 1
    print(result.diff, end="", file=sys.stderr)
    print(f"bump: {result.sentence}", file=sys.stderr)
    print(f"outcome={result.outcome}\nrevision={result.revision}\ntag={result.tag}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
