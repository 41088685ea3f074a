"""Log groups that come late: EKS writes what it has of a control plane's log after the cluster has gone."""

from __future__ import annotations

from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.logs.models import LogsBackend, logs_backends

GROUP = "AWS::Logs::LogGroup"


class LateLogs:
    """The rules, installed over moto; EKS writes once somebody has looked for the group `looks` times, without a clock.

    It creates the group again by its service-linked role, whatever the cluster's role may do (terraform-aws-eks#2763).
    """

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.waiting: dict[str, int] = {}
        self.written: list[str] = []

    def install(self, monkeypatch: Any) -> LateLogs:
        # A log group of a stack has the name that its template says, and moto is taught to give it another.
        monkeypatch.setattr(
            parsing, "resource_name_property_from_type", lambda kind: "LogGroupName" if kind == GROUP else None
        )
        self._deletions(monkeypatch)
        self._creations(monkeypatch)
        return self

    def _deletions(self, monkeypatch: Any) -> None:
        delete, describe = CloudFormationBackend.delete_stack, LogsBackend.describe_log_groups

        def deleted(backend: Any, name: str) -> None:
            # Given a stack's name, moto calls itself with its id.
            found = [each for each in backend.stacks.values() if name == each.stack_id]
            clusters = [each.resource_map["Cluster"] for each in found if "Cluster" in each.resource_map]
            names = [each.physical_resource_id for each in clusters]
            delete(backend, name)
            self.waiting |= {f"/aws/eks/{each}/cluster": self.looks for each in names}
            self._write(logs_backends[backend.account_id][backend.region_name])

        def described(backend: Any, *arguments: Any, **named: Any) -> Any:
            answer = describe(backend, *arguments, **named)
            prefix = named.get("log_group_name_prefix") or (arguments[0] if arguments else "")
            for name in self.waiting:
                self.waiting[name] -= 1 if prefix and name.startswith(prefix) else 0
            self._write(backend)
            return answer

        monkeypatch.setattr(CloudFormationBackend, "delete_stack", deleted)
        monkeypatch.setattr(LogsBackend, "describe_log_groups", described)

    def _write(self, logs: Any) -> None:
        for name in [each for each, looks in self.waiting.items() if looks <= 0]:
            del self.waiting[name]
            self.written.append(name)
            logs.create_log_group(name, {})

    def _creations(self, monkeypatch: Any) -> None:
        """CloudFormation creates no log group that is there (ResourceAlreadyExistsException of CreateLogGroup)."""
        create = CloudFormationBackend.create_stack

        def created(backend: Any, name: str, template: str, *arguments: Any, **named: Any) -> Any:
            for group in logs_backends[backend.account_id][backend.region_name].groups:
                if f'"LogGroupName":"{group}"' in template.replace(": ", ":"):
                    raise ValidationError(message=f"Resource of type '{GROUP}' with identifier {group} already exists.")
            return create(backend, name, template, *arguments, **named)

        monkeypatch.setattr(CloudFormationBackend, "create_stack", created)
