"""A Service or pod of the cluster that speaks plain HTTP, reached through the API server's own proxy.

The proxy takes the Authorization header for itself, so what asks for a login cannot be reached in this way
(kubernetes/apiserver, pkg/endpoints/filters/authentication.go).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.kube.client import Cluster


@dataclass(frozen=True)
class Proxied:
    """One of them: `kind` is services or pods, `port` a number or, of a Service, a name."""

    cluster: Cluster
    namespace: str
    name: str
    port: str
    kind: str = "services"

    def path(self, rest: str) -> str:
        """Return the path at which the API server passes `rest`, which begins with a slash, on."""
        return f"/api/v1/namespaces/{self.namespace}/{self.kind}/http:{self.name}:{self.port}/proxy{rest}"

    def get(self, rest: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        """Return a decoded answer. Raises ApiException for one of 400 and above, 503 if nobody answers."""
        return self.cluster.request("GET", self.path(rest), query=query)

    def text(self, rest: str) -> str:
        """Return an answer as text. Raises ApiException."""
        return self.cluster.text(self.path(rest))

    def post(self, rest: str, body: Any) -> None:
        """Send JSON. Raises ApiException."""
        self.cluster.request("POST", self.path(rest), body=body)
