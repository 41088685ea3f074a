"""Every row of the table, given to the real playbooks: refused in a sentence that helps, and nothing is changed."""

from __future__ import annotations

import io
import json
import os
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.landfall.eks.plugins.modules.cluster_facts import read_cluster
from tests import commands
from tests.unit.bad_input.cluster_rows import ROWS, THROUGH_MODULE, THROUGH_PLAYBOOK
from tests.unit.bad_input.fake_clusters import Server, serving
from tests.unit.bad_input.rows import Row
from tests.unit.components.rendering import COMPONENTS, load, releases, templar

REPOSITORY = Path(__file__).parents[3]
PLAYBOOK = Path(sys.executable).parent / "ansible-playbook"
OLD_HELM = "#!/bin/sh\necho v3.12.0\n"
CONTROL = "nothing-wrong"
# Whoever runs the tests, no account and no cluster of theirs is asked.
NOT_OURS = ("AWS_", "KUBECONFIG", "K8S_AUTH_", "KUBERNETES_SERVICE_", "HELM_DRIVER")
NO_ACCOUNT = {
    **dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull),
    "AWS_EC2_METADATA_DISABLED": "true",
}


def judged(**settings: Any) -> dict[str, Any]:
    """Return what preflight knows of the settings when it asks the cluster."""
    rows = [
        {"namespace_setting": f"{role}_namespace", **each, "values": {}, "selected": True}
        for role in COMPONENTS
        for each in releases(role, **settings)
    ]
    return {"components": list(COMPONENTS), "releases": rows}


Sentences = dict[str, list[str]]


def charts_in(folder: Path, left_out: str = "", other: str = "") -> None:
    """Make an archive, holding a name and a version, for each chart that is pinned; `other` is of another version."""
    folder.mkdir()
    for release in (each for role in COMPONENTS for each in releases(role)):
        name, version = release["chart"]["ref"].rpartition("/")[2], release["chart"]["version"]
        if name in {"chart", left_out}:
            continue
        content = f"apiVersion: v2\nname: {name}\nversion: {'9.9.9' if name == other else version}\n".encode()
        with tarfile.open(folder / f"{name}-{version}.tgz", "w:gz") as archive:
            member = tarfile.TarInfo(f"{name}/Chart.yaml")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def kubeconfig(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "users": [{"name": "test", "user": {}}],
    }


def shared(rows: tuple[Row, ...]) -> list[list[Row]]:
    """Put rows together on as few hosts as it takes for no setting to be there twice; those with a state stay alone.

    Rows of the very same settings, of which more than one thing is to be said, share a host.
    """
    hosts: list[list[Row]] = []
    for row in rows:
        if (host := next((each for each in hosts if fits(row, each)), None)) is not None:
            host.append(row)
        else:
            hosts.append([row])
    return hosts


def fits(row: Row, host: list[Row]) -> bool:
    """Whether a row may be on a host; one that is to be alone only with others of the very same settings."""
    if row.state or any(each.state for each in host):
        return False
    apart = row.alone or any(each.alone or differ(each.settings, row.settings) for each in host)
    return not apart or all(each.settings == row.settings for each in host)


def differ(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two rows cannot be on one host: both say something of a setting, and they are not the same."""
    return bool(one.keys() & other.keys()) and one != other


def inventory(hosts: dict[str, list[Row]], server: Server, folder: Path) -> dict[str, Any]:
    """Return an inventory of hosts on which nothing is wrong but their rows."""
    address = f"http://127.0.0.1:{server.server_port}"
    good = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "platform_state_dir": str(folder / "state"),
        "platform_chart_cache": str(folder / "charts"),
        "platform_environment": {"PATH": f"{helm_folder()}:{os.environ['PATH']}"},
        "ingress_allowed_cidrs": ["203.0.113.0/24"],
        "flask_app_image_repository": "registry.example.org/team/flask",
        # A repository is named by many rows, and only some are about who delivers.
        "flask_app_delivery": "helm",
        "hosts_file": str(folder / "hosts"),
        "preflight_check_images": False,
        "preflight_check_aws": False,
    }
    entries = {}
    for name, rows in hosts.items():
        own = {key: value for row in rows for key, value in row.settings.items()}
        refused = any(row.state.get("server") == "refused" for row in rows)
        reached = {"platform_kubeconfig": kubeconfig("http://127.0.0.1:1" if refused else f"{address}/{name}")}
        places = {"{folder}": str(folder / "old"), "{registry}": address.removeprefix("http://")}
        places["{path}"] = good["platform_environment"]["PATH"]
        written = json.dumps(own)
        for place, there in places.items():
            written = written.replace(place, there)
        entries[name] = reached | json.loads(written)
    return {"clusters": {"hosts": entries, "vars": good}}


def helm_folder() -> Path:
    return REPOSITORY / ".landfall" / "bin"


def play(folder: Path, hosts: dict[str, Any], playbook: str, *arguments: str) -> tuple[Sentences, int]:
    """Run a playbook; return the sentences of each host that it refused, and how many changes it reports."""
    file = folder / "hosts.json"
    file.write_text(json.dumps(hosts))
    settings = {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_FORKS": "4",
        "ANSIBLE_FORCE_COLOR": "0",
        **NO_ACCOUNT,
    }
    done = commands.run(
        [PLAYBOOK, "-i", file, playbook, *arguments],
        cwd=REPOSITORY,
        env={name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)} | settings,
        capture_output=True,
        timeout=300,
    )
    assert "{" in done.stdout, done.stdout + done.stderr
    report = json.loads(done.stdout[done.stdout.index("{") :])
    said: Sentences = {name: [] for name in hosts["clusters"]["hosts"]}
    for task in (each for each_play in report["plays"] for each in each_play["tasks"]):
        for name, result in task["hosts"].items():
            message = str(result.get("msg", ""))
            if result.get("failed") and message.startswith("Nothing was changed, since this is in the way:\n- "):
                said[name] = message.partition("\n- ")[2].split("\n- ")
    return said, sum(stats["changed"] for stats in report["stats"].values())


def ask(rows: list[Row], name: str, server: Server) -> list[str]:
    """Give a cluster to the module as a step of role preflight does; return its problems."""
    steps = load("preflight", "vars")["__preflight_steps"]
    arguments = next(each["with"] for each in steps if each.get("look") == "cluster_facts")
    entry = inventory({name: rows}, server, Path("/nowhere"))["clusters"]["hosts"][name]
    own = {**load("preflight", "defaults"), **load("preflight", "vars"), **entry}
    found = templar("preflight", **own, ansible_play_hosts_all=[name], __preflight_settings=judged(**entry))
    given = found.template(arguments) | {
        "kubeconfig": entry["platform_kubeconfig"],
        "context": entry.get("platform_context", ""),
    }
    facts = read_cluster(given)
    return facts.problems


def verdict(row: Row, said: list[str]) -> str:
    """Return what is wrong with what was said of a row; empty if nothing."""
    found = [sentence for sentence in said if all(part in sentence for part in row.expected)]
    if len(found) != 1:
        return f"{len(found)} sentences say {row.expected}: {said}"
    return "" if found[0].endswith((".", "?")) and "\n" not in found[0] else f"no sentence: {found[0]}"


def test_the_table(tmp_path: Path, record_property: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(NOT_OURS)]:
        monkeypatch.delenv(name)
    charts_in(tmp_path / "charts")
    (tmp_path / "old").mkdir()
    (tmp_path / "old/helm").write_text(OLD_HELM)
    (tmp_path / "old/helm").chmod(0o755)
    charts_in(tmp_path / "old/without", left_out="fluent-bit")
    charts_in(tmp_path / "old/other", other="fluent-bit")
    hosts = {f"row-{index}": rows for index, rows in enumerate(shared(THROUGH_PLAYBOOK))}
    asked = {f"asked-{index}": [row] for index, row in enumerate(THROUGH_MODULE)}
    states = {name: row.state for name, rows in (hosts | asked).items() for row in rows if row.state}
    with serving(states) as server:
        entries = inventory(hosts | {CONTROL: []}, server, tmp_path)
        said, changed = play(tmp_path, entries, "site.yml", "--tags", "preflight")
        said |= {name: ask(rows, name, server) for name, rows in (asked | {f"asked-{CONTROL}": []}).items()}
        requested = server.changes
    for control in (CONTROL, f"asked-{CONTROL}"):
        assert said.pop(control) == [], "where nothing is wrong something is refused, so the others prove nothing"
    hosts |= asked
    wrong = {row.name: verdict(row, said[name]) for name, rows in hosts.items() for row in rows}
    unexpected = {
        name: [each for each in said[name] if not any(all(p in each for p in row.expected) for row in rows)]
        for name, rows in hosts.items()
    }
    lines = [
        f"bad input: {'refused' if not wrong[row.name] else 'NOT AS IT SHOULD BE'}: {row.name}: {row.expected[-1]}"
        for row in ROWS
    ]
    refused = sum(1 for problem in wrong.values() if not problem)
    record_property(
        "table", "\n".join([*lines, f"bad input: refused {refused} of {len(ROWS)}, changes made: {len(requested)}"])
    )
    assert [each for sentences in said.values() for each in sentences if "h1dden" in each] == []
    assert {name: problem for name, problem in wrong.items() if problem} == {}
    assert {name: sentences for name, sentences in unexpected.items() if sentences} == {}
    assert len(ROWS) >= 40
    assert (requested, changed) == ([], 0)
    assert not (tmp_path / "state").exists()
    assert not (tmp_path / "hosts").exists()
    control = "each named the setting and what to write; a host with nothing wrong was not refused"
    record_property("fault", ["a wrong setting or state", len(ROWS), refused, len(ROWS) - refused, control])


@pytest.mark.parametrize(
    ("playbook", "tags", "parts"),
    [
        ("site.yml", "nonsense,efk", ("nonsense is not a tag of Landfall", "argocd, components and hosts")),
        ("playbooks/uninstall.yml", "nonsense", ("The uninstallation has no tags, and was given nonsense",)),
        ("playbooks/uninstall.yml", "efk", ("The uninstallation has no tags, and was given efk",)),
    ],
)
def test_tags_that_lead_nowhere(tmp_path: Path, playbook: str, tags: str, parts: tuple[str, ...]) -> None:
    charts_in(tmp_path / "charts")
    with serving({}) as server:
        said, changed = play(tmp_path, inventory({"one": []}, server, tmp_path), playbook, "--tags", tags)
        assert (server.changes, changed) == ([], 0)
    assert all(any(part in sentence for sentence in said["one"]) for part in parts), said
