"""Local accounts of Argo CD, for programs that come with a token, and the policy that says what each may do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.argocd.checks import Situation

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_WORDS = 3
"""Resource, action and object of a line of Argo CD's policy, between the account and allow."""


def argocd_policy(
    accounts: Mapping[str, list[str]], policy: str = "", groups: Mapping[str, list[str]] | None = None
) -> str:
    """Return Argo CD's policy.csv: the lines given, then those of the groups and of the accounts.

    :arg accounts: what each may do by its name, as {"pipeline": ["applications, get, flask-app/flask-app"]}
    :arg policy: lines that come before
    :arg groups: the groups of the provider that have a role, by role, as {"role:admin": ["platform"]}
    """
    of_groups = [f"g, {group}, {role}" for role, given in (groups or {}).items() for group in given]
    ours = [f"p, {name}, {permission}, allow" for name, given in accounts.items() for permission in given]
    return "".join(f"{line}\n" for line in [*policy.strip().splitlines(), *of_groups, *ours])


def check_accounts(at: Situation) -> Iterator[str]:
    """Accounts have names that Argo CD takes, and permissions of three words each."""
    accounts: Mapping[str, Any] = at.values.get("argocd_accounts") or {}
    for name, permissions in accounts.items():
        if not _NAME.fullmatch(str(name)) or name == "admin":
            yield f"argocd_accounts.{name} is no name for an account: write small letters, digits and -, and not admin."
        if not isinstance(permissions, list):
            yield f"argocd_accounts.{name} is no list: write ['applications, get, flask-app/flask-app'], say."
            continue
        for each in permissions:
            words = [word.strip() for word in str(each).split(",")]
            if len(words) != _WORDS or not all(words) or "\n" in str(each):
                yield (
                    f"argocd_accounts.{name} has {each!r}, which is not a resource, an action and an object: write "
                    "one such as 'applications, get, flask-app/flask-app'."
                )
