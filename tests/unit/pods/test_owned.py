"""NetworkPolicies and permissions of components: applied once, changed back, removed when listed no more."""

import copy

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces, network_policies, owned

DENY = {"name": "default-deny", "namespace": "shop", "pods": {}, "to": [{"ports": [53], "udp": [53]}]}
WEB = {
    "name": "web",
    "namespace": "shop",
    "pods": {"app": "web"},
    "from": [{"namespace": "ingress", "ports": [8080]}, {"api_server": True, "ports": [9443]}],
    "to": [{"pods": {"app": "database"}, "ports": [5432]}, {}],
}
LISTED = {"shop": [DENY, WEB]}
ROW = {"name": "reader", "account": "web", "namespace": "shop", "in": ["shop", "blog"], "rules": [{"verbs": ["get"]}]}


def wanted(cluster, policies=LISTED, permissions=None):
    return [*network_policies.wanted(cluster, policies), *owned.of_permissions(permissions or {})]


def bring(cluster, policies=LISTED, permissions=None, dry_run=False):
    components = {*policies, *(permissions or {})}
    return owned.bring(cluster, wanted(cluster, policies, permissions), components, dry_run=dry_run)


def kinds(cluster):
    return sorted(key for key in cluster.objects if key[0] in {kind for _, kind in owned.KINDS})


def namespace(cluster, name, ours=True):
    labels = dict(namespaces.LABEL_OURS) if ours else {}
    cluster.add({"kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def test_rows_become_policies_in_which_nothing_is_left_to_defaults():
    made = network_policies.policy(WEB, ["10.0.3.7/32", "fd00::1/128"])
    assert made["spec"] == {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}],
                "ports": [{"port": 8080, "protocol": "TCP"}],
            },
            {
                "from": [{"ipBlock": {"cidr": "10.0.3.7/32"}}, {"ipBlock": {"cidr": "fd00::1/128"}}],
                "ports": [{"port": 9443, "protocol": "TCP"}],
            },
        ],
        "egress": [
            {
                "to": [{"podSelector": {"matchLabels": {"app": "database"}}}],
                "ports": [{"port": 5432, "protocol": "TCP"}],
            },
            {},
        ],
    }
    assert network_policies.policy(DENY)["spec"]["ingress"] == []


def test_unknown_addresses_of_the_api_server_open_nothing():
    (rule,) = network_policies.policy(WEB)["spec"]["ingress"]
    assert rule["ports"] == [{"port": 8080, "protocol": "TCP"}]


def test_pods_of_another_namespace_and_of_all(cluster):
    flows = [{"namespace": "*", "pods": {"app": "x"}}, {"namespace": "*"}, {"pods": {"app": "y"}}]
    (some, every, own) = network_policies.policy({**DENY, "to": flows})["spec"]["egress"]
    assert some["to"] == [{"podSelector": {"matchLabels": {"app": "x"}}, "namespaceSelector": {}}]
    assert every["to"] == [{"namespaceSelector": {}}]
    assert own["to"] == [{"podSelector": {"matchLabels": {"app": "y"}}}]


def test_they_are_applied_once(cluster):
    namespace(cluster, "shop")
    assert bring(cluster) == ["NetworkPolicy shop/default-deny", "NetworkPolicy shop/web"]
    written = len(cluster.written)
    assert bring(cluster) == []
    assert len(cluster.written) == written
    labels = cluster.objects["NetworkPolicy", "shop", "web"]["metadata"]["labels"]
    assert labels == {"landfall.eks/made-by": "landfall", "landfall.eks/component": "shop"}


def test_a_second_look_takes_one_request_for_each_kind(cluster):
    namespace(cluster, "shop")
    bring(cluster)
    given = wanted(cluster)
    before = len(cluster.log)
    owned.bring(cluster, given, {"shop"}, dry_run=True)
    assert [call.path for call in cluster.log[before:] if "networkpolicies" in call.path] == [
        "/apis/networking.k8s.io/v1/networkpolicies"
    ]


def test_a_dry_run_says_and_writes_nothing(cluster):
    assert bring(cluster, dry_run=True) == ["NetworkPolicy shop/default-deny", "NetworkPolicy shop/web"]
    namespace(cluster, "shop")
    bring(cluster)
    cluster.log.clear()
    assert bring(cluster, {"shop": []}, dry_run=True) == ["NetworkPolicy shop/default-deny", "NetworkPolicy shop/web"]
    assert [each for each in cluster.written if "dryRun" not in str(each)] == []
    assert len(kinds(cluster)) == 2


def test_what_somebody_changed_is_changed_back(cluster):
    namespace(cluster, "shop")
    bring(cluster)
    cluster.objects["NetworkPolicy", "shop", "default-deny"]["spec"]["ingress"] = [{}]
    assert bring(cluster) == ["NetworkPolicy shop/default-deny"]
    assert not cluster.objects["NetworkPolicy", "shop", "default-deny"]["spec"].get("ingress")


def test_the_server_leaves_empty_lists_out_and_that_is_no_change(cluster):
    namespace(cluster, "shop")
    bring(cluster)
    del cluster.objects["NetworkPolicy", "shop", "default-deny"]["spec"]["ingress"]
    assert bring(cluster) == []


def test_one_that_is_listed_no_more_goes_and_those_of_others_stay(cluster):
    namespace(cluster, "shop")
    bring(cluster)
    bring(cluster, {"blog": [{**DENY, "name": "blog"}]})
    theirs = {"kind": "NetworkPolicy", "metadata": {"name": "theirs", "namespace": "shop"}, "spec": {}}
    cluster.add(copy.deepcopy(theirs))
    assert bring(cluster, {"shop": [DENY]}) == ["NetworkPolicy shop/web"]
    assert [name for _, _, name in kinds(cluster)] == ["blog", "default-deny", "theirs"]
    # Switched off, and on again.
    assert bring(cluster, {"shop": []}) == ["NetworkPolicy shop/default-deny"]
    assert [name for _, _, name in kinds(cluster)] == ["blog", "theirs"]
    assert bring(cluster) == ["NetworkPolicy shop/default-deny", "NetworkPolicy shop/web"]


def test_a_namespace_of_others_gets_none(cluster):
    namespace(cluster, "shop", ours=False)
    assert bring(cluster) == []
    assert kinds(cluster) == []


def test_the_api_servers_addresses_are_those_of_its_endpoints(cluster):
    namespace(cluster, "shop")
    labels = {"kubernetes.io/service-name": "kubernetes"}
    ends = {"endpoints": [{"addresses": ["10.0.3.7"]}, {"addresses": ["10.0.1.9"]}]}
    cluster.add({"kind": "EndpointSlice", "metadata": {"name": "k", "namespace": "default", "labels": labels}, **ends})
    other = {"kubernetes.io/service-name": "web"}
    cluster.add({"kind": "EndpointSlice", "metadata": {"name": "w", "namespace": "default", "labels": other}, **ends})
    assert network_policies.api_networks(cluster) == ["10.0.1.9/32", "10.0.3.7/32"]
    cluster.refuse(403, "forbidden", method="GET", path="endpointslices")
    assert network_policies.api_networks(cluster) == []


def test_permissions_are_bound_where_they_are_listed(cluster):
    assert bring(cluster, {}, {"shop": [ROW]}) != []
    assert [key[:2] for key in kinds(cluster)] == [
        ("ClusterRole", ""),
        ("RoleBinding", "blog"),
        ("RoleBinding", "shop"),
    ]
    bring(cluster, {}, {"shop": [{**ROW, "in": ["shop"]}]})
    assert ("RoleBinding", "blog", "reader") not in cluster.objects
    bring(cluster, {}, {"shop": [{**ROW, "in": ["*"]}]})
    assert [key[:2] for key in kinds(cluster)] == [("ClusterRole", ""), ("ClusterRoleBinding", "")]
    bring(cluster, {}, {"shop": [{key: value for key, value in ROW.items() if key != "in"}]})
    assert [key[:2] for key in kinds(cluster)] == [("ClusterRole", ""), ("RoleBinding", "shop")]


def test_all_of_it_goes_at_an_uninstall(cluster):
    namespace(cluster, "shop")
    bring(cluster, LISTED, {"shop": [ROW]})
    cluster.add({"kind": "ClusterRole", "metadata": {"name": "theirs"}})
    ours = {"name": "by-a-chart", "labels": dict(namespaces.LABEL_OURS)}
    cluster.add({"kind": "ClusterRole", "metadata": ours})
    assert len(owned.clear(cluster, dry_run=True)) == 5
    assert len(kinds(cluster)) == 7
    owned.clear(cluster, dry_run=False)
    assert [name for _, _, name in kinds(cluster)] == ["by-a-chart", "theirs"]


@pytest.mark.parametrize("policies", [{}, {"shop": []}])
def test_nothing_is_no_work(cluster, policies):
    assert bring(cluster, policies) == []
    assert cluster.written == []
