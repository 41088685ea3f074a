"""Plays with the roles of site.yml that ask nothing of a cluster, and what they say of their run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from ansible_collections.landfall.eks.plugins.module_utils.status import gather
from ansible_collections.landfall.eks.plugins.module_utils.verify.plan import Plan, VerifyRequest
from tests.fake_cluster import FakeCluster

CLUSTER = {
    "problems": [],
    "lines": {},
    "left": [],
    "delivered": [],
    "reachable": True,
    "parts": {},
    "service_monitors": False,
    "load_balancer_class": "service.k8s.aws/nlb",
}
ENOUGH = {"ingress_allowed_cidrs": ["192.0.2.0/24"], "flask_app_image_repository": "example/flask-app"}


def play_of(copy, role, releases, **variables):
    """Return a play with the roles of site.yml that asks nothing of a cluster, and then plans one of them."""
    (site,) = yaml.safe_load((copy / "playbooks/site.yml").read_text())
    roles = [{**each, "when": False} for each in site["tasks"]]
    shown = {
        "run": "{{ platform_run }}",
        "settings": "{{ judged }}",
        "slos": "{{ platform_slos }}",
        "namespaces": "{{ platform_namespaces }}",
        "rules": "{{ __monitoring_slo_rules }}",
        "notes": "{{ __summary_notes }}",
    }
    chart = {"path": "chart", "sha256": "0" * 64, "source": "cache", "name": "toy", "version": "1.0.0"}
    charts = dict.fromkeys(releases, chart)
    recorded = {name: f"{{{{ judged.{name} }}}}" for name in ("roles", "components", "kinds", "hosts", "checks")}
    record = {"new": True, "parts": {"settings": recorded, "cluster": CLUSTER, "charts": charts}}
    ready = {"releases": [*releases], "applied": [], "namespaces": ["toys"], "made": ["toys"]}
    tasks = [
        {"ansible.builtin.set_fact": {"planted": "cached", "cacheable": True}},
        # As an earlier play of the same process leaves it.
        {
            "landfall.eks.run_record": {"parts": {"started": [{"name": "of an earlier run", "namespace": "toys"}]}},
            "register": "platform_run",
        },
        {"landfall.eks.check_settings": None, "register": "judged"},
        {"landfall.eks.run_record": record, "register": "platform_run"},
        {"landfall.eks.run_record": {"parts": {"definitions": ready}}, "register": "platform_run"},
        {"ansible.builtin.include_role": {"name": f"landfall.eks.{role}"}, "when": "judged.problems | length == 0"},
        {
            "ansible.builtin.copy": {"content": "{{ shown | to_json }}", "dest": "{{ shown_file }}"},
            "check_mode": False,
            "vars": {"shown": shown},
        },
    ]
    everywhere = [{**each, "tags": ["always"]} for each in tasks]
    everywhere[5]["ansible.builtin.include_role"]["apply"] = {"tags": ["always"]}
    return {"hosts": "clusters", "gather_facts": False, "check_mode": True, "tasks": roles + everywhere} | {
        "vars": {
            "ansible_connection": "local",
            "ansible_python_interpreter": sys.executable,
            "platform_plan_only": True,
            "platform_standalone": False,
        }
        | variables
    }


def run(copy, tmp_path, *options, role="toy", releases=("toy",), **variables):
    """Run the play of a copy of the collection; return what it says of the run."""
    shown = tmp_path / "shown.json"
    play = play_of(copy, role, releases, shown_file=str(shown), platform_kubeconfig="/nowhere", **variables)
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"children": {"clusters": {"hosts": {"test": {}}}}}}))
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "ANSIBLE_COLLECTIONS_PATH": str(copy.parents[2]),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "hosts.yml", "play.yml", *options]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return json.loads(shown.read_text()) | {
        "facts": "".join(path.read_text() for path in (tmp_path / "facts").iterdir())
    }


def asked(rows):
    """Return what a verb is asked about: the releases of a run."""
    return gather.StatusRequest("test", "landfall-system", [each for each in rows if each["selected"]])


def checks_of(rows, settings):
    """Return the group and name of each check that verify has for releases that are ready."""
    wanted = VerifyRequest(asked(rows), settings["hosts"], settings["checks"], {"oldest": "1.33", "newest": "1.36"})
    plan = Plan(FakeCluster(), wanted)
    for row in plan.rows.values():
        row["health"] = "ready"
    return {(each.group, each.name) for each in plan.checks()}
