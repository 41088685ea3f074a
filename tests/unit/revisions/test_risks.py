"""What data a way back would cost."""

import pytest

from ansible_collections.landfall.eks.plugins.module_utils.revisions.data_risks import risks


def thing(kind, name="data", annotations=None, **spec):
    return {"kind": kind, "metadata": {"name": name, "annotations": annotations or {}}, "spec": spec}


CLAIM = thing("PersistentVolumeClaim")


def elastic(version="9.4.0", **sets):
    nodes = [{"name": name, "count": count} for name, count in sets.items()]
    return thing("Elasticsearch", "logs", version=version, nodeSets=nodes)


@pytest.mark.parametrize(
    ("now", "then", "lost"),
    [
        ([CLAIM], [], ["PersistentVolumeClaim data would be deleted with its data"]),
        ([thing("PersistentVolumeClaim", annotations={"helm.sh/resource-policy": "keep"})], [], []),
        ([CLAIM], [CLAIM], []),
        ([], [CLAIM], []),
        ([thing("Deployment")], [], []),
        ([elastic()], [], ["Elasticsearch logs would be deleted with its data"]),
        ([thing("Elasticsearch", volumeClaimDeletePolicy="DeleteOnScaledownOnly")], [], []),
        (
            [elastic("9.10.1", a=3)],
            [elastic("9.9.0", a=3)],
            ["Elasticsearch logs would go from 9.10.1 to 9.9.0, which cannot read what is there"],
        ),
        ([elastic("9.9.0", a=3)], [elastic("9.10.1", a=3)], []),
        ([elastic("10.0.0-rc1", a=3)], [elastic("10.0.0", a=3)], []),
        (
            [elastic("10.0.0", a=3)],
            [elastic("10.0.0-rc1", a=3)],
            ["Elasticsearch logs would go from 10.0.0 to 10.0.0-rc1, which cannot read what is there"],
        ),
        ([elastic(a=3, b=1)], [elastic(a=2)], ["Elasticsearch logs: its node set b would be scaled to 0"]),
    ],
)
def test_risks(now, then, lost):
    assert risks(now, then) == lost
