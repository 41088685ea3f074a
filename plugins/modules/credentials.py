#!/usr/bin/python
"""Module that makes credentials once and delivers them to the Secrets that charts read."""

from __future__ import annotations

DOCUMENTATION = r"""
module: credentials
short_description: Makes credentials once and keeps them in Secrets
version_added: 0.1.0
description:
  - Makes passwords, a certificate authority and server certificates in memory, keeps each in an original Secret of one
    namespace, and delivers it as the Secret that a chart reads. Namespaces that are missing are made.
  - A second run changes nothing. A certificate is renewed when less than a third of its lifetime is left, or when its
    host names or the CA changed. A Lease holds its expiry, which monitoring reads as a metric.
  - What a killed rotation began is ended; see the module M(landfall.eks.rotate).
  - No secret value is returned, logged, or written to the control node; the CA's public certificate is.
author: The Landfall authors (@landfall)
extends_documentation_fragment:
  - landfall.eks.cluster
  - landfall.eks.tls
  - landfall.eks.attributes
  - landfall.eks.attributes.internal
options:
  namespace:
    description: Namespace that keeps the originals, each labelled C(landfall.eks/credential).
    type: str
    required: true
  cluster_name:
    description: Name of the cluster, which the certificate authority's subject carries.
    type: str
    default: kubernetes
  ca_file:
    description: File on the control node for the CA's public certificate; left as it is where none was asked for.
    type: path
  tls:
    default: {}
  credentials:
    description: Credentials that must exist.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the credential, and of its original Secret.
        type: str
        required: true
      kind:
        description:
          - V(password) is random letters and digits; V(certificate) a server certificate of the cluster's own
            CA; V(fixed) is text that is written as it is given; V(found) is a password that somebody else makes,
            of which only the login is noted.
        type: str
        choices: [password, certificate, fixed, found]
        required: true
      login:
        description: What a password is for, noted on its original for those who read it later.
        type: dict
        suboptions:
          service:
            description: Name of the service, as people say it.
            type: str
            required: true
          url:
            description:
              - Address at which people log in; if it is not said, the load balancers of the Secret's namespace are.
            type: str
          user:
            description: Name of the user.
            type: str
            required: true
      rotation:
        description: What rotating it takes, noted on its original; of a password, its Secret by default.
        type: dict
        suboptions:
          method:
            description:
              - How the backend is told. V(secret) by the delivered Secret; V(grafana) by Grafana's own API, then the
                Secret; V(recreate) by deleting a Secret that is found, which its operator then recreates.
            type: str
            choices: [secret, grafana, recreate]
          means:
            description: Sentence on what rotating it means for people.
            type: str
          by_hand:
            description: Sentence on what a person has to do elsewhere then; it is not rotated for its age alone.
            type: str
          service:
            description: Grafana's Service, as C(<scheme>:<name>:<port>).
            type: str
          restart:
            description:
              - Workloads that read the Secret when they start, each C(<kind>/<name>), or C(<namespace>/<kind>/<name>).
            type: list
            elements: str
          needs:
            description: Workloads that must be ready because they recreate it.
            type: list
            elements: str
          token:
            description: How the token beside a password is rotated, which is done by a name of its own.
            type: dict
            suboptions:
              name:
                description: Name that rotates it.
                type: str
                required: true
              means:
                description: Sentence on what rotating it means for people.
                type: str
              by_hand:
                description: Sentence on what a person has to do elsewhere then.
                type: str
              restart:
                description: Workloads that read it when they start.
                type: list
                elements: str
      hosts:
        description: Host names, wildcards or IP addresses of a certificate.
        type: list
        elements: str
        default: []
      own_hosts:
        description:
          - Further names of a certificate that only the cluster's own CA signs, such as that of a load balancer.
        type: list
        elements: str
        default: []
      fallback:
        description: Whether the cluster's own CA signs a certificate that its source does not have.
        type: bool
        default: false
      length:
        description: Characters of a password, 12 to 72.
        type: int
        default: 32
      secret:
        description: Secret to deliver.
        type: dict
        required: true
        suboptions:
          name:
            description: Name of the Secret.
            type: str
            required: true
          namespace:
            description: Namespace of the Secret, made if it is missing.
            type: str
            required: true
          data:
            description:
              - Keys and texts of the Secret. For a password C({password}), C({password_bcrypt}), C({token}) (a second
                random value) and C({created}) (time of making) are filled in. Not for certificates.
              - For one that is found, C(password) and the key of the Secret that holds it.
            type: dict
            default: {}
          plain:
            description: Further keys and texts, which are no secret and may be shown. Not for certificates.
            type: dict
            default: {}
          labels:
            description: Further labels of the Secret.
            type: dict
            default: {}
"""

EXAMPLES = r"""
- name: Keep Grafana's administrator and Kibana's certificate
  landfall.eks.credentials:
    kubeconfig: .landfall/kubeconfig
    namespace: landfall-system
    credentials:
      - name: grafana-admin
        kind: password
        secret:
          name: grafana-admin
          namespace: monitoring
          data: {admin-user: admin, admin-password: "{password}"}
      - name: kibana-tls
        kind: certificate
        hosts: [kibana.example.org]
        secret: {name: kibana-tls, namespace: logging}
"""

RETURN = r"""
credentials:
  description: Per credential its name, kind, Secret, what was done and, for a certificate, the date of its end.
  type: list
  elements: dict
  returned: always
rotated:
  description: Names of the credentials whose rotation, begun by a run that was killed, was ended.
  type: list
  elements: str
  returned: always
ca_certificate:
  description:
    - Public certificate of the CA (PEM), two while another one takes its place; empty if none was asked for,
      or if it is only planned.
  type: str
  returned: always
planned:
  description:
    - In check mode, C({action, kind, namespace, name}) of each Secret and Certificate that would be written or go.
  type: list
  elements: dict
  returned: always
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.landfall.eks.plugins.module_utils.credentials import choice, delivery, sources
from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import CredentialError
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import Run
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import CLUSTER_OPTIONS, Cluster, reading
from ansible_collections.landfall.eks.plugins.module_utils.libraries import cryptography
from ansible_collections.landfall.eks.plugins.module_utils.text import files

SECRET_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "data": {"type": "dict", "default": {}},
    "plain": {"type": "dict", "default": {}},
    "labels": {"type": "dict", "default": {}},
}
LOGIN_OPTIONS: dict[str, Any] = {
    "service": {"type": "str", "required": True},
    "url": {"type": "str"},
    "user": {"type": "str", "required": True},
}
TOKEN_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "means": {"type": "str"},
    "by_hand": {"type": "str"},
    "restart": {"type": "list", "elements": "str"},
}
ROTATION_OPTIONS: dict[str, Any] = {
    "method": {"type": "str", "choices": ["secret", "grafana", "recreate"]},
    "means": {"type": "str"},
    "by_hand": {"type": "str"},
    "service": {"type": "str"},
    "restart": {"type": "list", "elements": "str"},
    "needs": {"type": "list", "elements": "str"},
    "token": {"type": "dict", "no_log": False, "options": TOKEN_OPTIONS},
}
CREDENTIAL_OPTIONS: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True, "choices": ["password", "certificate", "fixed", "found"]},
    "login": {"type": "dict", "options": LOGIN_OPTIONS},
    "rotation": {"type": "dict", "options": ROTATION_OPTIONS},
    "hosts": {"type": "list", "elements": "str", "default": []},
    "own_hosts": {"type": "list", "elements": "str", "default": []},
    "fallback": {"type": "bool", "default": False},
    "length": {"type": "int", "default": 32},
    "secret": {"type": "dict", "required": True, "no_log": False, "options": SECRET_OPTIONS},
}


def fixed_texts(credentials: list[dict[str, Any]]) -> set[str]:
    return {
        str(text)
        for each in credentials
        if each["kind"] == "fixed"
        for text in (each["secret"].get("data") or {}).values()
        if text
    }


def run(module: AnsibleModule, cluster: Cluster) -> dict[str, Any]:
    wanted = module.params["credentials"]
    # Fixed text may hold the keys of a pager or a chat: not even a dump of this module's arguments may show it.
    module.no_log_values.update(fixed_texts(wanted))
    tls, now = module.params["tls"], datetime.now(UTC)
    choice.hide(module.no_log_values, tls)
    source = choice.chosen(tls, lambda namespace, name: cluster.get("v1", "Secret", name, namespace), now)
    permitted = tuple(tls.get("permitted") or ())
    home, name = module.params["namespace"], module.params["cluster_name"]
    this_run = Run(home, name, now, source, permitted, tls.get("timeout") or Run.tls_timeout)
    result, warnings = delivery.deliver(cluster, wanted, this_run, dry_run=module.check_mode)
    for sentence in warnings:
        module.warn(sentence)
    return {**result, "changed": keep_public(module, result["ca_certificate"]) or result["changed"]}


def keep_public(module: AnsibleModule, certificate: str) -> bool:
    """Write the CA's certificate to its file, and say whether it was not there."""
    if not certificate or not module.params["ca_file"]:
        return False
    path = Path(module.params["ca_file"])
    keep = files.differs if module.check_mode else files.write_bytes
    try:
        changed = keep(path, certificate.encode())
    except OSError as error:
        module.fail_json(
            msg=f"{path} cannot be written ({error.strerror}): write another file as credentials_ca_file, or another "
            "folder as platform_state_dir."
        )
    return changed


def main() -> None:
    module = AnsibleModule(
        argument_spec=CLUSTER_OPTIONS
        | {
            "namespace": {"type": "str", "required": True},
            "cluster_name": {"type": "str", "default": "kubernetes"},
            "ca_file": {"type": "path"},
            "tls": {"type": "dict", "default": {}, "no_log": True, "options": sources.OPTIONS},
            "credentials": {"type": "list", "elements": "dict", "required": True, "options": CREDENTIAL_OPTIONS},
        },
        supports_check_mode=True,
    )
    if cryptography.MISSING:
        module.fail_json(msg=missing_required_lib("cryptography"))
    with reading(module) as cluster:
        try:
            result = run(module, cluster)
        except CredentialError as error:
            module.fail_json(msg=str(error))
        module.exit_json(**result)


if __name__ == "__main__":
    main()
