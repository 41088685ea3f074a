"""How a certificate authority becomes trusted, system by system."""

from __future__ import annotations

import re
import shlex

from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import hashes, x509
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import aligned


def instructions(path: str, pem: str, cluster: str) -> list[str]:
    """Return lines that say how to trust the certificate authority whose certificate (PEM) lies at `path`."""
    certificate, *following = x509.load_pem_x509_certificates(pem.encode())
    digest = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    path = shlex.quote(path)
    name = f"landfall-{re.sub(r'[^A-Za-z0-9-]', '-', cluster)}"
    steps = {
        "curl": f"curl --cacert {path} https://...",
        "Debian, Ubuntu": f"sudo cp {path} /usr/local/share/ca-certificates/{name}.crt && sudo update-ca-certificates",
        "RHEL, Fedora": f"sudo cp {path} /etc/pki/ca-trust/source/anchors/{name}.crt && sudo update-ca-trust",
        "macOS": f"sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {path}",
        "Windows": rf"Import-Certificate -FilePath {path} -CertStoreLocation Cert:\LocalMachine\Root"
        " (PowerShell, as administrator)",
        "Firefox": f"Settings, Privacy & Security, View Certificates, Authorities, Import: {path}",
    }
    first, *others = steps.items()
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    return [
        f"The cluster's certificate authority is in {path}, until {until}. To trust it:",
        *(f"  {line}" for line in aligned(first, others)),
        f"  Its SHA-256 fingerprint, to be compared: {digest}",
        *(_of_the_next(each) for each in following),
    ]


def _of_the_next(certificate: x509.Certificate) -> str:
    digest = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return (
        "  The second certificate of the file takes the place of the first; where a system wants one, split it. Its "
        f"fingerprint: {digest}"
    )
