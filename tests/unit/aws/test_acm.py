"""Certificates of AWS Certificate Manager, asked of a simulated AWS, and judged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.aws.session import AwsError, Session
from ansible_collections.landfall.eks.plugins.module_utils.load_balancers import acm
from tests.unit.credentials.issuing import INTERMEDIATE, issue

NOW = datetime.now(UTC).replace(microsecond=0)
ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/0123abcd-0123-0123-0123-0123456789ab"
GOOD = acm.Described(ARN, "ISSUED", ("*.example.org",), "EC_prime256v1", NOW + timedelta(days=200))


@pytest.fixture
def session():
    return Session("eu-central-1")


def imported(session, *hosts, **other):
    """Import a certificate, as somebody does who has one; return its ARN."""
    lasting = {"since": NOW - timedelta(days=1), "until": NOW + timedelta(days=90)}
    given = issue(*hosts, by=INTERMEDIATE, **(lasting | other))
    made = session.call(
        "acm",
        "import_certificate",
        Certificate=given.pem.encode(),
        PrivateKey=given.key_pem("PKCS#1 or SEC1").encode(),
        CertificateChain=INTERMEDIATE.pem.encode(),
    )
    return made["CertificateArn"]


def test_an_imported_one_is_described(session):
    arn = imported(session, "grafana.example.org", "*.example.org", kind="RSA-2048")
    found = acm.describe(session, arn)
    assert (found.status, found.key) == ("ISSUED", "RSA_2048")
    assert set(found.names) == {"grafana.example.org", "*.example.org"}
    assert found.ends == NOW + timedelta(days=90)
    assert acm.judge([found], ["grafana.example.org", "kibana.example.org"], NOW) == ([], [])


def test_one_that_is_asked_for_and_not_issued_is_refused(session):
    arn = session.call("acm", "request_certificate", DomainName="*.example.org", ValidationMethod="DNS")[
        "CertificateArn"
    ]
    (said,) = acm.judge([acm.describe(session, arn)], ["grafana.example.org"], NOW)[0]
    assert "has the status PENDING_VALIDATION, and a load balancer takes only issued ones" in said


def test_one_that_is_not_there_is_refused_and_other_answers_are_raised(session):
    (said,) = acm.judge([acm.describe(session, ARN)], ["grafana.example.org"], NOW)[0]
    assert "is not in this account and region" in said
    with pytest.raises(AwsError):
        acm.describe(session, "no ARN")


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (replace(GOOD, status="EXPIRED"), "has the status EXPIRED"),
        (replace(GOOD, ends=NOW - timedelta(days=1)), "ended on"),
        (replace(GOOD, key="RSA_1024"), "has a key of kind RSA_1024, which is too weak"),
        (replace(GOOD, names=("grafana.example.org",)), "has no certificate for kibana.example.org, only for grafana."),
    ],
)
def test_what_a_load_balancer_cannot_use_is_refused(found, sentence):
    (said,) = acm.judge([found], ["kibana.example.org"], NOW)[0]
    assert sentence in said
    assert said.endswith(".")


def test_each_host_may_have_one_of_its_own():
    one, other = (replace(GOOD, names=(name,)) for name in ("grafana.example.org", "kibana.example.org"))
    assert acm.judge([one, other], ["grafana.example.org", "kibana.example.org"], NOW) == ([], [])
    (said,) = acm.judge([GOOD], ["a.b.example.org", "example.org"], NOW)[0]
    assert "no certificate for a.b.example.org, example.org" in said, "a wildcard is for one level"


def test_what_ends_soon_or_has_an_unlisted_key_is_a_note():
    problems, notes = acm.judge([replace(GOOD, ends=NOW + timedelta(days=10), key="RSA_4096")], [], NOW)
    assert problems == []
    assert ["does not list" in notes[0], "ends on" in notes[1]] == [True, True]


@pytest.mark.parametrize(
    ("arns", "sentence"),
    [
        (["certificate/1"], "platform_tls_acm_certificates[0] ('certificate/1') is no ARN of a certificate"),
        (["arn:aws:iam::123456789012:server-certificate/x"], "is no ARN of a certificate"),
        ([ARN, ARN], "platform_tls_acm_certificates[1] is there twice"),
    ],
)
def test_how_arns_are_written(arns, sentence):
    (said,) = acm.forms(arns)
    assert sentence in said


def test_partitions_have_their_own_arns():
    for partition in ("aws-cn", "aws-us-gov"):
        assert list(acm.forms([ARN.replace("arn:aws:", f"arn:{partition}:")])) == []
