"""What Secrets hold is in no text that is kept or shown: whole, in parts, and as others write it."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.landfall.eks.plugins.module_utils.kube import masking
from ansible_collections.landfall.eks.plugins.module_utils.kube.masking import MASK
from ansible_collections.landfall.eks.plugins.module_utils.kube.secret_values import SHORTEST_LEAF, secret_values
from ansible_collections.landfall.eks.plugins.module_utils.text.secret_shapes import is_plain

SLACK = "https://chat.example.org/a/T0K3NofTheCh4t"
ALERTMANAGER = yaml.safe_dump(
    {
        "global": {"resolve_timeout": "5m", "http_config": {"proxy_url": "http://proxy:p4ss-of-proxy@proxy.corp:3128"}},
        "route": {"receiver": "on-call", "group_by": ["alertname", "namespace"]},
        "receivers": [{"name": "on-call", "slack_configs": [{"api_url": SLACK, "channel": "#alerts"}]}],
    }
)


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(kind: str = "Opaque", **data: str) -> dict[str, Any]:
    return {
        "kind": "Secret",
        "type": kind,
        "metadata": {"name": "s", "namespace": "a"},
        "data": {key.replace("__", "."): packed(value) for key, value in data.items()},
    }


def test_a_slack_address_in_alertmanagers_configuration_is_masked_wherever_it_is_repeated() -> None:
    values = secret_values([secret(alertmanager__yaml=ALERTMANAGER)])
    log = f'level=error msg="Notify failed" url={SLACK} namespace: monitoring alertname=Watchdog'
    assert masking.masked_text(log, values) == log.replace(SLACK, MASK)
    assert "p4ss-of-proxy" not in masking.masked_text("dial p4ss-of-proxy", values)


@pytest.mark.parametrize("text", ["namespace: monitoring", "receivers:", "alertname", "name: on-call", "kube-system"])
def test_words_of_a_configuration_are_no_secrets(text: str) -> None:
    assert masking.masked_text(text, secret_values([secret(alertmanager__yaml=ALERTMANAGER)])) == text


def test_logins_of_registries_are_taken_apart() -> None:
    login = {"auths": {"r.example.org": {"auth": packed("robot:h4rbourMaster")}}}
    values = secret_values([secret("kubernetes.io/dockerconfigjson", __dockerconfigjson=json.dumps(login))])
    assert MASK in masking.masked_text("denied for h4rbourMaster", values)
    assert MASK in masking.masked_text(f"basic {packed('robot:h4rbourMaster')}", values)


def test_scripts_and_ini_files_are_taken_apart() -> None:
    values = secret_values([secret(curlrc='silent\nuser = "elastic:Sh0rtPassw0rd"\n')])
    assert masking.masked_text("401 for Sh0rtPassw0rd", values) == f"401 for {MASK}"
    assert masking.masked_text("silent", values) == "silent"


def test_names_stay_readable() -> None:
    values = secret_values([secret(username="elastic", type="git", password="correct-horse")])
    assert masking.masked_text("elasticsearch of elastic", values) == "elasticsearch of elastic"
    assert masking.masked_text("correct-horse", values) == MASK


def test_what_helm_records_is_not_looked_into() -> None:
    assert secret_values([secret("helm.sh/release.v1", release="longer-than-all")]) == set()


def test_a_secret_of_a_stranger_cannot_keep_a_run_busy() -> None:
    """Aliases of aliases: written out, these nine lines would be a gigabyte."""
    bomb = "a: &a [x1, x1]\n" + "".join(
        f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in itertools.pairwise("abcdefghi")
    )
    secret_values(
        [secret(bomb=bomb), secret(deep="[" * 5000), secret(broken="{a: ["), secret(wide="a=" + " " * 200_000 + "x")]
    )
    assert secret_values([{"data": {"a": "no base64!", "b": None}}]) == {"no base64!"}


def test_an_object_is_kept_without_them() -> None:
    values = secret_values([secret(password="wr1tten-in-here")])
    pod = {
        "kind": "Pod",
        "metadata": {"name": "p", "managedFields": [], "annotations": {"note": "wr1tten-in-here"}},
        "spec": {
            "containers": [
                {
                    "name": "app",
                    "image": "nginx:1.29",
                    "args": ["--token", "abc", "--api-token=abc", "--v=2", "-c", "curl -u me:abc https://a"],
                    "env": [{"name": "DB_PASSWORD", "value": "literal"}, {"name": "MODE", "value": "a"}],
                }
            ]
        },
    }
    shown = masking.masked_object(pod, values)
    (container,) = shown["spec"]["containers"]
    assert container["args"] == ["--token", MASK, f"--api-token={MASK}", "--v=2", "-c", f"curl -u me:{MASK} https://a"]
    assert container["env"] == [{"name": "DB_PASSWORD", "value": MASK}, {"name": "MODE", "value": "a"}]
    assert (container["image"], shown["metadata"]) == ("nginx:1.29", {"name": "p", "annotations": {"note": MASK}})
    assert pod["spec"]["containers"][0]["args"][1] == "abc", "the object itself stays as it is"


def test_a_configuration_with_a_password_in_a_config_map_is_masked() -> None:
    config = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"app.ini": "[db]\nuser = me\npassword = x7y\n"}}
    assert masking.masked_object(config)["data"] == {"app.ini": f"[db]\nuser = me\npassword = {MASK}\n"}


def test_the_copies_that_writers_keep_of_a_secret_are_masked() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": '{"stringData":{"a":"b"}}', "team": "shop"}
    found = secret(a="b") | {"metadata": {"name": "s", "annotations": annotations}}
    shown = masking.masked_object(found)
    assert shown["metadata"]["annotations"] == {**dict.fromkeys(annotations, MASK), "team": "shop"}
    assert shown["data"] == {"a": MASK}


LEAVES = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters=MASK), min_size=SHORTEST_LEAF, max_size=60
)
SECRETS = LEAVES.map(str.strip).filter(lambda text: len(text) >= SHORTEST_LEAF and not is_plain(text))
AROUND = st.sampled_from(["", "x", " ", '"', "level=error msg=", "\n"])
PUT = st.sampled_from(
    [
        lambda leaf: leaf,
        packed,
        lambda leaf: json.dumps(leaf)[1:-1],
        lambda leaf: quote(leaf, safe=""),
    ]
)
HELD = st.sampled_from(
    [
        lambda leaf: leaf,
        lambda leaf: json.dumps({"a": [{"b": leaf}]}),
        lambda leaf: yaml.safe_dump({"receivers": [{"b": leaf, "c": "kube-system"}]}, allow_unicode=True),
        lambda leaf: f"first line\n{leaf}\nlast line",
        lambda leaf: f"user = me\nkey = {leaf}",
    ]
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(leaf=SECRETS, held=HELD, put=PUT, before=AROUND, after=AROUND)
def test_no_part_of_a_secret_survives(leaf: str, held: Any, put: Any, before: str, after: str) -> None:
    """Whole or a leaf, in an object or a text, as it is or encoded."""
    values = secret_values([secret(config=held(leaf))])
    shown = put(leaf)
    assert shown not in masking.masked_text(before + shown + after, values)
    found = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": [before + shown + after]}}
    assert json.dumps(shown)[1:-1] not in json.dumps(masking.masked_object(found, values))
