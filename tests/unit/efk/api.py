"""The shapes that Elasticsearch and Kibana publish for the requests of the Job: as strict JSON schemas of our own.

From source: elastic/elasticsearch-specification of August 2026 (files named below, under specification/), and for
Kibana's import its saved objects API, whose objects are judged by test_saved_objects.py.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

DURATION = {"type": "string", "pattern": r"^\d+(nanos|micros|ms|s|m|h|d)$"}  # _types/Time.ts, Duration
BYTES = {"type": "string", "pattern": r"^\d+(b|kb|mb|gb|tb|pb)$"}  # _types/common.ts, ByteSize
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 1}


def strictly(_required: str = "", **properties: Schema) -> Schema:
    """Return the schema of an object with these properties and no other."""
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": _required.split()} if _required else {})


# ilm/put_lifecycle/PutLifecycleRequest.ts, ilm/_types/Phase.ts: phases and the actions that each allows.
ROLLOVER = strictly(max_age=DURATION, max_primary_shard_size=BYTES, max_docs=COUNT, min_docs=COUNT)
POLICY = strictly(
    "policy",
    policy=strictly(
        "phases",
        phases=strictly(
            hot=strictly(min_age=DURATION, actions=strictly(rollover=ROLLOVER)),
            delete=strictly(min_age=DURATION, actions=strictly(delete=strictly(delete_searchable_snapshot=FLAG))),
        ),
    ),
)

# ingest/put_pipeline/PutPipelineRequest.ts, ingest/_types/Processors.ts.
_BASE = {"description": TEXT, "if": TEXT, "ignore_failure": FLAG, "tag": TEXT}
APPEND = strictly("append", append=strictly("field", field=TEXT, value={}, allow_duplicates=FLAG, **_BASE))
SCRIPT = strictly(
    "script",
    script=strictly(
        "source",
        lang={"const": "painless"},
        source=TEXT,
        params={"type": "object"},
        on_failure={"type": "array", "items": APPEND},
        **_BASE,
    ),
)
JSON = strictly(
    "json",
    json=strictly("field", field=TEXT, target_field=TEXT, add_to_root=FLAG, allow_duplicate_keys=FLAG, **_BASE),
)
PROCESSORS = {"type": "array", "items": {"anyOf": [JSON, SCRIPT]}, "minItems": 1}
PIPELINE = strictly("processors", description=TEXT, processors=PROCESSORS)

# _types/mapping: core.ts, complex.ts (flattened) and TypeMapping.ts.
FIELD: Schema = {
    "anyOf": [
        strictly("type", type={"const": "keyword"}, ignore_above=COUNT),
        strictly("type", type={"const": "match_only_text"}),
        strictly("type", type={"const": "date_nanos"}),
        strictly("type", type={"enum": ["integer", "double"]}, ignore_malformed=FLAG),
        strictly("type", type={"const": "flattened"}, ignore_above=COUNT, depth_limit=COUNT),
        strictly("properties", properties={"type": "object", "additionalProperties": {"$ref": "#/$defs/field"}}),
    ]
}

# indices/_types/DataStreamFailureStore.ts; indices/put_data_stream_options/IndicesPutDataStreamOptionsRequest.ts.
OPTIONS = strictly(
    "failure_store",
    failure_store=strictly("enabled", enabled=FLAG, lifecycle=strictly(data_retention=DURATION, enabled=FLAG)),
)

# indices/put_index_template/IndicesPutIndexTemplateRequest.ts; indices/_types/IndexSettings.ts.
TEMPLATE = strictly(
    "index_patterns data_stream priority template",
    index_patterns={"type": "array", "items": TEXT, "minItems": 1},
    data_stream=strictly(hidden=FLAG, allow_custom_routing=FLAG),
    priority=COUNT,
    version=COUNT,
    _meta={"type": "object"},
    template=strictly(
        "settings mappings",
        settings=strictly(
            **{
                "index.lifecycle.name": TEXT,
                "index.number_of_shards": COUNT,
                "index.auto_expand_replicas": {"type": "string", "pattern": r"^\d+-(\d+|all)$"},
                "index.codec": {"enum": ["default", "best_compression", "legacy_default"]},
                "index.default_pipeline": TEXT,
            }
        ),
        mappings=strictly(
            dynamic={"enum": [True, False, "strict", "runtime"]},
            properties={"type": "object", "additionalProperties": {"$ref": "#/$defs/field"}},
        ),
        data_stream_options=OPTIONS,
    ),
) | {"$defs": {"field": FIELD}}

ENDPOINTS: list[tuple[str, str, frozenset[str], Schema | None]] = [
    ("PUT", r"/_ilm/policy/[^/]+", frozenset(), POLICY),
    ("PUT", r"/_ingest/pipeline/[^/]+", frozenset(), PIPELINE),
    ("PUT", r"/_index_template/[^/]+", frozenset(), TEMPLATE),
    ("PUT", r"/_data_stream/[^/]+/_options", frozenset(), OPTIONS),
    ("PUT", r"/_data_stream/[^/]+", frozenset(), None),  # indices/create_data_stream: no body
    ("POST", r"/[^/_][^/]*/_rollover", frozenset({"lazy"}), None),  # indices/rollover: for data streams alone
]
"""Method, path, known parameters, and the body's schema (None for no body) of each endpoint in use."""
