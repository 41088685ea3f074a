"""Everything that preflight asks of AWS; what AWS does not tell is a note, and what is in the way a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.aws import endpoint, identity, quotas
from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.eks import support
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import subnet_rules
from ansible_collections.landfall.eks.plugins.module_utils.preflight import aws_managed

ELASTIC_IPS = ("auto", "eip")
"""Ways to addresses by which Elastic IPs may be allocated."""


@dataclass
class Facts:
    """Whether AWS was `asked`, one sentence for each problem, and what was found by what people call it."""

    asked: bool = False
    problems: list[str] = field(default_factory=list)
    lines: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Balancer:
    """A load balancer of the run; `addresses` says whether Elastic IPs are allocated for it: no, perhaps or yes."""

    wanted: subnet_rules.BalancerRequest
    addresses: str = "no"


def balancers_of(releases: Iterable[Mapping[str, Any]]) -> list[Balancer]:
    """Return the load balancers of release specifications (roles/helm_release)."""
    found = []
    for release in releases:
        if service := release.get("load_balancer"):
            given = service["scheme"] == "internal" or service["eip_allocations"]
            addresses = "perhaps" if service["addresses"] in ELASTIC_IPS and not given else "no"
            setting = f"{service['settings']}_subnets"
            wanted = subnet_rules.BalancerRequest(release["name"], service["scheme"], service["subnets"], setting)
            found.append(Balancer(wanted, addresses))
    return found


@dataclass(frozen=True)
class AccountQuestions:
    """The questions: a cluster, its server's URL, its VPC (empty: EKS knows), its load balancers, and our permissions.

    `controllers` are service accounts (namespace, name) of controllers that no setting gives a role.
    `rights` are rows of identity.judge; `needed` says whether the run fails later if AWS cannot be asked at all;
    `handed_in` are the settings that can be written by hand, {setting, value, why}; `seen` is what the cluster shows.
    """

    cluster: str
    server: str
    vpc: str = ""
    balancers: Sequence[Balancer] = ()
    controllers: Sequence[tuple[str, str]] = ()
    rights: Sequence[Mapping[str, Any]] = ()
    needed: bool = False
    handed_in: Sequence[Mapping[str, Any]] = ()
    seen: aws_managed.Seen = field(default_factory=aws_managed.Seen)


def read_account(session: Callable[[], Session], wanted: AccountQuestions) -> Facts:
    """Ask AWS for everything that preflight wants to know."""
    facts = Facts()
    try:
        spoken = session()
        facts.problems += _sentences(endpoint.region_problem(wanted.server, spoken.region))
        me = identity.read_identity(spoken)
    except AwsError as error:
        _without(facts, wanted, error)
        return facts
    facts.asked = True
    facts.lines["identity"] = f"{me.arn} in {spoken.region}"
    facts.problems += _sentences(identity.skew_problem(me.skew))
    _look_at_rights(spoken, me.arn, wanted, facts)
    # In the wrong region, and there is a sentence on that, nothing else would be true.
    if wanted.balancers and not endpoint.region_problem(wanted.server, spoken.region):
        vpc = _look_at_cluster(spoken, wanted, facts)
        for each in wanted.controllers:
            facts.lines["controller"] = controller_line(spoken, wanted.cluster, *each)
        zones = _look_at_subnets(spoken, wanted, vpc, facts) if vpc else {}
        _look_at_quotas(spoken, wanted, zones, facts)
    return facts


def _sentences(*found: str) -> list[str]:
    return [each for each in found if each]


def _without(facts: Facts, wanted: AccountQuestions, error: AwsError) -> None:
    """Say what to do without AWS; only a run that cannot do without it is stopped."""
    reason = str(error).rstrip(".")
    facts.problems += _sentences(identity.skew_problem(identity.skew_of_refusal(error)))
    empty = [f"{each['setting']}: {each['why']}" for each in wanted.handed_in if not each["value"]]
    advice = "; ".join(empty) or "the settings have everything that it could tell"
    facts.lines["aws"] = f"not asked ({reason}); what can be handed in: {advice}"
    if wanted.needed and not facts.problems:
        facts.problems.append(
            f"ingress_addresses needs AWS, which was not asked ({reason}): see to this machine's AWS profile, write "
            "ingress_addresses: dns, or the addresses as hosts_addresses."
        )


def _look_at_rights(session: Session, arn: str, wanted: AccountQuestions, facts: Facts) -> None:
    source = identity.principal(session, arn)
    if not wanted.rights:
        return
    if not source:
        facts.lines["permissions"] = f"not simulated, since {arn} is neither a user nor a role"
        return
    try:
        decisions = identity.simulate(session, source, [row["action"] for row in wanted.rights])
    except AwsError as error:
        facts.lines["permissions"] = identity.unsimulated(error)
        return
    problems, facts.lines["permissions"] = identity.judge(source, wanted.rights, decisions)
    facts.problems += problems


def _look_at_cluster(session: Session, wanted: AccountQuestions, facts: Facts) -> str:
    """Compare the cluster with what EKS knows of it; return its VPC, empty if nobody says."""
    try:
        known = session.call("eks", "describe_cluster", name=wanted.cluster)["cluster"]
    except AwsError as error:
        if refusal(error) == "ResourceNotFoundException":
            found = _sentences(endpoint.cluster_problem(wanted.server, wanted.cluster, session.region, None))
            facts.problems += found
            facts.lines["cluster"] = f"EKS has no {wanted.cluster} in {session.region}"
        else:
            facts.lines["cluster"] = f"not looked at ({refusal(error) or error})"
        return wanted.vpc
    server = str(known.get("endpoint") or "")
    facts.problems += _sentences(endpoint.cluster_problem(wanted.server, wanted.cluster, session.region, server))
    facts.lines["cluster"] = f"{known['arn']}, {known.get('status')}"
    if warning := _support(known):
        facts.lines["support"] = warning
    managed = aws_managed.look(session, wanted.cluster, known, wanted.seen)
    facts.lines |= managed.lines
    facts.problems += managed.problems
    vpc = str((known.get("resourcesVpcConfig") or {}).get("vpcId") or "")
    if wanted.vpc and vpc and wanted.vpc != vpc:
        facts.problems.append(
            f"ingress_vpc_id is {wanted.vpc}, but {wanted.cluster} is in {vpc}: write that, or nothing."
        )
    return vpc or wanted.vpc


def _support(known: Mapping[str, Any]) -> str:
    """Return the warning on a version that leaves standard support, or has left it; nothing for another one."""
    policy = str((known.get("upgradePolicy") or {}).get("supportType", ""))
    return support.warning(str(known.get("version", "")), policy, datetime.now(UTC).date())


def controller_line(session: Session, cluster: str, namespace: str, account: str) -> str:
    """Say who gives the load balancer controller its permissions; its nodes may, so no other source is fine too."""
    who = {"clusterName": cluster, "namespace": namespace, "serviceAccount": account}
    try:
        pages = session.pages("eks", "list_pod_identity_associations", **who)
    except AwsError as error:
        return f"its permissions were not checked ({refusal(error) or error})"
    if any(page["associations"] for page in pages):
        return f"{namespace}/{account} has its role by EKS Pod Identity"
    return (
        f"{namespace}/{account} has no role by EKS Pod Identity and ingress_controller_role_arn is empty: unless its "
        "nodes' role will do, its load balancers stay pending (docs/cluster.md gives it one)"
    )


def _look_at_subnets(session: Session, wanted: AccountQuestions, vpc: str, facts: Facts) -> dict[str, int]:
    """Judge the subnets of each load balancer; return how many zones each would have."""
    try:
        subnets, tables = subnet_rules.read(session, vpc)
    except AwsError as error:
        facts.lines["subnets"] = f"not looked at ({refusal(error) or error})"
        return {}
    verdicts = {
        each.wanted.name: subnet_rules.judge(each.wanted, wanted.cluster, vpc, subnets, tables)
        for each in wanted.balancers
    }
    for verdict in verdicts.values():
        facts.problems += verdict.problems
    notes = dict.fromkeys(note for verdict in verdicts.values() for note in verdict.notes)
    zones = sorted({zone for verdict in verdicts.values() for zone in verdict.zones})
    facts.lines["subnets"] = "; ".join([f"{vpc}, load balancers in {', '.join(zones) or 'no zone'}", *notes])
    return {name: len(verdict.zones) for name, verdict in verdicts.items()}


def _look_at_quotas(session: Session, wanted: AccountQuestions, zones: Mapping[str, int], facts: Facts) -> None:
    try:
        uses = _uses(session, wanted, zones)
    except AwsError as error:
        facts.lines["quotas"] = f"not looked at ({refusal(error) or error})"
        return
    facts.lines["quotas"] = "; ".join(use.line for use, _blocks, _otherwise in uses)
    facts.problems += [use.problem(otherwise) for use, needed, otherwise in uses if needed and use.short]


def _uses(session: Session, wanted: AccountQuestions, zones: Mapping[str, int]) -> list[tuple[quotas.Use, bool, str]]:
    """Return each quota's use, whether the run cannot do without what it wants of it, and what else could be done."""
    there = quotas.balancers(session)
    more = max(0, len(wanted.balancers) - quotas.of_cluster(there, wanted.cluster))
    away = "delete some that nothing uses any more"
    uses = [
        (quotas.Use(quotas.BALANCERS, quotas.limit(session, quotas.BALANCERS), len(there), more), True, away),
        (
            quotas.Use(quotas.GROUPS, quotas.limit(session, quotas.GROUPS), quotas.target_groups(session), more),
            True,
            away,
        ),
    ]
    taking = [each for each in wanted.balancers if each.addresses != "no"]
    if taking:
        taken, held, own = quotas.addresses(session, wanted.cluster)
        # A load balancer that is there keeps the addresses that it has.
        count = sum(zones.get(each.wanted.name, 0) for each in taking) if more else 0
        detail = f" ({held} of them at NAT gateways)" if held else ""
        use = quotas.Use(quotas.ADDRESSES, quotas.limit(session, quotas.ADDRESSES), taken, max(0, count - own), detail)
        uses.append((use, any(each.addresses == "yes" for each in taking), "write ingress_addresses: auto"))
    return uses
