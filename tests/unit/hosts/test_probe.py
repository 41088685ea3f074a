"""Addresses are tried by real TLS servers on loopback: the right name, another name, a closed port, one that hangs."""

import contextlib
import json
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.landfall.eks.plugins.module_utils.credentials import certificates
from ansible_collections.landfall.eks.plugins.module_utils.hosts import probe
from ansible_collections.landfall.eks.plugins.module_utils.hosts.probe import Handshake
from ansible_collections.landfall.eks.plugins.modules import probe as module

NAME = "grafana.example.org"
NOW = datetime.now(UTC)
CA, OTHER_CA = (certificates.make_ca(each, NOW, ("example.org", "example.com")) for each in ("shop", "other"))
AUTHORITY = CA.data["tls.crt"]


@contextlib.contextmanager
def listening(serve):
    """Yield the port of a socket whose connections are given to `serve`, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accepting, args=(server, serve), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            # Wakes accept up, which closing alone does not.
            server.shutdown(socket.SHUT_RDWR)
            thread.join(timeout=30)


def accepting(server, serve):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            serve(connection)


@contextlib.contextmanager
def tls(tmp_path, *hosts, authority=CA, made=NOW, seen=None):
    """Serve TLS with a certificate for `hosts`; the SNI of each client is added to `seen`."""
    leaf = certificates.make_leaf(authority, hosts, made)
    file = tmp_path / f"{hosts[0].replace('*', 'any')}.pem"
    file.write_text(leaf.data["tls.key"] + leaf.data["tls.crt"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    if seen is not None:
        context.sni_callback = lambda _connection, name, _context: seen.append(name)

    def serve(connection):
        with context.wrap_socket(connection, server_side=True):
            pass

    with listening(serve) as port:
        yield port


def shake(port, name=NAME, timeout=10.0, authority=AUTHORITY):
    return probe.handshake("127.0.0.1", name, port, timeout, authority)


@pytest.mark.parametrize("certified", [NAME, "*.example.org"])
def test_the_right_name_is_asked_for_and_answered(tmp_path, certified):
    seen = []
    with tls(tmp_path, certified, seen=seen) as port:
        assert shake(port) == Handshake()
    assert seen == [NAME]


def test_another_name_is_somebody_else(tmp_path):
    with tls(tmp_path, "shop.example.com") as port:
        assert shake(port).problem == "it shows a certificate of other names"
        assert shake(port, "shop.example.com") == Handshake()


def test_an_authority_that_is_not_known_here_is_told(tmp_path):
    with tls(tmp_path, NAME, authority=OTHER_CA) as port:
        assert shake(port) == Handshake(
            note=f"its certificate for {NAME} is of a certificate authority that is not known here"
        )
        assert not shake(port, authority="").problem
        assert not shake(port, authority=OTHER_CA.data["tls.crt"]).note
        assert shake(port, "kibana.example.org").problem == "it shows a certificate of other names"


def test_a_certificate_that_has_ended(tmp_path):
    with tls(tmp_path, NAME, made=NOW - timedelta(days=5000)) as port:
        assert shake(port).problem == "its certificate is not valid now"


def test_a_closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert shake(port).problem == "it refuses connections"


def test_a_server_that_hangs():
    released = threading.Event()
    with listening(lambda _connection: released.wait(60)) as port:
        try:
            assert shake(port, timeout=0.5).problem == "it did not answer within 0.5 seconds"
        finally:
            released.set()


def test_a_server_that_speaks_something_else():
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert "it does not speak TLS as it should" in shake(port).problem


def test_a_server_that_hangs_up():
    with listening(lambda _connection: None) as port:
        assert shake(port).problem


# --- Many addresses, with a clock of its own


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


SILENT = Handshake("it did not answer within 5 seconds")


def probed(answers, patience=300, names=(NAME,)):
    """Probe the addresses of `answers`: {address: second from which it answers, or a Handshake}."""
    clock = Clock()

    def answer(address, name):
        when = answers[address]
        if isinstance(when, dict):
            when = when[name]
        if isinstance(when, Handshake):
            return when
        return Handshake() if clock.now - 1000 >= when else SILENT

    found = probe.probe(list(answers), list(names), answer, patience, clock=clock, sleep=clock.sleep)
    return found, clock.now - 1000


def test_all_that_answer_are_taken_at_once():
    found, seconds = probed({"a": 0, "b": 0, "c": 0})
    assert (found.answering, found.silent, found.notes, seconds) == (["a", "b", "c"], {}, [], 0)


def test_one_that_comes_later_is_waited_for():
    found, seconds = probed({"a": 120, "b": 150, "c": 120})
    assert (found.answering, seconds) == (["a", "b", "c"], 150)


def test_one_that_never_comes_is_left_out_and_does_not_hold_the_run_up():
    found, seconds = probed({"a": 0, "b": SILENT, "c": 0})
    assert (found.answering, found.silent) == (["a", "c"], {"b": SILENT.problem})
    assert seconds == probe.STRAGGLERS


def test_none_that_answers_is_the_end_after_all_patience():
    found, seconds = probed({"a": SILENT, "b": SILENT}, patience=30)
    assert (found.answering, sorted(found.silent), seconds) == ([], ["a", "b"], 30)


def test_a_name_without_its_certificate_is_told_and_the_address_stays():
    wrong = Handshake("it shows a certificate of other names")
    found, _ = probed({"a": {"x.org": Handshake(), "y.org": wrong}}, names=("x.org", "y.org"))
    assert (found.answering, found.notes) == (["a"], ["a for y.org: it shows a certificate of other names"])


# --- The module


def run(capsys, check=False, **arguments):
    with patch_module_args({"_ansible_check_mode": check} | arguments), pytest.raises(SystemExit):
        module.main()
    return json.loads(capsys.readouterr().out)


def test_the_module_takes_what_answers_and_leaves_the_rest_out(tmp_path, capsys):
    ca_file = tmp_path / "ca.crt"
    ca_file.write_text(AUTHORITY)
    given = {"names": [NAME], "ca_file": str(ca_file), "connect_timeout": 10, "timeout": 1}
    with tls(tmp_path, NAME) as port:
        # Nobody listens at the second address of this machine.
        found = run(capsys, addresses=["127.0.0.1", "127.0.0.2"], port=port, **given)
    assert (found["answering"], found["silent"]) == (["127.0.0.1"], {"127.0.0.2": "it refuses connections"})
    assert not found["changed"]


def test_the_module_fails_with_the_usual_causes_if_none_answers(tmp_path, capsys):
    with tls(tmp_path, "other.example.org") as port:
        given = {"addresses": ["127.0.0.1"], "names": [NAME], "port": port, "timeout": 0}
        found = run(capsys, **given)
        planned = run(capsys, check=True, **given)
    assert found["failed"]
    for words in ("127.0.0.1: it shows", "ingress_allowed_cidrs", "targets are not healthy", "security group"):
        assert words in found["msg"]
    assert "failed" not in planned
    assert planned["answering"] == []
