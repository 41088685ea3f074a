"""The certificate authority of a cluster, and the one that takes its place while both are trusted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair

NEXT = "next."
"""Begins the keys of an original that hold what takes the place of the others."""
MOVING = f"{NEXT}moving"
"""Key of the certificate authority's original that says that certificates move to the next one."""
REPLACE = "ansible-playbook playbooks/rotate.yml -e rotate=landfall-ca"
"""What replaces a certificate authority; see docs/rotation.md."""


@dataclass(frozen=True)
class Authority:
    """Who signs now, who will, and whether certificates move to that one already."""

    current: KeyPair
    next: KeyPair | None = None
    moving: bool = False

    @classmethod
    def read(cls, data: dict[str, str] | None) -> Authority | None:
        """Read the data of its original; None if there is none that can be read."""
        current = KeyPair.read(data)
        if data is None or current is None:
            return None
        following = KeyPair.read({key: data.get(f"{NEXT}{key}", "") for key in ("tls.crt", "tls.key")})
        return cls(current, following, following is not None and MOVING in data)

    @property
    def data(self) -> dict[str, str]:
        """The data of its original."""
        found = dict(self.current.data)
        if self.next:
            found |= {f"{NEXT}{key}": value for key, value in self.next.data.items()}
        return found | ({MOVING: "yes"} if self.moving else {})

    @property
    def signer(self) -> KeyPair:
        """Who signs a certificate that is made now."""
        return self.next if self.next and self.moving else self.current

    @property
    def bundle(self) -> str:
        """What has to be trusted, as PEM text: two certificates while one takes the place of the other."""
        return "".join(certificates.pem(each.certificate) for each in (self.current, self.next) if each)

    def in_force(self, now: datetime) -> Authority | None:
        """Return it as a run has it: with the next one signing where this one ends soon, or None for one to be made.

        That is too late for an overlap: what trusted the old one trusts nothing here until it is given the new one.
        """
        if not certificates.ends_soon(self.current.certificate, now):
            return self
        return self.in_motion() if self.next else None

    def with_next(self, cluster: str, now: datetime, permitted: Collection[str]) -> Authority:
        """Return it with one beside it that signs nothing yet, and may sign for what is `permitted`."""
        fits = self.next and not certificates.refused_hosts(self.next.certificate, permitted)
        return self if fits else replace(self, next=certificates.make_ca(cluster, now, permitted), moving=False)

    def in_motion(self) -> Authority:
        """Return it with the next one signing."""
        return replace(self, moving=self.next is not None)

    def promoted(self) -> Authority:
        """Return the next one alone."""
        return Authority(self.next or self.current)

    def refusal(self, hosts: Iterable[str]) -> str:
        """Return a sentence on hosts that who signs now may not sign for; empty if there is none."""
        refused = list(dict.fromkeys(certificates.refused_hosts(self.signer.certificate, hosts)))
        if not refused:
            return ""
        permitted = ", ".join(certificates.permitted_domains(self.signer.certificate))
        return (
            f"The certificate authority of the cluster may not sign for {', '.join(refused)}, only for {permitted} and "
            f"names below: write a host there, or replace it ({REPLACE}; platform_tls_domains adds what is no host of "
            "a component), which takes two runs and has everybody trust the next ca.crt."
        )
