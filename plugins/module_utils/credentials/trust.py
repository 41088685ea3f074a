"""How a certificate authority becomes trusted, by one program or by a whole system."""

from __future__ import annotations

import re
import shlex

from ansible_collections.landfall.eks.plugins.module_utils.credentials.ca import REPLACE
from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import permitted_domains
from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import hashes, x509
from ansible_collections.landfall.eks.plugins.module_utils.text.tables import aligned


def instructions(path: str, pem: str, cluster: str) -> list[str]:
    """Return lines that say how to trust the certificate authority whose certificate (PEM) lies at `path`."""
    certificate, *following = x509.load_pem_x509_certificates(pem.encode())
    digest = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    path = shlex.quote(path)
    name = f"landfall-{re.sub(r'[^A-Za-z0-9-]', '-', cluster)}"
    program = {
        "curl": f"curl --cacert {path} https://...",
        "Python": f"SSL_CERT_FILE={path} python3 ...",
        "Firefox": "a profile of its own (about:profiles), then Settings, Privacy & Security, "
        f"View Certificates, Authorities, Import: {path}",
    }
    system = {
        "Debian, Ubuntu": f"sudo cp {path} /usr/local/share/ca-certificates/{name}.crt && sudo update-ca-certificates",
        "RHEL, Fedora": f"sudo cp {path} /etc/pki/ca-trust/source/anchors/{name}.crt && sudo update-ca-trust",
        "macOS": f"sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain {path}",
        "Windows": rf"Import-Certificate -FilePath {path} -CertStoreLocation Cert:\LocalMachine\Root"
        " (PowerShell, as administrator)",
    }
    first, *others = (program | system).items()
    rows = aligned(first, others)
    until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    return [
        f"The cluster's certificate authority is in {path}, until {until}. {_limits(certificate)}",
        "To trust it in one program:",
        *(f"  {line}" for line in rows[: len(program)]),
        "Or on the whole system, in every program of it:",
        *(f"  {line}" for line in rows[len(program) :]),
        f"  Its SHA-256 fingerprint, to be compared: {digest}",
        *(_of_the_next(each) for each in following),
    ]


def _limits(certificate: x509.Certificate) -> str:
    domains = permitted_domains(certificate)
    if domains:
        return f"It may sign for {', '.join(domains)} and names below, and no others."
    return f"Nothing limits the names that it may sign for: trust it in single programs, and replace it ({REPLACE})."


def _of_the_next(certificate: x509.Certificate) -> str:
    digest = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return (
        "  The second certificate of the file takes the place of the first; where a system wants one, split it. Its "
        f"fingerprint: {digest}"
    )
