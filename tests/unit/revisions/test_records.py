"""Records of the platform: when one is written, what it holds, and to which one a way back leads."""

import json

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.revisions import records


def entry(name, values="v1", revision=1, owner="helm"):
    return {
        "release": name,
        "namespace": name,
        "component": name,
        "owner": owner,
        "adopted": False,
        "chart": name,
        "version": "1.0.0",
        "chart_digest": "c1",
        "values_hash": values,
        "revision": revision,
    }


def record(number, *entries, proven=True, restores=0):
    return {
        "number": number,
        "when": "2026-11-26T07:00:00Z",
        "who": "ada@ops",
        "run": "abc",
        "proven": proven,
        "note": "rolled out",
        "restores": restores,
        "changed": [records.key_of(each) for each in entries],
        "releases": list(entries),
    }


A1, A2, B1 = entry("a"), entry("a", "v2", 2), entry("b")


@pytest.mark.parametrize(
    ("now", "before", "changed"),
    [
        ([A1], None, ["a/a"]),
        ([A1], record(1, A1), []),
        ([A2, B1], record(1, A1, B1), ["a/a"]),
        ([entry("a", revision=3)], record(1, A1), ["a/a"]),
        ([A1, B1], record(1, A1), ["b/b"]),
        ([A1], record(1, A1, B1), ["b/b"]),
        ([entry("a", owner="argocd")], record(1, A1), ["a/a"]),
    ],
)
def test_what_differs_from_the_record_before(now, before, changed):
    assert records.changes(now, before) == changed


def test_a_record_is_packed_into_a_secret_and_back():
    secret = records.secret(record(7, A1), "landfall-system")
    assert secret["metadata"]["name"] == "landfall-revision-7"
    assert records.unpacked(json.loads(json.dumps(secret))) == record(7, A1)


@pytest.mark.parametrize("data", [None, {}, {"revision": "%%"}, {"revision": "e30="}])
def test_a_secret_that_holds_no_record_is_passed_over(data):
    assert records.unpacked({"data": data}) is None


def test_ten_are_kept():
    assert records.expired(range(1, 13)) == [1, 2]
    assert records.expired([3, 4]) == []


def numbers(found):
    return found and found["number"]


@pytest.mark.parametrize(
    ("known", "live", "target"),
    [
        ([], [A1], None),
        ([record(1, A1)], [A1], None),
        ([record(1, A1), record(2, A2)], [A2], 1),
        # Something else is live than what was recorded last: back to that.
        ([record(1, A1), record(2, A2)], [entry("a", "v3", 3)], 2),
        # What was not seen ready is no place to go back to.
        ([record(1, A1), record(2, entry("a", "v9"), proven=False), record(3, A2)], [A2], 1),
        # Back at 1 already: not forth again to 2.
        ([record(1, A1), record(2, A2), record(3, A1, restores=1)], [A1], None),
        ([record(1, B1), record(2, A1), record(3, A2), record(4, A1, restores=2)], [A1], 1),
    ],
)
def test_the_way_back_leads_further_back_and_not_forth(known, live, target):
    assert numbers(records.before(known, live)) == target


def test_releases_are_in_the_order_in_which_they_are_started():
    names = [each["release"] for each in records.ordered([B1, A1], ["a/a", "b/b"], None)]
    assert names == ["a", "b"]
    # A single component's run leaves the others where they were, and what is new comes last.
    before = record(1, A1, B1)
    assert [each["release"] for each in records.ordered([B1, A1], ["b/b"], before)] == ["a", "b"]
    assert [each["release"] for each in records.ordered([B1, A1, entry("c")], ["c/c"], before)] == ["a", "b", "c"]
    # A full run says it anew.
    assert [each["release"] for each in records.ordered([B1, A1], ["b/b", "a/a"], before)] == ["b", "a"]


def test_the_table_shows_the_newest_first():
    lines = records.table([record(1, A1, B1), record(2, A2, proven=False)])
    assert lines[0].split() == ["Revision", "When", "Who", "Changed", "Proven", "Note"]
    assert [line.split()[0] for line in lines[1:]] == ["2", "1"]
    assert "  a b  " in lines[2]
    assert "  no  " in lines[1]
