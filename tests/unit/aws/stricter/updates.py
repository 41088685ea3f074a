"""What EKS and CloudFormation do with versions: of a control plane, of nodes and of add-ons.

moto's CloudFormation passes over node groups and add-ons, takes every change, and never rolls back. Here an update of a
stack goes through its EKS resources in CloudFormation's order; where a rule refuses one, those before it are undone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from moto.cloudformation import parsing
from moto.cloudformation.models import Event, Stack
from moto.core.responses import ActionResult
from moto.eks.models import eks_backends
from moto.ssm.responses import SimpleSystemManagerResponse

from ansible_collections.landfall.eks.plugins.module_utils.eks.patches import PARAMETERS
from tests.unit.aws import moto_stacks
from tests.unit.aws.stack_requests import ACCOUNT, REGION

COMBINED = "Version and ReleaseVersion updates cannot be combined with other updates"
"""aws/containers-roadmap#1258 and eksctl-io/eksctl#2565, whose stacks show the sentence."""
WINDOW = timedelta(days=7)
OFFERED: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "vpc-cni": [("v1.20.4-eksbuild.1", ("1.34", "1.35"))],
    "kube-proxy": [("v1.35.0-eksbuild.2", ("1.35",)), ("v1.34.0-eksbuild.2", ("1.34",))],
    "eks-pod-identity-agent": [("v1.3.9-eksbuild.3", ("1.34", "1.35"))],
    "coredns": [("v1.12.4-eksbuild.1", ("1.35",)), ("v1.11.4-eksbuild.1", ("1.34",))],
    "aws-ebs-csi-driver": [("v1.64.0-eksbuild.1", ("1.34", "1.35"))],
    "eks-node-monitoring-agent": [("v1.4.2-eksbuild.1", ("1.34", "1.35"))],
}
"""Versions of the add-ons and for which versions of Kubernetes EKS offers them, its default first."""


class RefusedError(Exception):
    """What AWS answers: its code and its message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def minor(version: str) -> int:
    return int(version.partition(".")[2])


@dataclass
class Versions:
    """What the simulated EKS knows of one cluster's versions; `failing` are reasons by logical id of a stack."""

    addons: dict[str, str] = field(default_factory=dict)
    updates: list[dict[str, Any]] = field(default_factory=list)
    newest: dict[str, str] = field(default_factory=dict)
    offered: dict[str, list[tuple[str, tuple[str, ...]]]] = field(default_factory=lambda: dict(OFFERED))
    failing: dict[str, str] = field(default_factory=dict)
    region: str = REGION

    @property
    def cluster(self) -> Any:
        return eks_backends[ACCOUNT][self.region].clusters["production"]

    @property
    def groups(self) -> dict[str, Any]:
        groups: dict[str, Any] = self.cluster.nodegroups
        return groups

    def fits(self, addon: str, version: str, kubernetes: str) -> bool:
        return any(version == each and kubernetes in wanted for each, wanted in self.offered[addon])

    def note(self, kind: str, version: str, group: str = "", status: str = "Successful") -> dict[str, Any]:
        update = {
            "id": f"update-{len(self.updates)}",
            "type": kind,
            "status": status,
            "params": [{"type": "Version", "value": version}],
            "createdAt": datetime.now(UTC).timestamp(),
            "group": group,
        }
        self.updates.append(update)
        return update

    def move(self, version: str) -> dict[str, Any]:
        """Move the control plane as UpdateClusterVersion does."""
        now = self.cluster.version
        steps = minor(version) - minor(now)
        if any(each["status"] == "InProgress" and not each["group"] for each in self.updates):
            raise RefusedError("ResourceInUseException", "Cannot update: an update is in progress")
        if steps == 1:
            self._nodes_match(now)
        elif steps == -1:
            self._may_go_back(now, version)
        else:
            # aws/containers-roadmap#115 ("from 1.13 to 1.13") and #497 ("from 1.21 to 1.20").
            raise RefusedError(
                "InvalidParameterException", f"Unsupported Kubernetes minor version update from {now} to {version}"
            )
        self.cluster.version = version
        return self.note("VersionUpdate" if steps == 1 else "VersionRollback", version)

    def _nodes_match(self, now: str) -> None:
        """EKS API reference, UpdateClusterVersion: all node groups must match the cluster's version."""
        if others := sorted(name for name, each in self.groups.items() if each.version != now):
            raise RefusedError("InvalidRequestException", f"Nodegroups {', '.join(others)} must be updated to {now}")

    def _may_go_back(self, now: str, version: str) -> None:
        """EKS user guide, rollback-cluster, "Prerequisites" and "Rollback readiness checks"."""
        ours = [each for each in self.updates if not each["group"]]
        last = ours[-1] if ours else None
        if last is None or last["type"] != "VersionUpdate":
            raise RefusedError("InvalidRequestException", "The cluster was not upgraded to its current version")
        if datetime.now(UTC) - datetime.fromtimestamp(last["createdAt"], UTC) > WINDOW:
            raise RefusedError("InvalidRequestException", "The rollback window of 7 days has passed")
        if any(minor(each.version) > minor(version) for each in self.groups.values()):
            raise RefusedError("InvalidRequestException", "Kubelet version skew: nodes are newer")
        if any(not self.fits(name, each, version) for name, each in self.addons.items()):
            raise RefusedError("InvalidRequestException", "Add-on version compatibility")

    def renew(self, group: str, version: str) -> dict[str, Any]:
        """Move nodes as UpdateNodegroupVersion does: to the newest image of a version, and never back."""
        nodes = self.groups[group]
        if not minor(nodes.version) <= minor(version) <= minor(self.cluster.version):
            raise RefusedError("InvalidParameterException", f"Nodegroup cannot go from {nodes.version} to {version}")
        nodes.version, nodes.release_version = version, self.release(version)
        return self.note("VersionUpdate", version, group)

    def release(self, version: str) -> str:
        return self.newest.get(version, f"{version}.1-20261001")


class StackedGroup:
    """AWS::EKS::Nodegroup, by moto's own node groups."""

    cf_resource_type = "AWS::EKS::Nodegroup"

    def __init__(self, name: str) -> None:
        self.name, self.physical_resource_id = name, f"production/{name}"

    def is_created(self) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> StackedGroup:
        given = cloudformation_json["Properties"]
        made = cls(given["Labels"]["landfall.eks/node-group"])
        eks_backends[account_id][region_name].create_nodegroup(
            cluster_name="production",
            node_role=given["NodeRole"],
            nodegroup_name=made.name,
            subnets=given["Subnets"],
            ami_type=given["AmiType"],
            version=given["Version"],
            release_version=f"{given['Version']}.1-20261001",
            labels=given["Labels"],
        )
        return made

    @classmethod
    def update_from_cloudformation_json(
        cls, original_resource: StackedGroup, cloudformation_json: Any, **_: Any
    ) -> StackedGroup:
        return original_resource

    def delete(self, account: str, region: str) -> None:
        eks_backends[account][region].delete_nodegroup("production", self.name)


class Strict:
    """CloudFormation's way with the EKS resources of a stack."""

    def __init__(self, eks: Versions) -> None:
        self.eks = eks

    def update(self, stack: Any, template: str) -> str:
        """Take each change in its order; return why the update failed, and leave the stack as it then is."""
        old, new = stack.template_dict["Resources"], Stack.parse_template(template)["Resources"]
        done: list[str] = []
        for name in moto_stacks.in_order(new):
            if old.get(name) == new[name] and not self._launched(name, old, new):
                continue
            try:
                self._take(name, old, new)
            except RefusedError as refused:
                self._fail(stack, name, new[name]["Type"], str(refused), done, old)
                return str(refused)
            done.append(name)
        return ""

    def _launched(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        """Whether a node group's launch template gets a new version, which is a property of the group too."""
        if new[name]["Type"] != "AWS::EKS::Nodegroup" or name not in old:
            return False
        launch = new[name]["Properties"]["LaunchTemplate"]["Id"]["Ref"]
        return bool(old.get(launch) != new[launch])

    def _take(self, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        kind, now = new[name]["Type"], new[name]["Properties"]
        before = old[name]["Properties"] if name in old else {}
        if name in self.eks.failing:
            raise RefusedError("Failed", self.eks.failing[name])
        if kind == "AWS::EKS::Cluster" and before and before["Version"] != now["Version"]:
            if minor(now["Version"]) < minor(before["Version"]):
                # EKS user guide, rollback-cluster: only the API, the CLI or the console roll a version back.
                raise RefusedError("InvalidParameterException", "CloudFormation does not roll a version back")
            self.eks.move(now["Version"])
        elif kind == "AWS::EKS::Addon":
            self._addon(now)
        elif kind == "AWS::EKS::Nodegroup" and before:
            self._group(name, before, now, launched=self._launched(name, old, new))

    def _addon(self, now: Mapping[str, Any]) -> None:
        name, running = now["AddonName"], self.eks.cluster.version
        version = now.get("AddonVersion") or next(each for each, wanted in self.eks.offered[name] if running in wanted)
        # EKS API reference, UpdateAddon: the version has to be one that DescribeAddonVersions returns for the cluster.
        if not self.eks.fits(name, version, running) and self.eks.addons.get(name) != version:
            raise RefusedError("InvalidParameterException", "Addon version specified is not supported")
        self.eks.addons[name] = version

    def _group(self, name: str, before: Mapping[str, Any], now: Mapping[str, Any], *, launched: bool) -> None:
        changed = {each for each in before.keys() | now.keys() if before.get(each) != now.get(each)}
        changed |= {"LaunchTemplate"} if launched else set()
        if changed & create_only("AWS::EKS::Nodegroup"):
            return
        if changed & {"Version", "ReleaseVersion"} and changed - {"Version", "ReleaseVersion"}:
            raise RefusedError("InvalidRequestException", COMBINED)
        if "LaunchTemplate" in changed and "Tags" in changed:
            # awsdocs/aws-cloudformation-user-guide#1181.
            raise RefusedError("InvalidRequestException", "Tags cannot be updated with LaunchTemplate")
        if "Version" in changed:
            self.eks.renew(now["Labels"]["landfall.eks/node-group"], now["Version"])

    def _fail(self, stack: Any, name: str, kind: str, why: str, done: list[str], old: Mapping[str, Any]) -> None:
        events = [("UPDATE_FAILED", name, kind, why)]
        stack.status = "UPDATE_ROLLBACK_COMPLETE"
        for each in reversed(done):
            was = old.get(each, {}).get("Properties", {})
            if old.get(each, {}).get("Type") == "AWS::EKS::Cluster" and was["Version"] != self.eks.cluster.version:
                now = self.eks.cluster.version
                said = f"Unsupported Kubernetes minor version update from {now} to {was['Version']}"
                events.append(("UPDATE_FAILED", each, "AWS::EKS::Cluster", said))
                stack.status = "UPDATE_ROLLBACK_FAILED"
            if old.get(each, {}).get("Type") == "AWS::EKS::Addon" and "AddonVersion" in was:
                self.eks.addons[was["AddonName"]] = was["AddonVersion"]
        for status, logical, resource, reason in events:
            stack.events.append(Event(stack.stack_id, stack.name, logical, logical, resource, status, reason, None))
        stack._add_stack_event(stack.status)


def create_only(kind: str) -> set[str]:
    """Return the properties for which CloudFormation replaces a resource: createOnlyProperties of AWS's schema."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return {each.rpartition("/")[2] for each in schema["createOnlyProperties"]}


@dataclass(frozen=True)
class Api:
    """What answers the calls of EKS's API that moto does not know; each method is one of moto_stacks.ANSWERS."""

    eks: Versions

    def updates(self, request: Any, url: str) -> dict[str, Any]:
        if request.method == "POST":
            return {"update": self.eks.move(json.loads(request.data)["version"])}
        group = request.args.get("nodegroupName", "")
        return {"updateIds": [each["id"] for each in self.eks.updates if each["group"] == group]}

    def update(self, request: Any, url: str) -> dict[str, Any]:
        return {"update": next(each for each in self.eks.updates if each["id"] == moto_stacks.path_of(url)[-1])}

    def renewal(self, request: Any, url: str) -> dict[str, Any]:
        return {"update": self.eks.renew(moto_stacks.path_of(url)[2], json.loads(request.data)["version"])}

    def addons(self, request: Any, url: str) -> dict[str, Any]:
        return {"addons": sorted(self.eks.addons)}

    def addon(self, request: Any, url: str) -> dict[str, Any]:
        name = moto_stacks.path_of(url)[2]
        if name not in self.eks.addons:
            raise RefusedError("ResourceNotFoundException", "No addon")
        return {"addon": {"addonName": name, "addonVersion": self.eks.addons[name]}}

    def supported(self, request: Any, url: str) -> dict[str, Any]:
        name, version = request.args["addonName"], request.args["kubernetesVersion"]
        fitting = [each for each, wanted in self.eks.offered[name] if version in wanted]
        told = [
            {
                "addonVersion": each,
                "compatibilities": [{"clusterVersion": version, "defaultVersion": each == fitting[0]}],
            }
            for each in fitting
        ]
        return {"addons": [{"addonName": name, "addonVersions": told}]}


def _spoken(answer: Any) -> Any:
    def answered(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
        try:
            return 200, {"Content-Type": "application/json"}, json.dumps(answer(request, full_url))
        except RefusedError as refused:
            return 400, {"x-amzn-ErrorType": refused.code}, json.dumps({"message": str(refused)})

    return answered


@pytest.fixture
def versions(taught, monkeypatch):
    """Let the simulated EKS and CloudFormation judge versions; yield what they know of the cluster production."""
    eks = Versions()
    strict, moved, plain = Strict(eks), Stack.update, parsing.resource_class_from_type
    for name in moto_stacks.ANSWERS.keys() - {"insights"}:
        monkeypatch.setitem(moto_stacks.ANSWERS, name, _spoken(getattr(Api(eks), name)))

    def update(stack: Any, template: str, *rest: Any, **named: Any) -> None:
        stack._add_stack_event("UPDATE_IN_PROGRESS", resource_status_reason="User Initiated")
        if not strict.update(stack, template):
            moved(stack, template, *rest, **named)

    def parameters(response: Any) -> ActionResult:
        known = {path.format(version): eks.release(version) for path in PARAMETERS.values() for version in eks.newest}
        names = [each for each in response._get_param("Names") if each in known]
        return ActionResult({"Parameters": [{"Name": each, "Value": known[each]} for each in names]})

    kinds = {"AWS::EKS::Nodegroup": StackedGroup}
    monkeypatch.setattr(parsing, "resource_class_from_type", lambda kind: kinds.get(kind) or plain(kind))
    monkeypatch.setattr(Stack, "update", update)
    monkeypatch.setattr(SimpleSystemManagerResponse, "get_parameters", parameters)
    return eks


def begin(eks: Versions, version: str) -> None:
    """Let a cluster that was created have the add-ons of its version."""
    eks.addons = {name: next(each for each, fit in found if version in fit) for name, found in eks.offered.items()}
