"""Each request of the Job has the published shape; what follows from the retention, and what a change changes."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest

from ansible_collections.landfall.eks.plugins.module_utils.logs import fields, setup_job
from ansible_collections.landfall.eks.plugins.module_utils.logs.requests import (
    PATTERNS,
    STREAMS,
    Request,
    policy,
    requests,
    rollover_days,
    template,
)
from tests.unit.components.rendering import release
from tests.unit.efk.api import ENDPOINTS, POLICY, TEMPLATE

SETUP = setup_job.Setup(14, "example.org/curl:1", "logging", "flask-app")


def refusals(request: Request) -> list[str]:
    """Return what the published API has against a request to Elasticsearch."""
    path, _, query = request.path.partition("?")
    for method, pattern, parameters, schema in ENDPOINTS:
        if method != request.method or not re.fullmatch(pattern, path):
            continue
        found = [f"unknown parameter {name}" for name, _ in parse_qsl(query) if name not in parameters]
        if (request.body is None) != (schema is None):
            return [*found, "body where none is, or none where one is"]
        errors = jsonschema.Draft202012Validator(schema).iter_errors(request.body) if schema else []
        return found + [f"{each.json_path}: {each.message}" for each in errors]
    return [f"no endpoint {request.method} {path}"]


@pytest.mark.parametrize("request_", requests(14), ids=lambda each: each.name)
def test_requests_have_the_published_shape(request_: Request) -> None:
    assert refusals(request_) == []


def misspelt(body: dict[str, Any], *path: str) -> dict[str, Any]:
    """Return the body with one key misspelt."""
    made = copy.deepcopy(body)
    here = made
    for each in path[:-1]:
        here = here[each]
    here[f"{path[-1]}x"] = here.pop(path[-1])
    return made


@pytest.mark.parametrize(
    ("body", "schema", "path"),
    [
        (policy(14), POLICY, ("policy", "phases", "delete", "min_age")),
        (policy(14), POLICY, ("policy", "phases", "hot", "actions", "rollover", "max_age")),
        (template(14), TEMPLATE, ("template", "settings", "index.lifecycle.name")),
        (template(14), TEMPLATE, ("template", "mappings", "properties", "app", "depth_limit")),
        (template(14), TEMPLATE, ("template", "data_stream_options", "failure_store", "lifecycle")),
    ],
)
def test_a_misspelt_key_is_refused(body: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...]) -> None:
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(body)) == []
    assert list(validator.iter_errors(misspelt(body, *path)))


@pytest.mark.parametrize(("days", "rollover"), [(1, 1), (14, 1), (30, 1), (31, 2), (90, 3), (365, 13)])
def test_retention(days: int, rollover: int) -> None:
    phases = policy(days)["policy"]["phases"]
    assert rollover_days(days) == rollover
    assert phases["hot"]["actions"]["rollover"]["max_age"] == f"{rollover}d"
    assert phases["delete"]["min_age"] == f"{days}d"
    kept = [each.body["failure_store"]["lifecycle"] for each in requests(days) if each.path.endswith("_options")]
    assert kept == [{"data_retention": f"{days}d"}]


def test_streams_match_the_template_and_begin_only_after_it() -> None:
    paths = [each.path for each in requests(14)]
    for stream, pattern in zip(STREAMS, PATTERNS, strict=True):
        assert re.fullmatch(pattern.replace("*", ".+"), stream)
        assert paths.index(f"/_data_stream/{stream}") > paths.index("/_index_template/landfall-logs")


def test_nothing_that_arrives_becomes_a_field() -> None:
    mapping = fields.mappings()
    assert mapping["dynamic"] is False
    assert template(14)["template"]["settings"]["index.number_of_shards"] == 1

    def kinds(properties: dict[str, Any]) -> set[str]:
        return {
            kind
            for each in properties.values()
            for kind in ([each["type"]] if "type" in each else kinds(each["properties"]))
        }

    # Each of these takes any value, or leaves out what it cannot read; a plain number or an object would refuse.
    assert kinds(mapping["properties"]) == {
        "date_nanos",
        "match_only_text",
        "keyword",
        "flattened",
        "integer",
        "double",
    }
    numbers = [each for each in mapping["properties"]["http"]["properties"].values() if each["type"] != "keyword"]
    assert [each["ignore_malformed"] for each in numbers] == [True, True]


def names(setup: setup_job.Setup, script: str = "true") -> set[str]:
    return {each["metadata"]["name"] for each in setup_job.objects(setup, script)}


def test_the_name_follows_what_is_set() -> None:
    assert names(SETUP) == names(SETUP)
    others = [
        names(replace(SETUP, retention_days=15)),
        names(replace(SETUP, image="example.org/curl:2")),
        names(replace(SETUP, flask_app_namespace="shop")),
        names(SETUP, "false"),
    ]
    assert all(len(each) == 1 for each in [names(SETUP), *others])
    assert len({*names(SETUP), *(name for each in others for name in each)}) == 5


def test_settings_reach_the_job() -> None:
    def job(**settings: Any) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(release("eck-stack", **settings)["values"]["extraObjects"]["logs-setup-job"])
        return found

    before = job()
    assert job() == before
    assert job(efk_retention_days=7)["metadata"]["name"] != before["metadata"]["name"]
    (container,) = job(efk_setup_image="example.org/curl:1")["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "example.org/curl:1"
    (container,) = before["spec"]["template"]["spec"]["containers"]
    version = release("eck-stack")["values"]["eck-elasticsearch"]["version"]
    assert container["image"].endswith(f"/elasticsearch:{version}")


def test_the_pod_is_restricted_and_finds_its_files() -> None:
    """By the pod security standard `restricted`: https://kubernetes.io/docs/concepts/security/pod-security-standards."""
    config, job = setup_job.objects(SETUP, "true")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"configMap", "emptyDir", "secret"} >= {kind for each in pod["volumes"] for kind in each if kind != "name"}
    assert pod["automountServiceAccountToken"] is False
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
    assert (
        next(each for each in pod["volumes"] if each["name"] == "files")["configMap"]["name"]
        == config["metadata"]["name"]
    )
    assert "setup.sh" in config["data"]
    lines = [line.split("\t") for line in config["data"]["requests"].splitlines()]
    assert all(len(line) == 6 for line in lines)
    assert {line[4] for line in lines} - {"-"} == set(config["data"]) - {"setup.sh", "requests"}
    assert "ttlSecondsAfterFinished" not in job["spec"]


def test_templates_in_the_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="Helm would take for a template"):
        setup_job.manifests(SETUP, "echo {{ .Release.Name }}")
