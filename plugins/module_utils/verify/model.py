"""What a check is, and its result."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import root_cause
from ansible_collections.landfall.eks.plugins.module_utils.libraries.kubernetes import ApiException, HTTPError
from ansible_collections.landfall.eks.plugins.module_utils.monitoring.prometheus import PrometheusError

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
BETWEEN_TRIES = 2.0
"""Seconds between two tries of something that takes its time."""


class CheckFailedError(Exception):
    """What was seen instead of what should be, as a sentence without its full stop."""


class NotRunError(Exception):
    """Why a check could not be run, as a sentence without its full stop, and the command that would run it."""

    def __init__(self, reason: str, command: str = "") -> None:
        """Keep both."""
        super().__init__(reason)
        self.command = command


@dataclass(frozen=True)
class Check:
    """One check: `run` returns what was seen, or raises CheckFailedError or NotRunError."""

    group: str
    name: str
    run: Callable[[], str]


@dataclass(frozen=True)
class Result:
    """The result of a check; `command` would run one that was not run, and may be empty."""

    group: str
    name: str
    outcome: str
    detail: str
    seconds: float
    command: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def run_all(checks: Iterable[Check]) -> list[Result]:
    """Run checks one after another; a broken connection is a failed check, and never the end of the others."""
    return [run(each) for each in checks]


def run(check: Check, clock: Callable[[], float] = time.monotonic) -> Result:
    """Run one check."""
    began = clock()

    def result(outcome: str, detail: str, command: str = "") -> Result:
        return Result(check.group, check.name, outcome, detail, round(clock() - began, 3), command)

    try:
        return result(PASSED, check.run())
    except NotRunError as error:
        return result(NOT_RUN, str(error), error.command)
    except CheckFailedError as error:
        return result(FAILED, str(error))
    except ApiException as error:
        return result(FAILED, f"the cluster answers {error.status}: {error.reason}")
    except PrometheusError as error:
        return result(FAILED, f"Prometheus refuses: {error}")
    except (HTTPError, OSError, http.client.HTTPException, ValueError) as error:
        return result(FAILED, broken(error))


def broken(error: Exception) -> str:
    """Say what broke a connection or an answer."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not the right one: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, HTTPError):
        return root_cause(error)
    return str(error) or type(error).__name__


def patiently(
    look: Callable[[], str],
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Return what `look` returns, tried again for `seconds` while it raises CheckFailedError; then raise that."""
    deadline = clock() + seconds
    while True:
        try:
            return look()
        except CheckFailedError:
            if clock() >= deadline:
                raise
        sleep(BETWEEN_TRIES)


def counts(results: Iterable[Result]) -> dict[str, int]:
    """Return how many checks passed, failed and were not run."""
    outcomes = [each.outcome for each in results]
    return {outcome: outcomes.count(outcome) for outcome in (PASSED, FAILED, NOT_RUN)}
