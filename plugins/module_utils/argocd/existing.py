"""Before a run: what Argo CD delivers on a cluster already, and whether there is one that could."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from ansible_collections.landfall.eks.plugins.module_utils.argocd.takeover import APPLICATION
from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster

ARGOCD = "argo-cd"
"""The release of Argo CD itself."""


@dataclass(frozen=True)
class Row:
    """A release that Argo CD may deliver.

    `application` and `namespace` name its Application and where Argo CD lies; `setting` is the variable that holds
    `delivery` (helm or argocd); `selected` says whether this run is about the release, `comes` whether it brings Argo
    CD.
    """

    release: str
    application: str
    namespace: str
    setting: str
    delivery: str
    selected: bool
    comes: bool


@dataclass
class ExistingApplications:
    """`delivered` are the releases that have an Application, `problems` are sentences."""

    delivered: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def find_applications(
    cluster: Cluster, rows: Sequence[Row], others: Mapping[str, str], installing: bool, *, managed: bool = False
) -> ExistingApplications:
    """Find out who has an Application, and what keeps Argo CD from delivering the rest.

    `others` holds the namespace of an Argo CD that is not ours, under its release's name, argo-cd; it is `managed` if
    it runs outside of this cluster.
    """
    found = ExistingApplications()
    for row in rows:
        path = cluster.resource_path(*APPLICATION, row.namespace)
        if path and _is_there(cluster, f"{path}/{row.application}"):
            found.delivered.append(row.release)
        if installing and row.selected and row.delivery == "argocd":
            found.problems += [_managed_problem(row)] if managed else _problems(row, others, known=path is not None)
    return found


def _is_there(cluster: Cluster, path: str) -> bool:
    try:
        return "metadata" in cluster.request("GET", path)
    except Exception as error:
        if getattr(error, "status", None) == HTTPStatus.NOT_FOUND:
            return False
        raise


def _managed_problem(row: Row) -> str:
    """Return why the Argo CD that EKS runs cannot deliver our applications.

    It knows clusters by their ARN alone, and wants `sourceNamespaces` in projects
    (https://docs.aws.amazon.com/eks/latest/userguide/argocd-comparison.html).
    """
    return (
        f"{row.setting} is argocd, and the Argo CD here runs outside of this cluster, where it does not know it as "
        f"https://kubernetes.default.svc: write {row.setting}: helm."
    )


def _problems(row: Row, others: Mapping[str, str], known: bool) -> list[str]:
    there = others.get(ARGOCD)
    if not known and (there is not None or not row.comes):
        lacking = "the Argo CD here brings no Applications" if there is not None else "this cluster has no Argo CD"
        sentence = (
            f"{row.setting} is argocd, and {lacking}: roll Argo CD out with this run (argocd_enabled: true, and argocd "
            f"among the --tags), or write {row.setting}: helm."
        )
        return [sentence]
    if there is not None and there != row.namespace:
        sentence = (
            f"{row.setting} is argocd, and Argo CD looks for its Applications in the namespace {there}: write "
            f"argocd_namespace: {there}, or {row.setting}: helm."
        )
        return [sentence]
    return []
