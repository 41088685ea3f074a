"""Keys and certificates of the cluster: made once, each program with its own."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import general_name, key_usage
from ansible_collections.landfall.eks.plugins.module_utils.libraries.cryptography import (
    ExtendedKeyUsageOID,
    NameOID,
    ec,
    hashes,
    serialization,
    x509,
)
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster import files
from ansible_collections.landfall.eks.plugins.module_utils.local_cluster.settings import (
    API_SERVER_IP,
    API_SERVICE_IP,
    Settings,
)

VALID_DAYS = 3650
LOOPBACK = ("localhost", "127.0.0.1")
METRICS_SERVER_USER, KWOK_USER = "landfall:metrics-server", "landfall:kwok"
OWN_USERS = (METRICS_SERVER_USER, KWOK_USER)


@dataclass(frozen=True)
class Leaf:
    """A certificate to issue: its files' name, who it speaks for, its CA, and the names it serves."""

    file: str
    user: str
    group: str = ""
    authority: str = "ca"
    hosts: tuple[str, ...] = ()


AUTHORITIES = {"ca": "landfall-local-ca", "front-proxy-ca": "landfall-local-front-proxy-ca"}
SERVICE_ACCOUNT_KEY = "service-account.key"
KUBERNETES_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", API_SERVICE_IP, API_SERVER_IP)


def leaves(settings: Settings) -> list[Leaf]:
    """Every certificate of the cluster."""
    kubelets = tuple(node.address for node in settings.nodes())
    return [
        Leaf("etcd", "etcd", hosts=LOOPBACK),
        Leaf("etcd-client", "kube-apiserver"),
        Leaf("apiserver", "kube-apiserver", hosts=LOOPBACK + KUBERNETES_NAMES),
        Leaf("kubelet-client", "kube-apiserver-kubelet-client", "system:masters"),
        Leaf("kubelet", "kwok", hosts=LOOPBACK + kubelets),
        Leaf("front-proxy", "front-proxy-client", authority="front-proxy-ca"),
        Leaf("admin", f"{settings.name}-admin", "system:masters"),
        Leaf("kube-controller-manager", "system:kube-controller-manager", hosts=LOOPBACK),
        Leaf("kube-scheduler", "system:kube-scheduler", hosts=LOOPBACK),
        Leaf("kwok", KWOK_USER, "system:masters"),
        Leaf("metrics-server", METRICS_SERVER_USER, hosts=LOOPBACK),
    ]


def ensure(settings: Settings, folder: Path) -> bool:
    """Make all keys and certificates unless every one of them is there; return whether they were made.

    A partial set, or one for other host names, is recreated as a whole.
    """
    wanted = leaves(settings)
    pairs = [*AUTHORITIES, *(each.file for each in wanted)]
    expected = [f"{name}.{end}" for name in pairs for end in ("crt", "key")] + [SERVICE_ACCOUNT_KEY]
    recipe = folder / "recipe.json"
    description = {"leaves": [str(each) for each in wanted]}
    if files.read_json(recipe) == description and all((folder / name).is_file() for name in expected):
        return False
    recipe.unlink(missing_ok=True)
    authorities = {name: _Authority.make(common_name) for name, common_name in AUTHORITIES.items()}
    for name, authority in authorities.items():
        _write_pair(folder, name, authority.certificate, authority.key)
    for leaf in wanted:
        key = ec.generate_private_key(ec.SECP256R1())
        _write_pair(folder, leaf.file, authorities[leaf.authority].issue(leaf, key), key)
    files.write(folder / SERVICE_ACCOUNT_KEY, _pem(ec.generate_private_key(ec.SECP256R1())))
    files.write_json(recipe, description)
    return True


def issue(folder: Path, leaf: Leaf) -> bool:
    """Issue one more certificate from the existing CA; return whether it was not there for these names."""
    recipe = folder / f"{leaf.file}.json"
    authority = _Authority.read(folder, leaf.authority)
    description = {"leaf": str(leaf), "authority": str(authority.certificate.serial_number)}
    files_of_it = [folder / f"{leaf.file}.{end}" for end in ("crt", "key")]
    if files.read_json(recipe) == description and all(each.is_file() for each in files_of_it):
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    _write_pair(folder, leaf.file, authority.issue(leaf, key), key)
    files.write_json(recipe, description)
    return True


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def make(cls, common_name: str) -> _Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(common_name)
        builder = _builder(name, name, key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(key_usage(signs_certificates=True), critical=True)
        return cls(builder.sign(key, hashes.SHA256()), key)

    @classmethod
    def read(cls, folder: Path, name: str) -> _Authority:
        key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{folder / name}.key is not one of our keys.")
        return cls(x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes()), key)

    def issue(self, leaf: Leaf, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = _builder(_name(leaf.user, leaf.group), self.certificate.subject, key.public_key())
        if leaf.hosts:
            usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
            names = x509.SubjectAlternativeName([general_name(host) for host in leaf.hosts])
            builder = builder.add_extension(names, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        builder = builder.add_extension(key_usage(signs_certificates=False), critical=True)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        return builder.add_extension(issuer, critical=False).sign(self.key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(hours=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)


def _name(common_name: str, group: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )


def _write_pair(folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    files.write(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))
    files.write(folder / f"{name}.key", _pem(key))
