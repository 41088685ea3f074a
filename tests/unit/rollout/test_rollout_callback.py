"""What a person sees of a run: ansible-playbook itself, on small plays in which made-up roles stand for components."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.plugins.loader import callback_loader
from ansible.utils.display import Display

from ansible_collections.landfall.eks.plugins.callback import rollout
from tests.unit.rollout.terminal import screen

ROOT = Path(__file__).resolve().parents[3]
NOTHING = {"settings": {}, "started": [], "planned": [], "kept": []}
# Stands for landfall.eks.settle: it tells how releases stand, as that does.
SETTLE = """
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.landfall.eks.plugins.module_utils.rollout.progress import Progress

class ActionModule(ActionBase):
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        for outcomes in self._task.args["steps"]:
            Display().display(Progress("plain text", task_vars["inventory_hostname"], outcomes))
        return {"changed": True}
"""
LATE = {"phase": "running", "have": 1, "wanted": 2, "message": "Deployment kibana: 0 of 1", "cause": "it pulls"}
READY = {"phase": "ready", "have": 2, "wanted": 2, "message": "", "cause": ""}
REFUSED = "The setting efk_size is huge: write small, medium or large."


def run_of(name, job="/run/1"):
    return {"component": name, "name": name, "namespace": name, "job": job}


def record(*, new=False, **parts):
    return {"name": "Note it", "landfall.eks.run_record": {"new": new, "parts": parts}, "register": "platform_run"}


def play_of(*settling):
    settings = {"components": ["efk", "argocd"]}
    return {
        "hosts": "all",
        "gather_facts": False,
        "vars": {"platform_no_run": NOTHING, "platform_run": NOTHING},
        "roles": ["preflight", "efk", "argocd", "settle"],
    }, {
        "preflight": [
            record(new=True, settings=settings),
            {"name": "Change a file", "ansible.builtin.command": "true"},
            {"name": "Warn", "warns": {}},
            {"name": "Warn again", "warns": {}},
        ],
        "efk": [record(started=[run_of("efk")])],
        "argocd": [record(started=[run_of("argocd", job="")])],
        "settle": [*settling],
    }


STEPS = [{"efk/efk": LATE, "argocd/argocd": READY}, {"efk/efk": READY}]
GOOD = ({"name": "Wait", "settling": {"steps": STEPS}}, {"ansible.builtin.debug": {"msg": "All of it is there."}})
WARNS = SETTLE.partition("        for outcomes")[0] + (
    '        return {"changed": False, "warnings": ["The chart is not verified."]}\n'
)


def written(folder, play, roles):
    for name, tasks in roles.items():
        (folder / "roles" / name / "tasks").mkdir(parents=True)
        (folder / "roles" / name / "tasks" / "main.yml").write_text(json.dumps(tasks))
    (folder / "action_plugins").mkdir()
    (folder / "action_plugins" / "settling.py").write_text(SETTLE)
    (folder / "action_plugins" / "warns.py").write_text(WARNS)
    (folder / "play.yml").write_text(json.dumps([play]))


def command(*words, hosts="test,"):
    program = str(Path(sys.executable).parent / "ansible-playbook")
    return [program, "-i", hosts, "-e", "ansible_connection=local", "play.yml", *words]


def environment(folder):
    own = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return own | {
        "ANSIBLE_STDOUT_CALLBACK": "landfall.eks.rollout",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "TERM": "xterm",
        "COLUMNS": "80",
        "LINES": "40",
    }


def in_a_file(folder, *words):
    done = subprocess.run(
        command(*words), cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


def on_a_terminal(folder):
    terminal, other_end = pty.openpty()
    with subprocess.Popen(
        command(), cwd=folder, env=environment(folder), stdin=other_end, stdout=other_end, stderr=other_end
    ):
        os.close(other_end)
        shown = b""
        while part := read(terminal):
            shown += part
    os.close(terminal)
    return shown.decode()


def read(terminal):
    """Read what there is; nothing once the other end is closed."""
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def test_a_file_gets_a_line_for_each_change(tmp_path):
    written(tmp_path, *play_of(*GOOD))
    status, out, err = in_a_file(tmp_path)
    assert status == 0, out + err
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0] == "changed  preflight: Change a file"
    states = [line.split("  ")[0].strip() + ":" + line[8:19].strip() for line in lines[1:-2]]
    assert states == [
        *("efk:preparing", "efk:rolling out", "argocd:preparing", "argocd:in sync"),
        *("efk:rolling out", "argocd:in sync", "efk:ready"),
    ]
    assert "Deployment kibana: 0 of 1 (it pulls)" in out
    assert lines[-2] == "All of it is there."
    assert lines[-1].startswith("test: ok=8 changed=2 failed=0 in ")
    assert err.count("The chart is not verified.") == 1
    assert "plain text" not in out
    assert max(map(len, lines)) <= 100


def test_a_terminal_has_one_line_per_component_at_the_end(tmp_path):
    written(tmp_path, *play_of(*GOOD))
    rows = [row.rstrip() for row in screen(on_a_terminal(tmp_path))]
    assert len([row for row in rows if row.startswith("efk ")]) == 1
    assert len([row for row in rows if row.startswith("argocd ")]) == 1
    assert next(row for row in rows if row.startswith("efk ")).split()[1:5] == ["ready", "2", "of", "2"]
    assert max(map(len, rows)) <= 80


def test_a_failure_is_four_lines_and_said_once(tmp_path):
    tasks = ({"name": "Judge", "ansible.builtin.assert": {"that": False, "fail_msg": REFUSED}},)
    written(tmp_path, *play_of(*tasks))
    status, out, err = in_a_file(tmp_path)
    assert (status, (out + err).count(REFUSED)) == (2, 1)
    labelled = out[out.index("what ") :].splitlines()
    assert [each[:7].strip() for each in labelled[:4]] == ["what", "why", "do", "state"]
    assert labelled[0] == "what   settle: Judge"
    assert "failed=1" in labelled[-1]


def test_with_v_it_is_the_default_output(tmp_path):
    written(tmp_path, *play_of(*GOOD))
    status, out, _ = in_a_file(tmp_path, "-v")
    assert status == 0
    assert "TASK [settle : Wait]" in out
    assert "plain text" in out
    assert "PLAY RECAP" in out


def test_what_was_rescued_or_ignored_is_no_failure_of_the_run(tmp_path):
    failing = {"ansible.builtin.fail": {"msg": "of no matter"}}
    rescued = {"block": [failing], "rescue": [{"ansible.builtin.command": "true"}]}
    written(tmp_path, *play_of(rescued, {**failing, "ignore_errors": True}))
    status, out, err = in_a_file(tmp_path)
    assert (status, "of no matter" in out + err) == (0, False)


def test_a_failed_release_is_said_once_and_with_all_that_share_its_cause(monkeypatch):
    said = []
    monkeypatch.setattr(Display(), "display", lambda msg, **_: said.append(msg))
    callback = callback_loader.get("landfall.eks.rollout")
    parts = [{"what": f"logging/{name}", "why": "it pulls", "do": "wait", "state": "gone"} for name in "ab"]
    host = SimpleNamespace(get_name=lambda: "test")

    def result(action, found):
        return SimpleNamespace(host=host, task=SimpleNamespace(action=action, name="Say it"), result=found)

    found = {"failures": parts, "sentences": ["a: it pulls.", "b: it pulls."]}
    callback.v2_runner_on_ok(result(rollout.FAILED, found))
    callback.v2_runner_on_failed(result("ansible.builtin.fail", {"msg": "a: it pulls.\nb: it pulls."}))
    counted = {"ok": 2, "changed": 1, "failures": 1, "unreachable": 0}
    callback.v2_playbook_on_stats(SimpleNamespace(processed={"test": 1}, summarize=lambda _: counted))
    shown = "\n".join(said)
    assert "what   logging/a; logging/b\nwhy    it pulls\ndo     wait\nstate  gone" in shown
    assert shown.count("it pulls") == 1


@pytest.mark.parametrize("name", [each for each in vars(rollout.Default) if each.startswith("v2_")])
def test_every_method_that_prints_is_our_own(name):
    assert name in vars(rollout.CallbackModule) or name in {"v2_playbook_on_no_hosts_matched", "v2_playbook_on_notify"}
