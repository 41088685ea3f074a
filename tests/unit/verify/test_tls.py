"""HTTPS with the right certificate: real handshakes with servers whose certificates are right or wrong."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.credentials.certificates import make_ca
from ansible_collections.landfall.eks.plugins.module_utils.verify.model import CheckFailedError, NotRunError
from ansible_collections.landfall.eks.plugins.module_utils.verify.site import trusting
from ansible_collections.landfall.eks.plugins.module_utils.verify.tls import (
    plain_http_refused,
    right_certificate,
)
from tests.unit.verify import servers
from tests.unit.verify.servers import HOST, NOW, leaf, serving, trust

HERE = ["127.0.0.1"]


def test_the_right_one() -> None:
    with serving(servers.grafana, leaf()) as port:
        assert right_certificate(HOST, HERE, trust(), port).startswith("valid until ")


def test_a_wildcard_is_the_right_one_for_a_name_below_it() -> None:
    with serving(servers.grafana, leaf("*.example.org")) as port:
        assert right_certificate(HOST, HERE, trust(), port)


@pytest.mark.parametrize(
    ("pair", "why"),
    [
        (leaf("kibana.example.org"), "Hostname mismatch"),
        (leaf(ca=make_ca("other", NOW, (HOST,))), "unable to get local issuer certificate|signature failure"),
        (servers.ended(), "certificate has expired"),
    ],
    ids=["another name", "another authority", "ended"],
)
def test_wrong_ones(pair: servers.KeyPair, why: str) -> None:
    with serving(servers.grafana, pair) as port, pytest.raises(CheckFailedError, match=why) as raised:
        right_certificate(HOST, HERE, trust(), port)
    assert str(raised.value).startswith("127.0.0.1: ")


def test_the_systems_authorities_do_not_know_ours() -> None:
    with (
        serving(servers.grafana, leaf()) as port,
        pytest.raises(CheckFailedError, match="certificate is not the right"),
    ):
        right_certificate(HOST, HERE, trusting(""), port)


def test_what_speaks_no_tls_or_is_not_there_fails() -> None:
    with serving(servers.grafana) as port, pytest.raises(CheckFailedError, match=r"127\.0\.0\.1"):
        right_certificate(HOST, HERE, trust(), port)
    with pytest.raises(CheckFailedError, match="refused"):
        right_certificate(HOST, HERE, trust(), servers.closed_port())
    with pytest.raises(CheckFailedError, match="no address is known"):
        right_certificate(HOST, [], trust())


def test_each_address_counts() -> None:
    """One zone of a load balancer with another certificate is a failure, whichever it is."""
    with serving(servers.grafana, leaf()) as port, pytest.raises(CheckFailedError, match=r"127\.0\.0\.2"):
        right_certificate(HOST, ["127.0.0.1", "127.0.0.2"], trust(), port)


def test_plain_http_is_refused() -> None:
    with serving(servers.grafana, leaf()) as https:
        said = plain_http_refused(HOST, HERE, servers.closed_port(), https)
        assert said == "nothing answers without TLS at 127.0.0.1"


def test_an_answer_without_tls_fails_also_if_it_leads_to_https() -> None:
    with (
        serving(servers.grafana, leaf()) as https,
        serving(lambda *_: (301, "moved")) as plain,
        pytest.raises(CheckFailedError, match="answers a request without TLS with 301"),
    ):
        plain_http_refused(HOST, HERE, plain, https)


def test_silence_proves_nothing_where_all_is_silent() -> None:
    with pytest.raises(NotRunError, match="does not answer at all"):
        plain_http_refused(HOST, HERE, servers.closed_port(), servers.closed_port())
    with pytest.raises(NotRunError):
        plain_http_refused(HOST, [])


def test_a_port_that_takes_tls_alone_is_no_plain_http() -> None:
    """As NGINX does without a plain port behind a load balancer that forwards bytes."""
    with serving(servers.grafana, leaf()) as https:
        assert plain_http_refused(HOST, HERE, https, https)
