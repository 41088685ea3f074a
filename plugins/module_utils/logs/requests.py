"""The requests that set Elasticsearch up for logs, in their order; each may be sent again at any time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.logs import fields

NAME = "landfall-logs"
STREAMS = ("logs-kubernetes-default", "logs-node-default")
"""The data streams: of containers, and of the nodes' own services. Fluent Bit's outputs name the same."""
PATTERNS = ("logs-kubernetes-*", "logs-node-*")
PRIORITY = 500
"""Above Elasticsearch's own template for logs-*-*, which is 100, and what other products ship, up to 250."""
ROLLOVER_SIZE = "10gb"
"""Size at which a new backing index begins, before its day is over: a fraction of the smallest volume."""
MOST_INDICES = 30
"""Backing indices that a stream keeps, about: a longer retention has longer ones, not more, for each is a shard."""


@dataclass(frozen=True)
class Request:
    """One request: `name` for people, `service` elasticsearch or kibana, `body` None for none.

    `accepted` names refusals that mean that nothing is left to do, each as `<status>:<word of the answer>`.
    """

    name: str
    service: str
    method: str
    path: str
    body: Any = None
    accepted: tuple[str, ...] = ()


def rollover_days(retention_days: int) -> int:
    """Return the days that a backing index is written to."""
    return max(1, math.ceil(retention_days / MOST_INDICES))


def policy(retention_days: int) -> dict[str, Any]:
    """Return the lifecycle policy: a line is kept for `retention_days` at least, and a rollover longer at most.

    Elasticsearch counts the age of an index from its rollover, so no line in it is younger.
    """
    rollover = {"max_age": f"{rollover_days(retention_days)}d", "max_primary_shard_size": ROLLOVER_SIZE}
    return {
        "policy": {
            "phases": {
                "hot": {"actions": {"rollover": rollover}},
                "delete": {"min_age": f"{retention_days}d", "actions": {"delete": {}}},
            }
        }
    }


def failure_store(retention_days: int) -> dict[str, Any]:
    """Return the data stream options: what cannot be stored as a line is kept beside the stream, not refused."""
    return {"failure_store": {"enabled": True, "lifecycle": {"data_retention": f"{retention_days}d"}}}


def template(retention_days: int) -> dict[str, Any]:
    """Return the index template of both data streams."""
    settings = {
        "index.lifecycle.name": NAME,
        # One shard: when it pushes back, it refuses a whole request, which Fluent Bit sends again. Refusals of single
        # lines among others that were taken would be lost there (plugins/out_es of 5.1.1 looks for one success).
        "index.number_of_shards": 1,
        "index.auto_expand_replicas": "0-1",
        "index.codec": "best_compression",
        "index.default_pipeline": NAME,
    }
    return {
        "index_patterns": list(PATTERNS),
        "data_stream": {},
        "priority": PRIORITY,
        "_meta": {"description": "Landfall: log lines of containers and nodes"},
        "template": {
            "settings": settings,
            "mappings": fields.mappings(),
            "data_stream_options": failure_store(retention_days),
        },
    }


def requests(retention_days: int) -> list[Request]:
    """Return the requests for a retention of so many days.

    Each stream begins a new index with its next line, so that a changed template counts at once.
    """
    made = [
        Request("the lifecycle policy", "elasticsearch", "PUT", f"/_ilm/policy/{NAME}", policy(retention_days)),
        Request("the ingest pipeline", "elasticsearch", "PUT", f"/_ingest/pipeline/{NAME}", fields.pipeline()),
        Request("the index template", "elasticsearch", "PUT", f"/_index_template/{NAME}", template(retention_days)),
    ]
    for stream in STREAMS:
        path, there = f"/_data_stream/{stream}", ("400:resource_already_exists_exception",)
        made += [
            Request(f"the data stream {stream}", "elasticsearch", "PUT", path, None, there),
            Request(f"a new index of {stream}", "elasticsearch", "POST", f"/{stream}/_rollover?lazy=true"),
        ]
    options = f"/_data_stream/{','.join(STREAMS)}/_options"
    return [*made, Request("the failure store", "elasticsearch", "PUT", options, failure_store(retention_days))]
