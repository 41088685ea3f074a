import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates as made
from ansible_collections.landfall.eks.plugins.module_utils.status.certificates import rows

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
HOME = "landfall-system"


def secret(credential: str, data: dict[str, str], namespace: str = HOME, name: str = "") -> dict[str, Any]:
    return {
        "metadata": {
            "name": name or credential,
            "namespace": namespace,
            "labels": {"landfall.eks/credential": credential},
        },
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(value.encode()).decode() for key, value in data.items()},
    }


def found(at: timedelta = timedelta()) -> dict[str, dict[str, Any]]:
    ca = made.make_ca("test", NOW, ("example.org",))
    leaf = made.make_leaf(ca, ("grafana.example.org",), NOW)
    secrets = [
        secret("grafana-tls", leaf.data),
        secret("grafana-tls", leaf.data | {"ca.crt": "x"}, "monitoring", "grafana-tls"),
        secret("landfall-ca", ca.data),
        {"metadata": {"name": "p", "namespace": HOME, "labels": {"landfall.eks/credential": "p"}}, "type": "Opaque"},
    ]
    return {row["name"]: row for row in rows(secrets, HOME, NOW + at)}


def test_the_authority_and_what_is_in_use_have_a_row_each() -> None:
    assert list(found()) == ["landfall-ca", "grafana-tls"]
    leaf = found()["grafana-tls"]
    assert leaf["secret"] == "monitoring/grafana-tls"
    assert leaf["hosts"] == ["grafana.example.org"]
    assert (leaf["days"], leaf["state"], leaf["expires"], leaf["note"]) == (365, "good", "2027-11-26", "")
    assert found()["landfall-ca"]["authority"]
    assert found()["landfall-ca"]["days"] == 1825


def test_days_run_down_to_the_end_and_beyond() -> None:
    states = {days: found(timedelta(days=days))["grafana-tls"] for days in (335, 336, 364, 366)}
    assert {days: row["state"] for days, row in states.items()} == {
        335: "good",
        336: "ends soon",
        364: "ends soon",
        366: "ended",
    }
    assert states[336]["days"] == 29
    assert states[366]["days"] == -1


def test_what_cannot_be_read_is_said() -> None:
    (row,) = rows([secret("flask-tls", {"tls.crt": "no certificate"}, "flask-app")], HOME, NOW)
    assert (row["state"], row["days"]) == ("unreadable", None)
    (row,) = rows([secret("flask-tls", {}, "flask-app")], HOME, NOW)
    assert row["state"] == "unreadable"


def test_a_delivered_one_that_is_not_the_kept_one_is_told() -> None:
    ca = made.make_ca("test", NOW, ("example.org",))
    one, other = (made.make_leaf(ca, ("flask.example.org",), NOW).data for _ in range(2))
    (row,) = rows([secret("flask-tls", one), secret("flask-tls", other, "flask-app")], HOME, NOW)
    assert "another one is kept" in row["note"]


def test_a_certificate_of_another_kind_of_key_is_read_too() -> None:
    """Brought by somebody else: an RSA key."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "given")])
    given = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=90))
        .sign(key, hashes.SHA256())
    )
    (row,) = rows([secret("given-tls", {"tls.crt": made.pem(given)}, "ingress")], HOME, NOW)
    assert (row["days"], row["state"]) == (90, "good")
