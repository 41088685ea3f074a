"""Helm's Secrets: which revision counts, and what a revision rendered."""

from ansible_collections.landfall.eks.plugins.module_utils.helm import storage


def test_newest_revision_counts_and_the_last_good_one_is_known(helm_secret):
    secrets = [
        helm_secret(revision=10, status="pending-upgrade"),
        helm_secret(revision=9, status="deployed"),
        helm_secret(revision=2, status="superseded"),
    ]
    found = storage.newest_releases(secrets)["logging/logs"]
    assert (found["revision"], found["status"], found["good_revision"]) == (10, "pending-upgrade", 9)


def test_first_revision_that_hangs_has_no_good_one(helm_secret):
    found = storage.newest_releases([helm_secret(status="pending-install")])
    assert found["logging/logs"]["good_revision"] == 0


def test_same_name_in_two_namespaces_is_two_releases(helm_secret):
    found = storage.newest_releases([helm_secret(namespace="a"), helm_secret(namespace="b")])
    assert set(found) == {"a/logs", "b/logs"}


def test_note_counts_on_its_own_revision_and_not_on_the_next_that_inherits_the_label(helm_secret):
    labels = {storage.LABEL_IDENTITY: "1.abc-def", storage.LABEL_SOURCE: "cache"}
    old, new = helm_secret(revision=1, labels=labels), helm_secret(revision=2, labels=labels)
    assert storage.newest_releases([old])["logging/logs"]["identity"] == "abc-def"
    found = storage.newest_releases([old, new])["logging/logs"]
    assert (found["identity"], found["source"]) == ("", "")


def test_manifest_is_decoded(helm_secret):
    objects = [{"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "a"}}, {"kind": "Service"}]
    record = storage.decode_release(helm_secret(manifest=objects))
    assert storage.manifest_objects(record) == objects


def test_identity_is_noted_on_the_live_revisions_secret(cluster, helm_secret):
    release = storage.newest_releases([cluster.add(helm_secret(revision=3))])["logging/logs"]
    storage.note_identity(cluster, release, "abc-def", "cache")
    method, path, body = cluster.written[0]
    assert (method, path) == ("PATCH", "/api/v1/namespaces/logging/secrets/sh.helm.release.v1.logs.v3")
    assert body["metadata"]["labels"] == {storage.LABEL_IDENTITY: "3.abc-def", storage.LABEL_SOURCE: "cache"}


def others(helm_secret, called, labels=None, **fields):
    """Return something with that name and the labels of Helm's Secrets; None takes a label away."""
    found = helm_secret(revision=7)
    kept = {key: each for key, each in (found["metadata"]["labels"] | (labels or {})).items() if each is not None}
    return {**found, "metadata": {**found["metadata"], "name": called, "labels": kept}, **fields}


def test_what_only_carries_helms_labels_is_no_revision(cluster, helm_secret):
    cluster.add(helm_secret(revision=3))
    for other in (
        others(helm_secret, "password", type="Opaque"),
        others(helm_secret, "bare", {"name": None, "version": None, "status": None}, type="Opaque"),
        others(helm_secret, "no-version", {"version": None}),
        others(helm_secret, "no-name", {"name": None}),
        others(helm_secret, "no-status", {"status": None}),
        others(helm_secret, "a-word", {"version": "latest"}),
        others(helm_secret, "a-fraction", {"version": "1.5"}),
        others(helm_secret, "the-other-driver", kind="ConfigMap"),
    ):
        cluster.add(other)
    found = storage.read_releases(cluster)
    assert {key: each["revision"] for key, each in found.items()} == {"logging/logs": 3}
    assert [each["revision"] for each in storage.read_revisions(cluster, "logging", "logs")] == [3]
    assert list(storage.read_records(cluster, found.values())) == [("logging", "sh.helm.release.v1.logs.v3")]


def test_a_secret_of_others_is_not_deleted_with_helms_records(cluster, helm_secret):
    cluster.add(helm_secret(revision=3))
    cluster.add(others(helm_secret, "password", type="Opaque"))
    assert storage.forget(cluster, "logging", "logs")
    assert [name for _, _, name in cluster.objects] == ["password"]
