"""Our template and pipeline in a real OpenSearch: contradicting lines all arrive, and without them some do not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.logs import fields
from ansible_collections.landfall.eks.plugins.module_utils.logs.requests import NAME, STREAMS, Request, requests
from tests.unit.efk.opensearch import OpenSearch, running, translated, translated_pipeline
from tests.unit.efk.rendered import part
from tests.unit.efk.test_parsers import GOLDEN, golden, stored, written

STREAM = part("OUTPUT", "elasticsearch-containers").get("index")
CONTROL = "control-default"
NOT_RUN = ("_ilm", "_options", "lazy")
"""What OpenSearch does not have: Elasticsearch's lifecycle, failure stores, and rollovers that wait for a line."""


def documents() -> list[dict[str, Any]]:
    """Return what Fluent Bit sends of the golden lines, all of one millisecond, and of those that contradict."""
    lines = [line for case in golden("cri") for line in case.values[0]["lines"]]
    for name in ("json", "traces"):
        lines += [line for case in golden(name) for line in written(case.values[0]["text"])]
    found = stored(lines)
    for each in yaml.safe_load((GOLDEN / "documents.yml").read_text()):
        app = each.pop("app", None)
        found.append({**each, "message": json.dumps({"message": each["message"], **app})} if app else each)
    return [
        {"@timestamp": f"2026-11-26T03:00:00.{number:09}Z", "node": "ip-10-0-0-1", **each}
        for number, each in enumerate(found)
    ]


def send(node: OpenSearch, stream: str, **action: str) -> list[dict[str, Any]]:
    """Send all documents as Fluent Bit does; return what the answer says of each."""
    lines = [{"create": {"_index": stream, **action}}, None]
    bulk = "".join(f"{json.dumps(each or document)}\n" for document in documents() for each in lines)
    status, answer = node.ask("POST", "/_bulk?refresh=true", bulk)
    return [each["create"] for each in answer["items"]] if status == 200 else []


def found(node: OpenSearch, query: dict[str, Any]) -> set[str]:
    status, answer = node.ask("POST", f"/{STREAM}/_search", {"query": query, "size": 1000})
    assert status == 200, answer
    sources = [each["_source"] for each in answer["hits"]["hits"]]
    return {each.get("app", {}).get("message", each["message"]) for each in sources}


def set_up(node: OpenSearch) -> list[Request]:
    """Send the Job's requests that OpenSearch has; return the others."""
    left_out = []
    for request in requests(14):
        if request.service != "elasticsearch" or any(each in request.path for each in NOT_RUN):
            left_out.append(request)
            continue
        body = request.body
        if "_index_template" in request.path:
            body = translated(body)
        if "_ingest/pipeline" in request.path:
            body = translated_pipeline(body)
        status, answer = node.ask(request.method, request.path, body)
        assert status == 200, (request.name, answer)
    return left_out


def test_contradicting_lines_all_arrive(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    assert STREAM in STREAMS
    count = len(documents())
    with running(tmp_path) as node:
        left_out = set_up(node)
        before = node.ask("GET", f"/{STREAM}/_mapping")
        refused = [each["error"]["reason"] for each in send(node, STREAM) if each["status"] != 201]
        assert refused == []
        assert node.ask("GET", f"/{STREAM}/_mapping") == before, "nothing that arrives may change the mapping"
        check_what_is_found(node)
        check_order(node)
        check_json(node)

        assert node.ask("PUT", f"/_data_stream/{STREAM}")[0] == 400
        assert "resource_already_exists_exception" in str(node.ask("PUT", f"/_data_stream/{STREAM}")[1])

        settings = {"settings": {"index.default_pipeline": NAME}}
        control = {"index_patterns": [CONTROL], "data_stream": {}, "template": settings}
        assert node.ask("PUT", "/_index_template/control", control)[0] == 200
        lost = [each for each in send(node, CONTROL) if each["status"] != 201]
        assert lost, "without the mapping nothing is refused, so that everything arrives proves nothing"
        check_a_name_twice(node)
        # What Suppress_Type_Name is for: with a document type, the whole request is refused.
        assert send(node, STREAM, _type="_doc") == []
    kinds = sorted({each["error"]["type"] for each in lost})
    record_property(
        "table",
        f"log lines in OpenSearch: {count} of {count} arrive; without our mapping {len(lost)} of them are lost "
        f"({', '.join(kinds)}); not run there: {', '.join(sorted({each.name for each in left_out}))}",
    )


def check_what_is_found(node: OpenSearch) -> None:
    labels = "kubernetes.labels"
    assert len(found(node, {"term": {f"{labels}.app": "web"}})) == 2
    assert found(node, {"term": {f"{labels}.app.kubernetes.io/instance": "web-2"}}) == {
        "the same label and names that begin with it"
    }
    assert found(node, {"term": {"app.user": "jo"}}) >= {"a field that is a text"}
    assert found(node, {"range": {"http.seconds": {"gte": 1, "lt": 10}}}) == {"the same field as a number"}
    assert found(node, {"match": {"message": "controller.go"}})
    logfmt = 'ts=2026-11-26T03:00:00Z caller=main.go level=warn msg="logfmt says it is a warning"'
    levels = {
        "warning": {"a field that is a text", logfmt},
        "error": {"the same field as a number", "the journal says it is an error"},
    }
    for level, messages in levels.items():
        assert found(node, {"term": {"level": level}}) >= messages
    assert not found(node, {"exists": {"field": "tags"}}), "the pipeline's script has failed"
    assert fields.LEVELS["30"] == "info"
    assert "numbers beyond what a field holds" in found(node, {"term": {"level": "info"}})


def check_json(node: OpenSearch) -> None:
    for case in (each.values[0] for each in golden("json")):
        query = {"query": {"match_all": {}}, "size": 1000}
        hits = node.ask("POST", f"/{STREAM}/_search", query)[1]["hits"]["hits"]
        (stored_as,) = [each["_source"] for each in hits if each["_source"]["message"] == case["text"]]
        assert stored_as.get("app") == (None if case.get("twice") else case.get("app")), case["name"]


def check_a_name_twice(node: OpenSearch) -> None:
    """As Fluent Bit's Merge_Log would send it: part of the request, where it takes its neighbours with it."""
    action = json.dumps({"create": {"_index": STREAM}})
    time = '"@timestamp":"2026-11-26T03:00:00Z"'
    bulk = f'{action}\n{{{time},"app":{{"a":1,"a":2}}}}\n{action}\n{{{time},"message":"a neighbour"}}\n'
    status, answer = node.ask("POST", "/_bulk", bulk)
    assert status == 400 or all(each["create"]["status"] == 400 for each in answer["items"])


def check_order(node: OpenSearch) -> None:
    body = {"query": {"match_all": {}}, "sort": [{"@timestamp": "asc"}], "size": 1000}
    _, answer = node.ask("POST", f"/{STREAM}/_search", body)
    assert [each["_source"]["message"] for each in answer["hits"]["hits"]] == [each["message"] for each in documents()]


def test_the_names_of_template_and_pipeline_meet() -> None:
    paths = [each.path for each in requests(14)]
    assert f"/_ingest/pipeline/{NAME}" in paths
    template = next(each for each in requests(14) if "_index_template" in each.path).body["template"]
    assert template["settings"]["index.default_pipeline"] == NAME
    assert template["settings"]["index.lifecycle.name"] == NAME
    assert f"/_ilm/policy/{NAME}" in paths
