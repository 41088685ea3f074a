"""Whether the certificates of a run can be signed, and whether those that somebody supplies can be used.

Everything is looked at before the first change; what is in the way is a sentence, what else is worth saying a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates, provided, sources
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import REPLACE, Authority
from ansible_collections.landfall.eks.plugins.module_utils.credentials.choice import Tls
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CA_NAME, Item
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Secret, decoded
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import acm, names


@dataclass(frozen=True)
class Questions:
    """What certificates are wanted, where they come from, and by which names people reach load balancers.

    `items` are those of the run, of kind certificate. `served` are host names that lead through the ingress controller,
    `reached` those that lead to a load balancer of their own, whose AWS name its certificate has too. `region` is
    the cluster's, empty where nothing says it.
    """

    home: str
    tls: Tls
    items: Sequence[Item]
    served: Sequence[str] = ()
    reached: Sequence[str] = ()
    region: str = ""

    @property
    def source(self) -> str:
        """The name of the source."""
        return str(self.tls.get("source") or sources.OWN_CA)

    @property
    def balancers(self) -> list[str]:
        """The domain of load balancers' names, if certificates name any."""
        return names.domains(self.reached, self.region)

    @property
    def permitted(self) -> list[str]:
        """The names that a certificate authority may sign for: hosts do not depend on who signs today."""
        hosts = [host for item in self.items for host in item.signed_hosts]
        return list(dict.fromkeys([*(self.tls.get("permitted") or ()), *hosts, *self.reached, *self.balancers]))


@dataclass
class Facts:
    """One sentence for each problem, notes, and the names that a certificate authority which is made may sign for."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    permitted: list[str] = field(default_factory=list)


def read(wanted: Questions, look: provided.Look, session: Callable[[], Session] | None, now: datetime) -> Facts:
    """Look at everything. `look` reads a Secret by namespace and name; `session` makes one of AWS, None for a run
    that does not ask AWS; `now` is in UTC.
    """
    facts = Facts(permitted=wanted.permitted)
    bundles: list[provided.Bundle] = []
    entries = wanted.tls.get("certificates") or []
    if wanted.source == sources.PROVIDED:
        bundles, facts.problems = provided.read(entries, look, now)
        facts.problems += provided.missing(bundles, wanted.items) if entries else []
        facts.notes += [*_ending(bundles, now), *_left(bundles, wanted)]
    elif entries:
        facts.notes.append(f"{provided.SETTING} is not used, since platform_tls_source is {wanted.source}")
    if wanted.source == sources.ACM:
        _ask_acm(facts, wanted, session, now)
    _look_at_authority(facts, wanted, _of_own_ca(bundles, wanted), look(wanted.home, CA_NAME), now)
    return facts


def _of_own_ca(bundles: Sequence[provided.Bundle], wanted: Questions) -> list[str]:
    """Return the names that the own certificate authority has to sign for."""
    if wanted.source in (sources.OWN_CA, sources.ACM):
        return [*(host for item in wanted.items for host in item.signed_hosts), *wanted.reached, *wanted.balancers]
    left = [
        item for item in wanted.items if item.internal or (item.fallback and not provided.best(bundles, item.hosts))
    ]
    unsupplied = [host for host in wanted.reached if not provided.best(bundles, [host])]
    return [*(host for item in left for host in item.signed_hosts), *unsupplied]


def _ending(bundles: Sequence[provided.Bundle], now: datetime) -> Iterator[str]:
    for each in bundles:
        if now < each.leaf.not_valid_after_utc and certificates.ends_soon(each.leaf, now):
            yield f"{each.place} ends on {each.leaf.not_valid_after_utc:%Y-%m-%d}: renew it"


def _left(bundles: Sequence[provided.Bundle], wanted: Questions) -> Iterator[str]:
    hosts = [*(item.hosts for item in wanted.items if item.fallback), *((host,) for host in wanted.reached)]
    for each in dict.fromkeys(tuple(named) for named in hosts):
        if provided.best(bundles, each) is None:
            yield f"{' and '.join(each)}: no provided certificate, so the cluster's own certificate authority signs it"


def _look_at_authority(
    facts: Facts, wanted: Questions, hosts: Sequence[str], original: Secret | None, now: datetime
) -> None:
    kept = Authority.read(decoded(original))
    authority = kept.in_force(now) if kept else None
    if authority is None:
        if wanted.reached and not wanted.region:
            facts.notes.append(
                "nothing says in which region the load balancers get their names, which the certificate authority is "
                "limited to: write platform_aws_region, or their domain as platform_tls_domains"
            )
        return
    if refusal := authority.refusal(hosts):
        facts.problems.append(refusal)
    facts.notes += _of_authority(authority.signer.certificate, now)


def _of_authority(certificate: Any, now: datetime) -> Iterator[str]:
    if certificates.constraints_of(certificate) is None:
        yield (
            "nothing limits the names that the cluster's certificate authority may sign for, as it is from an earlier "
            f"version: replace it ({REPLACE})"
        )
    if certificate.not_valid_after_utc - now < certificates.CA_TOLD_BEFORE:
        yield f"the cluster's certificate authority ends on {certificate.not_valid_after_utc:%Y-%m-%d}: {REPLACE}"


def _ask_acm(facts: Facts, wanted: Questions, session: Callable[[], Session] | None, now: datetime) -> None:
    """Judge the certificates of AWS Certificate Manager; what AWS does not tell is a note."""
    arns = [each for each in wanted.tls.get("acm") or [] if acm.ARN.fullmatch(each)]
    if wanted.region and (problems := list(acm.elsewhere(arns, wanted.region))):
        facts.problems += problems
        return
    if session is None:
        return
    try:
        spoken = session()
        found = [acm.describe(spoken, arn) for arn in arns]
    except AwsError as error:
        facts.notes.append(f"the certificates of platform_tls_acm_certificates were not looked at ({error})")
        return
    problems, notes = acm.judge(found, [*wanted.served, *wanted.reached], now)
    facts.problems += problems
    facts.notes += notes


def questions(params: Mapping[str, Any], items: Sequence[Item], region: str) -> Questions:
    """Return the questions of the module certificate_facts, whose `releases` may have a load balancer with a host."""
    reached = names.reached(params["releases"])
    return Questions(params["namespace"], params["tls"], items, params["hosts"], reached, region)
