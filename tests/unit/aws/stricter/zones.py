"""Zones as AWS has them: oddities by region, an order that changes, and what EKS and CloudFormation do with them."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import CloudFormationBackend
from moto.ec2 import ec2_backends
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone
from moto.ec2.models.instance_types import INSTANCE_TYPE_OFFERINGS
from moto.eks.models import EKSBackend

ZONES: dict[str, dict[str, str]] = {
    "us-east-1": {
        "us-east-1a": "use1-az3",
        "us-east-1b": "use1-az1",
        "us-east-1c": "use1-az2",
        "us-east-1d": "use1-az4",
        "us-east-1e": "use1-az6",
        "us-east-1f": "use1-az5",
    },
    "us-west-1": {"us-west-1a": "usw1-az3", "us-west-1c": "usw1-az1"},
    "ca-central-1": {"ca-central-1a": "cac1-az1", "ca-central-1b": "cac1-az3", "ca-central-1d": "cac1-az4"},
    "eu-central-1": {"eu-central-1a": "euc1-az2", "eu-central-1b": "euc1-az3", "eu-central-1c": "euc1-az1"},
    "eu-west-1": {"eu-west-1a": "euw1-az3", "eu-west-1b": "euw1-az1", "eu-west-1c": "euw1-az2"},
    "us-gov-west-1": {"us-gov-west-1a": "usgw1-az1", "us-gov-west-1b": "usgw1-az2", "us-gov-west-1c": "usgw1-az3"},
    "cn-north-1": {"cn-north-1a": "cnn1-az1", "cn-north-1b": "cnn1-az2", "cn-north-1d": "cnn1-az4"},
}
"""Names and ids of an account: names are its own, ids are those of the places (EC2 user guide, az-ids).

An account sees two zones of us-west-1; that us-east-1a is the old zone use1-az3 may be so for any account.
"""
KINDS = ("m5.xlarge", "m6a.xlarge", "m6g.xlarge", "m6i.xlarge", "m7g.xlarge")
OLD_ZONE = "use1-az3"
"""It has no current instance types (eksctl#905, docs of several modules)."""
DISALLOWED = ("use1-az3", "usw1-az2", "cac1-az3")
"""EKS user guide, network-reqs, "Subnet requirements for clusters"."""
UNSUPPORTED = (
    "Cannot create cluster '{name}' because {zone}, the targeted availability zone, does not currently have sufficient "
    "capacity to support the cluster. Retry and choose from these availability zones: {others}"
)
"""As EKS words it (eksctl#817, amazon-eks-user-guide#8)."""


class Zones:
    """The rules, installed over moto; `default_subnets` are zones with a default subnet, None for all of them.

    `refused` are ids of zones that EKS refuses now beside those of its guide, for want of room.
    """

    def __init__(
        self, *, default_subnets: frozenset[str] | None = None, refused: frozenset[str] = frozenset(), seed: int = 0
    ) -> None:
        self.random = random.Random(seed)
        self.default_subnets = default_subnets
        self.refused = refused.union(DISALLOWED)
        self.moved: list[str] = []
        self.updates = 0

    def install(self, monkeypatch: Any) -> Zones:
        for region, zones in ZONES.items():
            made = [Zone(region_name=region, name=name, zone_id=found) for name, found in zones.items()]
            monkeypatch.setitem(RegionsAndZonesBackend.zones, region, made)
            offers = [
                {"InstanceType": kind, "LocationType": "availability-zone", "Location": name}
                for name, found in zones.items()
                for kind in KINDS
                if found != OLD_ZONE
            ]
            monkeypatch.setitem(INSTANCE_TYPE_OFFERINGS["availability-zone"], region, offers)
        self._unordered(monkeypatch)
        self._of_templates(monkeypatch)
        self._of_eks(monkeypatch)
        self._replacements(monkeypatch)
        return self

    def _unordered(self, monkeypatch: Any) -> None:
        """The order of zones may change from call to call (CloudFormation user guide, Fn::GetAZs)."""
        describe = RegionsAndZonesBackend.describe_availability_zones

        def shuffled(backend: Any, *arguments: Any, **named: Any) -> list[Zone]:
            found = list(describe(backend, *arguments, **named))
            self.random.shuffle(found)
            return found

        monkeypatch.setattr(RegionsAndZonesBackend, "describe_availability_zones", shuffled)

    def _of_templates(self, monkeypatch: Any) -> None:
        """Fn::GetAZs returns only zones with a default subnet, unless there is none (the same page).

        Of a list that is too short Fn::Select takes nothing ("Fn::Select cannot select nonexistent value at index").
        """
        clean = parsing.clean_json

        def resolved(given: Any, resources: Any) -> Any:
            if not isinstance(given, Mapping) or "Fn::GetAZs" not in str(given.get("Fn::Select")):
                return clean(given, resources)
            return self._zone(given, resources._region_name)

        monkeypatch.setattr(parsing, "clean_json", resolved)

    def of_template(self, region: str) -> list[str]:
        """Return what Fn::GetAZs answers now: another order with each update, as after a zone was added."""
        names = sorted(ZONES[region])
        names = names[self.updates :] + names[: self.updates]
        return [each for each in names if self.default_subnets is None or each in self.default_subnets] or names

    def _of_eks(self, monkeypatch: Any) -> None:
        """EKS takes no subnet in some zones (UnsupportedAvailabilityZoneException), and wants two zones."""
        create = EKSBackend.create_cluster

        def judged(backend: Any, name: str, **named: Any) -> Any:
            ec2 = ec2_backends[backend.account_id][backend.region_name]
            subnets = [ec2.get_subnet(each) for each in named["resources_vpc_config"]["subnetIds"]]
            zones = {each.availability_zone: each.availability_zone_id for each in subnets}
            for zone, found in sorted(zones.items()):
                if found in self.refused:
                    others = ", ".join(each for each, key in ZONES[backend.region_name].items() if key != found)
                    raise ValidationError(message=UNSUPPORTED.format(name=name, zone=zone, others=others))
            if subnets and len(zones) < 2:
                raise ValidationError(message="Subnets specified must be in at least two different AZs")
            return create(backend, name, **named)

        monkeypatch.setattr(EKSBackend, "create_cluster", judged)

    def _replacements(self, monkeypatch: Any) -> None:
        """A subnet with another AvailabilityZone is another subnet: createOnlyProperties of AWS::EC2::Subnet's schema.

        CloudFormation then makes the new one first, whose range is taken by the old one.
        """
        update = CloudFormationBackend.update_stack

        def judged(backend: Any, name: str, template: str, *arguments: Any, **named: Any) -> Any:
            self.updates += 1
            live = backend.get_stack(name).resource_map
            for logical, each in json.loads(template)["Resources"].items():
                if each["Type"] == "AWS::EC2::Subnet" and logical in live:
                    wanted = self._zone(each["Properties"]["AvailabilityZone"], backend.region_name)
                    self.moved += [logical] if wanted != live[logical].availability_zone else []
            if self.moved:
                cidr = "The CIDR conflicts with another subnet"
                raise ValidationError(message=f"{', '.join(self.moved)} would be replaced: {cidr}")
            return update(backend, name, template, *arguments, **named)

        monkeypatch.setattr(CloudFormationBackend, "update_stack", judged)

    def _zone(self, written: Any, region: str) -> str:
        if isinstance(written, str):
            return written
        index, found = written["Fn::Select"]
        names = self.of_template(found["Fn::GetAZs"] or region)
        if int(index) >= len(names):
            raise ValidationError(
                message=f"Template error: Fn::Select cannot select nonexistent value at index {index}"
            )
        return names[int(index)]


def by_cloudformation(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template as it was when CloudFormation chose the zones: the old behaviour, for controls."""
    old: dict[str, Any] = json.loads(json.dumps(written))
    for logical, each in old["Resources"].items():
        if each["Type"] == "AWS::EC2::Subnet":
            each["Properties"]["AvailabilityZone"] = {"Fn::Select": [int(logical[-1]) - 1, {"Fn::GetAZs": ""}]}
    return old
