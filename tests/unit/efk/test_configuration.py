"""What the rendered configuration of Fluent Bit names exists: parsers, matches, secrets, folders, options."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.logs.requests import PATTERNS, STREAMS
from tests.unit.components.rendering import evaluate, release
from tests.unit.efk.fluent_bit import Section, expression, rules, sections
from tests.unit.efk.rendered import part, parts, values

OPTIONS = {
    ("INPUT", "tail"): "alias tag path exclude_path multiline.parser db db.locking read_from_head refresh_interval "
    "rotate_wait buffer_chunk_size buffer_max_size skip_long_lines storage.type",
    ("INPUT", "systemd"): "alias tag systemd_filter strip_underscores lowercase db storage.type",
    ("FILTER", "multiline"): "alias match multiline.key_content multiline.parser flush_ms emitter_name "
    "emitter_storage.type",
    ("FILTER", "kubernetes"): "alias match kube_tag_prefix merge_log labels annotations "
    "k8s-logging.parser k8s-logging.exclude kube_meta_cache_ttl buffer_size",
    ("FILTER", "modify"): "alias match rename remove",
    ("FILTER", "record_modifier"): "alias match record",
    (
        "OUTPUT",
        "es",
    ): "alias match index host port http_user http_passwd tls tls.verify tls.verify_hostname "
    "tls.ca_file write_operation suppress_type_name time_key_nanos compress buffer_size trace_error retry_limit "
    "storage.total_limit_size",
    ("PARSER", ""): "format regex time_key time_format time_keep",
    ("MULTILINE_PARSER", ""): "type match_string parser key_content key_group key_pattern flush_timeout rule",
    ("SERVICE", ""): "daemon flush grace log_level parsers_file http_server http_listen http_port health_check "
    "storage.path storage.sync storage.checksum storage.metrics storage.max_chunks_up storage.backlog.mem_limit "
    "storage.delete_irrecoverable_chunks storage.keep.rejected storage.rejected.path storage.rejected.limit "
    "scheduler.base scheduler.cap",
}
"""From source: the options of each plugin in use, read in the config maps of fluent/fluent-bit at v5.1.1."""


def of_kind(kind: str) -> list[Section]:
    return [each for each in parts() if each.kind == kind]


@pytest.mark.parametrize("section", parts(), ids=lambda each: f"{each.kind}-{each.get('alias') or each.get('name')}")
def test_every_option_is_one_of_the_program(section: Section) -> None:
    plugin = section.get("name") if (section.kind, section.get("name")) in OPTIONS else ""
    known = {"name", *OPTIONS[section.kind, plugin].split()}
    assert {name.lower() for name, _ in section.properties} <= known
    assert all(value for _, value in section.properties)


def test_an_option_that_the_program_does_not_have_would_be_seen() -> None:
    (spoilt,) = sections("[OUTPUT]\n    Name es\n    Retry_Limits 5\n")
    with pytest.raises(AssertionError):
        test_every_option_is_one_of_the_program(spoilt)


def test_aliases_and_names_are_there_once() -> None:
    names = [each.get("alias") or each.get("name") for each in parts() if each.kind != "SERVICE"]
    assert sorted(set(names)) == sorted(names)


def test_parsers_that_are_named_exist() -> None:
    parsers = {each.get("name") for each in of_kind("PARSER")}
    joining = {each.get("name") for each in of_kind("MULTILINE_PARSER")}
    used = [each.get("multiline.parser") for each in parts() if each.get("multiline.parser")]
    assert set(used) == joining
    assert {each.get("parser") for each in of_kind("MULTILINE_PARSER") if each.get("parser")} == parsers


def test_every_expression_compiles_and_every_state_leads_on() -> None:
    for section in of_kind("MULTILINE_PARSER"):
        found = rules(section)
        assert len(found) == len(section.all("rule"))
        states = {state for each in found for state in each.states}
        assert {each.to for each in found} == states - {"start_state"}
        # A rule of the start is skipped as a continuation: one that is both would not continue (flb_ml_rule.c).
        assert all(len(each.states) == 1 for each in found if "start_state" in each.states)
        assert not found or found[0].states == ("start_state",)
        for each in found:
            expression(each.pattern)
    for section in of_kind("PARSER"):
        groups = expression(section.get("regex")).groupindex
        assert {section.get("time_key"), "stream", "_p", "log"} == set(groups)


def test_every_tag_has_its_filters_and_one_output() -> None:
    tags = {each.get("tag") for each in of_kind("INPUT")}
    assert tags == {"kube.*", "node.*"} == {each.get("match") for each in of_kind("OUTPUT")}
    assert {each.get("match") for each in of_kind("FILTER")} <= tags | {"*"}
    # The filter that joins feeds its records in again at the front: what stands before it would see them twice.
    assert of_kind("FILTER")[0].get("name") == "multiline"
    path = of_kind("INPUT")[0].get("path").removesuffix("*.log").strip("/").replace("/", ".")
    assert part("FILTER", "metadata").get("kube_tag_prefix") == f"kube.{path}."


def test_variables_come_from_secrets_that_are_made() -> None:
    text = "".join(values()["config"].values())
    given = {each["name"]: each.get("valueFrom", {}) for each in values()["env"]}
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(given)
    made = {
        each["secret"]["name"]: each["secret"]["data"]
        for each in evaluate("efk", "__efk_credentials")
        if "data" in each["secret"]
    }
    for source in given.values():
        if "secretKeyRef" in source:
            assert source["secretKeyRef"]["key"] in made[source["secretKeyRef"]["name"]]


def test_folders_are_mounted_and_only_its_own_is_written_to() -> None:
    mounts = {each["mountPath"]: each for each in values()["daemonSetVolumeMounts"] + values()["extraVolumeMounts"]}
    volumes = {each["name"] for each in values()["daemonSetVolumes"] + values()["extraVolumes"]}
    assert {each["name"] for each in mounts.values()} == volumes
    written = [each.get("db") for each in of_kind("INPUT")] + [of_kind("SERVICE")[0].get("storage.path")]
    writable = [path for path, each in mounts.items() if not each.get("readOnly")]
    assert len(writable) == 1
    assert all(each.startswith(f"{writable[0]}/") for each in written)
    assert all(each.get("tls.ca_file") == "/fluent-bit/elasticsearch/ca.crt" for each in of_kind("OUTPUT"))


def test_nothing_is_kept_in_memory_alone() -> None:
    assert all(each.get("storage.type") == "filesystem" for each in of_kind("INPUT"))
    assert part("FILTER", "joining").get("emitter_storage.type") == "filesystem"
    assert all(each.get("storage.total_limit_size") for each in of_kind("OUTPUT"))


def test_outputs_write_to_the_streams_that_the_job_makes() -> None:
    assert tuple(each.get("index") for each in of_kind("OUTPUT")) == STREAMS
    assert all(each.get("write_operation") == "create" for each in of_kind("OUTPUT"))
    assert all(each.get("suppress_type_name") == "On" for each in of_kind("OUTPUT"))


def test_the_shippers_user_may_only_add_lines() -> None:
    credentials = {each["name"]: each for each in evaluate("efk", "__efk_credentials")}
    roles: dict[str, Any] = evaluate("efk", "__efk_roles")
    data = credentials["elasticsearch-fluent-bit"]["secret"]["data"]
    assert {each.get("http_user") for each in of_kind("OUTPUT")} == {data["username"]}
    assert roles[data["roles"]] == {"indices": [{"names": list(PATTERNS), "privileges": ["create_doc"]}]}
    setup = credentials["elasticsearch-setup"]["secret"]["data"]
    assert setup["roles"] in roles
    assert setup["curlrc"] == f'user = "{setup["username"]}:{{password}}"'
    auth = release("eck-stack")["values"]["eck-elasticsearch"]["auth"]
    named = [each["secretName"] for kind in ("fileRealm", "roles") for each in auth[kind]]
    assert sorted(named) == sorted(
        each["secret"]["name"]
        for each in credentials.values()
        if each["secret"]["name"].startswith("elasticsearch-") and each["kind"] != "found"
    )


def test_who_looks_may_read_our_lines_and_change_nothing() -> None:
    (viewer,) = [each for each in evaluate("efk", "__efk_credentials") if each["name"] == "kibana-viewer"]
    assert (viewer["login"]["service"], viewer["login"]["user"]) == (
        "Kibana, read only",
        viewer["secret"]["data"]["username"],
    )
    role = evaluate("efk", "__efk_roles")[viewer["secret"]["data"]["roles"]]
    assert role["indices"] == [{"names": list(PATTERNS), "privileges": ["read", "view_index_metadata"]}]
    (kibana,) = role["applications"]
    assert (kibana["application"], kibana["privileges"]) == ("kibana-.kibana", ["space_read"])
    assert set(role) == {"indices", "applications"}, "nothing of the cluster itself"
    checks = evaluate("efk", "efk_component.checks")
    assert [each["service"] for each in checks if each["kind"] == "login"] == [
        "Kibana, Elasticsearch",
        viewer["login"]["service"],
    ]


def test_chart_templates_find_nothing_to_replace() -> None:
    assert all("{{" not in text for text in values()["config"].values())


def test_the_buffer_is_a_setting() -> None:
    changed = release("fluent-bit", efk_buffer_size="3G")["values"]["config"]["outputs"]
    assert sections(changed)[0].get("storage.total_limit_size") == "3G"
    assert sections(changed)[1] == of_kind("OUTPUT")[1]
