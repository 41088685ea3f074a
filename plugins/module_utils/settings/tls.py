"""How the settings on certificates are written; what they name is looked at by preflight."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.landfall.eks.plugins.module_utils.credentials import cert_manager, provided, sources
from ansible_collections.landfall.eks.plugins.module_utils.hosts.names import host_problem
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import acm
from ansible_collections.landfall.eks.plugins.module_utils.settings.situation import Situation

DOMAINS = "platform_tls_domains"


def check_tls(at: Situation) -> Iterator[str]:
    """Certificates are where the source takes them from, and written as it takes them."""
    source = at.values.get("platform_tls_source")
    entries, arns = at.values.get(provided.SETTING), at.values.get(acm.SETTING)
    yield from provided.forms(entries or [])
    yield from acm.forms(arns or [])
    yield from cert_manager.setting_problems(at.values)
    if source == sources.PROVIDED and entries == []:
        yield (
            f"platform_tls_source is provided, and {provided.SETTING} is empty: write your certificates there, or "
            "platform_tls_source: own_ca."
        )
    if source == sources.ACM and arns == []:
        yield f"platform_tls_source is acm, and {acm.SETTING} is empty: write the ARNs there."
    for domain in at.values.get(DOMAINS) or []:
        if problem := host_problem(domain):
            yield f"{DOMAINS} ({domain!r}) {problem}."
