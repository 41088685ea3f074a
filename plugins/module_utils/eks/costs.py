"""What a cluster costs, roughly: list prices of one region and one day, for what runs whether it is used or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from ansible_collections.landfall.eks.plugins.module_utils.aws.prices import (
    BALANCER_HOUR,
    DAY,
    GP3_GIB_MONTH,
    HOURS,
    KEY_MONTH,
    NAT_GIB,
    NAT_HOUR,
    PUBLIC_ADDRESS_HOUR,
    REGION,
)
from ansible_collections.landfall.eks.plugins.module_utils.eks import support
from ansible_collections.landfall.eks.plugins.module_utils.eks.template_settings import Shape, instance_types

INSTANCE_HOURS = {
    "t3.large": 0.0832,
    "t4g.large": 0.0672,
    "m5.large": 0.096,
    "m5.xlarge": 0.192,
    "m5.2xlarge": 0.384,
    "m6a.large": 0.0864,
    "m6a.xlarge": 0.1728,
    "m6g.large": 0.077,
    "m6g.xlarge": 0.154,
    "m6i.large": 0.096,
    "m6i.xlarge": 0.192,
    "m6i.2xlarge": 0.384,
    "m7g.large": 0.0816,
    "m7g.xlarge": 0.1632,
    "m7g.2xlarge": 0.3264,
    "m7i.large": 0.1008,
    "m7i.xlarge": 0.2016,
    "r6i.large": 0.126,
    "r6i.xlarge": 0.252,
    "r7g.large": 0.1071,
    "r7g.xlarge": 0.2142,
}
"""US dollars an hour, Linux, on demand."""
AUTO_MODE = "EKS Auto Mode makes as many nodes as pods need: neither they nor its fee for each of them are in it"


@dataclass(frozen=True)
class Item:
    """One line: what it is, how many, and US dollars a month for all of them; None where no price is known."""

    what: str
    count: int
    month: float | None

    def line(self) -> str:
        """Return the line as people read it."""
        price = "no price known here" if self.month is None else f"{self.month:.2f} USD"
        return f"{self.count} x {self.what}: {price}"


def items(shape: Shape, today: date) -> list[Item]:
    """Return what a cluster's stack costs, without what the platform makes on it."""
    return [
        Item(*_control_plane(shape, today)),
        *([] if shape.subnet_ids else _gateways(shape)),
        *_nodes(shape),
        *([] if shape.key_arn else [Item("KMS key", 1, KEY_MONTH)]),
    ]


def _gateways(shape: Shape) -> Iterator[Item]:
    count = shape.zones if shape.nat_gateways == "each_zone" else 1
    yield Item("NAT gateway, without its traffic", count, count * NAT_HOUR * HOURS)
    yield Item("public IPv4 address of a NAT gateway", count, count * PUBLIC_ADDRESS_HOUR * HOURS)


def _control_plane(shape: Shape, today: date) -> tuple[str, int, float]:
    what = f"EKS control plane, {shape.version} {support.state(shape.version, today)}"
    return what, 1, support.hour(shape.version, today) * HOURS


def _nodes(shape: Shape) -> Iterator[Item]:
    for group in shape.node_groups:
        kind = instance_types(group)[0]
        hour = INSTANCE_HOURS.get(kind)
        spot = ", at the on-demand price, which spot stays below" if group.capacity == "spot" else ""
        yield Item(f"{kind} ({group.name}{spot})", group.desired, hour and group.desired * hour * HOURS)
        disk = group.disk + (4 if group.os == "bottlerocket" else 0)
        yield Item(f"{disk} GiB of gp3 ({group.name})", group.desired, group.desired * disk * GP3_GIB_MONTH)


def estimate(shape: Shape, region: str, today: date) -> list[str]:
    """Return the estimate line by line, saying first what it is and last what it leaves out."""
    listed = items(shape, today)
    total = sum(each.month or 0 for each in listed)
    unknown = [each.what for each in listed if each.month is None]
    elsewhere = f"; {region} differs" if region != REGION else ""
    return [
        f"estimate, not a quote: list prices of {REGION} as of {DAY}, {HOURS} hours a month{elsewhere}",
        *(each.line() for each in listed),
        *([AUTO_MODE] if shape.auto_mode else []),
        f"together about {total:.0f} USD a month" + (f", without {', '.join(unknown)}" if unknown else ""),
        f"not in it: traffic ({NAT_GIB} USD per GiB through a NAT gateway), logs, taxes and discounts",
        (
            f"nor what the platform makes: volumes ({GP3_GIB_MONTH} USD per GiB and month), and load balancers (about "
            f"{BALANCER_HOUR * HOURS:.0f} USD a month each, and their addresses)"
        ),
    ]
