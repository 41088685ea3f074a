"""Action decide: the credentials of which components it looks at."""

from pathlib import Path
from types import SimpleNamespace

import yaml

from ansible_collections.landfall.eks.plugins.action import decide
from ansible_collections.landfall.eks.plugins.plugin_utils.in_worker import InWorker

CHART = {"path": "web.tgz", "sha256": "0" * 64, "source": "cache", "name": "web", "version": "1.0.0"}
ROLES = Path(__file__).parents[3] / "roles"
EMPTY = yaml.safe_load((ROLES / "platform/vars/main.yml").read_text())["platform_no_run"]


def credential(name, namespace):
    return {"name": name, "kind": "fixed", "secret": {"name": name, "namespace": namespace}}


def test_a_component_beside_one_that_is_left_has_its_credentials_wherever_they_lie(monkeypatch):
    """The run has no release of shop; one credential of web lies in its namespace."""
    asked = []

    def look(_, module, arguments, __):
        if module == "credentials":
            asked.extend(arguments["credentials"])
            return {"changed": False, "credentials": arguments["credentials"]}
        return {"changed": True, "releases": {}, "objects": []}

    monkeypatch.setattr(InWorker, "look", look)
    release = {"name": "web", "component": "web", "namespace": "web", "chart": {}}
    wanted = [credential("web-login", "web"), credential("web-token", "shop")]
    variables = {
        "shop_component": {"releases": [], "credentials": [credential("shop-login", "shop")]},
        "web_component": {"releases": [release], "credentials": wanted},
        "platform_run": {
            **EMPTY,
            "charts": {"web": CHART},
            "settings": {"components": ["shop", "web"]},
            "releases": [release],
        },
    }
    options = {"namespace": "landfall-system", "cluster_name": "x", "ca_file": "/ca", "lease": {"held": True}}
    task = SimpleNamespace(
        args=options | {"installing": True}, check_mode=False, async_val=0, action="decide", diff=False
    )
    templar = SimpleNamespace(template=lambda value: value)
    templar.copy_with_new_env = lambda **_: templar
    connection = SimpleNamespace(_shell=SimpleNamespace(tmpdir="/nowhere"))
    result = decide.ActionModule(task, connection, None, None, templar, None).run(task_vars=variables)
    assert asked == wanted
    assert result["credentials"]["names"] == ["web-login", "web-token"]
