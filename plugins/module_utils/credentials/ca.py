"""The certificate authority of a cluster, and the one that takes its place while both are trusted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import KeyPair

NEXT = "next."
"""Begins the keys of an original that hold what takes the place of the others."""
MOVING = f"{NEXT}moving"
"""Key of the certificate authority's original that says that certificates move to the next one."""


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

    def with_next(self, cluster: str, now: datetime) -> Authority:
        """Return it with a new one beside it, which signs nothing yet."""
        return replace(self, next=self.next or certificates.make_ca(cluster, now))

    def in_motion(self) -> Authority:
        """Return it with the next one signing."""
        return replace(self, moving=self.next is not None)

    def promoted(self) -> Authority:
        """Return the next one alone."""
        return Authority(self.next or self.current)
