"""A chart of somebody's own is a component like ours: a setting says all of it, and nothing else is written."""

import json
import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.landfall.eks.plugins.module_utils.helm import crds
from ansible_collections.landfall.eks.plugins.module_utils.preflight import capacity, strangers
from ansible_collections.landfall.eks.plugins.module_utils.preflight.ownership import Records
from ansible_collections.landfall.eks.plugins.module_utils.settings import components, own
from ansible_collections.landfall.eks.plugins.module_utils.status import gather
from tests.fake_cluster import FakeCluster
from tests.unit.components.playing import ENOUGH, asked, checks_of, run

ROOT = Path(__file__).parents[3]
CHECKOUT = ROOT / "collections/ansible_collections/landfall/eks"
CHART = {"ref": "oci://registry.example.org/charts/podinfo", "version": "6.7.1"}
PODINFO = {"name": "podinfo", "namespace": "podinfo", "chart": CHART, "values": {"greeting": "{{ greeting }}"}}
SHOP = {
    "releases": [
        {"name": "front", "namespace": "shop", "chart": CHART, "needs": ["back"]},
        {
            "name": "back",
            "namespace": "{{ shop_space }}",
            "chart": CHART,
            "needs": ["podinfo"],
            "pods": [{"name": "back", "count": 2, "cpu": "100m", "memory": "64Mi", "volumes": 1}],
        },
    ],
    "hosts": {"front": "shop.example.org"},
    "slos": {
        "shop-availability": {
            "entity": "service",
            "objective": 99,
            "sli": {"error": "rate(shop_errors[{window}])", "total": "rate(shop_requests[{window}])"},
        }
    },
    "checks": [{"kind": "login", "release": "front", "service": "Shop", "path": "/user", "field": "name"}],
    "notes": ["The shop is open."],
}
TWO = {"podinfo": {"releases": [PODINFO]}, "shop": SHOP}
NAMES = ["podinfo", "front", "back"]
OPTIONS = own.contract(ROOT / "roles")
OURS = own.Ours(roles={"efk", "hosts", "components"}, releases={"metrics-server": "metrics_server"})


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    variables = {"platform_components": TWO, "greeting": "hello", "shop_space": "shop"}
    folder = tmp_path_factory.mktemp("run")
    found = run(CHECKOUT, folder, "--tags", "components", role="components", releases=NAMES, **ENOUGH, **variables)
    assert found["settings"]["problems"] == []
    return found


@pytest.fixture(scope="module")
def rows(said):
    return said["settings"]["releases"]


def test_the_tag_selects_them_alone_and_the_run_plans_them(said):
    assert said["settings"]["components"] == ["podinfo", "shop"]
    assert [each["name"] for each in said["run"]["releases"]] == NAMES
    planned = [(each["component"], each["name"], each["namespace"]) for each in said["run"]["planned"]]
    assert planned == [("podinfo", "podinfo", "podinfo"), ("shop", "front", "shop"), ("shop", "back", "shop")]
    assert [each["crds"]["source"] for each in said["run"]["planned"]] == ["auto"] * len(NAMES)
    assert said["notes"] == ["The shop is open."]


def test_the_record_holds_none_of_their_values(said):
    assert all("values" not in each for part in ("releases", "planned", "started") for each in said["run"][part])
    assert "greeting" not in json.dumps(said["run"])


def test_they_stand_in_the_objectives(said):
    assert {"podinfo", "shop"} <= set(said["namespaces"])
    assert "shop-availability" in said["slos"]
    assert "shop_errors" in json.dumps(said["rules"])


def test_their_pods_need_room(rows):
    assert [(each.count, each.volumes) for each in capacity.needs_of(rows) if each.name == "back"] == [(2, 1)]


def test_status_misses_them(rows):
    health = {each["release"]: each["health"] for each in gather.components(FakeCluster(), asked(rows))}
    assert health == dict.fromkeys(NAMES, gather.ABSENT)


def test_verify_tries_them(rows, said):
    settings = said["settings"]
    names = checks_of(rows, settings)
    assert settings["hosts"] == {"front": "shop.example.org"}
    assert {("components", "podinfo"), ("logins", "Shop")} <= names


def test_a_release_may_need_one_that_comes_with_the_run_or_is_there(rows):
    selected = [each for each in rows if each["selected"]]
    assert strangers.missing_problems(selected, [], Records({}, set(), set())) == []
    alone = [each for each in selected if each["name"] == "back"]
    (problem,) = strangers.missing_problems(alone, [], Records({}, set(), set()))
    assert problem.startswith("The release back needs podinfo, which neither comes with this run nor is on the cluster")
    there = Records({("podinfo", "podinfo"): False}, set(), set())
    assert strangers.missing_problems(alone, [], there) == strangers.missing_problems(alone, ["podinfo"], there) == []


def test_what_goes_without_saying():
    whole = components.own_components({"platform_components": TWO}, str)["podinfo"]
    assert whole["namespaces"] == ["podinfo"]
    (release,) = whole["releases"]
    assert release["component"] == "podinfo"
    assert release["crds"] == {"source": "auto"}
    assert release["namespace_setting"] == "platform_components.podinfo.releases[0].namespace"
    assert "component" not in PODINFO


def test_a_template_as_a_whole_is_opened():
    behind = {"{{ all }}": {"podinfo": "{{ one }}"}, "{{ one }}": {"releases": "{{ list }}"}, "{{ list }}": [PODINFO]}
    found = components.declared(["landfall.eks.components"], {"platform_components": "{{ all }}"}, behind.__getitem__)
    assert [each["name"] for each in found["podinfo"]["releases"]] == ["podinfo"]
    assert own.problems("{{ all }}", OPTIONS, lambda raw: behind.get(str(raw), raw), KeyError, OURS) == []


def test_a_chart_without_definitions_is_content_with_auto(tmp_path):
    (tmp_path / "Chart.yaml").write_text("{name: plain, version: 1.0.0}\n")
    chart = {"release": "plain", "path": str(tmp_path), "source": "auto"}
    assert crds.definitions_of(chart, "helm") == []
    (tmp_path / "crds").mkdir()
    (tmp_path / "crds/all.yaml").write_text("{kind: CustomResourceDefinition, metadata: {name: greetings}}\n")
    assert [each["metadata"]["name"] for each in crds.definitions_of(chart, "helm")] == ["greetings"]
    (tmp_path / "crds/all.yaml").unlink()
    with pytest.raises(crds.DefinitionError, match="holds no custom resource definition"):
        crds.definitions_of({**chart, "source": "chart"}, "helm")


def problems(given):
    return own.problems(given, OPTIONS, lambda raw: raw, ValueError, OURS)


def podinfo(**more):
    return {"podinfo": {"releases": [{**PODINFO, **more}]}}


def policy(**more):
    return {"podinfo": {"releases": [PODINFO], "network_policies": [{"name": "web", "namespace": "podinfo", **more}]}}


PLACE = "platform_components.podinfo"
POLICY = f"{PLACE}.network_policies[0]"
RELEASE = f"{PLACE}.releases[0]"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([PODINFO], ["platform_components must be a mapping of names to components, not a list: write {} for none."]),
        ({"Podinfo": {"releases": [PODINFO]}}, ["platform_components.Podinfo is no name of a component: write"]),
        ({"efk": {"releases": [PODINFO]}}, ["platform_components.efk has the name of one of Landfall's own roles"]),
        ({"components": {"releases": [PODINFO]}}, ["platform_components.components has the name of one of"]),
        ({"podinfo": PODINFO}, [f"{PLACE} has chart, name, namespace and values, which a release has: write {PLACE}"]),
        ({"podinfo": None}, [f"{PLACE} must be a mapping with a list of releases, not None."]),
        ({"podinfo": {}}, [f"{PLACE}.releases is missing"]),
        ({"podinfo": {"releases": []}}, [f"{PLACE}.releases is empty"]),
        ({"podinfo": {"releases": ["x"]}}, [f"{RELEASE} must be a mapping"]),
        (
            podinfo(name="metrics-server"),
            [f"{RELEASE}.name (metrics-server) is the name of a release of the component"],
        ),
        (podinfo(name="Pod_info"), [f"{RELEASE}.name ('Pod_info') is no name of a release"]),
        (podinfo(name="a" * 54), [f"{RELEASE}.name ("]),
        (podinfo(namespace="Shop"), [f"{RELEASE}.namespace ('Shop') is no name of a namespace"]),
        (podinfo(chart={"ref": "bitnami/nginx", "version": "1.0.0"}), [f"{RELEASE}.chart.ref ('bitnami/nginx') is no"]),
        (
            podinfo(chart={**CHART, "version": 6.10}),
            [f"{RELEASE}.chart.version is the number 6.1 and no text: quote it"],
        ),
        (
            podinfo(chart={"ref": "oci://x/y"}),
            [f"{RELEASE}.chart.version is missing: write it (Version of the chart; empty for that of an"],
        ),
        (podinfo(chart="oci://x/y"), [f"{RELEASE}.chart must be a mapping of names to values, not 'oci://x/y'"]),
        (podinfo(vales={}), [f"{RELEASE}.vales is no field of a component: did you mean values?"]),
        (podinfo(values=["token"]), [f"{RELEASE}.values must be a mapping of names to values, not a list"]),
        (podinfo(owner={}), [f"{RELEASE}.owner is no field of a component: write one of"]),
        (podinfo(timeout=True), [f"{RELEASE}.timeout must be a whole number, not True"]),
        (podinfo(adopt="maybe"), [f"{RELEASE}.adopt must be true or false, not 'maybe'"]),
        (podinfo(crds={"source": "all"}), [f"{RELEASE}.crds.source must be one of chart, auto, templates or none"]),
        (podinfo(ready=[{"kind": "X"}]), [f"{RELEASE}.ready[0].api_version is", f"{RELEASE}.ready[0].name is missing"]),
        (podinfo(needs=["podinfo"]), [f"{RELEASE}.needs leads back to itself (podinfo -> podinfo)"]),
        ({"podinfo": {"releases": [PODINFO], "hosts": {"x": "y"}}}, [f"{PLACE}.hosts.x is none of its releases"]),
        (
            {"podinfo": {"releases": [PODINFO], "slos": {"a": {"objective": 3}}}},
            [f"{PLACE}.slos.a has no", f"{PLACE}.slos.a.objective (3)"],
        ),
        (policy(), []),
        (policy(name="Web"), [f"{POLICY}.name ('Web') is no name"]),
        (policy(name=None), [f"{POLICY}.name is missing"]),
        (policy(namespace="shop"), [f"{POLICY}.namespace ('shop') has none of its releases: write podinfo"]),
        (policy(pods=["web"]), [f"{POLICY}.pods must be a mapping"]),
        (policy(to={"ports": [53]}), [f"{POLICY}.to must be a list"]),
        (policy(to=[{"port": 53}]), [f"{POLICY}.to[0].port is no field of a component: did you mean ports?"]),
        (policy(to=[{"ports": ["http"]}]), [f"{POLICY}.to[0].ports[0] must be a whole number"]),
        (policy(to=[{"ports": [0, 70000]}]), [f"{POLICY}.to[0].ports (0) is no port", f"{POLICY}.to[0].ports (70000)"]),
        (policy(to=[{"udp": [0]}]), [f"{POLICY}.to[0].udp (0) is no port: write a number from 1 to 65535"]),
        (policy(to=[{"cidrs": ["10.0.0.1"]}]), [f"{POLICY}.to[0].cidrs ('10.0.0.1') has no prefix length"]),
        (policy(to=[{"namespace": "My Shop"}]), [f"{POLICY}.to[0].namespace ('My Shop') is no name of a namespace"]),
        (policy(**{"from": [{"api_server": "perhaps"}]}), [f"{POLICY}.from[0].api_server must be true or false"]),
        (policy(**{"from": [{"namespace": "*", "pods": {"a": "b"}}]}), []),
        ({"podinfo": {"releases": [PODINFO], "permissions": []}}, [f"{PLACE}.permissions is no field of a component"]),
        ({"podinfo": {"releases": [PODINFO], "objects": []}}, [f"{PLACE}.objects is no field of a component"]),
        (
            {"podinfo": {"releases": [PODINFO], "credentials": [{"name": "x"}]}},
            [f"{PLACE}.credentials[0].kind is missing", f"{PLACE}.credentials[0].secret is missing"],
        ),
        (
            {**podinfo(vales={}), "shop": {"releases": []}},
            [f"{RELEASE}.vales", "platform_components.shop.releases is empty"],
        ),
        (
            {**podinfo(), "twin": {"releases": [PODINFO]}},
            ["platform_components.twin.releases[0].name (podinfo) is the name of"],
        ),
    ],
)
def test_what_is_wrong_is_one_sentence_each(given, expected):
    found = problems(given)
    assert len(found) == len(expected), found
    assert all(text in sentence for text, sentence in zip(expected, found, strict=True)), found


def test_nothing_is_said_of_what_is_right():
    assert problems({**TWO, "shop": {**SHOP, "releases": SHOP["releases"][:1]}}) == []
    assert problems({}) == []


def test_the_examples_of_the_page_are_right():
    page = (ROOT / "docs/components.md").read_text(encoding="utf-8")
    blocks = [yaml.safe_load(each) for each in re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)]
    examples = [each["platform_components"] for each in blocks if "platform_components" in each]
    assert [[*each] for each in examples] == [["podinfo"], ["shop"]]

    def evaluate(raw):
        return json.loads(re.sub(r"{{ inventory_dir }}", "/inventory", json.dumps(raw)))

    assert [own.problems(each, OPTIONS, evaluate, ValueError, OURS) for each in examples] == [[], []]


def test_a_circle_over_components_is_found():
    def needing(name, other):
        return {"releases": [{**PODINFO, "name": name, "needs": [other]}]}

    found = problems({"a": needing("a", "b"), "b": needing("b", "c"), "c": needing("c", "a"), "d": needing("d", "a")})
    assert [each.partition(" leads")[0] for each in found] == [
        f"platform_components.{x}.releases[0].needs" for x in "abc"
    ]


def test_no_sentence_shows_what_stands_in_values():
    assert all(
        "hunter2" not in each
        for given in ([{"password": "hunter2"}], podinfo(values=["hunter2"]))
        for each in problems(given)
    )


def test_what_cannot_be_evaluated_is_said_of_its_component():
    def fail(_):
        raise ValueError("'nowhere' is undefined.")

    (problem,) = own.problems(podinfo(), OPTIONS, fail, ValueError, OURS)
    assert problem == f"{PLACE} cannot be evaluated: correct what it refers to ('nowhere' is undefined)."
