"""What is wrong with a kubeconfig, said before any program trips over it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.libraries.yaml import yaml

ADVICE = "write the full path of a kubeconfig that `kubectl` works with (`make up` makes the local cluster's)"


def kubeconfig_problem(kubeconfig: Any, context: str) -> str:
    """Return one sentence on why a kubeconfig (a path or a mapping) cannot work with a context; empty if it can.

    An empty `context` is the kubeconfig's current one.
    """
    if not kubeconfig:
        return f"platform_kubeconfig is empty: {ADVICE}."
    if isinstance(kubeconfig, Mapping):
        return _content_problem(kubeconfig, "platform_kubeconfig", context)
    content, problem = _read(Path(str(kubeconfig)))
    return problem or _content_problem(content, f"platform_kubeconfig ({kubeconfig})", context)


def _read(path: Path) -> tuple[dict[str, Any], str]:
    """Return the content of a kubeconfig and what is wrong with the file."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}, f"platform_kubeconfig names {path}, which does not exist: {ADVICE}."
    except OSError as error:
        return {}, f"platform_kubeconfig names {path}, which cannot be read ({error.strerror}): {ADVICE}."
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}, f"platform_kubeconfig names {path}, which is not YAML: {ADVICE}."
    if not isinstance(content, dict):
        return {}, f"platform_kubeconfig names {path}, which is no kubeconfig: {ADVICE}."
    return content, ""


def _named(content: Mapping[str, Any], section: str) -> dict[str, dict[str, Any]]:
    """Return a section of a kubeconfig (clusters, contexts, users) by name."""
    rows = content.get(section)
    singular = section.removesuffix("s")
    return {str(row.get("name")): row.get(singular) or {} for row in (rows if isinstance(rows, list) else []) if row}


def _content_problem(content: Mapping[str, Any], where: str, context: str) -> str:
    contexts = _named(content, "contexts")
    if not contexts:
        return f"{where} has no contexts and is no kubeconfig: {ADVICE}."
    wanted = context or str(content.get("current-context") or "")
    if not wanted:
        return f"{where} has no current context: write one of {', '.join(sorted(contexts))} as platform_context."
    if wanted not in contexts:
        setting = "platform_context" if context else "the current context"
        return f"{where} has no context {wanted!r}, which is {setting}: write one of {', '.join(sorted(contexts))}."
    cluster, user = contexts[wanted].get("cluster"), contexts[wanted].get("user")
    if cluster not in _named(content, "clusters"):
        return f"{where} has no cluster {cluster!r}, which its context {wanted!r} names: repair it or create it again."
    return _command_problem(_named(content, "users").get(str(user), {}), where)


def _command_problem(user: Mapping[str, Any], where: str) -> str:
    """Return a sentence if the program that is to get a token is missing; the client would go on without a token."""
    command = (user.get("exec") or {}).get("command")
    if command and not shutil.which(command):
        return (
            f"{where} gets its token from {command!r}, which is not on PATH: install it, or write its full path there."
        )
    return ""
