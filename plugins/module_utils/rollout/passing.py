"""Which of Helm's errors may pass, so that the same call may end well a moment later."""

from __future__ import annotations

import re

from ansible_collections.landfall.eks.plugins.module_utils.rollout.remedies import PASSING

LASTING = re.compile(
    r"x509:|certificate signed by unknown|[Uu]nauthorized|provide credentials"
    r"|is forbidden|denied (the )?request|database space exceeded"
)
"""Words that no repetition changes, also where words of PASSING stand beside them."""

BACK_OFF_SECONDS = (2, 5, 10)
"""Before each further call of Helm, where the last one ended with an error that may pass; then always the last."""


def back_off(calls: int) -> float:
    """Return the seconds to wait after so many calls, at least one, before Helm is called again."""
    return BACK_OFF_SECONDS[min(calls, len(BACK_OFF_SECONDS)) - 1]


def may_pass(text: str) -> bool:
    """Say whether Helm's error is one of the network, of a busy API server or of a webhook that does not answer yet.

    An error that is not known counts as lasting.

    >>> may_pass("Error: UPGRADE FAILED: etcdserver: leader changed")
    True
    >>> may_pass('Error: UPGRADE FAILED: admission webhook "policy.example.org" denied the request: no limits')
    False
    """
    return bool(PASSING.search(text)) and not LASTING.search(text)
