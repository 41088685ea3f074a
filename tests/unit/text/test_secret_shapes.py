"""What looks like a secret is masked in any text, and what people need to act on stays readable."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.landfall.eks.plugins.module_utils.text import secret_shapes
from ansible_collections.landfall.eks.plugins.module_utils.text.secret_shapes import MASK, masked

TOKEN = "s3cr3tT0kenValue"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nq83vEjRWeJ\n-----END RSA PRIVATE KEY-----"
WEB_TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0"

SECRET = {
    "a flag": (f"--api-token={TOKEN}", f"--api-token={MASK}"),
    "a flag and its value": (f"cli --admin-password {TOKEN} reset", f"cli --admin-password {MASK} reset"),
    "a flag in quotes": (f'["--token", "{TOKEN}", "--v=2"]', f'["--token", "{MASK}", "--v=2"]'),
    "curl's login": (f"curl -u elastic:{TOKEN} https://es:9200", f"curl -u elastic:{MASK} https://es:9200"),
    "a URL": (f"https://bot:{TOKEN}@git.example.org/a.git", f"https://bot:{MASK}@git.example.org/a.git"),
    "a token as the user of a URL": (f"https://{TOKEN}@git.example.org/a", f"https://{MASK}@git.example.org/a"),
    "a token and a name in a URL": (f"https://{TOKEN}:x-oauth-basic@github.com/a", f"https://{MASK}:{MASK}@github.com/a"),
    "a slash in a URL's password": ("postgres://app:p/w0rd@db:5432/app", f"postgres://app:{MASK}@db:5432/app"),
    "an INI file": (f"[database]\npassword = {TOKEN}\nport = 5432", f"[database]\npassword = {MASK}\nport = 5432"),
    "words as a password": ("db.password = correct horse battery", f"db.password = {MASK}"),
    "YAML": (f"auth:\n  clientSecret: {TOKEN}\n  user: me", f"auth:\n  clientSecret: {MASK}\n  user: me"),
    "a YAML block": (f"x:\n  token: |\n    {TOKEN}\n    more\n  user: me", f"x:\n  token: |\n    {MASK}\n  user: me"),
    "JSON": (f'{{"password":"{TOKEN}","user":"me"}}', f'{{"password":"{MASK}","user":"me"}}'),
    "JSON in JSON": (rf'"{{\"apiKey\":\"{TOKEN}\"}}"', rf'"{{\"apiKey\":\"{MASK}\"}}"'),
    "a map of Go": (f"map[password:{TOKEN} user:me]", f"map[password:{MASK} user:me]"),
    "what the API server repeats": (
        'spec.auth.password: Invalid value: "hunter 2": too short',
        f'spec.auth.password: Invalid value: "{MASK}": too short',
    ),
    "a query": (f"GET /v1?api_key={TOKEN}&page=2", f"GET /v1?api_key={MASK}&page=2"),
    "a header": (f"Authorization: Basic {TOKEN}", f"Authorization: {MASK}"),
    "a header in a sentence": (f"sent Bearer {TOKEN} to it", f"sent Bearer {MASK} to it"),
    "X-Api-Key": (f"< X-Api-Key: {TOKEN}", f"< X-Api-Key: {MASK}"),
    "Slack": ("https://hooks.slack.com/services/T0/B0/x1Y2", f"https://hooks.slack.com/{MASK}"),
    "Teams": ("https://a.webhook.office.com/webhookb2/1@2/x", f"https://a.webhook.office.com/{MASK}"),
    "Discord": ("https://discord.com/api/webhooks/12/aB", f"https://discord.com/api/webhooks/{MASK}"),
    "Telegram": ("https://api.telegram.org/bot12:aB/sendMessage", f"https://api.telegram.org/bot{MASK}"),
    "a hook of one's own": ("https://chat.example.org/hooks/T0K3N1", f"https://chat.example.org/hooks/{MASK}"),
    "AWS": ("AWS_SECRET_ACCESS_KEY=wJalr/K7MD+bPx AKIAIOSFODNN7EXAMPLE", f"AWS_SECRET_ACCESS_KEY={MASK}"),
    "an access key of AWS": ("by AKIAIOSFODNN7EXAMPLE", f"by {MASK}"),
    "GitHub": (f"clone with ghp_{'a1B2' * 9}", f"clone with {MASK}"),
    "a bot of Slack": ("xoxb-1234567890-abcdef", MASK),
    "a web token": (f"got {WEB_TOKEN}.", f"got {MASK}."),
    "a private key": (f"before\n{KEY}\nafter", f"before\n{KEY[:31]}{MASK}{KEY[-29:]}\nafter"),
    "half a private key": (KEY[:50], f"-----BEGIN RSA PRIVATE KEY-----{MASK}"),
}  # fmt: skip

HARMLESS = (
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "quay.io/prometheus/prometheus:v3.5.0@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "oci://127.0.0.1:5000/charts/flask-app@sha256:9f86d081",
    "ssh://git@git.example.org/team/landfall.git and git@git.example.org:team/landfall.git",
    "0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available",
    'MountVolume.SetUp failed for volume "tls" : secret "kibana-tls" not found',
    "existingSecret: grafana-admin",
    "configSecret: alertmanager-landfall-2",
    "secretName: argocd-server-tls",
    "imagePullSecrets:\n- name: registry-login",
    "automountServiceAccountToken: false",
    "- serviceAccountToken:\n    expirationSeconds: 3607\n    path: token",
    '{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}}',
    "type: kubernetes.io/service-account-token",
    "secret:\n  defaultMode: 420\n  secretName: ca",
    "--token=$(API_TOKEN) --password=${PASSWORD}",
    "password: {{ .Values.password }}",
    "couldn't find key password in Secret logging/elasticsearch",
    "Unauthorized: invalid bearer token, token: expired",
    'calling webhook: Post "https://aws-lbc-webhook.kube-system.svc:443/mutate-v1-service?timeout=10s": no endpoints',
    "(root).token: Invalid type. Expected: string, given: integer",
    'Elasticsearch "es" is invalid: spec.auth.token: Required value: write one',
    "Secret: kibana not found",
    "x509: certificate signed by unknown authority",
    "dial tcp 198.18.254.1:443: connect: connection refused",
    "https://kubernetes.default.svc:443/apis/apps/v1/namespaces/a/deployments?limit=500",
    "a6f0ad2c-3c43-4d5b-9a55-5bb4fb5e5a33 resourceVersion: 123456",
    "Helm v4.0.1, chart kube-prometheus-stack-88.5.3",
    "back-off 5m0s restarting failed container=app pod=flask-app-7d9c5b6f4-x2x9k_flask-app",
    "runAsUser: 1000, docker run --user 1000:1000 a",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "basic authentication is off, Bearer authentication is on",
    "the-secret of kibana-tls-secret is fine",
)


@pytest.mark.parametrize("name", SECRET)
def test_what_looks_like_a_secret_is_masked(name: str) -> None:
    text, wanted = SECRET[name]
    assert masked(text).startswith(wanted)
    assert masked(masked(text)) == masked(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_none_stays(text: str) -> None:
    assert masked(text) == text


WORDS = st.text("abcXYZ019+/_.-!%", min_size=8, max_size=40).filter(lambda text: not secret_shapes.is_plain(text))


FORMS = (
    *("{0}={1}", "{0}: {1}", "  {0} = {1}", '"{0}": "{1}"', "{0}='{1}'", "--{0} {1}", "x {0}:{1} y", '{{"{0}":"{1}"}}'),
)


SLOWLY = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@SLOWLY
@given(
    secret=WORDS.filter(lambda text: text[0] not in "-" and any(each.isalnum() for each in text)),
    name=st.sampled_from(["password", "DB_PASSWORD", "clientSecret", "api-key", "a.token", "X-Api-Key", "credential"]),
    form=st.sampled_from(FORMS),
    before=st.sampled_from(["", "error: ", "level=info msg=x ", "line\n"]),
    after=st.sampled_from(["", " and more", "\nnext: line"]),
)  # fmt: skip
def test_no_value_of_a_telling_name_survives(secret: str, name: str, form: str, before: str, after: str) -> None:
    assert secret not in masked(before + form.format(name, secret) + after)


@SLOWLY
@given(st.text(max_size=300))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert masked(masked(text)) == masked(text)


RUNS = (
    *(
        "aaaaaaaaaa",
        "a.a-a+a.",
        "token",
        "a://",
        "a://b:",
        "----------",
        "password: ",
        'password="',
        "eyJ",
        "eyJ-",
        "a:b@",
    ),
    *("-----BEGIN PRIVATE KEY-----", "  token: |\n", "https://a/hooks/", "https://a/", "-u a", "a-v1-", "\t ", "xoxb-"),
)


@pytest.mark.parametrize(
    "text",
    [each * 20_000 for each in RUNS],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long(text: str) -> None:
    """A pod decides what it logs: a text that is made for it must not keep a run busy."""
    begun = time.process_time()
    masked(text)
    assert time.process_time() - begun < 2
