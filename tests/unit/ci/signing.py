"""The real cosign, with a certificate authority on this machine in Fulcio's place.

Fulcio writes what GitHub's token says of a run into a certificate that lives for minutes; so does this one. A program
called cosign passes each call on to the real one: it signs with that certificate, and verifies by its root. There is
neither Rekor nor a log of certificates, so those two checks are off; all that concerns the identity is real.
"""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.unit.ci.hub import COMMIT, WORKFLOW
from tests.unit.ci.remote import ROOT

GET = [sys.executable, "tools/get_tools.py", "--pins", "tools/release-tools.yml", "--cached", "--json"]
NOT_RUN = "not run: cosign is not in the tool cache: `python tools/get_tools.py --pins tools/release-tools.yml` gets it"
ISSUER = "https://token.actions.githubusercontent.com"
FULCIO = "1.3.6.1.4.1.57264.1"
"""The arc of Fulcio's extensions; the fields below are those of its docs/oid-info.md."""
PEM, PLAIN = serialization.Encoding.PEM, serialization.NoEncryption()


@cache
def cosign() -> str:
    """Return the path of the real cosign in the tool cache, or nothing: it is not built here."""
    done = subprocess.run(GET, cwd=ROOT, capture_output=True, text=True, check=False)
    return str(json.loads(done.stdout)["cosign"]["path"]) if done.returncode == 0 else ""


@dataclass(frozen=True)
class Run:
    """What GitHub's token says of a run of a workflow."""

    workflow: str = WORKFLOW
    commit: str = COMMIT
    ref: str = "refs/heads/main"
    issuer: str = ISSUER

    def extensions(self) -> list[x509.ExtensionType]:
        """Return what Fulcio writes into the certificate."""
        repository = "/".join(self.workflow.split("/")[:2])
        fields = {1: self.issuer, 2: "push", 3: self.commit, 4: "pipeline", 5: repository, 6: self.ref}
        plain = {f"{FULCIO}.{number}": value.encode() for number, value in fields.items()}
        # Since the eighth, values are DER: here a UTF8String of less than 128 bytes.
        issuer = self.issuer.encode()
        plain[f"{FULCIO}.8"] = bytes([0x0C, len(issuer)]) + issuer
        made: list[x509.ExtensionType] = [
            x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value) for oid, value in plain.items()
        ]
        san = x509.UniformResourceIdentifier(f"https://github.com/{self.workflow}")
        return [*made, x509.SubjectAlternativeName([san])]


class Authority:
    """Issues certificates in a folder, and signs with them."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder, self.key, self.number = folder, ec.generate_private_key(ec.SECP256R1()), 0
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fulcio of the tests")])
        self.root = self._issue(name, name, self.key, [], ca=True)
        (folder / "root.pem").write_bytes(self.root.public_bytes(PEM))
        self._cosign("signing-config", "create", f"--out={folder}/signing.json")
        fulcio = f"--fulcio=url=https://fulcio.test,certificate-chain={folder}/root.pem"
        self._cosign("trusted-root", "create", fulcio, f"--out={folder}/trusted.json")

    def program(self, run: Run) -> str:
        """Return a script that is cosign for one run of a workflow."""
        return (
            "command=$1; shift\n"
            "case $command in\n"
            f'  sign) {cosign()} sign {" ".join(self._identity(run))} "$@" ;;\n'
            f"  verify) {cosign()} verify --trusted-root={self.folder}/trusted.json --insecure-ignore-tlog"
            ' --insecure-ignore-sct "$@" ;;\n'
            f'  *) {cosign()} "$command" "$@" ;;\n'
            "esac"
        )

    def _identity(self, run: Run) -> list[str]:
        """Return the options that sign as a run."""
        self.number += 1
        prefix = self.folder / f"run-{self.number}"
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([])
        issued = self._issue(subject, self.root.subject, key, run.extensions(), ca=False)
        prefix.with_suffix(".pem").write_bytes(issued.public_bytes(PEM))
        plain = prefix.with_suffix(".plain")
        plain.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, PLAIN))
        self._cosign("import-key-pair", f"--key={plain}", f"--output-key-prefix={prefix}")
        return [
            f"--key={prefix}.key",
            f"--certificate={prefix}.pem",
            f"--signing-config={self.folder}/signing.json",
            f"--trusted-root={self.folder}/trusted.json",
        ]

    def _issue(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        extensions: list[x509.ExtensionType],
        *,
        ca: bool,
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(minutes=5))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
        )
        for each in extensions:
            # With an empty subject the alternative name has to be critical.
            builder = builder.add_extension(each, critical=isinstance(each, x509.SubjectAlternativeName))
        return builder.sign(self.key, hashes.SHA256())

    def _cosign(self, *words: str) -> None:
        environment = os.environ | {"COSIGN_PASSWORD": "", "HOME": str(self.folder)}
        done = subprocess.run([cosign(), *words], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
