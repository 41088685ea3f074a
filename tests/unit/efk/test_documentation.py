"""docs/logging.md says of sizes, settings and metrics what the role and Fluent Bit's source say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.logs import saved_objects, setup_job
from ansible_collections.landfall.eks.plugins.module_utils.logs.requests import MOST_INDICES, rollover_days
from tests.unit.components.rendering import CHECKOUT, evaluate, load, release
from tests.unit.efk.rendered import part

TEXT = (CHECKOUT / "docs" / "logging.md").read_text()
FILLED, COPIES = 0.85, 2
METRICS = {
    "fluentbit_output_dropped_records_total",
    "fluentbit_output_retries_failed_total",
    "fluentbit_output_retries_total",
    "fluentbit_input_records_total",
    "fluentbit_input_multiline_truncated_total",
    "fluentbit_input_long_line_skipped_total",
    "fluentbit_input_storage_chunks_down",
    "fluentbit_filter_emit_truncated_total",
}
"""From source, 5.1.1: src/flb_output.c, src/flb_input.c, tail_config.c of in_tail, ml.c of filter_multiline."""


def gib(text: str) -> int:
    return int(text.removesuffix("Gi"))


def row(size: str) -> str:
    """Return a size's row of the table, worked out from the release's values."""
    values: dict[str, Any] = release("eck-stack", efk_size=size)["values"]
    (nodes,) = values["eck-elasticsearch"]["nodeSets"]
    requests = nodes["podTemplate"]["spec"]["containers"][0]["resources"]["requests"]
    (claim,) = nodes["volumeClaimTemplates"]
    count, memory = nodes["count"], gib(requests["memory"])
    storage = gib(claim["spec"]["resources"]["requests"]["storage"])
    kibana = values["eck-kibana"]
    kibana_memory = gib(kibana["podTemplate"]["spec"]["containers"][0]["resources"]["requests"]["memory"])
    days = load("efk", "defaults")["efk_retention_days"]
    a_day = count * storage * FILLED / (COPIES if count > 1 else 1) / (days + rollover_days(days))
    cells = [
        size,
        count,
        requests["cpu"],
        f"{memory} GiB ({memory // 2} GiB)",
        f"{storage} GiB",
        kibana["count"],
        f"{count * memory + int(kibana['count']) * kibana_memory} GiB",
        f"{count * storage} GiB",
        f"{a_day:.1f}",
    ]
    return f"| {' | '.join(str(each) for each in cells)} |"


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_the_table_of_sizes(size: str) -> None:
    assert row(size) in TEXT.splitlines()


def test_single_numbers_change_nothing_else() -> None:
    before = release("eck-stack")["values"]["eck-elasticsearch"]["nodeSets"][0]
    after = release("eck-stack", efk_size_by_hand={"storage": "100Gi"})["values"]["eck-elasticsearch"]["nodeSets"][0]
    claim = after["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]
    assert claim == {"storage": "100Gi"}
    assert {key: value for key, value in after.items() if key != "volumeClaimTemplates"} == {
        key: value for key, value in before.items() if key != "volumeClaimTemplates"
    }


@pytest.mark.parametrize(("size", "spread"), [("small", False), ("medium", True), ("large", True)])
def test_zones_are_for_more_than_one_node(size: str, spread: bool) -> None:
    (nodes,) = release("eck-stack", efk_size=size)["values"]["eck-elasticsearch"]["nodeSets"]
    assert ("zoneAwareness" in nodes) is spread
    assert release("eck-stack")["values"]["eck-elasticsearch"]["volumeClaimDeletePolicy"] == "DeleteOnScaledownOnly"
    # The operator's own budget counts: ours would switch it off.
    assert "podDisruptionBudget" not in release("eck-stack")["values"]["eck-elasticsearch"]


def test_the_metrics_that_are_named_exist() -> None:
    assert set(re.findall(r"fluentbit_\w+", TEXT)) == METRICS


def test_the_numbers_that_are_named() -> None:
    service, output = part("SERVICE", ""), part("OUTPUT", "elasticsearch-containers")
    low, high = int(service.get("scheduler.base")), int(service.get("scheduler.cap"))
    retries = int(output.get("retry_limit"))
    # A second is added to each: src/flb_scheduler.c.
    hours = retries * ((low + high) / 2 + 1) / 3600
    assert f"after {low} to {high} s, {retries} times, which is {round(hours - 0.5)} hours on average" in TEXT
    defaults = load("efk", "defaults")
    assert f"`efk_buffer_size` ({defaults['efk_buffer_size']})" in TEXT
    assert f"`efk_retention_days` ({defaults['efk_retention_days']})" in TEXT
    assert f"Above {MOST_INDICES} days" in TEXT
    assert f"{part('OUTPUT', 'elasticsearch-node').get('storage.total_limit_size')} for the node's own" in TEXT
    assert f"up to {service.get('storage.rejected.limit').removesuffix('M')} MB" in TEXT
    assert evaluate("efk", "__efk_fluent_bit_state") in TEXT


def test_what_the_job_makes_is_named_rightly() -> None:
    setup = setup_job.Setup(14, "example.org/curl:1", "logging", "flask-app")
    numbers = {9: "nine"}
    assert f"{numbers[len(setup_job.all_requests(setup))]} lines that begin with `Set:`" in " ".join(TEXT.split())
    titles = [each["attributes"]["title"] for each in saved_objects.objects("flask-app") if each["type"] == "dashboard"]
    assert all(f"*{title}*" in " ".join(TEXT.split()) for title in titles)
