"""Opens a pull request at GitHub, or at what speaks like it, where a branch takes no direct push."""

import os
from collections.abc import Callable, Mapping
from urllib.parse import quote

from delivery.errors import DeliveryError, RefusedError
from delivery.web import Web

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
ADVICE = (
    "let BUMP_TOKEN write pull requests (pull-requests: write), and allow GitHub Actions to create them in the "
    "repository's settings"
)


def opener(base: str, environ: Mapping[str, str] = os.environ) -> Callable[[str, str, str], str] | None:
    """Return what opens a pull request to the branch `base`; None where it is not said at which repository."""
    repository, token = environ.get("GITHUB_REPOSITORY"), environ.get("BUMP_TOKEN")
    if not repository or not token:
        return None
    api = Web(environ.get("GITHUB_API_URL") or "https://api.github.com", token, environ)

    def open_one(branch: str, title: str, text: str) -> str:
        """Return the address of the pull request from `branch`, opened now unless it is open already."""
        owner = repository.partition("/")[0]
        path = f"/repos/{repository}/pulls"
        query = f"?state=open&base={quote(base)}&head={quote(f'{owner}:{branch}')}"
        try:
            found = api.ask(path + query, headers=HEADERS)
            if not found:
                body = {"head": branch, "base": base, "title": title, "body": text}
                found = [api.ask(path, body, headers=HEADERS)]
            return str(found[0]["html_url"])
        except RefusedError as error:
            raise DeliveryError(f"The branch {branch} is pushed, but no pull request: {error} So {ADVICE}.") from error
        except (KeyError, IndexError, TypeError) as error:
            raise DeliveryError(f"The branch {branch} is pushed, but {path} answers nothing that is known.") from error

    return open_one
