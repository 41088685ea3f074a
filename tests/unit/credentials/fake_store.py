import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ansible_collections.landfall.eks.plugins.module_utils.credentials.items import Item
from ansible_collections.landfall.eks.plugins.module_utils.credentials.plan import LiveSecrets, Plan, Run, make_plan

NOW = datetime(2030, 1, 15, 12, 0, tzinfo=UTC)


def encoded(data: dict[str, str]) -> dict[str, str]:
    return {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}


def text_of(secret: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def shown_of(values: Iterable[str], said: str) -> list[str]:
    """Return the secret values that a text shows; of one of several lines a single one is enough, however quoted."""
    lines = {value: [line for line in value.splitlines() if line and "-----" not in line] for value in values}
    return [value for value, own in lines.items() if any(line in said for line in own)]


class FakeStore:
    """Keeps what plans write, the way the API server does for server-side apply of keys."""

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], dict[str, Any]] = {}

    def run(self, items: list[Item], now: datetime = NOW) -> Plan:
        originals = {name: secret for (place, name), secret in self.secrets.items() if place == "landfall-system"}
        run = Run("landfall-system", "test", now, permitted=("example.org",))
        plan = make_plan(items, LiveSecrets(originals, self.secrets), run)
        for secret in plan.writes:
            self.secrets[secret["metadata"]["namespace"], secret["metadata"]["name"]] = secret
        return plan

    def text(self, namespace: str, name: str) -> dict[str, str]:
        return text_of(self.secrets[namespace, name])
