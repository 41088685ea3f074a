#!/usr/bin/python
"""Module half of the wait for releases: polls for a while; its action plugin repeats it and shows the progress."""

from __future__ import annotations

DOCUMENTATION = r"""
module: settle
short_description: Waits until Helm releases are ready
version_added: 0.1.0
description:
  - Waits, side by side, until Helm has ended, every workload of a release is ready and its C(ready) rows hold.
  - Gives a release up before its timeout where waiting cannot cure what the cluster says of it, such as an image that
    does not exist, a denied admission or an exceeded quota; and where it gets no better within its C(patience), such as
    a container that crashes again and again. Volumes that are not bound and pods that find no room on the nodes are
    waited for until the timeout where Karpenter, EKS Auto Mode or the Cluster Autoscaler makes nodes.
  - Where Helm ended with an error that may pass, such as a broken connection, says so up to three times.
  - Shows a line whenever a release makes progress, and returns those that do not become ready, each with its cause.
  - Notes on each ready release what it was made of, so that the next run can leave it alone.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  runs:
    description:
      - The releases, C({name, namespace, job, identity, source, ready, timeout, patience, started, calls}).
      - C(patience) is 300 seconds by default. A release without a C(job), so one that was not started, is waited for
        until its timeout.
    type: list
    elements: dict
    required: true
  seconds:
    description: How long one call polls before it reports; the action plugin starts the next one.
    type: float
    default: 3
"""

EXAMPLES = r"""
- name: Wait for a release that is there
  landfall.eks.settle:
    runs:
      - {name: shop, namespace: shop, job: "", identity: "", source: cache, ready: [], timeout: 300}
"""

RETURN = r"""
again:
  description:
    - The runs whose Helm ended with an error that may pass, and has to be called again; their back-off is over. The
      others are waited for by the next call.
  type: list
  elements: dict
  returned: always
failures:
  description: The runs that did not become ready, each with its C(cause).
  type: list
  elements: dict
  returned: always
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, reading
from ansible_collections.landfall.eks.plugins.module_utils.rollout.wait import ReleaseWaiter


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "runs": {"type": "list", "elements": "dict", "required": True},
            "seconds": {"type": "float", "default": 3},
        },
        supports_check_mode=True,
    )
    runs = [{"started": time.time(), **run} for run in module.params["runs"]]
    with reading(module) as cluster:
        outcomes = ReleaseWaiter(cluster, runs).wait(module.params["seconds"])
        module.exit_json(
            changed=any(each.changed for each in outcomes.values()),
            outcomes={key: each.as_dict() for key, each in outcomes.items()},
        )


if __name__ == "__main__":
    main()
