"""A log line on its whole way: a request to the application, its pod's output, Fluent Bit, Elasticsearch."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from ansible_collections.landfall.eks.plugins.module_utils.verify.model import (
    CheckFailedError,
    NotRunError,
    patiently,
)
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import Site, basic


@dataclass(frozen=True)
class Store:
    """Where log lines are searched: Elasticsearch, a user who may read and the password, and the data streams."""

    site: Site
    login: tuple[str, str]
    stream: str


def unique_word() -> str:
    """Return a word that is in no log line yet; one word also for Elasticsearch, which cuts at signs."""
    return f"landfallverify{secrets.token_hex(8)}"


def line_found(
    application: Site,
    path: str,
    store: Store,
    word: str,
    wait: Callable[[Callable[[], str]], str] = lambda look: patiently(look, 120),
) -> str:
    """Ask the application for `path`, with `word` instead of {word}, and search for it until it is there.

    Raises CheckFailedError, NotRunError if the application does not answer.
    """
    before = hits(store, word)
    if before:
        raise CheckFailedError(f"{before} lines hold the word {word} before it was said: it proves nothing")
    answer = application.ask(path.format(word=quote(word)))
    if answer.status != HTTPStatus.OK:
        raise NotRunError(f"the application answers {answer.status}, so there is no line to look for")

    def look() -> str:
        found = hits(store, word)
        if not found:
            raise CheckFailedError(f"no line with {word} came to Elasticsearch in time")
        return f"{found} lines with {word} found"

    return wait(look)


def hits(store: Store, word: str) -> int:
    """Return how many lines hold a word (Elasticsearch's search API). Raises CheckFailedError if it cannot say."""
    query = {"query": {"match": {"message": word}}, "size": 0, "track_total_hits": True}
    answer = store.site.ask(f"/{store.stream}/_search", method="POST", body=query, headers=basic(*store.login))
    if answer.status != HTTPStatus.OK:
        raise CheckFailedError(f"Elasticsearch answers a search with {answer.status}")
    found = answer.json()
    if found.get("timed_out") or (found.get("_shards") or {}).get("failed"):
        raise CheckFailedError("Elasticsearch could not search all of its shards")
    return int(found["hits"]["total"]["value"])
