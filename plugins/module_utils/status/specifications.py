"""What the components' roles would install, read where it stands: no role has to run for it.

Runs on the controller, where the variables are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template

ROLES = Path(__file__).parents[3] / "roles"
COMPONENTS = ("ingress", "metrics_server", "monitoring", "efk", "argocd", "flask_app")
SETTINGS_OF = ("platform", "hosts", "credentials", *COMPONENTS)
PRIVATE_OF = ("preflight", "platform", *COMPONENTS)
FIELDS = ("name", "namespace", "chart", "ready")
"""Of a release specification: its values are not looked at, for they may need what only a rollout finds out."""


class Specifications:
    """The settings of a host as the components' roles would see them."""

    def __init__(self, variables: Mapping[str, Any], roles: Path = ROLES) -> None:
        """Take the variables of a host, which count more than the roles' defaults."""
        self.loader = DataLoader()
        known: dict[str, Any] = {}
        for role in SETTINGS_OF:
            known |= self._load(roles / role / "defaults/main.yml")
        known |= variables
        for role in PRIVATE_OF:
            known |= self._load(roles / role / "vars/main.yml")
        self.known = known
        self.templar = Templar(self.loader, variables=known)

    def value(self, name: str) -> Any:
        """Return one variable, worked out. Raises AnsibleError if it cannot be."""
        return self.templar.template(trust_as_template("{{ " + name + " }}"))

    def enabled(self, component: str) -> bool:
        """Say whether a component is switched on."""
        return bool(self.templar.evaluate_expression(trust_as_template(f"{component}_enabled | bool")))

    def releases(self) -> list[dict[str, Any]]:
        """Return the releases of all components that are switched on, {component, name, namespace, chart, ready}."""
        return [
            {"component": component, "ready": [], **self._worked_out(release)}
            for component in COMPONENTS
            if self.enabled(component)
            for release in self._raw(component)
        ]

    def addresses(self) -> dict[str, Any]:
        """Return the options by which a module finds the platform's names and addresses, status/options.py's."""
        return {
            "hosts_file": self.value("hosts_file") if self.value("hosts_enabled | bool") else "",
            "hosts_names": self.value("hosts_names"),
            "hosts_addresses": self.value("hosts_addresses"),
            "way": self.value("ingress_addresses"),
            "region": self.value("platform_aws_region"),
        }

    def _raw(self, component: str) -> list[dict[str, Any]]:
        releases = self.known[f"__{component}_releases"]
        return list(self.templar.template(releases) if isinstance(releases, str) else releases)

    def _worked_out(self, release: Mapping[str, Any]) -> dict[str, Any]:
        return {field: self.templar.template(release[field]) for field in FIELDS if field in release}

    def _load(self, path: Path) -> dict[str, Any]:
        if not path.exists():
            return {}
        return dict(self.loader.load_from_file(str(path), trusted_as_template=True) or {})
