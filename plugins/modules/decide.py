#!/usr/bin/python
"""Documentation of the action decide, which does its work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: decide
short_description: Decides at once what a run has to do
version_added: 0.1.0
description:
  - Compares what the components want with what the cluster has, and returns the record of the run. It is registered as
    C(platform_run), and is no fact.
  - A component is in sync if its releases, credentials and objects, and the definitions and namespaces of the whole run
    are as they should be. Nothing more is done for it than to wait until it is ready.
  - Changes nothing. This is an action; its work is done on the controller.
author: The Landfall authors (@landfall)
options:
  namespace:
    description: Namespace of Landfall's records.
    type: str
    required: true
  cluster_name:
    description: Name of the cluster.
    type: str
    required: true
  ca_file:
    description: File that holds the public certificate of the CA.
    type: str
    required: true
  tls:
    description: Where certificates come from, as M(landfall.eks.credentials) takes it.
    type: dict
    default: {}
  lease:
    description: Whether the run has the Lease, C(held), and its C(run_id).
    type: dict
    required: true
  namespace_metadata:
    description: C(labels) and C(annotations) of namespaces that are made.
    type: dict
    default: {}
  installing:
    description: Whether the run rolls anything out.
    type: bool
    required: true
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
"""

EXAMPLES = r"""
- name: Decide what there is to do
  landfall.eks.decide:
    namespace: landfall-system
    cluster_name: production
    ca_file: .landfall/production/ca.crt
    lease: {held: true, run_id: 0123456789ab}
    installing: true
  register: platform_run
"""

RETURN = r"""
in_sync:
  description: The components for which nothing is to be done; all other parts of the record are returned too.
  type: list
  elements: str
  returned: always
"""
