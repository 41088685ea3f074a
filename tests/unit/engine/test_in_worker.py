"""Modules run in Ansible's worker: with the task's environment, in check mode where it is wanted, leaving nothing."""

import atexit
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.plugin_utils import in_worker

ROOT = Path(__file__).parents[3]
MODULES = {path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py")}
ACTIONS = {path.stem for path in (ROOT / "plugins/action").glob("[!_]*.py")}


def run(main, arguments=None, environment=None):
    return in_worker.run(main, {"_ansible_remote_tmp": "~/.ansible/tmp", **(arguments or {})}, environment or {})


def test_every_module_has_an_action_that_runs_it_in_the_worker():
    assert MODULES == ACTIONS


def test_each_module_has_a_main_function_unless_it_only_documents_an_action():
    documents = {name for name in MODULES if "which does its work on the controller" in source(name)}
    documents |= {name for name in MODULES if not hasattr(imported(name), "main")}
    assert {name for name in MODULES - documents if in_worker.main_of(f"landfall.eks.{name}") is None} == set()
    assert len(MODULES - documents) > 25


def source(name):
    return (ROOT / f"plugins/modules/{name}.py").read_text()


def imported(name):
    return __import__(f"{in_worker.PACKAGE}.{name}", fromlist=["main"])


def test_other_modules_are_left_to_ansible():
    assert in_worker.main_of("kubernetes.core.helm") is None
    assert in_worker.main_of("landfall.eks.nothing_of_ours") is None


def test_the_tasks_environment_is_laid_over_the_shells_and_is_gone_afterwards(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "shell")
    monkeypatch.delenv("AWS_REGION", raising=False)

    def main():
        module = AnsibleModule(argument_spec={})
        module.exit_json(profile=os.environ["AWS_PROFILE"], region=os.environ["AWS_REGION"])

    told = run(main, environment={"AWS_PROFILE": "task", "AWS_REGION": "eu-west-1"})
    assert (told["profile"], told["region"]) == ("task", "eu-west-1")
    assert os.environ["AWS_PROFILE"] == "shell"
    assert "AWS_REGION" not in os.environ


@pytest.mark.parametrize(("given", "left"), [({"AWS_ENDPOINT_URL": "http://task"}, None), ({}, "http://shell")])
def test_an_endpoint_of_the_task_is_for_every_service_of_aws(monkeypatch, given, left):
    monkeypatch.setenv("AWS_ENDPOINT_URL_EC2", "http://shell")

    def main():
        AnsibleModule(argument_spec={}).exit_json(ec2=os.environ.get("AWS_ENDPOINT_URL_EC2"))

    assert run(main, environment=given)["ec2"] == left
    assert os.environ["AWS_ENDPOINT_URL_EC2"] == "http://shell"


def test_what_is_left_to_the_end_of_a_process_is_done(tmp_path):
    left = tmp_path / "left"
    left.touch()

    def main():
        module = AnsibleModule(argument_spec={})
        atexit.register(left.unlink)
        module.exit_json(there=left.exists())

    assert run(main)["there"] is True
    assert not left.exists()


def test_it_is_done_after_a_failure_too(tmp_path):
    left = tmp_path / "left"
    left.touch()

    def main():
        atexit.register(left.unlink)
        AnsibleModule(argument_spec={}).fail_json(msg="no")

    told = run(main)
    assert (told["failed"], told["msg"]) == (True, "no")
    assert not left.exists()


def test_a_module_that_ends_with_an_exception_has_failed():
    """Who waits by several looks goes on after one that failed."""

    def main():
        AnsibleModule(argument_spec={})
        raise ValueError("invalid XML received")

    told = run(main)
    assert (told["failed"], told["msg"]) == (True, "invalid XML received")
    assert "in main" in told["exception"]


@pytest.mark.parametrize("ending", ["exit_json", "fail_json"])
def test_what_the_spec_calls_no_log_is_masked_in_what_is_returned(ending):
    spec = {"password": {"type": "str", "no_log": True}}

    def main():
        module = AnsibleModule(argument_spec=spec)
        getattr(module, ending)(msg=f"it was {module.params['password']}", said=[module.params["password"]])

    told = run(main, {"password": "hunter2hunter2", "_ansible_inject_invocation": True, "_ansible_verbosity": 3})
    assert "hunter2hunter2" not in str(told)
    assert told["msg"].startswith("it was ")


def test_check_mode_skips_a_module_that_does_not_know_it():
    def main():
        AnsibleModule(argument_spec={}).exit_json(changed=True)

    told = run(main, {"_ansible_check_mode": True})
    assert told["skipped"] is True
    assert not told.get("changed")


def action(**connection):
    task = SimpleNamespace(args={}, async_val=0, check_mode=False, diff=False)
    known = SimpleNamespace(become=None, transport="local", _shell=SimpleNamespace(tmpdir=None))
    return in_worker.ActionModule(task, SimpleNamespace(**{**vars(known), **connection}), None, None, None, None)


@pytest.mark.parametrize(
    ("connection", "process"), [({}, False), ({"become": object()}, True), ({"transport": "ssh"}, True)]
)
def test_another_user_or_machineneeds_a_process(connection, process, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert action(**connection).needs_a_process() is process


def test_macosneeds_a_process(monkeypatch):
    """A fork there must not ask the system for its proxies."""
    monkeypatch.setattr(sys, "platform", "darwin")
    assert action().needs_a_process() is True
