"""Certificates and keys."""

from __future__ import annotations

from ansible_collections.landfall.eks.plugins.module_utils.libraries.stand_in import stand_ins

__all__ = [
    "MISSING",
    "ExtendedKeyUsageOID",
    "InvalidSignature",
    "NameOID",
    "UnsupportedAlgorithm",
    "ec",
    "ed25519",
    "hashes",
    "rsa",
    "serialization",
    "x509",
]

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    MISSING = ""
except ImportError:
    MISSING = "cryptography"
    __getattr__ = stand_ins(MISSING)
