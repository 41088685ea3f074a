"""The plan of an upgrade: what it shows, and what it must not show."""

import base64

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.helm import render
from ansible_collections.landfall.eks.plugins.module_utils.helm.render import by_name, difference


def config_map(name, value):
    return {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name}, "data": {"a": value}}


def test_only_objects_that_differ_are_shown():
    before = by_name([config_map("same", "1"), config_map("other", "1"), config_map("gone", "1")], "logging")
    after = by_name([config_map("same", "1"), config_map("other", "2"), config_map("new", "1")], "logging")
    shown = difference(before, after)
    assert "logging/same" not in shown["before"] + shown["after"]
    assert "logging/gone" in shown["before"]
    assert "logging/gone" not in shown["after"]
    assert "logging/new" in shown["after"]
    assert "a: '1'" in shown["before"]
    assert "a: '2'" in shown["after"]


def test_nothing_to_show_is_empty():
    same = by_name([config_map("same", "1")], "logging")
    assert difference(same, same) == {"before": "", "after": ""}


def test_secrets_are_masked():
    secret = {"kind": "Secret", "metadata": {"name": "s"}, "data": {"password": base64.b64encode(b"hidden").decode()}}
    shown = difference({}, by_name([secret], "logging"))["after"]
    assert "password" in shown
    assert base64.b64encode(b"hidden").decode() not in shown


def test_the_live_side_is_what_the_newest_revision_rendered(cluster, helm_secret):
    release = {"name": "logs", "namespace": "logging"}
    assert render.live_objects(cluster, release) == []
    cluster.add(helm_secret(revision=1, manifest=[config_map("old", "1")]))
    cluster.add(helm_secret(revision=2, manifest=[config_map("new", "1")]))
    assert render.live_objects(cluster, release) == [config_map("new", "1")]


def test_chart_that_does_not_render_says_why(tmp_path):
    release = {"name": "logs", "namespace": "logging", "chart": str(tmp_path), "values": {}}
    with pytest.raises(render.RenderError, match=r"release logs does not render: .*no-helm-here"):
        render.render("no-helm-here", release, "v1.35.0", ["v1"])
