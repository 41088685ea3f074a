"""The option of modules that know where certificates come from, as credentials.sources.OPTIONS has it."""

from __future__ import annotations


class ModuleDocFragment:
    """Named by those modules under `extends_documentation_fragment`."""

    DOCUMENTATION = r"""
options:
  tls:
    description: Where certificates come from; see the settings that begin with C(platform_tls_).
    type: dict
    suboptions:
      source:
        description: Who signs the certificates that people see.
        type: str
        choices: [own_ca, provided, cert_manager, acm]
        default: own_ca
      permitted:
        description: Domains and hosts that a CA that is made now may sign for.
        type: list
        elements: str
        default: []
      certificates:
        description: Certificates that are V(provided).
        type: list
        elements: dict
        default: []
        suboptions:
          certificate:
            description: Path of a PEM file, or its text.
            type: str
          key:
            description: Path of the file with its private key, or its text.
            type: str
          secret:
            description: Instead of both, a Secret of type C(kubernetes.io/tls), C(<namespace>/<name>).
            type: str
      acm:
        description: ARNs of certificates in AWS Certificate Manager.
        type: list
        elements: str
        default: []
      issuer:
        description: The issuer of cert-manager, with V(cert_manager).
        type: dict
        suboptions:
          kind:
            description: Its kind; an V(Issuer) in the namespace of each certificate, or a V(ClusterIssuer).
            type: str
            choices: [Issuer, ClusterIssuer]
            default: ClusterIssuer
          name:
            description: Its name.
            type: str
            default: ""
      timeout:
        description: Seconds that cert-manager has for the certificates.
        type: int
        default: 300
"""
