#!/usr/bin/python
"""Documentation of the action credentials_show, which does its work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: credentials_show
short_description: Shows the credentials of a cluster, or writes them to a file
version_added: 0.1.0
description:
  - Shows service, address, user, password and age of each password that Landfall made or knows of, or writes them to a
    file that only its owner can read, plain or encrypted. Writes the public certificate of the cluster's CA, and
    shows how to trust it.
  - Passwords are shown on the screen (standard output) alone. They are in no result, log file, diff or argument.
  - This is an action; its work is done on the controller.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  namespace:
    description: Namespace of the originals.
    type: str
    required: true
  cluster_name:
    description: Name of the cluster, as it is shown.
    type: str
    default: kubernetes
  ca_file:
    description: File for the public certificate of the cluster's certificate authority.
    type: str
    required: true
  file:
    description: File for the credentials (YAML, mode 0600) instead of the screen; empty for the screen.
    type: str
    default: ""
  age_recipient:
    description: Public key for which the file is encrypted with age; C(age1...) or an SSH public key.
    type: str
    default: ""
  vault_password_file:
    description: File with the password, or program that prints it, with which the file is encrypted by Ansible Vault.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Show the credentials
  landfall.eks.credentials_show:
    kubeconfig: .landfall/kubeconfig
    namespace: landfall-system
    ca_file: .landfall/ca.crt

- name: Write them for one reader
  landfall.eks.credentials_show:
    kubeconfig: .landfall/kubeconfig
    namespace: landfall-system
    ca_file: .landfall/ca.crt
    file: credentials.age
    age_recipient: "{{ reader_public_key }}"
"""

RETURN = r"""
files:
  description: Paths of the files that were written, or would be in check mode.
  type: list
  elements: str
  returned: always
services:
  description: Names of the services whose credentials were shown or written.
  type: list
  elements: str
  returned: always
"""
