#!/usr/bin/python
"""Module half of the Lease: takes it, or looks whether it is still this run's; its action plugin does the waiting."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lease
short_description: Lets one run at a time work on a cluster
version_added: 0.1.0
description:
  - Takes the Lease C(landfall) of a namespace. If another run has it, fails with one sentence on who that is and since
    when.
  - A process of its own renews the Lease until ansible-playbook and the Helm processes that it started have ended, and
    frees it then, so that a play, also a failed one, needs no final task.
  - The Lease of a run whose machine has stopped ends after its duration.
  - In check mode no Lease is taken.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  state:
    description:
      - V(held) takes the Lease; a run that has it already keeps it.
      - V(check) fails if the Lease is no longer this run's. As a rule that asks the cluster nothing.
    type: str
    choices: [held, check]
    default: held
  namespace:
    description: Namespace of the Lease; it is made if it is missing.
    type: str
    required: true
  folder:
    description:
      - Folder on the control node for the status of the renewal, and of the run's background jobs; while one of them
        is at work, the Lease is not freed.
    type: path
    required: true
  wait:
    description: Seconds to wait for another run to end.
    type: int
    default: 0
  duration:
    description: Seconds that the Lease lasts without being renewed.
    type: int
    default: 30
  leave:
    description:
      - What happens to the Lease when the run has ended. With V(deleted) no namespace is made for it either; where the
        namespace is missing there is nothing that two runs could both remove.
    type: str
    choices: [freed, deleted]
    default: freed
  namespace_metadata:
    description: C(labels) and C(annotations) of the namespace, if it is made.
    type: dict
    default: {}
  run:
    description: What the action plugin tells of the run, C({id, pid, root, host, jobs, slice}); not for playbooks.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Take the Lease, or wait ten minutes for it
  landfall.eks.lease:
    namespace: landfall-system
    folder: .landfall
    wait: 600

- name: Stop if the Lease was lost
  landfall.eks.lease:
    state: check
    namespace: landfall-system
    folder: .landfall
"""

RETURN = r"""
held:
  description: Whether this run has the Lease now.
  type: bool
  returned: always
run_id:
  description: The id under which others see this run.
  type: str
  returned: always
"""

import time
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.landfall.eks.plugins.module_utils.kube import namespaces
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.lease import renewer
from ansible_collections.landfall.eks.plugins.module_utils.lease import status as lease_status
from ansible_collections.landfall.eks.plugins.module_utils.lease.lease import (
    Busy,
    Lease,
    LeaseLostError,
    hold_of,
    other_host,
    same_cluster,
)
from ansible_collections.landfall.eks.plugins.module_utils.lease.processes import alive

POLL_SECONDS = 1


def take(module: AnsibleModule, cluster: Cluster) -> None:
    """Try for a slice of time, and tell the action plugin how it went."""
    deadline = time.monotonic() + module.params["run"]["slice"]
    made = False
    while True:
        found, just_made = namespaces.ensure(
            cluster,
            module.params["namespace"],
            module.params["namespace_metadata"],
            make=module.params["leave"] == "freed",
        )
        made = made or just_made
        if found == "absent":
            module.exit_json(changed=False, held=False)
        taken: Any = Busy(f"the namespace {module.params['namespace']} is being deleted", passing=True)
        if found == "there":
            lease, begun = Lease(cluster, module.params["namespace"], cluster.server_time), time.time()
            taken = lease.take(holder_of(module), module.params["duration"])
        if not isinstance(taken, Busy):
            keep(module, taken, begun)
            module.exit_json(changed=made, held=True)
        if other := other_host(taken.holder, holder_of(module)):
            module.fail_json(msg=same_cluster([other, module.params["run"]["host"]]))
        if time.monotonic() >= deadline:
            passing = taken.passing or renewer_died(module, taken.holder)
            module.exit_json(changed=made, held=False, busy=taken.text, passing=passing)
        time.sleep(POLL_SECONDS)


def check(module: AnsibleModule, cluster: Cluster) -> None:
    """Ask the cluster itself; where nobody renews the Lease any more, renew it again."""
    holder = holder_of(module)
    lease = Lease(cluster, module.params["namespace"], cluster.server_time)
    begun = time.time()
    try:
        held = lease.still_ours(holder)
        if not renewer_lives(module, holder):
            keep(module, lease.renew(held), begun)
    except LeaseLostError as lost:
        module.fail_json(msg=str(lost))
    module.exit_json(changed=False, held=True)


def keep(module: AnsibleModule, held: dict[str, Any], begun: float) -> None:
    """Start the process that renews the Lease, unless one does; `begun` is when it was asked for."""
    hold = hold_of(held)
    if renewer_lives(module, hold.holder):
        return
    path, run = status_file(module), module.params["run"]
    order = {
        "kubeconfig": module.params["kubeconfig"],
        "context": module.params["context"],
        "namespace": module.params["namespace"],
        "held": held,
        "pid": run["pid"],
        "jobs": run["jobs"],
        "status": str(path),
        "delete": module.params["leave"] == "deleted",
    }
    try:
        pid = renewer.start(order, run["root"])
        lease_status.write(path, lease_status.Status(hold.holder, begun, hold.seconds, pid))
    except OSError as error:
        module.fail_json(
            msg=f"The Lease cannot be kept ({error}): let platform_state_dir be a folder you may write to."
        )


def holder_of(module: AnsibleModule) -> str:
    return lease_status.holder_name(module.params["run"]["id"], module.params["run"]["host"])


def renewer_lives(module: AnsibleModule, holder: str) -> bool:
    status = lease_status.read(status_file(module), holder)
    return status is not None and not status.lost and alive(status.pid)


def renewer_died(module: AnsibleModule, holder: str) -> bool:
    """Say whether the run was killed on this machine together with its renewer, so that its Lease will run out."""
    status = lease_status.read(status_file(module), holder)
    return status is not None and not alive(status.pid)


def status_file(module: AnsibleModule) -> Path:
    return lease_status.status_path(module.params["folder"], module.params["run"]["host"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_OPTIONS,
            "state": {"type": "str", "choices": ["held", "check"], "default": "held"},
            "namespace": {"type": "str", "required": True},
            "folder": {"type": "path", "required": True},
            "wait": {"type": "int", "default": 0},
            "duration": {"type": "int", "default": 30},
            "leave": {"type": "str", "choices": ["freed", "deleted"], "default": "freed"},
            "namespace_metadata": {"type": "dict", "default": {}},
            "run": {"type": "dict", "default": {}},
        },
        supports_check_mode=True,
    )
    with reading(module) as cluster:
        (take if module.params["state"] == "held" else check)(module, cluster)


if __name__ == "__main__":
    main()
