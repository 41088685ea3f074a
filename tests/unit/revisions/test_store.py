"""Where the records lie: the next number, the namespace, and how many are kept."""

from ansible_collections.landfall.eks.plugins.module_utils.helm.storage import LABEL_IDENTITY
from ansible_collections.landfall.eks.plugins.module_utils.revisions import records
from ansible_collections.landfall.eks.plugins.module_utils.revisions.store import Store, entries

FIELDS = {"releases": [], "changed": [], "proven": True, "note": "rolled out", "restores": 0}


def keep(cluster, number):
    cluster.add({"kind": "Secret", **records.secret({**FIELDS, "number": number}, "landfall-system")})


def test_the_first_record_makes_the_namespace_as_ours(cluster):
    record = Store(cluster, "landfall-system").add(FIELDS, "abc")
    assert record["number"] == 1
    assert record["run"] == "abc"
    assert [(method, path) for method, path, _ in cluster.written] == [
        ("POST", "/api/v1/namespaces"),
        ("POST", "/api/v1/namespaces/landfall-system/secrets"),
    ]
    assert cluster.written[0][2]["metadata"]["labels"]["landfall.eks/made-by"] == "landfall"


def test_the_oldest_go_when_there_are_too_many(cluster):
    cluster.add({"kind": "Namespace", "metadata": {"name": "landfall-system"}})
    for number in range(3, 3 + records.KEEP):
        keep(cluster, number)
    assert Store(cluster, "landfall-system").add(FIELDS, "")["number"] == 3 + records.KEEP
    removed = [path.rpartition("/")[2] for method, path, _ in cluster.written if method == "DELETE"]
    assert removed == ["landfall-revision-3"]


def test_what_is_live_is_read_from_our_notes_alone(cluster, helm_secret):
    cluster.add(helm_secret("ours", "a", labels={LABEL_IDENTITY: "1.chart-values"}))
    cluster.add(helm_secret("not-ready", "a"))
    delivered = {"name": "app", "namespace": "b", "delivery": "argocd", "component": "flask_app"}
    found = entries(cluster, [delivered], None)
    assert [(each["release"], each["owner"], each["chart_digest"], each["values_hash"]) for each in found] == [
        ("app", "argocd", "", ""),
        ("ours", "helm", "chart", "values"),
    ]
    assert (found[1]["chart"], found[1]["version"]) == ("ours", "1.2.3")
    # Another component's run says nothing of what Argo CD delivers: it stays as it was.
    assert [each["release"] for each in entries(cluster, [], {"releases": found})] == ["app", "ours"]
