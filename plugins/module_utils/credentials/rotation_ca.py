"""Rotates certificates, and their CA with an overlap: two are trusted until every certificate has moved."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates, store
from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import NEXT, Authority
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CA_NAME, LABEL_CREDENTIAL
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Secret, decoded, life_of
from ansible_collections.landfall.eks.plugins.module_utils.credentials.rotation_steps import (
    RotationContext,
    RotationError,
    patch_secret,
)

KEYS = ("tls.crt", "tls.key", f"{NEXT}tls.crt", f"{NEXT}tls.key", f"{NEXT}moving")


def read_authority(context: RotationContext) -> tuple[Secret, Authority]:
    """Return the certificate authority and its original. Raises RotationError if there is none."""
    original = context.cluster.get("v1", "Secret", CA_NAME, context.home)
    found = Authority.read(decoded(original))
    if original is None or found is None:
        raise RotationError(f"Secret {context.home}/{CA_NAME} holds no CA: run site.yml, which makes one.")
    return original, found


def renew(context: RotationContext, name: str) -> None:
    """Renew a certificate for its names; its readers have the old one until they get the new one."""
    _unused, authority = read_authority(context)
    original = context.cluster.get("v1", "Secret", name, context.home)
    leaf = KeyPair.read(decoded(original))
    if original is None or leaf is None:
        raise RotationError(f"Secret {context.home}/{name} holds no certificate: run site.yml, which makes one.")
    hosts = certificates.hosts_in_order(leaf.certificate)
    made = certificates.make_leaf(authority.signer, hosts, context.now)
    patch_secret(context, original, made.data, life_of(made.data))
    bring(context, name, made, authority)


def bring(context: RotationContext, name: str, leaf: KeyPair, authority: Authority) -> bool:
    """Deliver a certificate, with what has to be trusted; return whether it was not so already."""
    changed = False
    for each in store.read(context.cluster):
        metadata = each["metadata"]
        if metadata["labels"][LABEL_CREDENTIAL] == name and metadata["namespace"] != context.home:
            wanted = leaf.data | {"ca.crt": authority.bundle}
            if not wanted.items() <= (decoded(each) or {}).items():
                patch_secret(context, each, wanted)
                changed = True
    return changed


def announce(context: RotationContext, cluster: str) -> bool:
    """Make the next certificate authority, which signs nothing yet, and let it be trusted beside the one of now.

    One that is there already and may not sign for a host that was added since is made again. Return whether it was not
    so already.
    """
    original, authority = read_authority(context)
    hosts = [host for _name, leaf in _leaves(context) for host in certificates.hosts_in_order(leaf.certificate)]
    announced = authority.with_next(cluster, context.now, [*context.permitted, *hosts])
    if announced is not authority:
        _write(context, original, announced)
    return bring_all(context) or announced is not authority


def move(context: RotationContext) -> None:
    """Let the next certificate authority sign every certificate, then trust only that one."""
    original, authority = read_authority(context)
    if not authority.moving:
        _write(context, original, authority.in_motion())
    original, authority = read_authority(context)
    for name, leaf in _leaves(context):
        if not certificates.is_signed_by(leaf, authority.signer):
            renew(context, name)
    bring_all(context)
    _write(context, original, authority.promoted())
    bring_all(context)


def bring_all(context: RotationContext) -> bool:
    """Bring every certificate and what has to be trusted to where it is read; return whether it was not there."""
    _unused, authority = read_authority(context)
    brought = [bring(context, name, leaf, authority) for name, leaf in _leaves(context)]
    return any(brought)


def _leaves(context: RotationContext) -> Iterator[tuple[str, KeyPair]]:
    for each in store.read(context.cluster):
        metadata = each["metadata"]
        leaf = KeyPair.read(decoded(each))
        if metadata["namespace"] == context.home and metadata["name"] != CA_NAME and leaf:
            yield metadata["name"], leaf


def _write(context: RotationContext, original: Secret, authority: Authority) -> None:
    data: dict[str, str | None] = dict.fromkeys(KEYS) | authority.data
    there = (decoded(original) or {}).keys()
    changed = {key: value for key, value in data.items() if value is not None or key in there}
    patch_secret(context, original, changed, life_of(authority.current.data))
