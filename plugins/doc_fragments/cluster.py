"""The options of every module that reaches a cluster, as cluster_client.CLUSTER_OPTIONS has them."""

from __future__ import annotations


class ModuleDocFragment:
    """Named by those modules under `extends_documentation_fragment`."""

    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - How the cluster is reached, a path or a dict.
      - Empty for what E(K8S_AUTH_KUBECONFIG) and its kin, E(KUBECONFIG) or the pod that Ansible runs in say.
    type: raw
  context:
    description: Context of the kubeconfig; empty for its current one.
    type: str
"""
