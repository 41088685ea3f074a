"""Which errors of Helm's may pass: its words, with those of Go, kube-apiserver and etcd in them."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.rollout.passing import may_pass

URL = "https://10.0.0.1:443/api/v1/namespaces/logging/secrets"
WEBHOOK = 'Internal error occurred: failed calling webhook "mservice.elbv2.k8s.aws": failed to call webhook: Post '
SERVICE = '"https://aws-load-balancer-webhook-service.kube-system.svc:443/mutate-v1-service?timeout=10s": '
PASSING = [
    f'Kubernetes cluster unreachable: Get "{URL}": dial tcp 10.0.0.1:443: connect: connection refused',
    f'Get "{URL}": read tcp 10.0.0.2:41234->10.0.0.1:443: read: connection reset by peer',
    f'Post "{URL}": write tcp 10.0.0.2:41234->10.0.0.1:443: write: broken pipe',
    f'Get "{URL}": EOF',
    f'Get "{URL}": unexpected EOF',
    f'Get "{URL}": dial tcp 10.0.0.1:443: i/o timeout',
    f'Get "{URL}": net/http: TLS handshake timeout',
    f'Get "{URL}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    f'Get "{URL}": dial tcp 10.0.0.1:443: connect: no route to host',
    f'Get "{URL}": dial tcp 10.0.0.1:443: connect: network is unreachable',
    f'Get "{URL}": http: server closed idle connection',
    f'Get "{URL}": http2: client connection lost',
    f'Get "{URL}": http2: server sent GOAWAY and closed the connection; LastStreamID=1999, ErrCode=NO_ERROR',
    f'Get "{URL}": stream error: stream ID 5; INTERNAL_ERROR; received from peer',
    "the server has received too many requests and has asked us to try again later (patch services edge)",
    'an error on the server ("") has prevented the request from succeeding (get secrets)',
    "the server is currently unable to handle the request (get servicemonitors.monitoring.coreos.com)",
    "the server was unable to return a response in the time allotted, but may still be processing the request",
    "Timeout: request did not complete within requested timeout - context deadline exceeded",
    "Internal error occurred: resource quota evaluation timed out",
    "etcdserver: leader changed",
    "rpc error: code = Unavailable desc = etcdserver: no leader",
    "etcdserver: request timed out, possibly due to previous leader failure",
    'Operation cannot be fulfilled on resourcequotas "all": the object has been modified; please apply your changes',
    f'{WEBHOOK}{SERVICE}no endpoints available for service "aws-load-balancer-webhook-service"',
    f'{WEBHOOK}{SERVICE}service "aws-load-balancer-webhook-service" not found',
    f"{WEBHOOK}{SERVICE}dial tcp 10.100.7.7:443: connect: connection refused",
    f"{WEBHOOK}{SERVICE}context deadline exceeded",
    "pre-upgrade hooks failed: resource Job/hook/before not ready. status: Unknown, message: ",
]
LASTING = [
    # With words beside them that would pass.
    f"{WEBHOOK}{SERVICE}tls: failed to verify certificate: x509: certificate signed by unknown authority",
    'Internal error occurred: admission webhook "policy.example.org" denied the request: dial tcp: connection refused',
    'an error on the server ("unauthorized") has prevented the request from succeeding',
    "Internal error occurred: rpc error: code = ResourceExhausted desc = etcdserver: mvcc: database space exceeded",
    "the server has asked for the client to provide credentials: an error on the server",
    'services "edge" is forbidden: Internal error occurred: quota "all" has no status yet',
    # Without.
    f'Get "{URL}": tls: failed to verify certificate: x509: certificate has expired or is not yet valid',
    'secrets is forbidden: User "anna" cannot list resource "secrets" in API group "" in the namespace "logging"',
    'pods "web" is forbidden: exceeded quota: one-pod, requested: pods=1, used: pods=1, limited: pods=1',
    "configmaps \"judged\" is forbidden: ValidatingAdmissionPolicy 'strict' with binding 'strict' denied request: no",
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{}}: field is immutable',
    'resource mapping not found for name: "a" namespace: "" from "": no matches for kind "A" in version "b.org/v1"',
    "values don't meet the specifications of the schema(s) in the following chart(s)",
    "YAML parse error on toy/templates/all.yaml: error converting YAML to JSON: yaml: line 3: unexpected EOF",
    "conflict occurred while applying object web/web apps/v1, Kind=Deployment: Apply failed with 1 conflict",
    "pre-upgrade hooks failed: resource Job/hook/before not ready. status: Failed, message: Job Failed. failed: 1/1",
    "INSTALLATION FAILED: context deadline exceeded",
    "another operation (install/upgrade/rollback) is in progress",
    "failed to pull example.org/charts/toy:1.0.0: manifest unknown",
    "GET https://example.org/v2/: response status code 401: unauthorized: authentication required",
    "etcdserver: request is too large",
]


@pytest.mark.parametrize("text", PASSING)
def test_what_passes(text):
    assert may_pass(f"Error: UPGRADE FAILED: {text}")


@pytest.mark.parametrize("text", LASTING)
def test_what_lasts(text):
    assert not may_pass(f"Error: UPGRADE FAILED: {text}")
