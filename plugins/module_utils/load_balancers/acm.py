"""Certificates of AWS Certificate Manager with which load balancers end TLS: described, and judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session, refusal
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import RENEW_BEFORE

SETTING = "platform_tls_acm_certificates"
ARN = re.compile(r"arn:aws[a-z-]*:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[A-Za-z0-9-]+")
KEYS = ("RSA_2048", "RSA_3072", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
"""Kinds of keys that Network Load Balancers support, by ACM's names (Elastic Load Balancing, User Guide for Network
Load Balancers, "Server certificates")."""
WEAK = ("RSA_1024",)


@dataclass(frozen=True)
class Described:
    """What ACM says of a certificate: ISSUED or another status, its names, its kind of key, and when it ends.

    `status` is empty for one that ACM does not know.
    """

    arn: str
    status: str = ""
    names: tuple[str, ...] = ()
    key: str = ""
    ends: datetime | None = None

    def covers(self, host: str) -> bool:
        """Tell whether it is for a host; a wildcard is for one level below it."""
        return host in self.names or f"*.{host.partition('.')[2]}" in self.names


def forms(arns: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each entry of the setting that is no ARN of a certificate, or there twice."""
    for index, arn in enumerate(arns):
        found = ARN.fullmatch(arn)
        if not found:
            yield (
                f"{SETTING}[{index}] ({arn!r}) is no ARN of a certificate: write arn:aws:acm:<region>:<account>:"
                "certificate/<id>."
            )
        elif arn in arns[:index]:
            yield f"{SETTING}[{index}] is there twice: remove one."


def elsewhere(arns: Iterable[str], region: str) -> Iterator[str]:
    """Yield a sentence for each certificate that is in another region than the load balancers."""
    for arn in arns:
        found = ARN.fullmatch(arn)
        if found and found["region"] != region:
            yield (
                f"{SETTING}: {arn} is in {found['region']}, and load balancers in {region} cannot use it: request or "
                f"import one in {region}."
            )


def describe(session: Session, arn: str) -> Described:
    """Ask ACM for a certificate. Raises AwsError, unless ACM does not know it."""
    try:
        found = session.call("acm", "describe_certificate", CertificateArn=arn)["Certificate"]
    except AwsError as error:
        if refusal(error) == "ResourceNotFoundException":
            return Described(arn)
        raise
    names = [found.get("DomainName", ""), *found.get("SubjectAlternativeNames", [])]
    # ACM writes EC-prime256v1 in answers, and EC_prime256v1 in requests.
    key = str(found.get("KeyAlgorithm", "")).replace("-", "_")
    return Described(
        arn, str(found.get("Status", "")), tuple(each.lower() for each in names if each), key, found.get("NotAfter")
    )


def judge(found: Sequence[Described], hosts: Iterable[str], now: datetime) -> tuple[list[str], list[str]]:
    """Return sentences on what is in the way, and notes; `hosts` must each be covered by one. `now` is in UTC."""
    problems = [f"{SETTING}: {each.arn} {fault}." for each in found if (fault := _fault(each, now))]
    uncovered = [host for host in dict.fromkeys(hosts) if not any(each.covers(host) for each in found)]
    if uncovered and found and all(each.status for each in found):
        names = ", ".join(dict.fromkeys(name for each in found for name in each.names))
        problems.append(
            f"{SETTING} has no certificate for {', '.join(uncovered)}, only for {names}: add the ARN of one, which a "
            "load balancer chooses by the name that a client asks for."
        )
    return problems, [note for each in found for note in _notes(each, now)]


def _fault(found: Described, now: datetime) -> str:
    if not found.status:
        return "is not in this account and region: correct it, or see to this machine's AWS profile"
    if found.status != "ISSUED":
        return f"has the status {found.status}, and a load balancer takes only issued ones: finish it in ACM"
    if found.ends and found.ends < now:
        return f"ended on {found.ends:%Y-%m-%d}: renew it in ACM"
    return (
        f"has a key of kind {found.key}, which is too weak: request one with EC_prime256v1" if found.key in WEAK else ""
    )


def _notes(found: Described, now: datetime) -> Iterator[str]:
    if found.key and found.key not in (*KEYS, *WEAK):
        yield f"{found.arn} has a key of kind {found.key}, which AWS does not list for Network Load Balancers"
    if found.ends and now <= found.ends < now + RENEW_BEFORE:
        yield f"{found.arn} ends on {found.ends:%Y-%m-%d}: ACM renews those that it issued and can validate"
